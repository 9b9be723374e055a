# ASSERTION: the clock set forwards and back: intervals, --timeout, elapsed and
# ASSERTION: the trace's end do not mind
# NEEDS: root ownclock
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
: >"$dir/ready"
timeout -k 2 100 "$JIFFY" -q --timeout 12s --ready-fd 9 -e '
	interval:s:1 { if (@n < 3) { @n++; printf("tick\n"); } }
	end { printf("%d\n", elapsed > 11000000000 && elapsed < 60000000000); }' \
	9>"$dir/ready" >"$dir/out" 2>&1 &
tracer=$!
within 300 test -s "$dir/ready"
now=$(date +%s)
date -s "@$((now + 86400))" >/dev/null
sleep 1
date -s "@$((now - 86400))" >/dev/null
sleep 1
date -s "@$((now + 2))" >/dev/null
status=0
wait $tracer || status=$?
echo "status $status"
cat "$dir/out"
