# ASSERTION: skboutput() writes packets that other programs can read: pcap, each beginning with its IP header
# ROWS: 4.3.skboutput
# NEEDS: root btf
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
take() { # SCRIPT
	timeout -s INT -k 2 20 "$JIFFY" -q --no-warnings -c "$WORKLOAD connect 1" \
		-e "rawtracepoint:netif_receive_skb /pid == cpid/ { $1 }" 2>&1 |
		grep . || :
}
bytes() { # FILE FROM COUNT
	od -An -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
	echo
}
take "skboutput(\"$dir/whole\", args.skb, 1500, 0); @n = count();" | sed 's/[0-9]*$/N/'
bytes "$dir/whole" 0 4   # magic
bytes "$dir/whole" 16 8  # longest packet, link type
bytes "$dir/whole" 40 1  # IPv4, five words
bytes "$dir/whole" 49 1  # TCP
bytes "$dir/whole" 52 8  # from and to
take "skboutput(\"$dir/cut\", args.skb, 21, 0); exit();"
echo "$(wc -c <"$dir/cut") bytes, of $(bytes "$dir/cut" 36 4)"
take "\$n = args.skb.len; skboutput(\"$dir/skip\", args.skb, \$n, 12); exit();"
bytes "$dir/skip" 40 8
take "print(skboutput(\"$dir/none/x\", args.skb, 10, 0)); exit();" | sed "s|$dir|DIR|"
