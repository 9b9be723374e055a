# ASSERTION: --follow: all descendants, early and late, none of a stranger's
# NEEDS: root btf uprobe
# KERNELS: slow
# ROWS: 9.1.follow
tree=${WORKLOAD%/*}/tree
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# Processes are dear where the processor is emulated.
late=100
! grep -qs "QEMU TCG" /proc/cpuinfo || late=10
export LATE=$late
# What was counted, in words.
words() {
	sed -e "s/^@: $((35 + 25 * late))$/all/" -e "s/^@: $((7 + 5 * late))$/all/" \
		-e "s/^@: $((5 + 5 * late))$/the first/"
}
# Of a form that no other program on this CPU can make the kernel skip.
count='rawtracepoint:sys_enter /args.id == 110/ { @ = count(); }'
[ "$(uname -m)" = x86_64 ] || count=$(echo "$count" | sed s/110/173/)

# A family that waits for a line: its pid in $pid, its gate behind FD.
family() { # NAME FD
	mkfifo "$tmp/$1"
	"$tree" <"$tmp/$1" >"$tmp/$1.out" &
	pid=$!
	eval "exec $2>\"$tmp/$1\""
	until grep -q ready "$tmp/$1.out"; do sleep 0.02; done
}

# Trace one family; once attached let both go.
trace() { # OPTION...
	: >"$tmp/err" # what the last one left says Attached
	family other 8
	family mine 9
	timeout -k 2 20 "$JIFFY" -p $pid "$@" >"$tmp/out" 2>"$tmp/err" &
	tracer=$!
	until grep -q Attached "$tmp/err" || ! kill -0 $tracer; do
		sleep 0.02
	done
	echo >&9
	echo >&8
	wait $tracer || echo "status $?"
	exec 8>&- 9>&-
	grep -v Attached "$tmp/err" || :
	grep . "$tmp/out" | words
	wait
	rm "$tmp/mine" "$tmp/other"
}

trace --follow -e "$count"
trace --follow -e "uprobe:$tree:calls { @ = count(); }"
trace --follow -e "profile:hz:99, software:page-faults:1 /comm != \"tree\"/ {
	@[comm] = count(); }"
family mine 9
"$JIFFY" -q -p $pid --follow -e 'iter:task { printf("%s\n", ctx->task.comm); }' |
	sort | uniq -c | awk '{ print $1, $2 }' | grep tree
echo >&9
exec 9>&-
wait
rm "$tmp/mine"
echo "without it"
trace -e "$count"

echo "a command"
family other 8
echo >&8
timeout -k 2 20 "$JIFFY" -q --follow -c "$tree now" -e "$count" | grep . | words
wait

echo "of nobody"
"$JIFFY" --follow -e "$count" 2>&1 || :
