# ASSERTION: what fails while a script runs is told as text, by level
# ROWS: 8.2.layout 8.2.full 8.2.division 8.2.bounds 8.2.lookup 8.2.delete
# ROWS: 8.2.helper 8.2.levels 8.2.each
# NEEDS: root
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
run() {
	echo "# $*"
	timeout -k 2 20 "$JIFFY" -q "$@" >"$dir/out" 2>"$dir/err" </dev/null
	sed 's/^/out: /' "$dir/out"
	sed 's/^/err: /' "$dir/err"
}
full='let @a = hash(1); begin { @a[1] = 1; @a[2] = 1; @a[3]++; clear(@a); exit(); }'
run -e "$full"
run --no-warnings -e "$full"
run -e 'begin { $z = pid - pid; print(5 / $z); print(7 % $z); exit(); }'
run -e 'begin { $b = (uint8[4])(uint32)1; $i = (uint64)pid; print($b[$i]); exit(); }'
run -e 'begin { @a[1] = 1; print(@a[2]); print(delete(@a, 3)); clear(@a); exit(); }'
run -k -e 'begin { @a[1] = 1; print(@a[2]); print(delete(@a, 3)); print(has_key(@a, 4)); clear(@a); exit(); }'
run -e 'begin { print(str(kptr((int8 *)8))); exit(); }'
run -k -e 'begin { $p = kptr((int8 *)8); print(str($p)); exit(); }'
run -e 'begin { for ($i : 0..2) { $z = pid - pid; $x = $i / $z; print($x); }
	exit(); }'
