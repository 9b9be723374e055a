# ASSERTION: each operation of an ext4 file system by its function
# NEEDS: root tracefs kprobe
. tests/live/disk
disk ext4
trap no_disk EXIT
"$JIFFY" -c "$WORKLOAD file 5" examples/ext4dist.bt 2>/dev/null
