# ASSERTION: strings of 4 KB and events of 64 KB arrive whole, and all of them
# ROWS: 10.large
# NEEDS: root uprobe
letters() { # N
	awk -v n="$1" 'BEGIN {
		while (n-- > 0)
			printf "%c", 97 + i++ % 26
	}'
}
run() { # LENGTH STRLEN BODY
	"$JIFFY" -q -c "$WORKLOAD text $1" -e "config = { max_strlen = $2 }
		uprobe:$WORKLOAD:work_str { $3 }"
}
lines() { # how many of each kind, the letters of TEXT as a word
	awk -v text="$1" '{
		while ((at = index($0, text)))
			$0 = substr($0, 1, at - 1) "TEXT" \
				substr($0, at + length(text))
		n[$0]++
		if (n[$0] == 1)
			order[++kinds] = $0
	}
	END {
		for (i = 1; i <= kinds; i++) {
			line = order[i]
			if (length(line) > 70)
				line = substr(line, 1, 20) "... (" \
					length(line) ") ..." \
					substr(line, length(line) - 9)
			print n[order[i]], line
		}
	}'
}
four=$(letters 4095)
echo "# printf, print, a variable, a tuple, of 4 KB"
run 4095 4097 'printf("<%s>\n", str(arg0)); $s = str(arg0); print($s);
	print(($s, 1));' | lines "$four"
echo "# a map's value and key, a value that is cut"
run 4095 4097 '@v = str(arg0); @k[str(arg0), 1] = count();
	@cut = str(arg0, 4000); @length = strlen(str(arg0));' |
	lines "$four"
echo "# one letter too many"
run 4096 4096 '@ = str(arg0);' | lines "$(letters 4096)"
echo "# an event of 15 strings"
run 4095 4097 'printf("%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s|\n", str(arg0),
	str(arg0), str(arg0), str(arg0), str(arg0), str(arg0), str(arg0),
	str(arg0), str(arg0), str(arg0), str(arg0), str(arg0), str(arg0),
	str(arg0), str(arg0));' | lines "$four"
echo "# 64 KB in one string"
run 65534 65535 'printf("<%s>\n", str(arg0));' | lines "$(letters 65534)"
echo "# the same, as JSON"
"$JIFFY" -q -f json -c "$WORKLOAD text 65534" -e "
	config = { max_strlen = 65535 }
	uprobe:$WORKLOAD:work_str { printf(\"<%s>\", str(arg0)); }" |
	lines "$(letters 65534)"
