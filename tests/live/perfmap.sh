# ASSERTION: code made at run time has the names of /tmp/perf-PID.map, but not
# ASSERTION: of somebody else's, a link or a FIFO, and no more than 64 MB of it
# NEEDS: root uprobe
P=$BUILD/tests/live/jitted
ulimit -v 60000 # less than the longest of these lines
for who in own foreign link fifo hole behind; do
	echo "$who:"
	timeout -k 2 20 "$JIFFY" -q -c "$P $who" \
		-e "uprobe:$P:j_inner { print(ustack(2)) }" 2>&1 |
		sed 's/0x[0-9a-f]*/ADDRESS/; /^Attached/d; /^$/d'
done
