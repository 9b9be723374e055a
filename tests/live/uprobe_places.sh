# ASSERTION: offsets, addresses and odd symbols: attached, or one clear error
# ROWS: 3.8.offset 3.8.offset-bounds 3.8.offset-middle 3.8.address
# ROWS: 3.8.address-stripped 3.8.size0 3.8.symbol 3.8.missing-file
# ROWS: 3.8.file-kinds 3.8.uretprobe 3.8.same-name
# NEEDS: root uprobe
P=$BUILD/tests/live/odd
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P" "$@" 2>&1 |
		sed "s|$P|odd|g; s|0x[0-9a-f]*|ADDRESS|g
			s|odd:[0-9]\{3,\}|odd:ADDRESS|; /^Attached/d; /^[ ~]*$/d
			s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
address() { # of a symbol
	nm "$P" | sed -n "s/^\([0-9a-f]*\) . $1\$/0x\1/p" | head -n 1
}
run -e "uprobe:$P:o_sized+6 { printf(\"%s %s %d\n\", probe, func, reg(\"ax\")) }"
run -e "uprobe:$P:o_sized+0x1 { print(probe) }"
run -e "uprobe:$P:o_sized+2 { }"
run --unsafe -e "begin { exit() } uprobe:$P:o_sized+2 { }"
run -e "uprobe:$P:o_sized+8 { }"
run --unsafe -e "uprobe:$P:o_sized+800000 { }"
run -e "uprobe:$P:o_sized+x { }"
run -e "uprobe:$P:o_sized+ { }"
run -e "uretprobe:$P:o_sized+1 { }"
run -e "uprobe:$P:$(address o_sized) { printf(\"%s %s\n\", probe, func) }"
run -e "uprobe:$P:$(($(address o_sized) + 6)) { printf(\"%s\n\", func) }"
run -e "uprobe:$P:$(($(address o_sized) + 2)) { }"
run -e "uprobe:$P:1 { }"
run -e "uprobe:$P:99999999 { }"
run -e "uprobe:$P:0x12x { }"
run -e "uprobe:$P:o_nosize { print(1) }"
run --unsafe -e "uprobe:$P:o_nosize { print(1) }"
run -e "uprobe:$P:o_nos* { print(2) }"
run -e "uprobe:$P:o_data { }"
run -e "uprobe:$P:o_same { printf(\"%d\n\", arg0) }"
run -e "uprobe:$P: { }"
run -e "uprobe:$P:nosuch { }"
run -e "uprobe:$P:nosuch* { }"
run -e "uprobe:$P:o_sized,uprobe:$P:nosuch { }"
run -e "uprobe:/nonexistent:f { }"
run -e "uprobe:/etc:f { }"
run -e "uprobe:/etc/passwd:f { }"
run -e "uprobe:nosuchprogram:f { }"
run -e "uprobe:libnosuch:f { }"
run -e "uprobe:f { }"
echo "missing_probes:"
for policy in warn ignore; do
	run -e "config = { missing_probes = \"$policy\" }
		uprobe:$P:nosuch { } uprobe:$P:o_sized { print(3) }"
done
run -e "config = { missing_probes = \"warn\" }
	uprobe:$P:o_sized+2 { } uprobe:$P:o_sized { print(4) }"
