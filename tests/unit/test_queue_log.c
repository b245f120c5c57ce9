/* SPDX-License-Identifier: MIT */
/*
 * test_queue_log.c: each verb of Asterisk's queue_log, and the events it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/dialect.h>

#include "event_text.h"

#define CALL " channel=call queue=sales contact=17.1"
#define BY_ANN CALL " agent=SIP/ann"

/* What follows the time, and the events, one a line, without source and time. */
static const struct {
	const char *line, *events;
} verbs[] = {
	{ "17.1|sales|NONE|ENTERQUEUE||5550100|1",
	    "queued channel=call queue=sales contact=17.1 visit=1500000000" },
	{ "17.1|sales|NONE|ENTERQUEUE||5550100|1|A Name",
	    "queued channel=call queue=sales contact=17.1 visit=1500000000" },
	{ "17.1|sales|SIP/ann|CONNECT|8|17.2|7", "answered" BY_ANN " wait_ms=8000" },
	{ "17.1|sales|SIP/ann|CONNECT|-2|17.2|7", "answered" BY_ANN " wait_ms=0" },
	{ "17.1|sales|SIP/ann|CONNECT", "answered" BY_ANN },
	{ "17.1|sales|SIP/ann|COMPLETEAGENT|8|104|1", "ended" BY_ANN " by=agent talk_ms=104000" },
	{ "17.1|sales|SIP/ann|COMPLETECALLER|8|0|1", "ended" BY_ANN " by=customer talk_ms=0" },
	{ "17.1|sales|SIP/ann|BLINDTRANSFER|300|default|8|60|1",
	    "transferred" BY_ANN " to_external=300@default talk_ms=60000" },
	{ "17.1|sales|SIP/ann|TRANSFER|300|default",
	    "transferred" BY_ANN " to_external=300@default" },
	{ "17.1|sales|SIP/ann|ATTENDEDTRANSFER|BRIDGE|7f-1|6|30|1",
	    "transferred" BY_ANN " to_external=BRIDGE talk_ms=30000" },
	{ "17.1|sales|SIP/ann|ATTENDEDTRANSFER|APP|VoiceMail|6|31|1",
	    "transferred" BY_ANN " to_external=VoiceMail talk_ms=31000" },
	{ "17.1|sales|SIP/ann|ATTENDEDTRANSFER|LINK|SIP/a-1|SIP/b-2|6|32|1",
	    "transferred" BY_ANN " to_external=LINK talk_ms=32000" },
	{ "17.1|sales|NONE|ABANDON|1|2|20", "abandoned" CALL " wait_ms=20000" },
	{ "17.1|sales|SIP/ann|ABANDON|1|2|20", "abandoned" BY_ANN " wait_ms=20000" },
	{ "17.1|sales|NONE|EXITWITHTIMEOUT|1|1|45",
	    "flowed_out" CALL " reason=timeout wait_ms=45000" },
	{ "17.1|sales|NONE|EXITEMPTY|1|1|46", "flowed_out" CALL " reason=no_agent wait_ms=46000" },
	{ "17.1|sales|NONE|EXITWITHKEY|9|1|1|47", "flowed_out" CALL " reason=key wait_ms=47000" },
	{ "17.1|sales|NONE|EXITWITHKEY|9|1", "flowed_out" CALL " reason=key" },
	{ "17.1|sales|NONE|WITHDRAW|1|1|48|moved",
	    "flowed_out" CALL " reason=withdrawn wait_ms=48000" },
	{ "17.1|sales|SIP/ann|RINGNOANSWER|15000", "missed" BY_ANN },
	{ "17.1|sales|SIP/ann|AGENTDUMP|", "missed" BY_ANN },
	{ "17.1|sales|SIP/ann|SYSCOMPAT|", "flowed_out" CALL " reason=no_agent" },
	{ "CLI|sales|SIP/ann|ADDMEMBER|", "joined channel=call queue=sales agent=SIP/ann" },
	{ "CLI|sales|Local/1127@callback-agent|ADDMEMBER|PAUSED",
	    "joined channel=call queue=sales agent=Local/1127@callback-agent\n"
	    "state agent=Local/1127@callback-agent state=paused" },
	{ "CLI|sales|SIP/ann|REMOVEMEMBER|", "left channel=call queue=sales agent=SIP/ann" },
	{ "NONE|sales|SIP/ann|PAUSE|lunch", "state agent=SIP/ann reason=lunch state=paused" },
	{ "NONE|sales|SIP/ann|PAUSE", "state agent=SIP/ann state=paused" },
	{ "NONE|NONE|SIP/ann|PAUSEALL|", "state agent=SIP/ann state=paused" },
	{ "NONE|sales|SIP/ann|UNPAUSE|Auto-Unpause", "state agent=SIP/ann state=available" },
	{ "NONE|NONE|SIP/ann|UNPAUSEALL|", "state agent=SIP/ann state=available" },
	{ "17.1|NONE|SIP/ann|AGENTLOGIN|SIP/3", "login agent=SIP/ann" },
	{ "17.1|NONE|SIP/ann|AGENTLOGOFF|SIP/3|3600", "logout agent=SIP/ann" },
	{ "17.1|NONE|SIP/ann|AGENTCALLBACKLOGIN|3@x", "login agent=SIP/ann" },
	{ "17.1|NONE|SIP/ann|AGENTCALLBACKLOGOFF|3@x|25195|", "logout agent=SIP/ann" },
	{ "NONE|NONE|NONE|QUEUESTART|", "restarted" },
	{ "NONE|NONE|NONE|QUEUESTART", "restarted" },
};

/* Lines that are none, or that lack or garble what their verb needs. */
static const struct {
	const char *line;
	enum refusal why;
	const char *detail;
} refused[] = {
	{ "", REFUSAL_NOT_LINE, "" },
	{ "\n", REFUSAL_NOT_LINE, "" },
	{ "1500000000|17.1|sales|NONE", REFUSAL_NOT_LINE, "" },
	{ "1500000000|17.1|sales|NONE|", REFUSAL_NOT_LINE, "" },
	{ "|17.1|sales|NONE|ENTERQUEUE||1|1", REFUSAL_NOT_LINE, "" },
	{ "soon|17.1|sales|NONE|ENTERQUEUE||1|1", REFUSAL_NOT_LINE, "" },
	{ "-5|17.1|sales|NONE|ENTERQUEUE||1|1", REFUSAL_NOT_LINE, "" },
	{ "1500000000.5|17.1|sales|NONE|ENTERQUEUE||1|1", REFUSAL_NOT_LINE, "" },
	{ "99999999999|17.1|sales|NONE|ENTERQUEUE||1|1", REFUSAL_BAD_VALUE, "time" },
	{ "1500000000|17.1|NONE|NONE|ENTERQUEUE||1|1", REFUSAL_MISSING, "queue" },
	{ "1500000000|NONE|sales|NONE|ENTERQUEUE||1|1", REFUSAL_MISSING, "contact" },
	{ "1500000000|17.1|sales|NONE|CONNECT|8|17.2|7", REFUSAL_MISSING, "agent" },
	{ "1500000000|17.1|sales|SIP/ann|CONNECT|8 s|17.2|7", REFUSAL_ILL_TYPED, "wait_ms" },
	{ "1500000000|17.1|sales|SIP/ann|CONNECT|-|17.2|7", REFUSAL_ILL_TYPED, "wait_ms" },
	{ "1500000000|17.1|sales|SIP/ann|COMPLETEAGENT|8|99999999999|1", REFUSAL_BAD_VALUE,
	    "talk_ms" },
	{ "1500000000|17.1|sales|SIP/\001nn|RINGNOANSWER|1", REFUSAL_BAD_NAME, "agent" },
	{ "1500000000|17.1|"
	  "a234567890b234567890c234567890d234567890e234567890f234567890g2345|NONE|ENTERQUEUE||1|1",
	    REFUSAL_TOO_LONG, "queue" },
	{ "1500000000|17.1|sales|SIP/ann|ATTENDEDTRANSFER", REFUSAL_BAD_NAME, "to_external" },
};

static const struct dialect *dialect;
static struct dialect_result res;

static int
open_dialect(void **state)
{
	dialect = dialect_find("queue_log");
	*state = dialect == NULL ? NULL : dialect->open("pbx1");
	return *state == NULL ? -1 : 0;
}

static int
close_dialect(void **state)
{
	dialect->close(*state);
	return 0;
}

/* All events of the last line as text, one a line. */
static const char *
all_events(void)
{
	static char buf[4096];
	size_t len = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < res.n; i++) {
		if (i > 0)
			buf[len++] = '\n';
		len += event_text(&res.ev[i], HAS(SOURCE) | HAS(TIME), buf + len, sizeof buf - len);
	}
	return buf;
}

static void
each_verb(void **state)
{
	char line[512];
	unsigned i, j;
	int n;

	for (i = 0; i < COUNTOF(verbs); i++) {
		n = snprintf(line, sizeof line, "1500000000|%s\n", verbs[i].line);
		for (j = 0; j < 2; j++) { /* with its '\n' and without */
			dialect->decode(*state, line, n - j, 0, &res);
			assert_string_equal(refusal_name(res.why), refusal_name(REFUSAL_NONE));
			assert_string_equal(all_events(), verbs[i].events);
			assert_int_equal(res.ev[0].time, INT64_C(1500000000000));
			assert_true(str_is(res.ev[res.n - 1].source, "pbx1"));
		}
	}
}

static void
what_is_refused(void **state)
{
	unsigned i;

	for (i = 0; i < COUNTOF(refused); i++) {
		dialect->decode(*state, refused[i].line, strlen(refused[i].line), 0, &res);
		assert_int_equal(res.n, 0);
		assert_string_equal(refusal_name(res.why), refusal_name(refused[i].why));
		assert_int_equal(res.detail.n, strlen(refused[i].detail));
		assert_memory_equal(
		    res.detail.p == NULL ? "" : res.detail.p, refused[i].detail, res.detail.n);
		assert_true(str_is(res.source, "pbx1"));
	}
}

static void
what_is_skipped(void **state)
{
	static const char known[] = "1500000000|NONE|NONE|NONE|CONFIGRELOAD|\n";
	static const char unknown[] = "1500000000|17.1|NONE|Agent/1|OUTDIAL|881142|||0|0\n";

	dialect->decode(*state, known, sizeof known - 1, 0, &res);
	assert_int_equal(res.n, 0);
	assert_int_equal(res.why, REFUSAL_NONE);
	assert_int_equal(res.detail.n, 0);
	dialect->decode(*state, unknown, sizeof unknown - 1, 0, &res);
	assert_int_equal(res.n, 0);
	assert_int_equal(res.why, REFUSAL_NONE);
	assert_true(str_is(res.detail, "OUTDIAL"));
}

static void
too_long_a_line(void **state)
{
	static char line[EVENT_BODY_MAX + 1];

	memset(line, 'x', sizeof line);
	dialect->decode(*state, line, sizeof line, 0, &res);
	assert_int_equal(res.why, REFUSAL_OVERSIZED);
	dialect->decode(*state, line, sizeof line - 1, 0, &res);
	assert_int_equal(res.why, REFUSAL_NOT_LINE);
}

/* An id and a place to transfer to that are just too long. */
static void
long_targets(void **state)
{
	char line[700];
	int n;

	n = snprintf(line, sizeof line,
	    "1500000000|17.1|sales|SIP/ann|BLINDTRANSFER|%0*d|%0*d|1|2|3", 100, 1, 154, 2);
	dialect->decode(*state, line, n, 0, &res);
	assert_int_equal(res.why, REFUSAL_NONE);
	assert_int_equal(res.ev[0].to_external.n, ID_MAX_BYTES);
	n = snprintf(line, sizeof line,
	    "1500000000|17.1|sales|SIP/ann|BLINDTRANSFER|%0*d|%0*d|1|2|3", 100, 1, 155, 2);
	dialect->decode(*state, line, n, 0, &res);
	assert_int_equal(res.why, REFUSAL_TOO_LONG);
}

static void
needs_a_source(void **state)
{
	(void)state;
	assert_null(dialect->open(NULL));
	assert_null(dialect->open(""));
	assert_null(dialect->open("two\nlines"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(too_long_a_line),
		cmocka_unit_test(long_targets),
		cmocka_unit_test(needs_a_source),
	};

	return cmocka_run_group_tests(tests, open_dialect, close_dialect);
}
