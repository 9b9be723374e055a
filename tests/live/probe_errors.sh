# ASSERTION: what is wrong with an attach point is said as upstream says it
# ROWS: 3.1.arguments 3.1.names 3.1.unknown 3.3.none 3.3.none-wildcard 3.3.bpf-limit 3.3.probe-limit 3.3.missing 3.4.unable
# ROWS: 3.6.unknown 3.6.common 3.6.lone 3.7.excess 3.7.missing 3.10.units 3.10.counts 3.11.unknown 3.2.retval 3.2.ctx
# NEEDS: root tracefs btf
try() {
	echo "== $1"
	timeout 20 "$JIFFY" -e "$1" </dev/null 2>&1 | grep -v '^ *~*$' || :
}

try 'begin:x { }'
try 'foo:bar { }'
try 'tracepoint:a:b:c { }'
try 't:sys_enter_openat { }'
try 't:nothing* { }'
try 't:nothing:sys_enter_openat { }'
try 't:syscalls:sys_enter_nothing* { }'
try 't:syscalls:sys_enter_openat { print(args.common_pid); }'
try 't:syscalls:sys_enter_openat { print(args.nothing); }'
try 't:syscalls:sys_enter_openat { print(ctx); }'
try 't:sched:sched_switch { print(retval); }'
try 'rawtracepoint:vmlinux:nothing { }'
try 'rt:sched_switch { print(arg5); }'
try 'rt:sched_switch { print(ctx); }'
try 'interval:s:0 { }'
try 'interval:x:1 { }'
try 'interval:1w { }'
try 'interval:100ns { }'
try 'profile:hz { }'
try 'software:foo:1 { }'
try 'hardware:foo:1 { }'
try 'config = { missing_probes = "warn" } t:a:b { } begin { exit(); }'
try 'config = { missing_probes = "ignore" } t:a:b { } begin { exit(); }'
try 'config = { missing_probes = "ignore" } t:a:b { }'
try 'config = { max_probes = 2 } t:sched:sched_switch, t:sched:sched_wakeup,
	t:sched:sched_waking { }'
try 'config = { max_bpf_progs = 1 } t:syscalls:sys_*_getppid {
	@[probe] = count(); }'
try 'TRACEPOINT:sched:sched_switch { exit(); }'
try 'T:sched:sched_switch { exit(); }'
