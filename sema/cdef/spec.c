/* SPDX-License-Identifier: MIT */
/*
 * Declaration specifiers: storage classes, qualifiers, and the words that
 * make up a type, in any order (C11 6.7.2, with GNU's and the kernel's).
 */
#include <string.h>

#include "internal.h"

struct spec {
	unsigned longs, floats; /* floats: bytes */
	bool is_short, is_char, is_int, is_int128, is_signed, is_unsigned;
	bool is_double;
	const struct ctype *type;
};

static bool
has_words(const struct spec *s)
{
	return s->longs || s->floats || s->is_short || s->is_char ||
	       s->is_int || s->is_int128 || s->is_signed || s->is_unsigned ||
	       s->is_double;
}

/* The type that plain words make. */
static const struct ctype *
words_type(const struct cparser *p, const struct spec *s)
{
	enum basic b = B_INT;

	if (s->floats)
		return p->basic[s->floats == 16  ? B_LDOUBLE
				: s->floats == 8 ? B_DOUBLE
						 : B_FLOAT];
	if (s->is_double)
		return p->basic[s->longs ? B_LDOUBLE : B_DOUBLE];
	if (s->is_char && !s->is_signed && !s->is_unsigned)
		return p->basic[B_CHAR];
	if (s->is_char)
		b = B_SCHAR;
	else if (s->is_short)
		b = B_SHORT;
	else if (s->is_int128)
		b = B_INT128;
	else if (s->longs)
		b = B_LONG;
	/* Each signed type is followed by its unsigned one. */
	return p->basic[s->is_unsigned ? b + 1 : b];
}

/* ---- typeof and others with parentheses ---- */

static const struct ctype *
typeof_type(struct cparser *p)
{
	const struct ctype *t;

	c_advance(p);
	if (!c_expect(p, '('))
		return NULL;
	if (c_starts_type(p))
		t = c_type_name(p);
	else
		t = c_conditional(p).type;
	if (!t)
		c_fail(p, "typeof of an unknown type");
	return c_expect(p, ')') ? t : NULL;
}

static void
alignas_value(struct cparser *p, struct cattr *attr)
{
	const struct ctype *t;
	uint64_t n = 0;

	c_advance(p);
	if (!c_expect(p, '('))
		return;
	if (c_starts_type(p)) {
		t = c_type_name(p);
		n = t ? ctype_align(t) : 0;
	} else {
		n = c_constant(p).v;
	}
	c_expect(p, ')');
	if (n > attr->align && n <= 1 << 20 && !(n & (n - 1)))
		attr->align = (uint32_t)n;
}

static const struct ctype *
atomic_type(struct cparser *p, struct spec *s)
{
	c_advance(p);
	if (!is_punct(&p->tok, '('))
		return s->type;
	c_advance(p);
	s->type = c_type_name(p);
	c_expect(p, ')');
	return s->type;
}

static const struct ctype *
va_list_type(struct cparser *p)
{
	unsigned words = p->pp->in->arch == CDEF_X86_64 ? 3 : 4;

	return ctype_array(p, p->basic[B_ULONG], words, false);
}

const struct ctype *
c_outside(struct cparser *p, const char *tag, const char *name)
{
	const struct cdef_input *in = p->pp->in;
	const struct type *found;
	struct ctype *t;

	if (!in->outside)
		return NULL;
	if (tag)
		name = arena_printf(p->arena, "%s %s", tag, name);
	found = in->outside(in->outside_arg, name, true);
	if (!found)
		return NULL;
	t = arena_alloc(p->arena, sizeof(*t));
	t->kind = CK_OUTSIDE;
	t->outside = found;
	return t;
}

/* ---- one word ---- */

/* Words that are a part of a basic type. */
static bool
basic_word(struct cparser *p, struct spec *s)
{
	switch (p->tok.name->kw) {
	case KW_VOID:
		s->type = p->basic[B_VOID];
		break;
	case KW_BOOL:
		s->type = p->basic[B_BOOL];
		break;
	case KW_CHAR:
		s->is_char = true;
		break;
	case KW_SHORT:
		s->is_short = true;
		break;
	case KW_INT:
	case KW_AUTO_TYPE:
		s->is_int = true;
		break;
	case KW_LONG:
		s->longs++;
		break;
	case KW_SIGNED:
		s->is_signed = true;
		break;
	case KW_UNSIGNED:
		s->is_unsigned = true;
		break;
	case KW_INT128:
		s->is_int128 = true;
		break;
	case KW_FLOAT16:
	case KW_FLOAT:
		s->floats = 4;
		break;
	case KW_DOUBLE:
		s->is_double = true;
		break;
	case KW_FLOAT128:
		s->floats = 16;
		break;
	case KW_VA_LIST:
		s->type = va_list_type(p);
		break;
	default:
		return false;
	}
	c_advance(p);
	return true;
}

/* Words beside the type. */
static bool
other_word(struct cparser *p, struct spec *s, struct cattr *attr)
{
	switch (p->tok.name->kw) {
	case KW_TYPEDEF:
		p->is_typedef = true;
		break;
	case KW_EXTERN:
	case KW_STATIC:
	case KW_AUTO:
	case KW_REGISTER:
	case KW_INLINE:
	case KW_NORETURN:
	case KW_THREAD:
	case KW_CONST:
	case KW_VOLATILE:
	case KW_RESTRICT:
	case KW_EXTENSION:
	case KW_COMPLEX:
		break;
	case KW_ATOMIC:
		atomic_type(p, s);
		return true;
	case KW_ATTRIBUTE:
		c_attrs(p, attr);
		return true;
	case KW_ALIGNAS:
		alignas_value(p, attr);
		return true;
	case KW_TYPEOF:
		s->type = typeof_type(p);
		return true;
	case KW_STRUCT:
	case KW_UNION:
	case KW_ENUM:
		s->type = c_tagged(p);
		return true;
	default:
		return false;
	}
	c_advance(p);
	return true;
}

/* Does a word that begins another type follow the brace of one? */
static bool
lacks_semicolon(const struct cparser *p, const struct spec *s)
{
	if (!s->type || !p->end || p->end[-1] != '}')
		return false;
	switch (p->tok.name->kw) {
	case KW_STRUCT:
	case KW_UNION:
	case KW_ENUM:
	case KW_VOID:
	case KW_BOOL:
	case KW_CHAR:
	case KW_SHORT:
	case KW_INT:
	case KW_LONG:
	case KW_SIGNED:
	case KW_UNSIGNED:
	case KW_FLOAT:
	case KW_DOUBLE:
		return true;
	default:
		return false;
	}
}

static void
fail_semicolon(struct cparser *p, const struct ctag *tag)
{
	static const char *const kinds[] = {
		[TAG_IS_STRUCT] = "struct",
		[TAG_IS_UNION] = "union",
		[TAG_IS_ENUM] = "enum",
	};
	struct ctoken at = c_behind(p);

	c_fail_at(p, &at, "expected ';' after %s", kinds[tag->kind]);
}

static const struct ctype *
typedef_name(struct cparser *p)
{
	const struct csymbol *sym = p->tok.name->symbol;

	if (sym)
		return sym->kind == SYM_TYPEDEF ? sym->type : NULL;
	return c_outside(p, NULL, p->tok.name->text);
}

const struct ctype *
c_spec(struct cparser *p, struct cattr *attr)
{
	struct ctoken first = p->tok;
	struct spec s = { 0 };

	while (!p->bad && p->tok.kind == CT_NAME) {
		if (p->tok.name->kw) {
			if (lacks_semicolon(p, &s)) {
				fail_semicolon(p, s.type->tag);
				return NULL;
			}
			if (!basic_word(p, &s) && !other_word(p, &s, attr))
				break;
			continue;
		}
		if (s.type || has_words(&s))
			break;
		s.type = typedef_name(p);
		if (!s.type) {
			c_fail(p, "unknown type name '%s'", p->tok.name->text);
			return NULL;
		}
		c_advance(p);
	}
	if (p->bad)
		return NULL;
	if ((s.floats || s.is_double) && (s.is_signed || s.is_unsigned))
		c_fail_at(p, &first, "'%s' cannot be signed or unsigned",
			  s.is_double ? "double" : "float");
	if (has_words(&s))
		return words_type(p, &s);
	if (!s.type)
		c_fail(p, "expected a type");
	return s.type;
}

bool
c_starts_type(struct cparser *p)
{
	if (p->tok.kind != CT_NAME)
		return false;
	switch (p->tok.name->kw) {
	case KW_NONE:
		return typedef_name(p) != NULL;
	case KW_SIZEOF:
	case KW_ALIGNOF:
	case KW_OFFSETOF:
	case KW_TYPES_COMPATIBLE:
	case KW_CHOOSE_EXPR:
	case KW_CONSTANT_P:
	case KW_GENERIC:
	case KW_ASM:
	case KW_EXTENSION:
	case KW_STATIC_ASSERT:
		return false;
	default:
		return true;
	}
}

const struct ctype *
c_type_name(struct cparser *p)
{
	struct cdeclarator d = { 0 };
	bool is_typedef = p->is_typedef;
	const struct ctype *base;

	if (!c_go_deeper(p))
		return NULL;
	base = c_spec(p, &d.attr);
	if (base)
		c_declarator(p, base, &d);
	p->depth--;
	p->is_typedef = is_typedef;
	return p->bad ? NULL : d.type;
}
