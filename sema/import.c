/* SPDX-License-Identifier: MIT */
/*
 * Imports (REFERENCE 1.10): other scripts' macros, probes, maps and C
 * definitions in front of the script's own. Headers bring a script nothing,
 * and objects need a C compiler; what others may write is not taken.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"

struct importing {
	struct sema *s;
	struct ast all; /* what was imported, in order */
	VEC(const char *) done;
	const struct import *import; /* the one at work */
};

/* ---- paths ---- */

static const char *
join(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (!n || name[0] == '/')
		return name;
	return arena_printf(a, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/",
			    name);
}

/* The folder a file is in; "" for the current one. */
static const char *
folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return "";
	return arena_strndup(a, path, (size_t)(slash - path) + 1);
}

static bool
world_writable(const char *path)
{
	struct stat st;

	return stat(*path ? path : ".", &st) == 0 && (st.st_mode & S_IWOTH);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static bool
is_known_kind(const char *path)
{
	return ends_with(path, ".bt") || ends_with(path, ".h") ||
	       ends_with(path, ".bpf.c") || ends_with(path, ".o");
}

/* ---- one file ---- */

static char *
read_file(struct arena *a, const char *path, size_t *n)
{
	FILE *f = fopen(path, "re");
	struct sbuf b = { 0 };
	char chunk[4096], *text = NULL;

	if (!f)
		return NULL;
	while ((*n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sbuf_add(&b, chunk, *n);
	if (!ferror(f)) {
		text = arena_strndup(a, b.n ? b.s : "", b.n);
		*n = b.n;
	}
	sbuf_free(&b);
	fclose(f);
	return text;
}

static void
append(struct ast *into, const struct ast *from)
{
	uint32_t i;

	for (i = 0; i < from->cdefs.n; i++)
		*vec_push(into->arena, &into->cdefs) = from->cdefs.v[i];
	for (i = 0; i < from->macros.n; i++)
		*vec_push(into->arena, &into->macros) = from->macros.v[i];
	for (i = 0; i < from->map_decls.n; i++)
		*vec_push(into->arena, &into->map_decls) = from->map_decls.v[i];
	for (i = 0; i < from->subprogs.n; i++)
		*vec_push(into->arena, &into->subprogs) = from->subprogs.v[i];
	for (i = 0; i < from->probes.n; i++)
		*vec_push(into->arena, &into->probes) = from->probes.v[i];
}

static bool import_all(struct importing *m, const struct ast *ast,
		       const char *dir);

static bool
import_script(struct importing *m, const char *path)
{
	struct sema *s = m->s;
	struct ast ast = { .arena = s->a,
			   .sources = s->ast->sources,
			   .is_word = s->ast->is_word };
	const struct import *outer = m->import;
	const struct source *source;
	size_t n;
	char *text = read_file(s->a, path, &n);
	uint32_t i;
	bool good;

	if (!text)
		return diag_error(s->d, outer->span, "failed to read %s", path);
	for (i = 0; i < m->done.n; i++)
		if (!strcmp(m->done.v[i], path))
			return true;
	*vec_push(s->a, &m->done) = path;
	source = source_add(s->a, ast.sources, path, text, n);
	if (!parse_source(&ast, source, &s->in->params, s->d))
		return false;
	if (ast.has_config)
		return diag_error(s->d, ast.config_span,
				  "invalid `config` within import");
	good = import_all(m, &ast, folder_of(s->a, path));
	m->import = outer;
	append(&m->all, &ast);
	return good;
}

static bool
import_file(struct importing *m, const char *path)
{
	const char *name = strrchr(path, '/');

	if (ends_with(path, ".bt"))
		return import_script(m, path);
	if (ends_with(path, ".h"))
		return true;
	if (is_known_kind(path))
		return diag_error(m->s->d, m->import->span,
				  "cannot import %s: there is no C compiler "
				  "and no linker here",
				  path);
	return diag_error(m->s->d, m->import->span,
			  "unknown import type: \"%s\"",
			  name ? name + 1 : path);
}

static bool
import_folder(struct importing *m, const char *path)
{
	struct dirent **entries;
	int i, n = scandir(path, &entries, NULL, alphasort);
	bool good = true;

	for (i = 0; i < n; i++) {
		const char *file = join(m->s->a, path, entries[i]->d_name);

		if (entries[i]->d_name[0] != '.' && is_known_kind(file))
			good = import_file(m, file) && good;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return good;
}

/* ---- imports ---- */

static bool
not_found(struct importing *m, const char *path)
{
	diag_error(m->s->d, m->import->span,
		   "Unable to find suitable path for import");
	diag_hint(m->s->d, "checked: %s", path);
	return false;
}

static bool
import_one(struct importing *m, const char *dir)
{
	const char *path = join(m->s->a, dir, m->import->path);
	struct stat st;

	if (stat(path, &st) != 0)
		return not_found(m, path);
	if (world_writable(path) || world_writable(folder_of(m->s->a, path))) {
		not_found(m, path);
		diag_warn(m->s->d, m->import->span,
			  "skipping due to global write permissions: \"%s\"",
			  path);
		return false;
	}
	return S_ISDIR(st.st_mode) ? import_folder(m, path)
				   : import_file(m, path);
}

static bool
import_all(struct importing *m, const struct ast *ast, const char *dir)
{
	bool good = true;
	uint32_t i;

	for (i = 0; i < ast->imports.n; i++) {
		m->import = &ast->imports.v[i];
		good = import_one(m, dir) && good;
	}
	return good;
}

bool
import_files(struct sema *s)
{
	struct importing m = { .s = s, .all = { .arena = s->a } };
	struct place at;
	bool good;

	if (!s->ast->imports.n)
		return true;
	at = source_place(s->ast->sources, s->ast->imports.v[0].span.begin);
	good = import_all(&m, s->ast, folder_of(s->a, at.source->name));
	append(&m.all, s->ast);
	s->ast->cdefs.n = 0;
	s->ast->macros.n = s->ast->map_decls.n = 0;
	s->ast->subprogs.n = s->ast->probes.n = 0;
	append(s->ast, &m.all);
	return good;
}
