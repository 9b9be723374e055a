# ASSERTION: numbers of processes are those of the tracer's own pid namespace
# ROWS: 4.1.pid 10.pid_namespace
# NEEDS: root tracefs
unshare --fork --pid --mount-proc true 2>/dev/null ||
	{ echo "no pid namespaces" >&2; exit 77; }
"$WORKLOAD" turns 60000 & # in no namespace but the first
outside=$!
trap 'kill $outside' EXIT
# shellcheck disable=SC2016
unshare --fork --pid --mount-proc sh -c '
"$WORKLOAD" turns 60000 &
inside=$!
run() {
	timeout -k 2 20 "$JIFFY" -q "$@" 2>&1 | grep . | sed "s/$inside/N/g"
}
run -p $inside -e "tracepoint:raw_syscalls:sys_enter {
	@[pid, tid, pid(init) == pid] = 1; } interval:ms:300 { exit(); }"
run -p $inside -e "software:task-clock:100000 {
	@clock[pid, comm] = 1; } interval:ms:300 { exit(); }"
run -c "$WORKLOAD getppid 3" -e "
	tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @child++; }"
run -e "begin { print(pid == tid && pid != pid(init) && pid < 100); }"
run -e "tracepoint:syscalls:sys_enter_getppid /comm == \"workload\"/ {
	@seen[pid] = 1; } interval:ms:300 { exit(); }"
run --follow -p $inside -e "software:task-clock:100000 { }"
kill $inside
'
