# ASSERTION: the event buffer is as large as what writes to it needs: small for
# ASSERTION: exit() alone, and a burst of these loses nothing
# NEEDS: root tracefs
# ROWS: 10.ring
size() { # SCRIPT
	"$JIFFY" -d ir -e "$1" | sed -n 's/^map .* ringbuf .*entries //p'
}
size 'interval:ms:1 { @ = count(); exit(); }'
size 'interval:ms:1 { printf("%d\n", 1); exit(); }'
size 'interval:ms:1 { @[1] = pid; print(@); exit(); }'
BPFTRACE_PERF_RB_PAGES=4 size 'interval:ms:1 { exit(); }'
# More than one exit() may come before the reader is awake.
"$JIFFY" -q -e 'tracepoint:raw_syscalls:sys_enter { exit(); } interval:ms:10 { exit(); }'
