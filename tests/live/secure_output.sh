# ASSERTION: -o, --flamegraph, skboutput: in a folder of everybody only what is
# ASSERTION: ours is written to: no link, no file of others, no second name
# NEEDS: root
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
mkdir "$dir/shared" "$dir/own"
chmod 1777 "$dir/shared"
try() { # WHAT FILE
	echo "precious" >"$dir/own/target"
	status=0
	timeout -k 2 10 "$JIFFY" -q -o "$dir/$2" -e 'begin { printf("x\n"); exit(); }' \
		2>"$dir/err" || status=$?
	echo "$1: status $status, target: $(head -n 1 "$dir/own/target")"
	sed "s|$dir/||" "$dir/err"
}
try "a new file" shared/new
try "it again" shared/new
ln -s ../own/target "$dir/shared/link"
try "a link in a shared folder" shared/link
ln -s target "$dir/own/link"
try "a link in a folder of ours" own/link
ln -s nothing "$dir/shared/dangling"
try "a link to nothing" shared/dangling
echo bait >"$dir/shared/bait"
chown 65534 "$dir/shared/bait"
try "a file of somebody else" shared/bait
cat "$dir/shared/bait"
mkfifo "$dir/shared/fifo"
chown 65534 "$dir/shared/fifo"
try "a FIFO of somebody else" shared/fifo
ln "$dir/own/target" "$dir/shared/second"
try "a second name of ours" shared/second
try "no folder" nosuch/file
"$JIFFY" -q -o /dev/stdout -e 'begin { printf("standard output\n"); exit(); }' |
	grep .
status=0
"$JIFFY" -q --flamegraph "$dir/shared/link" \
	-e 'begin { @[kstack] = count(); exit(); }' 2>"$dir/err" >"$dir/out" || status=$?
echo "--flamegraph: status $status, target: $(head -n 1 "$dir/own/target")"
