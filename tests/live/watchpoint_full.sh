# ASSERTION: a fifth watchpoint, and whose address a name says it is
# ROWS: 3.13.full 3.13.name
# NEEDS: root watchpoint
try() { # OPTIONS ... SCRIPT
	"$JIFFY" "$@" 2>&1 | sed "s/cpu [0-9]* tid/cpu N tid/
		s/tid [0-9]*:/tid N:/; s,$WORKLOAD,workload,
		s,/[^ ]*/sleep,sleep,; s,/proc/[0-9]*/,/proc/PID/," | uniq
}
five=$(for at in 00 08 10 18 20; do
	echo "watchpoint:0x100000$at:8:w { @[probe] = count(); }"
done)
try -c "$WORKLOAD watch 3" -e "$five"
try -e "$five"
one='watchpoint:0x10000000:4:rw { } interval:ms:1 { exit(); }'
try -v -c "$WORKLOAD watch 1" -e "$one" | grep Trying
try -v -c "sleep 0.1" -e "$one" | grep Trying
try -v -p $$ -e "$one" | grep Trying
try -v -e "$one" | grep Trying
