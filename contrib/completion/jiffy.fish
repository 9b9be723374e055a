# SPDX-License-Identifier: MIT
# fish completion of jiffy: attach points are those that -l lists.

function __jiffy_probes
	set -l word (commandline -ct)
	if string match -q '*:*' -- $word
		jiffy -l "$word*" 2>/dev/null
	else
		printf '%s\n' begin end self: kprobe: kretprobe: uprobe: \
			uretprobe: usdt: tracepoint: rawtracepoint: fentry: \
			fexit: iter: interval: profile: software: hardware: \
			watchpoint:
	end
end

complete -c jiffy -s e -x -d 'run this program text'
complete -c jiffy -s l -l list -x -a '(__jiffy_probes)' -d 'list probes'
complete -c jiffy -s p -l pid -x -a '(__fish_complete_pids)' -d 'one process'
complete -c jiffy -s c -l cmd -x -a '(__fish_complete_command)' -d 'run a command'
complete -c jiffy -s o -l output -r -d 'output goes there'
complete -c jiffy -s f -x -a 'text json folded' -d 'output format'
complete -c jiffy -s B -x -a 'line full none' -d 'output buffering'
complete -c jiffy -s I -x -a '(__fish_complete_directories)' -d 'C headers'
complete -c jiffy -l include -r -d 'include this file first'
complete -c jiffy -l unsafe -d 'permit what changes the system'
complete -c jiffy -s q -l quiet -d 'no attach notice'
complete -c jiffy -s v -l verbose -d 'tell more'
complete -c jiffy -s k -l warnings -d 'show failing reads as well'
complete -c jiffy -l no-warnings -d 'show no warnings'
complete -c jiffy -l quiet-maps -d 'print no maps at the end'
complete -c jiffy -l strict -d 'status 3 if anything was lost'
complete -c jiffy -l timeout -x -d 'end after so long'
complete -c jiffy -l flamegraph -r -F -d 'draw the stacks as'
complete -c jiffy -l ready-fd -x -d 'write a byte there once attached'
complete -c jiffy -l debuginfo -r -d 'look for separate debug files there'
complete -c jiffy -l traceable-functions -r -d 'a list of kernel functions'
complete -c jiffy -l follow -d 'all descendants of -p or -c'
complete -c jiffy -l escape -d 'show control characters'
complete -c jiffy -l child-status -d 'end with the status of -c'
complete -c jiffy -l test -d 'run the test probes'
complete -c jiffy -l bench -d 'run the bench probes'
complete -c jiffy -l probe-filter -x -d 'only those that match'
complete -c jiffy -l missing-probes -x -a 'error warn ignore' -d 'what is not there'
complete -c jiffy -l dry-run -d 'attach, then leave'
complete -c jiffy -l wait-detach -d 'wait until the kernel has let go'
complete -c jiffy -l no-feature -x -d 'do without' \
	-a 'kprobe_multi uprobe_multi attach_cookie raw_tracepoint perf_tracepoint ksym_iter loop for_each_map_elem'
complete -c jiffy -l info -d 'what this kernel can do'
complete -c jiffy -l fmt -d 'print the script formatted'
complete -c jiffy -s d -x -a 'ast sema ir ra bpf all' -d 'print a stage'
complete -c jiffy -l check -d 'compile scripts, run none'
complete -c jiffy -l kernel -x -a '(__fish_complete_directories)' -d 'ask this folder'
complete -c jiffy -l btf -r -d 'kernel types from'
complete -c jiffy -s h -l help -d 'help'
complete -c jiffy -s V -l version -d 'version'
