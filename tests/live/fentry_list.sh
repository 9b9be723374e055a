# ASSERTION: listing with parameters; errors for what is not there
# NEEDS: root fentry
"$JIFFY" -lv 'fentry:vmlinux:vfs_open'
"$JIFFY" -lv 'fexit:*:vfs_open'
"$JIFFY" -l 'fentry:vfs_open'
"$JIFFY" -e 'fentry:nothing { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fexit:do_nanosleep+1 { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'fexit:free_pages { print(retval); }' 2>&1 || echo "status $?"
