" SPDX-License-Identifier: MIT
au BufRead,BufNewFile *.bt setfiletype bpftrace
