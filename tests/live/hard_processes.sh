# ASSERTION: ten thousand processes that come and go: counts are exact, memory
# ASSERTION: does not grow with them
# NEEDS: root tracefs uprobe
# KERNELS: no
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
cat >"$dir/many.c" <<'C'
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) void mark(void) { __asm__ volatile(""); }
int main(void)
{
	for (int i = 0; i < 10000; i++) {
		pid_t pid = fork();
		if (!pid) { mark(); _exit(0); }
		while (waitpid(pid, 0, 0) < 0)
			;
	}
}
C
${CC:-cc} -O1 -o "$dir/many" "$dir/many.c"
timeout -k 2 55 "$JIFFY" -q --ready-fd 9 -e "
	config = { max_map_keys = 20000; perf_rb_pages = 4096 }
	uprobe:$dir/many:mark { printf(\"%s %s\n\", usym(reg(\"ip\")), ustack(1));
		@pids[pid] = count(); @n = count(); }
	end { print(len(@pids)); clear(@pids); }" \
	9>"$dir/ready" >"$dir/out" &
tracer=$!
within 100 test -s "$dir/ready"
"$dir/many"
sleep 0.3
jiffy=$(pgrep -P $tracer)
kept=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$jiffy/status")
kill -INT "$jiffy"
status=0
wait $tracer || status=$?
echo "status $status"
grep -cE '^(0x|mark)' "$dir/out"
tail -n 5 "$dir/out" | grep .
[ "$kept" -gt 500 ] && [ "$kept" -lt 12000 ] || echo "$kept KB"
