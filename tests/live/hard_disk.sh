# ASSERTION: a full disk: what fits is there, the rest is an error and a status
# NEEDS: root unshare
dir=$(mktemp -d)
trap 'rmdir "$dir"' EXIT
unshare -m sh -c '
	mount -t tmpfs -o size=16k tmpfs "$1" || exit 77
	status=0
	"$JIFFY" -q -o "$1/out" -e "begin {
		for (\$i : 0..4000) { printf(\"line %d\n\", \$i); } exit(); }" \
		2>"$1/../err.$$" || status=$?
	echo "status $status"
	sed "s|$1/||" "$1/../err.$$"
	rm "$1/../err.$$"
	head -n 2 "$1/out"
	stat -c %s "$1/out"' sh "$dir"
