/* SPDX-License-Identifier: MIT */
/*
 * test_freeswitch.c: FreeSWITCH's events, and what they become: each action,
 * each trap and each silent way out.
 */
#include "freeswitch_kit.h"

#define S1 " queue=sales contact=s-1 visit=m-1"
#define START                                                                                      \
	{                                                                                          \
		"0.25 member-queue-start M", "250 queued" S1                                       \
	}
#define OFFER                                                                                      \
	{                                                                                          \
		"3.5 agent-offering M,A", "3500 ringing" S1 " agent=ann"                           \
	}
#define TIMES "CC-Member-Joined-Time=0,CC-Agent-Called-Time=3,CC-Agent-Answered-Time=8"
#define TAKEN                                                                                      \
	{                                                                                          \
		"8.75 bridge-agent-start M,A,U," TIMES, ""                                         \
	}
#define BRIDGE                                                                                     \
	{                                                                                          \
		"9 CHANNEL_BRIDGE Unique-ID=s-1,Bridge-A-Unique-ID=s-1,Bridge-B-Unique-ID=a-1", "" \
	}
#define JOINED                                                                                     \
	{                                                                                          \
		"9 agent-state-change A,CC-Agent-State=In a queue call",                           \
		    "8750 answered" S1 " agent=ann wait_ms=8000"                                   \
	}
#define AGENT_END "bridge-agent-end M,A,U,CC-Agent-Bridged=true,CC-Hangup-Cause=SUCCESS," TIMES
#define END "member-queue-end M,A,U,CC-Cause=Terminated,CC-Hangup-Cause=SUCCESS," TIMES

/* ---- a call that is answered */

/* Seconds and microseconds in one event: times are those of the event, to the
 * millisecond, waits and talks the switch's own, in seconds. */
static void
answered_call(void **state)
{
	(void)state;
	TELL(START, OFFER, TAKEN, BRIDGE, JOINED,
	    { "68.5 " AGENT_END ",Hangup-Cause=NORMAL_CLEARING,"
	      "variable_sip_hangup_disposition=send_bye",
	        "" },
	    { "68.6 " END ",CC-Member-Leaving-Time=68,Hangup-Cause=NORMAL_CLEARING,"
	      "variable_sip_hangup_disposition=recv_bye",
	        "68600 ended" S1 " agent=ann by=customer talk_ms=60000" },
	    { "90 HEARTBEAT", "90000 heartbeat" });
}

static void
who_ended(void **state)
{
	(void)state;
	TELL(START, TAKEN, BRIDGE, JOINED,
	    { "20 " AGENT_END ",variable_sip_hangup_disposition=recv_bye", "" },
	    { "20 " END ",CC-Member-Leaving-Time=20,variable_sip_hangup_disposition=send_bye",
	        "20000 ended" S1 " agent=ann by=agent talk_ms=12000" });
	TELL(START, TAKEN, BRIDGE, JOINED, { "20 " AGENT_END, "" },
	    { "20 " END ",CC-Member-Leaving-Time=20,Hangup-Cause=ALLOTTED_TIMEOUT",
	        "20000 ended" S1 " agent=ann by=system talk_ms=12000" });
	TELL(START, TAKEN, BRIDGE, JOINED, { "20 " AGENT_END ",Hangup-Cause=NORMAL_CLEARING", "" },
	    { "20 " END ",CC-Member-Leaving-Time=20,Hangup-Cause=NORMAL_CLEARING",
	        "20000 ended" S1 " agent=ann talk_ms=12000" });
}

/* Each path of the switch may tell of a hold, and either leg may hold. */
static void
hold(void **state)
{
	(void)state;
	TELL(START, TAKEN, BRIDGE, JOINED,
	    { "10 CHANNEL_HOLD Unique-ID=a-1", "10000 held" S1 " agent=ann" },
	    { "10.1 CHANNEL_HOLD Unique-ID=a-1", "" }, { "11 CHANNEL_HOLD Unique-ID=other", "" },
	    { "15 CHANNEL_UNHOLD Unique-ID=a-1", "15000 resumed" S1 " agent=ann" },
	    { "15.1 CHANNEL_UNHOLD Unique-ID=a-1", "" },
	    { "16 CHANNEL_HOLD Unique-ID=s-1", "16000 held" S1 " agent=ann" },
	    { "28 " END ",CC-Member-Leaving-Time=28",
	        "28000 ended" S1 " agent=ann talk_ms=3000 hold_ms=17000" });
	TELL(START, { "1 CHANNEL_HOLD Unique-ID=s-1", "" });
}

/* To where: of a history of one, of several, and as the switch stores it. The
 * queue's own bridge is in it, too. */
static void
transfers(void **state)
{
	(void)state;
#define BR "1700000009:u:uuid_br:s-1"
#define BL "1700000030:u:bl_xfer:900@home/default/XML"
#define TO(history, to)                                                                            \
	TELL(START, TAKEN, BRIDGE, JOINED, { "30 " AGENT_END ",Hangup-Cause=BLIND_TRANSFER", "" }, \
	    { "30 " END ",CC-Member-Leaving-Time=30,variable_transfer_history=" history,           \
	        "30000 " to })
	TO(BL, "transferred" S1 " agent=ann to_external=900@home talk_ms=22000");
	TO("ARRAY::" BR "|:" BL, "transferred" S1 " agent=ann to_external=900@home talk_ms=22000");
	TO("ARRAY::" BL, "transferred" S1 " agent=ann to_external=900@home talk_ms=22000");
	TO("[\"" BL "\"]", "transferred" S1 " agent=ann to_external=900@home talk_ms=22000");
	TO("1700000030:u:att_xfer:100@pbx/901@pbx",
	    "transferred" S1 " agent=ann to_external=901@pbx talk_ms=22000");
	TO(BR, "ended" S1 " agent=ann talk_ms=22000");
	TO("1699999999:u:bl_xfer:800/default/XML", "ended" S1 " agent=ann talk_ms=22000");
#undef TO
}

/* Sent back into her queue: there are two members of one call for a moment,
 * and the second begins when the first is over. */
static void
back_early(void **state)
{
	(void)state;
#define M2 "CC-Queue=sales,CC-Member-UUID=m-2,CC-Member-Session-UUID=s-1"
#define S2 " queue=sales contact=s-1 visit=m-2"
	TELL(START, TAKEN, BRIDGE, JOINED, { "20 member-queue-start " M2, "" },
	    { "20.05 agent-offering " M2 ",B", "" }, { "20.1 " AGENT_END, "" },
	    { "20.1 " END ",CC-Member-Leaving-Time=20",
	        "20100 ended" S1 " agent=ann talk_ms=12000\n20000 queued" S2 },
	    { "21 agent-offering " M2 ",B", "21000 ringing" S2 " agent=bob" });
	TELL(START, TAKEN, BRIDGE, JOINED,
	    { "20 member-queue-start CC-Queue=other,CC-Member-UUID=m-2,CC-Member-Session-UUID=s-1",
	        "20000 queued queue=other contact=s-1 visit=m-2" });
#undef S2
#undef M2
}

/* ---- a call that is not */

static void
ways_out(void **state)
{
	(void)state;
#define OUT(reason, told)                                                                          \
	TELL(START, { "42.5 member-queue-end M,CC-Cause=Cancel,CC-Cancel-Reason=" reason           \
	              ",CC-Member-Joined-Time=0,CC-Member-Leaving-Time=42",                        \
	                "42500 " told })
	OUT("BREAK_OUT", "abandoned" S1 " wait_ms=42000");
	OUT("NONE", "abandoned" S1 " wait_ms=42000");
	OUT("TIMEOUT", "flowed_out" S1 " reason=timeout wait_ms=42000");
	OUT("NO_AGENT_TIMEOUT", "flowed_out" S1 " reason=no_agent wait_ms=42000");
	OUT("EXIT_WITH_KEY", "flowed_out" S1 " reason=key wait_ms=42000");
#undef OUT
}

static void
offers_that_fail(void **state)
{
	(void)state;
#define FAIL(cause, told)                                                                          \
	TELL(START, OFFER,                                                                         \
	    { "20 bridge-agent-fail M,A,CC-Member-Joined-Time=0,CC-Hangup-Cause=" cause, told })
	FAIL("NO_ANSWER", "20000 missed" S1 " agent=ann");
	FAIL("USER_BUSY", "20000 missed" S1 " agent=ann");
	FAIL("LOSE_RACE", "");
	FAIL("ORIGINATOR_CANCEL", "");
#undef FAIL
}

static void
race_of_all(void **state)
{
	(void)state;
	TELL(START, OFFER, { "3.5 agent-offering M,B", "3500 ringing" S1 " agent=bob" }, TAKEN,
	    { "8.8 bridge-agent-fail M,B,CC-Hangup-Cause=LOSE_RACE", "" }, BRIDGE, JOINED);
}

/* She took the call, and was never joined to the caller. */
static void
never_bridged(void **state)
{
	(void)state;
#define FALSE_END "bridge-agent-end M,A,U,CC-Agent-Bridged=false,CC-Hangup-Cause=SUCCESS," TIMES
	TELL(START, OFFER, TAKEN, BRIDGE,
	    { "11 " FALSE_END ",Hangup-Cause=NORMAL_CLEARING", "11000 missed" S1 " agent=ann" },
	    { "12 agent-offering M,B", "12000 ringing" S1 " agent=bob" },
	    { "15 bridge-agent-start M,B,CC-Agent-UUID=b-1,CC-Member-Joined-Time=0,"
	      "CC-Agent-Answered-Time=15",
	        "" },
	    { "15.1 agent-state-change B,CC-Agent-State=In a queue call",
	        "15000 answered" S1 " agent=bob wait_ms=15000" });
	/* the caller was gone: no fault of hers */
	TELL(START, OFFER, TAKEN, { "9 " FALSE_END ",Hangup-Cause=ORIGINATOR_CANCEL", "" },
	    { "9 member-queue-end M,CC-Cause=Cancel,CC-Cancel-Reason=NONE,"
	      "CC-Member-Joined-Time=0,CC-Member-Leaving-Time=9",
	        "9000 abandoned" S1 " wait_ms=9000" });
#undef FALSE_END
}

/* Where nothing tells of agents' states, time does, or the end. */
static void
states_not_heard_of(void **state)
{
	(void)state;
	TELL(START, TAKEN, { "13.7 HEARTBEAT", "13700 heartbeat" },
	    { "13.8 HEARTBEAT", "13800 heartbeat\n8750 answered" S1 " agent=ann wait_ms=8000" });
	TELL(START, TAKEN, { "10 " AGENT_END, "8750 answered" S1 " agent=ann wait_ms=8000" },
	    { "10 " END ",CC-Member-Leaving-Time=10", "10000 ended" S1 " agent=ann talk_ms=2000" });
	TELL({ "1 agent-state-change B,CC-Agent-State=Waiting", "" }, START, TAKEN,
	    { "8 agent-state-change B,CC-Agent-State=In a queue call", "" },
	    { "33 HEARTBEAT", "33000 heartbeat" }, JOINED);
}

/* The same member again, after it left: another visit.  The agent's events say
 * when it joined first. */
static void
member_that_comes_back(void **state)
{
	(void)state;
#define S2 " queue=sales contact=s-2 visit=m-1-1700000060"
#define M2 "CC-Queue=sales,CC-Member-UUID=m-1,CC-Member-Session-UUID=s-2"
	TELL(START,
	    { "20 member-queue-end M,CC-Cause=Cancel,CC-Cancel-Reason=BREAK_OUT,"
	      "CC-Member-Joined-Time=0,CC-Member-Leaving-Time=20",
	        "20000 abandoned" S1 " wait_ms=20000" },
	    { "60 member-queue-resume " M2, "60000 queued" S2 },
	    { "70 bridge-agent-start " M2 ",A,U,CC-Member-Joined-Time=0,CC-Agent-Answered-Time=70",
	        "" },
	    { "71 agent-state-change A,CC-Agent-State=In a queue call",
	        "70000 answered" S2 " agent=ann wait_ms=10000" });
	TELL(START, { "60 member-queue-resume " M2, "60000 lost" S1 "\n60000 queued" S2 });
}

/* ---- the switch says nothing */

static void
silent_ways_out(void **state)
{
	(void)state;
	TELL(START, { "30 CHANNEL_HANGUP_COMPLETE Unique-ID=s-1,Hangup-Cause=NORMAL_CLEARING", "" },
	    { "34.9 HEARTBEAT", "34900 heartbeat" },
	    { "40 HEARTBEAT", "40000 heartbeat\n30000 abandoned" S1 });
	TELL(START, TAKEN, BRIDGE, JOINED,
	    { "30 CHANNEL_HANGUP_COMPLETE Unique-ID=s-1,"
	      "variable_sip_hangup_disposition=recv_bye",
	        "" },
	    { "40 HEARTBEAT", "40000 heartbeat\n30000 ended" S1 " agent=ann by=customer" });
	TELL(START, { "30 CHANNEL_HANGUP_COMPLETE Unique-ID=s-1", "" },
	    { "31 member-queue-end M,CC-Cause=Cancel,CC-Cancel-Reason=BREAK_OUT,"
	      "CC-Member-Joined-Time=0,CC-Member-Leaving-Time=30",
	        "31000 abandoned" S1 " wait_ms=30000" },
	    { "40 HEARTBEAT", "40000 heartbeat" });
	TELL(START, TAKEN, BRIDGE, JOINED, { "30 " AGENT_END, "" },
	    { "50 HEARTBEAT", "50000 heartbeat\n30000 ended" S1 " agent=ann" });
}

/* Nobody announced it: it began when it says it joined. */
static void
heard_in_the_middle(void **state)
{
	(void)state;
	TELL({ "3 agent-offering M,A", "" });
	TELL({ "8.75 bridge-agent-start M,A,U," TIMES, "0 queued" S1 });
	TELL({ "20 " END ",CC-Member-Leaving-Time=20",
	    "0 queued" S1 "\n8000 answered" S1 " agent=ann wait_ms=8000\n"
	    "20000 ended" S1 " agent=ann talk_ms=12000" });
	TELL({ "20 member-queue-end M,CC-Cause=Cancel,CC-Cancel-Reason=TIMEOUT,"
	       "CC-Member-Joined-Time=5,CC-Member-Leaving-Time=20",
	    "5000 queued" S1 "\n20000 flowed_out" S1 " reason=timeout wait_ms=15000" });
}

/* ---- agents */

static void
agents(void **state)
{
	(void)state;
#define STATUS(at, status) at " agent-status-change CC-Agent=ann,CC-Agent-Status=" status
	TELL({ STATUS("1", "Available"),
	         "1000 login agent=ann\n1000 state agent=ann state=available" },
	    { STATUS("2", "Available"), "" }, { STATUS("3", "Available (On Demand)"), "" },
	    { STATUS("4", "On Break"), "4000 state agent=ann state=paused" },
	    { STATUS("5", "Available"), "5000 state agent=ann state=available" },
	    { STATUS("6", "Logged Out"), "6000 logout agent=ann" },
	    { STATUS("7", "On Break"), "7000 login agent=ann\n7000 state agent=ann state=paused" },
	    { "8 agent-status-get CC-Agent=ann,CC-Agent-Status=Available",
	        "8000 state agent=ann state=available" },
	    { "9 agent-state-change CC-Agent=ann,CC-Agent-State=Receiving", "" },
	    { "9 members-count CC-Queue=sales,CC-Count=7,CC-Selection=Single-Queue", "" });
}

/* Sequence numbers order them: what is older does not win. */
static void
statuses_out_of_order(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	k.sequence = 10;
	assert_string_equal(kit_hear(&k, STATUS("1", "Logged Out")), "1000 logout agent=ann");
	k.sequence = 8;
	assert_string_equal(kit_hear(&k, STATUS("1", "Available")), "");
	kit_close(&k);
}

/* ---- the core */

static void
repeats(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(kit_hear(&k, "1 HEARTBEAT"), "1000 heartbeat");
	k.sequence = 0;
	assert_string_equal(kit_hear(&k, "1 HEARTBEAT"), "");
	k.sequence = 7000; /* a hole means nothing */
	assert_string_equal(kit_hear(&k, "2 HEARTBEAT"), "2000 heartbeat");
	k.sequence = 6000; /* and order is not promised */
	assert_string_equal(kit_hear(&k, "3 HEARTBEAT"), "3000 heartbeat");
	k.sequence = 6000;
	assert_string_equal(kit_hear(&k, "3 HEARTBEAT"), "");
	kit_close(&k);
}

static void
restart(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(kit_hear(&k, "1 member-queue-start M"), "1000 queued" S1);
	k.core = "22222222-2222-3333-4444-555555555555";
	k.sequence = 0;
	assert_string_equal(kit_hear(&k, "60 HEARTBEAT"), "60000 restarted\n60000 heartbeat");
	assert_string_equal(kit_hear(&k, "61 CHANNEL_HANGUP_COMPLETE Unique-ID=s-1"), "");
	assert_string_equal(kit_hear(&k, "80 HEARTBEAT"), "80000 heartbeat");
	kit_close(&k);
}

/* ---- what is wrong, what is nobody's */

static const struct {
	const char *said;
	enum refusal why;
	const char *detail;
} refused[] = {
	{ "1 member-queue-start CC-Queue=sales,CC-Member-UUID=m-1", REFUSAL_MISSING,
	    "CC-Member-Session-UUID" },
	{ "1 agent-offering M", REFUSAL_MISSING, "CC-Agent" },
	{ "1 member-queue-start CC-Queue=a\\u0007b,CC-Member-UUID=m,CC-Member-Session-UUID=s",
	    REFUSAL_BAD_NAME, "CC-Queue" },
	{ "1 member-queue-start CC-Queue="
	  "a234567890b234567890c234567890d234567890e234567890f234567890g2345,"
	  "CC-Member-UUID=m,CC-Member-Session-UUID=s",
	    REFUSAL_TOO_LONG, "CC-Queue" },
	{ "1 bridge-agent-start M,A,U,CC-Agent-Answered-Time=5", REFUSAL_MISSING,
	    "CC-Member-Joined-Time" },
	{ "1 bridge-agent-start M,A,U,CC-Agent-Answered-Time=5,CC-Member-Joined-Time=soon",
	    REFUSAL_BAD_VALUE, "CC-Member-Joined-Time" },
	{ "1 member-queue-end M,CC-Cause=Else,CC-Member-Joined-Time=1,CC-Member-Leaving-Time=1",
	    REFUSAL_BAD_VALUE, "CC-Cause" },
	{ "1 member-queue-end "
	  "M,CC-Cause=Terminated,CC-Member-Joined-Time=1,CC-Member-Leaving-Time=1",
	    REFUSAL_MISSING, "CC-Agent" },
	{ "1 agent-status-change CC-Agent=ann,CC-Agent-Status=Asleep", REFUSAL_BAD_VALUE,
	    "CC-Agent-Status" },
	{ "1 agent-status-change CC-Agent=ann", REFUSAL_MISSING, "CC-Agent-Status" },
	{ "list agents\n-ERR Invalid!\n", REFUSAL_NOT_LINE, "listing" },
	{ "list agents\nname|status\nann|Available\n", REFUSAL_NOT_LINE, "listing" },
	{ "list tiers\nqueue|agent\nsales\n+OK\n", REFUSAL_NOT_LINE, "listing" },
	{ "list tiers\nqueue|agent\nsales|ann|x\n+OK\n", REFUSAL_NOT_LINE, "listing" },
	{ "list channels\n-ERR\n", REFUSAL_NOT_JSON, "listing" },
	{ "list channels", REFUSAL_NOT_JSON, "listing" },
	{ "list ghosts\n+OK\n", REFUSAL_UNKNOWN_EVENT, "listing" },
};

static void
what_is_refused(void **state)
{
	struct kit k;

	(void)state;
	for (unsigned i = 0; i < COUNTOF(refused); i++) {
		kit_open(&k);
		k.received = T0 * 1000;
		assert_string_equal(kit_hear(&k, refused[i].said), "");
		assert_string_equal(refusal_name(k.why), refusal_name(refused[i].why));
		assert_string_equal(k.detail, refused[i].detail);
		kit_close(&k);
	}
}

static void
what_is_skipped(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(kit_hear(&k, "1 CHANNEL_PARK Unique-ID=x"), "");
	assert_string_equal(k.detail, "CHANNEL_PARK");
	assert_int_equal(k.why, REFUSAL_NONE);
	assert_string_equal(kit_hear(&k, "1 agent-dances CC-Agent=ann"), "");
	assert_string_equal(k.detail, "agent-dances");
	kit_close(&k);
}

/* What has no time of its own has that of its coming, or none. */
static void
without_a_time(void **state)
{
	static const char said[] = "{\"Event-Name\":\"HEARTBEAT\"}";
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(kit_bytes(&k, said, sizeof(said) - 1), "");
	assert_int_equal(k.why, REFUSAL_MISSING);
	k.received = T0 * 1000 + 7;
	assert_string_equal(kit_bytes(&k, said, sizeof(said) - 1), "7 heartbeat");
	kit_close(&k);
}

/* A telephone's idea of a name; no call is lost for that.  What is right in it
 * stays. */
static void
bytes_that_are_no_text(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(
	    kit_hear(&k, "1 member-queue-start CC-Queue=b\xc3\xbcro,CC-Member-UUID=m-1,"
	                 "CC-Member-Session-UUID=s-1,CC-Member-CID-Name=M\xfcller \xe2\x82"),
	    "1000 queued queue=b\xc3\xbcro contact=s-1 visit=m-1");
	kit_close(&k);
}

/* Two parts of the switch wrote it. */
static void
header_set_twice(void **state)
{
	(void)state;
	TELL(START,
	    { "30 CHANNEL_HANGUP_COMPLETE Hangup-Cause=NORMAL_CLEARING,Unique-ID=s-1,"
	      "Hangup-Cause=NORMAL_CLEARING",
	        "" },
	    { "40 HEARTBEAT", "40000 heartbeat\n30000 abandoned" S1 });
}

/* Of an array the last counts. */
static void
header_of_an_array(void **state)
{
	static const char array[] = "{\"Event-Name\":\"HEARTBEAT\",\"Event-Date-Timestamp\":"
	                            "[\"x\",\"1700000007000000\"]}";
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_string_equal(kit_bytes(&k, array, sizeof(array) - 1), "7000 heartbeat");
	kit_close(&k);
}

static void
needs_a_source(void **state)
{
	const struct dialect *dialect = dialect_find("freeswitch");

	(void)state;
	assert_null(dialect->open(NULL));
	assert_null(dialect->open(""));
	assert_null(dialect->open("two\nlines"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered_call),
		cmocka_unit_test(who_ended),
		cmocka_unit_test(hold),
		cmocka_unit_test(transfers),
		cmocka_unit_test(back_early),
		cmocka_unit_test(ways_out),
		cmocka_unit_test(offers_that_fail),
		cmocka_unit_test(race_of_all),
		cmocka_unit_test(never_bridged),
		cmocka_unit_test(states_not_heard_of),
		cmocka_unit_test(member_that_comes_back),
		cmocka_unit_test(silent_ways_out),
		cmocka_unit_test(heard_in_the_middle),
		cmocka_unit_test(agents),
		cmocka_unit_test(statuses_out_of_order),
		cmocka_unit_test(repeats),
		cmocka_unit_test(restart),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(without_a_time),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(header_set_twice),
		cmocka_unit_test(header_of_an_array),
		cmocka_unit_test(needs_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
