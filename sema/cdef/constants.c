/* SPDX-License-Identifier: MIT */
/*
 * The table of constants that headers give, so that common scripts run where
 * no header is installed. The values are the kernel's (O_LARGEFILE is not 0).
 */
#include <string.h>

#include "internal.h"

static const struct constant {
	const char *name;
	int64_t value[2]; /* by enum cdef_arch */
} constants[] = {
#define CONSTANT(name, value) { #name, { value, value } },
#define CONSTANT_BY_ARCH(name, x86, arm64) { #name, { x86, arm64 } },
#include "constants.def"
#undef CONSTANT
#undef CONSTANT_BY_ARCH
};

bool
cdef_constant(const char *name, enum cdef_arch arch, int64_t *value)
{
	size_t lo = 0, hi = ARRAY_LEN(constants);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, constants[mid].name);

		if (!order) {
			*value = constants[mid].value[arch];
			return true;
		}
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

const char *
cdef_constant_name(size_t i)
{
	return i < ARRAY_LEN(constants) ? constants[i].name : NULL;
}
