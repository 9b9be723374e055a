# ASSERTION: what perf_event_paranoid forbids is told as that
# NEEDS: root kprobe
# ROWS: 10.privileges
# The level above 2 is Debian's, and so of the kernels that are emulated.
level=/proc/sys/kernel/perf_event_paranoid
before=$(cat $level)
dir=$(mktemp -d)
trap 'echo $before >$level; rm -rf "$dir"' EXIT
chmod 755 "$dir"
cp "$JIFFY" "$dir/jiffy"
caps=-all,+dac_read_search,+dac_override,+bpf,+perfmon
for n in 3 2; do
	echo $n >$level
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=$caps --inh-caps=$caps --ambient-caps=$caps \
		timeout -k 2 20 "$dir/jiffy" -q \
		-e 'interval:ms:20 { print("permitted"); exit(); }' 2>&1 |
		grep . | head -n 1
done
