# ASSERTION: scripts at the limits of what people write load and run
# ROWS: 10.stack
# NEEDS: root realtime
for name in $(tests/limits); do
	tests/limits "$name" >"${TMPDIR:-/tmp}/limits.$$.bt"
	echo "$name: $("$JIFFY" -q "${TMPDIR:-/tmp}/limits.$$.bt" 2>&1 |
		grep -v '^$' | grep -v '^@\[.*, true' | head -n 3 | cut -c1-60)"
done
rm -f "${TMPDIR:-/tmp}/limits.$$.bt"
