# ASSERTION: a function whose name several have is attached to in all forms
# NEEDS: root kprobe
# ROWS: 3.5.name
# Programs of 64 and of 32 bits have a loader each, of the same name.
grep -c ' load_elf_binary$' /proc/kallsyms
for without in '' '--no-feature kprobe_multi'; do
	"$JIFFY" -q $without -c "$WORKLOAD missing 1" -e '
		kprobe:load_elf_binary /pid == cpid/ { @in[func] = count(); }
		kretprobe:load_elf_binary /pid == cpid/ {
			@out[func, retval] = count();
		}' 2>&1 | grep .
done
