# ASSERTION: a library is probed inside of the archive that it runs from
# ROWS: 3.8.zip
# NEEDS: root uprobe uprobe_multi
A=$(mktemp -d)
trap 'rm -rf "$A"' EXIT
P=$BUILD/tests/live/archive
"$P" write "$A/x.apk"
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P run $A/x.apk" -e "$1" 2>&1 |
		sed "s|$A/||g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
run "uprobe:$A/x.apk!/lib/self.so:a_leaf {
	printf(\"%s %d %s\n\", probe, arg0, func); print(ustack(1)) }"
run "uretprobe:$A/x.apk!/lib/self.so:a_le* { @[func] = retval }"
run "uprobe:$A/x.apk!/lib/packed.so:a_leaf { }"
run "uprobe:$A/x.apk!/lib/nosuch.so:a_leaf { }"
run "uprobe:$A/x.apk:a_leaf { }"
run "uprobe:$P!/x:a_leaf { }" | sed "s|$P|archive|"
head -c 5000 "$A/x.apk" >"$A/cut.apk"
run "uprobe:$A/cut.apk!/lib/self.so:a_leaf { }"
"$JIFFY" -l "uprobe:$A/x.apk!/lib/self.so:a_*" | sed "s|$A/||"
