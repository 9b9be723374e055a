# ASSERTION: options, arguments and variables: output, messages and statuses as upstream
# NEEDS: root tracefs
# KERNELS: no
# ROWS: 9.1.e 9.1.output 9.1.format 9.1.buffering 9.1.quiet 9.1.warnings 9.1.pid
# ROWS: 9.1.cmd 9.1.mode 9.1.test 9.1.no-feature 9.1.dry-run 9.1.include 9.1.unsafe
# ROWS: 9.1.ignored 9.1.arguments 9.3.failure 9.4.getopt 9.5.block 9.5.environment
# One command line each: what it prints, what it says, its status.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
while IFS= read -r line; do
	status=0
	eval "timeout -k 2 20 \"$JIFFY\" $line" </dev/null \
		>"$tmp/out" 2>"$tmp/err" || status=$?
	printf '%s\n= %s\n' "$line" $status
	sed 's/^/1> /' "$tmp/out"
	sed 's/^/2> /' "$tmp/err"
done <<'END'
-e 'BEGIN { printf("%d %s %d\n", $1, str($2), $#); exit(); }' 5 abc
-e 'BEGIN { printf("%d %s\n", $1, str($2)); exit(); }'
-e 'BEGIN { printf("%d\n", $1); exit(); }' -- -7
-e 'BEGIN { print($1); exit(); }' 0x1f
-e 'BEGIN { print($1); exit(); }' 1e3
-e 'BEGIN { print($1); exit(); }' abc
-e 'BEGIN { print(getopt("n", 5)); exit(); }' -- --n=7
-e 'BEGIN { print(getopt("n", 5)); exit(); }' -- --n
-e 'BEGIN { print(getopt("n", 5)); exit(); }' -- --m=1
-e 'BEGIN { print(getopt("n")); exit(); }' -- --n
-e 'BEGIN { print(getopt("n", "x")); exit(); }' -- --n=
-e 'BEGIN { print(getopt("n", false)); exit(); }' -- --n=maybe
-e 'BEGIN { print(getopt("n", 5, "number of things")); print(getopt("m")); exit(); }' -- --help
-e 'BEGIN { exit(); }' -- --zzz
-e 'BEGIN { exit(3); }'
-e 'BEGIN { exit(300); }'
-e 'BEGIN { exit(-1); }'
-e 'BEGIN { exit(3); } END { exit(4) }'
-e ''
-e 'BEGIN { printf("a\n"); exit(); }' -o /dev/null
-e 'BEGIN { printf("a\n"); exit(); }' -o /nonexistent/x
-e 'BEGIN { printf("a\n"); exit(); }' -f xml
-e 'BEGIN { printf("a\n"); exit(); }' -f json
-e 'BEGIN { printf("a\n"); exit(); }' -f json -q
-q -e 'BEGIN { printf("a\n"); exit(); }'
-B foo -e 'BEGIN { exit(); }'
-B full -e 'BEGIN { printf("a"); printf("b\n"); exit(); }'
-B none -e 'BEGIN { printf("a"); printf("b\n"); exit(); }'
-k --no-warnings -e 'BEGIN { exit(); }'
-k -e 'BEGIN { @a[1]=1; print(@a[2]); exit(); }'
-e 'BEGIN { @a[1]=1; print(@a[2]); exit(); }'
-k -e 'BEGIN { print(*kptr(0)); exit(); }'
--no-warnings -e 'BEGIN { printf("%d\n", $1); exit(); }'
-p abc -e 'BEGIN { exit(); }'
-p 0 -e 'BEGIN { exit(); }'
-p -1 -e 'BEGIN { exit(); }'
-p 4194305 -e 'BEGIN { exit(); }'
-p 4000000 -e 'BEGIN { exit(); }'
-p 99999999999999999999 -e 'BEGIN { exit(); }'
-p 18446744073709551615 -e 'BEGIN { exit(); }'
-p 1x -e 'BEGIN { exit(); }'
-p '' -e 'BEGIN { print(1); exit(); }'
-o '' -e 'BEGIN { print(1); exit(); }'
-f '' -e 'BEGIN { print(1); exit(); }'
-d '' -e 'BEGIN { print(1); exit(); }'
--dwarf-pid abc -e 'BEGIN { exit(); }'
--dwarf-pid $$ -e 'BEGIN { print(1); exit(); }'
--emit-elf /nonexistent/x -e 'BEGIN { exit(); }'
--aot /nonexistent/x -e 'BEGIN { exit(); }'
--q -e 'BEGIN { print(1); exit(); }'
--qui --f -e 'BEGIN{exit();}'
--m=format -e 'BEGIN{exit();}'
--v 2>&1 | sed -n '1s/.*: option/option/p'
--o=/dev/null -e 'BEGIN { print(1); exit(); }'
-e 'BEGIN { print($1); exit(); }' ' 5'
-e 'BEGIN { print($1); exit(); }' +5
-e 'BEGIN { print($1); exit(); }' '5 '
-c /nonexistent -e 'BEGIN { exit(); }'
-c nosuchcommand -e 'BEGIN { exit(); }'
-c '' -e 'BEGIN { exit(); }'
-c 'true' -e 'END { printf("%d\n", cpid > 0); }'
-c 'false' -e 'END { printf("%d\n", cpid > 0); }'
-c '/bin/echo hi' -e 'END { printf("end\n"); }'
--mode xyz -e 'BEGIN { exit(); }'
--mode codegen -e 'BEGIN { exit(); }'
--mode codegen -e 'BEGIN { exit(; }'
--mode format --mode codegen -e 'BEGIN { exit(); }'
--mode test --mode format -e 'BEGIN { exit(); }'
--mode compiler-bench --test -e 'BEGIN { exit(); }'
--mode compiler-bench -e 'BEGIN { exit(); }' | sed -n 's/ .*//; 1p; $p'
--mode compiler-bench -e 'BEGIN { exit(; }'
--mode test --test -e 'BEGIN { exit(); }'
--test --bench -e 'BEGIN { exit(); }'
--fmt --test -e 'BEGIN { exit(); }'
--test --probe-filter 'zzz' -e 'test:a { }'
--no-feature abc -e 'BEGIN { exit(); }'
--no-feature kprobe_multi,uprobe_multi,kprobe_session -e 'BEGIN { exit(); }'
--dry-run -e 'BEGIN { printf("x\n"); @=1; } END { printf("y\n"); }'
--dry-run -q -e 'BEGIN { printf("x\n"); @=1; }'
-d xyz -e 'BEGIN { exit(); }'
/nonexistent/script.bt
-I /nonexistent -e 'BEGIN { exit(); }'
--include /nonexistent.h -e 'BEGIN { exit(); }'
-e 'BEGIN { printf("1\n"); exit(); }' -e 'BEGIN { printf("2\n"); exit(); }'
--unsafe -e 'BEGIN { system("echo hi"); exit(); }'
-e 'BEGIN { system("echo hi"); exit(); }'
-v -e 'BEGIN { exit(); }'
--btf -e 'BEGIN { exit(); }'
-b -e 'BEGIN { exit(); }'
--usdt-file-activation -e 'BEGIN { exit(); }'
--verify-llvm-ir -e 'BEGIN { exit(); }'
-e 'config = { zzz = 1 } BEGIN { exit(); }'
-e 'config = { max_strlen = "x" } BEGIN { exit(); }'
-e 'config = { print_maps_on_exit = maybe } BEGIN { exit(); }'
-e 'config = { stack_mode = foo } BEGIN { exit(); }'
-e 'config = { missing_probes = foo } BEGIN { exit(); }'
-e 'config = { cache_user_symbols = foo } BEGIN { exit(); }'
-e 'config = { license = "MIT" } BEGIN { exit(); }'
-e 'config = { btf = "x" } BEGIN { exit(); }'
-e 'config = { unstable_tseries = foo } BEGIN { exit(); }'
-e 'config = { BPFTRACE_MAX_STRLEN = 10 } BEGIN { print(str("0123456789abc")); exit(); }'
-e 'config = { Max_Strlen = 10; str_trunc_trailer = "!" } BEGIN { $s = str("0123"); print($s); exit(); }'
-e 'config = { max_strlen = 5 } BEGIN { print(str("0123456", 3)); print(str("0123")); exit(); }'
-e 'config = { max_strlen = 5 } BEGIN { print(str("0123456", 30)); exit(); }'
-e 'config = { max_strlen = 5 } BEGIN { print($1); exit(); }' abcdef
-e 'config = { max_strlen = 5 } BEGIN { print(str($1)); exit(); }' abcdef
-e 'config = { max_strlen = 5 } BEGIN { print(str($1, 2)); exit(); }' abcdef
-e 'config = { use_blazesym = true } BEGIN { print(config.use_blazesym); exit(); }'
-e 'config = { use_blazesym = x } BEGIN { exit(); }'
-e 'config = { missing_probes = warn } BEGIN { exit(); } kprobe:nosuchfn { }'
-e 'config = { print_maps_on_exit = 0 } BEGIN { @ = 1; exit(); }'
-e 'config = { max_map_keys = 2 } BEGIN { @[1] = 1; @[2] = 2; @[3] = 3; exit(); }'
-e 'config = { max_probes = 1 } t:syscalls:sys_enter_* { }'
-e 'config = { max_bpf_progs = 1 } t:syscalls:sys_enter_nanosleep { } t:syscalls:sys_enter_read { }'
-e 'config = { log_size = 10; on_stack_limit = 8; perf_rb_pages = 64; lazy_symbolication = true; cpp_demangle = 0; use_blazesym = 1; show_debug_info = 1 } BEGIN { exit(); }'
-e 'config = { perf_rb_pages = 63 } BEGIN { exit(); }'
-e 'config = { max_strlen = 0 } BEGIN { exit(); }'
-e 'config = { max_strlen = 10, } BEGIN { exit(); }'
-e 'config = { max_strlen = -1 } BEGIN { exit(); }'
END
# The same script under a variable each.
while IFS= read -r variable; do
	status=0
	env "$variable" timeout -k 2 20 "$JIFFY" -e 'BEGIN {
		@[1] = 1; $s = "0123456789"; printf("%s\n", str($s)); exit(); }' \
		>"$tmp/out" 2>"$tmp/err" || status=$?
	printf '%s\n= %s\n' "$variable" $status
	sed 's/^/1> /' "$tmp/out"
	sed 's/^/2> /' "$tmp/err"
done <<'END'
BPFTRACE_MAX_STRLEN=abc
BPFTRACE_MAX_STRLEN=5
BPFTRACE_PRINT_MAPS_ON_EXIT=maybe
BPFTRACE_PRINT_MAPS_ON_EXIT=0
BPFTRACE_MISSING_PROBES=foo
BPFTRACE_STACK_MODE=foo
BPFTRACE_CACHE_USER_SYMBOLS=FOO
BPFTRACE_LICENSE=MIT
BPFTRACE_UNSTABLE_TSERIES=x
BPFTRACE_COLOR=foo
BPFTRACE_COLOR=always
BPFTRACE_BTF=/nonexistent
BPFTRACE_ZZZ=1
BPFTRACE_STR_TRUNC_TRAILER=XX
BPFTRACE_MAX_MAP_KEYS=1
BPFTRACE_LOG_SIZE=abc
BPFTRACE_CPP_DEMANGLE=7
BPFTRACE_PERF_RB_PAGES=0x10
BPFTRACE_MAX_PROBES=1
__BPFTRACE_NOTIFY_PROBES_ATTACHED=1
END
