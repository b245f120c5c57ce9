/* SPDX-License-Identifier: MIT */
/*
 * test_calls.c: the table of open calls: kept, found, noted and recalled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "collectors/dialects/asterisk/calls.h"

#define SALES STR_LIT("sales")

static int
open_calls(void **state)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	*state = calls;
	return calls != NULL && calls_init(calls) ? 0 : -1;
}

static int
close_calls(void **state)
{
	calls_fini(*state);
	free(*state);
	return 0;
}

static void
found_by_its_words(void **state)
{
	struct calls *calls = *state;
	struct call *a = calls_add(calls, STR_LIT("1.1"), SALES);
	struct call *b = calls_add(calls, STR_LIT("1.2"), SALES);
	struct call *c = calls_add(calls, STR_LIT("1.2"), STR_LIT("help"));

	calls_set(calls, b, CALL_PEER, STR_LIT("9.9"));
	b->phase = CALL_TALKING;
	calls_name(b->agent, NAME_MAX_BYTES, STR_LIT("ann"));
	assert_ptr_equal(calls_find(calls, PHASES_ALL, CALL_CONTACT, STR_LIT("1.1"), SALES), a);
	assert_ptr_equal(calls_find(calls, PHASES_ALL, CALL_CONTACT, STR_LIT("1.2"), STR_NONE), b);
	assert_ptr_equal(
	    calls_find_next(calls, b, PHASES_ALL, CALL_CONTACT, STR_LIT("1.2"), STR_NONE), c);
	assert_ptr_equal(
	    calls_find(calls, PHASE(WAITING), CALL_CONTACT, STR_LIT("1.2"), STR_NONE), c);
	assert_ptr_equal(calls_find(calls, PHASES_ALL, CALL_PEER, STR_LIT("9.9"), STR_NONE), b);
	assert_null(calls_find(calls, PHASES_ALL, CALL_PEER, STR_LIT("1.2"), STR_NONE));
	assert_null(calls_find(calls, PHASES_ALL, CALL_LINKED, STR_NONE, STR_NONE));
	assert_ptr_equal(calls_of_agent(calls, STR_LIT("ann"), SALES), b);
	assert_null(calls_of_agent(calls, STR_LIT("ann"), STR_LIT("help")));
	calls_drop(calls, b);
	assert_null(calls_find(calls, PHASES_ALL, CALL_PEER, STR_LIT("9.9"), STR_NONE));
	assert_ptr_equal(calls_add(calls, STR_LIT("1.3"), SALES), b); /* the lowest is free */
}

/* A third table gets the notes of the first by way of what changed. */
static void
notes_bring_it_back(void **state)
{
	struct calls *calls = *state, again;
	struct call *a = calls_add(calls, STR_LIT("1.1"), SALES), *back;
	struct jot note;
	uint32_t i;

	a->phase = CALL_TALKING;
	a->begun = 1500000000000;
	a->due = INT64_MAX;
	a->facts = FACT_LOCAL;
	calls_name(a->agent, NAME_MAX_BYTES, STR_LIT("Ann \303\204 | 1"));
	calls_set(calls, a, CALL_LINKED, STR_LIT("0.9"));
	assert_true(calls_changed(calls, &i, &note));
	assert_string_equal(a->peer, "");
	assert_true(calls_init(&again));
	assert_true(calls_recall(&again, i, jot_text(&note)));
	assert_false(calls_recall(&again, i, jot_text(&note))); /* the place is taken */
	back = calls_find(&again, PHASE(TALKING), CALL_LINKED, STR_LIT("0.9"), SALES);
	assert_non_null(back);
	assert_memory_equal(back, a, sizeof(*a));
	assert_false(calls_changed(&again, &i, &note));
	assert_false(calls_changed(calls, &i, &note));
	calls_drop(calls, a);
	assert_true(calls_changed(calls, &i, &note));
	assert_int_equal(note.len, 0);
	calls_fini(&again);
}

/* Ids as long as they may be: what does not fit is left out, the call is not. */
static void
long_ids_are_noted(void **state)
{
	struct calls *calls = *state, again;
	static char id[ID_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1];
	struct jot note;
	struct call *a;
	uint32_t i;

	memset(id, 'i', ID_MAX_BYTES);
	memset(name, 'n', NAME_MAX_BYTES);
	a = calls_add(calls, str_of(id), str_of(name));
	a->begun = a->since = a->due = a->held_at = TIME_HIGH - 1;
	calls_name(a->agent, NAME_MAX_BYTES, str_of(name));
	calls_set(calls, a, CALL_PEER, str_of(id));
	calls_set(calls, a, CALL_LINKED, str_of(id));
	assert_true(calls_changed(calls, &i, &note));
	assert_in_range(note.len, 1, DIALECT_NOTE_MAX);
	assert_true(calls_init(&again));
	assert_true(calls_recall(&again, i, jot_text(&note)));
	assert_non_null(calls_find(&again, PHASES_ALL, CALL_CONTACT, str_of(id), str_of(name)));
	calls_fini(&again);
}

static void
senseless_notes_are_passed_over(void **state)
{
	static const char *const notes[] = {
		"",
		"\n",
		"call",
		"call 9 0 0 1 1 1 0 0 -1 -1\n1.1\nsales\nann",
		"call 0 0 0 1 1 1 0 0 -1\n1.1\nsales\nann",
		"call 0 0 0 -1 1 1 0 0 -1 -1\n1.1\nsales\nann",
		"call 0 0 0 1 1500000006000000000 1 0 0 -1 -1\n1.1\nsales\nann",
		"call 0 0 0 1 1 1 0 0 99999999999999 -1\n1.1\nsales\nann",
		"call 0 0 0 1 1 1 0 0 -1 -1\n\nsales\nann",
		"call 0 0 0 1 1 1 0 0 -1 -1\n1.1\n\nann",
		"call 0 0 0 1 1 1 0 0 -1 -1\n1.1",
		"call 2 0 0 1 1 1 0 0 -1 -1\n1.1\nsales\n\n9.9",
		"call 0 0 0 1 1 1 0 0 -1 -1\n1.1\nsa\001les\n",
	};
	uint32_t i;

	for (i = 0; i < COUNTOF(notes); i++)
		assert_false(calls_recall(*state, i, str_of(notes[i])));
	assert_false(calls_recall(
	    *state, CALLS_MAX, STR_LIT("call 0 0 0 1 1 1 0 0 -1 -1\n1.1\nsales\n\n\n\n")));
	assert_true(calls_recall(
	    *state, CALLS_MAX - 1, STR_LIT("call 0 0 0 1 1 1 0 0 -1 -1\n1.1\nsales\n\n\n\n")));
}

static void
the_oldest_makes_room(void **state)
{
	struct calls *calls = *state;
	char id[16];
	uint32_t i;

	for (i = 0; i < CALLS_MAX; i++) {
		assert_false(calls_full(calls));
		(void)snprintf(id, sizeof(id), "1.%u", i);
		calls_add(calls, str_of(id), SALES)->begun = i == 77 ? 1 : 1000 + i;
	}
	assert_true(calls_full(calls));
	assert_string_equal(calls_oldest(calls)->contact, "1.77");
	calls_drop(calls, calls_oldest(calls));
	assert_string_equal(calls_oldest(calls)->contact, "1.0");
	calls_drop_all(calls);
	i = 0;
	assert_null(calls_walk(calls, &i));
}

int
main(void)
{
#define CALLS_TEST(f) cmocka_unit_test_setup_teardown(f, open_calls, close_calls)
	const struct CMUnitTest tests[] = {
		CALLS_TEST(found_by_its_words),
		CALLS_TEST(notes_bring_it_back),
		CALLS_TEST(long_ids_are_noted),
		CALLS_TEST(senseless_notes_are_passed_over),
		CALLS_TEST(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
