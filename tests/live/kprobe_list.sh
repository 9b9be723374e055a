# ASSERTION: kernel functions of a list are one link, as those of a wildcard
# NEEDS: root kprobe kprobe_multi
# ROWS: 3.3.list
. tests/within.sh
left=${WORKLOAD%/*}/left
map=klist$$
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trace() { # ATTACH-POINTS
	timeout -k 2 40 "$JIFFY" -q --ready-fd 9 -c "$WORKLOAD fork 5 idle 3000" \
		-e "$1 /pid == cpid/ { @$map[probe] = count(); }" \
		9>"$out.ready" >"$out" 2>&1 &
	within 200 test -s "$out.ready"
	"$left" AT_$map
	rm "$out.ready"
	wait $!
	sed -e "s,$WORKLOAD,," -e "s/$map//" -e '/^$/d;/vfs_/d' "$out"
}
trace "kprobe:kernel_clone, kprobe:vfs_read, kprobe:vfs_wri*"
trace "kprobe:kernel_clone, kprobe:vfs_read, kprobe:kernel_clone"
