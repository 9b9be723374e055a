# ASSERTION: -d LLVMIR shows our IR, with a note; without it the program runs
# COMPARE: no
# NEEDS: root tracefs bash
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/prog.bt" <<'X'
tracepoint:syscalls:sys_exit_setpgid { printf("%s %d %d %d\n", comm, pid, args->__syscall_nr, args->ret); }
X
"$JIFFY" -d LLVMIR "$dir/prog.bt" 2>"$dir/err" | grep -o 'call ringbuf_reserve'
cat "$dir/err"
# Job control: each command line gets a group of its own.
printf 'set -m\ntrue & wait\n' >"$dir/jobs"
"$JIFFY" -q -c "$(command -v bash) $dir/jobs" "$dir/prog.bt" |
	sed -n 's/^bash [0-9]* \([0-9]* 0\)$/\1/p' | head -n 1
