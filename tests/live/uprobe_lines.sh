# ASSERTION: uprobes by source line, and parameters in listings
# ROWS: 3.8.source 3.8.source-errors 3.8.args-listing 3.16.uprobe-params
# NEEDS: root uprobe libdw
P=$BUILD/tests/live/typed
SRC=tests/live/programs/typed.c
first=$(sed -n '/line:first/=' $SRC)
second=$(sed -n '/line:second/=' $SRC)
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P" -e "$1" 2>&1 |
		sed "s|$P|typed|g; s|:$second|:SECOND|g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
run "uprobe:$P@typed.c:$second { printf(\"%d\n\", reg(\"ax\") > 0);
	@[func] = count(); }"
run "uprobe:$P@programs/typed.c:$second { @ = count() }"
run "uprobe:$P@$PWD/$SRC:$first { @ = count() }" | sed "s|$PWD|PWD|"
run "uprobe:$P@typed.c:$second { @ = probe }" | sed 's/:[0-9]\{2,\}$/:ADDRESS/'
run "uprobe:$P@typed.c:1 { }"
run "uprobe:$P@typed.c:999999 { }"
run "uprobe:$P@typed.c:$second:77 { }"
run "uprobe:$P@other.c:1 { }"
run "uprobe:$P@ped.c:$second { }"
run "uprobe:$P@typed.c { }"
run "uprobe:$P@typed.c:x { }"
run "uretprobe:$P@typed.c:$second { }"
"$JIFFY" -lv "uprobe:$P:t_*" | sed "s|$P|typed|"
"$JIFFY" -lv "uretprobe:$P:t_i*" | sed "s|$P|typed|"
strip -g -o "$P.nodebug" "$P"
"$JIFFY" -lv "uprobe:$P.nodebug:t_n*" 2>&1 | sed "s|$P|typed|"
rm -f "$P.nodebug"
