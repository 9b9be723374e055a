# ASSERTION: the traced file replaced while it runs: its calls are counted, its
# ASSERTION: symbols are those of the old one, the new one is none of ours
# NEEDS: root uprobe
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
cp "$WORKLOAD" "$dir/prog"
mkfifo "$dir/go"
"$dir/prog" wait 1 call 7 idle 30000 <"$dir/go" &
prog=$!
exec 8>"$dir/go"
: >"$dir/ready"
timeout -k 2 30 "$JIFFY" -q --ready-fd 9 -e "uprobe:$dir/prog:work_fn {
	@ = count(); @s[usym(reg(\"ip\"))] = count();
	if (@ == 7) { exit(); } }" \
	9>"$dir/ready" >"$dir/out" 2>&1 &
tracer=$!
within 100 test -s "$dir/ready"
cp /bin/true "$dir/new"
mv "$dir/new" "$dir/prog"
"$dir/prog"
echo >&8
status=0
wait $tracer || status=$?
echo "status $status"
cat "$dir/out"
kill $prog # until here: its mappings name the symbols
wait
