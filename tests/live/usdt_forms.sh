# ASSERTION: every form of usdt arguments, semaphores, places and texts
# ROWS: 3.9.registers 3.9.consts 3.9.memory 3.9.symbols 3.9.beyond
# ROWS: 3.9.semaphore 3.9.places 3.9.bad-args 3.9.wildcard 3.9.namespace
# ROWS: 3.9.probe-string 3.9.errors 3.9.listing
# NEEDS: root uprobe
P=$BUILD/tests/live/marks
"$P" || { echo "markers are written for x86-64" >&2; exit 77; }
run() {
	timeout -k 2 20 "$JIFFY" -c "$P" -e "usdt:$1" 2>&1 |
		sed "s|$P|marks|g; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
six='{ printf("%lx %lx %lx %lx %lx %lx\n", arg0, arg1, arg2, arg3, arg4,
	arg5) }'
for mark in wide narrow other consts base index symbol bare; do
	echo "$mark:"
	run "$P:$mark $six"
done
echo several:
run "$P:several { printf(\"%s %d\n\", probe, arg0) }"
run "$P:several { @ = count() }"
run "$P:marks:s* { @[probe] = count() }"
run "$P:m*:*wide { @[probe] = count() }"
echo texts:
run "$P:counted { print(arg0) }"
run "$P:floats { print(arg1) }"
run "$P:floats { print(arg0) }"
run "$P:broken { print(1) }"
for i in 0 1 2 3; do
	run "$P:broken { print(arg$i) }"
done
run "$P:dash-ed { print(arg0) }"
echo errors:
run "$P:nosuch { }"
run "$P:marks:nosuch { }"
run "$P:other:wide { }"
run "$P: { }"
run "/nonexistent:x { }"
run "/etc/passwd:x { }"
run "x { }"
run ":a:b { }"
run "a:b:c:d { }"
echo list:
"$JIFFY" -l "usdt:$P:*" | sed "s|$P|marks|"
"$JIFFY" -lv "usdt:$P:marks:s*,usdt:$P:b*" | sed "s|$P|marks|"
