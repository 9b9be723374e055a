# ASSERTION: --debuginfo: separate debug files lie in other folders, too, by
# ASSERTION: build id and by debuglink
# ROWS: 9.1.debuginfo
# NEEDS: root uprobe tracefs
# COMPARE: no
# KERNELS: no
dir=$(mktemp -d)
JIFFY=$(realpath "$JIFFY")
trap 'rm -rf "$dir"' EXIT
cat >"$dir/program.c" <<'E2'
#include <unistd.h>
static __attribute__((noinline)) int hidden(int n)
{
	return getppid() + n;
}
int main(void)
{
	return hidden(1) == 0;
}
E2
cd "$dir" || exit 1
mkdir -p ids/.build-id/12 links
cc="${CC:-cc} -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls"
$cc -Wl,--build-id=0x123456789abcdef0 -o by_id program.c &&
	objcopy --only-keep-debug by_id ids/.build-id/12/3456789abcdef0.debug &&
	strip by_id || exit 1
$cc -Wl,--build-id=none -o by_link program.c &&
	objcopy --only-keep-debug by_link links/by_link.debug &&
	strip by_link &&
	objcopy --add-gnu-debuglink=links/by_link.debug by_link || exit 1
run() { # PROGRAM OPTIONS
	program=$1
	shift
	echo "# $program $*" | sed "s,$dir,DIR,g"
	timeout -k 2 20 "$JIFFY" -q "$@" -c "$dir/$program" -e '
	uprobe:libc:getppid /pid == cpid/ { print(ustack(2)); exit(); }' |
		sed 's/+[0-9]*$//; s/0x[0-9a-f]*/ADDRESS/; /^$/d'
}
run by_id
run by_id --debuginfo "/nonexistent,$dir/ids"
run by_link
run by_link --debuginfo "/nonexistent:$dir/links"
BPFTRACE_DEBUGINFO=$dir/links run by_link
run by_link --debuginfo "$dir/ids"
