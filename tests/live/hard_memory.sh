# ASSERTION: too little memory or too few descriptors: it works, or says what is
# ASSERTION: missing; no limit makes it crash or hang
# NEEDS: root tracefs uprobe
# KERNELS: no
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
script='begin { printf("x\n"); @[1] = 1; }
	tracepoint:sched:sched_switch /pid == -1/ { @a[kstack] = count(); }
	uprobe:'"$WORKLOAD"':work_fn /pid == -1/ { printf("%s\n", ustack); }
	interval:ms:10 { exit(); }'
judge() { # WHAT STATUS
	case $2 in
	0) grep -q '^x$' "$dir/out" || echo "$1: status 0 without output" ;;
	1 | 127 | 255) grep -qE 'ERROR|error while loading' "$dir/err" ||
		echo "$1: status $2 without a message" ;;
	*) echo "$1: status $2: $(tail -n 1 "$dir/err")" ;;
	esac
}
for mb in 3 4 5 6 7 8 9 10 11 12 13 14 16 20 24 40 80 200; do
	status=0
	(ulimit -v $((mb * 1024)); exec timeout -k 2 20 \
		"$JIFFY" -q -e "$script" >"$dir/out" 2>"$dir/err") || status=$?
	judge "$mb MB" $status
done
echo "with 200 MB: $status"
for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 20 24 30; do
	status=0
	(ulimit -Hn $n; exec timeout -k 2 20 "$JIFFY" -q -e "$script" \
		>"$dir/out" 2>"$dir/err") || status=$?
	judge "$n descriptors" $status
done
echo "with 30 descriptors: $status"
