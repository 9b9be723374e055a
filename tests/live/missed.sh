# ASSERTION: events that the kernel could not run a program for are counted
# NEEDS: root tracefs misses
# ROWS: 7.1.missed
# A timer's tick while the other program runs on that CPU: of such programs
# the kernel runs one at a time.
script='
	tracepoint:syscalls:sys_enter_getppid {
		for ($i : 0..3000) { @x = $i; }
	}
	tracepoint:timer:hrtimer_expire_entry { @ = 1; }'
run() {
	"$JIFFY" --no-feature raw_tracepoint -c "$WORKLOAD turns 1000" \
		"$@" -e "$script"
}
run 2>&1 >/dev/null | sed 's/count: [0-9]*/count: N/'
run --strict 2>&1 >/dev/null |
	sed 's/count: [0-9]*/count: N/; s/[0-9]* events/N events/'
run --strict >/dev/null 2>&1 || echo $?
run --no-warnings 2>&1 >/dev/null
