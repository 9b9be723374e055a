# ASSERTION: a flush of a software RAID device, and who wanted it
# NEEDS: root tracefs
. tests/live/disk
disk
for module in md-mod raid1; do
	[ ! -e "$MODULES/$module.ko" ] || busybox insmod "$MODULES/$module.ko"
done
# A mirror of one disk, that leaves no trace on it.
echo md_test >/sys/module/md_mod/parameters/new_array
set -- /sys/block/md*/md
md=$1
trap 'echo clear >$md/array_state; no_disk' EXIT
echo none >"$md/metadata_version"
echo raid1 >"$md/level"
echo 1 >"$md/raid_disks"
cat "/sys/block/${disk#/dev/}/dev" >"$md/new_dev"
echo 0 >"$md/dev-${disk#/dev/}/slot"
echo active >"$md/array_state"
"$JIFFY" -c "$(command -v dd) if=/dev/zero of=/dev/$(basename ${md%/md}) \
bs=4096 count=4 conv=fsync" examples/mdflush.bt 2>/dev/null
