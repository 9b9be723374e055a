# ASSERTION: histograms of 10,000 lines and maps of 100,000 keys print whole
# ROWS: 10.large
# NEEDS: root
# KERNELS: slow
run() { # SCRIPT [KEYS]
	"$JIFFY" -q -e "config = { max_map_keys = ${2:-200000} } begin { $1 exit(); }"
}
echo "# ten histograms of 1,000 buckets, bucket 0 twice in each"
run 'for ($i : 0..10000) { @[$i / 1000] = lhist($i % 1000, 0, 1000, 1); }
	for ($i : 0..10) { @[$i] = lhist(0, 0, 1000, 1); }' | awk '
	/^@/ { maps++ }
	/^\[0\] / { first += $2; next }
	/^\[/ { lines++; sum += $2; bars += length($0) == 79 }
	END { print maps, lines, sum, first, bars }'
echo "# 10,000 histograms, of 1 to 40 lines"
run 'for ($i : 0..10000) { @[$i] = hist($i); @[$i] = hist(1 << ((uint64)$i % 40)); }' \
	10000 | awk '
	/^@/ { maps++ }
	/^\[.*@/ { sum += $(NF - 1) == "|" ? 0 : $0 ~ / 2 \|/ ? 2 : 1 }
	END { print maps, sum }'
echo "# 100,000 keys, sorted by value; the last ones; of several types"
fill='for ($i : 0..100000) { @[$i, "key"] = $i; }'
run "$fill" | awk -F '[][, :]+' '
	/^@/ { n++; sum += $4; ordered += $4 == n - 1 && $2 == $4 }
	END { print n, sum / n, ordered }'
run "$fill print(@, 2); clear(@);"
run 'for ($i : 0..100000) { @[comm, $i] = count(); @s[$i] = stats($i); }' |
	awk '/^@s/ { s++; next } /^@\[/ { c++ } END { print c, s }'
echo "# as JSON"
"$JIFFY" -q -f json -e "config = { max_map_keys = 200000 }
	begin { $fill exit(); }" | awk -F '"' '{
		print length($0), ($0 ~ /}}}$/), NF
	}'
