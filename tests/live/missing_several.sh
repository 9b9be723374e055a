# ASSERTION: which attach points may be missing: patterns beside others, and all
# ASSERTION: of a probe that asks which one it is at; what is left is attached
# NEEDS: root tracefs
# ROWS: 3.3.missing 3.3.none 3.3.none-wildcard 3.12.parts 3.11.counts 3.14.mode
exe() {
	status=0
	timeout -k 2 20 "$JIFFY" "$@" 2>&1 </dev/null || status=$?
	echo "status $status"
}
none='tracepoint:no_such:*' plain=tracepoint:sched:no_such
exe -e "$none, i:ms:1 { exit(); }"
exe -e "i:ms:1, $none { exit(); }"
exe -e "$none, t:none:* { }"
exe -e "$none, $plain { } i:ms:1 { exit(); }"
exe -e "$plain { print(probe); }"
exe -e "$plain, i:ms:1 { print(probe); exit(); }"
exe --missing-probes=warn -e "$plain, i:ms:1 { print(probe); exit(); }"
exe --missing-probes=warn -e "$plain { print(probe); } begin { }"
exe --missing-probes=warn -e "hardware:ref-cycles:18446744073709551615 { }"
exe -e "software:faults:9223372036854775808 { }"
exe -e 'iter { }'
exe -e 'test:x { } bench:y { }'
exe --test -e 'i:s:1 { }'
