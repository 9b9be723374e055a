# ASSERTION: colours when asked for; --no-warnings; messages go to stderr
# ROWS: 9.5.color
# ROWS: 8.1.colours 8.1.warnings 14.18
# NEEDS: root
BPFTRACE_COLOR=always "$JIFFY" -e 'begin { pid; print($x) }' 2>&1 >/dev/null |
	sed 's/\x1b/ESC/g' || true
BPFTRACE_COLOR=always "$JIFFY" -q -e 'begin { pid; exit(); }' 2>&1 >/dev/null |
	sed 's/\x1b/ESC/g'
"$JIFFY" --no-warnings -e 'begin { pid; exit(); }' 2>&1 >/dev/null
"$JIFFY" -q -e 'begin { exit(); }' 2>&1
BPFTRACE_COLOR=maybe "$JIFFY" -q -e 'begin { exit(); }' 2>&1 || echo $?
