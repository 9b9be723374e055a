# ASSERTION: a kernel symbol is read and named, or the error says why not
# NEEDS: root kallsyms
script='BEGIN { printf("%s\n", ksym(*(kaddr("sys_call_table") + 42 * 8))); exit(); }'
if grep -qw sys_call_table /proc/kallsyms; then
	"$JIFFY" -q -e "$script" | head -n 1 | grep -q sys_connect &&
		echo as it should be
else
	"$JIFFY" -q -e "$script" 2>&1 |
		grep -q 'Failed to resolve kernel symbol: sys_call_table' &&
		echo as it should be
fi
