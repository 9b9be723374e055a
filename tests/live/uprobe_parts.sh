# ASSERTION: wildcards do not reach what the compiler split off a function
# ROWS: 3.8.parts
# NEEDS: root uprobe
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
cat >"$D/prog.c" <<'C'
#define FUNCTION(name) ".type " name ",@function\n" name ":\nret\n" \
	".size " name ", . - " name "\n"
__asm__(FUNCTION("f_a") FUNCTION("f_a.part.0") FUNCTION("f_b.isra.0")
	FUNCTION("f_b.cold") FUNCTION("f_c.part.2.constprop.0")
	FUNCTION("f_part"));
void part(void) __asm__("f_a.part.0");
int
main(void)
{
	part();
}
C
${CC:-cc} -o "$D/prog" "$D/prog.c"
"$JIFFY" -l "uprobe:$D/prog:f_*" | sed "s|$D/||"
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$D/prog" -e "uprobe:$D/prog:$1" 2>&1
}
run 'f_a* { @n = count(); }'
run 'f_a.part.0 { printf("%s\n", func); }'
