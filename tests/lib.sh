# SPDX-License-Identifier: MIT
# What the test scripts share. Sourced with the repository as the working
# directory; $BUILD is the build folder.

BUILD=${BUILD:-build}
JIFFY=${JIFFY:-$BUILD/jiffy}
WORKLOAD=${WORKLOAD:-$BUILD/tests/live/workload}
LIMIT=${LIMIT:-30} # seconds for one script
export JIFFY WORKLOAD BUILD

# One header comment of a test: header FILE WORD -> its text.
header() {
	sed -n "s|^// $2: *||p" "$1" | head -n 1
}

# Text with {workload} and {pid} filled in.
fill() {
	printf '%s' "$1" | sed -e "s|{workload}|$WORKLOAD|g" \
		-e "s|{pid}|${2:-0}|g"
}

# Why a test cannot run here, or nothing: missing FILE.
missing() {
	for need in $(header "$1" NEEDS); do
		case $need in
		root)
			[ "$(id -u)" = 0 ] || { echo "not root"; return; } ;;
		tracefs)
			[ -d /sys/kernel/tracing/events ] ||
				[ -d /sys/kernel/debug/tracing/events ] ||
				{ echo "no tracefs mounted"; return; } ;;
		btf)
			[ -r /sys/kernel/btf/vmlinux ] ||
				{ echo "no kernel BTF"; return; } ;;
		kprobe)
			grep -qs . /sys/bus/event_source/devices/kprobe/type ||
				{ echo "no kprobes in this kernel"; return; } ;;
		kprobe_multi)
			grep -q ' bpf_kprobe_multi_link_release' \
				/proc/kallsyms ||
				{ echo "no kprobe_multi in this kernel"; return; } ;;
		fentry)
			[ -r /sys/kernel/btf/vmlinux ] && grep -qs . \
				/sys/kernel/tracing/available_filter_functions ||
				{ echo "no fentry in this kernel"; return; } ;;
		watchpoint)
			[ -e /sys/bus/event_source/devices/breakpoint/type ] ||
				{ echo "no watchpoints in this kernel"; return; } ;;
		uprobe_multi)
			grep -q ' bpf_uprobe_multi_link_release' \
				/proc/kallsyms ||
				{ echo "no uprobe_multi in this kernel"; return; } ;;
		module:*)
			[ -d /sys/module/"${need#module:}" ] &&
				grep -q "\[${need#module:}\]" /proc/kallsyms ||
				{ echo "no ${need#module:} module in this kernel"; return; } ;;
		realtime)
			! grep -qs "QEMU TCG" /proc/cpuinfo ||
				{ echo "an emulated processor is too slow"; return; } ;;
		cpus2)
			[ "$(nproc)" -gt 1 ] ||
				{ echo "only one CPU"; return; } ;;
		uprobe)
			[ -e /sys/bus/event_source/devices/uprobe/type ] ||
				{ echo "no uprobes in this kernel"; return; } ;;
		kallsyms)
			awk '$1 !~ /^0+$/ { f = 1; exit } END { exit !f }' \
				/proc/kallsyms 2>/dev/null ||
				{ echo "kernel addresses are hidden"; return; } ;;
		bash)
			[ -x /bin/bash ] || { echo "no /bin/bash"; return; } ;;
		*)
			echo "unknown need '$need'"; return ;;
		esac
	done
}

# Wait for a pattern in a file, at most N tenths of a second.
await() {
	tries=$3
	while [ "$tries" -gt 0 ]; do
		grep -q "$1" "$2" 2>/dev/null && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

# Run FILE under EXE: run_script EXE FILE OUT ERR. Sets $status.
# // RUN: command    started by -c, held until all is attached
# // START: command  started by us and held; its pid is {pid} in // ARGS;
#                    let go when attached, then the tracer gets a SIGINT
# // TAIL: args      what follows the script's name
run_script() {
	exe=$1 file=$2 out=$3 err=$4
	args=$(header "$file" ARGS)
	run=$(header "$file" RUN)
	start=$(header "$file" START)
	tail=$(header "$file" TAIL)
	status=0
	: >"$err" # what the last script left says "Attached"
	if [ -n "$start" ]; then
		run_started
	elif [ -n "$run" ]; then
		timeout -s INT -k 5 "$LIMIT" "$exe" $(fill "$args") \
			-c "$(fill "$run")" "$file" $(fill "$tail") \
			</dev/null >"$out" 2>"$err" || status=$?
	else
		timeout -s INT -k 5 "$LIMIT" "$exe" $(fill "$args") "$file" \
			$(fill "$tail") </dev/null >"$out" 2>"$err" ||
			status=$?
	fi
}

run_started() {
	gate=$(mktemp -u "${TMPDIR:-/tmp}/gate.XXXXXXXX")
	mkfifo -m 600 "$gate"
	$(fill "$start") <"$gate" >/dev/null 2>&1 &
	worker=$!
	exec 9>"$gate"
	rm -f "$gate"
	timeout -s INT -k 5 "$LIMIT" "$exe" $(fill "$args" $worker) "$file" \
		$(fill "$tail" $worker) </dev/null >"$out" 2>"$err" 9>&- &
	tracer=$!
	await '^Attach' "$err" 100
	# The old peers say "Attaching" before they attach.
	grep -q '^Attaching' "$err" && sleep 2
	echo >&9
	exec 9>&-
	wait $worker 2>/dev/null
	sleep 0.1
	kill -INT $tracer 2>/dev/null
	wait $tracer || status=$?
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
