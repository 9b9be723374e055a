# ASSERTION: timeout -s SIGINT: END runs, maps print, status 0
# NEEDS: root tracefs
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf '%s\n' 'tracepoint:raw_syscalls:sys_enter { @n = count(); }
END { printf("the end\n"); }' >"$dir/prog.bt"
status=0
timeout --preserve-status -s SIGINT 2 "$JIFFY" -q "$dir/prog.bt" >"$dir/out" ||
	status=$?
echo "status $status"
sed 's/[1-9][0-9]*$/N/' "$dir/out"
