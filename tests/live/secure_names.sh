# ASSERTION: a traced process's name and text with escape sequences: as they
# ASSERTION: are in text (as upstream), never raw under --escape and in JSON
# NEEDS: root tracefs
. tests/within.sh
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
name=$(printf 'a\033[31m\007\r\nb')
cp "$WORKLOAD" "$dir/$name"
run() {
	"$JIFFY" -q -c "$WORKLOAD exec 0" "$@" -e 'begin {
		printf("%s\n", "\x1b[2Jtext"); }' >/dev/null # warm
	: >"$dir/ready"
	timeout -k 2 20 "$JIFFY" -q --ready-fd 9 "$@" -e '
		tracepoint:raw_syscalls:sys_enter /args.id == 110 &&
		strcontains(comm, "[31m")/ {
			@[comm] = count(); printf("%s|%r\n", comm, buf(comm, 5)); exit(); }' \
		9>"$dir/ready" >"$dir/out" &
	tracer=$!
	within 100 test -s "$dir/ready"
	"$dir/$name" getppid 1
	wait $tracer || :
	printf '%s: control characters: %d\n' "$*" \
		"$(tr -d '\n' <"$dir/out" | tr -cd '\000-\037\177' | wc -c)"
}
run
run --escape
run -f json
# Symbols, where they are listed.
LC_ALL=C sed "s/work_middle/wo\x1b[2J\x07ddle/" "$WORKLOAD" >"$dir/symbols"
chmod +x "$dir/symbols"
for option in "" --escape; do
	"$JIFFY" $option -l "uprobe:$dir/symbols:wo*ddle" >"$dir/out"
	printf 'list %s: %d, control characters: %d\n' "$option" \
		"$(wc -l <"$dir/out")" \
		"$(tr -d '\n' <"$dir/out" | tr -cd '\000-\037\177' | wc -c)"
done
