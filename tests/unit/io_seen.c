/* SPDX-License-Identifier: MIT */
/* io_seen.c: ids are seen once, each of its source, however many there are. */
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ccmon/seen.h>

#define MANY 100000

static bool
before(struct seen *s, const char *source, const char *id)
{
	return seen_before(s, str_of(source), str_of(id));
}

static void
once_of_each_source(void **state)
{
	struct seen *s = seen_new();

	(void)state;
	assert_false(before(s, "a", "1"));
	assert_true(before(s, "a", "1"));
	assert_false(before(s, "b", "1"));
	assert_false(before(s, "a1", ""));
	assert_false(before(s, "a1", ""));
	assert_false(seen_before(s, STR_LIT("a"), STR_NONE));
	seen_free(s);
	seen_free(NULL);
}

static void
many(void **state)
{
	struct seen *s = seen_new();
	char id[32];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			snprintf(id, sizeof(id), "message %d", i);
			assert_int_equal(before(s, "a", id), round == 1);
		}
	seen_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_of_each_source),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
