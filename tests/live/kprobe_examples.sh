# ASSERTION: the first programs that people type at kprobes, unchanged
# ROWS: 3.5.name 3.5.suggestion 3.5.wildcard 3.5.retprobe
# NEEDS: root kprobe btf
q='timeout 60'
$q "$JIFFY" -q -e 'kprobe:tcp_connect { printf("TCP connect by %s\n", comm); }' \
	-c "$WORKLOAD connect 2"
$q "$JIFFY" -q -c "$WORKLOAD fork 3" -e '
BEGIN { printf("Starting trace...\n"); }
kprobe:__x64_sys_clone { @clones = count(); }
END { printf("Total clones: %d\n", @clones); }' | sed 's/[3-9]$/three or more/'
$q "$JIFFY" -q -c "$WORKLOAD read 3" -e 'kprobe:vfs_* { }'
$q "$JIFFY" -q -c "$WORKLOAD read 3" -e 'kprobe:vfs_* { @[func] = count(); }' |
	sed -n 's/^@\[vfs_read\]: [0-9]*$/vfs_read counted/p'
$q "$JIFFY" -q -c "$WORKLOAD connect 3" -e '#include <net/sock.h>
kprobe:tcp_connect { @start[tid] = nsecs; }
kretprobe:tcp_connect /@start[tid]/ {
	$duration_us = (nsecs - @start[tid]) / 1000;
	@connect_latency = hist($duration_us);
	delete(@start[tid]);
}
END { print(@connect_latency); }' 2>&1 |
	sed -n 's/^@connect_latency:.*/&/p; s/^\[.*|@.*|$/a bucket/p' | uniq
$q "$JIFFY" -q -c "$WORKLOAD sleep 2" -e '
kprobe:do_nanosleep { @stack[kstack, ustack] = count(); }
kprobe:do_nanosleep { @latency[comm, pid, cpu] = hist(nsecs); }' |
	sed -nE 's/^@stack\[.*/stack/p;s/^ *(do_nanosleep)\+[0-9]+$/\1/p
		s/^@latency\[workload, [0-9]+, [0-9]+\].*/latency/p' | sort -u
$q "$JIFFY" -q -c "$WORKLOAD openat 1" -e '#include <linux/path.h>
#include <linux/dcache.h>
kprobe:vfs_open {
	$path = (struct path *)arg0;
	$dentry = $path->dentry;
	printf("File: %s\n", str($dentry->d_name.name));
}' 2>&1 | grep '^File: null'
for predicate in 'pid == 1234' 'comm == "nginx"' 'rand() % 100 == 0' 'pid > 0'
do
	$q "$JIFFY" -q -c "$WORKLOAD openat 2" -e "
	kprobe:__x64_sys_openat /$predicate/ { unroll(10) { @x = sum(1); }
	if (pid > 1000000) { @never = 1; } }" | grep -cE '@never|@x: 0' || :
done
"$JIFFY" -e 'kprobe:sys_open /pid == 1234/ { }' 2>&1 || echo "status $?"
