# ASSERTION: what goes to standard output, what to -o, what to standard error
# ROWS: 7.1.notice 7.1.streams 7.1.newlines 7.1.errorf 7.1.lost 7.1.buffering 7.7.async 7.9.attached 7.9.errorf 4.2.errorf 4.2.cat 4.2.system 4.2.join 7.1.lost_total 7.7.failures 7.9.lost 7.9.system
# NEEDS: root
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
run() { # arguments of jiffy; both streams, each line marked
	status=0
	timeout -k 2 20 "$JIFFY" "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
		status=$?
	sed 's/^/out: /' "$dir/out"
	sed 's/^/err: /' "$dir/err"
	[ $status = 0 ] || echo "status $status"
}
report='begin { print(1); errorf("err %d", 5); warnf("warn %s\n", "x"); @a = 1; exit(); }'
echo "# as it is"
run -e "$report"
echo "# -q"
run -q -e "$report"
echo "# --no-warnings"
run --no-warnings -e "$report"
echo "# -f json"
run -f json -e "$report"
echo "# -q -f json -o"
run -q -f json -o "$dir/file" -e "$report"
cat "$dir/file"
echo "# no maps at the end"
run -q -e 'config = { print_maps_on_exit = false } begin { @a = 1; exit(); }'
for mode in line full none; do
	echo "# -B $mode"
	run -q -B $mode -e 'begin { printf("a"); print("b"); exit(); }'
done
echo "# words whose work is done outside"
run -q --unsafe -e 'begin { cat("/proc/sys/kernel/ostype"); cat("/nosuch%d", 5);
	system("echo %s; echo err >&2; printf x", "hi"); system("exit 3"); system("true");
	system("kill -9 $$"); join(0); time("x%%y\n"); exit(); }'
run -q --unsafe -f json -e 'begin { cat("/proc/sys/kernel/ostype");
	system("echo %s; echo err >&2; printf x", "hi"); system("true"); time("x\n"); exit(); }'
run -q -e 'config = { max_cat_bytes = 5 } begin { cat("/proc/sys/kernel/ostype"); exit(); }'
echo "# a signal that the command must not inherit"
run -q --unsafe -e 'begin { system("grep SigBlk /proc/self/status"); exit(); }'
echo "# more events than there is room for"
timeout -k 2 20 "$JIFFY" -q -e 'config = { perf_rb_pages = 1 }
	begin { for ($i : 0..100000) { print(("some text to fill it", $i)); } exit(); }' \
	2>&1 >/dev/null | sed 's/[0-9][0-9]*/N/' | sort -u
echo "# the same as JSON"
timeout -k 2 20 "$JIFFY" -q -f json -e 'config = { perf_rb_pages = 1 }
	begin { for ($i : 0..100000) { print(("some text to fill it", $i)); } exit(); }' \
	2>/dev/null | grep -v '"value"' | sed 's/[0-9][0-9]*/N/g' | sort -u
