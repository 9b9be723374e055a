# ASSERTION: --info has upstream's layout, and its answers are the kernel's
# ROWS: 9.1.info 9.2.layout
# NEEDS: root
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
"$JIFFY" --info >"$dir/info"
# The layout, every answer masked; columns as wide as they are.
sed -e 's/^  OS: .*/  OS: X/' -e 's/^  Arch: .*/  Arch: X/' \
	-e 's/^  version: .*/  version: X/' -e 's/: yes/: y\/n/g' \
	-e 's/: no /: y\/n/g' -e 's/: no$/: y\/n/' -e 's/$/|/' "$dir/info"

answer() { # KEY
	sed -n "s/.*  $1: \([a-z0-9]*\).*/\1/p" "$dir/info"
}
agree() { # KEY COMMAND...
	key=$1
	shift
	"$@" >/dev/null 2>&1 && want=yes || want=no
	[ "$(answer "$key")" = $want ] || echo "$key: should be $want"
}
helper() { # FUNCTION: the kernel has it
	grep -q " bpf_$1\$" /proc/kallsyms
}
modules() { # can have types of their own: since 5.11
	printf '5.11\n%s\n' "$(uname -r)" | sort -CV
}
grep -qx "  OS: $(uname -s) $(uname -r) $(uname -v)" "$dir/info"
grep -qx "  Arch: $(uname -m)" "$dir/info"
grep -qx "  version: $("$JIFFY" -V | sed 's/jiffy //')" "$dir/info"
agree get_func_ip helper get_func_ip_kprobe
agree lookup_percpu_elem helper map_lookup_percpu_elem
agree loop helper loop
agree get_tai_ns helper ktime_get_tai_ns
agree btf test -r /sys/kernel/btf/vmlinux
agree 'module btf' modules

# -o is for the script's output.
"$JIFFY" --info -o "$dir/none" | cmp - "$dir/info"
ls "$dir"

# As JSON: one object with the same answers.
"$JIFFY" --info -f json >"$dir/json"
wc -l <"$dir/json"
for key in dpath get_tai_ns loop btf 'module btf' kprobe_multi iter; do
	[ "$(answer "$key")" = yes ] && want=true || want=false
	grep -q "\"$key\": $want" "$dir/json" || echo "JSON $key"
done
