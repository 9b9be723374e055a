/* SPDX-License-Identifier: MIT */
/*
 * What the files of sema/cdef share. From text to declarations:
 *
 *     file.c      finds and reads headers
 *     scan.c      text -> tokens; skips bodies and dead branches fast
 *     directive.c lines that begin with #, pragma.c, condition.c
 *     macro.c     #define, expansion; subst.c puts arguments in
 *     decl.c      declarations; declarator.c, spec.c, record.c, attr.c
 *     expr.c      constant expressions and their types
 *     layout.c    where members lie
 *     convert.c   C types -> struct type
 */
#ifndef JIFFY_CDEF_INTERNAL_H
#define JIFFY_CDEF_INTERNAL_H

#include "cdef.h"

enum {
	INCLUDE_MAX = 100,     /* files inside each other */
	EXPAND_MAX = 200,      /* arguments expanded inside each other */
	TOKENS_MAX = 40000000, /* made by macros, all in all */
	LEVEL_MAX = 500,       /* structs inside each other by value */
	NEST_MAX = 150,        /* declarators, structs, expressions */
	FILE_MAX = 64 << 20,   /* bytes of a header */
	MSG_MAX = 20,
	TEXT_MAX = 1 << 16, /* bytes of one pasted or joined token */
};

/* ---- names ---- */

enum keyword {
	KW_NONE,
#define KEYWORD(id, text) KW_##id,
#include "keywords.def"
#undef KEYWORD
};

/* A name, once; what it stands for as macro, tag and identifier. */
struct cname {
	uint32_t len;
	enum keyword kw;
	struct cmacro *macro;
	struct csymbol *symbol;
	struct ctag *tag;
	char text[];
};

struct cnames {
	struct arena *arena;
	struct cslot {
		uint32_t hash;
		struct cname *name;
	} * slots;
	uint32_t nslots, n;
};

struct cname *cname_intern(struct cnames *t, const char *s, size_t n);
/* The same, or NULL when it never occurred. */
struct cname *cname_find(const struct cnames *t, const char *s, size_t n);
void cnames_init(struct cnames *t, struct arena *a);

/* ---- tokens ---- */

enum ctok_kind {
	CT_EOF, /* of all, of a directive's line, of an argument */
	CT_NAME,
	CT_NUMBER,
	CT_STRING,
	CT_CHAR,
	CT_PUNCT,
	CT_OTHER,
	CT_PARAM,     /* in a macro's body: a parameter, its index in punct */
	CT_STRINGIFY, /* in a macro's body: # parameter */
	CT_PASTE,     /* in a macro's body: ## */
	CT_EMPTY,     /* while expanding: an empty argument beside ## */
};

enum ctok_flags {
	TOK_SPACE = 1 << 0,   /* a blank before it */
	TOK_LINE = 1 << 1,    /* the first of its line */
	TOK_PAINTED = 1 << 2, /* its macro is being expanded: leave it */
};

/* Punctuation of several characters; a single one is its own code. */
enum punct {
	P_ELLIPSIS = 128,
	P_ARROW,
	P_INC,
	P_DEC,
	P_SHL,
	P_SHR,
	P_LE,
	P_GE,
	P_EQ,
	P_NE,
	P_LAND,
	P_LOR,
	P_PASTE,
	P_ASSIGN_OP, /* any of += ... >>= */
};

struct ctoken {
	uint8_t kind, flags;
	uint16_t punct;
	uint32_t len;
	const char *text;
	struct cname *name; /* CT_NAME */
};

typedef VEC(struct ctoken) ctokens;

static inline bool
is_punct(const struct ctoken *t, unsigned p)
{
	return t->kind == CT_PUNCT && t->punct == p;
}

/* ---- files ---- */

struct cfile {
	const char *path;
	const char *text; /* NUL-terminated */
	size_t len;
	int dir;             /* index into the search list; -1: none */
	bool once;           /* #pragma once */
	struct cname *guard; /* its macro makes a second reading empty */
};

struct cdir {
	const char *path;
	bool bundled, first; /* our own headers: those that lead, the rest */
};

enum guard_state { GUARD_START, GUARD_OPEN, GUARD_END, GUARD_NONE };

/* A file being read. */
struct cinput {
	struct cinput *up;
	struct cfile *file;
	const char *p, *end;
	bool bol;
	const char *word; /* of the directive at hand */
	bool blank;       /* which has none */
	enum guard_state guard_state;
	struct cname *guard;
	unsigned conds; /* open conditionals when it began */
};

struct ccond {
	const char *at; /* its word: #if, #ifdef, #ifndef */
	bool taken;     /* a branch was taken */
	bool has_else;
	bool guard; /* is the include guard of its file */
};

/* ---- macros ---- */

enum macro_builtin {
	MB_NONE,
	MB_LINE,
	MB_FILE,
	MB_COUNTER,
	MB_HAS_INCLUDE, /* only in #if */
	MB_HAS_INCLUDE_NEXT,
};

struct cmacro {
	const struct cname *name;
	bool function, variadic, busy, predefined;
	enum macro_builtin builtin;
	uint32_t nparams, nbody;
	const struct ctoken *body;
};

/* Tokens being read in place of the file's. */
struct cctx {
	struct cctx *up;
	const struct ctoken *v;
	uint32_t pos, n;
	struct cmacro *macro; /* busy until the end, or NULL */
	struct tokbuf *buf;   /* given back at the end, or NULL */
	bool barrier;         /* an argument: its end is an end */
	struct ctoken single; /* of a token that was put back */
};

struct tokbuf {
	struct tokbuf *next;
	ctokens t;
};

/* The preprocessor. */
struct cpp {
	struct arena *arena;
	struct cnames names;
	const struct cdef_input *in;
	VEC(struct cdir) dirs;
	struct hmap files; /* path -> struct cfile */
	struct hmap found; /* <name> -> struct cfile */
	struct cinput *input;
	unsigned depth; /* of inputs */
	struct cctx *ctx, *free_ctx;
	struct tokbuf *free_buf;
	VEC(struct ccond) conds;
	VEC(struct cname *) macro_names; /* in order of definition */
	VEC(uint32_t) pack_stack;
	uint32_t pack;  /* #pragma pack, bytes; 0: none */
	bool directive; /* the end of the line is an end */
	bool predefining;
	bool stopped; /* a limit was exceeded: all is at an end */
	unsigned expanding;
	uint64_t made; /* tokens made by macros */
	uint32_t counter;
	struct cname *defined, *va_args;
	struct cfile *enter; /* what an #include found, for its line's end */
	VEC(struct cdef_msg) msgs;
	const struct cfile *script;
};

/* ---- file.c, headers.c ---- */

void pp_file_dirs(struct cpp *pp);
/* The file an #include names, or NULL; `next`: search behind the current
 * one's directory. */
struct cfile *pp_file_find(struct cpp *pp, const char *name, bool angled,
			   bool next);
struct cfile *pp_file_of_text(struct cpp *pp, const char *path,
			      const char *text, size_t len);
bool pp_file_enter(struct cpp *pp, struct cfile *f);
void pp_file_leave(struct cpp *pp);
/* The text of a header that we bring along, or NULL. */
const char *pp_bundled(const char *name, bool first);
/* What a compiler defines by itself, as text. */
const char *pp_predefined(enum cdef_arch arch, unsigned part);

/* ---- scan.c, skip.c ---- */

/* The next token of the file; a line's end is CT_EOF in a directive. */
void pp_scan(struct cpp *pp, struct cinput *in, struct ctoken *t);
/* Scan one token of a text that stands alone; whether it was all. */
bool pp_scan_single(struct cpp *pp, const char *text, size_t len,
		    struct ctoken *t);
void pp_skip_line(struct cinput *in);
/* Skip a dead branch; stands behind the `#` of the line that ends it. */
bool pp_skip_dead(struct cinput *in);
/* Skip behind the closer of `open`, whose opener was just read. */
void pp_skip_balanced(struct cpp *pp, char open);

/* ---- directive.c, condition.c, pragma.c ---- */

/* A directive whose `#` was just read. */
void pp_directive(struct cpp *pp);
struct cname *pp_macro_name(struct cpp *pp);
/* The value of an #if's expression. */
bool pp_condition(struct cpp *pp);
void pragma(struct cpp *pp);
/* The file an #include names; NULL: *name (NULL: malformed) is not there. */
struct cfile *pp_include_operand(struct cpp *pp, bool next, const char **name,
				 struct ctoken *at);

/* ---- macro.c, subst.c ---- */

void pp_macro_define(struct cpp *pp);
struct cmacro *pp_macro_new(struct cpp *pp, struct cname *name);
/* The next token with (next) and without (raw) macros expanded. */
void pp_next(struct cpp *pp, struct ctoken *t);
void pp_raw(struct cpp *pp, struct ctoken *t);
void pp_unread(struct cpp *pp, const struct ctoken *t);
/* Whether the token was a macro's use, now replaced in the input. */
bool pp_macro_expand(struct cpp *pp, struct ctoken *t);
struct tokbuf *pp_tokbuf_get(struct cpp *pp);
void pp_tokbuf_put(struct cpp *pp, struct tokbuf *b);
void pp_push(struct cpp *pp, const struct ctoken *v, uint32_t n,
	     struct cmacro *m, struct tokbuf *buf);
/* Arguments of one use: raw tokens, [begin, end) in the buffer. */
struct cargs {
	struct tokbuf *raw;
	uint32_t n;
	struct carg {
		uint32_t begin, end;
		bool absent; /* not even empty */
		struct tokbuf *expanded;
	} * v;
};
/* Expand all of an argument, into a new buffer. */
struct tokbuf *pp_expand_argument(struct cpp *pp, const struct ctoken *v,
				  uint32_t n);
/* The body with arguments put in, into `out`. */
void pp_substitute(struct cpp *pp, const struct cmacro *m, struct cargs *args,
		   struct tokbuf *out);
/* Tokens as text, blanks where there were some. */
const char *pp_text(struct cpp *pp, const struct ctoken *v, uint32_t n);

/* Record a message at a token (NULL: where reading is). NULL: dropped. */
struct cdef_msg *pp_message(struct cpp *pp, bool fatal, const struct ctoken *at,
			    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A limit was exceeded: say so once, and end all input. */
void pp_stop(struct cpp *pp, const char *what);
uint32_t pp_line(const struct cpp *pp);
void pp_init(struct cpp *pp, const struct cdef_input *in);

/* ---- C types ---- */

enum ckind {
	CK_VOID,
	CK_BOOL,
	CK_INT,
	CK_FLOAT,
	CK_POINTER,
	CK_ARRAY,
	CK_FUNC,
	CK_RECORD,
	CK_ENUM,
	CK_OUTSIDE, /* known to BTF only */
};

struct ctype {
	enum ckind kind;
	bool is_signed, is_char; /* plain char */
	bool unsized;            /* x[] */
	uint64_t size;           /* not of records and enums */
	uint32_t align;          /* bytes; 0: that of the record or enum */
	const struct ctype *to;  /* element, pointee, result */
	uint64_t count;
	struct ctag *tag;
	const struct type *outside;
};

struct cmember {
	const char *name;        /* NULL: anonymous */
	const struct ctoken *at; /* in the script; NULL elsewhere */
	const struct ctype *type;
	uint64_t offset; /* bits */
	bool bitfield;
	uint8_t width; /* bits */
	bool packed;
	uint32_t align; /* asked for; 0: none */
};

enum tag_kind { TAG_IS_STRUCT, TAG_IS_UNION, TAG_IS_ENUM };

/* struct, union or enum: one definition. */
struct ctag {
	enum tag_kind kind;
	const char *name; /* NULL: none */
	const char *typedef_name;
	bool complete, packed, in_script;
	const struct ctoken *at; /* in_script: of its definition */
	bool is_signed;
	bool huge;          /* an enum with values past INT64_MAX */
	bool filled;        /* type has its fields */
	struct ctype ctype; /* that refers to this tag */
	uint64_t size;
	uint32_t align;
	VEC(struct cmember) members;
	VEC(struct enum_value) values;
	struct type *type; /* made on demand */
	uint32_t level;    /* of structs inside each other by value */
	const struct type *elsewhere;     /* of one that is only mentioned */
	const struct type *narrow, *wide; /* enums: 4 bytes, 8 bytes */
};

enum symbol_kind { SYM_TYPEDEF, SYM_CONST, SYM_OTHER };

struct csymbol {
	enum symbol_kind kind;
	const struct ctype *type;
	uint64_t value;
};

struct cattr {
	bool packed;
	uint32_t align;
	uint32_t mode;   /* bytes of __mode__ */
	uint32_t vector; /* bytes of vector_size */
};

enum basic {
	B_VOID,
	B_BOOL,
	B_CHAR,
	B_SCHAR,
	B_UCHAR,
	B_SHORT,
	B_USHORT,
	B_INT,
	B_UINT,
	B_LONG,
	B_ULONG,
	B_INT128,
	B_UINT128,
	B_FLOAT,
	B_DOUBLE,
	B_LDOUBLE,
	B_COUNT,
};

/* The parser. */
struct cparser {
	struct cpp *pp;
	struct arena *arena;
	struct ctoken tok, ahead;
	bool has_ahead;
	bool bad; /* this declaration: give up */
	int nest; /* braces and brackets open since its start */
	unsigned depth;
	bool is_typedef;
	const struct ctype *basic[B_COUNT];
	const char *end;       /* of the token before this one */
	struct ctoken unknown; /* a name of nothing, in an expression */
};

struct cdefs {
	struct cpp pp;
	struct cdef_input in;
	VEC(struct ctag *) made; /* that have a struct type */
};

/* A value of a constant expression; of an lvalue, v is its address. */
struct cvalue {
	const struct ctype *type; /* NULL: nobody knows */
	bool known, lvalue;
	uint64_t v;
};

/* ---- decl.c, spec.c, declarator.c, record.c, attr.c, expr.c ---- */

void c_unit(struct cparser *p);
void c_advance(struct cparser *p);
const struct ctoken *c_peek(struct cparser *p);
bool c_accept(struct cparser *p, unsigned punct);
bool c_expect(struct cparser *p, unsigned punct);
/* Give up on this declaration. */
void c_fail(struct cparser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The mistake is at `at`. */
void c_fail_at(struct cparser *p, const struct ctoken *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Behind the token before this one: something is missing there. */
struct ctoken c_behind(const struct cparser *p);
/* Something at `at` was there before, at `first`. */
void c_fail_twice(struct cparser *p, const struct ctoken *at,
		  const struct ctoken *first, const char *what,
		  const char *name, const char *noun);
/* Skip from the opener that is the current token behind its closer. */
void c_skip_group(struct cparser *p);
bool c_starts_type(struct cparser *p);
/* Declaration specifiers; NULL: failed. */
const struct ctype *c_spec(struct cparser *p, struct cattr *attr);
/* A type's name, as in sizeof(); NULL: failed. */
const struct ctype *c_type_name(struct cparser *p);
struct cdeclarator {
	struct cname *name;
	struct ctoken at; /* of the name */
	const struct ctype *type;
	struct cattr attr;
};
void c_declarator(struct cparser *p, const struct ctype *base,
		  struct cdeclarator *out);
/* struct, union or enum, the word itself being the current token. */
const struct ctype *c_tagged(struct cparser *p);
/* A type that C does not know, from whoever was named for that, or NULL. */
const struct ctype *c_outside(struct cparser *p, const char *tag,
			      const char *name);
bool c_at_keyword(const struct cparser *p, enum keyword kw);
/* One more level of nesting; false: too many. Then p->depth--. */
bool c_go_deeper(struct cparser *p);
void c_attrs(struct cparser *p, struct cattr *attr);
const struct ctype *c_attr_apply(struct cparser *p, const struct ctype *t,
				 const struct cattr *attr);
struct cvalue c_conditional(struct cparser *p);
/* A constant integer; 0 when it is none (then p->bad). */
struct cvalue c_constant(struct cparser *p);
struct csymbol *c_symbol(struct cparser *p, struct cname *name,
			 enum symbol_kind kind, const struct ctype *t);

/* ---- ctype.c, layout.c ---- */

void ctypes_init(struct cparser *p);
const struct ctype *ctype_pointer(struct cparser *p, const struct ctype *to);
const struct ctype *ctype_array(struct cparser *p, const struct ctype *of,
				uint64_t count, bool unsized);
const struct ctype *ctype_func(struct cparser *p, const struct ctype *result);
uint64_t ctype_size(const struct ctype *t);
uint32_t ctype_align(const struct ctype *t);
bool ctype_complete(const struct ctype *t);
bool ctype_same(const struct ctype *a, const struct ctype *b);
/* A member by name, through anonymous ones; its offset in bits added. */
const struct cmember *ctag_member(const struct ctag *tag, const char *name,
				  uint64_t *bits);
void c_layout_record(struct ctag *tag, uint32_t pack, uint32_t align,
		     enum cdef_arch arch);
void c_layout_enum(struct ctag *tag);

/* ---- condition.c, number.c ---- */

struct cint {
	uint64_t v;
	bool is_unsigned;
};

/* How tightly a binary operator binds, 1 to 10; 0: it is none. */
int c_precedence(const struct ctoken *t);
/* In 64 bits; division by zero gives 0. */
struct cint c_operate(unsigned op, struct cint a, struct cint b);

struct cnumber {
	uint64_t v;
	unsigned bytes; /* 4 or 8 */
	bool is_unsigned;
	bool suffix_u; /* written as such */
};
/* False: no integer. */
bool c_number(const char *s, size_t n, struct cnumber *out);
/* The value of 'x'. */
bool c_char(const char *s, size_t n, int64_t *out);

/* ---- convert.c ---- */

const struct type *c_convert(struct cdefs *c, const struct ctype *t);
/* The same, but an enum is 8 bytes wide, as values and casts have it. */
const struct type *c_convert_wide(struct cdefs *c, const struct ctype *t);

#endif
