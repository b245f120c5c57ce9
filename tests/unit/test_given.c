/* SPDX-License-Identifier: MIT */
/*
 * test_given.c: the table of what a source can tell is whole: every dialect
 * has every part once, and of every figure it is known what it is made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ccmon/dialect.h>

#include "ctl/given.h"

static const char *const figures[] = {
#define METRIC(fn, name, unit, scopes, when, use, text) name,
#define TEXT(fn, name, scopes, use, text) name,
#include <ccmon/metrics.def>
};

static const char *const told[] = {
#define GIVEN(dialect, part, how, why) dialect "/" #part,
#include "ctl/given.def"
};

static const char *const why[] = {
#define GIVEN(dialect, part, how, why) why,
#include "ctl/given.def"
};

static void
has_all(const char *dialect)
{
	for (unsigned part = 0; part < PART_COUNT; part++)
		if (given_find(dialect, part) == NULL)
			fail_msg("given.def: %s has no row for %s", dialect, parts[part].name);
}

static void
every_dialect_has_every_part(void **state)
{
	(void)state;
	for (const struct dialect *const *d = dialects; *d != NULL; d++)
		has_all((*d)->name);
	has_all("maildir");
}

static void
no_row_is_twice_or_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(told); i++) {
		assert_true(strlen(why[i]) > 3);
		for (size_t j = 0; j < i; j++)
			if (strcmp(told[i], told[j]) == 0)
				fail_msg("given.def: %s is there twice", told[i]);
	}
}

static void
every_figure_is_made_of_something_known(void **state)
{
	unsigned bits;

	(void)state;
	for (size_t i = 0; i < COUNTOF(figures); i++)
		if (!given_parts(figures[i], &bits))
			fail_msg("given.def: MADE_OF lacks %s", figures[i]);
}

static void
some_that_are_easily_wrong(void **state)
{
	static const struct {
		const char *figure;
		unsigned bits;
	} known[] = {
		{ "seq", 0 },
		{ "status_reason", 0 },
		{ "sl_target_ratio", 0 },
		{ "silent", 0 },
		{ "missed_count", PART_BIT(PART_MISSED) },
		{ "first_response_missed_count", PART_BIT(PART_REPLIES) },
		{ "resolution_ratio", PART_BIT(PART_RESOLUTION) },
		{ "resolved_count", PART_BIT(PART_RESOLUTION) },
		{ "state_reason", PART_BIT(PART_STATES) },
		{ "hold_sum_seconds", PART_BIT(PART_HOLD) },
		{ "short_abandoned_total", PART_BIT(PART_WAIT) },
		{ "flowed_out_key_count", PART_BIT(PART_REASON) },
		{ "flowed_out_count", PART_BIT(PART_WAIT) },
		{ "complaint_count", PART_BIT(PART_SURVEYS) },
		{ "agents_available_count", PART_BIT(PART_STATES) },
		{ "aht_seconds", PART_BIT(PART_TALK) | PART_BIT(PART_HOLD) | PART_BIT(PART_ACW) },
	};
	unsigned bits;

	(void)state;
	for (size_t i = 0; i < COUNTOF(known); i++) {
		assert_true(given_parts(known[i].figure, &bits));
		if (bits != known[i].bits)
			fail_msg(
			    "%s is made of 0x%x, not 0x%x", known[i].figure, bits, known[i].bits);
	}
	assert_false(given_parts("no_such_figure", &bits));
}

static void
gives_is_as_the_intake_has_it(void **state)
{
	(void)state;
	assert_int_equal(parts[PART_WAIT].by, BY_CALLS);
	assert_int_equal(parts[PART_MISSED].by, BY_CALLS);
	assert_int_equal(parts[PART_HOLD].by, BY_AGENTS);
	assert_int_equal(parts[PART_RINGING].by, BY_AGENTS);
	assert_int_equal(parts[PART_STATES].by, BY_AGENTS);
	assert_string_equal(how_word(given_find("queue_log", PART_HOLD)->how), "missing");
	assert_null(given_find("no such dialect", PART_HOLD));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialect_has_every_part),
		cmocka_unit_test(no_row_is_twice_or_empty),
		cmocka_unit_test(every_figure_is_made_of_something_known),
		cmocka_unit_test(some_that_are_easily_wrong),
		cmocka_unit_test(gives_is_as_the_intake_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
