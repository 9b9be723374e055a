/* SPDX-License-Identifier: MIT */
/*
 * Owns the names of page allocation flags for printf's %gr: compounds first,
 * then single bits, what is left as a number (include/linux/gfp_types.h).
 */
#include "internal.h"

#define BIT(n) (1ull << (n))

enum {
	DMA = 0,
	HIGHMEM,
	DMA32,
	MOVABLE,
	RECLAIMABLE,
	HIGH,
	IO,
	FS,
	ZERO,
	DIRECT = 10,
	KSWAPD,
	WRITE,
	NOWARN,
	RETRY_MAYFAIL,
	NOFAIL,
	NORETRY,
	MEMALLOC,
	COMP,
	NOMEMALLOC,
	HARDWALL,
	THISNODE,
	ACCOUNT,
	ZEROTAGS,
	SKIP_ZERO,
	SKIP_KASAN,
	NO_OBJ_EXT,
};

#define G_RECLAIM (BIT(DIRECT) | BIT(KSWAPD))
#define G_KERNEL (G_RECLAIM | BIT(IO) | BIT(FS))
#define G_USER (G_KERNEL | BIT(HARDWALL))
#define G_HIGHUSER (G_USER | BIT(HIGHMEM))
#define G_MOVABLE (G_HIGHUSER | BIT(MOVABLE) | BIT(SKIP_KASAN))
#define G_LIGHT                                                                \
	((G_MOVABLE | BIT(COMP) | BIT(NOMEMALLOC) | BIT(NOWARN)) & ~G_RECLAIM)

/* clang-format off */
static const struct {
	uint64_t bits;
	const char *name;
} flags[] = {
	{ G_LIGHT | BIT(DIRECT),       "GFP_TRANSHUGE" },
	{ G_LIGHT,                     "GFP_TRANSHUGE_LIGHT" },
	{ G_MOVABLE,                   "GFP_HIGHUSER_MOVABLE" },
	{ G_HIGHUSER,                  "GFP_HIGHUSER" },
	{ G_USER,                      "GFP_USER" },
	{ G_KERNEL | BIT(ACCOUNT),     "GFP_KERNEL_ACCOUNT" },
	{ G_KERNEL,                    "GFP_KERNEL" },
	{ G_RECLAIM | BIT(IO),         "GFP_NOFS" },
	{ BIT(HIGH) | BIT(KSWAPD),     "GFP_ATOMIC" },
	{ G_RECLAIM,                   "GFP_NOIO" },
	{ BIT(KSWAPD) | BIT(NOWARN),   "GFP_NOWAIT" },
	{ BIT(DMA),                    "GFP_DMA" },
	{ BIT(HIGHMEM),                "__GFP_HIGHMEM" },
	{ BIT(DMA32),                  "GFP_DMA32" },
	{ BIT(HIGH),                   "__GFP_HIGH" },
	{ BIT(IO),                     "__GFP_IO" },
	{ BIT(FS),                     "__GFP_FS" },
	{ BIT(ZERO),                   "__GFP_ZERO" },
	{ BIT(DIRECT),                 "__GFP_DIRECT_RECLAIM" },
	{ BIT(KSWAPD),                 "__GFP_KSWAPD_RECLAIM" },
	{ BIT(WRITE),                  "__GFP_WRITE" },
	{ BIT(NOWARN),                 "__GFP_NOWARN" },
	{ BIT(RETRY_MAYFAIL),          "__GFP_RETRY_MAYFAIL" },
	{ BIT(NOFAIL),                 "__GFP_NOFAIL" },
	{ BIT(NORETRY),                "__GFP_NORETRY" },
	{ BIT(MEMALLOC),               "__GFP_MEMALLOC" },
	{ BIT(COMP),                   "__GFP_COMP" },
	{ BIT(NOMEMALLOC),             "__GFP_NOMEMALLOC" },
	{ BIT(HARDWALL),               "__GFP_HARDWALL" },
	{ BIT(THISNODE),               "__GFP_THISNODE" },
	{ BIT(ACCOUNT),                "__GFP_ACCOUNT" },
	{ BIT(ZEROTAGS),               "__GFP_ZEROTAGS" },
	{ BIT(SKIP_ZERO),              "__GFP_SKIP_ZERO" },
	{ BIT(SKIP_KASAN),             "__GFP_SKIP_KASAN" },
	{ BIT(NO_OBJ_EXT),             "__GFP_NO_OBJ_EXT" },
};
/* clang-format on */

void
gfp_print(struct out *o, uint64_t v)
{
	const char *sep = "";

	if (!v)
		out_putc(o, '0');
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if ((v & flags[i].bits) != flags[i].bits)
			continue;
		out_printf(o, "%s%s", sep, flags[i].name);
		v &= ~flags[i].bits;
		sep = "|";
	}
	if (v)
		out_printf(o, "%s0x%llx", sep, (unsigned long long)v);
}
