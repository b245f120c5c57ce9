/* SPDX-License-Identifier: MIT */
/*
 * test_chatwoot.c: Chatwoot's posts and the events they are: every row of the
 * dialect's tables is a file in tests/data/chatwoot/.
 */
#include "web_kit.h"

#define DIR "tests/data/chatwoot/"
#define LONG64 "a234567890b234567890c234567890d234567890e234567890f234567890g234"

static int
open_dialect(void **state)
{
	(void)state;
	return open_dialect_named("chatwoot");
}

static void
each_post(void **state)
{
	(void)state;
	check_posts(DIR "*.json", 60);
}

static const struct refused_post refused[] = {
	{ DIR "created_open.json", "{", "[", REFUSAL_NOT_JSON, "" },
	{ DIR "created_open.json", "\"id\": 10,", "\"id\": 10, \"id\": 10,", REFUSAL_NOT_JSON, "" },
	{ DIR "created_open.json", "\"conversation_created\"", "null", REFUSAL_MISSING, "event" },
	{ DIR "created_open.json", "\"conversation_created\"", "7", REFUSAL_ILL_TYPED, "event" },
	{ DIR "created_open.json", "\"id\": 10,", "\"id\": null,", REFUSAL_MISSING, "contact" },
	{ DIR "created_open.json", "\"id\": 10,", "\"id\": {},", REFUSAL_ILL_TYPED, "id" },
	{ DIR "created_open.json", "\n \"inbox_id\": 2,", "", REFUSAL_MISSING, "queue" },
	{ DIR "created_open.json", "\"inbox_id\": 2,\n \"messages\"",
	    "\"inbox_id\": \"" LONG64 "\",\n \"messages\"", REFUSAL_TOO_LONG, "queue" },
	{ DIR "created_open.json", "\"inbox_id\": 2,\n \"messages\"",
	    "\"inbox_id\": \"a\\nb\",\n \"messages\"", REFUSAL_BAD_NAME, "queue" },
	{ DIR "created_open.json", " \"created_at\": 1699000000,\n \"u", " \"u", REFUSAL_MISSING,
	    "time" },
	{ DIR "created_open.json", " \"created_at\": 1699000000,\n \"u",
	    " \"created_at\": \"soon\",\n \"u", REFUSAL_BAD_VALUE, "created_at" },
	{ DIR "created_open.json", " \"created_at\": 1699000000,\n \"u",
	    " \"created_at\": true,\n \"u", REFUSAL_ILL_TYPED, "created_at" },
	{ DIR "created_open.json", " \"created_at\": 1699000000,\n \"u",
	    " \"created_at\": 4102444801,\n \"u", REFUSAL_BAD_VALUE, "created_at" },
	{ DIR "created_open.json", " \"created_at\": 1699000000,\n \"u",
	    " \"created_at\": -1,\n \"u", REFUSAL_BAD_VALUE, "created_at" },
	{ DIR "created_assigned.json", "\"name\": \"Ann\"", "\"name\": \"" LONG64 "5\"",
	    REFUSAL_TOO_LONG, "agent" },
	{ DIR "created_assigned.json", "\"name\": \"Ann\"", "\"name\": [\"Ann\"]",
	    REFUSAL_ILL_TYPED, "name" },
	{ DIR "created_assigned.json", "\"name\": \"Ann\"", "\"name\": \"" LONG64 "\"",
	    REFUSAL_NONE, "" },
	{ DIR "status_open_snoozed.json", "\"status\": \"snoozed\"", "\"status\": \"asleep\"",
	    REFUSAL_NONE, "" },
	{ DIR "status_open_without_changes.json", "\"status\": \"open\"", "\"status\": \"ajar\"",
	    REFUSAL_BAD_VALUE, "status" },
	{ DIR "message_incoming.json", "\"incoming\"", "\"sideways\"", REFUSAL_BAD_VALUE,
	    "message_type" },
	{ DIR "message_incoming.json", "\"incoming\"", "4", REFUSAL_BAD_VALUE, "message_type" },
	{ DIR "message_incoming.json", "\"conversation\": {", "\"other\": {", REFUSAL_MISSING,
	    "contact" },
	{ DIR "message_incoming.json", "\"id\": 118,", "", REFUSAL_MISSING, "id" },
	{ DIR "message_private.json", "\"private\": true", "\"private\": 1", REFUSAL_ILL_TYPED,
	    "private" },
	{ DIR "survey_answered.json", "\"rating\": 4", "\"rating\": 6", REFUSAL_BAD_VALUE,
	    "score" },
	{ DIR "survey_answered.json", "\"rating\": 4", "\"rating\": \"4\"", REFUSAL_ILL_TYPED,
	    "content_attributes.submitted_values.csat_survey_response.rating" },
};

/* (Those with no refusal are at a limit, or change what is not looked at.) */
static void
what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(refused); i++)
		if (refused[i].why != REFUSAL_NONE)
			check_refused(&refused[i]);
		else {
			char *post = changed_post(refused[i].path, refused[i].what, refused[i].by);

			dialect->decode(decoder, post, strlen(post), 0, &res);
			assert_int_equal(res.why, REFUSAL_NONE);
			assert_true(res.n > 0);
			free(post);
		}
}

static void
what_is_skipped(void **state)
{
	static const struct {
		const char *post, *detail;
	} posts[] = {
		{ "{\"event\":\"contact_created\",\"id\":1}", "" },
		{ "{\"event\":\"webwidget_triggered\"}", "" },
		{ "{\"event\":\"macro_executed\",\"id\":{}}", "macro_executed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(posts); i++) {
		dialect->decode(decoder, posts[i].post, strlen(posts[i].post), 0, &res);
		assert_int_equal(res.n, 0);
		assert_int_equal(res.why, REFUSAL_NONE);
		assert_true(str_is(res.detail, posts[i].detail));
	}
}

static void
long_bodies(void **state)
{
	(void)state;
	assert_int_equal(decode_padded(DIR "message_incoming.json", 1 << 20), REFUSAL_NONE);
	assert_int_equal(res.n, 1);
	assert_int_equal(
	    decode_padded(DIR "message_incoming.json", (1 << 20) + 1), REFUSAL_OVERSIZED);
}

static void
needs_a_source(void **state)
{
	(void)state;
	assert_null(dialect->open(NULL));
	assert_null(dialect->open(""));
	assert_null(dialect->open("two\nlines"));
	assert_null(dialect->open(LONG64 "5"));
}

static void
how_it_is_signed(void **state)
{
	(void)state;
	assert_string_equal(dialect->http->signature_header, "X-Chatwoot-Signature");
	assert_string_equal(dialect->http->timestamp_header, "X-Chatwoot-Timestamp");
	assert_int_equal(dialect->http->signature, SIGNATURE_SHA256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_post),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(long_bodies),
		cmocka_unit_test(needs_a_source),
		cmocka_unit_test(how_it_is_signed),
	};

	return cmocka_run_group_tests(tests, open_dialect, close_dialect);
}
