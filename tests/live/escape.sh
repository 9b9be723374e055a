# ASSERTION: --escape shows control characters of foreign text, nothing else
# NEEDS: root tracefs
# ROWS: 9.1.escape
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
name=$(printf 'a\033[31m\n\\b\302\233c')
cp "$WORKLOAD" "$dir/$name"
# "a", red, newline, backslash, "b", a C1 control, "c"; then one that is no
# UTF-8, one that is, a bell, and one that a stack would show.
cat >"$dir/escaped" <<END
#!/bin/sh
"$dir/$name" getppid 1
"$dir/$name" "$(printf '\377 \303\244 \007\177')"
END
chmod +x "$dir/escaped"
script='
	tracepoint:syscalls:sys_enter_getppid /strncmp(comm, "a", 1) == 0/ {
		$s = comm;
		@[comm, 1] = $s;
		printf("tab\there %s|%20s|\n", $s, comm);
		print((1, $s));
		warnf("%s", comm);
	}
	tracepoint:syscalls:sys_enter_execve /comm == "escaped"/ {
		join(args.argv, "\t");
	}'
trace() {
	"$JIFFY" -q "$@" --unsafe -c "$dir/escaped" -e "$script" 2>&1 |
		grep -av '^stdin:.*-\|^[ ~]' | sed "s|$dir|DIR|g"
}
trace --escape | grep -a .
echo "raw"
trace | grep -a . | cat -v
echo "json"
trace --escape -f json | cat -v
