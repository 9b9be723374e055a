# ASSERTION: a program on the standard input, its name in messages
# ROWS: 9.1.file
# NEEDS: root
printf "%s\n" 'BEGIN { printf("from stdin\n"); exit(); }' | "$JIFFY" -q -
