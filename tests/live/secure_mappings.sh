# ASSERTION: a process that maps code for ever, each time another part of a
# ASSERTION: file, fills no memory of the tracer, and has its names still
# NEEDS: root uprobe
# KERNELS: no
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
cat >"$dir/maps.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((noinline)) void mark(void) { __asm__ volatile(""); }
int main(int argc, char **argv)
{
	char *at = NULL;
	int fd = open(argv[1], O_RDONLY);

	for (long i = 0; i < 200000; i++)
		at = mmap(at, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | (at ? MAP_FIXED : 0), fd, i * 4096);
	mark();
	/* until what is printed is read */
	return at == MAP_FAILED || read(0, argv[1], 1) < 0;
}
C
${CC:-cc} -w -O1 -o "$dir/maps" "$dir/maps.c"
long=$dir/$(printf '%0200d' 0)
truncate -s 2G "$long"
mkfifo "$dir/go"
exec 8<>"$dir/go"
: >"$dir/ready"
timeout -k 2 55 "$JIFFY" -q --ready-fd 9 -e "
	uprobe:$dir/maps:mark { printf(\"%s\n\", usym(reg(\"ip\"))); }" \
	9>"$dir/ready" >"$dir/out" &
tracer=$!
within 100 test -s "$dir/ready"
"$dir/maps" "$long" <&8 &
maps=$!
within 300 grep -q . "$dir/out"
jiffy=$(pgrep -P $tracer)
kept=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$jiffy/status")
echo >&8
wait $maps
kill -INT "$jiffy"
wait $tracer
grep . "$dir/out"
[ "$kept" -lt 60000 ] && echo "flat" || echo "$kept KB"
