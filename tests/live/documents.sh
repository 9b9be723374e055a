# ASSERTION: what the project's documents show compiles, here and for the fixture kernel, with kernel headers and without any
# ROWS: 11.examples 11.by_name
# NEEDS: root tracefs uprobe
# KERNELS: slow
kernels() { # arguments of jiffy: once for each kernel and kind of headers
	for where in "" "--kernel tests/fixtures/kernel"; do
		timeout -k 2 "${LIMIT:-20}" "$JIFFY" $where -d bpf "$@" >/dev/null 2>&1 ||
			echo "as installed, $where: $*"
		[ "$where$small" = "--kernel tests/fixtures/kernelyes" ] ||
			BPFTRACE_KERNEL_SOURCE=/nonexistent \
			BPFTRACE_KERNEL_BUILD=/nonexistent \
			timeout -k 2 "${LIMIT:-20}" "$JIFFY" $where -d bpf "$@" \
			>/dev/null 2>&1 || echo "no headers, $where: $*"
	done
}
small= # yes: types that the fixture's small BTF does not have
source=$(ls -d /usr/src/linux-headers-*-common 2>/dev/null | tail -n 1)
if [ -d "${source%-common}-amd64" ]; then
	export BPFTRACE_KERNEL_SOURCE="$source"
	export BPFTRACE_KERNEL_BUILD="${source%-common}-amd64"
fi
kernels -e 'kprobe:tcp_connect { printf("TCP connect by %s\n", comm); }'
kernels -e 'BEGIN { printf("Starting trace...\n"); } kprobe:__x64_sys_clone { @clones = count(); } END { printf("Total clones: %d\n", @clones); }'
kernels -e 'kprobe:vfs_* { }'
kernels -e 'kprobe:vfs_* { @[func] = count(); }'
kernels -e 'tracepoint:syscalls:sys_enter_open { }'
kernels -e 'tracepoint:sched:sched_switch { @[args->next_comm] = count(); }'
kernels -e 'tracepoint:block:block_rq_issue { @bytes = hist(args->bytes); } END { print(@bytes); }'
kernels -e 'uprobe:/bin/bash:readline { printf("readline called\n"); }'
kernels -e 'uretprobe:/bin/bash:readline { printf("%s\n", str(retval)); }'
kernels -e "usdt:$WORKLOAD:jiffy:* { printf(\"%s\n\", str(arg0)); }"
kernels -e "usdt:$WORKLOAD:* { printf(\"%s\n\", str(arg0)); }"
kernels -e 'profile:hz:99 { @samples[kstack, ustack, comm] = count(); } END { print(@samples, 20); }'
kernels -e 'profile:ms:100 { }'
kernels -e 'software:cpu-clock: { @ = count(); }'
kernels -e 'software:page-faults: { @[comm] = count(); }'
kernels -e 'hardware:cpu-cycles: { }'
kernels -e 'tracepoint:raw_syscalls:sys_enter { @syscalls[comm] = count(); } END { print(@syscalls, 10); clear(@syscalls); }'
kernels -e '#include <net/sock.h>
kprobe:tcp_connect { @start[tid] = nsecs; }
kretprobe:tcp_connect /@start[tid]/ { $duration_us = (nsecs - @start[tid]) / 1000; @connect_latency = hist($duration_us); delete(@start[tid]); }
END { print(@connect_latency); }'
kernels -e 'tracepoint:syscalls:sys_enter_openat { printf("%-16s %-6d %s\n", comm, pid, str(args->filename)); }'
kernels -e 'kprobe:do_nanosleep { @stack[kstack, ustack] = count(); }'
kernels -e 'kprobe:do_nanosleep { @latency[comm, pid, cpu] = hist(nsecs); }'
kernels -e 'BEGIN { printf("Tracing PID: %d\n", $1); } kprobe:do_nanosleep /pid == $1/ { }' 1234
small=yes
kernels -e '#include <linux/path.h>
#include <linux/dcache.h>
kprobe:vfs_open { $path = (struct path *)arg0; $dentry = $path->dentry; printf("File: %s\n", str($dentry->d_name.name)); }'
small=
kernels -e 'tracepoint:raw_syscalls:sys_enter /args->id >= 42 && args->id < 52/ { // ids
	@[comm] = lhist(args->id, 42, 52, 1); // one each
}
interval:s:1 { print(@); } END { printf("once at the end\n"); }'
kernels -e 'tracepoint:task:task_rename { printf("%s %s %s %s\n", comm, args->oldcomm, args->newcomm, kstack); }'
kernels -e 'tracepoint:syscalls:sys_exit_setpgid { printf("%s %d %d %d\n", comm, pid, args->__syscall_nr, args->ret); }'
kernels -e 'kprobe:vfs_read /comm == "nginx"/ { } kprobe:vfs_write /rand() % 100 == 0/ { unroll(10) { @ = count(); } if (pid > 1000) { @b = count(); } }'
small=yes
kernels -e '#include <net/sock.h>
kprobe:tcp_connect {
	$sk = (struct sock *)arg0;
	$family = $sk->__sk_common.skc_family;
	if ($family == AF_INET) {
		printf("%s %s", ntop(AF_INET, $sk->__sk_common.skc_daddr), ntop($sk->__sk_common.skc_rcv_saddr));
	} else {
		printf("%s", ntop(AF_INET6, $sk->__sk_common.skc_v6_daddr.in6_u.u6_addr8));
	}
	printf(" %d\n", bswap($sk->__sk_common.skc_dport));
}'
echo done
