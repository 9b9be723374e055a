/* SPDX-License-Identifier: MIT */
/*
 * Records of the ring buffer, with any content: what a traced process puts
 * into strings and addresses, and what no program of ours would send. The
 * input: which script, text or JSON, then records: a byte for the event, one
 * for the length, and so many bytes eight times over.
 */
#include <stdlib.h>
#include <string.h>

#include "../compile.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/ring/*", NULL };

/* Every type that can be printed, and every word with work outside. */
static const char *const scripts[] = {
	"begin { printf(\"%s %d %x %c %p %5s|%-8d\\n\", comm, pid, tid, 65, "
	"nsecs, str(0), cpu); print((1, \"a\", (int8)3)); print(comm); "
	"printf(\"%r %rh %rx\\n\", buf(0, 16), buf(0, 8), buf(0, 4)); }",
	"begin { print(kstack); print(ustack); print(kstack(perf, 3)); "
	"print(ustack(raw)); print(ksym(0)); print(usym(1)); "
	"print(kaddr(\"vfs_read\")); print(ntop(1)); print(macaddr(0)); }",
	"begin { @a = count(); @b[pid] = hist(pid); @c = stats(cpu); "
	"@d[comm, pid] = sum(1); print(@a); print(@b, 3, 2); print(@c); "
	"print(@d[\"x\", 1]); clear(@a); zero(@b); print(@b); "
	"@l = lhist(pid, 0, 10, 1); @t = tseries(1, 1s, 10); print(@t); "
	"print(@l); }",
	"begin { time(\"%H:%M\\n\"); print(strftime(\"%c\", nsecs)); "
	"join(0); cat(\"/nosuch/%s\", comm); errorf(\"%s\\n\", comm); "
	"warnf(\"%d\\n\", pid); print(cgroup_path(1)); print(strerror(2)); "
	"print(signal_name(9)); print(syscall_name(1)); "
	"print(1 / cpu); }",
	"begin { @[kstack] = count(); @u[ustack, comm] = count(); "
	"print(@); print(@u); $a = (uint8)pid; print((comm, (pid, $a), "
	"usym(0), ntop(0))); printf(\"%s\", (kstack, 1)); "
	"print(true); print(-pid); exit(pid); }",
};

struct receiver {
	struct compile work;
	struct session session;
	struct options opts;
	struct out out;
	int fds[64];
	bool ok;
};

static struct receiver *
make_receiver(const char *text)
{
	struct receiver *t = calloc(1, sizeof(*t));
	struct session *s;

	if (!t)
		abort();
	work_init(&t->work, text, strlen(text));
	t->ok = work_compile(&t->work);
	s = &t->session;
	memset(t->fds, -1, sizeof(t->fds));
	*s = (struct session){
		.arena = &t->work.arena,
		.opts = &t->opts,
		.in = &t->work.in,
		.config = &t->work.config,
		.prog = &t->work.prog,
		.image = &t->work.image,
		.out = &t->out,
		.map_fds = t->fds,
		.ncpus = 2,
		.attach.arena = &t->work.arena,
	};
	t->opts.no_warnings = true;
	t->out.session = s;
	return t;
}

/* One record; the bytes that were used. */
static size_t
feed(struct receiver *t, const unsigned char *data, size_t n)
{
	uint32_t nevents = t->work.prog.events.n, id = data[0];
	size_t size = (size_t)data[1] * 8 + 8, have = n - 2;
	unsigned char *record = calloc(1, size);

	if (!record)
		abort();
	if (have > size - 4)
		have = size - 4;
	if (id < 250 && nevents)
		id %= nevents;
	memcpy(record, &id, 4);
	memcpy(record + 4, data + 2, have);
	t->session.done = false;
	event_handle(&t->session, record, size);
	t->out.buf.n = 0;
	free(record);
	return have + 2;
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	static struct receiver *receivers[ARRAY_LEN(scripts)];
	struct receiver *t;
	size_t i;

	if (n < 2)
		return;
	i = data[0] % ARRAY_LEN(scripts);
	if (!receivers[i])
		receivers[i] = make_receiver(scripts[i]);
	t = receivers[i];
	if (!t->ok)
		abort(); /* the script is wrong */
	t->out.fd = -1;
	t->out.json = data[1] & 1;
	for (size_t at = 2; at + 2 <= n;)
		at += feed(t, data + at, n - at);
	sym_free(&t->session);
}
