/* SPDX-License-Identifier: MIT */
/*
 * BTF, of a kernel that lies or of a file given by --btf: the index, and every
 * type of it as one of ours, completed.
 */
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../probes/internal.h"
#include "../../../sema/ktype/ktype.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fixtures/*/btf", NULL };

struct question {
	struct arena *arena;
	struct ktypes *types;
	const struct kbtf *btf;
	uint32_t left;
};

static void
ask(void *arg, const char *name, uint32_t id)
{
	static const char *const tags[] = { "%s", "struct %s", "enum %s" };
	struct question *q = arg;
	struct probe_proto proto;
	const struct type *t;
	uint64_t value;

	if (!q->left || !q->left--)
		return;
	t = ktype_of(q->types, q->btf, id, AS_KERNEL);
	if (t)
		ktype_complete_value(q->types, t);
	probe_btf_text(q->arena, q->btf, id);
	probe_btf_proto(q->btf, id, &proto);
	ktype_constant(q->types, name, &value);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		t = ktype_find(q->types, arena_printf(q->arena, tags[i], name));
		if (t)
			ktype_complete(q->types, t);
	}
	t = ktype_enum_field(q->types, arena_printf(q->arena, tags[2], name));
	if (t)
		ktype_complete_value(q->types, t);
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = { 0 };
	struct types types = { 0 };
	struct kernel_paths paths = { 0 };
	struct kernel k;
	struct question q = { .arena = &a, .left = 300 };
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) != (ssize_t)n)
		abort();
	paths.btf = path;
	types_init(&types, &a);
	kernel_init(&k, &a, &paths);
	q.btf = kernel_btf(&k);
	q.types = ktypes_new(&types, &k, NULL, NULL);
	if (q.btf) {
		for (unsigned kind = 1; kind <= BTF_KIND_ENUM64; kind++)
			kbtf_each(q.btf, kind, "*", ask, &q);
		for (uint32_t id = 0; id < 100; id++)
			probe_btf_text(&a, q.btf, id);
		kbtf_find_constant(q.btf, "x");
	}
	arena_free(&a);
	close(fd);
}
