# ASSERTION: what is attached when: forwards first, then backwards
# ROWS: 3.4.order 3.4.verbose
# NEEDS: root tracefs uprobe
"$JIFFY" -v -e "
uprobe:$WORKLOAD:work_fn { }
software:faults:1000 { }
uretprobe:$WORKLOAD:work_fn { }
tracepoint:sched:sched_switch { }
end { }
uprobe:$WORKLOAD:work_mid*, uprobe:$WORKLOAD:work_o* { }
interval:s:1 { exit(); }
begin { }
rawtracepoint:vmlinux:sched_waking { }
usdt:$WORKLOAD:jiffy:* { }
profile:hz:9 { }
begin { }
tracepoint:sched:sched_wakin*, tracepoint:sched:sched_wakeup { }
uprobe:$WORKLOAD:work_add { }" 2>&1 >/dev/null | sed "s,$WORKLOAD,workload,"
