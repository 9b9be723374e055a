# ASSERTION: a file system that is mounted, and unmounted; and one that is not
# NEEDS: root tracefs btf
# The mounts are in a name space of their own.
here=$(mktemp -d)
trap 'rmdir "$here"' EXIT
cat >"$here.sh" <<X
mount -n -i -t tmpfs jiffy-test $here && umount -n -i $here
umount -n -i $here 2>/dev/null
X
"$JIFFY" -c "$(command -v unshare) -m sh $here.sh" examples/mountsnoop.bt \
	2>/dev/null | sed "s|$here|HERE|"
rm -f "$here.sh"
