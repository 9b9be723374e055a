# ASSERTION: kernel stacks through a module's functions and through a program
# ROWS: 7.6.owners
# NEEDS: root tracefs kprobe fentry
# COMPARE: no
. tests/live/disk
disk ext4
trap no_disk EXIT
echo "# a module"
"$JIFFY" -q -c "$WORKLOAD file 1" -e 'kprobe:jbd2__journal_start
	/pid == cpid/ { print(kstack(perf, 2)); print(kstack(2));
	printf("%s\n", ksym(reg("ip"))); exit(); }' 2>&1 |
	sed 's/^\t[0-9a-f]* /\tADDRESS /; s/+[0-9]*$/+N/; s/__ext4_[a-z_]*/__ext4_CALLER/; /^$/d'
echo "# a BPF program"
"$JIFFY" -q -e 'kprobe:do_nanosleep { @n = count(); }' >/dev/null 2>&1 &
other=$!
sleep 2
"$JIFFY" -q -c "$WORKLOAD sleep 3" -e 'fentry:bpf:kprobe_do_nanosleep_1
	/pid == cpid/ { print(kstack(8)); exit(); }' 2>&1 |
	sed -n 's/^ *bpf_prog_[0-9a-f]*_\(.*\)+.*/\1/p' | sed 's/_[0-9]*_/_ID_/'
kill $other
