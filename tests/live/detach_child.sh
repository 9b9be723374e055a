# ASSERTION: a child waits for the kernel to let go, and nobody for the child
# ROWS: 3.4.left
# NEEDS: root tracefs
# Whether a process of that name is the first of a session of its own, with
# nobody who waits for it.
left_behind() {
	local stat name state parent group session
	for stat in $(printf '%s\n' /proc/[0-9]*/stat | sort -rnt / -k 3); do
		read -r _ name state parent group session _ 2>/dev/null \
			<"$stat" || continue
		[ "$name" = "($1)" ] && [ "$state" != Z ] &&
			[ "/proc/$session/stat" = "$stat" ] &&
			[ "$parent" = 1 ] && return
	done
	return 1
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
name=left$$
cp "$JIFFY" "$dir/$name"
cp "$JIFFY" "$dir/${name}w"
# Some events: the kernel takes up to seconds for each when it is busy, and 10
# ms when it is not; the newest processes are looked at first.
script='tracepoint:sched:sched_process_*, tracepoint:sched:sched_wak* { @++; }
	interval:ms:1 { exit(); }'
"$dir/$name" -q -o /dev/null --no-feature raw_tracepoint -e "$script" |
	cat # ends when all writers have
left_behind "$name" && echo "a child lets go"
"$dir/${name}w" -q -o /dev/null --no-feature raw_tracepoint --wait-detach \
	-e "$script"
left_behind "${name}w" || echo "nobody is left with --wait-detach"
