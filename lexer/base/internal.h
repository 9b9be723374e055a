/* SPDX-License-Identifier: MIT */
/* What the files of lexer/base share among themselves. */
#ifndef JIFFY_BASE_INTERNAL_H
#define JIFFY_BASE_INTERNAL_H

#include "base.h"

/* Say so and exit: there is nothing left to do it with. */
_Noreturn void base_out_of_memory(void);

#endif
