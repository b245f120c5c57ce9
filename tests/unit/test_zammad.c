/* SPDX-License-Identifier: MIT */
/*
 * test_zammad.c: Zammad's posts and the events they are: each case of the
 * dialect is a file in tests/data/zammad/.
 */
#include "web_kit.h"

#define DIR "tests/data/zammad/"
#define LONG64 "a234567890b234567890c234567890d234567890e234567890f234567890g234"

static int
open_dialect(void **state)
{
	(void)state;
	return open_dialect_named("zammad");
}

static void
each_post(void **state)
{
	(void)state;
	check_posts(DIR "*.json", 37);
}

static const struct refused_post refused[] = {
	{ DIR "new.json", "{", "[{", REFUSAL_NOT_JSON, "" },
	{ DIR "new.json", "\"state\": \"new\"", "\"state\": null", REFUSAL_MISSING,
	    "ticket.state" },
	{ DIR "new.json", "\"state\": \"new\"", "\"state\": 4", REFUSAL_MISSING, "ticket.state" },
	{ DIR "new.json", "\"id\": 81", "\"id\": null", REFUSAL_MISSING, "contact" },
	{ DIR "new.json", "\"id\": 81", "\"id\": true", REFUSAL_ILL_TYPED, "id" },
	{ DIR "new.json", "\"name\": \"Service Desk\"", "\"name\": null", REFUSAL_MISSING,
	    "queue" },
	{ DIR "new.json", "\"name\": \"Service Desk\"", "\"name\": \"" LONG64 "5\"",
	    REFUSAL_TOO_LONG, "queue" },
	{ DIR "new.json", "\"name\": \"Service Desk\"", "\"name\": \"Service\\u0000Desk\"",
	    REFUSAL_BAD_NAME, "queue" },
	{ DIR "new.json", "\"created_at\": \"2023-11-03T08:26:40.282Z\"",
	    "\"created_at\": \"2023-11-03T08:26:40.282\"", REFUSAL_BAD_VALUE, "created_at" },
	{ DIR "new.json", "\"created_at\": \"2023-11-03T08:26:40.282Z\"", "\"created_at\": null",
	    REFUSAL_MISSING, "time" },
	{ DIR "new.json", "\"updated_at\": \"2023-11-03T08:26:40.333Z\"", "\"updated_at\": null",
	    REFUSAL_MISSING, "time" },
	{ DIR "agent_internal.json", "\"internal\": true", "\"internal\": \"yes\"",
	    REFUSAL_ILL_TYPED, "internal" },
};

static void
what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(refused); i++)
		check_refused(&refused[i]);
}

static void
long_bodies(void **state)
{
	(void)state;
	assert_int_equal(decode_padded(DIR "new.json", 1 << 20), REFUSAL_NONE);
	assert_int_equal(res.n, 3);
	assert_int_equal(decode_padded(DIR "new.json", (1 << 20) + 1), REFUSAL_OVERSIZED);
}

/* An agent whose login is just too long for a name. */
static void
long_logins(void **state)
{
	static const char *const logins[] = { LONG64, LONG64 "5" };
	char *post, with[100];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(with, sizeof(with), "\"login\": \"%s\"", logins[i]);
		post = changed_post(DIR "owner_set.json", "\"login\": \"emma@example.org\"", with);
		dialect->decode(decoder, post, strlen(post), 0, &res);
		assert_int_equal(res.why, i == 0 ? REFUSAL_NONE : REFUSAL_TOO_LONG);
		free(post);
	}
}

static void
how_it_is_signed(void **state)
{
	(void)state;
	assert_string_equal(dialect->http->signature_header, "X-Hub-Signature");
	assert_null(dialect->http->timestamp_header);
	assert_int_equal(dialect->http->signature, SIGNATURE_SHA1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_post),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(long_bodies),
		cmocka_unit_test(long_logins),
		cmocka_unit_test(how_it_is_signed),
	};

	return cmocka_run_group_tests(tests, open_dialect, close_dialect);
}
