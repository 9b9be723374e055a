/* SPDX-License-Identifier: MIT */
/* The command line: runtime/options.c. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>
#include <string.h>

#include "../../runtime/internal.h"

static struct arena arena;

static void
setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	optind = 1;
}

static void
teardown(void)
{
	arena_free(&arena);
}

TestSuite(options, .init = setup, .fini = teardown);

#define PARSE(o, ...)                                                          \
	options_parse((o), &arena,                                             \
		      ARRAY_LEN(((char *[]){ "jiffy", __VA_ARGS__ })),         \
		      (char *[]){ "jiffy", __VA_ARGS__, NULL })

Test(options, a_program_and_its_parameters)
{
	struct options o = { 0 };

	cr_assert_eq(PARSE(&o, "-e", "begin {}", "1", "-v", "two"),
		     OPTIONS_RUN);
	cr_expect_str_eq(o.program, "begin {}");
	cr_expect(o.verbose);
	cr_assert_eq(o.params.n, 2);
	cr_expect_str_eq(o.params.v[0], "1");
	cr_expect_str_eq(o.params.v[1], "two");
}

Test(options, a_file_with_options_after_it)
{
	struct options o = { 0 };

	cr_assert_eq(PARSE(&o, "x.bt", "a", "-q", "--", "--n=1", "-3"),
		     OPTIONS_RUN);
	cr_expect_str_eq(o.script_path, "x.bt");
	cr_expect(o.quiet);
	cr_assert_eq(o.params.n, 2);
	cr_expect_str_eq(o.params.v[1], "-3");
	cr_assert_eq(o.named.n, 1);
	cr_expect_str_eq(o.named.v[0], "--n=1");
}

Test(options, listing)
{
	struct options o = { 0 };

	cr_assert_eq(PARSE(&o, "-l", "t:*"), OPTIONS_RUN);
	cr_expect(o.list);
	cr_expect_str_eq(o.pattern, "t:*");
}

Test(options, abbreviations)
{
	struct options o = { 0 };

	cr_expect_eq(PARSE(&o, "--he"), OPTIONS_DONE);
}

/* One of bpftrace's options, though one of ours begins like it. */
Test(options, abbreviations_of_shared_options)
{
	struct options o = { 0 };

	cr_expect_eq(PARSE(&o, "--q", "--w", "--c=true", "-e", "begin {}"),
		     OPTIONS_RUN);
	cr_expect(o.quiet);
	cr_expect_not(o.quiet_maps);
	cr_expect(o.warnings);
	cr_expect_str_eq(o.command, "true");
}

Test(options, abbreviations_stop_where_the_options_do)
{
	struct options o = { 0 };

	cr_expect_eq(PARSE(&o, "-e", "begin {}", "--", "--q"), OPTIONS_RUN);
	cr_expect_not(o.quiet);
	cr_assert_eq(o.named.n, 1);
	cr_expect_str_eq(o.named.v[0], "--q");
}

Test(options, durations)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "5", 5000000000 },    { "5s", 5000000000 },
		{ "500ms", 500000000 }, { "10us", 10000 },
		{ "2m", 120000000000 }, { "1h", 3600000000000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct options o = { 0 };

		optind = 0;
		cr_expect_eq(
			PARSE(&o, "-e", "x", "--timeout", (char *)good[i].text),
			OPTIONS_RUN);
		cr_expect_eq(o.timeout, good[i].ns, "%s", good[i].text);
	}
}

Test(options, mistakes)
{
	struct options o = { 0 };

	cr_expect_eq(PARSE(&o, "--nonsense"), OPTIONS_BAD);
	optind = 1;
	cr_expect_eq(PARSE(&o, "-f", "xml", "-e", "x"), OPTIONS_BAD);
	optind = 1;
	cr_expect_eq(PARSE(&o, "-p", "abc", "-e", "x"), OPTIONS_BAD);
	optind = 1;
	cr_expect_eq(PARSE(&o, "-p", "-1", "-e", "x"), OPTIONS_BAD);
	optind = 1;
	cr_expect_eq(PARSE(&o, "-k", "--no-warnings", "-e", "x"), OPTIONS_BAD);
}

Test(options, old_debug_and_its_neighbours)
{
	struct options o = { 0 };

	cr_assert_eq(PARSE(&o, "-d", "-q", "-e", "x"), OPTIONS_RUN);
	cr_expect(o.quiet);
	cr_expect_null(o.debug);
	optind = 1;
	cr_assert_eq(PARSE(&o, "-d-d", "-e", "x"), OPTIONS_RUN);
	cr_expect_str_eq(o.debug, "-d"); /* no stage, and no end of options */
}

Test(options, program_wanted, .init = NULL)
{
	struct options o = { 0 };

	cr_redirect_stderr();
	optind = 1;
	cr_expect_eq(PARSE(&o, "-v"), OPTIONS_BAD);
	fflush(stderr);
	cr_expect_stderr_eq_str(
		"ERROR: USAGE: filename or -e 'program' required.\n");
}
