# ASSERTION: -I, --include, structs defined anew, members of kernel types, imports that anybody may write
# ROWS: 11.include_path 11.redefined 11.members 11.no_typedef 11.world_writable 11.constants 15.args_format
# NEEDS: root tracefs btf
dir=$(mktemp -d /tmp/tmp.XXXXXXXXXX) # its length is in the columns
trap 'rm -r "$dir"' EXIT
run() {
	status=0
	timeout -k 2 20 "$JIFFY" -q "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
		status=$?
	grep . "$dir/out" || :
	sed "s|$dir|DIR|g" "$dir/err"
	[ $status = 0 ] || echo "status $status"
}
mkdir "$dir/inc"
cat >"$dir/inc/mine.h" <<'END'
#define MINE 42
typedef unsigned long word_t;
struct mine { word_t w; struct list_head l; u32 k; };
static inline int skipped(int a) { return a ? skipped(a - 1) : 0; }
enum { FIRST = 7, SECOND };
END
run -I "$dir/inc" -e '#include <mine.h>
begin { print((MINE, sizeof(struct mine), sizeof(word_t), FIRST, SECOND)); exit(); }'
run -I "$dir/inc" --include mine.h -e 'begin { print(MINE); exit(); }'
run -e '#include "mine.h"
begin { exit(); }'
run -e 'struct task_struct { int foo; } begin { print((sizeof(struct task_struct), offsetof(struct task_struct, foo))); exit(); }'
run -e 'struct a { struct list_head l; u32 k; } begin { print(sizeof(struct a)); exit(); }'
run -e 'struct a { nosuch_t l; } begin { print(sizeof(struct a)); exit(); }'
run -e 'typedef int foo_t;
begin { exit(); }'
run -e 'begin { print((AF_INET6, ENOENT, O_CREAT, S_IFMT, SIGKILL, ETH_P_IP)); exit(); }'
echo 'macro one() { 1 }' >"$dir/lib.bt"
chmod 666 "$dir/lib.bt"
echo "import \"$dir/lib.bt\"; begin { print(one()); exit(); }" >"$dir/main.bt"
run "$dir/main.bt"
chmod 644 "$dir/lib.bt"
run "$dir/main.bt"
run --btf=/nonexistent -e 'tracepoint:sched:sched_switch { print(args->prev_pid >= 0); exit(); }' | uniq
