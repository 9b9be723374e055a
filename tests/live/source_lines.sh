# ASSERTION: show_debug_info: frames with file and line, and a line for each
# function that the compiler has put there; the kernel's, too
# ROWS: 7.6.source 9.5.source
# NEEDS: root tracefs libdw
# COMPARE: no
# KERNELS: no
dir=$(mktemp -d)
JIFFY=$(realpath "$JIFFY")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/inc"
cat >"$dir/inc/call.h" <<'EOF'
static inline __attribute__((always_inline)) long call(long n)
{
	__asm__ volatile("syscall\n\tnop" : "+a"(n) : : "rcx", "r11", "memory");
	return n;
}
EOF
cat >"$dir/program.c" <<'EOF'
#include "inc/call.h"
static inline __attribute__((always_inline)) long middle(long n)
{
	return call(n) + 1;
}
__attribute__((noinline)) long outer(long n)
{
	long r = 2;

	r *= r +
		middle(n);
	return r;
}
/* Where outer() has no frame, this one is not seen. */
__attribute__((noinline)) long between(void)
{
	return outer(110) + 1;
}
int main(void)
{
	long r = between();

	return r == 0;
}
EOF
cd "$dir" || exit 1
${CC:-cc} -g -O1 -fno-omit-frame-pointer -o program program.c || exit 1
at=tracepoint:syscalls:sys_enter_getppid
run() {
	timeout -k 2 20 "$JIFFY" -q "$@" -c "$dir/program" 2>&1 |
		sed "s,$dir,DIR,g; s/+[0-9][0-9]*/+N/g; s/^	[0-9a-f]* /	ADDR /
			s,/tmp/[^ ]*/program,DIR/program,"
}
on='config = { show_debug_info = true }'
echo "# off"
run -e "$at /pid == cpid/ { @[ustack(1)] = count(); }"
echo "# on"
run -e "$on $at /pid == cpid/ { @[ustack(1)] = count(); }"
echo "# the line of the call, not of what follows"
run -e "$on $at /pid == cpid/ { @[ustack(3)] = count(); }" |
	grep " main+"
echo "# perf"
run -e "$on $at /pid == cpid/ { print(ustack(perf, 1)); exit(); }"
echo "# raw and symbols have none"
run -e "$on uprobe:$dir/program:outer { print((ustack(raw, 1), usym(reg(\"ip\")), func)); exit(); }" |
	sed 's/^[0-9a-f]*$/ADDR/'
echo "# JSON"
run -f json -e "$on $at /pid == cpid/ { print(ustack(1)); exit(); }"
echo "# debug information in a file of its own"
objcopy --only-keep-debug program program.debug
strip program && objcopy --add-gnu-debuglink=program.debug program
run -e "$on $at /pid == cpid/ { print(ustack(1)); exit(); }"
# A kernel of two functions: the first, and the one that stacks begin with,
# as far from each other as in the one that runs.
frame=$(timeout -k 2 20 "$JIFFY" -q -c "$dir/program" \
	-e "$at /pid == cpid/ { print(kstack(1)); exit(); }" |
	sed -n 's/^ *\(.*\)+.*/\1/p')
address() { # its last 32 bits: more would overflow the shell
	sed -n "s/^.*\([0-9a-f]\{8\}\) . $1\$/0x\1/p" /proc/kallsyms |
		head -n 1
}
at_second=$(printf '%#x' \
	$(($(address "$frame") - $(address _stext) + 0x1000000)))
cat >kernel.c <<'EOF'
__attribute__((section("first"))) void _stext(void)
{
}
__attribute__((section("second"))) void frame(void)
{
	__asm__ volatile(".skip 4096");
}
EOF
${CC:-cc} -g -c kernel.c &&
	ld -e 0 -o vmlinux --section-start=first=0x1000000 \
	--section-start=second="$at_second" kernel.o || exit 1
echo "# the kernel's"
export BPFTRACE_VMLINUX="$dir/vmlinux"
run -e "$on $at /pid == cpid/ { print(kstack(1)); exit(); }" |
	sed "s/$frame/FUNCTION/"
echo "# a kernel without any"
BPFTRACE_VMLINUX=$dir/program
run -e "$on $at /pid == cpid/ { print(kstack(1)); exit(); }" |
	sed "s/$frame/FUNCTION/"
