# ASSERTION: twenty scripts as people wrote them for bpftrace 0.9 to 0.21 run and print what they printed, in the newest layout
# ROWS: 15.aggregate_number 15.aggregate_value 15.scope 15.while 15.names 15.headers 15.curtask
# NEEDS: root tracefs uprobe btf
# KERNELS: slow
# Their options stand at their end.
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
option() { # FILE WORD
	sed -n "s|^// $2: ||p" "$1"
}
for script in tests/fixtures/old/*.bt; do
	echo "# $(basename "$script" .bt)"
	sed "s|WORKLOAD|$WORKLOAD|" "$script" >"$dir/script.bt"
	run=$(option "$script" RUN)
	set -- "$dir/script.bt" $(option "$script" TAIL)
	[ -z "$run" ] || set -- -c "$WORKLOAD $run" "$@"
	timeout -s INT -k 2 20 "$JIFFY" -q --no-warnings \
		$(option "$script" ARGS) "$@" </dev/null 2>&1
done
