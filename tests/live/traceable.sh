# ASSERTION: --traceable-functions: a file says which functions there are
# ROWS: 9.1.traceable
# NEEDS: root tracefs
# COMPARE: no
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf 'vfs_read\nvfs_write\nno_such_function\nodd_one [odd]\n' >"$dir/list"
for what in 'kprobe:*' 'kprobe:vfs_*' 'kprobe:odd:*' 'kprobe:vfs_readv'; do
	echo "# $what"
	"$JIFFY" --traceable-functions "$dir/list" -l "$what" || echo none
done
echo "# the kernel's own list is the one that is kept"
"$JIFFY" -l 'kprobe:vfs_readv'
echo "# a file that is not there"
"$JIFFY" --traceable-functions /nonexistent -l 'kprobe:vfs_read' 2>&1 ||
	echo "status $?"
echo "# a folder"
"$JIFFY" --traceable-functions "$dir" -l 'kprobe:vfs_read' 2>&1 |
	sed "s|$dir|DIR|"
echo "# what types know, and the file does not"
"$JIFFY" --traceable-functions "$dir/list" --mode codegen \
	-e 'kprobe:vfs_readv { }' 2>&1 || echo "status $?"
