# ASSERTION: the manual page has every option that there is, and is well formed
# ROWS: 9.1.manual
# KERNELS: no
page=docs/jiffy.8
options=$(sed -n 's/^	{ "\([a-z-]*\)", .*_argument.*/\1/p' runtime/options.c)
for option in $options; do
	grep -q -- "\\\\-\\\\-$(echo "$option" | sed 's/-/\\\\-/g')\b" $page ||
		echo "no --$option in the manual"
done
echo "$(echo "$options" | wc -w | awk '{ print ($1 > 40) }') many options"
for letter in b B c d e f h I k l o p q v V; do
	grep -q -- "\\\\-$letter\b" $page || echo "no -$letter in the manual"
done
if command -v man >/dev/null; then
	MANWIDTH=80 man -l --warnings $page 2>&1 >/dev/null
fi
for section in NAME SYNOPSIS OPTIONS PROBES JSON "EXIT STATUS"; do
	grep -q "^.SH $section" $page || echo "no section $section"
done
