# ASSERTION: functions of a list are one program and one link, as of a wildcard
# NEEDS: root uprobe uprobe_multi
# ROWS: 3.3.list
# A function that is named twice is hit twice, so it is another link's.
left=${WORKLOAD%/*}/left
map=join$$
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trace() { # ATTACH-POINTS
	timeout -k 2 20 "$JIFFY" -q --ready-fd 9 -c "$WORKLOAD deep 2 add 3 idle 2000" -e "
	$1 { @$map[func, probe] = count(); }" 9>"$out.ready" >"$out" 2>&1 &
	tries=100
	until [ -s "$out.ready" ] || [ $tries = 0 ]; do
		tries=$((tries - 1))
		sleep 0.1
	done
	"$left" AT_$map
	rm "$out.ready"
	wait $!
	sed -e "s,$WORKLOAD,," -e "s/$map//" -e '/^$/d' "$out"
}
f=uprobe:$WORKLOAD:work_
trace "${f}add,${f}middle,uprobe:$WORKLOAD:work_o*"
trace "${f}add,${f}middle,${f}add"
trace "${f}add,uretprobe:$WORKLOAD:work_add,${f}middle"
