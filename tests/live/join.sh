# ASSERTION: functions of a list are one program and one link, as of a wildcard
# NEEDS: root uprobe uprobe_multi
# ROWS: 3.3.list
# A function that is named twice is hit twice, so it is another link's.
. tests/within.sh
left=${WORKLOAD%/*}/left
map=join$$
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trace() { # ATTACH-POINTS
	timeout -k 2 20 "$JIFFY" -q --ready-fd 9 -c "$WORKLOAD deep 2 add 3 idle 2000" -e "
	$1 { @$map[func, probe] = count(); }" 9>"$out.ready" >"$out" 2>&1 &
	within 100 test -s "$out.ready"
	"$left" AT_$map
	rm "$out.ready"
	wait $!
	sed -e "s,$WORKLOAD,," -e "s/$map//" -e '/^$/d' "$out"
}
f=uprobe:$WORKLOAD:work_
trace "${f}add,${f}middle,uprobe:$WORKLOAD:work_o*"
trace "${f}add,${f}middle,${f}add"
trace "${f}add,uretprobe:$WORKLOAD:work_add,${f}middle"
