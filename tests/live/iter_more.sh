# ASSERTION: files and mappings of tasks, other iterators, pins, -p, JSON
# ROWS: 3.12.task_file 3.12.task_vma 3.12.others 3.12.pin 3.12.json 3.12.p
# NEEDS: root btf
sleep 60 </dev/null &
child=$!
trap 'kill $child' EXIT
# The shell becomes sleep in its own time.
until grep -q sleep /proc/$child/comm; do :; done

# A walk's output is whole, however much it is.
"$JIFFY" -q -e 'iter:task_file /ctx.task.tgid == $1 && ctx.fd == 0/ {
	printf("%d %s\n", ctx.fd, path(ctx.file.f_path)); }' $child
# Its mappings, one by one.
"$JIFFY" -q -e 'iter:task_vma /ctx.task.tgid == $1/ {
	printf("%lx-%lx\n", ctx.vma.vm_start, ctx.vma.vm_end); }' $child |
	grep . >/tmp/iter.$$
sed 's/ .*//;s/^0*//;s/-0*/-/' /proc/$child/maps | grep -v vsyscall |
	grep -v fffffffff >/tmp/maps.$$
diff /tmp/iter.$$ /tmp/maps.$$ >/dev/null && echo same mappings
rm -f /tmp/iter.$$ /tmp/maps.$$
"$JIFFY" -q -e 'let @probe_me = hash(77);
	iter:bpf_map /ctx.map.max_entries == 77/ {
	@probe_me[1] = 1;
	printf("%s %d\n", ctx.map.name, ctx.map.key_size); }' | grep AT_probe_me

"$JIFFY" -q -f json -e 'iter:task /ctx.task.pid == $1/ {
	printf("{%s}\n", ctx.task.comm); print(5); }' $child
"$JIFFY" -q -p $child -e 'iter:task { printf("%s\n", ctx.task.comm); }'
"$JIFFY" -q -e 'iter:task /ctx.task.pid == $1/ { exit(3); }' $child ||
	echo "status $?"
[ ! -d /sys/fs/bpf ] || mountpoint -q /sys/fs/bpf || exit 0
pin=/sys/fs/bpf/jiffy_test_$$
"$JIFFY" -q -e "iter:task:$pin /ctx.task.pid == $child/ {
	printf(\"%-8s|%d|%6lx|\\n\", ctx.task.comm, 1, 255); }" | sed "s|$pin|PIN|"
cat $pin
"$JIFFY" -e "iter:task:$pin { }" 2>&1 | sed "s|$pin|PIN|"
rm -f $pin
"$JIFFY" -q -e "iter:task:jiffy_test_$$ { }" | sed "s|$pin|PIN|"
rm $pin
"$JIFFY" -e 'iter:task:x { printf("%s\n", ctx.task.pid); }' 2>&1 | head -n 1
