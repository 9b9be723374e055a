# ASSERTION: -l of usdt probes names file, namespace and name
# NEEDS: root
short() {
	sed "s|:$WORKLOAD:|:workload:|"
}
"$JIFFY" -l "usdt:$WORKLOAD:*" | short
echo
"$JIFFY" -l "usdt:$WORKLOAD:bytes" | short
echo
"$JIFFY" -l "usdt:$WORKLOAD:jiffy:t*" | short
"$JIFFY" -l "usdt:$WORKLOAD:nosuch"
