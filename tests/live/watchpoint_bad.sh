# ASSERTION: wrong lengths and modes are errors
# NEEDS: root
for what in 0x1000:3:w 0x1000:8:r 0x1000:8:ww 0x1000:8:q x:8:w; do
	"$JIFFY" -e "watchpoint:$what { }" 2>&1 || echo "status $?"
done
