# ASSERTION: a function of a stripped shell, and what it returns as a string
# NEEDS: root uprobe bash
. tests/within.sh
command -v script >/dev/null || { echo "no script(1)" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf '%s\n' 'uprobe:/bin/bash:readline { printf("readline called\n"); }' \
	'uretprobe:/bin/bash:readline { printf("%s\n", str(retval)); }' \
	>"$dir/prog.bt"
timeout -k 2 40 "$JIFFY" "$dir/prog.bt" >"$dir/out" 2>"$dir/err" &
tracer=$!
within 200 grep -qs Attached "$dir/err"
printf 'echo typed\nexit\n' >"$dir/typed"
TERM=dumb script -qc 'bash --norc -i' /dev/null <"$dir/typed" >"$dir/said" 2>&1
sleep 0.2
kill -INT $tracer
wait $tracer
cat "$dir/out"
