/* SPDX-License-Identifier: MIT */
/*
 * BTF -> struct type: the fixture's types, those of a module, kinds that no
 * compiler here writes, and hostile records.
 */
#include <bpf/btf.h>
#include <linux/btf.h>

#include "../../sema/ktype/ktype.h"
#include "fixture.h"

static struct types types;
static struct kernel kernel;

static struct ktypes *
fixture(void)
{
	types_init(&types, &arena);
	kernel = fixture_kernel();
	return ktypes_new(&types, &kernel, NULL, NULL);
}

static const struct field *
field(struct ktypes *k, const struct type *t, const char *name)
{
	const struct field *f;

	cr_assert(ktype_complete(k, t));
	f = type_field(t, name);
	cr_assert(f, "%s", name);
	return f;
}

static void
is(struct ktypes *k, const struct type *t, const char *name, const char *type,
   uint32_t offset)
{
	const struct field *f = field(k, t, name);

	cr_expect_str_eq(type_name(f->type), type, "%s: %s", name,
			 type_name(f->type));
	cr_expect_eq(f->offset, offset, "%s: %u", name, f->offset);
}

Test(btf_types, fields_and_places)
{
	struct ktypes *k = fixture();
	const struct type *t = ktype_find(k, "struct kinds");

	cr_assert(t);
	is(k, t, "refs", "struct {int32}", 0);
	is(k, t, "on", "bool", 4);
	is(k, t, "name", "string[8]", 7);
	is(k, t, "bytes", "string[6]", 15);
	is(k, t, "names", "string[4][2]", 21);
	is(k, t, "grid", "int32[2][3]", 32);
	is(k, t, "nodes", "struct node[2]", 56);
	is(k, t, "table", "struct node *[2]", 136);
	is(k, t, "sign", "enum sign", 176);
	is(k, t, "packed", "struct packed_one", 180);
	is(k, t, "inner", "uint32", 208);
	is(k, t, "list", "struct list_head", 216);
	is(k, t, "whole", "uint64", 208);
	is(k, t, "constant", "struct node *", 232);
	is(k, t, "tail", "int32[0]", 240);
	is(k, t, "ratio", "void", 192);
	cr_expect_eq(field(k, t, "high")->bit_size, 61);
	cr_expect_eq(field(k, t, "high")->bit_offset, 3);
	cr_expect_str_eq(field(k, t, "counters")->tag, "percpu");
	cr_expect_eq(field(k, t, "user_text")->as, AS_USER);
	cr_expect_eq(field(k, t, "packed")->type->align, 1);
	cr_expect_eq(field(k, t, "nodes")->type->to->align, 8);
}

Test(btf_types, one_type_by_all_its_names)
{
	struct ktypes *k = fixture();
	const struct type *early = ktype_struct(k, "struct task_struct");
	const struct type *kinds;

	cr_expect_eq(early->size, 0);
	kinds = ktype_find(k, "struct kinds");
	cr_expect_eq(field(k, kinds, "task")->type->to, early);
	cr_expect(early->size > 0);
	cr_expect_eq(early->nfields, 0);
	cr_expect_eq(ktype_find(k, "task_struct"), early);
	cr_expect_eq(field(k, early, "real_parent")->type->to, early);
	cr_expect_eq(ktype_struct(k, "struct task_struct"), early);
}

Test(btf_types, what_is_not_there)
{
	struct ktypes *k = fixture();
	const struct type *none = ktype_struct(k, "struct nosuch");
	uint64_t v;

	cr_expect_not(ktype_complete(k, none));
	cr_expect_not(ktype_complete(k, none));
	cr_expect_null(ktype_find(k, "struct nosuch"));
	cr_expect_null(ktype_find(k, "struct unknown"));
	cr_expect_null(ktype_find(k, "enum task_struct"));
	cr_expect_null(ktype_find(k, ""));
	cr_expect_null(ktype_find(k, "struct "));
	cr_expect_null(ktype_constant(k, "STATE_", &v));
	cr_expect_null(ktype_constant(k, "", &v));
}

Test(btf_types, without_a_kernel)
{
	struct ktypes *k;

	types_init(&types, &arena);
	k = ktypes_new(&types, NULL, NULL, NULL);
	cr_expect_null(ktype_find(k, "struct task_struct"));
	cr_expect_str_eq(type_name(ktype_struct(k, "struct x")), "struct x");
}

Test(btf_types, constants)
{
	struct ktypes *k = fixture();
	const struct type *t, *narrow;
	uint64_t v = 0;

	t = ktype_constant(k, "STATE_WAITING", &v);
	cr_assert(t);
	cr_expect_eq(v, 5);
	cr_expect_eq(t->size, 8);
	cr_expect_str_eq(type_name(t), "enum fixture_state");
	cr_expect_eq(ktype_find(k, "enum fixture_state"), t);
	narrow = field(k, ktype_find(k, "task_struct"), "state")->type;
	cr_expect_eq(narrow->size, 4);
	t = ktype_constant(k, "SIGN_MINUS", &v);
	cr_expect_eq((int64_t)v, -1);
	cr_expect(t->is_signed);
}

static const struct type *
script_node(void *arg, const char *name)
{
	return strcmp(name, "struct node") ? NULL : arg;
}

Test(btf_types, definitions_of_the_script_win)
{
	const struct type *mine, *t;
	struct ktypes *k;

	fixture();
	mine = type_struct(&types, "struct node", 4, NULL, 0);
	k = ktypes_new(&types, &kernel, script_node, (void *)(uintptr_t)mine);
	t = ktype_find(k, "struct kinds");
	cr_expect_eq(ktype_find(k, "struct node"), mine);
	cr_expect_eq(field(k, t, "constant")->type->to, mine);
}

/* ---- images made here ---- */

static struct ktypes *
types_of(const char *dir, const struct btf *base, const struct btf *module)
{
	struct kernel_paths paths = { 0 };
	const void *raw;
	uint32_t n;

	types_init(&types, &arena);
	raw = btf__raw_data(base, &n);
	paths.btf = write_file(dir, "vmlinux", raw, n);
	paths.btf_dir = dir;
	if (module) {
		raw = btf__raw_data(module, &n);
		write_file(dir, "mod", raw, n);
	}
	kernel_init(&kernel, &arena, &paths);
	return ktypes_new(&types, &kernel, NULL, NULL);
}

Test(btf_types, modules)
{
	struct btf *base = btf__new_empty(), *mod;
	const char *dir = temp_dir();
	const struct type *t;
	struct ktypes *k;
	uint64_t v = 0;

	cr_assert_eq(btf__add_int(base, "int", 4, BTF_INT_SIGNED), 1);
	cr_assert_eq(btf__add_struct(base, "core", 8), 2);
	btf__add_field(base, "a", 1, 0, 0);
	mod = btf__new_empty_split(base);
	cr_assert_eq(btf__add_struct(mod, "extra", 16), 3);
	btf__add_field(mod, "a", 2, 0, 0);
	btf__add_field(mod, "own", 1, 64, 0);
	btf__add_enum64(mod, "wide", 8, false);
	btf__add_enum64_value(mod, "WIDE_ONE", UINT64_C(0x100000001));
	k = types_of(dir, base, mod);
	t = ktype_find(k, "struct extra");
	cr_assert(t);
	is(k, t, "own", "int32", 8);
	is(k, t, "a", "struct core", 0);
	cr_expect_eq(field(k, t, "a")->type, ktype_find(k, "struct core"));
	t = ktype_constant(k, "WIDE_ONE", &v);
	cr_assert(t);
	cr_expect_eq(v, UINT64_C(0x100000001));
	cr_expect_null(kernel_module_btf(&kernel, "nosuch"));
	cr_expect_null(kernel_module_btf(&kernel, "../vmlinux"));
	remove_dir(dir);
}

/* Structs that contain themselves, each other, or more than fits. */
Test(btf_types, hostile_records)
{
	struct btf *b = btf__new_empty();
	const char *dir = temp_dir();
	const struct type *t;
	struct ktypes *k;

	btf__add_int(b, "int", 4, 0);  /* 1 */
	btf__add_struct(b, "self", 8); /* 2 */
	btf__add_field(b, "me", 2, 0, 0);
	btf__add_field(b, "fine", 1, 0, 0);
	btf__add_struct(b, "left", 8); /* 3 */
	btf__add_field(b, "other", 4, 0, 0);
	btf__add_struct(b, "right", 8); /* 4 */
	btf__add_field(b, "", 3, 0, 0);
	btf__add_struct(b, "over", 4); /* 5 */
	btf__add_field(b, "far", 1, 32, 0);
	btf__add_field(b, "bits", 1, 30, 8);
	btf__add_field(b, "big", 6, 0, 0);
	btf__add_array(b, 1, 1, 0x40000000); /* 6 */
	btf__add_typedef(b, "loop", 7);      /* 7 */
	btf__add_struct(b, "loops", 8);      /* 8 */
	btf__add_field(b, "loop", 7, 0, 0);
	btf__add_field(b, "nowhere", 99, 0, 0);
	btf__add_field(b, "empty", 9, 0, 0);
	btf__add_array(b, 1, 7, 0x40000000); /* 9 */
	k = types_of(dir, b, NULL);
	t = ktype_find(k, "struct self");
	cr_assert(t);
	is(k, t, "fine", "uint32", 0);
	cr_expect_null(type_field(t, "me"));
	t = ktype_find(k, "struct left");
	cr_expect_null(type_field(t, "other"));
	ktype_complete_value(k, ktype_find(k, "struct right"));
	t = ktype_find(k, "struct over");
	cr_expect_eq(t->nfields, 1);
	is(k, t, "big", "void", 0);
	t = ktype_find(k, "struct loops");
	is(k, t, "loop", "void", 0);
	is(k, t, "nowhere", "void", 0);
	is(k, t, "empty", "void[0]", 0);
	cr_expect(ktype_find(k, "loop"));
	remove_dir(dir);
}

/* Every type of the image, by id and by all its fields. */
static void
walk(struct ktypes *k, const struct kbtf *b)
{
	for (uint32_t id = 1; id < kbtf_end(b); id++)
		ktype_complete_value(k, ktype_of(k, b, id, AS_NONE));
}

Test(btf_types, mangled)
{
	const char *dir = temp_dir();
	size_t n;
	char *bytes = slurp(FIXTURE "/btf", &n);
	char *copy = arena_alloc(&arena, n);
	unsigned seed = 1;

	for (int round = 0; round < 300; round++) {
		struct kernel_paths paths = { 0 };
		const struct kbtf *b;

		memcpy(copy, bytes, n);
		for (int i = 0; i < 8; i++) {
			seed = seed * 1103515245 + 12345;
			copy[24 + (seed >> 8) % (n - 24)] ^= 1 << (seed % 8);
		}
		paths.btf = write_file(dir, "btf", copy, n);
		kernel_init(&kernel, &arena, &paths);
		types_init(&types, &arena);
		b = kernel_btf(&kernel);
		if (b)
			walk(ktypes_new(&types, &kernel, NULL, NULL), b);
	}
	remove_dir(dir);
}

Test(btf_types, running_kernel)
{
	struct kernel_paths paths = { .btf = "/sys/kernel/btf/vmlinux" };
	struct ktypes *k;
	const struct kbtf *b;

	kernel_init(&kernel, &arena, &paths);
	types_init(&types, &arena);
	b = kernel_btf(&kernel);
	if (!b)
		cr_skip_test("no kernel BTF");
	k = ktypes_new(&types, &kernel, NULL, NULL);
	walk(k, b);
	is(k, ktype_find(k, "struct list_head"), "prev", "struct list_head *",
	   8);
}
