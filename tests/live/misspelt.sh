# ASSERTION: what is misspelt brings the name that was meant, each kind of it
# NEEDS: tracefs
# ROWS: 8.5.misspelt
# KERNELS: no
K=tests/fixtures/tools
while IFS= read -r script; do
	printf '# %s\n' "$script"
	"$JIFFY" --check --kernel $K -e "$script" 2>&1 |
		sed -nE 's|/[a-z0-9/_-]*/libc|libc|; /ERROR|HINT/p'
done <<'END'
tracepont:syscalls:sys_enter_openat { exit(); }
tracepoint:syscalls:sys_enter_opnat { exit(); }
tracepoint:syscal:sys_enter_openat { exit(); }
kprobe:vfs_raed { exit(); }
rawtracepoint:sched_swich { exit(); }
profile:hertz:99 { exit(); }
begin { print(cpd); }
uprobe:libc:getnv { exit(); }
begin { prinf("hello\n"); }
begin { exit; }
begin { print(kstak); }
begin { print(comm == 'sh'); }
begin { $value = 1; print($vlaue); }
begin { @start[tid] = 1; print(@strat); }
begin { $count = 1; print(count + 1); }
begin { $x = 1; @y = 2; print(x); print(y); print($y); }
tracepoint:syscalls:sys_enter_openat { print(str(args.filenme)); }
config = { max_strln = 5 } begin { exit(); }
begin { printf("%d\n", pid, tid); }
begin { printf("hello\n; exit(); }
begin { printf("hello\n"; exit(); }
begin { @[pid = count(); }
begin { if pid = 1 { exit(); } }
END
echo "# no -e"
"$JIFFY" 'begin { exit(); }' 2>&1 || echo $?
"$JIFFY" nosuch.bt 2>&1 || echo $?
