# ASSERTION: intervals are named in microseconds
# ROWS: 14.16
# NEEDS: root
"$JIFFY" -q -e 'interval:1s { print(probe); exit(); }'
"$JIFFY" -q -e 'interval:ms:50 { print(probe); exit(); }'
