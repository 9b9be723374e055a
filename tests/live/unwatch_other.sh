# ASSERTION: unwatch() ends the watchpoints of an address, and of no other
# ROWS: 3.13.unwatch
# NEEDS: root watchpoint
"$JIFFY" -q -c "$WORKLOAD watch 2000 sleep 100" -e '
watchpoint:0x10000000:8:w { @ = count(); unwatch(0x10000000); }' |
	awk '/@/ { print $2 < 1000 ? "stopped early" : $2 }'
"$JIFFY" -q -c "$WORKLOAD watch 200" -e '
watchpoint:0x10000000:8:w { @ = count(); unwatch(0x20000000); }' | grep @
