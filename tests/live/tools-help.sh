# ASSERTION: the tools tell their options, for each a description
# KERNELS: no
# NEEDS:
for tool in examples/*.bt; do
	grep -q "getopt(" "$tool" || continue
	echo "$tool"
	"$JIFFY" --kernel tests/fixtures/tools "$tool" -- --help 2>&1 |
		grep '^--' | sort
done
