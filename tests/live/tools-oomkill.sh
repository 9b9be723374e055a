# ASSERTION: a process that wants more memory than its cgroup has
# NEEDS: root tracefs
group=
for at in /sys/fs/cgroup/memory /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ -e $at/memory.limit_in_bytes ] || grep -qs memory \
		$at/cgroup.subtree_control || continue
	group=$at/jiffy-test-$$
	break
done
[ -n "$group" ] || { echo "no memory cgroup in this kernel" >&2; exit 77; }
mkdir "$group"
export group
out=$(mktemp -d)
trap 'rm -rf "$out"; rmdir "$group"' EXIT
cat >"$out/eat" <<'X'
echo $$ >$group/cgroup.procs
for limit in memory.limit_in_bytes memory.max; do
	[ ! -e $group/$limit ] || echo 4000000 >$group/$limit
done
for limit in memory.memsw.limit_in_bytes memory.swap.max; do
	[ ! -e $group/$limit ] || echo 4000000 >$group/$limit
done
exec "$WORKLOAD" fault 4000
X
"$JIFFY" -c "/bin/sh $out/eat" examples/oomkill.bt 2>/dev/null
