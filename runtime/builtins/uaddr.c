// SPDX-License-Identifier: MIT
/*
 * uaddr("symbol"): the address of a symbol of the probed program. Where the
 * program may be loaded anywhere, the place of the probe tells where it is.
 */
#include "internal.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

struct found {
	uint64_t address, size;
};

static bool
find_in(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, const char *name,
	struct found *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t i, n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

	for (i = 0; data && i < n; i++) {
		GElf_Sym sym;
		const char *text;

		if (!gelf_getsym(data, (int)i, &sym) || !sym.st_value)
			continue;
		text = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (!text || strcmp(text, name))
			continue;
		*out = (struct found){ sym.st_value, sym.st_size };
		return true;
	}
	return false;
}

static bool
find_symbol(const char *path, const char *name, struct found *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	bool good = false;
	GElf_Shdr sh;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (elf && !good && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) &&
		    (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM))
			good = find_in(elf, scn, &sh, name, out);
	elf_end(elf);
	close(fd);
	return good;
}

/* From the symbol to the probe: the same wherever the program is loaded. */
struct distance {
	uint64_t bytes;
};

static bool
uaddr_check(struct sema *s, struct node *n)
{
	const struct unit *u = sema_unit(s);
	const char *name = sema_literal_str(sema_arg(n, 0), NULL);
	const unsigned needed = PROBE_USER | PROBE_FUNC;
	struct types *t = sema_types(s);
	struct distance *d;
	struct found f;
	unsigned width;

	if (!name)
		return true;
	if ((u->type->flags & needed) != needed || !u->type->func)
		return sema_error(s, n, "%s can not be used with \"%s\" probes",
				  n->call.name, u->type->name);
	if (!u->targets.n)
		return true;
	if (!find_symbol(u->targets.v[0].group, name, &f))
		return sema_error(s, n, "Could not resolve symbol: %s:%s",
				  u->targets.v[0].group, name);
	width = f.size == 1 || f.size == 2 || f.size == 4 ? (unsigned)f.size
							  : 8;
	d = arena_alloc(sema_arena(s), sizeof(*d));
	d->bytes = f.address - u->targets.v[0].address;
	n->call.data = d;
	n->type = type_pointer(t, type_int(t, width, false), AS_USER);
	return true;
}

static struct ref
uaddr_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct distance *d = n->call.data;

	(void)dst;
	return ir_bini(l, IR_ADD, ir_unit(l)->type->func(l), (int64_t)d->bytes);
}

/* clang-format off */
const struct builtin uaddr_words[] = {
	{ "uaddr", "(string literal) -> auto",
	  "address of a symbol of the probed program",
	  WORD_MACRO | WORD_TARGET | WORD_CTX,
	  .check = uaddr_check, .lower = uaddr_lower },
	{ 0 },
};
/* clang-format on */
