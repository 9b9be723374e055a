# ASSERTION: a program on the standard input, its name in messages
# NEEDS: root
printf "%s\n" 'BEGIN { printf("from stdin\n"); exit(); }' | "$JIFFY" -q -
