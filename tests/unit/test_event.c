/* SPDX-License-Identifier: MIT */
/*
 * test_event.c: the tables against each other, and every way a value or an
 * event can be refused.
 */
#include <ccmon/event.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct str
text(const char *s)
{
	return str_of(s);
}

/* Says which slot of lib/event.c a name wants; the formula is the one there. */
static int
lost(const char *name)
{
	size_t n = strlen(name);
	uint32_t first = 0, last = 0;

	if (n >= 4) {
		memcpy(&first, name, 4);
		memcpy(&last, name + n - 4, 4);
	} else {
		first = (uint8_t)name[0];
		last = (uint8_t)name[n - 1];
	}
	print_error("\"%s\" is not found: its slot is %u\n", name,
	    (unsigned)((((uint64_t)last << 32 | first) + n) * UINT64_C(0x183931600b24834d) >> 57));
	return 1;
}

static void
test_every_row_is_found(void **state)
{
	int n = 0;

	(void)state;
	for (int i = 0; i < EVENT_NMEMBERS; i++)
		if (event_member_find(text(event_members[i].name)) != i)
			n += lost(event_members[i].name);
	for (int i = 0; i < EVENT_NKINDS; i++)
		if (event_kind_find(text(event_kinds[i].name)) != i)
			n += lost(event_kinds[i].name);
	assert_int_equal(n, 0);
}

static void
test_other_names_are_not_found(void **state)
{
	static const char *const others[] = { "", "a", "sourc", "source ", "Source", "sourcf",
		"event", "queued\n",
		"to_external_number_of_some_length_that_nothing_here_has_at_all" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(others); i++) {
		assert_int_equal(event_member_find(text(others[i])), -1);
		assert_int_equal(event_kind_find(text(others[i])), -1);
	}
	assert_int_equal(event_member_find((struct str){ "boot\0boot", 9 }), -1);
	assert_int_equal(event_member_find(STR_NONE), -1);
}

static void
test_words(void **state)
{
	(void)state;
	for (int set = 0; set < WORD_NSETS; set++) {
		unsigned n = 0;

		for (; word_name(set, n) != NULL; n++)
			assert_int_equal(word_find(set, text(word_name(set, n))), n);
		assert_in_range(n, 2, 7);
		assert_null(word_name(set, UINT32_MAX));
		assert_int_equal(word_find(set, text("nobody")), -1);
		assert_int_equal(word_find(set, STR_NONE), -1);
	}
	assert_string_equal(word_name(WORDS_FLOW, FLOW_WITHDRAWN), "withdrawn");
	assert_int_equal(word_find(WORDS_STATE, text("available")), STATE_AVAILABLE);
	assert_int_equal(word_find(WORDS_STATE, text("withdrawn")), -1);
	assert_string_equal(refusal_name(REFUSAL_NOT_LINE), "not_a_line");
	assert_non_null(strstr(refusal_text(REFUSAL_OVERSIZED), "64 KiB"));
}

static void
test_utf8(void **state)
{
	static const char *const good[] = { "", "a", "abcdefgh", "abcdefghi", "\xc2\x80",
		"abcdefg\xc3\xa6", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"bl\xc3\xa5"
		"b\xc3\xa6rsyltet\xc3\xb8y" };
	static const char *const bad[] = { "\x80", "\xc1\xbf", "\xc0\x80", "\xc3", "abcdefgh\xc3",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x98",
		"abcdefgh\x80"
		"abcdefgh",
		"\xc3\x28", "\xe2\x28\xa1", "\xf0\x28\x8c\xbc" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++)
		assert_true(utf8_valid(text(good[i])));
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_false(utf8_valid(text(bad[i])));
	assert_true(utf8_valid(STR_NONE));
}

/* Each control character refused, each other one taken, at each place of a
 * text that is read eight bytes at a time and then one by one. */
static void
test_names_hold_no_control_character(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x100; c++) {
		for (unsigned place = 0; place < 11; place++) {
			char name[13] = "abcdefghijkl";
			bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);

			if (c < 0x80) {
				name[place] = (char)c;
			} else {
				name[place] = (char)(0xc0 | c >> 6);
				name[place + 1] = (char)(0x80 | (c & 0x3f));
			}
			assert_int_equal(name_check((struct str){ name, 12 }, 1, 64),
			    control ? REFUSAL_BAD_NAME : REFUSAL_NONE);
		}
	}
}

static void
test_name_lengths(void **state)
{
	char name[70];

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_int_equal(name_check((struct str){ name, 64 }, 1, 64), REFUSAL_NONE);
	assert_int_equal(name_check((struct str){ name, 65 }, 1, 64), REFUSAL_TOO_LONG);
	assert_int_equal(name_check(STR_NONE, 1, 64), REFUSAL_BAD_NAME);
	assert_int_equal(name_check(STR_NONE, 0, 64), REFUSAL_NONE);
	assert_int_equal(name_check(STR_LIT("\xff"), 1, 64), REFUSAL_BAD_NAME);
}

/* Refused, and the event is as it was. */
static void
refuses(enum refusal why, enum event_member m, struct str s)
{
	struct event ev = { 0 }, before = { 0 };

	assert_int_equal(event_set_str(&ev, m, s), why);
	assert_memory_equal(&ev, &before, sizeof(ev));
}

static void
refuses_int(enum refusal why, enum event_member m, int64_t n)
{
	struct event ev = { 0 }, before = { 0 };

	assert_int_equal(event_set_int(&ev, m, n), why);
	assert_memory_equal(&ev, &before, sizeof(ev));
}

static void
test_set(void **state)
{
	struct event ev = { 0 };

	(void)state;
	assert_int_equal(event_set_str(&ev, M_SOURCE, text("pbx1")), REFUSAL_NONE);
	assert_int_equal(event_set_str(&ev, M_CHANNEL, text("email")), REFUSAL_NONE);
	assert_int_equal(event_set_str(&ev, M_REASON, STR_NONE), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_TIME, TIME_HIGH), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_PRIORITY, -COUNT_HIGH), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_ACW, 1), REFUSAL_NONE);
	assert_true(ev.has == (HAS(SOURCE) | HAS(CHANNEL) | HAS(REASON) | HAS(TIME) |
	                          HAS(PRIORITY) | HAS(ACW)));
	assert_true(str_eq(ev.source, text("pbx1")));
	assert_int_equal(ev.channel, CHANNEL_EMAIL);
	assert_true(ev.time == TIME_HIGH && ev.priority == -COUNT_HIGH && ev.acw == 1);
}

static void
test_set_refuses(void **state)
{
	(void)state;
	refuses(REFUSAL_BAD_NAME, M_SOURCE, text(""));
	refuses(REFUSAL_BAD_NAME, M_REASON, text("a\nb"));
	refuses(REFUSAL_BAD_VALUE, M_CHANNEL, text("fax"));
	refuses(REFUSAL_ILL_TYPED, M_TIME, text("1"));
	refuses(REFUSAL_ILL_TYPED, M_ACW, text("true"));
	refuses_int(REFUSAL_ILL_TYPED, M_SOURCE, 1);
	refuses_int(REFUSAL_ILL_TYPED, M_CHANNEL, 1);
	refuses_int(REFUSAL_BAD_VALUE, M_SEQ, 0);
	refuses_int(REFUSAL_BAD_VALUE, M_TIME, TIME_HIGH + 1);
	refuses_int(REFUSAL_BAD_VALUE, M_ACW, 2);
	refuses_int(REFUSAL_BAD_VALUE, M_SCORE, INT64_MIN);
}

static void
test_names_joined(void **state)
{
	static const char *const good[] = { "", "a", "a\nb", "sales\nvip\nsupport" };
	static const char *const bad[] = { "\n", "a\n", "\na", "a\n\nb", "a\tb", "a\n\x7f" };
	char name[66];
	struct event ev = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		assert_int_equal(event_set_str(&ev, M_QUEUES, text(good[i])), REFUSAL_NONE);
		assert_true(str_eq(ev.queues, text(good[i])));
	}
	for (size_t i = 0; i < COUNTOF(bad); i++)
		refuses(REFUSAL_BAD_NAME, M_QUEUES, text(bad[i]));
	memset(name, 'x', sizeof(name));
	refuses(REFUSAL_TOO_LONG, M_QUEUES, (struct str){ name, 65 });
	name[64] = '\n';
	assert_int_equal(event_set_str(&ev, M_QUEUES, (struct str){ name, 66 }), REFUSAL_NONE);
}

static void
test_names_longer_than_a_body(void **state)
{
	static char names[EVENT_BODY_MAX];

	(void)state;
	memset(names, 'x', sizeof(names));
	for (size_t i = 1; i < sizeof(names); i += 2)
		names[i] = '\n';
	refuses(REFUSAL_TOO_LONG, M_QUEUES, (struct str){ names, sizeof(names) });
}

/* An event of that kind with all that the kind's row asks for. */
static struct event
whole(enum event_kind kind)
{
	return (struct event){
		.event = kind,
		.has = event_kinds[kind].needs | HAS(SOURCE) | HAS(TIME),
		.source = text("pbx1"),
	};
}

static void
test_each_needed_member(void **state)
{
	(void)state;
	for (int kind = 0; kind < EVENT_NKINDS; kind++) {
		uint64_t needs = whole(kind).has;

		for (uint64_t left = needs; left != 0; left &= left - 1) {
			struct event ev = whole(kind);
			enum event_member m = EVENT_NMEMBERS;

			ev.has &= ~(left & -left);
			assert_int_equal(event_check(&ev, &m), REFUSAL_MISSING);
			assert_int_equal(m, __builtin_ctzll(left));
		}
	}
}

static void
checks(const struct event *ev, enum refusal why, enum event_member m)
{
	enum event_member member = EVENT_NMEMBERS;

	assert_int_equal(event_check(ev, &member), why);
	assert_int_equal(member, why == REFUSAL_NONE ? EVENT_NMEMBERS : m);
}

static void
test_plain_kinds_are_whole(void **state)
{
	(void)state;
	for (int kind = 0; kind < EVENT_NKINDS; kind++) {
		struct event ev = whole(kind);

		if (kind != EV_TRANSFERRED && kind != EV_FLOWED_OUT && kind != EV_SURVEY &&
		    kind != EV_FEEDBACK)
			checks(&ev, REFUSAL_NONE, 0);
	}
}

static void
test_transferred_somewhere(void **state)
{
	static const uint64_t to[] = { HAS(TO_QUEUE), HAS(TO_AGENT), HAS(TO_EXTERNAL) };
	struct event ev = whole(EV_TRANSFERRED);

	(void)state;
	checks(&ev, REFUSAL_MISSING, M_TO_QUEUE);
	for (size_t i = 0; i < COUNTOF(to); i++) {
		ev = whole(EV_TRANSFERRED);
		ev.has |= to[i];
		checks(&ev, REFUSAL_NONE, 0);
	}
}

static void
test_flowed_out_reason(void **state)
{
	struct event ev = whole(EV_FLOWED_OUT);

	(void)state;
	ev.reason = text("bored");
	checks(&ev, REFUSAL_BAD_VALUE, M_REASON);
	for (int i = 0; i < FLOW_COUNT; i++) {
		ev.reason = text(word_name(WORDS_FLOW, i));
		checks(&ev, REFUSAL_NONE, 0);
	}
}

static void
test_survey_scales(void **state)
{
	static const struct {
		uint8_t kind;
		int64_t low, high;
	} scales[] = { { KIND_CSAT, 1, 5 }, { KIND_NPS, 0, 10 }, { KIND_CES, 1, 7 } };

	(void)state;
	for (size_t i = 0; i < COUNTOF(scales); i++) {
		struct event ev = whole(EV_SURVEY);

		ev.kind = scales[i].kind;
		checks(&ev, REFUSAL_MISSING, M_SCORE);
		ev.has |= HAS(SENT);
		checks(&ev, REFUSAL_MISSING, M_SCORE); /* sent: false */
		ev.sent = 1;
		checks(&ev, REFUSAL_NONE, 0);
		ev.has |= HAS(SCORE);
		for (ev.score = -1; ev.score <= 12; ev.score++) {
			bool in = ev.score >= scales[i].low && ev.score <= scales[i].high;

			checks(&ev, in ? REFUSAL_NONE : REFUSAL_BAD_VALUE, M_SCORE);
		}
	}
}

static void
test_kinds_of_survey_and_feedback(void **state)
{
	(void)state;
	for (uint8_t kind = KIND_CSAT; kind <= KIND_COMMENT; kind++) {
		struct event survey = whole(EV_SURVEY), feedback = whole(EV_FEEDBACK);
		bool is_survey = kind <= KIND_CES;

		survey.kind = feedback.kind = kind;
		survey.sent = 1;
		checks(&survey, is_survey ? REFUSAL_NONE : REFUSAL_BAD_VALUE, M_KIND);
		checks(&feedback, is_survey ? REFUSAL_BAD_VALUE : REFUSAL_NONE, M_KIND);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_found),
		cmocka_unit_test(test_other_names_are_not_found),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_names_hold_no_control_character),
		cmocka_unit_test(test_name_lengths),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_refuses),
		cmocka_unit_test(test_names_joined),
		cmocka_unit_test(test_names_longer_than_a_body),
		cmocka_unit_test(test_each_needed_member),
		cmocka_unit_test(test_plain_kinds_are_whole),
		cmocka_unit_test(test_transferred_somewhere),
		cmocka_unit_test(test_flowed_out_reason),
		cmocka_unit_test(test_survey_scales),
		cmocka_unit_test(test_kinds_of_survey_and_feedback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
