/* SPDX-License-Identifier: MIT */
/*
 * Types: interned and immutable, compared by pointer. Two types that print
 * alike may still differ (a flexible literal's int8 and a plain int8).
 */
#ifndef JIFFY_TYPES_H
#define JIFFY_TYPES_H

#include "../../parser/parser.h"

struct nominal; /* sema.h */

enum type_kind {
	TY_ERROR, /* a mistake was reported; silences what follows */
	TY_NONE,  /* "void": the result of printf and of statements */
	TY_BOOL,
	TY_INT,
	TY_STRING, /* size bytes of storage, NUL included */
	TY_BUFFER, /* u32 length, then size - 4 bytes of data */
	TY_POINTER,
	TY_ARRAY,
	TY_STRUCT, /* struct or union; C layout */
	TY_ENUM,
	TY_TUPLE,
	TY_RECORD,  /* a tuple with names */
	TY_NOMINAL, /* a row of struct nominal: count, kstack, inet, ... */
};

/* What an address means, hence how it is read (REFERENCE 2.4). */
enum addrspace {
	AS_NONE,
	AS_KERNEL, /* probe_read_kernel */
	AS_USER,   /* probe_read_user */
	AS_ANY,    /* the kernel's or a process's, as the address says */
	AS_BPF,    /* stack, map cell, ring record: direct loads */
	AS_CTX,    /* the program's context: direct loads, constant offset */
	AS_BTF,    /* a BTF-typed kernel pointer: direct loads that cannot
		      fault (tracing programs) */
};

struct field {
	const char *name; /* NULL in tuples */
	const struct type *type;
	uint32_t offset;              /* bytes */
	uint8_t bit_offset, bit_size; /* bit_size 0: no bit-field */
	bool data_loc;     /* tracepoint __data_loc: low 16 bits of the u32 here
			      are the data's offset in the context */
	enum addrspace as; /* pointers: space of what it points to */
	const char *tag;   /* pointers that cannot be followed: "percpu" */
};

struct enum_value {
	const char *name;
	uint64_t value; /* sign-extended */
};

enum { TYPE_PARAMS = 4 };

struct type;

/* Where the fields of a struct come from, for structs that are filled in when
 * one of them is asked for. */
struct type_source {
	bool (*fill)(struct type_source *from, struct type *t);
};

struct type {
	enum type_kind kind;
	uint32_t size;  /* bytes of a value */
	uint32_t align; /* 1, 2, 4 or 8 */
	bool is_signed; /* ints; signed aggregations */
	bool flexible;  /* int literal: takes the other side's sign; tuple,
			   record: holds one */
	const struct type *plain; /* flexible: the same, settled */
	bool is_union;
	enum addrspace as;     /* TY_POINTER: of what it points to */
	const struct type *to; /* pointee or element; nominal: of argument */
	uint32_t count;        /* array elements; 0: flexible array */
	const char *name;      /* printed name, "int8", "struct x" */
	const struct field *fields; /* struct, tuple, record */
	uint32_t nfields;
	/* Fields of anonymous members, offsets from this struct's start. */
	const struct field *promoted;
	uint32_t npromoted;
	const struct enum_value *values; /* TY_ENUM */
	uint32_t nvalues;
	const struct nominal *nominal;
	int64_t par[TYPE_PARAMS];   /* nominal: hist bits; lhist min, max, step;
				       stack mode, limit; ...; int: type_time */
	struct type_source *origin; /* of a struct that is not filled in yet;
				       fill NULL: the kernel's (ktype) */
};

struct types { /* the interning table */
	struct arena *arena;
	struct hmap by_text;
	const struct type *ints[16];    /* once made; see make_int() */
	const struct type *basic[3];    /* likewise: error, none, bool */
	const struct type *strings[64]; /* by size: the last one */
};

void types_init(struct types *t, struct arena *a);
const struct type *type_error(struct types *t);
const struct type *type_none(struct types *t);
const struct type *type_bool(struct types *t);
/* bytes: 1, 2, 4 or 8 */
const struct type *type_int(struct types *t, unsigned bytes, bool is_signed);
/* A uint64 that is known to come from one clock (par[0], nonzero). Stored, it
 * stays so; arithmetic and other uses make it a plain one. */
const struct type *type_time(struct types *t, int clock);
/* The type of a literal: smallest signed, flexible; uint64 past INT64_MAX. */
const struct type *type_literal(struct types *t, uint64_t value, bool negative);
/* Size 0, "string": sized by what will be assigned (while inferring). */
const struct type *type_string(struct types *t, uint32_t size);
const struct type *type_buffer(struct types *t, uint32_t data_bytes);
const struct type *type_pointer(struct types *t, const struct type *to,
				enum addrspace as);
const struct type *type_array(struct types *t, const struct type *of,
			      uint32_t count);
/* Natural alignment, zero padded, strings 1-aligned. */
const struct type *type_tuple(struct types *t, const struct type *const *items,
			      uint32_t n);
const struct type *type_record(struct types *t, const char *const *names,
			       const struct type *const *items, uint32_t n);
/* A struct with given layout; `name` as printed ("struct x"). Not interned by
 * content: one call, one type. */
struct type *type_struct(struct types *t, const char *name, uint32_t size,
			 const struct field *fields, uint32_t nfields);
/* Give a struct that was made without fields what it has. */
void type_set_fields(struct types *t, struct type *p,
		     const struct field *fields, uint32_t nfields);
/* An enum of `size` bytes; `name` as printed ("enum x"). One call, one type. */
const struct type *type_enum(struct types *t, const char *name, uint32_t size,
			     bool is_signed, const struct enum_value *values,
			     uint32_t nvalues);
/* The constant of an enum that has this value, or NULL. */
const char *type_enum_value(const struct type *t, uint64_t value);
/* A nominal with parameters; size and align come from the row. */
const struct type *type_nominal(struct types *t, const struct nominal *n,
				bool is_signed, const int64_t par[TYPE_PARAMS]);

/* The common type of two uses (REFERENCE 2.2's table), or NULL. */
const struct type *type_promote(struct types *t, const struct type *a,
				const struct type *b);
/* The type without what is flexible in it. */
const struct type *type_plain(const struct type *t);
/* The literal's type with its flexibility gone; a string has a size. */
const struct type *type_settle(struct types *t, const struct type *a);
/* The name as messages print it: "int8", "string[4]", "(int8,string[2])". */
const char *type_name(const struct type *t);
/* Whether a value fits a 64-bit register (ints, bools, enums, pointers and
 * 8-byte nominals that are no aggregation); others live in memory. */
bool type_is_scalar(const struct type *t);
bool type_is_int(const struct type *t); /* int, bool or enum */
/* The field called `name`, anonymous members looked through, or NULL. */
const struct field *type_field(const struct type *t, const char *name);

#endif
