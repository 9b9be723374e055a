# ASSERTION: nothing stays in the kernel once a trace has ended, however it did
# ROWS: 3.4.left
# NEEDS: root tracefs uprobe
. tests/within.sh
left=${WORKLOAD%/*}/left
map=left$$
script="
	begin, end { @$map = 0; }
	tracepoint:syscalls:sys_enter_getppid { @$map = args.__syscall_nr; }
	tracepoint:syscalls:sys_exit_* { @$map = args.ret; }
	tracepoint:sched:sched_process_exit { @$map = 1; }
	tracepoint:sched:sched_process_f* { @$map = 2; printf(\"%s\", probe); }
	uprobe:$WORKLOAD:work_* { @$map = 3; }
	software:faults:100, profile:hz:9 { @$map = 4; }
	interval:ms:500 { @$map = 5; exit(); }"

# All of it, within ten seconds; the kernel's own clean-up takes part of one.
gone() {
	within 100 cleaned || "$left" AT_$map
	echo "$1: gone"
}
cleaned() {
	[ "$("$left" AT_$map)" = "0 maps, 0 programs, 0 links" ]
}

# While it runs there is something to see.
attached() {
	within 100 grep -q Attached "$out"
	"$left" AT_$map | awk '{ print ($1 == 1), ($3 >= 10), ($5 >= 5) }'
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$JIFFY" -q -o /dev/null -e "$script"
gone "exit()"
"$JIFFY" -q -o /dev/null --no-feature raw_tracepoint,attach_cookie \
	--dry-run -e "$(echo "$script" | sed 's/exit_\*/exit_getp*/')"
gone "--dry-run, all through perf"
"$JIFFY" -q -o /dev/null --wait-detach -e "
	tracepoint:syscalls:sys_enter_getppid { @$map = args.__syscall_nr; }
	interval:ms:1 { exit(); }"
gone "--wait-detach"
for signal in INT KILL; do
	: >"$out"
	"$JIFFY" -o /dev/null -e "$(echo "$script" | sed 's/exit();//')" \
		2>"$out" &
	attached
	kill -$signal $!
	wait $! || :
	gone "SIG$signal"
done
"$JIFFY" -o /dev/null -e "$script uprobe:$WORKLOAD:work_fn+9999 { }" \
	2>/dev/null || echo "cannot attach"
gone "cannot attach"
