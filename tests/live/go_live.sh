# ASSERTION: no event of one probe is seen before all probes are attached
# ROWS: 3.4.together
# NEEDS: root tracefs uprobe realtime
# A process that never rests: whatever is attached first sees it at once. The
# last to be attached is the first of the late pass, an uprobe of its own. Both
# count their events; if one went live before the other, the other's count
# would stay behind by what passed in the meantime.
"$WORKLOAD" turns 40000 &
busy=$!
trap 'kill $busy 2>/dev/null || :' EXIT
for round in 1 2 3 4 5; do
	for form in attach_cookie raw_tracepoint,uprobe_multi perf_tracepoint; do
		"$JIFFY" -q --no-feature $form -e "
		tracepoint:syscalls:sys_enter_getppid /pid == $busy/ {
			@first = count();
		}
		tracepoint:sched:sched_switch, tracepoint:sched:sched_w*,
		tracepoint:syscalls:sys_exit_getp* /pid == $busy/ {
			@[probe] = count();
		}
		uprobe:$WORKLOAD:work_outer /pid == $busy/ { @last = count(); }
		interval:ms:50 {
			\$d = (int64)@first - (int64)@last;
			if (@first < 50) { exit(); return; }
			printf(\"%s\\n\", \$d >= -3 && \$d <= 3 ?
				\"together\" : \"apart\");
			exit();
		}
		end { clear(@); clear(@first); clear(@last); }" |
			grep . | uniq
	done
done | sort | uniq -c | awk '{ print ($1 >= 5), $2 }'
