/* SPDX-License-Identifier: MIT */
/*
 * test_native.c: the native dialect: what is taken, what is refused and how
 * that is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/dialect.h>

#include "event_text.h"

#define HEAD "\"source\":\"pbx1\",\"time\":5"
#define CONTACT HEAD ",\"channel\":\"call\",\"queue\":\"q\",\"contact\":\"c\""

static const struct {
	const char *body, *event;
} taken[] = {
	{ "{" HEAD ",\"event\":\"heartbeat\"}", "heartbeat" },
	{ " {\"event\":\"heartbeat\", " HEAD " }\n", "heartbeat" },
	{ "{" HEAD ",\"event\":\"heartbeat\",\"boot\":1,\"seq\":2,\"colour\":[{}]}",
	    "heartbeat boot=1 seq=2" },
	{ "{" CONTACT ",\"event\":\"queued\",\"priority\":-3,\"visit\":null}",
	    "queued channel=call queue=q contact=c priority=-3" },
	{ "{" CONTACT ",\"event\":\"queued\",\"direction\":\"out\",\"customer\":\"k\\u00e9\"}",
	    "queued channel=call queue=q contact=c direction=out customer=k\303\251" },
	{ "{" CONTACT ",\"event\":\"message\",\"from\":\"agent\",\"public\":false}",
	    "message channel=call queue=q contact=c from=agent public=false" },
	{ "{" CONTACT
	  ",\"event\":\"ended\",\"by\":\"system\",\"talk_ms\":7,\"hold_ms\":0,\"acw\":true}",
	    "ended channel=call queue=q contact=c by=system talk_ms=7 hold_ms=0 acw=true" },
	{ "{" CONTACT ",\"event\":\"ended\",\"reason\":\"\"}",
	    "ended channel=call queue=q contact=c" },
	{ "{" CONTACT ",\"event\":\"survey\",\"kind\":\"nps\",\"score\":10}",
	    "survey channel=call queue=q contact=c kind=nps score=10" },
	{ "{" HEAD ",\"event\":\"login\",\"agent\":\"a\",\"queues\":[\"x\",\"y z\"]}",
	    "login agent=a queues=x\ny z" },
	{ "{" HEAD ",\"event\":\"login\",\"agent\":\"a\",\"queues\":[]}", "login agent=a" },
	{ "{" HEAD
	  ",\"event\":\"state\",\"agent\":\"a\",\"state\":\"paused\",\"reason\":\"lunch\"}",
	    "state agent=a reason=lunch state=paused" },
};

static const struct {
	const char *body;
	enum refusal why;
	const char *source, *detail;
} refused[] = {
	{ "", REFUSAL_NOT_JSON, "", "" },
	{ "hello", REFUSAL_NOT_JSON, "", "" },
	{ "[]", REFUSAL_NOT_JSON, "", "" },
	{ "{" HEAD ",\"event\":\"heartbeat\"} x", REFUSAL_NOT_JSON, "", "" },
	{ "{" HEAD ",\"event\":\"heartbeat\"", REFUSAL_NOT_JSON, "", "" },
	{ "{" HEAD ",\"event\":\"heartbeat\",\"tag\":\"\377\"}", REFUSAL_NOT_JSON, "", "" },
	{ "{}", REFUSAL_MISSING, "", "event" },
	{ "{" HEAD "}", REFUSAL_MISSING, "pbx1", "event" },
	{ "{\"time\":5,\"event\":\"heartbeat\"}", REFUSAL_MISSING, "", "source" },
	{ "{\"source\":\"pbx1\",\"event\":\"heartbeat\"}", REFUSAL_MISSING, "pbx1", "time" },
	{ "{\"source\":\"pbx1\",\"time\":null,\"event\":\"heartbeat\"}", REFUSAL_MISSING, "pbx1",
	    "time" },
	{ "{\"event\":\"nothing\"," HEAD "}", REFUSAL_UNKNOWN_EVENT, "pbx1", "event" },
	{ "{\"event\":4," HEAD "}", REFUSAL_ILL_TYPED, "pbx1", "event" },
	{ "{\"seq\":\"1\",\"event\":\"heartbeat\"," HEAD "}", REFUSAL_ILL_TYPED, "pbx1", "seq" },
	{ "{\"seq\":1.5,\"event\":\"heartbeat\"," HEAD "}", REFUSAL_ILL_TYPED, "pbx1", "seq" },
	{ "{\"seq\":0,\"event\":\"heartbeat\"," HEAD "}", REFUSAL_BAD_VALUE, "pbx1", "seq" },
	{ "{\"source\":7,\"time\":5,\"event\":\"heartbeat\"}", REFUSAL_ILL_TYPED, "", "source" },
	{ "{\"source\":\"\",\"time\":5,\"event\":\"heartbeat\"}", REFUSAL_BAD_NAME, "", "source" },
	{ "{" CONTACT ",\"event\":\"queued\",\"visit\":\"a\\u0000b\"}", REFUSAL_BAD_NAME, "pbx1",
	    "visit" },
	{ "{" CONTACT ",\"event\":\"answered\"}", REFUSAL_MISSING, "pbx1", "agent" },
	{ "{" CONTACT ",\"event\":\"queued\",\"direction\":\"up\"}", REFUSAL_BAD_VALUE, "pbx1",
	    "direction" },
	{ "{" CONTACT ",\"event\":\"ended\",\"acw\":1}", REFUSAL_ILL_TYPED, "pbx1", "acw" },
	{ "{" CONTACT ",\"event\":\"survey\",\"kind\":\"csat\",\"score\":6}", REFUSAL_BAD_VALUE,
	    "pbx1", "score" },
	{ "{" HEAD ",\"event\":\"login\",\"agent\":\"a\",\"queues\":\"x\"}", REFUSAL_ILL_TYPED,
	    "pbx1", "queues" },
	{ "{" HEAD ",\"event\":\"login\",\"agent\":\"a\",\"queues\":[\"x\",1]}", REFUSAL_ILL_TYPED,
	    "pbx1", "queues" },
	{ "{" HEAD ",\"event\":\"login\",\"agent\":\"a\",\"queues\":[\"x\\ny\"]}", REFUSAL_BAD_NAME,
	    "pbx1", "queues" },
};

static const struct dialect *dialect;
static struct dialect_result res;

static int
open_dialect(void **state)
{
	dialect = dialect_find("native");
	*state = dialect == NULL ? NULL : dialect->open(NULL);
	return *state == NULL ? -1 : 0;
}

static int
close_dialect(void **state)
{
	dialect->close(*state);
	return 0;
}

static void
assert_str(struct str got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	if (got.n > 0)
		assert_memory_equal(got.p, want, got.n);
}

static void
what_is_taken(void **state)
{
	char text[1024];
	unsigned i;

	for (i = 0; i < COUNTOF(taken); i++) {
		dialect->decode(*state, taken[i].body, strlen(taken[i].body), 0, &res);
		assert_string_equal(refusal_name(res.why), refusal_name(REFUSAL_NONE));
		assert_int_equal(res.n, 1);
		event_text(&res.ev[0], HAS(SOURCE) | HAS(TIME), text, sizeof text);
		assert_string_equal(text, taken[i].event);
		assert_str(res.ev[0].source, "pbx1");
		assert_int_equal(res.ev[0].time, 5);
	}
}

static void
what_is_refused(void **state)
{
	unsigned i;

	for (i = 0; i < COUNTOF(refused); i++) {
		dialect->decode(*state, refused[i].body, strlen(refused[i].body), 0, &res);
		assert_int_equal(res.n, 0);
		assert_string_equal(refusal_name(res.why), refusal_name(refused[i].why));
		assert_str(res.source, refused[i].source);
		assert_str(res.detail, refused[i].detail);
	}
}

/* Nothing of one message is left in the next. */
static void
forgets(void **state)
{
	dialect->decode(*state, taken[4].body, strlen(taken[4].body), 0, &res);
	dialect->decode(*state, refused[0].body, strlen(refused[0].body), 0, &res);
	dialect->decode(*state, taken[0].body, strlen(taken[0].body), 0, &res);
	assert_int_equal(res.why, REFUSAL_NONE);
	assert_true(res.ev[0].has == (HAS(SOURCE) | HAS(TIME)));
	assert_null(res.ev[0].customer.p);
	assert_int_equal(res.ev[0].direction, 0);
}

static void
lengths(void **state)
{
	static char body[EVENT_BODY_MAX + 1];
	char name[NAME_MAX_BYTES + 2];
	int n;

	memset(name, 'n', sizeof name);
	n = snprintf(body, sizeof body, "{\"source\":\"%.*s\",\"time\":5,\"event\":\"heartbeat\"}",
	    NAME_MAX_BYTES, name);
	dialect->decode(*state, body, n, 0, &res);
	assert_int_equal(res.why, REFUSAL_NONE);
	n = snprintf(body, sizeof body, "{\"source\":\"%.*s\",\"time\":5,\"event\":\"heartbeat\"}",
	    NAME_MAX_BYTES + 1, name);
	dialect->decode(*state, body, n, 0, &res);
	assert_int_equal(res.why, REFUSAL_TOO_LONG);
	assert_str(res.detail, "source");
	assert_str(res.source, "");

	memset(body, ' ', sizeof body);
	memcpy(body, taken[0].body, strlen(taken[0].body));
	dialect->decode(*state, body, EVENT_BODY_MAX, 0, &res);
	assert_int_equal(res.why, REFUSAL_NONE);
	dialect->decode(*state, body, EVENT_BODY_MAX + 1, 0, &res);
	assert_int_equal(res.why, REFUSAL_OVERSIZED);
}

static void
the_table(void **state)
{
	(void)state;
	assert_null(dialect_find("klingon"));
	assert_non_null(dialects[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(forgets),
		cmocka_unit_test(lengths),
		cmocka_unit_test(the_table),
	};

	return cmocka_run_group_tests(tests, open_dialect, close_dialect);
}
