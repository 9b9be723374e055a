# ASSERTION: a debug file of another build, a checksum that is another's, xz
# ASSERTION: data of 200 MB: what they name is not believed
# NEEDS: root lzma objcopy
# KERNELS: no
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
P=$(realpath "$BUILD/tests/live/typed")
try() { # FILE: whether the name that was stripped is found
	timeout -k 2 20 "$JIFFY" --dry-run -e "uprobe:$D/$1:t_static { }" \
		>/dev/null 2>&1 && echo "$1: found" || echo "$1: not found"
}
# With the same checksum, but one byte of the build id is another.
objcopy --only-keep-debug "$P" "$D/own.debug"
cp "$D/own.debug" "$D/other.debug"
at=$(readelf -SW "$D/own.debug" 2>/dev/null |
	sed -n 's/.*note\.gnu\.build-id *NOTE *[0-9a-f]* \([0-9a-f]*\).*/\1/p')
printf 'x' | dd of="$D/other.debug" bs=1 seek=$((0x$at + 20)) conv=notrunc \
	2>/dev/null
for name in own other; do
	(cd "$D" && strip -o $name "$P" &&
		objcopy --add-gnu-debuglink=$name.debug $name)
	try $name
done
# Without build id, the checksum decides.
for name in sum changed; do
	objcopy --only-keep-debug -R .note.gnu.build-id "$P" "$D/$name.debug"
	(cd "$D" && strip -R .note.gnu.build-id -o $name "$P" &&
		objcopy --add-gnu-debuglink=$name.debug $name)
	[ $name = sum ] || printf 'x' >>"$D/$name.debug"
	try $name
done
objcopy -S --keep-symbol=t_static "$P" "$D/syms"
for name in small large bomb; do
	case $name in
	large) truncate -s 60M "$D/syms" ;;
	bomb) truncate -s 200M "$D/syms" ;;
	esac
	xz -1 -c "$D/syms" >"$D/$name.xz"
	strip -R .note.gnu.build-id -o "$D/$name" "$P"
	objcopy --add-section .gnu_debugdata="$D/$name.xz" "$D/$name"
	try $name
done
