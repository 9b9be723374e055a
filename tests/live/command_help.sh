# ASSERTION: help, version, usage, -v, -d, --fmt -o
# NEEDS: root
# ROWS: 9.1.usage 9.1.help 9.1.verbose 9.1.fmt 9.1.debug 9.6.fixpoint
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
run() { # the first two lines of each stream, and the status
	status=0
	"$JIFFY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	echo "$* = $status"
	head -n "${lines:-2}" "$tmp/out" | sed 's/^/1> /'
	head -n "${lines:-2}" "$tmp/err" | sed "s|^$JIFFY|jiffy|; s/^/2> /"
}
run
run --he
run -h
run -V
run --version
run --zzz
run -Z
run -e
run --b
run --pid
run -p 1 -c true -e 'BEGIN { }'
run /nonexistent/script.bt
run -v -e 'BEGIN { exit(); }'
run -d xyz -e 'BEGIN { exit(); }'
lines=1
for stage in ast sema ir ra bpf ir=fold types codegen verifier; do
	run -d $stage -e 'BEGIN { @ = 1; }'
done
for word in --folow --time-out=5 --nothing-like-it --pid; do
	echo "$word"
	"$JIFFY" $word 2>&1 | grep HINT || :
done
# The first line of help names every option that long_options has.
"$JIFFY" -h | grep -o -- '--[a-z-]*' | sort -u | wc -l |
	awk '{ print ($1 > 25) }'

printf 'BEGIN{\n// why\nprintf("%%d",1+2)}' >"$tmp/a.bt"
"$JIFFY" --fmt "$tmp/a.bt" | tee "$tmp/b.bt"
"$JIFFY" --fmt -o "$tmp/a.bt" "$tmp/a.bt"
cmp "$tmp/a.bt" "$tmp/b.bt"
"$JIFFY" --fmt "$tmp/b.bt" | cmp - "$tmp/b.bt"
echo 'BEGIN { printf( }' >"$tmp/c.bt"
"$JIFFY" --fmt -o "$tmp/c.bt" "$tmp/c.bt" 2>/dev/null || echo "status $?"
cat "$tmp/c.bt"
