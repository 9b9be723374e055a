# ASSERTION: where there is no PMU, one clear error; elsewhere it counts
# NEEDS: root
dir=$(mktemp -d)
status=0
timeout -k 2 -s INT 5 "$JIFFY" -q -c "$WORKLOAD spin 100" \
	-e 'hardware:cpu-cycles: { @n = count(); }' 2>"$dir/err" \
	>"$dir/out" || status=$?
if [ $status = 0 ]; then
	grep -q '^@n: ' "$dir/out" && echo as it should be
else
	grep -c ERROR "$dir/err" >/dev/null &&
		grep -q 'cpu-cycles' "$dir/err" && echo as it should be
fi
rm -rf "$dir"
