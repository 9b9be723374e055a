# ASSERTION: what the machine refuses has a reason that is said: an old kernel,
# ASSERTION: locked memory, lockdown, root who is none
# NEEDS: root unshare
# ROWS: 8.3.old 8.3.memlock 8.3.lockdown
# KERNELS: no
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
try() { # COMMAND... : of an empty begin probe
	status=0
	"$@" -q -e 'begin { print("ran"); exit(); }' >"$dir/out" 2>&1 ||
		status=$?
	grep . "$dir/out" | sed 's/version ([^)]*) is/version (..) is/'
	echo "status $status"
}
echo "# Linux 2.6"
try setarch --uname-2.6 "$JIFFY"
try setarch --uname-2.6 "$JIFFY" --no-warnings
echo "# no program may be loaded, and the limit cannot be raised"
try unshare -U -r setarch --uname-2.6 "$JIFFY" --no-warnings
try unshare -U -r setarch --uname-2.6 "$JIFFY"
echo "# a user namespace"
try unshare -U -r "$JIFFY"
echo "# root of a container"
try setpriv --bounding-set -all,+perfmon "$JIFFY"
try setpriv --bounding-set -all,+perfmon,+bpf "$JIFFY"
locked() { # STATE COMMANDS : as if, where it matters to us
	echo "# lockdown: $1"
	unshare -m sh -ec "mount -t tmpfs none /sys/kernel
		mkdir /sys/kernel/security
		echo '$1' >/sys/kernel/security/lockdown
		$2" 2>&1 | grep -E 'ERROR|HINT: (the|this)|ran'
}
refused='unshare -U -r "$JIFFY" -q -e "begin { print(\"ran\"); exit(); }"'
opened='mount -t tmpfs none /proc
	"$JIFFY" -q -e "tracepoint:sched:sched_switch { exit(); }"'
for state in '[none] integrity confidentiality' \
	'none [integrity] confidentiality' 'none integrity [confidentiality]'; do
	locked "$state" "$refused" || :
	locked "$state" "$opened" || :
done
