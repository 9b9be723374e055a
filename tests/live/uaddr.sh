# ASSERTION: uaddr() is where a function is; its type goes by the symbol's size
# ROWS: 4.3.uaddr 4.3.reg
# NEEDS: root uprobe
"$JIFFY" -q -c "$WORKLOAD call 1" -e "uprobe:$WORKLOAD:work_fn {
	print((uint64)uaddr(\"work_fn\") == reg(\"ip\")); print(reg(\"pc\") == reg(\"ip\"));
	print(reg(\"di\") == arg0); exit(); }" 2>&1
