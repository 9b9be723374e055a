# ASSERTION: once all is attached the tracer can start no program, write no
# ASSERTION: file and trace nobody; with --unsafe system() works
# NEEDS: root
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
state() { # OPTIONS: the mode of seccomp(2) of a running trace
	: >"$dir/ready"
	timeout -k 2 20 "$JIFFY" -q --ready-fd 9 "$@" \
		-e 'interval:s:100 { }' 9>"$dir/ready" >/dev/null &
	tracer=$!
	within 100 test -s "$dir/ready"
	jiffy=$(pgrep -P $tracer)
	sed -n 's/^Seccomp:[^0-9]*//p' "/proc/$jiffy/status"
	kill -INT "$jiffy"
	wait $tracer
}
echo "as it is: $(state)"
echo "--unsafe: $(state --unsafe)"
echo "--flamegraph: $(state --flamegraph "$dir/x")"
"$JIFFY" -q -c "$WORKLOAD call 1" -e "uprobe:$WORKLOAD:work_fn {
	printf(\"%s\", ustack(1)); cat(\"/proc/sys/kernel/ostype\"); }" |
	sed 's/^ *//' | grep .
"$JIFFY" -q --unsafe -e 'interval:ms:1 { system("echo from a shell"); exit(); }'
