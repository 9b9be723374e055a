# ASSERTION: test and bench probes, what is printed of them
# ROWS: 3.14.test 3.14.bench 3.14.mode 3.14.unique 7.8.test 7.8.bench 7.8.json
# NEEDS: root
untimed() {
	sed -E 's/\([0-9]+ (ns|μs|ms|s)\)$/(TIME)/
		s/^([a-z_]+ +)[0-9]+ +[0-9]+$/\1NS COUNT/
		s/"(duration|average|iters)": [0-9]+/"\1": N/g'
}
script=/tmp/testing.$$
cat >$script <<'X'
begin { printf("begin\n"); @n = 1; }
test:pass { printf("in pass\n"); assert(@n == 1, "fine"); }
test:failing { printf("in failing\n"); assert(1 == 2, "not equal");
	printf("not reached\n"); }
test:returns { printf("%s %s\n", probe, probetype); return 1; }
test:error { errorf("oops %d", 3); }
bench:count { @ = count(); }
bench:a_name_that_needs_more_than_the_forty_one_columns { print(1); }
bench:returns { return 5; }
end { printf("end\n"); }
interval:s:1 { printf("not reached\n"); }
X
exe() {
	"$JIFFY" "$@" 2>&1 || echo "status $?"
}
exe --test $script | untimed | sed "s|$script|FILE|g"
exe -f json --test $script | untimed | sed "s|$script|FILE|g"
exe --bench $script | untimed
exe -f json --bench $script | untimed
exe --test --probe-filter 'ret|err' $script | untimed
exe --test --probe-filter '(' $script
exe --test -e 'begin { printf("b\n"); } end { printf("e\n"); @x = 1; }'
exe --test -e 'bench:x { }'
exe -e 'test:x { }'
exe -e 'bench:x { }'
exe -e 'test:x { printf("not reached"); } begin { printf("b\n"); exit(); }'
exe --bench -e 'bench:x { assert(0, "no"); }'
exe --test -e 'test:x { } test:x { }'
exe --test -e 'test: { }'
exe --test -e 'test { }'
exe --test --bench -e 'test:x { }'
exe --mode test -e 'test:x { exit(); } test:y { exit(2); }' | untimed
rm -f $script
