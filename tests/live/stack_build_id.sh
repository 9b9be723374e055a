# ASSERTION: stacks as build id and offset in the file, by word and by config
# ROWS: 7.6.build_id 4.5.modes
# NEEDS: root uprobe
id=$(readelf -n "$WORKLOAD" | sed -n 's/^ *Build ID: //p')
start=$(nm "$WORKLOAD" | sed -n 's/^0*\([0-9a-f]*\) T work_str$/\1/p')
run() {
	timeout -k 2 20 "$JIFFY" -q "$@" -c "$WORKLOAD str 1" |
		sed "s/^$id 0x$start\$/ID 0xSTART/; s/$id/ID/; s/0x[0-9a-f]\{2,\}/0xN/"
}
probe="uprobe:$WORKLOAD:work_str"
run -e "$probe { print(ustack(build_id, 2)); exit(); }"
run -e "config = { stack_mode = build_id } $probe { @[ustack(1)] = 1; exit(); }"
run -f json -e "$probe { print((1, ustack(build_id, 1))); exit(); }"
timeout -k 2 20 "$JIFFY" -e "$probe { print(kstack(build_id)); }" 2>&1 |
	grep -o 'ERROR: .*'
