# ASSERTION: pages that come back from a swap device
# NEEDS: root tracefs kprobe
[ -n "$MODULES" ] || { echo "no disk to spare in this kernel" >&2; exit 77; }
# In memory: what was written out is gone at once, and not kept any longer.
busybox insmod "$MODULES/brd.ko" rd_nr=1 rd_size=16384
mkswap /dev/ram0 >/dev/null 2>&1
swapon /dev/ram0
trap 'swapoff /dev/ram0' EXIT
"$JIFFY" -c "$WORKLOAD swap 20 idle 2500" examples/swapin.bt 2>/dev/null
