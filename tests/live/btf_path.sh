# ASSERTION: BPFTRACE_BTF names a file of types; another file is told of
# ROWS: 9.5.btf 10.btf 8.3.btf
# NEEDS: root btf
script='begin { print(curtask->pid == tid); exit(); }'
file=$(mktemp)
trap 'rm -f "$file"' EXIT
cat /sys/kernel/btf/vmlinux >"$file"
BPFTRACE_BTF=$file "$JIFFY" -q -e "$script"
BPFTRACE_BTF=/nonexistent "$JIFFY" -q -e 'begin { exit(); }' 2>&1
