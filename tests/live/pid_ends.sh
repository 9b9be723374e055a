# ASSERTION: a process that is not there, or ends while we attach: one error
# ROWS: 3.17.gone
# NEEDS: root uprobe
# KERNELS: no
known='^(Attached [0-9]+ probes?|@.*|)$
^ERROR: Failed to attach to pid: Unable to open pidfd \(No such process\)$
^ERROR: cannot attach to .*: the process has ended$
^ERROR: Unable to attach probe: .*
^ERROR: Could not read the /proc/[0-9]+/.*
^stdin:.*: ERROR: (uprobe|usdt) target file .* does not exist or is not executable$
^stdin:.*: ERROR: No matches for .*\.$
^stdin:.*: ERROR: Probe has no valid attach points\. .*
^[a-z]*:.* \{ @ = count\(\); \}$
^ *~*$'
kinds="uprobe:$WORKLOAD:work_*|usdt:$WORKLOAD:*|profile:hz:99|software:faults:1
watchpoint:0x10000000:8:w|uprobe:work_fn|tracepoint:sched:sched_switch"

try() { # PID KIND
	status=0
	timeout -k 2 20 "$JIFFY" -p "$1" -e "$2 { @ = count(); }" \
		>"$out" 2>&1 </dev/null || status=$?
	[ $status = 0 ] || [ $status = 1 ] || [ $status = 255 ] ||
		echo "$2: status $status"
	grep -vE "$known" "$out" || :
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
IFS='|
'
for kind in $kinds; do
	echo "== ${kind%%:*}"
	for ms in 1 2 4 8 12 16; do
		"$WORKLOAD" idle $ms &
		try $! "$kind"
		wait
	done
	# Gone, and its number not given to another one yet.
	try $! "$kind"
	cat "$out"
done
