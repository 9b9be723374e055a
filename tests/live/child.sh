# ASSERTION: -c holds the child until attached; its end ends the trace
# ROWS: 9.3.life
# NEEDS: root
"$JIFFY" -q -c "$WORKLOAD idle 100" -e 'END { printf("%d\n", cpid > 1); }'
