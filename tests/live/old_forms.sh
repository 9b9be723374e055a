# ASSERTION: what scripts, options and variables of older versions look like
# ROWS: 15.empty_count 15.names 15.curtask 15.sigusr1 15.options 15.environment 15.comment 15.missing 15.sarg 15.usdt
# NEEDS: root uprobe
. tests/within.sh
dir=$(mktemp -d /tmp/tmp.XXXXXXXXXX)
trap 'rm -r "$dir"' EXIT
# The columns of the carets depend on how long its path is.
cp "$WORKLOAD" "$dir/workload"
WORKLOAD=$dir/workload
run() {
	status=0
	timeout -k 2 20 "$JIFFY" "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
		status=$?
	sed "s|$WORKLOAD|WORKLOAD|g; s/^/out: /" "$dir/out"
	sed "s|$WORKLOAD|WORKLOAD|g; s/^/err: /" "$dir/err"
	[ $status = 0 ] || echo "status $status"
}
echo "# empty counts"
run -e 'software:cpu-clock: { exit(); }'
run -q --no-warnings -e 'software:cpu-clock: { exit(); }'
echo "# the task as a number and as a pointer"
run -q -e 'BEGIN { printf("%d %d\n", curtask > 5, curtask->pid == tid); exit(); }'
echo "# arguments on the stack"
run -q -c "$WORKLOAD call 1" -e "uprobe:$WORKLOAD:work_fn { \$a = sarg0; printf(\"%d\n\", \$a == *uptr(reg(\"sp\") + 8)); exit(); }"
run -q -e 'BEGIN { printf("%d\n", sarg1); }'
echo "# static markers of a process"
mkfifo "$dir/gate"
exec 9<>"$dir/gate"
"$WORKLOAD" wait 1 mark 1 <"$dir/gate" >/dev/null 2>&1 &
worker=$!
run -q -p $worker -e 'usdt::jiffy:* { } BEGIN { printf("found\n"); exit(); }'
run -q -p $worker -e 'usdt:jiffy:* { } BEGIN { printf("found\n"); exit(); }'
kill $worker 2>/dev/null || :
wait $worker 2>/dev/null || :
echo "# SIGUSR1"
"$JIFFY" -q --ready-fd 9 -e 'BEGIN { @x = 5; } interval:s:60 { } interval:ms:1500 { exit(); }' \
	9>"$dir/ready" >"$dir/out" 2>&1 &
tracer=$!
within 100 test -s "$dir/ready"
kill -USR1 $tracer
wait $tracer
cat "$dir/out"
echo "# one that is missing"
run -e "uprobe:$WORKLOAD:work_fn, uprobe:$WORKLOAD:no_such_fn { }"
run -e "config = { missing_probes = \"warn\" } uprobe:$WORKLOAD:work_fn, uprobe:$WORKLOAD:no_such_fn { } BEGIN { exit(); }"
echo "# retired options"
for option in -dd "-d LLVMIR" --btf --emit-llvm=x -kk "--no-feature=kprobe_multi,uprobe_multi"; do
	status=0
	timeout -k 2 20 "$JIFFY" $option -q -e 'BEGIN { exit(); }' \
		>"$dir/out" 2>"$dir/err" </dev/null || status=$?
	echo "$option: status $status"
	grep -i 'unknown\|unrecognized\|usage' "$dir/err" || :
done
echo "# retired variables"
BPFTRACE_STRLEN=50 run -q -e 'BEGIN { print(sizeof(str(curtask))); exit(); }'
BPFTRACE_MAP_KEYS_MAX=7 run -q -e 'BEGIN { print(config.max_map_keys); exit(); }'
BPFTRACE_CAT_BYTES_MAX=3 run -q -e 'BEGIN { cat("/proc/sys/kernel/ostype"); exit(); }'
BPFTRACE_NO_CPP_DEMANGLE=1 BPFTRACE_NO_USER_SYMBOLS=1 BPFTRACE_LOG_SIZE=100000 \
	BPFTRACE_MAX_PROBES=5 run -q -e 'BEGIN { print(1); exit(); }'
run -q -e 'config = { symbol_source = "dwarf"; strlen = 50; cat_bytes_max = 5; map_keys_max = 7; no_cpp_demangle = 1 }
BEGIN { print((config.max_strlen, config.max_map_keys)); exit(); }'
echo "# comments of the shell"
run -q -e 'BEGIN { exit(); } # comment'
