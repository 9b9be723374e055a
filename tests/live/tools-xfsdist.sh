# ASSERTION: each operation of an xfs file system by its function
# NEEDS: root tracefs kprobe
. tests/live/disk
disk xfs
trap no_disk EXIT
"$JIFFY" -c "$WORKLOAD file 5" examples/xfsdist.bt 2>/dev/null
