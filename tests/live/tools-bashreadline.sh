# ASSERTION: lines that are typed into a shell
# NEEDS: root tracefs uprobe bash
# A shell that edits its lines wants a terminal.
command -v script >/dev/null || { echo "no script(1)" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
await() { # TEXT FILE
	tries=200
	until grep -qs "$1" "$2" || [ $((tries -= 1)) = 0 ]; do
		sleep 0.1
	done
}
timeout -k 2 40 "$JIFFY" examples/bashreadline.bt >"$dir/out" 2>"$dir/err" &
tracer=$!
await Attached "$dir/err"
printf 'echo typed $((40 + 2))\nexit\n' >"$dir/typed"
TERM=dumb script -qc 'bash --norc -i' /dev/null <"$dir/typed" >"$dir/said" 2>&1
sleep 0.2
kill -INT $tracer
wait $tracer
cat "$dir/out"
