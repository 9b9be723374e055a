/* SPDX-License-Identifier: MIT */
/* Merging, sorting and printing of map elements: runtime/map*.c. */
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <string.h>

#include "../../runtime/internal.h"

static struct arena arena;
static struct types types;

static void
setup(void)
{
	types_init(&types, &arena);
}

static void
teardown(void)
{
	arena_free(&arena);
}

TestSuite(maps, .init = setup, .fini = teardown);

enum { MAX = 8 };

struct table {
	struct map_rows rows;
	struct map_row room[MAX];
	int64_t keys[MAX], cells[MAX];
};

static void
fill(struct table *t, unsigned n, const int64_t pairs[][2])
{
	t->rows = (struct map_rows){ .v = t->room, .n = n, .cap = MAX };
	for (unsigned i = 0; i < n; i++) {
		t->keys[i] = pairs[i][0];
		t->cells[i] = pairs[i][1];
		t->room[i].key = (unsigned char *)&t->keys[i];
		t->room[i].cell = (unsigned char *)&t->cells[i];
	}
}

static void
expect(const struct mapdef *def, struct table *t, int64_t top, uint64_t div,
       bool json, const char *want)
{
	struct out o = { .fd = -1, .json = json };

	maps_print_rows(&o, def, &t->rows, top, div);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, want, "'%s', want '%s'", o.buf.s, want);
	sbuf_free(&o.buf);
}

static const int64_t pairs[][2] = {
	{ 3, 10 }, { 1, 30 }, { -2, 20 }, { 2, 20 }
};

Test(maps, integers_sort_by_value_then_key)
{
	const struct type *i64 = type_int(&types, 8, true);
	struct mapdef def = { .name = "x", .key = i64, .value = i64 };
	struct table t;

	fill(&t, 4, pairs);
	expect(&def, &t, 0, 0, false,
	       "@x[3]: 10\n@x[-2]: 20\n@x[2]: 20\n@x[1]: 30\n");
	fill(&t, 4, pairs);
	expect(&def, &t, 2, 10, false, "@x[2]: 2\n@x[1]: 3\n");
	fill(&t, 2, pairs);
	expect(&def, &t, 0, 0, true,
	       "{\"type\": \"map\", \"data\": {\"@x\": {\"3\": 10, "
	       "\"1\": 30}}}\n");
}

Test(maps, other_values_sort_by_key)
{
	struct mapdef def = { .name = "",
			      .key = type_int(&types, 8, false),
			      .value = type_pointer(&types, type_none(&types),
						    AS_KERNEL) };
	struct table t;

	fill(&t, 4, pairs);
	expect(&def, &t, 0, 0, false,
	       "@[18446744073709551614]: 0x14\n@[1]: 0x1e\n@[2]: 0x14\n"
	       "@[3]: 0xa\n");
}

Test(maps, tuple_keys_lose_their_parentheses)
{
	const struct type *i32 = type_int(&types, 4, true);
	const struct type *items[] = { i32, i32 };
	struct mapdef def = { .name = "t",
			      .key = type_tuple(&types, items, 2),
			      .value = i32 };
	struct table t;

	fill(&t, 1, (const int64_t[][2]){ { 0x700000005, 9 } });
	expect(&def, &t, 0, 0, false, "@t[5, 7]: 9\n");
	expect(&def, &t, 0, 0, true,
	       "{\"type\": \"map\", \"data\": {\"@t\": {\"5,7\": 9}}}\n");
}

Test(maps, scalars)
{
	struct mapdef def = { .name = "s", .value = type_int(&types, 8, true) };
	struct table t;

	fill(&t, 1, (const int64_t[][2]){ { 0, -4 } });
	expect(&def, &t, 0, 0, false, "@s: -4\n");
	expect(&def, &t, 0, 0, true,
	       "{\"type\": \"map\", \"data\": {\"@s\": -4}}\n");
}

static void
add_cells(const struct type *t, void *into, const void *cell)
{
	(void)t;
	*(int64_t *)into += *(const int64_t *)cell;
}

Test(maps, cells_of_all_cpus_are_merged)
{
	const struct nominal row = { .name = "count_t",
				     .size = 8,
				     .align = 8,
				     .per_cpu = true,
				     .merge = add_cells };
	const int64_t par[TYPE_PARAMS] = { 0 };
	struct mapdef def = { .name = "c",
			      .value = type_nominal(&types, &row, false, par) };
	struct map_spec spec = { .type = BPF_MAP_TYPE_PERCPU_ARRAY,
				 .value_size = 16,
				 .present_off = 8,
				 .def = &def };
	int64_t cpus[3][2] = { { 0, 0 }, { 3, 0 }, { 4, 0 } }, cell[2];

	maps_merge(&spec, 3, cpus, cell);
	cr_expect_eq(cell[0], 7);
	cr_expect(maps_present(&spec, 3, cpus));
	memset(cpus, 0, sizeof(cpus));
	cr_expect(!maps_present(&spec, 3, cpus));
	cpus[2][1] = 1; /* the presence byte alone: zeroed */
	cr_expect(maps_present(&spec, 3, cpus));
	maps_merge(&spec, 3, cpus, cell);
	cr_expect_eq(cell[0], 0);
}

Test(maps, strings_sort_bytewise)
{
	const struct type *t = type_string(&types, 4);

	cr_expect_lt(maps_compare_keys(t, "ab\0", "b\0\0"), 0);
	cr_expect_gt(maps_compare_keys(t, "\xff\0\0", "b\0\0"), 0);
	cr_expect_eq(maps_compare_keys(t, "abcd", "abcd"), 0);
}
