# ASSERTION: processes that ended before their stacks are printed have names
# ROWS: 10.mounts
# NEEDS: root uprobe tracefs unshare
# ROWS: 7.6.exited
tree=${WORKLOAD%/*}/tree
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Run a script, once attached what follows, and end it after that.
trace() { # PROGRAM COMMAND...
	: >"$tmp/err"
	timeout -k 2 "${LIMIT:-20}" "$JIFFY" -e "$1" >"$tmp/out" 2>"$tmp/err" &
	tracer=$!
	until grep -q Attached "$tmp/err" || ! kill -0 $tracer; do
		sleep 0.05
	done
	sleep 0.3
	shift
	"$@"
	kill -INT $tracer
	wait $tracer
	sed 's/+[0-9]*$//; /^$/d' "$tmp/out"
}

echo "executed and ended"
trace "uprobe:$WORKLOAD:work_fn { @[ustack(3)] = count(); }" \
	"$WORKLOAD" deep 2

echo "forked, orphans and threads among them"
is_left() { # EXECUTABLE
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe")" = "$1" ] && return
	done 2>/dev/null
	return 1
}
family() {
	"$tree" now >/dev/null
	while is_left "$(realpath "$tree")"; do
		sleep 0.1
	done
}
trace "uprobe:$tree:calls { @[ustack(2)] = count(); }" family |
	grep -v '^\(@\|\]: \|  *calls$\)' | sort -u

echo "begun before, ended since"
mkfifo "$tmp/go"
"$WORKLOAD" wait 1 <"$tmp/go" &
before=$!
exec 9>"$tmp/go"
old() {
	echo >&9
	exec 9>&-
	wait $before
}
trace "tracepoint:syscalls:sys_enter_exit_group /pid == $before/ {
	@[ustack(perf)] = count(); }" old >"$tmp/old"
sed 's/.*\t[0-9a-f]* _*[Ee]xit.*libc.*/exit in libc/; /^@\|^]/d' "$tmp/old"

echo "in a mount namespace that is gone"
hidden() {
	unshare -m sh -c "mount -t tmpfs none /mnt && mkdir /mnt/d &&
		cp '$WORKLOAD' /mnt/d/hidden && /mnt/d/hidden deep 2;
		/mnt/d/hidden getppid 3; echo >'$tmp/ran'; sleep 2" &
	until [ -s "$tmp/ran" ]; do
		sleep 0.1
	done
}
trace "tracepoint:syscalls:sys_enter_getppid /comm == \"hidden\"/ {
	\$s = ustack(6); @[\$s] = count(); }
	interval:ms:900 { print(@); clear(@); }" hidden |
	grep '^ *\(main\|0x.*\)$' | sort | uniq -c | awk '{ print $1, $2 }'
wait

echo "its root is gone with all that was in it"
gone() {
	unshare -m sh -c "mount -t tmpfs none /mnt && cp '$WORKLOAD' /mnt/g &&
		exec /mnt/g idle 500 getppid 3 idle 100"
}
trace "tracepoint:syscalls:sys_enter_getppid /comm == \"g\"/ {
	@[ustack(6)] = count(); }" gone |
	grep '^ *\(main\|0x.*\|]: 3\)$'
