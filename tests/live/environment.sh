# ASSERTION: without tracefs (one is mounted for us alone), kernel types or
# ASSERTION: kernel addresses; few descriptors; a small event buffer; small
# ASSERTION: limits
# NEEDS: root unshare tracefs
# KERNELS: no
# ROWS: 10.tracefs 10.kallsyms 10.no-btf 10.rlimits 10.ring 9.5.limits
tmp=$(mktemp -d)
while :; do # on an idle machine nobody else may read for a minute
	head -c 1 /dev/zero
	sleep 0.02
done >"$tmp/null" 2>&1 &
reader=$!
trap 'kill $reader; rm -rf "$tmp"' EXIT
without() { # MOUNT-COMMAND OPTION...
	hide=$1
	shift
	unshare -m sh -c "mount --make-rprivate / && $hide"' && exec "$@"' \
		- "$JIFFY" -q "$@" 2>&1 | grep . || :
}
no_tracefs='umount -l -a -t tracefs,debugfs 2>/dev/null;
	mount -t tmpfs none /sys/kernel/tracing &&
	mount -t tmpfs none /sys/kernel/debug'
echo "no tracefs: one of our own, which nobody else sees"
without "$no_tracefs" -e 'tracepoint:sched:sched_switch { print("event");
	exit(); }' | head -n 1
without "$no_tracefs" -e 'rawtracepoint:sys_enter { print("raw"); exit(); }' |
	head -n 1 # two CPUs may be in time, here and below
unshare -m sh -c "mount --make-rprivate / && $no_tracefs
	mount --make-rshared /"'
	"$@" | grep . | head -n 1
	grep " tracefs " /proc/mounts' - "$JIFFY" -q -e '
	tracepoint:sched:sched_switch { print("unseen"); exit(); }' || :
echo "no tracefs, none to be mounted"
without "$no_tracefs; mount -t tmpfs none /sys/kernel" \
	-e 'tracepoint:sched:sched_switch { exit(); }' | head -n 1

echo "no kernel types"
no_btf='mount -t tmpfs none /sys/kernel/btf'
without "$no_btf" -e 'config = { print_maps_on_exit = false }
	tracepoint:syscalls:sys_enter_* { @ = count(); }
	interval:ms:50 { print("counted"); exit(); }'
without "$no_btf" -e 'tracepoint:syscalls:sys_enter_read { print(args.count);
	exit(); }' | sed 's/[0-9][0-9]*/N/' | head -n 1
without "$no_btf" -e 'BEGIN { print(sizeof(struct task_struct)); }' | head -n 1
without "$no_btf" --follow -p $$ -e 'profile:hz:99 { exit(); }'

echo "no kernel addresses"
sed 's/^[0-9a-f]*/0000000000000000/' /proc/kallsyms >"$tmp/kallsyms"
without "mount --bind $tmp/kallsyms /proc/kallsyms" \
	-e 'tracepoint:sched:sched_switch { print(kstack(1)); exit(); }' |
	sed 's/0x[0-9a-f]*$/ADDRESS/' | head -n 1

echo "few descriptors"
(
	ulimit -Sn 40
	"$JIFFY" -q --no-feature raw_tracepoint -e 'tracepoint:signal:*,
		tracepoint:sched:*, tracepoint:irq:*, tracepoint:timer:*
		{ @ = count(); } interval:ms:20 {
		print("attached"); exit(); }' 2>&1 | grep -v '^$\|^@\|missed'
)

echo "a small buffer"
BPFTRACE_PERF_RB_PAGES=1 "$JIFFY" -q -o "$tmp/out" \
	-e 'BEGIN { for ($i : 0..1000) { printf("%1000d\n", $i); } exit(); }' \
	2>"$tmp/err"
grep -c . "$tmp/out" | awk '{ print ($1 < 1000), ($1 > 1) }'
sed 's/[0-9][0-9]*/N/' "$tmp/err"

echo "limits"
limit() { # VARIABLE=VALUE SCRIPT
	env "BPFTRACE_$1" "$JIFFY" -q -e "$2" 2>&1 | grep . | head -n 2
}
limit MAX_MAP_KEYS=2 'BEGIN { @[1] = 1; @[2] = 1; @[3] = 1;
	print(len(@)); clear(@); exit(); }'
limit MAX_PROBES=2 'tracepoint:syscalls:sys_enter_read*  { }'
limit MAX_STRLEN=6 'BEGIN { print(str(uptr(0))); $a = "12345";
	printf("%s|\n", str($a)); exit(); }'
limit STR_TRUNC_TRAILER=! 'config = { max_strlen = 3 }
	BEGIN { print(comm); exit(); }' | wc -l
limit PRINT_MAPS_ON_EXIT=0 'BEGIN { @ = 1; print("no map"); exit(); }'
