# ASSERTION: full maps are counted in more places than there are counters
# NEEDS: root
# The first of 40 places makes the only element; 39 find the map full. The
# counters of the places behind the 32nd are one.
script='let @a = percpuhash(1); begin {'
for i in $(seq 40); do
	script="$script @a[$i] = count();"
done
status=0
timeout -k 2 20 "$JIFFY" -q --strict --quiet-maps -e "$script exit(); }" \
	>/dev/null 2>"${TMPDIR:-/tmp}/full.$$" || status=$?
echo "status $status"
grep -c 'WARNING: Map full' "${TMPDIR:-/tmp}/full.$$"
grep '^ERROR' "${TMPDIR:-/tmp}/full.$$"
rm "${TMPDIR:-/tmp}/full.$$"
