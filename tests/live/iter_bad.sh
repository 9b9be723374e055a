# ASSERTION: what an iterator cannot be
# ROWS: 3.12.alone 3.12.missing 3.12.wildcard 3.12.list
# NEEDS: root btf
"$JIFFY" -e 'iter:nosuch { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'iter:task* { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'iter:task,iter:task_file { }' 2>&1 || echo "status $?"
"$JIFFY" -e 'iter:task { } interval:s:1 { }' 2>&1 || echo "status $?"
"$JIFFY" -l 'iter:task*'
"$JIFFY" -lv 'iter:task_file'
