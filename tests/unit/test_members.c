/* SPDX-License-Identifier: MIT */
/*
 * test_members.c: the table of members of queues, and what of an agent follows
 * from her rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "collectors/dialects/asterisk/members.h"

#define ANN STR_LIT("ann")
#define DESK STR_LIT("PJSIP/ann")
#define MOBILE STR_LIT("Local/7@mobile/n")
#define SALES STR_LIT("sales")
#define HELP STR_LIT("help")

static int
open_members(void **state)
{
	struct members *members = calloc(1, sizeof(*members));

	*state = members;
	return members != NULL && members_init(members) ? 0 : -1;
}

static int
close_members(void **state)
{
	members_fini(*state);
	free(*state);
	return 0;
}

static void
an_agent_is_her_rows(void **state)
{
	struct members *members = *state;
	struct member *a = members_add(members, SALES, DESK, ANN);
	struct member *b = members_add(members, HELP, MOBILE, ANN);
	struct standing s, same;
	uint32_t i = 0;

	members_add(members, SALES, STR_LIT("PJSIP/bob"), STR_LIT("bob"));
	assert_ptr_equal(members_find(members, SALES, DESK), a);
	assert_null(members_find(members, HELP, DESK));
	assert_ptr_equal(members_in(members, ANN, HELP), b);
	assert_ptr_equal(members_of(members, ANN, &i), a);
	assert_ptr_equal(members_of(members, ANN, &i), b);
	assert_null(members_of(members, ANN, &i));
	a->away = true;
	b->paused = true;
	memcpy(b->reason, "tea", 4);
	members_standing(members, ANN, &s);
	assert_true(s.there && s.paused);
	assert_string_equal(s.reason, "tea");
	members_standing(members, ANN, &same);
	assert_true(standing_same(&s, &same));
	members_drop(members, b);
	members_standing(members, ANN, &s);
	assert_false(s.there || s.paused);
	assert_false(standing_same(&s, &same));
}

static const struct {
	const char *interface, *channel;
	bool is;
} channels[] = {
	{ "PJSIP/ann", "PJSIP/ann-0000002a", true },
	{ "PJSIP/ann", "PJSIP/anna-0000002a", false },
	{ "PJSIP/ann", "PJSIP/ann-mobile-0000002a", false },
	{ "PJSIP/ann", "PJSIP/ann", false },
	{ "PJSIP/ann", "", false },
	{ "Local/7@house", "Local/7@house-00000001;1", true },
	{ "Local/7@house/n", "Local/7@house-00000001;2", true },
	{ "Local/7@house/n", "Local/7@house/n", false },
};

static void
channels_of_a_member(void **state)
{
	struct members *members = *state;

	for (size_t i = 0; i < COUNTOF(channels); i++) {
		struct member *m = members_add(members, SALES, str_of(channels[i].interface), ANN);

		assert_int_equal(
		    member_has_channel(m, str_of(channels[i].channel)), channels[i].is);
		members_drop(members, m);
		m = members_add(members, SALES, STR_LIT("Agent:7"), ANN);
		memcpy(m->phone, channels[i].interface, strlen(channels[i].interface) + 1);
		assert_int_equal(
		    member_has_channel(m, str_of(channels[i].channel)), channels[i].is);
		members_drop(members, m);
	}
}

static void
notes_bring_it_back(void **state)
{
	struct members *members = *state, again;
	struct member *a = members_add(members, SALES, DESK, ANN), *back;
	struct jot note;
	uint32_t i;

	a->paused = true;
	a->wrapup = 9000;
	memcpy(a->reason, "a tea", 6);
	memcpy(a->phone, "PJSIP/x", 8);
	assert_true(members_changed(members, &i, &note));
	assert_true(members_init(&again));
	assert_true(members_recall(&again, i, jot_text(&note)));
	assert_false(members_recall(&again, i, jot_text(&note))); /* the place is taken */
	back = members_find(&again, SALES, DESK);
	assert_non_null(back);
	assert_memory_equal(back, a, sizeof(*a));
	members_drop(members, a);
	assert_true(members_changed(members, &i, &note));
	assert_int_equal(note.len, 0);
	assert_false(members_changed(members, &i, &note));
	members_fini(&again);
}

static void
senseless_notes_are_passed_over(void **state)
{
	static const char *const notes[] = {
		"",
		"member",
		"member 0 0 -1\nsales\nPJSIP/ann\nann\n\n",
		"member 0 0 99999999999999\nsales\nPJSIP/ann\nann\n\n",
		"member 0 0 0\n\nPJSIP/ann\nann\n\n",
		"member 0 0 0\nsales\n\nann\n\n",
		"member 0 0 0\nsales\nPJSIP/ann\n\n\n",
		"member 0 0 0\nsales\nPJSIP/ann\nann",
		"member 0 0 0\nsales\nPJSIP/ann\na\001n\n\n",
	};

	for (uint32_t i = 0; i < COUNTOF(notes); i++)
		assert_false(members_recall(*state, i, str_of(notes[i])));
	assert_false(members_recall(
	    *state, MEMBERS_MAX, STR_LIT("member 0 0 0\nsales\nPJSIP/ann\nann\n\n")));
	assert_true(members_recall(
	    *state, MEMBERS_MAX - 1, STR_LIT("member 0 0 0\nsales\nPJSIP/ann\nann\n\n")));
}

static void
there_is_an_end_of_room(void **state)
{
	for (uint32_t i = 0; i < MEMBERS_MAX; i++)
		assert_non_null(members_add(*state, SALES, DESK, ANN));
	assert_null(members_add(*state, SALES, DESK, ANN));
}

int
main(void)
{
#define MEMBERS_TEST(f) cmocka_unit_test_setup_teardown(f, open_members, close_members)
	const struct CMUnitTest tests[] = {
		MEMBERS_TEST(an_agent_is_her_rows),
		MEMBERS_TEST(channels_of_a_member),
		MEMBERS_TEST(notes_bring_it_back),
		MEMBERS_TEST(senseless_notes_are_passed_over),
		MEMBERS_TEST(there_is_an_end_of_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
