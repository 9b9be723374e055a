# ASSERTION: return probes on Go programs are refused, with what to do instead
# ROWS: 3.8.go
# NEEDS: root uprobe uprobe_multi objcopy
P=$BUILD/tests/live/odd.go
printf 'go' >"$P.info"
objcopy --add-section .go.buildinfo="$P.info" "$BUILD/tests/live/odd" "$P"
rm -f "$P.info"
trap 'rm -f "$P"' EXIT
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P" "$@" 2>&1 |
		sed "s|$P|go|g; /^Attached/d; /^[ ~]*$/d
			s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
run -e "uretprobe:$P:o_sized { }"
run -e "uretprobe:$P:o_* { }"
run -e "uprobe:$P:o_sized { @[func] = count() }"
run -e "uprobe:$P:o_sized+7 { @[func] = reg(\"ax\") }"
run --unsafe -e "uretprobe:$P:o_sized { @[func] = retval }"
