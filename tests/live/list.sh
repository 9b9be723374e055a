# ASSERTION: -l of tracepoints agrees with the kernel's own list
# ROWS: 9.1.list
# NEEDS: root tracefs
"$JIFFY" -l 'tracepoint:syscalls:sys_enter_openat'
"$JIFFY" -lv 'tracepoint:syscalls:sys_enter_openat'
dir=/sys/kernel/tracing
[ -d $dir/events ] || dir=/sys/kernel/debug/tracing
have=$("$JIFFY" -l 'tracepoint:syscalls:sys_enter_*' | wc -l)
want=$(ls -d $dir/events/syscalls/sys_enter_* | wc -l)
[ "$have" = "$want" ] && echo same number
"$JIFFY" -l ' software:cpu* , software:cs '
"$JIFFY" -l "uprobe:$(realpath "$WORKLOAD"):work_*" | sed 's|:/.*/workload|:workload|;s|:./build.*/workload|:workload|'
