# ASSERTION: what fentry and kprobe do not find or may not use, in words
# ROWS: 3.7.module 3.7.helper 3.5.module 3.5.address 3.5.retprobe-offset
# NEEDS: root fentry
"$JIFFY" -e 'fentry:nomod:vfs_read { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fentry:vfs_read+1 { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fentry:vfs_read { print(args.nosuch); }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fentry:vfs_read { print(arg0); }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fentry:vfs_open { print(path(args.path)); }' 2>&1 ||
	echo "status $?"
"$JIFFY" -e 'kprobe:nomod:vfs_read { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:vmlinux:nosuch { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:nosuch* { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:0xffffffff81000000 { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe: { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kretprobe:vfs_read+4 { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:vfs_read { print(arg6); }' 2>&1 || echo "status $?"
"$JIFFY" -e 'kprobe:asm_exc_page_fault { }' 2>&1 | head -n 1
