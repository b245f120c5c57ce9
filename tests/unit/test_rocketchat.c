/* SPDX-License-Identifier: MIT */
/*
 * test_rocketchat.c: Rocket.Chat's posts and the events they are: every row
 * of the dialect's table is a file in tests/data/rocketchat/.
 */
#include "web_kit.h"

#define DIR "tests/data/rocketchat/"
#define LONG64 "a234567890b234567890c234567890d234567890e234567890f234567890g234"

static int
open_dialect(void **state)
{
	(void)state;
	return open_dialect_named("rocketchat");
}

static void
each_post(void **state)
{
	(void)state;
	check_posts(DIR "*.json", 25);
}

static const struct refused_post refused[] = {
	{ DIR "start.json", "{", "", REFUSAL_NOT_JSON, "" },
	{ DIR "start.json", "\"type\":", "\"kind\":", REFUSAL_MISSING, "type" },
	{ DIR "start.json", "\"_id\": \"room1\"", "\"_id\": null", REFUSAL_MISSING, "contact" },
	{ DIR "start.json", "\"_id\": \"room1\"", "\"_id\": 1", REFUSAL_ILL_TYPED, "_id" },
	{ DIR "start.json", "\"_id\": \"room1\"", "\"_id\": \"a\\tb\"", REFUSAL_BAD_NAME,
	    "contact" },
	{ DIR "start.json", "\"createdAt\": \"2023", "\"createdAt\": \"yesterday",
	    REFUSAL_BAD_VALUE, "createdAt" },
	{ DIR "start.json", "\"createdAt\": ", "\"at\": ", REFUSAL_MISSING, "time" },
	{ DIR "start.json", "\"departmentId\": \"", "\"departmentId\": \"" LONG64, REFUSAL_TOO_LONG,
	    "queue" },
	{ DIR "start.json", "\"messages\": [", "\"messages\": 5, \"other\": [", REFUSAL_ILL_TYPED,
	    "messages" },
	{ DIR "start.json", "\"ts\": \"2023-11-03T08:26:45.120Z\"", "\"ts\": null", REFUSAL_MISSING,
	    "time" },
	{ DIR "start.json", "\"ts\": \"2023-11-03T08:26:45.120Z\"", "\"ts\": \"2023-13-03\"",
	    REFUSAL_BAD_VALUE, "ts" },
	{ DIR "taken_without_time.json", "\"username\": \"ann\"", "\"username\": null",
	    REFUSAL_MISSING, "agent" },
	{ DIR "forwarded_to_agent.json",
	    "\"servedBy\": {\n  \"_id\": \"uBob\",\n  \"username\": \"bob\"",
	    "\"servedBy\": {\n  \"username\": \"" LONG64 "5\"", REFUSAL_TOO_LONG, "to_agent" },
	{ DIR "message_of_agent.json", "\"messages\": [", "\"messages\": [7, ", REFUSAL_MISSING,
	    "time" },
};

static void
what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(refused); i++)
		check_refused(&refused[i]);
}

static void
what_is_skipped(void **state)
{
	static const char unknown[] = "{\"type\":\"LivechatSomethingElse\",\"_id\":7}";

	(void)state;
	dialect->decode(decoder, unknown, sizeof(unknown) - 1, 0, &res);
	assert_int_equal(res.n, 0);
	assert_int_equal(res.why, REFUSAL_NONE);
	assert_true(str_is(res.detail, "LivechatSomethingElse"));
}

/* A closed room of n messages; the last one has no time if it is broken. */
static size_t
long_chat(char *post, size_t n, bool is_broken)
{
	size_t len;

	len = (size_t)sprintf(post, "{\"type\":\"LivechatSession\",\"_id\":\"r\",\"closedAt\":"
	                            "\"2023-11-03T09:00:00Z\",\"servedBy\":{\"username\":\"ann\"},"
	                            "\"messages\":[");
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(post + len,
		    "{\"_id\":\"%zu\",\"username\":\"ann\",\"msg\":\"a text\",\"%s\":\"2023-11-"
		    "03T08:%02zu:00Z\",\"rid\":\"r\"%s},",
		    i, is_broken && i + 1 == n ? "when" : "ts", i % 60,
		    i % 2 ? ",\"agentId\":\"u\"" : "");
	return len - 1 + (size_t)sprintf(post + len - 1, "]}");
}

/* Hundreds of messages come a few at a time, each once, the end last. */
static void
long_chats(void **state)
{
	static char post[1 << 20];
	size_t n, total = 0;
	char id[32];

	(void)state;
	n = long_chat(post, 999, false);
	dialect->decode(decoder, post, n, 0, &res);
	for (;; dialect->decode(decoder, NULL, 0, 0, &res)) {
		for (unsigned i = 0; i < res.n; i++, total++) {
			snprintf(id, sizeof(id), "message %zu", total);
			if (total < 999)
				assert_true(str_is(res.id[i], id));
		}
		if (!res.more)
			break;
		assert_int_equal(res.n, DIALECT_EVENTS_MAX);
	}
	assert_int_equal(total, 999 + 2);
	assert_int_equal(res.ev[res.n - 1].event, EV_RESOLVED);
	dialect->decode(decoder, NULL, 0, 0, &res);
	assert_true(res.n == 0 && !res.more && res.why == REFUSAL_NONE);
}

/* What is wrong at its end refuses all of it, before any of it was given. */
static void
all_or_nothing(void **state)
{
	static char post[1 << 20];
	size_t n = long_chat(post, 999, true);

	(void)state;
	dialect->decode(decoder, post, n, 0, &res);
	assert_int_equal(res.why, REFUSAL_MISSING);
	assert_true(str_is(res.detail, "time"));
	assert_true(res.n == 0 && !res.more);
	n = long_chat(post, 3, false);
	dialect->decode(decoder, post, n, 0, &res);
	assert_true(res.n == 5 && res.why == REFUSAL_NONE);
}

/* More messages than there is room for: none of them is a real one. */
static void
too_many_messages(void **state)
{
	static char post[1 << 20];
	size_t len, i;

	(void)state;
	len = (size_t)sprintf(post, "{\"type\":\"Message\",\"_id\":\"r\",\"messages\":[");
	for (i = 0; i < 8193; i++)
		len += (size_t)sprintf(post + len, "{\"ts\":1699000000},");
	len += (size_t)sprintf(post + len - 1, "]}") - 1;
	dialect->decode(decoder, post, len, 0, &res);
	assert_int_equal(res.why, REFUSAL_OVERSIZED);
	assert_int_equal(res.n, 0);
}

static void
long_bodies(void **state)
{
	(void)state;
	assert_int_equal(decode_padded(DIR "message_of_agent.json", 1 << 20), REFUSAL_NONE);
	assert_int_equal(res.n, 1);
	assert_int_equal(
	    decode_padded(DIR "message_of_agent.json", (1 << 20) + 1), REFUSAL_OVERSIZED);
}

static void
how_it_is_signed(void **state)
{
	(void)state;
	assert_string_equal(dialect->http->token_header, "X-RocketChat-Livechat-Token");
	assert_null(dialect->http->signature_header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_post),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(long_chats),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(too_many_messages),
		cmocka_unit_test(long_bodies),
		cmocka_unit_test(how_it_is_signed),
	};

	return cmocka_run_group_tests(tests, open_dialect, close_dialect);
}
