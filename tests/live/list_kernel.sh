# ASSERTION: listings of kernel functions agree with the kernel's own list
# ROWS: 3.16.functions 3.16.module
# NEEDS: root kprobe btf
list=/sys/kernel/tracing/available_filter_functions
refused=/sys/kernel/debug/kprobes/blacklist
[ -r $list ] && [ -r $refused ] ||
	{ echo "no list of functions in this kernel" >&2; exit 77; }
wanted() {
	awk -v refused="$refused" '
	BEGIN { while ((getline <refused) > 0) no[$2] = 1 }
	!no[$1] && $1 !~ /^(rcu_|__ftrace_invalid_address__|arch_cpu_idle$)/ &&
	$1 !~ /^(default_idle|bpf_dispatcher_xdp_func)$/ && $1 !~ /\.part\./ {
		print "kprobe:" $1 }' $list | LC_ALL=C sort -u
}
"$JIFFY" -l 'kprobe:*' >/tmp/list.$$
wanted | diff - /tmp/list.$$ && echo the same functions
rm /tmp/list.$$
"$JIFFY" -l 'kprobe:overlay:ovl_op*' | head -n 1
"$JIFFY" -l 'fentry:overlay:ovl_open'
"$JIFFY" -l 'kretprobe:vfs_read,kprobe:vmlinux:vfs_read'
"$JIFFY" -lv 'fexit:vfs_read'
"$JIFFY" -lv 'kretprobe:vfs_read'
