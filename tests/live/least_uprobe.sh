# ASSERTION: a uprobe by multi link needs no more than the four capabilities
# NEEDS: root btf uprobe uprobe_multi
# ROWS: 10.privileges
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cp "$JIFFY" "$dir/jiffy"
cp "$WORKLOAD" "$dir/workload"
caps=-all,+dac_read_search,+dac_override,+bpf,+perfmon
setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=$caps \
	--inh-caps=$caps --ambient-caps=$caps timeout -k 2 20 "$dir/jiffy" -q \
	-c "$dir/workload deep 1" \
	-e "uprobe:$dir/workload:work_fn { print(ustack(2)); }" 2>&1 | grep .
