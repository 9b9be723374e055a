# ASSERTION: what was stripped is found: debug files, .gnu_debugdata
# ROWS: 3.8.debug-file 3.8.minidebug
# NEEDS: root uprobe lzma objcopy
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
P=$(realpath "$BUILD/tests/live/typed")
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$1" -e "uprobe:$1:$2" 2>&1 |
		sed "s|$D/||g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
stripped() { # NAME OPTION...
	name=$1
	shift
	strip -R .note.gnu.build-id -o "$D/$name" "$P"
	objcopy "$@" "$D/$name"
}
objcopy --only-keep-debug -R .note.gnu.build-id "$P" "$D/p.debug"
echo "nothing:"
strip -o "$D/none" "$P"
run "$D/none" 't_static { }'
echo "debuglink:"
(cd "$D" && strip -R .note.gnu.build-id -o link "$P" &&
	objcopy --add-gnu-debuglink=p.debug link)
run "$D/link" 't_static { printf("%s %d\n", func, arg0) }'
run "$D/link" 't_stat* { @[func] = count() }'
echo "in .debug:"
mkdir "$D/.debug"
mv "$D/p.debug" "$D/.debug"
run "$D/link" 't_static { printf("%s\n", func) }'
echo "another file of that name:"
printf 'x' >>"$D/.debug/p.debug"
run "$D/link" 't_static { }'
echo "minidebuginfo:"
objcopy -S --keep-symbol=t_static "$P" "$D/mini.syms"
xz -c "$D/mini.syms" >"$D/mini.xz"
stripped mini --add-section .gnu_debugdata="$D/mini.xz"
run "$D/mini" 't_static { printf("%s %d\n", func, arg0) }'
head -c 600 "$D/mini.xz" >"$D/cut.xz"
stripped cut --add-section .gnu_debugdata="$D/cut.xz"
run "$D/cut" 't_static { }'
