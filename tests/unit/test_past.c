/* SPDX-License-Identifier: MIT */
/*
 * test_past.c: questions about the history and the columns they are answered
 * with (wallboard/past.c), and the agents (roster.c), from replies as Redis
 * gives them.
 */
#include "wallboard/wallboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795351384123)
#define THIS_MINUTE INT64_C(1795351380000)
#define TEXT(s)                                                                                    \
	{                                                                                          \
		.type = REPLY_TEXT, .text = {(s), sizeof(s) - 1 }                                  \
	}
#define ARRAY(items)                                                                               \
	{                                                                                          \
		.type = REPLY_ARRAY, .n = COUNTOF(items), .item = (items)                          \
	}

/* ---- questions */

static const char *
ask(struct past *p, const char *interval, const char *queue, const char *from, const char *to,
    const char *fields)
{
	struct past_words w = { str_of(interval), str_of(queue), str_of(from), str_of(to),
		str_of(fields) };

	return past_read(p, &w, NOW);
}

static void
test_question(void **state)
{
	struct past p;
	struct out key;

	(void)state;
	assert_null(ask(&p, "15m", NULL, NULL, NULL, "offered_count,sl_ratio"));
	assert_int_equal(p.interval->seconds, 900);
	assert_int_equal(p.to, THIS_MINUTE);
	assert_int_equal(p.from, THIS_MINUTE + 60000 - 24 * 3600 * 1000);
	assert_int_equal(p.nfields, 2);
	assert_string_equal(p.field[1], "sl_ratio");
	out_init(&key);
	past_key(&p, &key);
	out_bytes(&key, "", 1);
	assert_string_equal(key.buf, "history:site:15m");
	assert_null(ask(&p, "1m", "a b", "60001", "179999", "waiting_count"));
	assert_int_equal(p.from, 120000);
	assert_int_equal(p.to, 120000);
	out_reset(&key);
	past_key(&p, &key);
	out_bytes(&key, "", 1);
	assert_string_equal(key.buf, "history:queue:a b:1m");
	out_fini(&key);
}

static void
test_no_question(void **state)
{
	static const struct {
		const char *interval, *from, *fields;
	} wrong[] = {
		{ NULL, NULL, "offered_count" }, { "1h", NULL, "offered_count" },
		{ "1", NULL, "offered_count" }, { "1m", "", "offered_count" },
		{ "1m", "-1", "offered_count" }, { "1m", "1e3", "offered_count" },
		{ "1m", "1234567890123456", "offered_count" }, { "1m", NULL, NULL },
		{ "1m", NULL, "" }, { "1m", NULL, "," }, { "1m", NULL, "offered" },
		{ "1m", NULL, "offered_count,,sl_ratio" }, { "1m", NULL, "name" },
		{ "1m", NULL, "oldest_wait_seconds" }, /* on the board, not in the history */
	};
	char many[40 * sizeof("sl_ratio,")] = "sl_ratio";
	struct past p;

	(void)state;
	for (size_t i = 0; i < COUNTOF(wrong); i++)
		assert_non_null(
		    ask(&p, wrong[i].interval, NULL, wrong[i].from, NULL, wrong[i].fields));
	for (int i = 1; i < PAST_FIELDS_MAX; i++)
		strcat(many, ",sl_ratio");
	assert_null(ask(&p, "1d", NULL, NULL, NULL, many));
	strcat(many, ",sl_ratio");
	assert_non_null(ask(&p, "1d", NULL, NULL, NULL, many));
}

/* ---- answers */

static void
expect_text(struct out *o, const char *wanted)
{
	out_bytes(o, "", 1);
	assert_string_equal(o->buf, wanted);
	out_fini(o);
}

static void
test_columns(void **state)
{
	struct reply old[] = { TEXT("schema_version"), TEXT("1"), TEXT("sl_ratio"), TEXT("NaN"),
		TEXT("offered_count"), TEXT("4") };
	struct reply new[] = { TEXT("offered_count"), TEXT("-5"), TEXT("sl_ratio"), TEXT("0.8000"),
		TEXT("odd") };
	struct reply first[] = { TEXT("120000-0"), ARRAY(new) };
	struct reply second[] = { TEXT("60000-0"), ARRAY(old) };
	struct reply bad[] = { TEXT("1") };
	struct reply entries[] = { ARRAY(first), ARRAY(bad), ARRAY(second) };
	struct reply all = ARRAY(entries), empty = { .type = REPLY_ARRAY };
	struct past p;
	struct out o;

	(void)state;
	assert_null(ask(&p, "1m", "q\"", NULL, NULL, "offered_count,sl_ratio,aht_seconds"));
	out_init(&o);
	past_write(&p, &all, &o);
	expect_text(&o,
	    "{\"interval\":\"1m\",\"seconds\":60,\"queue\":\"q\\\"\",\"time\":[60000,120000],"
	    "\"fields\":{\"offered_count\":[4,-5],\"sl_ratio\":[null,0.8000],"
	    "\"aht_seconds\":[null,null]}}");
	assert_null(ask(&p, "1d", NULL, NULL, NULL, "sl_n"));
	out_init(&o);
	past_write(&p, &empty, &o);
	expect_text(&o, "{\"interval\":\"1d\",\"seconds\":86400,\"queue\":null,\"time\":[],"
	                "\"fields\":{\"sl_n\":[]}}");
}

static void
test_numbers(void **state)
{
	static const char *const good[] = { "0", "-1", "12.5", "0.0000", "1795351384123" };
	static const char *const bad[] = { "", "-", ".", "NaN", "inf", "1e5", "1.", ".5", "--1",
		"1-", "1 ", "0x1" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++)
		assert_true(is_number(str_of(good[i])));
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_false(is_number(str_of(bad[i])));
}

/* ---- agents */

static char *north[] = { (char[]){ "an*" }, NULL };
static struct team_settings teams[] = { { (char[]){ "north" }, north } };

/* Their state, a number or none, and a text or none. */
static void
add(struct roster *r, const char *name, const char *state, const char *handled)
{
	struct reply item[8] = { { .type = REPLY_TEXT, .text = str_of(state) } };
	struct reply hash = ARRAY(item);

	for (size_t i = 1; i < COUNTOF(item); i++)
		item[i].type = REPLY_NIL;
	if (state == NULL)
		item[0].type = REPLY_NIL;
	item[5] = (struct reply){ .type = REPLY_TEXT, .text = str_of(handled) };
	roster_add(r, str_of(name), &hash);
}

static void
expect_agents(uint8_t mode, const char *wanted)
{
	struct wallboard_settings s = { .agents = mode, .teams = teams, .nteams = 1 };
	struct roster *r = roster_new(&s, NOW);
	struct out *text;

	assert_non_null(r);
	add(r, "anna", "on_hold", "3");
	add(r, "bo\"b", "acw", "NaN");
	add(r, "gone", NULL, "1");
	add(r, "__other__", "available", "1");
	add(r, "odd", "asleep", "1e9");
	text = roster_finish(r);
	out_bytes(text, "", 1);
	assert_string_equal(text->buf, wanted);
	roster_free(r);
}

#define NULLS_A                                                                                    \
	"\"state_reason\":null,\"queues\":null,\"state_since_epoch_ms\":null,\"contacts_now_"      \
	"count\":null,"
#define NULLS_B ",\"aht_seconds_today\":null,\"occupancy_ratio_60m\":null}"

static void
test_agents(void **state)
{
	(void)state;
	expect_agents(AGENTS_NAMES, "{\"time\":1795351384123,\"mode\":\"names\",\"agents\":["
	                            "{\"name\":\"anna\",\"state\":\"on_hold\"," NULLS_A
	                            "\"handled_count_today\":3" NULLS_B ","
	                            "{\"name\":\"bo\\\"b\",\"state\":\"acw\"," NULLS_A
	                            "\"handled_count_today\":null" NULLS_B ","
	                            "{\"name\":\"odd\",\"state\":\"asleep\"," NULLS_A
	                            "\"handled_count_today\":null" NULLS_B "]}");
	expect_agents(AGENTS_TEAMS, "{\"time\":1795351384123,\"mode\":\"teams\",\"teams\":["
	                            "{\"name\":\"north\",\"offline\":0,\"available\":0,\"ringing\":"
	                            "0,\"on_contact\":0,\"on_hold\":1,"
	                            "\"acw\":0,\"paused\":0},"
	                            "{\"name\":\"\",\"offline\":0,\"available\":0,\"ringing\":0,"
	                            "\"on_contact\":0,\"on_hold\":0,"
	                            "\"acw\":1,\"paused\":0}]}");
	expect_agents(AGENTS_OFF, "{\"time\":1795351384123,\"mode\":\"off\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_no_question),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
