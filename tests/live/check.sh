# ASSERTION: --check compiles scripts for another kernel and says what of them
# KERNELS: no
# ROWS: 9.1.check
dir=$(mktemp -d)
here=$PWD
JIFFY=$(realpath "$JIFFY")
cd "$dir"
cat >good.bt <<'BT'
begin { @start = nsecs; }
rawtracepoint:sched_switch, interval:s:1 { @n = count(); }
BT
cat >bad.bt <<'BT'
begin {
	printf("%d\n", "text");
	@a["x"] = 1;
	print(@a[1]);
}
BT
printf 'struct A { int x;\nbegin { }' >cut.bt
check() {
	got=0
	"$JIFFY" --kernel "$here/tests/fixtures/kernel" --check "$@" \
		>"$dir/out" 2>&1 || got=$?
	sed 's/[0-9]* insns/N insns/; s/"insns": [1-9][0-9]*/"insns": N/' \
		"$dir/out"
	echo "status $got"
}
check good.bt
check good.bt bad.bt
check -f json bad.bt good.bt
check -e 'begin { print($1); }' -- 5
check nosuch.bt good.bt
check cut.bt
cd "$here"
rm -r "$dir"
