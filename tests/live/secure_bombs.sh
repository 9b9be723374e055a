# ASSERTION: files with holes that claim thousands of millions of symbols,
# ASSERTION: names, notes or sections: refused at once, with little memory
# NEEDS: root
# KERNELS: no
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
SEED=tests/fuzz/corpus/elf/plain
number() { # OFFSET SIZE
	od -An -t "u$2" -j "$1" -N "$2" $SEED | tr -d ' '
}
le64() { # VALUE as octal escapes
	v=$1
	for _ in 1 2 3 4 5 6 7 8; do
		printf '\\%03o' $((v & 255))
		v=$((v >> 8))
	done
}
put() { # FILE OFFSET VALUE
	printf "$(le64 "$3")" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
header() { # SECTION: where its header is
	i=$(readelf -SW $SEED | sed -n "s/^ *\[ *\([0-9]*\)\] $1 .*/\1/p")
	echo $(($(number 40 8) + i * 64))
}
try() { # NAME [KB of addresses]
	truncate -s 8G "$dir/$1"
	for probe in "uprobe:$dir/$1:inner" "usdt:$dir/$1:name"; do
		status=0
		(ulimit -v ${2:-400000}; exec timeout -k 2 10 "$JIFFY" --dry-run \
			-e "$probe { }" >"$dir/out" 2>&1) || status=$?
		[ $status = 1 ] && grep -q '^ERROR\|: ERROR' "$dir/out" &&
			echo "$1: refused" ||
			{ echo "$1: status $status"; cat "$dir/out"; }
	done
}
for section in .symtab .strtab .note.stapsdt; do
	at=$(header $section)
	cp $SEED "$dir/many$section"
	put "$dir/many$section" $((at + 24)) 1048576
	put "$dir/many$section" $((at + 32)) 6442450944
	try "many$section"
done
cp $SEED "$dir/sections"
printf '\000\000' | dd of="$dir/sections" bs=1 seek=60 conv=notrunc 2>/dev/null
put "$dir/sections" $(($(number 40 8) + 32)) 2000000
try sections 2000000 # would be enough
cp $SEED "$dir/segments"
printf '\377\377' | dd of="$dir/segments" bs=1 seek=56 conv=notrunc 2>/dev/null
try segments
