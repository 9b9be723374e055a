# ASSERTION: every command of the tutorial runs as it is printed there
# NEEDS: root tracefs btf uprobe
# KERNELS: slow
# ROWS: 9.1.tutorial
[ -n "$BASH_VERSION" ] || exec bash -e "$0"
dir=$(mktemp -d)
ln -s "$(realpath "$JIFFY")" "$dir/jiffy"
PATH=$dir:$PATH
awk -v dir="$dir" '
	/^```sh$/ { n++; on = 1; next }
	/^```/ { on = 0 }
	on { print > (dir "/" n ".cmd") }' docs/TUTORIAL.md
count=0
for n in $(seq 12); do
	# Ctrl-C after a moment in which something happens.
	bash -c "exec $(cat "$dir/$n.cmd")" >"$dir/out" 2>"$dir/err" &
	pid=$!
	for _ in $(seq 100); do
		grep -q Attached "$dir/err" && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	if kill -0 $pid 2>/dev/null; then
		"$WORKLOAD" openat 3 read 9 exec 2 spin 60 >/dev/null
		env -u NOTHING true
		[ $n = 8 ] && sleep 1.2
		kill -INT $pid 2>/dev/null || true
	fi
	status=0
	wait $pid || status=$?
	grep -vE '^Attached [0-9]+ probes?$' "$dir/err" | sed "s/^/$n: /"
	[ $status = 0 ] || echo "$n: status $status"
	[ -s "$dir/out" ] || echo "$n: printed nothing"
	count=$((count + 1))
done
echo "$count commands"
rm -r "$dir"
