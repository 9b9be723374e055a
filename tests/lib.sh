# SPDX-License-Identifier: MIT
# What the test scripts share. Sourced with the repository as the working
# directory; $BUILD is the build folder.

BUILD=${BUILD:-build}
JIFFY=${JIFFY:-$BUILD/jiffy}
WORKLOAD=${WORKLOAD:-$BUILD/tests/live/workload}
LIMIT=${LIMIT:-30} # seconds for one script
export JIFFY WORKLOAD BUILD

# ---- what a test says of itself ----

# Its header comments ("// WORD: text", in shell scripts "# WORD: text"; the
# first of each word counts) into head[]. Nothing but the shell's own commands
# here and below: in an emulated kernel each process costs 40 ms.
declare -A head
headers() { # FILE
	head=()
	local line
	while IFS= read -r line || [ -n "$line" ]; do
		[[ $line =~ ^(//|'#')' '([A-Z]+):' '*(.*)$ ]] || continue
		[ -n "${head[${BASH_REMATCH[2]}]+set}" ] ||
			head[${BASH_REMATCH[2]}]=${BASH_REMATCH[3]}
	done <"$1"
}

header() { # FILE WORD: prints its text
	headers "$1"
	printf '%s' "${head[$2]}"
}

# Text with {workload} and {pid} filled in, into $filled.
fill() { # TEXT [PID]
	filled=${1//'{workload}'/$WORKLOAD}
	filled=${filled//'{pid}'/${2:-0}}
}

# ---- what it needs ----

lacks() { # NEED: prints what is not there
	case $1 in
	root)
		[ "$(id -u)" = 0 ] || echo "not root" ;;
	tracefs)
		[ -d /sys/kernel/tracing/events ] ||
			[ -d /sys/kernel/debug/tracing/events ] ||
			echo "no tracefs mounted" ;;
	btf)
		[ -r /sys/kernel/btf/vmlinux ] || echo "no kernel BTF" ;;
	kprobe)
		grep -qs . /sys/bus/event_source/devices/kprobe/type ||
			echo "no kprobes in this kernel" ;;
	kprobe_multi)
		grep -q ' bpf_kprobe_multi_link_release' /proc/kallsyms ||
			echo "no kprobe_multi in this kernel" ;;
	ia32)
		grep -qi ' [a-z_]*int80' /proc/kallsyms ||
			echo "no 32-bit system calls in this kernel" ;;
	fentry)
		[ -r /sys/kernel/btf/vmlinux ] && grep -qs . \
			/sys/kernel/tracing/available_filter_functions ||
			echo "no fentry in this kernel" ;;
	watchpoint)
		[ -e /sys/bus/event_source/devices/breakpoint/type ] ||
			echo "no watchpoints in this kernel" ;;
	uprobe)
		[ -e /sys/bus/event_source/devices/uprobe/type ] ||
			echo "no uprobes in this kernel" ;;
	uprobe_multi)
		grep -q ' bpf_uprobe_multi_link_release' /proc/kallsyms ||
			echo "no uprobe_multi in this kernel" ;;
	disk) # for temporary files, not memory
		case $(stat -f -c %T "${TMPDIR:-/tmp}") in
		ext* | xfs | btrfs) ;;
		*) echo "no disk for temporary files" ;;
		esac
		;;
	module:*)
		[ -d /sys/module/"${1#module:}" ] &&
			grep -q "\[${1#module:}\]" /proc/kallsyms ||
			echo "no ${1#module:} module in this kernel" ;;
	percpu) # symbols of each CPU's variables
		grep -q ' runqueues$' /proc/kallsyms ||
			echo "no symbols of per-CPU variables in this kernel" ;;
	kallsyms)
		awk '$1 !~ /^0+$/ { f = 1; exit } END { exit !f }' \
			/proc/kallsyms 2>/dev/null ||
			echo "kernel addresses are hidden" ;;
	realtime)
		! grep -qs "QEMU TCG" /proc/cpuinfo ||
			echo "an emulated processor is too slow" ;;
	cpus2)
		[ "$(nproc)" -gt 1 ] || echo "only one CPU" ;;
	libdw)
		"$JIFFY" --info 2>/dev/null | grep -q 'libdw.*yes' ||
			echo "jiffy without libdw" ;;
	demangle)
		[ -e /usr/include/libiberty/demangle.h ] ||
			echo "jiffy without libiberty" ;;
	lzma)
		[ -e /usr/include/lzma.h ] && command -v xz >/dev/null 2>&1 ||
			echo "jiffy without liblzma" ;;
	objcopy)
		command -v objcopy >/dev/null 2>&1 ||
			echo "no objcopy (binutils)" ;;
	unshare)
		unshare -m true 2>/dev/null || echo "no mount namespaces" ;;
	names)
		[ -x "$BUILD/tests/live/names" ] ||
			echo "no C++ compiler (g++)" ;;
	kfunc) # perf programs may call the kernel's functions
		printf '6.12\n%s\n' "$(uname -r)" | sort -VC ||
			{ echo "no calls of kernel functions in this kernel"; return; } ;;
	debhelper)
		command -v dpkg-buildpackage >/dev/null 2>&1 &&
			command -v dh >/dev/null 2>&1 ||
			echo "cannot be had: dpkg-dev, debhelper" ;;
	misses) # the kernel counts what it leaves out
		printf '6.7\n%s\n' "$(uname -r)" | sort -VC ||
			echo "no count of misses in this kernel" ;;
	ownclock) # nobody minds when it is set
		grep -qs "QEMU TCG" /proc/cpuinfo ||
			echo "no clock that may be set in this kernel" ;;
	bash)
		[ -x /bin/bash ] || echo "no /bin/bash" ;;
	*)
		echo "unknown need '$1'" ;;
	esac
}

# Why a test cannot run here, into $why; empty: it can. Its headers are read.
declare -A lacking
missing() { # FILE
	headers "$1"
	for need in ${head[NEEDS]}; do
		[ -n "${lacking[$need]+known}" ] ||
			lacking[$need]=$(lacks "$need")
		why=${lacking[$need]}
		[ -z "$why" ] || return
	done
	why=
}

# ---- running ----

# A pipe that nobody writes: sleeping without a process.
exec {never}<> <(:)
pause() { # SECONDS
	read -rt "$1" -u "$never"
}

# Wait for a pattern in a file, at most N tenths of a second.
await() { # PATTERN FILE N
	local tries text
	for ((tries = $3; tries > 0; tries--)); do
		IFS= read -rd '' text <"$2"
		[[ $'\n'$text =~ $1 ]] && return 0
		pause 0.1
	done
	return 1
}

# Run FILE under EXE: run_script EXE FILE OUT ERR [OPTION...]. Sets $status.
# // RUN: command    started by -c, held until all is attached
# // START: command  started by us and held; its pid is {pid} in // ARGS;
#                    let go when attached, then the tracer gets a SIGINT
# // TAIL: args      what follows the script's name
# // SCRIPT: other.bt  run that one: this file only says how
run_script() {
	local exe=$1 file=$2 out=$3 err=$4 args
	headers "$file"
	file=${head[SCRIPT]:-$file}
	status=0
	: >"$err" # what the last script left says "Attached"
	if [ -n "${head[START]}" ]; then
		run_started "${@:5}"
		return
	fi
	fill "${head[ARGS]}"
	args=($filled "${@:5}")
	fill "${head[RUN]}"
	[ -z "$filled" ] || args+=(-c "$filled")
	fill "${head[TAIL]}"
	timeout -s INT -k 5 "$LIMIT" "$exe" "${args[@]}" "$file" $filled \
		</dev/null >"$out" 2>"$err" || status=$?
}

run_started() { # [OPTION...]
	local gate worker tracer
	fill "${head[START]}"
	exec {gate}> >(exec $filled >/dev/null 2>&1)
	worker=$!
	fill "${head[ARGS]}" $worker
	args="$filled $*"
	fill "${head[TAIL]}" $worker
	timeout -s INT -k 5 "$LIMIT" "$exe" $args "$file" $filled \
		</dev/null >"$out" 2>"$err" {gate}>&- &
	tracer=$!
	await $'\nAttach' "$err" 100
	# The old peers say "Attaching" before they attach.
	await $'\nAttaching' "$err" 1 && pause 2
	echo >&$gate
	exec {gate}>&-
	wait $worker 2>/dev/null
	pause 0.1
	kill -INT $tracer 2>/dev/null
	wait $tracer || status=$?
}

# One test on the kernel: run_test EXE FILE OUT ERR [OPTION...]. Sets $status.
run_test() {
	case $2 in
	*.sh)
		status=0
		timeout -k 5 $((LIMIT * 2)) sh -e "$2" </dev/null >"$3" \
			2>"$4" || status=$?
		;;
	*) run_script "$@" ;;
	esac
}

# ---- judging ----

# What became of a test: judge FILE OUT ERR STATUS DETAILS. False: $verdict
# says why, and DETAILS has more.
judge() {
	local base=${1%.*} want
	headers "$1"
	want=${head[STATUS]:-0}
	if [ "$4" != "$want" ]; then
		verdict="exit status $4"
		cat "$3" "$2" >"$5"
		return 1
	fi
	case $1 in
	tests/live/*.bt)
		if [ ! -e "$base.err" ] && [ "${head[STDERR]}" != any ] &&
			grep -vE '^Attached [0-9]+ probes?$' "$3" >"$5"; then
			verdict="on stderr"
			return 1
		fi
		;;
	esac
	verdict="other output"
	if [ -e "$base.match" ]; then
		matches "$base.match" "$2" >"$5" && return
		cat "$2" >>"$5"
		return 1
	fi
	diff -u --label wanted --label got "$base.out" "$2" >"$5"
}

# Compare a text with a .match file: each line there is an extended regular
# expression for one whole line, `...` stands for any number of lines.
matches() {
	awk '
	FNR == 1 { part++ }
	part == 1 { want[++nw] = $0; next }
	{ have[++nh] = $0 }
	END {
		if (part < 2 && !nh) nh = 0
		h = 1; free = 0
		for (w = 1; w <= nw; w++) {
			if (want[w] == "...") { free = 1; continue }
			found = 0
			for (; h <= nh; h++) {
				if (have[h] ~ ("^(" want[w] ")$")) {
					found = 1; h++; break
				}
				if (!free) break
			}
			if (!found) {
				print "no match for: " want[w]
				print "at line " h ": " have[h]
				exit 1
			}
			free = 0
		}
		if (h <= nh && !free) {
			print "unexpected line " h ": " have[h]
			exit 1
		}
	}' "$1" "$2"
}
