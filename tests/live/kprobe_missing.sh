# ASSERTION: a function that is not there, an offset inside an instruction
# NEEDS: root kprobe
"$JIFFY" -e 'kprobe:sys_qwkzvbn { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'config = { missing_probes = "warn" } kprobe:sys_qwkzvbn { }
	kprobe:do_nanosleep { } begin { exit(); }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:do_nanosleep+1 { }' 2>&1 || echo "status $?"
# Inline functions that were not inlined cannot be traced.
"$JIFFY" -e 'kprobe:blk_account_io_done { }' 2>&1 || echo "status $?"
