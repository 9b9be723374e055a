# ASSERTION: SIGINT twice, SIGSTOP and SIGCONT, SIGKILL, the child killed:
# ASSERTION: counts are exact, output is whole, nobody is left behind
# NEEDS: root tracefs
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
ready() {
	within 100 test -s "$dir/ready"
}
start() { # ARGUMENTS: in the background, until it is attached
	: >"$dir/ready"
	timeout -k 2 40 "$JIFFY" -q --ready-fd 9 "$@" 9>"$dir/ready" \
		>"$dir/out" 2>&1 &
	tracer=$!
	ready
	jiffy=$(pgrep -P $tracer)
}
# Lines enough for many writes follow the signals.
start -e 'interval:s:100 { } end { for ($i : 0..3000) { print($i); } }'
kill -INT "$jiffy"
kill -INT "$jiffy" 2>/dev/null || :
status=0
wait $tracer || status=$?
echo "SIGINT twice: status $status, $(grep -c . "$dir/out") lines"

start -e "tracepoint:raw_syscalls:sys_enter /comm == \"stopped$$\" &&
	args.id == 110/ { @n++; @[args.id] = count(); printf(\"x\n\"); }"
kill -STOP "$jiffy"
cp "$WORKLOAD" "$dir/stopped$$"
"$dir/stopped$$" getppid 20000
kill -CONT "$jiffy"
sleep 0.2
kill -INT "$jiffy"
status=0
wait $tracer || status=$?
echo "SIGSTOP: status $status, $(grep -v '^x$' "$dir/out" | tr '\n' ' ')"
grep -c '^x$' "$dir/out"

start -c "$WORKLOAD idle 30000" -e 'begin { @a = cpid; printf("%d\n", cpid); }'
child=$(head -n 1 "$dir/out")
kill -KILL "$jiffy"
wait $tracer || :
sleep 0.3
grep '^State:.*[RSDT] ' "/proc/$child/status" 2>/dev/null || :
echo "SIGKILL: gone"

start --child-status -c "$WORKLOAD idle 30000" -e 'begin { @a = 1; }'
kill -KILL $(pgrep -P "$jiffy")
status=0
wait $tracer || status=$?
echo "child killed: status $status, $(tr '\n' ' ' <"$dir/out")"
