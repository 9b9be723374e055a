# ASSERTION: cells for which there was no memory are no full map
# NEEDS: root
err=${TMPDIR:-/tmp}/scarce.$$
"$JIFFY" -e 'let @a = percpuhash(200000);
begin { for ($i : 0..30000) { @a[$i] = lhist($i, 0, 120, 1); } clear(@a); }' \
	2>&1 >/dev/null | grep -v Attach >"$err"
grep -c 'Map full' "$err" || :
grep -c 'Cannot allocate memory' "$err"
grep -o 'retcode: .*' "$err"
rm -f "$err"
