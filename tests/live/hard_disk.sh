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

# Whatever goes to stdout: nothing is lost in silence.
while IFS= read -r line; do
	status=0
	eval "\"$JIFFY\" $line" >/dev/full 2>"$dir.err" || status=$?
	echo "$line: $status"
	cat "$dir.err"
done <<'END'
-q -e 'begin { print(1); exit(); }'
-q -f json -e 'begin { @a = 1; exit(); }'
-q -e 'begin { @a = 1; exit(7); }'
-q -B full -e 'begin { @a = 1; exit(); }'
-q -B none -e 'begin { print(1); exit(); }'
-q -f folded -e 'begin { @[kstack] = count(); exit(); }'
--test -e 'test:a { return 0 }'
--info
--info -f json
-l 'software:*'
-l -e 'interval:s:1 { }'
--fmt -e 'begin { }'
--mode compiler-bench -e 'begin { }'
--check -e 'begin { }'
--check -f json -e 'begin { }'
-d ast -e 'begin { }'
-V
-h
END
rm "$dir.err"
"$JIFFY" -V 2>&1 >&- || echo $?

# A picture that cannot be written in the end.
unshare -m sh -c '
	mount -t tmpfs -o size=16k tmpfs "$1" || exit 77
	head -c 12k /dev/zero >"$1/ballast"
	status=0
	"$JIFFY" -q --quiet-maps --flamegraph "$1/x.svg" -e "begin {
		@[kstack] = count(); exit(); }" 2>&1 || status=$?
	echo "picture: $status"' sh "$dir" | sed "s|$dir/||"
