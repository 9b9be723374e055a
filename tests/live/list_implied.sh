# ASSERTION: what a wildcard in the place of the provider lists: events of the
# ASSERTION: kernel, functions of a named file; and with -p of all files mapped
# NEEDS: root
# ROWS: 3.1.wildcard 3.16.empty 3.8.pid-exe
list() {
	timeout -k 2 20 "$JIFFY" -q "$@" 2>&1
}
list -l 's*:*' | cut -d: -f1 | sort -u
list -l 'i*:*' | cut -d: -f1 | grep -vx iter | sort -u
list -l | grep -cE '^(interval|profile|self|kretprobe|fexit|usdt):' || :
list -l 'self:*,interval:m*'
list -l "u*:$WORKLOAD:work_fn" | sed 's/:.*:/:FILE:/'
list -l "ur*:$WORKLOAD:work_fn"
"$WORKLOAD" idle 20000 &
pid=$!
list -p $pid -l 'uprobe:work_fn,uprobe:fwrite' | sed 's|:.*/|:|'
kill $pid
