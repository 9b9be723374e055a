# ASSERTION: a wildcard that matches 50,000 functions: one link, or one error
# ROWS: 3.3.many
# NEEDS: root uprobe uprobe_multi
# KERNELS: no
command -v as >/dev/null && command -v ld >/dev/null || {
	echo "no assembler" >&2
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seq 50000 | sed 's/.*/.globl f&; .type f&,@function; .size f&,4; f&: ret; .balign 4/' |
	as -o "$dir/many.o" - && ld -shared -o "$dir/many" "$dir/many.o"
try() {
	timeout 60 "$JIFFY" "$@" 2>&1 | sed "s,$dir/,,; s/1:1-[0-9]*/1:1-N/; /~~~/d" | grep .
}
try -e "uprobe:$dir/many:f* { @[func] = count(); } interval:ms:1 { exit(); }"
try -e "uprobe:$dir/many:f* { @[probe] = count(); }"
try -e "uprobe:$dir/many:g* { }"
try -l "uprobe:$dir/many:f*" | wc -l
