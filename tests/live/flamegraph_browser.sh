# ASSERTION: a browser takes the picture, zooms and searches
# KERNELS: no
# NEEDS: root uprobe
# COMPARE: no
browser=$(command -v chromium) || { echo "no chromium" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/prog.bt" <<'X'
uprobe:$1:work_add { @["<&\">", arg0 < 4 ? "low" : "high", ustack(1)] = count(); }
X
"$JIFFY" -q --flamegraph "$dir/a.svg" -c "$WORKLOAD add 10" "$dir/prog.bt" \
	"$WORKLOAD" >/dev/null
show() { # FRAGMENT: class, name, box and label of each frame
	HOME=$dir timeout 60 "$browser" --headless --no-sandbox --disable-gpu \
		--user-data-dir="$dir/profile" --dump-dom \
		"file://$dir/a.svg#$1" 2>/dev/null >"$dir/dom"
	sed -n 's|^<g class="\([^"]*\)" .*<title>\([^(]*\) (.*<rect x="\([0-9.]*\)".* width="\([0-9.]*\)".*>\([^<]*\)</text></g>$|\1: \2: \3 \4 \5|p' \
		"$dir/dom" | sort
	sed -n 's|.*id="found"[^>]*>\([^<]*\)<.*|\1|p' "$dir/dom"
}
show ""
show "z=low"
show "s=^work_&z=high"
