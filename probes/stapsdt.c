/* SPDX-License-Identifier: MIT */
/*
 * Owns the notes of static markers (.note.stapsdt) and the little language in
 * which they say where arguments are: "-4@%eax 8@-16(%rbp,%rcx,8) 4@$7", or
 * for arm "-4@w0 8@[sp, 16] 4@7". The file may belong to the traced program
 * and say anything; no byte of it is believed.
 *
 *	namesz descsz type=3 "stapsdt\0"	each part padded to 4 bytes
 *	pc base semaphore			addresses
 *	"provider\0" "name\0" "arguments\0"
 */
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { NOTE_TYPE = 3 };

/* ---- notes ---- */

struct reading {
	struct stapsdt_notes *out;
	uint64_t base; /* where .stapsdt.base is now */
	bool has_base;
};

static uint64_t
get_word(const uint8_t *p, unsigned size)
{
	uint64_t v = 0;

	memcpy(&v, p, size);
	return v;
}

/* The string at *p, before `end`; *p goes behind it. */
static const char *
get_string(struct arena *a, const uint8_t **p, const uint8_t *end)
{
	const uint8_t *nul = memchr(*p, 0, end - *p);
	const char *s;

	if (!nul)
		return NULL;
	s = arena_strndup(a, (const char *)*p, nul - *p);
	*p = nul + 1;
	return s;
}

static void
read_desc(struct elf_file *f, struct reading *r, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	struct stapsdt_note note;
	uint64_t moved = 0;

	if (n < 3u * f->word)
		return;
	note.address = get_word(p, f->word);
	if (r->has_base)
		moved = r->base - get_word(p + f->word, f->word);
	note.semaphore = get_word(p + 2 * f->word, f->word);
	note.address += moved;
	if (note.semaphore)
		note.semaphore += moved;
	p += 3 * f->word;
	note.provider = get_string(f->arena, &p, end);
	note.name = note.provider ? get_string(f->arena, &p, end) : NULL;
	note.args = note.name ? get_string(f->arena, &p, end) : NULL;
	if (note.args && *note.name)
		*vec_push(f->arena, &r->out->v) = note;
}

static size_t
padded(uint32_t size)
{
	return ((size_t)size + 3) & ~(size_t)3;
}

/* Sizes that do not fit what is there end the section. */
static void
read_notes(struct elf_file *f, struct reading *r, const uint8_t *p, size_t n)
{
	uint32_t head[3]; /* sizes of name and description, type */
	size_t desc;

	while (n >= sizeof(head)) {
		memcpy(head, p, sizeof(head));
		p += sizeof(head);
		n -= sizeof(head);
		desc = padded(head[0]);
		if (desc > n || head[1] > n - desc)
			return;
		if (head[2] == NOTE_TYPE && head[0] == sizeof("stapsdt") &&
		    !memcmp(p, "stapsdt", sizeof("stapsdt")))
			read_desc(f, r, p + desc, head[1]);
		desc += padded(head[1]);
		if (desc > n)
			return;
		p += desc;
		n -= desc;
	}
}

/* Call for each section of that name. */
static Elf_Scn *
next_section(Elf *elf, Elf_Scn *scn, const char *name, GElf_Shdr *sh)
{
	const char *have;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, sh))
			continue;
		have = elf_strptr(elf, strings, sh->sh_name);
		if (have && !strcmp(have, name))
			break;
	}
	return scn;
}

static void
read_sections(struct elf_file *f, Elf *elf, void *arg)
{
	struct reading *r = arg;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;

	if (!f->little_endian)
		return;
	r->has_base = next_section(elf, NULL, ".stapsdt.base", &sh);
	if (r->has_base)
		r->base = sh.sh_addr;
	while ((scn = next_section(elf, scn, ".note.stapsdt", &sh))) {
		data = sh.sh_type == SHT_NOTE ? elf_rawdata(scn, NULL) : NULL;
		if (data && data->d_buf)
			read_notes(f, r, data->d_buf, data->d_size);
	}
}

struct elf_file *
stapsdt_read(struct arena *a, const char *path, struct stapsdt_notes *out,
	     const char **why)
{
	struct reading r = { .out = out };

	memset(out, 0, sizeof(*out));
	return elf_read(a, path, read_sections, &r, why);
}

/* ---- registers ---- */

/* clang-format off */
static const struct x86_reg {
	const char *name[4]; /* 8, 4, 2 and 1 byte */
	int32_t offset;
} x86_regs[] = {
	{ { "rax", "eax", "ax", "al" }, 80 },
	{ { "rbx", "ebx", "bx", "bl" }, 40 },
	{ { "rcx", "ecx", "cx", "cl" }, 88 },
	{ { "rdx", "edx", "dx", "dl" }, 96 },
	{ { "rsi", "esi", "si", "sil" }, 104 },
	{ { "rdi", "edi", "di", "dil" }, 112 },
	{ { "rbp", "ebp", "bp", "bpl" }, 32 },
	{ { "rsp", "esp", "sp", "spl" }, 152 },
	{ { "r8", "r8d", "r8w", "r8b" }, 72 },
	{ { "r9", "r9d", "r9w", "r9b" }, 64 },
	{ { "r10", "r10d", "r10w", "r10b" }, 56 },
	{ { "r11", "r11d", "r11w", "r11b" }, 48 },
	{ { "r12", "r12d", "r12w", "r12b" }, 24 },
	{ { "r13", "r13d", "r13w", "r13b" }, 16 },
	{ { "r14", "r14d", "r14w", "r14b" }, 8 },
	{ { "r15", "r15d", "r15w", "r15b" }, 0 },
	{ { "rip", "eip", "ip", "" }, 128 },
	{ { "", "", "", "ah" }, 81 },
	{ { "", "", "", "bh" }, 41 },
	{ { "", "", "", "ch" }, 89 },
	{ { "", "", "", "dh" }, 97 },
};
/* clang-format on */

static const struct stapsdt_reg no_reg = { .offset = -1 };

/* A register's name at *p, which goes behind it. */
static size_t
name_length(const char *p)
{
	size_t n = 0;

	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= '0' && p[n] <= '9'))
		n++;
	return n;
}

static bool
x86_reg(const char *name, size_t n, struct stapsdt_reg *out)
{
	const struct x86_reg *r = x86_regs;

	for (; n && r < x86_regs + ARRAY_LEN(x86_regs); r++)
		for (unsigned i = 0; i < ARRAY_LEN(r->name); i++)
			if (strlen(r->name[i]) == n &&
			    !memcmp(r->name[i], name, n)) {
				out->offset = r->offset;
				out->width = 8 >> i;
				return true;
			}
	return false;
}

/* x0-x30, w0-w30, sp, wsp, fp, lr. */
static bool
arm_reg(const char *name, size_t n, struct stapsdt_reg *out)
{
	unsigned number = 0;

	out->width = name[0] == 'w' ? 4 : 8;
	if ((n == 2 && !memcmp(name, "sp", n)) ||
	    (n == 3 && !memcmp(name, "wsp", n)))
		number = 31;
	else if (n == 2 && !memcmp(name, "fp", n))
		number = 29;
	else if (n == 2 && !memcmp(name, "lr", n))
		number = 30;
	else if (n < 2 || n > 3 || (name[0] != 'x' && name[0] != 'w'))
		return false;
	else
		for (size_t i = 1; i < n; i++) {
			if (name[i] < '0' || name[i] > '9')
				return false;
			number = number * 10 + (name[i] - '0');
		}
	out->offset = number * 8;
	return number < 31 || name[n - 1] == 'p';
}

/* ---- arguments ---- */

struct spec {
	struct arena *arena;
	const char *p;
	bool symbols; /* the machine's text may have some */
	struct stapsdt_arg *arg;
	bool (*reg)(const char *name, size_t n, struct stapsdt_reg *out);
};

static bool
bad(struct spec *s, const char *why)
{
	if (!s->arg->why)
		s->arg->why = why;
	s->arg->kind = STAPSDT_BAD;
	return false;
}

static bool
take(struct spec *s, char c)
{
	if (*s->p != c)
		return false;
	s->p++;
	return true;
}

static void
blanks(struct spec *s)
{
	while (take(s, ' ') || take(s, '\t'))
		;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One number, its sign before it: 12, -0x10. */
static bool
read_number(struct spec *s, int64_t *value)
{
	bool minus = take(s, '-');
	const char *rest;
	uint64_t v;

	if (!minus)
		take(s, '+');
	if (!is_digit(*s->p))
		return bad(s, "an expression, not a number");
	if (probe_number(s->p, &v, &rest))
		return bad(s, "a number out of range");
	s->p = rest;
	*value = minus ? -v : v;
	return true;
}

static bool
is_symbol_char(char c, bool first)
{
	return c == '_' || c == '.' || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (!first && (is_digit(c) || c == '@'));
}

/* The name of a variable, once: where it lies is added later. */
static bool
read_symbol(struct spec *s)
{
	const char *start = s->p;

	if (s->arg->symbol)
		return bad(s, "more than one symbol");
	while (is_symbol_char(*s->p, s->p == start))
		s->p++;
	s->arg->symbol = arena_strndup(s->arena, start, (size_t)(s->p - start));
	return true;
}

static bool
read_term(struct spec *s, int64_t *value)
{
	const char *p = s->p + (*s->p == '+');

	*value = 0;
	if (!s->symbols || !is_symbol_char(*p, true))
		return read_number(s, value);
	s->p = p;
	return read_symbol(s);
}

/* Terms with signs between them, as compilers leave them: 16+8, -4+table. */
static bool
read_sum(struct spec *s, int64_t *value)
{
	int64_t more;

	if (!read_term(s, value))
		return false;
	while (*s->p == '+' || *s->p == '-') {
		if (!read_term(s, &more))
			return false;
		*value = (uint64_t)*value + (uint64_t)more;
	}
	return true;
}

static bool
read_reg(struct spec *s, struct stapsdt_reg *out)
{
	size_t n = name_length(s->p);

	if (!s->reg(s->p, n, out))
		return bad(s, "a register that is not an integer's");
	s->p += n;
	return true;
}

/* 1, 2, 4, 8 as a shift. */
static bool
read_scale(struct spec *s)
{
	int64_t scale;

	if (!read_number(s, &scale))
		return false;
	if (scale != 1 && scale != 2 && scale != 4 && scale != 8)
		return bad(s, "a scale that is not 1, 2, 4 or 8");
	s->arg->shift = __builtin_ctz((unsigned)scale);
	return true;
}

/* What stands behind the displacement: (%base,%index,scale). */
static bool
read_x86_mem(struct spec *s)
{
	s->arg->kind = STAPSDT_MEM;
	if (take(s, '%') && !read_reg(s, &s->arg->base))
		return false;
	if (take(s, ',')) {
		if (!take(s, '%'))
			return bad(s, "an index that is not a register");
		if (!read_reg(s, &s->arg->index))
			return false;
		if (take(s, ',') && !read_scale(s))
			return false;
	}
	if (!take(s, ')'))
		return bad(s, "an address without its end");
	if (s->arg->base.offset < 0 && s->arg->index.offset < 0)
		return bad(s, "an address without a register");
	return true;
}

static bool
read_x86(struct spec *s)
{
	if (take(s, '$')) {
		s->arg->kind = STAPSDT_CONST;
		return read_sum(s, &s->arg->value);
	}
	if (take(s, '%')) {
		s->arg->kind = STAPSDT_REG;
		return read_reg(s, &s->arg->base);
	}
	if (*s->p != '(' && !read_sum(s, &s->arg->value))
		return false;
	if (take(s, '('))
		return read_x86_mem(s);
	s->arg->kind = STAPSDT_MEM;
	return s->arg->symbol || bad(s, "an address without a register");
}

/* "lsl 3", "sxtw 2", "uxtw": how the index is extended and shifted. */
static bool
read_arm_extend(struct spec *s)
{
	struct stapsdt_reg *index = &s->arg->index;
	int64_t shift = 0;

	blanks(s);
	if (strncmp(s->p, "lsl", 3) && strncmp(s->p, "sxtw", 4) &&
	    strncmp(s->p, "uxtw", 4) && strncmp(s->p, "sxtx", 4))
		return bad(s, "an address that nobody knows to read");
	index->is_signed = *s->p == 's';
	s->p += *s->p == 'l' ? 3 : 4;
	blanks(s);
	take(s, '#');
	if (*s->p != ']' && !read_number(s, &shift))
		return false;
	if (shift < 0 || shift > 4)
		return bad(s, "a shift that is not 0 to 4");
	s->arg->shift = shift;
	return true;
}

/* Behind the bracket: x1], x1, 16], x1, w2, sxtw 3]. */
static bool
read_arm_mem(struct spec *s)
{
	s->arg->kind = STAPSDT_MEM;
	blanks(s);
	if (!read_reg(s, &s->arg->base))
		return false;
	blanks(s);
	if (take(s, ',')) {
		blanks(s);
		if (take(s, '#') || is_digit(*s->p) || *s->p == '-') {
			if (!read_sum(s, &s->arg->value))
				return false;
		} else {
			if (!read_reg(s, &s->arg->index))
				return false;
			blanks(s);
			if (take(s, ',') && !read_arm_extend(s))
				return false;
		}
		blanks(s);
	}
	return take(s, ']') || bad(s, "an address without its end");
}

static bool
read_arm(struct spec *s)
{
	if (take(s, '['))
		return read_arm_mem(s);
	if (take(s, '#') || is_digit(*s->p) || *s->p == '-') {
		s->arg->kind = STAPSDT_CONST;
		return read_sum(s, &s->arg->value);
	}
	s->arg->kind = STAPSDT_REG;
	return read_reg(s, &s->arg->base);
}

/* "-4@": how many bytes, and whether they have a sign. */
static bool
read_size(struct spec *s)
{
	int64_t size;

	s->arg->is_signed = take(s, '-');
	if (!is_digit(*s->p))
		return bad(s, "an argument without its size");
	if (!read_number(s, &size))
		return false;
	if (*s->p == 'f')
		return bad(s, "a floating point number");
	if (!take(s, '@'))
		return bad(s, "an argument without its size");
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return bad(s, "a size that is not 1, 2, 4 or 8");
	s->arg->size = size;
	return true;
}

/* To the blank behind this argument; those in brackets belong to it. */
static const char *
end_of_arg(const char *p)
{
	bool inside = false;

	for (; *p && (inside || (*p != ' ' && *p != '\t')); p++)
		inside = *p == '[' || (inside && *p != ']');
	return p;
}

void
stapsdt_parse(struct arena *a, unsigned machine, const char *text,
	      struct stapsdt_args *out)
{
	bool arm = machine == EM_AARCH64;
	struct spec s = { .arena = a, .p = text, .symbols = !arm };
	const char *start;

	s.reg = arm ? arm_reg : x86_reg;
	memset(out, 0, sizeof(*out));
	for (;; s.p = end_of_arg(start)) {
		blanks(&s);
		if (!*s.p || out->n == STAPSDT_ARGS)
			break;
		start = s.p;
		s.arg = &out->v[out->n++];
		s.arg->base = s.arg->index = no_reg;
		if (!arm && machine != EM_X86_64 && machine != EM_386)
			bad(&s, "code of another machine");
		else if (read_size(&s) && (arm ? read_arm : read_x86)(&s) &&
			 *s.p && *s.p != ' ' && *s.p != '\t')
			bad(&s, "more than an operand");
		if (s.arg->kind == STAPSDT_BAD)
			s.arg->why =
				arena_printf(a, "'%.*s': %s",
					     (int)(end_of_arg(start) - start),
					     start, s.arg->why);
	}
}
