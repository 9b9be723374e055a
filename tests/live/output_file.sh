# ASSERTION: -o takes the output, not the notice; -q silences the notice
# NEEDS: root
dir=$(mktemp -d)
"$JIFFY" -o "$dir/out" -e 'BEGIN { printf("x\n"); exit(); }' 2>"$dir/err"
cat "$dir/err" "$dir/out"
"$JIFFY" -q -e 'BEGIN { printf("y\n"); exit(); }' 2>&1
rm -r "$dir"
