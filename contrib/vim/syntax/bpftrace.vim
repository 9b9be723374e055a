" SPDX-License-Identifier: MIT
" Vim syntax of bpftrace scripts, as jiffy knows them.
if exists("b:current_syntax")
  finish
endif

syn case match
syn keyword btTodo contained TODO FIXME XXX
syn region  btComment start="//" end="$" contains=btTodo
syn region  btComment start="/\*" end="\*/" contains=btTodo
syn match   btShebang "\%^#!.*"
syn region  btPreProc start="^\s*#\s*\(include\|define\|ifdef\|ifndef\|if\|else\|endif\|undef\|pragma\)" end="$" contains=btComment,btString
syn match   btEscape contained "\\\([nrt\"\\]\|[0-7]\{1,3}\|x\x\{1,2}\)"
syn match   btFormat contained "%[-+ #0]*\(\d\+\|\*\)\?\(\.\d\+\)\?\(hh\|h\|ll\|l\|j\|z\|t\)\?[a-zA-Z%]"
syn region  btString start=+"+ skip=+\\.+ end=+"+ oneline contains=btEscape,btFormat
syn match   btNumber "\<\d[0-9_]*\(e\d\+\)\?\(ns\|us\|ms\|s\|m\|h\|d\|u\|ul\|ull\|l\|ll\)\?\>"
syn match   btNumber "\<0x[0-9a-fA-F_]\+\>"
syn match   btMap "@\h\w*\|@"
syn match   btVariable "\$\h\w*"
syn match   btParam "\$\d\+\|\$#"
syn keyword btConditional if else
syn keyword btRepeat for while unroll break continue return
syn keyword btKeyword let macro import config comptime offsetof sizeof typeof
syn keyword btKeyword typeinfo fn struct union enum true false
syn keyword btType int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
syn keyword btType string buffer
syn keyword btProbe begin end self kprobe kretprobe uprobe uretprobe usdt
syn keyword btProbe tracepoint rawtracepoint fentry fexit kfunc kretfunc iter
syn keyword btProbe interval profile software hardware watchpoint
syn keyword btProbe asyncwatchpoint test bench BEGIN END
syn keyword btFunction assert avg bswap buf cat cgroup_path cgroupid clear comm
syn keyword btFunction container_of count debugf delete errorf exit fail find
syn keyword btFunction getopt has_key hist is_array is_err is_integer
syn keyword btFunction is_literal is_ptr is_str is_unsigned_integer join kaddr
syn keyword btFunction kfunc_allowed kfunc_exist kptr kstack ksym leader_comm
syn keyword btFunction leader_tid len lhist macaddr max memcmp min nsecs ntop
syn keyword btFunction override path pcomm percpu_kaddr pid ppid print printf
syn keyword btFunction pton reg signal signal_name signal_thread skboutput
syn keyword btFunction socket_cookie static_assert stats str str_concat strcap
syn keyword btFunction strcontains strerror strftime strlen strncmp strstr sum
syn keyword btFunction syscall_name system tid time tseries uaddr unwatch uptr
syn keyword btFunction ustack usym warnf write_user zero
syn keyword btBuiltin arg0 arg1 arg10 arg11 arg2 arg3 arg4 arg5 arg6 arg7 arg8
syn keyword btBuiltin arg9 args cgroup config cpid cpu ctx curtask
syn keyword btBuiltin default_str_length elapsed func gid has_cpid jiffies
syn keyword btBuiltin ncpus numaid probe probetype rand retval sarg0 sarg1
syn keyword btBuiltin sarg2 sarg3 sarg4 sarg5 sarg6 sarg7 sarg8 sarg9 uid
syn keyword btBuiltin usermode username

hi def link btTodo        Todo
hi def link btComment     Comment
hi def link btShebang     PreProc
hi def link btPreProc     PreProc
hi def link btEscape      SpecialChar
hi def link btFormat      Special
hi def link btString      String
hi def link btNumber      Number
hi def link btMap         Identifier
hi def link btVariable    Identifier
hi def link btParam       Macro
hi def link btConditional Conditional
hi def link btRepeat      Repeat
hi def link btKeyword     Keyword
hi def link btType        Type
hi def link btProbe       StorageClass
hi def link btFunction    Function
hi def link btBuiltin     Constant

let b:current_syntax = "bpftrace"
