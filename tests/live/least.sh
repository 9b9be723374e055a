# ASSERTION: four capabilities are enough; without one its name is said
# NEEDS: root tracefs btf uprobe
# ROWS: 10.privileges
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cp "$JIFFY" "$dir/jiffy"
cp "$WORKLOAD" "$dir/workload"
as() { # CAPABILITIES OPTION...
	with=$1
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set="$with" --inh-caps="$with" \
		--ambient-caps="$with" timeout -k 2 20 "$dir/jiffy" "$@" 2>&1 |
		grep .
}

caps=-all
for cap in dac_read_search dac_override bpf perfmon; do
	as $caps -q -e 'BEGIN { exit(); }'
	caps=$caps,+$cap
done
as -all,+dac_read_search,+perfmon -e 'BEGIN { exit(); }' | tail -n 1
as -all -V | sed 's/ .*//'
as -all -l 'software:*' | head -n 1
as -all --fmt -e 'BEGIN{exit()}'

# All that a probe can need.
for script in 'BEGIN { printf("begin\n"); exit(); }' \
	'tracepoint:sched:sched_switch { print("sched"); exit(); }' \
	'tracepoint:syscalls:sys_enter_nanosleep { @ = args.rqtp; }
		interval:ms:20 { print("args"); exit(); }' \
	'rawtracepoint:sys_enter { print("raw"); exit(); }' \
	'profile:hz:99 { print("profile"); exit(); }' \
	'software:cpu-clock:1000000 { print("software"); exit(); }' \
	'iter:task { @[ctx->task.pid] = 1; } END { print(len(@) > 1);
		clear(@); }'; do
	as $caps -q -e "$script" | head -n 1
done
as $caps -q --no-feature uprobe_multi \
	-e "uprobe:$dir/workload:work_fn { }" | sed "s,$dir/,,"
as $caps -l 'tracepoint:syscalls:sys_enter_nanosleep'
