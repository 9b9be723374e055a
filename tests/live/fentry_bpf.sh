# ASSERTION: fentry and fexit of BPF programs, by name, by number, by pattern
# ROWS: 3.7.bpf
# NEEDS: root fentry kprobe
"$JIFFY" -q -e 'kprobe:do_nanosleep { @n = count(); }' </dev/null \
	>/dev/null 2>/tmp/bpf.$$ &
other=$!
trap 'kill $other; rm -f /tmp/bpf.$$' EXIT
sleep 2
"$JIFFY" -q -c "$WORKLOAD sleep 3" -e '
fentry:bpf:kprobe_do_nanosleep_* { @entries[probetype] = count(); }
fexit:bpf:*:kprobe_do_nano* /pid == cpid/ { @exits = count(); }'
"$JIFFY" -q -c "$WORKLOAD sleep 2" -e '
fentry:bpf:kprobe_do_nanosleep_1 { @[probe, func] = count(); }' |
	sed -E 's/bpf:[0-9]+:/bpf:ID:/;s/bpf_prog_[0-9a-f]+/bpf_prog_TAG/'
"$JIFFY" -q -c "$WORKLOAD sleep 2" -e '
fexit:bpf:kprobe_do_nanosleep_1 /pid == cpid/ {
	@typed[args.ctx != 0, retval, sizeof(retval)] = count(); }'
"$JIFFY" -e 'fentry:bpf:no_such_program { }' 2>&1 | head -n 1
