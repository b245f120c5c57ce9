/* SPDX-License-Identifier: MIT */
/*
 * test_ami_message.c: what the dialect `ami` takes for a message, what it refuses
 * and skips, and whose clock it goes by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ami_kit.h"

#define C1 " id=1.1 linked=1.1 q=sales"
#define OUT " queue=sales contact=1.1"

/* ---- what is a message, and what is not */

static void
json_is_the_same(void **state)
{
	static const char joined[] =
	    "{\"Event\":\"QueueCallerJoin\",\"Timestamp\":\"1500000000.25\",\"Queue\":\"sales\","
	    "\"ChanVariable\":[\"a=1\",\"b=2\"],\"Uniqueid\":[\"1.1\",\"1.1\"],\"Position\":1}";
	static struct kit k;

	(void)state;
	kit_open(&k);
	k.with_time = true;
	kit_raw(&k, joined, sizeof(joined) - 1);
	assert_string_equal(k.text, "@0.25 queued" OUT);
	kit_close(&k);
}

/* Ends of lines, and what is not read: channel variables, bytes of any kind. */
static void
blocks_may_look_so(void **state)
{
	static const char joined[] =
	    "Event: QueueCallerJoin\nChanVariable: Uniqueid=7\n"
	    "ChanVariable(x): y\nCallerIDName: M\374ller: a|b\nQueue:sales\r\n"
	    "Uniqueid: 1.1\r\nUniqueid: 1.2\nTimestamp: 1500000000";
	static struct kit k;

	(void)state;
	kit_open(&k);
	k.with_time = true;
	kit_raw(&k, joined, sizeof(joined) - 1);
	assert_string_equal(k.text, "@0 queued" OUT);
	kit_close(&k);
}

static const struct {
	const char *msg;
	enum refusal why;
	const char *detail;
} refused[] = {
	{ "", REFUSAL_NOT_LINE, "" },
	{ "\r\n", REFUSAL_NOT_LINE, "" },
	{ "hello", REFUSAL_NOT_LINE, "" },
	{ "{", REFUSAL_NOT_JSON, "" },
	{ "{}", REFUSAL_UNKNOWN_EVENT, "" },
	{ "{\"Event\":\"Hold\",\"x\":\"\377\"}", REFUSAL_NOT_JSON, "" },
	{ "Key: value", REFUSAL_UNKNOWN_EVENT, "" },
	{ "Event: Hold\nTimestamp: soon", REFUSAL_ILL_TYPED, "time" },
	{ "Event: Hold\nTimestamp: 1.5.2", REFUSAL_ILL_TYPED, "time" },
	{ "Event: Hold\nTimestamp: 9999999999", REFUSAL_ILL_TYPED, "time" },
	{ "Event: QueueCallerJoin\nQueue: sales", REFUSAL_MISSING, "contact" },
	{ "Event: QueueCallerJoin\nUniqueid: 1.1", REFUSAL_MISSING, "queue" },
	{ "Event: QueueCallerJoin\nUniqueid: 1.1\nQueue: s\344les", REFUSAL_BAD_NAME, "queue" },
	{ "Event: QueueCallerJoin\nUniqueid: 1\0011\nQueue: sales", REFUSAL_BAD_NAME, "contact" },
	{ "{\"Event\":\"QueueCallerJoin\",\"Uniqueid\":\"1.1\",\"Queue\":\"a\\nb\"}",
	    REFUSAL_BAD_NAME, "queue" },
	{ "Event: QueueCallerJoin\nUniqueid: 1.1\nQueue: "
	  "a234567890b234567890c234567890d234567890e234567890f234567890g2345",
	    REFUSAL_TOO_LONG, "queue" },
	{ "Event: AgentConnect\nUniqueid: 1.1\nQueue: sales", REFUSAL_MISSING, "agent" },
	{ "Event: AgentConnect\nUniqueid: 1.1\nQueue: sales\nMemberName: ann\nHoldTime: 5 s",
	    REFUSAL_ILL_TYPED, "wait_ms" },
	{ "Event: AgentComplete\nUniqueid: 1.1\nQueue: sales\nMemberName: ann\nTalkTime: 999999999",
	    REFUSAL_BAD_VALUE, "talk_ms" },
	{ "Event: AgentComplete\nQueue: sales\nMemberName: ann\nTalkTime: 5", REFUSAL_MISSING,
	    "contact" },
	{ "Event: AgentCalled\nUniqueid: 1.1\nQueue: sales", REFUSAL_MISSING, "agent" },
	{ "Event: QueueMemberAdded\nQueue: sales\nMemberName: ann", REFUSAL_MISSING, "agent" },
	{ "Event: QueueMemberAdded\nQueue: sales\nMemberName: ann\nInterface: a\nPausedReason: "
	  "\377",
	    REFUSAL_BAD_NAME, "reason" },
};

static void
what_is_refused(void **state)
{
	static struct kit k;

	(void)state;
	kit_open(&k);
	for (size_t i = 0; i < COUNTOF(refused); i++) {
		kit_raw(&k, refused[i].msg, strlen(refused[i].msg));
		assert_string_equal(refusal_name(k.res.why), refusal_name(refused[i].why));
		assert_true(str_is(k.res.detail, refused[i].detail));
		assert_true(str_is(k.res.source, "pbx1"));
		assert_int_equal(k.res.n, 0);
	}
	assert_string_equal(k.text, ""); /* and none of it is remembered */
	kit_tell(&k, "QueueCallerJoin T=0" C1);
	assert_string_equal(k.text, "queued" OUT);
	kit_close(&k);
}

static void
too_long_a_message(void **state)
{
	static char msg[EVENT_BODY_MAX + 1];
	static struct kit k;

	(void)state;
	memset(msg, 'x', sizeof(msg));
	kit_open(&k);
	kit_raw(&k, msg, sizeof(msg));
	assert_int_equal(k.res.why, REFUSAL_OVERSIZED);
	kit_close(&k);
}

/* Events of others pass without a word; one of queues nobody knows is named. */
static void
what_is_skipped(void **state)
{
	static const char *const silent[] = { "Newchannel id=1.1", "FullyBooted", "Shutdown",
		"QueueParams q=sales", "AgentLogin Agent=7", "!Success", "!Error Message=no",
		"VarSet id=1.1 Variable=QUEUESTATUS Value=FULL" };
	static struct kit k;

	(void)state;
	kit_open(&k);
	for (size_t i = 0; i < COUNTOF(silent); i++) {
		kit_say(&k, silent[i]);
		assert_int_equal(k.res.why, REFUSAL_NONE);
		assert_int_equal(k.res.detail.n, 0);
	}
	kit_say(&k, "QueueCallerSings id=1.1");
	assert_true(str_is(k.res.detail, "QueueCallerSings"));
	assert_int_equal(k.len, 0);
	kit_close(&k);
}

/* ---- whose clock */

/* The switch's, reckoned on where a message has no time; ours, until it showed
 * its own; in a recording the last that was said. */
static void
the_time_is_the_switch_s(void **state)
{
	static struct kit k;

	(void)state;
	kit_open(&k);
	k.with_time = true;
	k.received += 100 * MSEC_PER_SEC;
	kit_say(&k, "QueueCallerJoin id=1.1 q=sales");
	kit_say(&k, "!Success Ping=Pong T=7");
	k.received += 3 * MSEC_PER_SEC;
	kit_say(&k, "QueueCallerJoin id=1.2 q=sales");
	k.received = 0;
	kit_say(&k, "QueueCallerJoin id=1.3 q=sales");
	assert_string_equal(k.text, "@100 queued queue=sales contact=1.1\n@7 heartbeat\n"
	                            "@10 queued queue=sales contact=1.2\n"
	                            "@7 queued queue=sales contact=1.3");
	kit_close(&k);
}

static void
no_clock_is_no_time(void **state)
{
	static struct kit k;

	(void)state;
	kit_open(&k);
	k.received = 0;
	kit_say(&k, "QueueCallerJoin id=1.1 q=sales");
	assert_int_equal(k.res.why, REFUSAL_MISSING);
	assert_true(str_is(k.res.detail, "time"));
	kit_close(&k);
}

static void
needs_a_source(void **state)
{
	const struct dialect *dialect = dialect_find("ami");

	(void)state;
	assert_null(dialect->open(NULL));
	assert_null(dialect->open(""));
	assert_null(dialect->open("two\nlines"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_same),
		cmocka_unit_test(blocks_may_look_so),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(too_long_a_message),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(the_time_is_the_switch_s),
		cmocka_unit_test(no_clock_is_no_time),
		cmocka_unit_test(needs_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
