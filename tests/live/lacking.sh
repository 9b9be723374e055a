# ASSERTION: without /proc, /sys, tracefs, BTF, kallsyms, with a read-only root,
# ASSERTION: with few capabilities or none: what works does, else what is missing
# NEEDS: root tracefs unshare btf
# ROWS: 8.3.tracefs 10.least
# KERNELS: no
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export dir
cat >"$dir/try" <<'END'
try() { # WHAT SCRIPT
	status=0
	timeout -k 2 20 "$JIFFY" -q -e "$2" >"$dir/out" 2>"$dir/err" || status=$?
	echo "$1: status $status $(grep . "$dir/out" | tr '\n' ' ')"
	grep -E 'ERROR|HINT|WARNING' "$dir/err" || :
}
try begin 'begin { printf("ok\n"); @a[1] = count(); @b[2] = sum(2); exit(); }'
try tracepoint 'tracepoint:sched:sched_switch { @[1] = 1; } interval:ms:20 { exit(); }'
try kstack 'begin { @[kstack(1)] = count(); exit(); } end { clear(@); printf("ok\n"); }'
try types 'begin { print(curtask->pid > 0); exit(); }'
try profile 'profile:hz:99 { @ = count(); } interval:ms:20 { exit(); } end { clear(@); printf("ok\n"); }'
END
in_mounts() { # TITLE COMMANDS
	echo "# $1"
	unshare -m sh -ec "$2
		. \"$dir/try\""
}
mkdir "$dir/empty"
in_mounts "no /proc" 'mount -t tmpfs none /proc'
in_mounts "no /sys" 'mount -t tmpfs none /sys'
in_mounts "neither" 'mount -t tmpfs none /sys; mount -t tmpfs none /proc'
in_mounts "no tracefs" 'mount -t tmpfs none /sys/kernel/tracing
	mount -t tmpfs none /sys/kernel/debug'
in_mounts "no BTF" 'mount -t tmpfs none /sys/kernel/btf'
in_mounts "no kallsyms" 'mount --bind /dev/null /proc/kallsyms'
in_mounts "a read-only root" 'mount --bind "$dir" "$dir"
	mount -o remount,bind,ro /'
user() { # TITLE CAPABILITIES
	echo "# $1"
	chmod 711 "$dir"
	cp "$JIFFY" "$dir/jiffy"
	status=0
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps "-all$2" --ambient-caps "-all$2" "$dir/jiffy" -q \
		-e "${3:-begin { printf(\"ok\n\"); \} interval:ms:5 { exit(); \}}" \
		2>"$dir/err" || status=$?
	grep -E 'ERROR|HINT|WARNING' "$dir/err" || echo "status $status"
}
caps=,+bpf,+perfmon,+dac_read_search,+dac_override
user "bpf, perfmon, dac" $caps
user "bpf, perfmon" ,+bpf,+perfmon
user "the same, a tracepoint" ,+bpf,+perfmon \
	'tracepoint:sched:sched_switch { exit(); }'
user "the same, a raw tracepoint" ,+bpf,+perfmon \
	'rawtracepoint:sched_switch { print("ok"); exit(); }'
user "bpf, perfmon, dac_read_search" ,+bpf,+perfmon,+dac_read_search \
	'tracepoint:sched:sched_switch { @ = args.next_pid; }
	interval:ms:50 { print(@ >= 0); exit(); } end { clear(@); }'
user "perfmon" ,+perfmon
user "none" ""
