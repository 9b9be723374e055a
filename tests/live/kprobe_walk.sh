# ASSERTION: functions found by a walk over the kernel's symbols are those of its list, of modules too
# NEEDS: root kprobe kprobe_multi tracefs btf
# ROWS: 3.16.functions
# KERNELS: slow
list=/sys/kernel/tracing/available_filter_functions
[ -r $list ] && : <$list || { echo "no list of functions in this kernel" >&2; exit 77; }
for module in crc16 mbcache jbd2 crc32c_generic ext4; do
	[ ! -e "$MODULES/$module.ko" ] || busybox insmod "$MODULES/$module.ko"
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# Both without the copy that an earlier run may have left.
functions() { # NAME PATTERN [OPTION...]
	rm -rf /run/jiffy
	to=$1 what=$2
	shift 2
	timeout -k 2 60 "$JIFFY" -q "$@" -l "$what" >"$dir/$to" 2>&1
}
for pattern in 'vfs_*' 'tcp_*' 'do_*' 'sys*' 'cleanup_*' 'b*t' 'ext4_*' \
	'*:ext4_m*' '__x64_sys_*' 'xfs_nothing_*' vfs_read; do
	functions walk "kprobe:$pattern"
	functions list "kprobe:$pattern" --no-feature ksym_iter
	cmp -s "$dir/walk" "$dir/list" || {
		echo "$pattern"
		diff "$dir/walk" "$dir/list" | head -n 5
	}
	case $pattern in vfs_\* | tcp_\* | do_\*)
		[ "$(wc -l <"$dir/walk")" -gt 40 ] || echo "few of $pattern"
	esac
done
# Who reads the list leaves a copy; the walk is in use where the kernel shows
# what it needs.
if grep -q ' ftrace_pages_start' /proc/kallsyms; then
	functions walk 'kprobe:vfs_*'
	[ ! -e /run/jiffy/functions ] || echo "no walk"
	grep -qx 'vfs_' /run/jiffy/part || echo "not kept"
fi
# What was found is kept for the next run, and for patterns that say more; a
# pattern that says less, or something else, is looked for anew.
for pattern in 'vfs_*' 'vfs_r*' 'vfs_*e' 'vf*' 'vfs_*' 'tcp_*'; do
	timeout -k 2 60 "$JIFFY" -q -l "kprobe:$pattern" >"$dir/kept" 2>&1
	timeout -k 2 60 "$JIFFY" -q --no-feature ksym_iter \
		-l "kprobe:$pattern" >"$dir/list" 2>&1
	cmp "$dir/kept" "$dir/list" || echo "kept: $pattern"
	rm -f /run/jiffy/functions
done
# By address: the same functions, each under its name.
timeout -k 2 60 "$JIFFY" -q -c "$WORKLOAD read 3" -e '
	kprobe:vfs_rea* /pid == cpid/ { @[func, probe] = count(); }
	kretprobe:vfs_rea* /pid == cpid/ { @r[func, probe] = count(); }' |
	sed -n 's/: .*//; /vfs_read,/p'
echo done
