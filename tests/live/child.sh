# ASSERTION: -c holds the child until attached; its end ends the trace
# ROWS: 9.3.life
# NEEDS: root
"$JIFFY" -q -c "$WORKLOAD idle 100" -e 'END { printf("%d\n", cpid > 1); }'
echo "# a folder is no command; a pid is a number"
"$JIFFY" -c / -e 'begin { exit(); }' 2>&1 || echo $?
"$JIFFY" -p 1x -e 'begin { exit(); }' 2>&1 || echo $?
"$JIFFY" -p abc -e 'begin { exit(); }' 2>&1 || echo $?
