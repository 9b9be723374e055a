# ASSERTION: what `probe` and `probetype` read in each provider, in every form
# ROWS: 3.15.string 3.15.type 3.15.special
# NEEDS: root tracefs btf uprobe
# The attach points as -v names them, and what the script itself reads.
W=$WORKLOAD
at=$(nm "$W" | awk '$3 == "work_add" { print "0x" $1 }')
script="
BEGIN { print((probe, probetype)); }
u:$W:work_fn, ur:$W:work_fn { @fn[probe, probetype] = 1; }
uprobe:$W:work_outer+1 { @[probe, probetype] = count(); }
uprobe:$W:work_middle+0 { @zero[probe, probetype] = count(); }
uprobe:$W:work_outer+0x1 { @hex[probe, probetype] = count(); }
uprobe:$W:$at { @address[probe, probetype, func] = count(); }
uprobe:$W:cpp:\"work_middle\" { @[probe, probetype] = count(); }
uprobe:$W:work_o* { @[probe, probetype] = count(); }
U:$W:bytes { @[probe, probetype] = count(); }
t:syscalls:sys_enter_getppid /pid == cpid/ { @[probe, probetype] = count(); }
rt:sched_process_exit /pid == cpid/ { @[probe, probetype] = count(); }
i:20ms, i:ms:50, i:10000us { @timer[probe, probetype] = 1; }
p:hz:99, profile:10ms { @timer[probe, probetype] = 1; }
s:faults:1, s:page-faults:1 /pid == cpid/ { @soft[probe, probetype] = 1; }
END { print((probe, probetype)); }"
"$JIFFY" -q -c "$W call 1 add 1 deep 1 mark 1 getppid 1 fault 3 spin 300" \
	-e "$script" 2>&1 | sed "s,$(realpath "$W"),workload,; s,$W,workload,
	s,workload:$((at)),workload:ADDRESS,"
