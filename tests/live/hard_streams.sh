# ASSERTION: closed streams: nothing is printed elsewhere, and the status says it
# NEEDS: root
script='begin { printf("x\n"); @ = 1; exit(); }'
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
run() {
	status=0
	"$@" || status=$?
	echo "status $status"
}
echo "# no output"
status=0
"$JIFFY" -q -e "$script" >&- 2>"$dir/err" || status=$?
cat "$dir/err"
echo "status $status"
echo "# no errors"
run "$JIFFY" -e "$script" 2>&-
echo "# no input"
run "$JIFFY" -q -e "$script" <&-
echo "# none of them, a child, a file"
status=0
"$JIFFY" -o "$dir/file" -c "$WORKLOAD getppid 5" -e '
	begin { printf("x\n"); }
	tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 110/ {
		@ = count(); }' <&- >&- 2>&- || status=$?
echo "status $status"
cat "$dir/file"
echo "# a script with mistakes leaves the file of -o as it was"
echo kept >"$dir/file"
for script in 'begin { print(nosuch); }' 'begin {' 'software:nosuch:1 {}'; do
	status=0
	"$JIFFY" -o "$dir/file" -e "$script" 2>/dev/null || status=$?
	echo "status $status, $(cat "$dir/file")"
done
"$JIFFY" -o "$dir/none" -e 'begin { print(nosuch); }' 2>/dev/null ||
	ls "$dir"
