/* SPDX-License-Identifier: MIT */
/*
 * The target's kernel, as files: tracefs, kallsyms, BTF. Lazy: nothing is
 * opened before somebody asks. Which files is the caller's business, so that
 * tests hand in a directory of fixtures and no code here ever looks at the
 * running machine by itself. All content is hostile: bounds first.
 */
#ifndef JIFFY_KERNEL_H
#define JIFFY_KERNEL_H

#include "../../lexer/base/base.h"

/* What tells which kernel it is, and where to keep what it printed. */
struct kernel_keep {
	const char *folder;     /* "/run/jiffy"; NULL: nothing is kept */
	const char *boot;       /* "/proc/sys/kernel/random/boot_id" */
	const char *modules;    /* "/proc/modules" */
	const char *module_dir; /* "/sys/module" */
};

struct kernel_paths {
	const char *tracefs;   /* NULL: look in the usual places */
	const char *kallsyms;  /* "/proc/kallsyms" */
	const char *btf;       /* "/sys/kernel/btf/vmlinux" */
	const char *btf_dir;   /* "/sys/kernel/btf" */
	const char *functions; /* available_filter_functions; NULL: tracefs' */
	uint32_t version;      /* 6.1.2: 0x060102; 0: a new one */
	const char *blacklist; /* of kprobes; NULL: none */
	struct kernel_keep keep;
	bool walk; /* it is the one that runs, and `btf` is its own */
};

struct kernel {
	struct arena *arena;
	struct kernel_paths paths;
	struct kernel_cache *cache; /* what was read so far */
};

/* One field of an event's format file (Documentation/trace/events.rst). */
struct trace_field {
	const char *type; /* as written, without the array suffix */
	const char *name;
	uint32_t offset, size; /* bytes in the record */
	uint32_t count;        /* array elements; 0: no array */
	bool is_signed;
	bool data_loc;    /* __data_loc T[] name: u32 (length << 16 | offset) */
	bool rel_loc;     /* __rel_loc: offset counts from the field's end */
	bool common;      /* one of the first fields that every event has */
	const char *text; /* "const char * filename", for -lv */
};

struct trace_event {
	const char *category, *name;
	uint64_t id; /* for perf_event_attr.config */
	VEC(struct trace_field) fields;
	uint32_t size; /* bytes of the record, as far as fields tell */
};

void kernel_init(struct kernel *k, struct arena *a,
		 const struct kernel_paths *paths);

/* Whether a file is there and can be had with our capabilities, which
 * access(2) does not look at unless we are root. */
bool kernel_can(const char *path, int mode);
/* The file of the running kernel, where distributions put it, in the arena;
 * one with debug information first, if that is what it is for. NULL: none. */
const char *kernel_vmlinux(struct arena *a, bool debug);
/* Whether the running kernel keeps this much from root, too; false as well
 * where securityfs is not mounted. */
enum kernel_lockdown { LOCKED_INTEGRITY, LOCKED_CONFIDENTIALITY };
bool kernel_lockdown(enum kernel_lockdown level);
/* To be called in the first process of a machine: mounts /proc and /sys where
 * they are not. */
void kernel_mount_first(void);
/* The tracefs mount in use, if need be one of our own, or NULL: then *why says
 * what to type. */
const char *kernel_tracefs(struct kernel *k, const char **why);
/* An event's format, or NULL with errno (ENOENT: no such event; EACCES;
 * ENODEV: no tracefs). */
const struct trace_event *kernel_event(struct kernel *k, const char *category,
				       const char *name);
/* Call `each` for all events whose category and name match the patterns
 * (`*` wildcards), sorted. Returns their number, or -errno. */
typedef void kernel_event_fn(void *arg, const char *category, const char *name);
int kernel_events(struct kernel *k, const char *category, const char *name,
		  kernel_event_fn *each, void *arg);

/* The address of a kernel symbol; false when unknown or hidden (all zero:
 * *hidden is set). Reads kallsyms in one streaming pass. */
bool kernel_symbol(struct kernel *k, const char *name, uint64_t *addr,
		   bool *hidden);
/* Call `each` for all functions of the kernel and its modules that have an
 * address, probed or not, by address. One streaming pass. */
typedef void kernel_place_fn(void *arg, const char *module, const char *name,
			     uint64_t address);
void kernel_places(struct kernel *k, kernel_place_fn *each, void *arg);
/* Functions that can be probed, matching module and name patterns (module
 * NULL: any; "vmlinux": the core kernel), sorted, excluded ones left out.
 * From paths.functions, else kallsyms' text symbols. */
typedef void kernel_function_fn(void *arg, const char *module,
				const char *name);
int kernel_functions(struct kernel *k, const char *module, const char *name,
		     kernel_function_fn *each, void *arg);

/* The address of a function that was found; 0: was not told with it. */
uint64_t kernel_place_of(struct kernel *k, const char *module,
			 const char *name);

/* Whether there is a function of exactly that name (module as above). */
bool kernel_has_function(struct kernel *k, const char *module,
			 const char *name);

/* Whether the kernel's own list says that it takes no kprobe there. */
bool kernel_refuses_kprobe(struct kernel *k, const char *name);

/* Whether `text` matches a pattern in which `*` stands for any run. */
bool kernel_match(const char *pattern, const char *text);
/* Whether `text` counts as a wildcard (REFERENCE 3.3). */
bool kernel_is_pattern(const char *text);

/* ---- BTF (Documentation/bpf/btf.rst) ---- */

struct kbtf; /* a parsed BTF image */

/* The kernel's BTF, or NULL with errno. */
const struct kbtf *kernel_btf(struct kernel *k);
/* That of some other program, of its bytes; NULL: it is none. */
const struct kbtf *kbtf_read(struct arena *a, const void *image, size_t size);
/* A module's, or NULL; its ids and strings go on after vmlinux's. */
const struct kbtf *kernel_module_btf(struct kernel *k, const char *module);
/* Call `each` for vmlinux, then the modules by name, until it says false. */
typedef bool kernel_btf_fn(void *arg, const char *module, const struct kbtf *b);
void kernel_each_btf(struct kernel *k, kernel_btf_fn *each, void *arg);
/* vmlinux of a module's BTF, or NULL; all ids are below kbtf_end(). */
const struct kbtf *kbtf_base(const struct kbtf *b);
uint32_t kbtf_end(const struct kbtf *b);
/* The id of the type `name` of a BTF kind (BTF_KIND_*), or 0. A module's
 * are its own alone. */
uint32_t kbtf_find(const struct kbtf *b, const char *name, unsigned kind);
/* The id of the enum that has a constant of that name, or 0. */
uint32_t kbtf_find_constant(const struct kbtf *b, const char *name);
/* Names of all types of `kind` that match, with their ids. */
typedef void kbtf_fn(void *arg, const char *name, uint32_t id);
void kbtf_each(const struct kbtf *b, unsigned kind, const char *pattern,
	       kbtf_fn *each, void *arg);
/* The raw type record (struct btf_type *), or NULL when out of bounds. */
const void *kbtf_type(const struct kbtf *b, uint32_t id);
/* A string by its offset; "" when out of bounds. */
const char *kbtf_str(const struct kbtf *b, uint32_t offset);
/* Bytes from the start of a struct to one of its members; -1: it has none of
 * that name. */
int32_t kbtf_offset(const struct kbtf *b, const char *in, const char *member);

#endif
