# ASSERTION: -l and -lv of a script: what its attach points match, in order
# ROWS: 3.16.script 3.16.script-verbose 3.16.empty 3.16.anycategory 3.16.types
# NEEDS: root tracefs btf uprobe
cat >/tmp/list.$$.bt <<'X'
begin { } interval:s:1 { } interval:500us { }
tracepoint:sched:sched_wak* { } profile:hz:99 { } software:cs:1 { }
watchpoint:0x1000:8:w { } self:signal:SIGUSR1 { } test:x { } bench:y { }
rawtracepoint:sched_switch { }
X
"$JIFFY" -l /tmp/list.$$.bt
echo
rm /tmp/list.$$.bt
"$JIFFY" -l -e 'tracepoint:sched:sched_switch { } hardware:cycles { } end { }'
"$JIFFY" -lv -e 'rawtracepoint:sched_wakeup* { } uprobe:/bin/bash:readline { }' \
	2>/dev/null | grep -v '_state$'
echo
# An empty name is any, and so is a category that is left out.
"$JIFFY" -l 'interval:'
"$JIFFY" -l 'tracepoint:sched_switch,self:'
"$JIFFY" -l 'tracepoint:sched'
"$JIFFY" -l 'software:cs*,software:cs'
"$JIFFY" -l nosuchthing && echo nothing found is no mistake
echo
"$JIFFY" -lv 'enum hrtimer_mode' | head -n 3
"$JIFFY" -l 'struct path,union bpf_attr,enum hrtimer_mode'
"$JIFFY" -lv 'struct path'
"$JIFFY" -l /nosuch.bt 2>&1
