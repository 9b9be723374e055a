# ASSERTION: forms of stacks: modes, limits, in tuples, printf and keys
# ROWS: 7.6.bpftrace 7.6.perf 7.6.raw 7.6.print 7.3.stack 4.1.stacks 4.5.modes 4.5.limits 4.3.len
# NEEDS: root uprobe
run() {
	timeout -k 2 20 "$JIFFY" -q "$@" -c "$WORKLOAD call 1" 2>&1 |
		sed 's/^\(	*\)\([0-9a-f]\{6,\}\)/\1ADDR/; s/+[0-9][0-9]*/+N/g
			s/(.*workload)/(workload)/; s/ffff[0-9a-f]*/ADDR/'
}
at="uprobe:$WORKLOAD:work_fn"
echo "# text"
run -e "$at { print(ustack(1)); printf(\"%s|\\n\", ustack(1)); exit(); }"
echo "# perf"
run -e "$at { print(ustack(perf, 1)); exit(); }"
echo "# raw"
run -e "$at { print(ustack(raw, 1)); exit(); }"
echo "# none"
run -e "$at { print(ustack(0)); print((1, kstack(0))); exit(); }"
echo "# in a tuple, as key, as value"
run -e "$at { print((1, ustack(1), \"a\")); @[1, ustack(1), \"b\"] = 2; @v[1] = ustack(1); @s = ustack(1); exit(); }"
echo "# frames"
run -e "$at { print((len(ustack(1)), len(kstack) >= 0, len(ustack) > 1)); exit(); }"
echo "# the default, of config"
run -e "config = { stack_mode = \"raw\" } $at { print(ustack(1)); exit(); }"
echo "# JSON"
run -f json -e "$at { print(ustack(1)); print((1, ustack(1))); @[ustack(1)] = 1; exit(); }"
