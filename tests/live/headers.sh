# ASSERTION: kernel headers: sizes and constants of four large ones, with BTF and without; what is missing is made up for by BTF, or refused
# ROWS: 10.headers
# ROWS: 11.kernel_headers 11.no_headers 11.guarded 11.inline 15.headers
# NEEDS: root
source=$(ls -d /usr/src/linux-headers-*-common 2>/dev/null | tail -n 1)
build=${source%-common}-amd64
[ -d "$build" ] || {
	echo "no kernel headers (linux-headers-amd64)" >&2
	exit 77
}
export BPFTRACE_KERNEL_SOURCE="$source" BPFTRACE_KERNEL_BUILD="$build"
nothing=$(mktemp -d)
trap 'rm -r "$nothing"' EXIT
script='
#include <linux/sched.h>
#include <net/sock.h>
#include <linux/fs.h>
#include <linux/blkdev.h>
begin {
	print((sizeof(struct task_struct) > 1000, sizeof(struct sock) > 500));
	print((sizeof(struct inode) > 300, sizeof(struct bio) > 60));
	print(offsetof(struct dentry, d_name) > 8);
	printf("%d %d %d %d %d\n", AF_INET6, TCP_ESTABLISHED, REQ_OP_WRITE,
	       PF_KTHREAD, TASK_UNINTERRUPTIBLE);
	exit();
}'
echo "headers and BTF"
"$JIFFY" -q -e "$script" 2>&1
echo "headers alone"
"$JIFFY" -q --btf=/nonexistent -e "$script" 2>&1
unset BPFTRACE_KERNEL_SOURCE BPFTRACE_KERNEL_BUILD
echo "BTF alone"
BPFTRACE_KERNEL_SOURCE=/nonexistent BPFTRACE_KERNEL_BUILD=/nonexistent \
	"$JIFFY" -q -e "$script" 2>&1
echo "neither"
BPFTRACE_KERNEL_SOURCE=/nonexistent BPFTRACE_KERNEL_BUILD=/nonexistent \
	"$JIFFY" --kernel "$nothing" -d bpf -e '
#include <linux/sched.h>
begin { print(sizeof(struct task_struct)); }' 2>&1 && echo accepted
echo "the usual block"
"$JIFFY" -q -e '
#ifndef BPFTRACE_HAVE_BTF
#include <linux/socket.h>
#include <net/sock.h>
#else
#define AF_INET 2
#define AF_INET6 10
#endif
begin { print((AF_INET, AF_INET6, sizeof(struct sock) > 100)); exit(); }' 2>&1
echo "no such header"
"$JIFFY" -q -e '
#include <linux/nosuch_at_all.h>
begin { print("ran"); exit(); }' 2>&1
echo "no such header among the kernel's"
BPFTRACE_KERNEL_SOURCE="$source" BPFTRACE_KERNEL_BUILD="$build" \
	"$JIFFY" -q -e '
#include <linux/nosuch_at_all.h>
begin { print("ran"); exit(); }' 2>&1 || echo $?
