# ASSERTION: SIGINT and SIGTERM end cleanly: END runs, maps print, status 0
# ROWS: 9.3.signals
# NEEDS: root
for sig in INT TERM; do
	status=0
	timeout --preserve-status -s $sig 2 "$JIFFY" -q -e '
		BEGIN { @x = 1; } interval:s:60 { } END { printf("end\n"); }' ||
		status=$?
	echo "status $status"
done
