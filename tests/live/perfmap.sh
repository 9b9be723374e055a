# ASSERTION: code made at run time has the names of /tmp/perf-PID.map
# NEEDS: root uprobe
P=$BUILD/tests/live/jitted
for who in own foreign; do
	timeout -k 2 20 "$JIFFY" -q -c "$P $who" \
		-e "uprobe:$P:j_inner { print(ustack(2)) }" 2>&1 |
		sed 's/0x[0-9a-f]*/ADDRESS/; /^Attached/d; /^$/d'
done
