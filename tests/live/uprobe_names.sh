# ASSERTION: C++ functions by their plain names, in probes, lists and stacks
# ROWS: 3.8.cpp 3.16.cpp
# NEEDS: root uprobe names demangle
P=$BUILD/tests/live/names
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P" "$@" 2>&1 |
		sed "s|$P|names|g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/" | sort
}
run -e "uprobe:$P:cpp:\"ns::f\" { printf(\"%s %s\n\", probe, func) }"
run -e "uprobe:$P:cpp:\"ns::f(int)\" { printf(\"%s %d\n\", probe, arg0) }"
run -e "uprobe:$P:cpp:\"ns::f(char const*, *)\" { printf(\"%s\n\", probe) }"
run -e "uprobe:$P:cpp:\"ns::counter::get\" { printf(\"%s\n\", probe) }"
run -e "uprobe:$P:cpp:*pick* { printf(\"%s\n\", usym(reg(\"ip\"))) }"
run -e "uprobe:$P:cpp:\"ns::operator+\" { print(ustack(1)) }"
run -e "uretprobe:$P:cpp:\"ns::f(int)\" { printf(\"%s %d\n\", probe, retval) }"
run -e "uprobe:$P:cpp:plain { printf(\"%s %s\n\", probe, func) }"
BPFTRACE_CPP_DEMANGLE=0 run -e "uprobe:$P:cpp:\"ns::f(int)\" { print(func) }"
BPFTRACE_NO_CPP_DEMANGLE=1 run -e \
	"uprobe:$P:cpp:\"ns::f(int)\" { print(func) }"
# References, classes, base classes.
run -e "uprobe:$P:plain { print(args.c.value); print(args.b->b);
	print(args.c.b) }"
run -e "uprobe:$P:cpp:\"ns::counter::get\" { print(args.more);
	print(args.this->value) }"
run -e "uprobe:$P:cpp:\"ns::nosuch\" { }"
run -e "uprobe:$P:rust:x { }"
run -e "uprobe:$P:cpp:ns::f { }"
"$JIFFY" -l "uprobe:$P:cpp:ns::*" | sed "s|$P|names|"
"$JIFFY" -lv "uprobe:$P:plain,uprobe:$P:_ZN2ns1fEi" | sed "s|$P|names|"
