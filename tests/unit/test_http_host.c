/* SPDX-License-Identifier: MIT */
/*
 * test_http_host.c: by what names a web server of ours may be called.
 */
#include <ccmon/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HERE "192.0.2.7:8787"

static char *names[] = { (char[]){ "board.example.org" }, (char[]){ "wall" }, NULL };

static const struct {
	const char *host, *listen;
	bool is_ours;
} cases[] = {
	{ "localhost", HERE, true },
	{ "LocalHost:80", HERE, true },
	{ "127.0.0.1", HERE, true },
	{ "127.9.9.9:1", HERE, true },
	{ "[::1]", HERE, true },
	{ "[::1]:8787", HERE, true },
	{ "192.0.2.7", HERE, true },
	{ "192.0.2.7:8787", HERE, true },
	{ "[::ffff:192.0.2.7]:80", HERE, true },
	{ "192.0.2.8", HERE, false },
	{ "192.0.2.8", "0.0.0.0:80", true },
	{ "[2001:db8::1]", "[::]:80", true },
	{ "[2001:db8::1]:80", "[2001:db8::1]:80", true },
	{ "[2001:db8::2]:80", "[2001:db8::1]:80", false },
	{ "board.example.org", HERE, true },
	{ "Board.Example.ORG.:443", HERE, true },
	{ "wall", HERE, true },
	{ "wall.evil.org", HERE, false },
	{ "evil-wall", HERE, false },
	{ "wal", HERE, false },
	{ "evil.org", "0.0.0.0:80", false },
	{ "localhost.evil.org", HERE, false },
	{ "127.0.0.1.evil.org", HERE, false },
	{ "", HERE, false },
	{ ":80", HERE, false },
	{ "[", HERE, false },
	{ "[]", HERE, false },
	{ ".", HERE, false },
	{ "0x7f000001", HERE, false },
	{ "2130706433", HERE, false },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (http_host_is_ours(str_of(cases[i].host), cases[i].listen, names) !=
		    cases[i].is_ours)
			fail_msg("\"%s\" at %s", cases[i].host, cases[i].listen);
}

static void
test_without_names(void **state)
{
	(void)state;
	assert_false(http_host_is_ours(STR_LIT("wall"), HERE, NULL));
	assert_true(http_host_is_ours(STR_LIT("localhost"), HERE, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_without_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
