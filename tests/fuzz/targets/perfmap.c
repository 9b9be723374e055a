/* SPDX-License-Identifier: MIT */
/*
 * What a traced process says of the code that it made: /tmp/perf-PID.map, for
 * which this process takes the place of that one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../runtime/internal.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/perfmap/*", NULL };

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct perfmap *p;
	uint64_t at = 0, offset;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "we");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f))
		abort();
	p = perfmap_new((uint32_t)getpid());
	for (unsigned shift = 0; shift < 64; shift++) {
		const char *name = perfmap_find(p, at, &offset);

		if (name && (strlen(name) > n || offset > at))
			abort();
		at = (at << 1 | 1) ^ (n > shift ? data[shift] : 0);
	}
	perfmap_free(p);
	unlink(path);
}
