/* SPDX-License-Identifier: MIT */
/*
 * The table of constants that headers give, so that common scripts run where
 * no header is installed. The values are the kernel's (O_LARGEFILE is not 0).
 * Without pointers: those of a position-independent program are written anew
 * at each start.
 */
#include <stddef.h>
#include <string.h>

#include "internal.h"

/* All names in a row, each where its member is. */
static const struct names {
#define CONSTANT(name, value) char n_##name[sizeof(#name)];
#define CONSTANT_BY_ARCH(name, x86, arm64) CONSTANT(name, x86)
#include "constants.def"
#undef CONSTANT
} names = {
#define CONSTANT(name, value) #name,
#include "constants.def"
#undef CONSTANT
};

#define AT(name) offsetof(struct names, n_##name)
static const uint16_t at[] = {
#define CONSTANT(name, value) AT(name),
#include "constants.def"
#undef CONSTANT
};

/* A value in two parts: few have more than 32 bits. */
static const uint32_t low[] = {
#define CONSTANT(name, value) (uint32_t)(value),
#include "constants.def"
#undef CONSTANT
};

static const int8_t high[] = {
#define CONSTANT(name, value) (int8_t)((int64_t)(value) >> 32),
#include "constants.def"
#undef CONSTANT
#undef CONSTANT_BY_ARCH
};

static const struct {
	uint16_t at;
	int64_t value;
} arm64[] = {
#define CONSTANT(name, value)
#define CONSTANT_BY_ARCH(name, x86, arm) { AT(name), arm },
#include "constants.def"
#undef CONSTANT
#undef CONSTANT_BY_ARCH
};

#define CONSTANT(name, value)                                                  \
	_Static_assert(AT(name) <= UINT16_MAX &&                               \
			       (int8_t)((int64_t)(value) >> 32) ==             \
				       (int64_t)(value) >> 32,                 \
		       #name);
#define CONSTANT_BY_ARCH(name, x86, arm64) CONSTANT(name, x86)
#include "constants.def"
#undef CONSTANT
#undef CONSTANT_BY_ARCH

static int64_t
value_of(size_t i, enum cdef_arch arch)
{
	for (size_t k = 0; arch == CDEF_ARM64 && k < ARRAY_LEN(arm64); k++)
		if (arm64[k].at == at[i])
			return arm64[k].value;
	return (int64_t)((uint64_t)(int64_t)high[i] << 32 | low[i]);
}

bool
cdef_constant(const char *name, enum cdef_arch arch, int64_t *value)
{
	size_t lo = 0, hi = ARRAY_LEN(at);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, cdef_constant_name(mid));

		if (!order) {
			*value = value_of(mid, arch);
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
	return i < ARRAY_LEN(at) ? (const char *)&names + at[i] : NULL;
}
