# ASSERTION: bash completes options, values, probe types and attach points
# ROWS: 9.1.completion
# NEEDS: root tracefs btf
[ -n "$BASH_VERSION" ] || exec bash -e "$0"
. contrib/completion/jiffy.bash
compopt() { :; }
dir=$(mktemp -d)
ln -s "$(realpath "$JIFFY")" "$dir/jiffy"
PATH=$dir:$PATH
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
try() { # what stands on the line
	COMP_LINE=$1 COMP_POINT=${#1}
	read -r -a COMP_WORDS <<<"$1"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_jiffy jiffy
	echo "$1 =>" "${COMPREPLY[@]:0:4}"
}
try 'jiffy --time'
try 'jiffy --child'
try 'jiffy -l trace'
try 'jiffy -l tracepoint:syscalls:sys_enter_getpp'
try 'jiffy -l "tracepoint:syscalls:sys_exit_getpp'
try "jiffy -l uprobe:${WORKLOAD:0:-2}" | sed 's/=> .*workload/=> workload/;s/.* =>/=>/'
try "jiffy -l uprobe:$WORKLOAD:work_o" | sed 's/.* =>/=>/'
try 'jiffy -l rawtracepoint:sched_switc'
try 'jiffy -l rawtracepoint:vmlinux:sched_switc'
# In quotes readline replaces the whole word, behind '=' what follows.
try "jiffy -l 'kprobe:vfs_readlin"
try "jiffy -l 'uprobe:$WORKLOAD:work_o" |
	sed 's/.* =>/=>/;s|uprobe:.*/|uprobe:|'
try 'jiffy --bt'
try 'jiffy --btf=tests/live/completion.s'
try 'jiffy --no-feature kpr'
try 'jiffy --missing-probes er'
try 'jiffy -f j'
try 'jiffy -d b'
try 'jiffy examples/opensn'
for shell in zsh fish; do
	case $shell in zsh) file=_jiffy ;; fish) file=jiffy.fish ;; esac
	if command -v $shell >/dev/null; then
		$shell -n contrib/completion/$file
	fi
	# Every long option stands in it.
	"$JIFFY" --help | grep -o -- '--[a-z-]*' | sort -u |
		while read -r option; do
			grep -q -e "$option" -e "l ${option#--}" \
				contrib/completion/$file ||
				echo "$file has no $option"
		done
done
rm -r "$dir"
