# ASSERTION: what a tool keeps for a thread is gone when the thread is
# NEEDS: root tracefs uprobe btf
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for tool in opensnoop statsnoop killsnoop syncsnoop tcpaccept udpconnect \
	gethostlatency filelife; do
	# Without the probe that clears all maps.
	sed '/^end$/,$d' examples/$tool.bt >"$dir/$tool.bt"
	: >"$dir/err" # what the last one left says "Attached"
	mkfifo "$dir/gate"
	"$WORKLOAD" wait 1 openat 9 missing 9 stat 9 kill 9 file 3 udp 3 \
		connect 9 connect6 9 resolve 3 threads 99 \
		<"$dir/gate" >/dev/null 2>&1 &
	worker=$!
	exec 9>"$dir/gate"
	rm "$dir/gate"
	timeout -k 2 40 "$JIFFY" -p $worker "$dir/$tool.bt" >"$dir/out" \
		2>"$dir/err" 9>&- &
	within 200 grep -qs Attached "$dir/err"
	exec 9>&-
	wait
	echo "$tool: $(grep -c '^@' "$dir/out") left," \
		"$(($(wc -l <"$dir/out") > 3)) seen"
done
