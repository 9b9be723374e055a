# ASSERTION: what is wrong with the options of a script
# ROWS: 9.4.errors
# ROWS: 8.5.options 14.36
# NEEDS: root
script='begin { print((getopt("foo", 1), getopt("bar", false), getopt("baz", "")));
	exit(); }'
try() {
	"$JIFFY" -q -e "$script" "$@" 2>&1 || true
}
try -- --foo=5 --bar --baz=x
try -- --foo=abc
try -- --foo
try -- --bar=maybe
try -- --baz
try -- --zoo=1
script='begin { print(getopt("foo", 1)); print(getopt("foo", 1, "said later")); exit(); }'
try -- --help
