/* SPDX-License-Identifier: MIT */
/*
 * Owns the texts that come with a compiler: the macros it predefines and the
 * headers that the C standard asks even of a compiler without a library.
 */
#include <string.h>

#include "internal.h"

static const char common_macros[] =
	"#define __STDC__ 1\n"
	"#define __STDC_VERSION__ 201710L\n"
	"#define __STDC_HOSTED__ 1\n"
	"#define __GNUC__ 12\n"
	"#define __GNUC_MINOR__ 2\n"
	"#define __GNUC_PATCHLEVEL__ 0\n"
	"#define __GNUC_STDC_INLINE__ 1\n"
	"#define __VERSION__ \"12.2.0\"\n"
	"#define __NO_INLINE__ 1\n"
	"#define __ELF__ 1\n"
	"#define __LP64__ 1\n"
	"#define _LP64 1\n"
	"#define __linux__ 1\n"
	"#define __linux 1\n"
	"#define __gnu_linux__ 1\n"
	"#define __unix__ 1\n"
	"#define __unix 1\n"
	"#define __CHAR_BIT__ 8\n"
	"#define __BIGGEST_ALIGNMENT__ 16\n"
	"#define __ORDER_LITTLE_ENDIAN__ 1234\n"
	"#define __ORDER_BIG_ENDIAN__ 4321\n"
	"#define __ORDER_PDP_ENDIAN__ 3412\n"
	"#define __BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__\n"
	"#define __FLOAT_WORD_ORDER__ __ORDER_LITTLE_ENDIAN__\n"
	"#define __USER_LABEL_PREFIX__\n"
	"#define __REGISTER_PREFIX__\n"
	"#define __extern_always_inline extern inline\n";

static const char size_macros[] =
	"#define __SIZEOF_SHORT__ 2\n"
	"#define __SIZEOF_INT__ 4\n"
	"#define __SIZEOF_LONG__ 8\n"
	"#define __SIZEOF_LONG_LONG__ 8\n"
	"#define __SIZEOF_INT128__ 16\n"
	"#define __SIZEOF_POINTER__ 8\n"
	"#define __SIZEOF_SIZE_T__ 8\n"
	"#define __SIZEOF_PTRDIFF_T__ 8\n"
	"#define __SIZEOF_WCHAR_T__ 4\n"
	"#define __SIZEOF_WINT_T__ 4\n"
	"#define __SIZEOF_FLOAT__ 4\n"
	"#define __SIZEOF_DOUBLE__ 8\n"
	"#define __SIZEOF_LONG_DOUBLE__ 16\n"
	"#define __SCHAR_MAX__ 0x7f\n"
	"#define __SHRT_MAX__ 0x7fff\n"
	"#define __INT_MAX__ 0x7fffffff\n"
	"#define __LONG_MAX__ 0x7fffffffffffffffL\n"
	"#define __LONG_LONG_MAX__ 0x7fffffffffffffffLL\n"
	"#define __SIZE_MAX__ 0xffffffffffffffffUL\n"
	"#define __PTRDIFF_MAX__ 0x7fffffffffffffffL\n"
	"#define __INTMAX_MAX__ 0x7fffffffffffffffL\n"
	"#define __UINTMAX_MAX__ 0xffffffffffffffffUL\n"
	"#define __INTPTR_MAX__ 0x7fffffffffffffffL\n"
	"#define __UINTPTR_MAX__ 0xffffffffffffffffUL\n"
	"#define __INT8_MAX__ 0x7f\n"
	"#define __INT16_MAX__ 0x7fff\n"
	"#define __INT32_MAX__ 0x7fffffff\n"
	"#define __INT64_MAX__ 0x7fffffffffffffffL\n"
	"#define __UINT8_MAX__ 0xff\n"
	"#define __UINT16_MAX__ 0xffff\n"
	"#define __UINT32_MAX__ 0xffffffffU\n"
	"#define __UINT64_MAX__ 0xffffffffffffffffUL\n"
	"#define __WINT_MAX__ 0xffffffffU\n"
	"#define __WINT_MIN__ 0U\n"
	"#define __SCHAR_WIDTH__ 8\n"
	"#define __SHRT_WIDTH__ 16\n"
	"#define __INT_WIDTH__ 32\n"
	"#define __LONG_WIDTH__ 64\n"
	"#define __LONG_LONG_WIDTH__ 64\n"
	"#define __SIZE_WIDTH__ 64\n"
	"#define __PTRDIFF_WIDTH__ 64\n"
	"#define __INTMAX_WIDTH__ 64\n"
	"#define __INTPTR_WIDTH__ 64\n";

static const char type_macros[] =
	"#define __INT8_TYPE__ signed char\n"
	"#define __INT16_TYPE__ short int\n"
	"#define __INT32_TYPE__ int\n"
	"#define __INT64_TYPE__ long int\n"
	"#define __UINT8_TYPE__ unsigned char\n"
	"#define __UINT16_TYPE__ short unsigned int\n"
	"#define __UINT32_TYPE__ unsigned int\n"
	"#define __UINT64_TYPE__ long unsigned int\n"
	"#define __INT_LEAST8_TYPE__ signed char\n"
	"#define __INT_LEAST16_TYPE__ short int\n"
	"#define __INT_LEAST32_TYPE__ int\n"
	"#define __INT_LEAST64_TYPE__ long int\n"
	"#define __UINT_LEAST8_TYPE__ unsigned char\n"
	"#define __UINT_LEAST16_TYPE__ short unsigned int\n"
	"#define __UINT_LEAST32_TYPE__ unsigned int\n"
	"#define __UINT_LEAST64_TYPE__ long unsigned int\n"
	"#define __INT_FAST8_TYPE__ signed char\n"
	"#define __INT_FAST16_TYPE__ long int\n"
	"#define __INT_FAST32_TYPE__ long int\n"
	"#define __INT_FAST64_TYPE__ long int\n"
	"#define __UINT_FAST8_TYPE__ unsigned char\n"
	"#define __UINT_FAST16_TYPE__ long unsigned int\n"
	"#define __UINT_FAST32_TYPE__ long unsigned int\n"
	"#define __UINT_FAST64_TYPE__ long unsigned int\n"
	"#define __INTMAX_TYPE__ long int\n"
	"#define __UINTMAX_TYPE__ long unsigned int\n"
	"#define __INTPTR_TYPE__ long int\n"
	"#define __UINTPTR_TYPE__ long unsigned int\n"
	"#define __SIZE_TYPE__ long unsigned int\n"
	"#define __PTRDIFF_TYPE__ long int\n"
	"#define __WINT_TYPE__ unsigned int\n"
	"#define __CHAR16_TYPE__ short unsigned int\n"
	"#define __CHAR32_TYPE__ unsigned int\n"
	"#define __INT8_C(c) c\n"
	"#define __INT16_C(c) c\n"
	"#define __INT32_C(c) c\n"
	"#define __INT64_C(c) c##L\n"
	"#define __UINT8_C(c) c\n"
	"#define __UINT16_C(c) c\n"
	"#define __UINT32_C(c) c##U\n"
	"#define __UINT64_C(c) c##UL\n"
	"#define __INTMAX_C(c) c##L\n"
	"#define __UINTMAX_C(c) c##UL\n";

static const char x86_macros[] = "#define __x86_64__ 1\n"
				 "#define __x86_64 1\n"
				 "#define __amd64__ 1\n"
				 "#define __amd64 1\n"
				 "#define __k8 1\n"
				 "#define __k8__ 1\n"
				 "#define __MMX__ 1\n"
				 "#define __SSE__ 1\n"
				 "#define __SSE2__ 1\n"
				 "#define __SIZEOF_FLOAT128__ 16\n"
				 "#define __SIZEOF_FLOAT80__ 16\n"
				 "#define __code_model_small__ 1\n"
				 "#define __WCHAR_TYPE__ int\n"
				 "#define __WCHAR_MAX__ 0x7fffffff\n"
				 "#define __WCHAR_MIN__ (-__WCHAR_MAX__ - 1)\n"
				 "#define __WCHAR_WIDTH__ 32\n";

static const char arm64_macros[] = "#define __aarch64__ 1\n"
				   "#define __AARCH64EL__ 1\n"
				   "#define __ARM_ARCH 8\n"
				   "#define __ARM_64BIT_STATE 1\n"
				   "#define __ARM_ARCH_ISA_A64 1\n"
				   "#define __ARM_NEON 1\n"
				   "#define __CHAR_UNSIGNED__ 1\n"
				   "#define __WCHAR_TYPE__ unsigned int\n"
				   "#define __WCHAR_MAX__ 0xffffffffU\n"
				   "#define __WCHAR_MIN__ 0U\n"
				   "#define __WCHAR_WIDTH__ 32\n";

const char *
pp_predefined(enum cdef_arch arch, unsigned part)
{
	switch (part) {
	case 0:
		return common_macros;
	case 1:
		return size_macros;
	case 2:
		return type_macros;
	case 3:
		return arch == CDEF_X86_64 ? x86_macros : arm64_macros;
	}
	return NULL;
}

/* ---- headers ---- */

static const char stddef_h[] =
	"#ifndef _STDDEF_H\n"
	"#if !defined(__need_size_t) && !defined(__need_NULL) && \\\n"
	"	!defined(__need_wchar_t) && !defined(__need_ptrdiff_t) && \\\n"
	"	!defined(__need_wint_t)\n"
	"#define _STDDEF_H\n"
	"#endif\n"
	"#undef NULL\n"
	"#define NULL ((void *)0)\n"
	"typedef __SIZE_TYPE__ size_t;\n"
	"typedef __PTRDIFF_TYPE__ ptrdiff_t;\n"
	"typedef __WCHAR_TYPE__ wchar_t;\n"
	"typedef __WINT_TYPE__ wint_t;\n"
	"#undef offsetof\n"
	"#define offsetof(t, m) __builtin_offsetof(t, m)\n"
	"#undef __need_size_t\n"
	"#undef __need_NULL\n"
	"#undef __need_wchar_t\n"
	"#undef __need_ptrdiff_t\n"
	"#undef __need_wint_t\n"
	"#endif\n";

static const char stdarg_h[] = "#ifndef __GNUC_VA_LIST\n"
			       "#define __GNUC_VA_LIST\n"
			       "typedef __builtin_va_list __gnuc_va_list;\n"
			       "#endif\n"
			       "#undef __need___va_list\n"
			       "typedef __gnuc_va_list va_list;\n";

static const char stdbool_h[] = "#ifndef _STDBOOL_H\n"
				"#define _STDBOOL_H\n"
				"#define bool _Bool\n"
				"#define true 1\n"
				"#define false 0\n"
				"#define __bool_true_false_are_defined 1\n"
				"#endif\n";

static const char float_h[] = "#ifndef _FLOAT_H\n"
			      "#define _FLOAT_H\n"
			      "#define FLT_RADIX 2\n"
			      "#define FLT_MANT_DIG 24\n"
			      "#define DBL_MANT_DIG 53\n"
			      "#define FLT_DIG 6\n"
			      "#define DBL_DIG 15\n"
			      "#endif\n";

static const char limits_h[] = "#ifndef _JIFFY_LIMITS_H\n"
			       "#define _JIFFY_LIMITS_H\n"
			       "#define CHAR_BIT 8\n"
			       "#define SCHAR_MIN (-128)\n"
			       "#define SCHAR_MAX 127\n"
			       "#define UCHAR_MAX 255\n"
			       "#ifdef __CHAR_UNSIGNED__\n"
			       "#define CHAR_MIN 0\n"
			       "#define CHAR_MAX UCHAR_MAX\n"
			       "#else\n"
			       "#define CHAR_MIN SCHAR_MIN\n"
			       "#define CHAR_MAX SCHAR_MAX\n"
			       "#endif\n"
			       "#define SHRT_MIN (-32768)\n"
			       "#define SHRT_MAX 32767\n"
			       "#define USHRT_MAX 65535\n"
			       "#define INT_MAX __INT_MAX__\n"
			       "#define INT_MIN (-INT_MAX - 1)\n"
			       "#define UINT_MAX 0xffffffffU\n"
			       "#define LONG_MAX __LONG_MAX__\n"
			       "#define LONG_MIN (-LONG_MAX - 1L)\n"
			       "#define ULONG_MAX 0xffffffffffffffffUL\n"
			       "#define LLONG_MAX __LONG_LONG_MAX__\n"
			       "#define LLONG_MIN (-LLONG_MAX - 1LL)\n"
			       "#define ULLONG_MAX 0xffffffffffffffffULL\n"
			       "#define PATH_MAX 4096\n"
			       "#define NAME_MAX 255\n"
			       "#endif\n";

static const char stdint_h[] = "#ifndef _STDINT_H\n"
			       "#define _STDINT_H 1\n"
			       "typedef __INT8_TYPE__ int8_t;\n"
			       "typedef __INT16_TYPE__ int16_t;\n"
			       "typedef __INT32_TYPE__ int32_t;\n"
			       "typedef __INT64_TYPE__ int64_t;\n"
			       "typedef __UINT8_TYPE__ uint8_t;\n"
			       "typedef __UINT16_TYPE__ uint16_t;\n"
			       "typedef __UINT32_TYPE__ uint32_t;\n"
			       "typedef __UINT64_TYPE__ uint64_t;\n"
			       "typedef __INTPTR_TYPE__ intptr_t;\n"
			       "typedef __UINTPTR_TYPE__ uintptr_t;\n"
			       "typedef __INTMAX_TYPE__ intmax_t;\n"
			       "typedef __UINTMAX_TYPE__ uintmax_t;\n"
			       "#define INT8_MAX __INT8_MAX__\n"
			       "#define INT8_MIN (-INT8_MAX - 1)\n"
			       "#define INT16_MAX __INT16_MAX__\n"
			       "#define INT16_MIN (-INT16_MAX - 1)\n"
			       "#define INT32_MAX __INT32_MAX__\n"
			       "#define INT32_MIN (-INT32_MAX - 1)\n"
			       "#define INT64_MAX __INT64_MAX__\n"
			       "#define INT64_MIN (-INT64_MAX - 1)\n"
			       "#define UINT8_MAX __UINT8_MAX__\n"
			       "#define UINT16_MAX __UINT16_MAX__\n"
			       "#define UINT32_MAX __UINT32_MAX__\n"
			       "#define UINT64_MAX __UINT64_MAX__\n"
			       "#define SIZE_MAX __SIZE_MAX__\n"
			       "#define INTPTR_MAX __INTPTR_MAX__\n"
			       "#define UINTPTR_MAX __UINTPTR_MAX__\n"
			       "#endif\n";

static const struct bundled {
	const char *name;
	bool first;
	const char *text;
} bundled[] = {
	{ "stddef.h", true, stddef_h },   { "stdarg.h", true, stdarg_h },
	{ "stdbool.h", true, stdbool_h }, { "float.h", true, float_h },
	{ "limits.h", false, limits_h },  { "stdint.h", false, stdint_h },
};

const char *
pp_bundled(const char *name, bool first)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(bundled); i++)
		if (bundled[i].first == first && !strcmp(bundled[i].name, name))
			return bundled[i].text;
	return NULL;
}
