# ASSERTION: whatever a script prints, -f json prints an object a line, valid
# NEEDS: root
# ROWS: 7.9.valid
# KERNELS: no
command -v jq >/dev/null || { echo "no jq" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scripts=0
for script in tests/lang/*.bt; do
	timeout -k 2 20 "$JIFFY" -f json "$script" >"$dir/out" 2>/dev/null || :
	scripts=$((scripts + 1))
	iconv -f utf-8 -t utf-8 "$dir/out" >/dev/null 2>&1 ||
		echo "$script: not UTF-8"
	objects=$(jq -c 'select(type == "object" and has("type"))' "$dir/out" \
		2>&1 | grep -c '^{' || :)
	lines=$(grep -c '' "$dir/out" || :)
	[ "$objects" = "$lines" ] || echo "$script: $objects of $lines lines"
done
[ $scripts -gt 100 ] && echo "more than 100 scripts"
