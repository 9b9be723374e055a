# ASSERTION: broken and hostile files: one clear error each, or what is left
# KERNELS: no
# ROWS: 3.8.file-kinds 3.9.errors
# NEEDS: root
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
SEEDS=tests/fuzz/corpus/elf
try() { # NAME: how often functions and markers are found, or the error
	printf '%s: ' "$1"
	for probe in "uprobe:$D/$1:inner" "usdt:$D/$1:name"; do
		timeout -k 2 10 "$JIFFY" --dry-run -e "$probe { }" \
			>"$D/out" 2>&1 && echo "found" ||
			sed "s|$D/||; /^[ ~]*$/d; /{ }$/d
				s/^stdin:[0-9]*:[0-9]*-[0-9]*: //" "$D/out"
	done
}
patch() { # NAME OFFSET BYTES (octal escapes), on what is there
	[ -e "$D/$1" ] || cp $SEEDS/plain "$D/$1"
	printf "$3" | dd of="$D/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
number() { # OFFSET SIZE of the untouched file
	od -An -t "u$2" -j "$1" -N "$2" $SEEDS/plain | tr -d ' '
}
# The place of a section's header, by its name as readelf has it.
header() {
	i=$(readelf -SW $SEEDS/plain | sed -n "s/^ *\[ *\([0-9]*\)\] $1 .*/\1/p")
	echo $(($(number 40 8) + i * 64))
}
cp $SEEDS/plain "$D/good"
try good
: >"$D/empty"
try empty
printf 'ELF' >"$D/text"
try text
for n in 4 16 63 64 100 500; do
	head -c $n $SEEDS/plain >"$D/first_$n"
	try first_$n
done
head -c 900 $SEEDS/plain >"$D/no_tables"
try no_tables
mkfifo "$D/fifo"
try fifo
mkdir "$D/folder"
try folder
ln -s loop "$D/loop"
try loop
patch object 16 '\001\000'
try object
patch other_machine 18 '\050\000'
try other_machine
patch big_endian 5 '\002'
try big_endian
patch class 4 '\003'
try class
# Section headers: where, how many, which holds the names.
patch headers_far 40 '\377\377\377\377\377\377\377\177'
try headers_far
patch many_sections 60 '\000\000'
patch many_sections $(($(number 40 8) + 32)) '\377\377\377\377'
try many_sections
patch names_nowhere 62 '\376\377'
try names_nowhere
# .symtab: element size 0, 2^64-1; size; link.
sym=$(header .symtab)
patch entsize_0 $((sym + 56)) '\000'
try entsize_0
patch entsize_huge $((sym + 56)) '\377\377\377\377\377\377\377\377'
try entsize_huge
patch symtab_long $((sym + 32)) '\377\377\377\377\377\377\377\177'
try symtab_long
patch symtab_link $((sym + 40)) '\377\377\377\377'
try symtab_link
# .strtab without an end.
str=$(header .strtab)
patch strtab_open $(($(number $((str + 24)) 8) + $(number $((str + 32)) 8) - 1)) x
try strtab_open
# Notes that lie: sizes of the name and of the description.
note=$(number $(($(header .note.stapsdt) + 24)) 8)
patch note_name "$note" '\377\377\377\377'
try note_name
patch note_desc $((note + 4)) '\377\377\377\377'
try note_desc
patch note_short $((note + 4)) '\004\000\000\000'
try note_short
patch note_section $(($(header .note.stapsdt) + 32)) '\377\377\377\377'
try note_section
