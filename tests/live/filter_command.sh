# ASSERTION: -c limits what is attached to a process, and filters nothing else
# ROWS: 3.17.c
# NEEDS: root tracefs uprobe
# Another process, known by its name, does its part while the command waits.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/go" "$dir/done"
other=other$$
ln -s "$(realpath "$WORKLOAD")" "$dir/$other"
{
	"$dir/$other" wait 1 getppid 3 call 4 <"$dir/go"
	echo >"$dir/done"
} &
cat >"$dir/own" <<-END
	echo >"$dir/go"
	read x <"$dir/done"
	exec "$WORKLOAD" getppid 5 call 6
END
"$JIFFY" -q -c "sh $dir/own" -e "
	tracepoint:syscalls:sys_enter_getppid /comm == \"$other\"/ {
		@kernel_other = count();
	}
	tracepoint:syscalls:sys_enter_getppid
	/pid == cpid && comm == \"workload\"/ {
		@kernel_own = count();
	}
	uprobe:$WORKLOAD:work_fn /comm == \"$other\"/ { @user_other = count(); }
	uprobe:$WORKLOAD:work_fn /pid == cpid/ { @user_own = count(); }
	profile:hz:999 /pid != cpid/ { @profile_other = count(); }"
wait
