/* SPDX-License-Identifier: MIT */
/*
 * test_picture.c: what of a snapshot leaves the house (wallboard/picture.c,
 * walk.c): known members as they were written, agents only where they may be
 * named, and nothing at all of what is no snapshot.
 */
#include "wallboard/wallboard.h"

#include "wallboard/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TAIL                                                                                       \
	",\"title\":\"T\",\"timezone\":\"UTC\",\"day_start_seconds\":0,"                           \
	"\"stale_after_seconds\":15.000}"

static struct picture_rules
rules(uint8_t agents)
{
	return (struct picture_rules){
		.title = "T", .timezone = "UTC", .stale_after = 15000, .agents = agents
	};
}

/* What is written of it; NULL: nothing.  To be freed. */
static char *
picture(const char *snapshot, uint8_t agents, int64_t *version)
{
	struct picture_rules r = rules(agents);
	struct out o;
	/* of its own, so that a byte too far is seen */
	size_t n = strlen(snapshot);
	char *copy = malloc(n + 1);

	assert_non_null(copy);
	memcpy(copy, snapshot, n);
	copy = realloc(copy, n > 0 ? n : 1);
	out_init(&o);
	if (!picture_write(&o, &r, (struct str){ copy, (uint32_t)n }, version))
		out_fini(&o);
	else
		out_bytes(&o, "", 1);
	free(copy);
	return o.buf;
}

static void
expect(const char *snapshot, uint8_t agents, const char *wanted)
{
	int64_t version;
	char *got = picture(snapshot, agents, &version);

	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got);
}

static void
test_passes_as_written(void **state)
{
	(void)state;
	expect("{\"version\":7,\"queues\":{\"a\\\"}\":{\"x\":0.1000,\"y\":null}},\"demo\":true}",
	    AGENTS_NAMES,
	    "{\"version\":7,\"queues\":{\"a\\\"}\":{\"x\":0.1000,\"y\":null}},\"demo\":true" TAIL);
	expect("{ \"version\" : 7 , \"feeds\" : [ 1 , {\"a\": \"]\"} ] }\n", AGENTS_NAMES,
	    "{\"version\":7,\"feeds\":[ 1 , {\"a\": \"]\"} ]" TAIL);
}

static void
test_unknown_stays(void **state)
{
	int64_t version;
	char *got = picture("{\"customers\":{\"x\":1},\"version\":12,\"agents\":{\"anna\":{}}}",
	    AGENTS_NAMES, &version);

	(void)state;
	assert_int_equal(version, 12);
	assert_string_equal(got, "{\"version\":12" TAIL);
	free(got);
}

#define ANNA                                                                                       \
	"\"late/agent:anna\":{\"id\":\"late/agent:anna\",\"rule\":\"late\",\"scope\":"             \
	"\"agent:anna\",\"state\":\"firing\",\"by\":\"boss\",\"summary\":\"anna is late\"}"
#define BOB "\"late/agent:bob\":{\"rule\":\"late\",\"scope\":\"agent:bob\",\"value\":3.5}"
#define SALES                                                                                      \
	"\"a/queue:sales\":{\"scope\":\"queue:sales\",\"inhibitor\":\"late/"                       \
	"agent:anna\",\"by\":\"x\"}"

static void
test_alerts_without_agents(void **state)
{
	static const char all[] = "{\"version\":1,\"alerts\":{" ANNA "," SALES "," BOB "}}";

	(void)state;
	for (uint8_t mode = AGENTS_TEAMS; mode <= AGENTS_OFF; mode++)
		expect(all, mode,
		    "{\"version\":1,\"alerts\":{\"late/agent:\":{\"id\":\"late/agent:\",\"scope\":"
		    "\"agent:\",\"summary\":null,\"rule\":\"late\",\"state\":\"firing\"},"
		    "\"a/queue:sales\":{\"scope\":\"queue:sales\",\"inhibitor\":null,\"by\":\"x\"},"
		    "\"late/agent:2\":{\"id\":\"late/"
		    "agent:2\",\"scope\":\"agent:\",\"summary\":null,"
		    "\"rule\":\"late\",\"value\":3.5}}" TAIL);
	expect(all, AGENTS_NAMES, "{\"version\":1,\"alerts\":{" ANNA "," SALES "," BOB "}" TAIL);
	expect("{\"version\":1,\"alerts\":{}}", AGENTS_OFF, "{\"version\":1,\"alerts\":{}" TAIL);
}

static const char *const none[] = { "", " ", "{", "}", "{}", "[]", "null", "{\"version\":}",
	"{\"version\":-1}", "{\"version\":1.5}", "{\"version\":\"1\"}", "{\"version\":null}",
	"{\"version\":1", "{\"version\":1}}", "{\"version\":1} x", "{\"version\":1,}",
	"{\"version\":1 \"demo\":true}", "{version:1}", "{\"version\":1,\"site\":\"a\nb\"}",
	"{\"version\":1,\"site\":\"a\\\n\"}", "{\"version\":1,\"site\":\"a",
	"{\"version\":1,\"site\":\"a\\", "{\"version\":1,\"queues\":{\"a\":[1}]}",
	"{\"version\":1,\"queues\":{\"a\":1\n}}", "{\"version\":1,\"queues\":{",
	"{\"version\":1,\"queues\":{}", "{\"version\":1,\"queues\":]}",
	"{\"version\":99999999999999999999999999}" };

static void
test_no_snapshot(void **state)
{
	int64_t version;

	(void)state;
	for (size_t i = 0; i < COUNTOF(none); i++)
		for (uint8_t mode = AGENTS_NAMES; mode <= AGENTS_OFF; mode++)
			assert_null(picture(none[i], mode, &version));
	for (uint8_t mode = AGENTS_TEAMS; mode <= AGENTS_OFF; mode++) {
		assert_null(picture("{\"version\":1,\"alerts\":[]}", mode, &version));
		assert_null(picture("{\"version\":1,\"alerts\":{\"a\":7}}", mode, &version));
	}
}

/* A text cut anywhere is none, and nothing beyond its end is looked at. */
static void
test_cut_anywhere(void **state)
{
	static const char all[] =
	    "{\"version\":1,\"queues\":{\"a\\u0022\":[{},[1,-2e3]]},\"alerts\":{" ANNA "}}";
	char cut[sizeof(all)];
	int64_t version;

	(void)state;
	for (size_t n = 0; n < sizeof(all) - 1; n++)
		for (uint8_t mode = AGENTS_NAMES; mode <= AGENTS_OFF; mode++) {
			(void)snprintf(cut, sizeof(cut), "%.*s", (int)n, all);
			assert_null(picture(cut, mode, &version));
		}
}

static void
test_deep(void **state)
{
	char deep[512] = "{\"version\":1,\"feeds\":";
	size_t n = strlen(deep);
	int64_t version;

	(void)state;
	memset(deep + n, '[', 100);
	memset(deep + n + 100, ']', 100);
	memcpy(deep + n + 200, "}", 2);
	assert_null(picture(deep, AGENTS_NAMES, &version));
}

/* ---- walk.c */

static void
test_walk(void **state)
{
	struct walk w = walk_object(STR_LIT("{\"a\":1,\"bc\": {\"d\":[\"}\"]} }"));
	struct str key, value;

	(void)state;
	assert_true(walk_next(&w, &key, &value));
	assert_true(walk_is(key, "a"));
	assert_false(walk_is(key, "ab"));
	assert_true(walk_next(&w, &key, &value));
	assert_true(walk_is(key, "bc"));
	assert_int_equal(value.n, strlen("{\"d\":[\"}\"]}"));
	for (int i = 0; i < 3; i++) /* and so it stays */
		assert_false(walk_next(&w, &key, &value));
	assert_false(w.broken);
	w = walk_object(STR_NONE);
	assert_false(walk_next(&w, &key, &value));
	assert_true(w.broken);
}

static void
test_whole(void **state)
{
	(void)state;
	assert_int_equal(walk_whole(STR_LIT("0")), 0);
	assert_int_equal(walk_whole(STR_LIT("1795349750735")), 1795349750735);
	assert_int_equal(walk_whole(STR_LIT("999999999999999999")), 999999999999999999);
	assert_int_equal(walk_whole(STR_LIT("1000000000000000000")), -1);
	assert_int_equal(walk_whole(STR_LIT("-1")), -1);
	assert_int_equal(walk_whole(STR_LIT("12 ")), -1);
	assert_int_equal(walk_whole(STR_LIT("")), -1);
	assert_int_equal(walk_whole(STR_NONE), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes_as_written),
		cmocka_unit_test(test_unknown_stays),
		cmocka_unit_test(test_alerts_without_agents),
		cmocka_unit_test(test_no_snapshot),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
