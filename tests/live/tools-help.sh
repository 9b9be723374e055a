# ASSERTION: the tools tell their options, for each a description
# NEEDS: root tracefs
for tool in examples/*.bt; do
	grep -q "getopt(" "$tool" || continue
	echo "$tool"
	"$JIFFY" "$tool" -- --help 2>&1 | grep '^--' | sort
done
