// SPDX-License-Identifier: MIT
/*
 * Clocks and their text: nsecs, elapsed, time(), strftime(). Times are
 * nanoseconds since boot (CLOCK_BOOTTIME) until they are printed.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NS_PER_S = 1000000000 };

struct timestamp {
	uint64_t ns;     /* boot clock */
	uint64_t format; /* index in prog->texts, and IS_TAI */
};

enum { IS_TAI = 1 << 30 }; /* ns is of CLOCK_TAI instead */

/* nsecs(MODE): the clocks, each with the helper that reads it. sw_tai is the
 * boot clock moved by the offset that was right when the tracer started. */
static const struct clock_mode {
	const char *name;
	enum ir_helper helper;
	bool software_tai;
} clock_modes[] = {
	/* par[0] of type_time() is the number of the row */
	{ "boot", HELPER_ktime_get_boot_ns, false },
	{ "monotonic", HELPER_ktime_get_ns, false },
	{ "tai", HELPER_ktime_get_tai_ns, false },
	{ "sw_tai", HELPER_ktime_get_boot_ns, true },
};

static bool
nsecs_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);
	unsigned i;

	n->call.data = (void *)&clock_modes[0];
	if (!x)
		return true;
	for (i = 0; i < ARRAY_LEN(clock_modes); i++)
		if (!strcmp(x->ident.name, clock_modes[i].name)) {
			n->call.data = (void *)&clock_modes[i];
			if (i)
				n->type = type_time(sema_types(s), (int)i);
			return true;
		}
	return sema_error(s, x, "Invalid timestamp mode: %s", x->ident.name);
}

/* The clock that a value is known to come from; the boot clock otherwise. */
static const struct clock_mode *
clock_of(const struct type *t)
{
	return &clock_modes[t && t->kind == TY_INT ? t->par[0] : 0];
}

int64_t
clock_tai_minus_boot(void)
{
	struct timespec tai, boot;

	clock_gettime(CLOCK_TAI, &tai);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (int64_t)(tai.tv_sec - boot.tv_sec) * NS_PER_S + tai.tv_nsec -
	       boot.tv_nsec;
}

static struct ref
nsecs_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct clock_mode *m = n->call.data;
	struct ref now = ir_call(l, m->helper, 0);

	(void)dst;
	return m->software_tai ? ir_bini(l, IR_ADD, now, clock_tai_minus_boot())
			       : now;
}

static struct ref
elapsed_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref global = ir_mapval(l, ir_map_for(l, MAP_GLOBAL, 0),
				      offsetof(struct ir_global, start_ns));
	struct ref now = ir_call(l, HELPER_ktime_get_boot_ns, 0);

	(void)n, (void)dst;
	return ir_bin(l, IR_SUB, now, ir_load(l, global, 0, 8));
}

static struct ref
jiffies_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)n, (void)dst;
	return ir_call(l, HELPER_jiffies64, 0);
}

static void
time_event(struct session *s, const struct event *e)
{
	char text[64];
	size_t n;
	const char *fmt = "%H:%M:%S\n";
	time_t now = time(NULL);
	struct tm tm;

	if (ir_nargs(e->spec->call))
		fmt = event_str(e, 0, &n);
	if (!localtime_r(&now, &tm) ||
	    !strftime(text, sizeof(text), fmt, &tm)) {
		session_error(s, "strftime returned zero");
		return;
	}
	out_text_event(s->out, "time", text, strlen(text));
}

static bool
strftime_check(struct sema *s, struct node *n)
{
	int64_t ns;

	if (clock_of(sema_arg(n, 1)->type)->helper == HELPER_ktime_get_ns)
		return sema_error(s, n,
				  "strftime() can not take a monotonic "
				  "timestamp");
	if (sema_literal_int(sema_arg(n, 1), &ns) && ns < 0)
		return sema_error(s, n,
				  "strftime() does not accept negative "
				  "timestamps");
	return true;
}

/* The index of a text in the program's list, added if new. */
static uint64_t
text_index(struct prog *p, const char *text)
{
	uint32_t i;

	for (i = 0; i < p->texts.n; i++)
		if (!strcmp(p->texts.v[i], text))
			return i;
	*vec_push(p->arena, &p->texts) = text;
	return i;
}

static struct ref
strftime_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const char *fmt = sema_literal_str(ir_arg_node(n, 0), NULL);
	const struct clock_mode *m = clock_of(ir_arg_node(n, 1)->type);
	uint64_t format = text_index(ir_prog(l), fmt);
	struct ref at = dst->base;

	if (m->software_tai || m->helper == HELPER_ktime_get_tai_ns)
		format |= IS_TAI;

	ir_store(l, at, dst->off + (int32_t)offsetof(struct timestamp, ns),
		 ir_arg(l, n, 1), 8);
	ir_store(l, at, dst->off + (int32_t)offsetof(struct timestamp, format),
		 ir_const(l, (int64_t)format), 8);
	return REF_NONE;
}

/* Replace the extensions %f %k %l (REFERENCE 6.4) by digits of `ns`. */
static void
expand_fractions(struct sbuf *out, const char *fmt, uint64_t ns)
{
	for (; *fmt; fmt++) {
		if (*fmt != '%' || !fmt[1]) {
			sbuf_putc(out, *fmt);
			continue;
		}
		switch (*++fmt) {
		case 'f':
			sbuf_printf(out, "%06u", (unsigned)(ns / 1000));
			break;
		case 'k':
			sbuf_printf(out, "%09u", (unsigned)ns);
			break;
		case 'l':
			sbuf_printf(out, "%03u", (unsigned)(ns / 1000000));
			break;
		default:
			sbuf_putc(out, '%');
			sbuf_putc(out, *fmt);
		}
	}
	sbuf_putc(out, '\0');
}

static void
timestamp_print(struct out *o, const struct type *t, const void *cell)
{
	const struct session *s = o->session;
	const struct prog *p = s->prog;
	struct timestamp ts;
	struct sbuf fmt = { 0 };
	char text[1024];
	struct tm tm;
	time_t secs;

	(void)t;
	memcpy(&ts, cell, sizeof(ts));
	ts.ns += s->boot_offset;
	if (ts.format & IS_TAI)
		ts.ns -= (uint64_t)clock_tai_minus_boot();
	ts.format &= ~(uint64_t)IS_TAI;
	if (ts.format >= p->texts.n)
		return;
	secs = (time_t)(ts.ns / NS_PER_S);
	expand_fractions(&fmt, p->texts.v[ts.format], ts.ns % NS_PER_S);
	if (!localtime_r(&secs, &tm) ||
	    !strftime(text, sizeof(text), fmt.s, &tm)) {
		strcpy(text, "(?)");
		session_error(o->session, "strftime returned 0");
	}
	out_puts(o, text);
	sbuf_free(&fmt);
}

static void
timestamp_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, timestamp_print);
}

const struct nominal time_types[] = {
	{ .name = "timestamp",
	  .size = sizeof(struct timestamp),
	  .align = 8,
	  .print = timestamp_print,
	  .json = timestamp_json },
	{ 0 },
};

/* clang-format off */
const struct builtin time_words[] = {
	{ "nsecs", "(timestamp_mode = boot) -> uint64", "ns since boot",
	  WORD_BUILTIN, .check = nsecs_check, .lower = nsecs_lower },
	{ "elapsed", "uint64", "ns since the tracer started", WORD_MACRO,
	  .lower = elapsed_lower },
	{ "jiffies", "uint64", "the kernel's tick count", WORD_MACRO,
	  .lower = jiffies_lower },
	{ "time", "(string literal = \"%H:%M:%S\\n\") -> void",
	  "print the time of day", .lower = ir_emit, .on_event = time_event },
	{ "strftime", "(string literal, int) -> timestamp",
	  "a time as text", .check = strftime_check, .lower = strftime_lower },
	{ 0 },
};
/* clang-format on */
