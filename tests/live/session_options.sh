# ASSERTION: --timeout, --ready-fd, --quiet-maps, --strict, --child-status
# ASSERTION: and what cannot be written, each by its exit status
# NEEDS: root
# ROWS: 9.1.session 10.disk
dir=$(mktemp -d)
exec 3>&1
status() { # WHAT COMMAND...
	what=$1
	shift
	got=0
	timeout -k 2 20 "$@" 2>"$dir/err" || got=$?
	echo "$what: status $got" >&3
	grep -E '^ERROR' "$dir/err" >&3 || true
}
status timeout "$JIFFY" -q --timeout 50ms -e 'BEGIN { @x = 1; }'
status timeout "$JIFFY" -q --timeout 50ms \
	-e 'interval:s:100 { } END { printf("end\n"); }'
status timeout "$JIFFY" --timeout 1y -e 'BEGIN { }'
status ready-fd "$JIFFY" -q --ready-fd 7 -e 'BEGIN { exit(); }' 7>"$dir/ready"
wc -c <"$dir/ready"
status ready-fd "$JIFFY" --ready-fd 77 -e 'BEGIN { }'
status quiet-maps "$JIFFY" -q --quiet-maps -e 'BEGIN { @ = 1; exit(); }'
status child "$JIFFY" -q --child-status -c 'false' -e 'BEGIN { }'
status child "$JIFFY" -q --child-status -c 'true' -e 'BEGIN { }'
status child "$JIFFY" -q -c 'false' -e 'BEGIN { }'
status full "$JIFFY" -q --strict --quiet-maps \
	-e 'let @a = hash(1); BEGIN { @a[1] = 1; @a[2] = 1; exit(); }'
status full "$JIFFY" -q --strict --quiet-maps --no-warnings \
	-e 'let @a = percpuhash(1); BEGIN { @a[1] = count(); @a[2] = count(); exit(); }'
status cut "$JIFFY" -q --strict -c "$WORKLOAD str 1" \
	-e 'config = { max_strlen = 4 } uprobe:'"$WORKLOAD:work_str"' { printf("%s\n", str(arg0)); }'
status none "$JIFFY" -q --strict -e 'BEGIN { exit(); }'
status disk "$JIFFY" -q -e 'BEGIN { printf("x"); exit(); }' >/dev/full
rm -r "$dir"
