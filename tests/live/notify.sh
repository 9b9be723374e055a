# ASSERTION: a service manager hears READY=1 when all is attached, STOPPING=1
# ROWS: 9.3.notify
# NEEDS: root
dir=$(mktemp -d)
export NOTIFY_SOCKET=$dir/s
"$WORKLOAD" notified 2 &
reader=$!
for _ in $(seq 100); do [ -S "$dir/s" ] && break; sleep 0.05; done
timeout -k 2 20 "$JIFFY" -q -e 'BEGIN { exit(); }' >/dev/null
wait $reader
rm -r "$dir"
