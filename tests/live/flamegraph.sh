# ASSERTION: --flamegraph draws each frame once, with its share and its place;
# what was cleared as it was printed last; a file that cannot be written is an
# error and a status
# NEEDS: root uprobe
# COMPARE: no
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/prog.bt" <<'X'
uprobe:$1:work_fn { @a["<&\">", ustack(1)] = count(); }
uprobe:$1:work_add { @b["b", arg0 < 6 ? "low" : "high", ustack(1)] = count(); }
END { print(@b); clear(@b); }
X
"$JIFFY" -q --flamegraph "$dir/a.svg" -c "$WORKLOAD call 5 add 10" \
	"$dir/prog.bt" "$WORKLOAD" >/dev/null
sed -n 's|.*data-v="\([^"]*\)"><title>\([^<]*\)</title>.*|\1: \2|p' \
	"$dir/a.svg" | sort
head -n 1 "$dir/a.svg"
tail -n 1 "$dir/a.svg"
status=0
"$JIFFY" -q --flamegraph /nonexistent/a.svg -c "$WORKLOAD call 1" \
	"$dir/prog.bt" "$WORKLOAD" 2>&1 >/dev/null || status=$?
echo "status $status"
