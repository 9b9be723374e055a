/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of functions that can be probed: available_filter_functions
 * where it can be read, or what would stand there, else the text symbols of
 * kallsyms, less what no tracer may touch (REFERENCE 3.3).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct function {
	const char *module, *name;
	uint64_t address; /* 0: not told */
};

struct collect {
	struct kernel *k;
	const char *module, *name; /* patterns; module NULL: any */
	bool plain;                /* the name has no wildcard */
	bool symbols;              /* from kallsyms, not the kernel's list */
	VEC(struct function) found;
	const char *last_module; /* modules come in runs: share the copy */
};

static bool
matches_any(const char *const *patterns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (kernel_match(patterns[i], name))
			return true;
	return false;
}

/* A tracer that runs there brings the machine down. */
static bool
is_forbidden(const char *name)
{
	static const char *const patterns[] = {
		"rcu_*",        "__ftrace_invalid_address__*", "arch_cpu_idle",
		"default_idle", "bpf_dispatcher_xdp_func",
	};

	return matches_any(patterns, ARRAY_LEN(patterns), name);
}

/* A wildcard does not reach the compiler's fragments of functions (f.part.0),
 * nor, where only symbols tell, what is no function at all or what the kernel
 * makes for itself; a name written out does. */
static bool
is_made(const struct collect *c, const char *name)
{
	static const char *const patterns[] = {
		"*.part.*", "*.cold*",       "__pfx_*",    "__cfi_*",
		"__SCT__*", "__traceiter_*", "bpf_prog_*", "bpf_trampoline_*",
	};

	return matches_any(patterns, c->symbols ? ARRAY_LEN(patterns) : 1,
			   name);
}

static bool
wanted(const struct collect *c, const char *module, const char *name)
{
	if (!kernel_match(c->name, name) || is_forbidden(name))
		return false;
	if (c->module && !kernel_match(c->module, module))
		return false;
	return c->plain || !is_made(c, name);
}

static void
collect(struct collect *c, const char *module, const char *name,
	uint64_t address)
{
	struct function *f;

	if (!wanted(c, module, name))
		return;
	if (!c->last_module || strcmp(c->last_module, module) != 0)
		c->last_module = arena_strdup(c->k->arena, module);
	f = vec_push(c->k->arena, &c->found);
	f->module = c->last_module;
	f->name = arena_strdup(c->k->arena, name);
	f->address = address;
}

/* "name [module]", or a name alone. */
static void
collect_entry(struct collect *c, const char *text, size_t n)
{
	char line[1024], *module, *end;

	if (!n || n >= sizeof(line) || strchr(" \t", *text))
		return;
	memcpy(line, text, n);
	line[n] = '\0';
	module = strpbrk(line, " \t");
	if (module)
		*module++ = '\0';
	module = module ? strchr(module, '[') : NULL;
	end = module ? strchr(module, ']') : NULL;
	if (end)
		*end = '\0';
	collect(c, end ? module + 1 : "vmlinux", line, 0);
}

/* Most of the forty thousand lines differ from the pattern in their first
 * bytes: nothing else is done with them. */
static void
collect_filter(struct collect *c, const char *text, size_t n)
{
	size_t fixed = strcspn(c->name, "*");
	const char *end = text + n, *next;

	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		if ((size_t)(next - text) >= fixed &&
		    !memcmp(text, c->name, fixed))
			collect_entry(c, text, (size_t)(next - text));
	}
}

/* Functions of .init.text stay in kallsyms after their memory is gone. */
static void
collect_kallsyms(struct collect *c, struct lines *l)
{
	struct kallsym sym;
	bool in_init = false;
	char *line;

	while ((line = lines_next(l))) {
		if (!kallsym_parse(line, &sym))
			continue;
		if (!strcmp(sym.name, "_sinittext"))
			in_init = true;
		else if (!strcmp(sym.name, "_einittext") || sym.module)
			in_init = false;
		if (!strchr("tTwW", sym.type) || in_init)
			continue;
		if (sym.module && !strncmp(sym.module, "bpf", 4))
			continue;
		if (sym.module && !strncmp(sym.module, "__builtin__", 11))
			continue;
		collect(c, sym.module ? sym.module : "vmlinux", sym.name, 0);
	}
}

static int
by_name(const void *va, const void *vb)
{
	const struct function *a = va, *b = vb;
	int d = strcmp(a->name, b->name);

	return d ? d : strcmp(a->module, b->module);
}

/* The kernel's own list, where it may be read. It looks up each name while it
 * prints, which takes longer than all that we do: kept for other patterns, and
 * for other runs. */
static const char *
filter_path(struct kernel *k)
{
	const char *dir;

	if (k->paths.functions)
		return k->paths.functions;
	dir = kernel_tracefs(k, NULL);
	return dir ? arena_printf(k->arena, "%s/available_filter_functions",
				  dir)
		   : NULL;
}

static bool
read_filter(struct kernel *k)
{
	struct kernel_cache *c = kernel_cached(k);
	const char *path;

	if (c->filter_asked)
		return c->filter;
	c->filter_asked = true;
	path = filter_path(k);
	if (path)
		c->filter =
			kernel_read_kept(k, path, "functions", &c->filter_size);
	return c->filter;
}

/* ---- a part of the list ---- */

/* What a walk found for names that begin as the first line says:
 * "ADDRESS MODULE NAME" a line. */
struct part {
	const char *prefix;
	size_t n;
};

static void
write_place(void *arg, const char *module, const char *name, uint64_t address)
{
	sbuf_printf(arg, "%llx %s %s\n", (unsigned long long)address, module,
		    name);
}

static const char *
make_part(struct kernel *k, const void *arg, size_t *len)
{
	const struct part *p = arg;
	struct sbuf text = { 0 };
	const char *kept = NULL;

	sbuf_printf(&text, "%.*s\n", (int)p->n, p->prefix);
	if (kernel_ksyms(k, p->prefix, p->n, write_place, &text)) {
		kept = arena_strndup(k->arena, text.s, text.n);
		*len = text.n;
	}
	sbuf_free(&text);
	return kept;
}

/* Whether the text has all functions that begin so. */
static bool
has_part(const char *text, size_t len, const struct part *p)
{
	const char *end = text ? memchr(text, '\n', len) : NULL;
	size_t n = end ? (size_t)(end - text) : 0;

	return end && n <= p->n && !memcmp(text, p->prefix, n);
}

static void
collect_part(struct collect *c, const char *text, size_t len)
{
	char *line, *at, *module, *name, *all;

	all = at = arena_strndup(c->k->arena, text, len);
	while ((line = strsep(&at, "\n"))) {
		module = strchr(line, ' ');
		name = module ? strchr(module + 1, ' ') : NULL;
		if (line == all || !name)
			continue;
		*module++ = *name++ = '\0';
		collect(c, module, name, strtoull(line, NULL, 16));
	}
}

/* Whether the kernel shows its list at all: what it hides is not asked for in
 * another way. */
static bool
is_shown(const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* The part for these names: that of the last pattern or run, else from a walk,
 * which takes half as long as the whole list. Who has a copy of that, or asks
 * for a third part, is served from it. NULL: none. */
static const char *
find_part(struct kernel *k, const struct part *p, size_t *len)
{
	enum { WALKS_MAX = 2 };
	struct kernel_cache *c = kernel_cached(k);

	if (!c->part && !c->walks)
		c->part = kernel_recall(k, "part", &c->part_size);
	if (!has_part(c->part, c->part_size, p)) {
		if (!c->walks && !c->filter_asked)
			c->filter =
				kernel_recall(k, "functions", &c->filter_size);
		c->filter_asked |= c->filter != NULL;
		if (c->filter || c->walks++ >= WALKS_MAX ||
		    !is_shown(filter_path(k)))
			return NULL;
		c->part = kernel_make_kept(k, "part", make_part, p,
					   &c->part_size);
	}
	*len = c->part_size;
	return c->part;
}

static bool
read_part(struct collect *c)
{
	struct part p = { c->name, strcspn(c->name, "*") };
	const char *text = NULL;
	size_t len;

	if (c->k->paths.walk && !c->k->paths.functions && p.n)
		text = find_part(c->k, &p, &len);
	if (text)
		collect_part(c, text, len);
	return text;
}

static int
read_functions(struct collect *c)
{
	const struct kernel_paths *p = &c->k->paths;
	struct lines l;

	if (read_part(c))
		return 0;
	if (read_filter(c->k)) {
		collect_filter(c, kernel_cached(c->k)->filter,
			       kernel_cached(c->k)->filter_size);
		return 0;
	}
	errno = ENOENT;
	if (!p->kallsyms || !lines_open(&l, p->kallsyms))
		return -errno;
	c->symbols = true;
	collect_kallsyms(c, &l);
	lines_close(&l);
	return -l.error;
}

static const char *
full_name(struct kernel *k, const char *module, const char *name)
{
	return arena_printf(k->arena, "%s:%s", module, name);
}

/* Of several of one name the first by address, as links by name have it. */
static void
note_place(struct kernel *k, const struct function *f)
{
	struct hmap *places = &kernel_cached(k)->places;
	const char *name = full_name(k, f->module, f->name);
	uint64_t *known = hmap_get(places, name);

	if (!known) {
		known = arena_alloc(k->arena, sizeof(*known));
		*known = f->address;
		hmap_put(k->arena, places, name, known);
	} else if (f->address < *known) {
		*known = f->address;
	}
}

uint64_t
kernel_place_of(struct kernel *k, const char *module, const char *name)
{
	const uint64_t *known =
		hmap_get(&kernel_cached(k)->places, full_name(k, module, name));

	return known ? *known : 0;
}

int
kernel_functions(struct kernel *k, const char *module, const char *name,
		 kernel_function_fn *each, void *arg)
{
	struct collect c = { .k = k, .module = module, .name = name };
	const struct function *prev = NULL;
	int n = 0, err;

	c.plain = !kernel_is_pattern(name);
	err = read_functions(&c);
	if (err)
		return err;
	if (c.found.n)
		qsort(c.found.v, c.found.n, sizeof(*c.found.v), by_name);
	for (uint32_t i = 0; i < c.found.n; i++) {
		if (c.found.v[i].address)
			note_place(k, &c.found.v[i]);
		if (prev && !by_name(prev, &c.found.v[i]))
			continue;
		prev = &c.found.v[i];
		each(arg, prev->module, prev->name);
		n++;
	}
	return n;
}

static void
note_found(void *arg, const char *module, const char *name)
{
	(void)module;
	(void)name;
	*(bool *)arg = true;
}

/* BTF answers in a millisecond; kallsyms takes seventy to print itself. A list
 * that was brought along says all. */
bool
kernel_has_function(struct kernel *k, const char *module, const char *name)
{
	bool core = !module || !strcmp(module, "vmlinux"), found = false;
	bool given = k->paths.functions;
	struct kernel_cache *c = kernel_cached(k);
	const struct kbtf *btf = core && !given ? kernel_btf(k) : NULL;

	if (is_forbidden(name))
		return false;
	if (btf && kbtf_find(btf, name, BTF_KIND_FUNC))
		return true;
	if (!module && hmap_get(&c->functions, name))
		return true;
	kernel_functions(k, module, name, note_found, &found);
	if (found && !module)
		hmap_put(k->arena, &c->functions, arena_strdup(k->arena, name),
			 k);
	return found;
}

/* "0xSTART-0xEND\tNAME" a line. */
static void
read_blacklist(struct kernel *k, struct hmap *names)
{
	const char *at, *end, *tab, *next;
	size_t n;

	at = kernel_read_kept(k, k->paths.blacklist, "blacklist", &n);
	if (!at)
		return;
	for (end = at + n; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			next = end;
		tab = memchr(at, '\t', (size_t)(next - at));
		if (tab++)
			hmap_put(k->arena, names,
				 arena_strndup(k->arena, tab,
					       (size_t)(next - tab)),
				 k);
	}
}

bool
kernel_refuses_kprobe(struct kernel *k, const char *name)
{
	struct kernel_cache *c = kernel_cached(k);

	if (!c->blacklist_read && k->paths.blacklist)
		read_blacklist(k, &c->blacklist);
	c->blacklist_read = true;
	return hmap_get(&c->blacklist, name);
}
