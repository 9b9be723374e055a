# ASSERTION: targets by library, program, pattern, process, mount namespace
# ROWS: 3.8.library 3.8.path-search 3.8.pid-exe 3.8.mount-ns 3.8.pid
# NEEDS: root uprobe unshare
. tests/within.sh
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
P=$BUILD/tests/live/odd
cp "$P" "$D/odd_here"
clean() {
	sed "s|$D|DIR|g; s|$pid|PID|g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
pid=none
# By name: in PATH, in the linker's cache.
PATH=$D:$PATH timeout -k 2 20 "$JIFFY" -q -c "$D/odd_here" \
	-e 'uprobe:odd_here:o_sized { print(probe) }' 2>&1 | clean
timeout -k 2 20 "$JIFFY" -q -e 'uprobe:libc:exit, uprobe:libc.so.6:exit {
	@ = count() } begin { exit() }' 2>&1 | clean
"$JIFFY" -l 'uprobe:libc:getpi*' | sed 's|:/.*/|:/|' | grep 'getpid$'
timeout -k 2 20 "$JIFFY" -q -c "$D/odd_here" \
	-e "uprobe:$D/odd*:o_sized { print(probe) }" 2>&1 | clean
# One of two processes; what it has mapped; with a root of its own.
start() { # COMMAND...
	mkfifo "$D/gate"
	"$@" wait <"$D/gate" &
	pid=$!
	exec 9>"$D/gate"
	rm -f "$D/gate"
}
trace() { # -e PROGRAM: a line when attached, then let the process go
	: >"$D/out" # the one before said "ready", too
	timeout -k 2 20 "$JIFFY" -q -p "$pid" "$@" 9>&- >"$D/out" 2>"$D/err" &
	tracer=$!
	within 100 grep -q ready "$D/out"
	"$D/odd_here" </dev/null || true
	echo >&9
	exec 9>&-
	wait "$tracer" || true
	cat "$D/err" "$D/out" | clean
}
start "$D/odd_here"
trace -e "interval:ms:50 { print(\"ready\"); } uprobe:$D/odd_here:o_sized {
	print(probe) }" | sort -u
start "$D/odd_here"
trace -e "interval:ms:50 { print(\"ready\"); } uprobe:o_sized {
	print(probe) }" | sort -u
start "$D/odd_here"
"$JIFFY" -p "$pid" -l 'uprobe:o_si*' 2>&1 | clean
"$JIFFY" -p "$pid" -l "uprobe:$D/odd_here:o_n*" 2>&1 | clean
exec 9>&-
wait
mkdir "$D/elsewhere"
cp "$P" "$D/elsewhere/odd_there"
start unshare -m sh -c 'mount --bind "$0/elsewhere" /mnt &&
	exec /mnt/odd_there wait' "$D"
sleep 0.3
trace -e "interval:ms:50 { print(\"ready\"); } uprobe:/mnt/odd_there:o_sized {
	print(probe) }" | sort -u
# A process that is not there.
timeout -k 2 20 "$JIFFY" -q -p 4194304 \
	-e "uprobe:$D/odd_here:o_sized { }" 2>&1 | clean
