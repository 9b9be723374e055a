# ASSERTION: a reader that goes away ends the tracer quietly
# ROWS: 10.pipe 7.1.reader_gone
# NEEDS: root
"$JIFFY" -q -e 'BEGIN { printf("a\n"); } interval:ms:5 { printf("b\n"); }' \
	2>&1 | head -n 1
