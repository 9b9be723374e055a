# ASSERTION: what a kernel without a helper cannot do is said in a sentence
try() {
	"$JIFFY" -q --no-feature loop,for_each_map_elem -d bpf -e "$1" 2>&1 |
		grep ERROR
}
try 'begin { @[1] = 2; for ($kv : @) { print($kv); } }'
try 'begin { @[1] = 2; print(len(@)); }'
try 'begin { print(strcontains(comm, str($1, 4))); }'
