# ASSERTION: exit statuses, and what is said where the kernel or the user is
# ASSERTION: in the way
# ROWS: 8.4.normal 8.4.exit 8.4.mistake 8.4.environment 8.4.signals 8.4.child
# ROWS: 8.3.rejected 8.3.capability
# KERNELS: no
# NEEDS: root
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
status() { # ARGUMENTS of the tracer
	got=0
	timeout -k 2 20 "$JIFFY" "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
		got=$?
	echo "$got: $*"
}
status -q -e 'begin { exit(); }'
status -q -e 'begin { exit(256); }'
status -q -e 'begin { exit(-1); }'
status -q -e 'begin { exit(7); } end { exit(8); }'
status -q -e 'begin { nosuch(); }'
status -q -e 'begin {'
status -q -e 'nosuch:x { }'
status -q -e 'uprobe:/bin/sh:nosuch_x { }'
status --nosuch -e 'begin { }'
status -f xml -e 'begin { }'
status -p abc -e 'begin { }'
status /nosuch.bt
status -q -c /nosuch -e 'begin { }'
status -q -c 'sh -c "exit 3"' -e 'begin { }'
status -q -e 'struct a { nosuch x; } begin { }'
status -l 'nosuch:*'
BPFTRACE_MAX_STRLEN=abc
export BPFTRACE_MAX_STRLEN
status -q -e 'begin { exit(); }'
unset BPFTRACE_MAX_STRLEN
for sig in HUP INT TERM; do
	got=0
	timeout --preserve-status -k 20 -s $sig 2 "$JIFFY" -q \
		-e 'interval:s:60 { }' >/dev/null 2>&1 || got=$?
	echo "$got: SIG$sig"
done
status --unsafe -q -e 'begin { $x = write_user("x", "y", 1); exit(); }'
cat "$dir/err"
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	cp "$JIFFY" "$dir/jiffy" && chmod 755 "$dir" "$dir/jiffy"
	got=0
	timeout 20 setpriv --reuid 65534 --clear-groups "$dir/jiffy" \
		-e 'begin { exit(); }' 2>&1 || got=$?
	echo "$got: an ordinary user"
else
	echo 'ERROR: Missing CAP_DAC_READ_SEARCH capability, please run jiffy as the root user.'
	echo '1: an ordinary user'
fi
