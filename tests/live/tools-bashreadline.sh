# ASSERTION: lines that are typed into a shell
# NEEDS: root tracefs uprobe bash
# A shell that edits its lines wants a terminal.
. tests/within.sh
command -v script >/dev/null || { echo "no script(1)" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
timeout -k 2 40 "$JIFFY" examples/bashreadline.bt >"$dir/out" 2>"$dir/err" &
tracer=$!
within 200 grep -qs Attached "$dir/err"
printf 'echo typed $((40 + 2))\nexit\n' >"$dir/typed"
TERM=dumb script -qc 'bash --norc -i' /dev/null <"$dir/typed" >"$dir/said" 2>&1
sleep 0.2
kill -INT $tracer
wait $tracer
cat "$dir/out"
