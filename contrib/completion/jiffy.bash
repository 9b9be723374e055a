# SPDX-License-Identifier: MIT
# bash completion of jiffy: options as --help has them, attach points as -l
# lists them, scripts.

# The options, or what is possible as the value of one of a few words.
_jiffy_options()
{
	"$1" --help 2>/dev/null | sed -n '
		/^EXAMPLES/q
		s/^ *\(-[A-Za-z]\), \(--[a-z-]*\).*/\1\n\2/p; t
		s/^ *\(--[a-z-]*=\{0,1\}\).*/\1/p; t
		s/^ *\(-[A-Za-z]\) .*/\1/p'
}

_jiffy_features=$'kprobe_multi\nuprobe_multi\nattach_cookie\nraw_tracepoint
perf_tracepoint\nksym_iter\nloop\nfor_each_map_elem'

# Attach points that begin with $2: first the types, then what -l knows. A
# path of a program is completed as a file until a colon follows it.
_jiffy_probes()
{
	local types="begin end self: kprobe: kretprobe: uprobe: uretprobe:
		usdt: tracepoint: rawtracepoint: fentry: fexit: iter:
		interval: profile: software: hardware: watchpoint:"
	local file IFS=$' \t\n'

	case $2 in
	uprobe:*:* | uretprobe:*:* | usdt:*:*)
		"$1" -l "$2*" 2>/dev/null ;;
	uprobe:* | uretprobe:* | usdt:*)
		compgen -f -- "${2#*:}" | while IFS= read -r file; do
			[[ -d $file ]] && file+=/ || file+=:
			printf '%s\n' "${2%%:*}:$file"
		done ;;
	rawtracepoint:*:* | fentry:*:* | fexit:*:*)
		"$1" -l "$2*" 2>/dev/null ;;
	rawtracepoint:* | fentry:* | fexit:*) # listed with their module
		"$1" -l "$2*" 2>/dev/null |
			sed 's/^\([a-z]*:\)[^:]*:/\1/' | sort -u ;;
	*:*)
		"$1" -l "$2*" 2>/dev/null ;;
	*)
		compgen -W "$types" -- "$2" ;;
	esac
}

# The word under the cursor as a whole: readline also breaks it at colons.
_jiffy_word()
{
	local line=${COMP_LINE:0:COMP_POINT}

	line=${line##*[[:space:]]}
	line=${line#[\"\']}
	printf '%s' "$line"
}

_jiffy()
{
	local word previous cut IFS=$'\n'

	word=$(_jiffy_word)
	previous=${COMP_WORDS[COMP_CWORD - 1]}
	# "a:b" arrives as three words: the option stands before the first.
	if [[ $word == *:* ]]; then
		previous=${COMP_LINE:0:COMP_POINT-${#word}}
		previous=${previous%%*([[:space:]\"\'])}
		previous=${previous##*[[:space:]]}
	fi
	COMPREPLY=()
	case $previous in
	-l | --list)
		COMPREPLY=($(_jiffy_probes "$1" "$word")) ;;
	-p | --pid)
		COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" \
			-- "$word")) ;;
	-f)
		COMPREPLY=($(compgen -W $'text\njson\nfolded' -- "$word")) ;;
	--missing-probes)
		COMPREPLY=($(compgen -W $'error\nwarn\nignore' -- "$word")) ;;
	--no-feature)
		COMPREPLY=($(compgen -W "$_jiffy_features" -- "$word")) ;;
	-B)
		COMPREPLY=($(compgen -W $'line\nfull\nnone' -- "$word")) ;;
	-d | --debug)
		COMPREPLY=($(compgen -W $'ast\nsema\nir\nra\nbpf\nall' \
			-- "$word")) ;;
	-c | --cmd)
		COMPREPLY=($(compgen -c -- "$word")) ;;
	-I | --kernel | --debuginfo)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$word")) ;;
	-e | --timeout | --ready-fd | --probe-filter)
		;;
	*)
		if [[ $word == --*=* ]]; then # readline breaks it there
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -f -- "${word#*=}"))
		elif [[ $word == -* ]]; then
			COMPREPLY=($(compgen -W "$(_jiffy_options "$1")" \
				-- "$word"))
		else
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -f -- "$word"))
		fi ;;
	esac
	# Readline replaces only what stands behind the last colon, but in
	# quotes the whole.
	if [[ $word == *:* && $COMP_WORDBREAKS == *:* &&
		${COMP_WORDS[COMP_CWORD]} != [\"\']* ]]; then
		cut=${word%"${word##*:}"}
		COMPREPLY=("${COMPREPLY[@]#"$cut"}")
	fi
}

shopt -s extglob
complete -o nospace -F _jiffy jiffy
