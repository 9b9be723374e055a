# ASSERTION: the sample in a tool's header has the columns that it prints
# KERNELS: no
# NEEDS: root tracefs btf
headings() { # the first line of two names in capitals, single blanks
	sed -nE '/^[A-Z]+[A-Z()a-z]*  *[A-Z]/{s/ +/ /g;s/ $//;p;q}'
}
for tool in examples/*.bt; do
	sample=$(sed '/\*\//q' "$tool" | sed -n 's/^ \*     //p' | headings)
	[ -n "$sample" ] || continue
	timeout -k 2 20 "$JIFFY" -q -c true "$tool" >"$BUILD/sample.$$" 2>&1 || :
	printed=$(headings <"$BUILD/sample.$$")
	rm "$BUILD/sample.$$"
	[ "$sample" = "$printed" ] || echo "$tool: $sample / $printed"
done
echo done
