/* SPDX-License-Identifier: MIT */
/*
 * test_ami.c: calls as Asterisk's manager tells of them, and the events they are.  Stories follow app_queue.c of Asterisk 22, and what a real
 * one said.  (ami_kit.h says how a message is written here.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ami_kit.h"

#define C1 " id=1.1 linked=1.1 q=sales"
#define ANN " agent=ann at=PJSIP/ann"
#define BOB " agent=bob at=PJSIP/bob"
#define IN "QueueCallerJoin T=0" C1 "\n"
#define OUT " queue=sales contact=1.1"
#define QUEUED "@0 queued" OUT "\n"
#define UP IN "QueueCallerLeave T=5" C1 "\nAgentConnect T=5" C1 ANN " peer=1.2 hold=5 RingTime=2\n"
#define ANSWERED QUEUED "@5 answered" OUT " agent=ann wait_ms=5000\n"
#define DONE(at, why) "AgentComplete T=" at C1 ANN " peer=1.2 hold=5 talk=60 why=" why "\n"

/* A day without a word, and only the time goes on. */
#define TICK(at) "!Success ask=ccmon-ping Ping=Pong T=" at "\n"
#define TOCK(at) "\n@" at " heartbeat"

/* ---- in the queue */

/* clang-format off */
static const struct story waits[] = {
	{ IN,
	    "@0 queued" OUT },
	{ IN IN,
	    "@0 queued" OUT },
	/* RingTime is in ms here, and not used */
	{ IN "AgentCalled T=1" C1 ANN "\n"
	    "AgentRingNoAnswer T=16" C1 ANN " RingTime=15000",
	    QUEUED "@1 ringing" OUT " agent=ann\n"
	    "@16 missed" OUT " agent=ann" },
	/* the announcements to the agent are between these two */
	{ IN "QueueCallerLeave T=5" C1 "\n"
	    "AgentConnect T=12" C1 ANN " peer=1.2 hold=12 RingTime=2",
	    QUEUED "@12 answered" OUT " agent=ann wait_ms=12000" },
	{ IN "AgentConnect T=12" C1 ANN " hold=-3",
	    QUEUED "@12 answered" OUT " agent=ann wait_ms=0" },
	/* hung up */
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\n"
	    "QueueCallerLeave T=7" C1 "\n"
	    "Hangup T=7.2 id=1.1",
	    QUEUED "@7 abandoned" OUT " wait_ms=7000" },
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\n"
	    "QueueCallerLeave T=7" C1 "\n"
	    TICK("8") TICK("9"),
	    QUEUED "@8 heartbeat\n"
	    "@9 heartbeat\n"
	    "@7 abandoned" OUT " wait_ms=7000" },
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\n"
	    "QueueCallerAbandon T=7.1" C1 " hold=7\n"
	    "Hangup T=7.2 id=1.1",
	    QUEUED "@7 abandoned" OUT " wait_ms=7000" },
	/* a channel that is gone, and nothing else was said */
	{ IN "Hangup T=9 id=1.1\n"
	    TICK("18") TICK("19"),
	    QUEUED "@18 heartbeat\n"
	    "@19 heartbeat\n"
	    "@9 abandoned" OUT },
	/* out by a key: a Leave and nothing else, whatever follows */
	{ IN "QueueCallerLeave T=7" C1 "\n"
	    "Hangup T=9 id=1.1",
	    QUEUED "@7 flowed_out" OUT " reason=key" },
	{ IN "QueueCallerLeave T=7" C1 "\n"
	    "QueueCallerJoin T=8 id=1.1 q=help",
	    QUEUED "@7 flowed_out" OUT " reason=key\n"
	    "@8 queued queue=help contact=1.1" },
	{ IN "QueueCallerLeave T=7" C1 "\n"
	    "QueueCallerJoin T=8" C1,
	    QUEUED "@7 flowed_out" OUT " reason=key\n"
	    "@8 queued" OUT },
	{ IN "QueueCallerLeave T=7" C1 "\n"
	    TICK("66") TICK("67"),
	    QUEUED "@66 heartbeat\n"
	    "@67 heartbeat\n"
	    "@7 flowed_out" OUT " reason=key" },
	/* the agent hung up during her announcement: the caller waits on */
	{ IN "AgentCalled T=1" C1 ANN "\n"
	    "AgentDump T=4" C1 ANN "\n"
	    "AgentConnect T=9" C1 BOB " hold=9",
	    QUEUED "@1 ringing" OUT " agent=ann\n"
	    "@4 missed" OUT " agent=ann\n"
	    "@9 answered" OUT " agent=bob wait_ms=9000" },
	{ IN "AgentDump T=4" C1 ANN "\n"
	    "QueueCallerLeave T=4" C1 "\n"
	    "Hangup T=4 id=1.1",
	    QUEUED "@4 missed" OUT " agent=ann\n"
	    "@4 flowed_out" OUT " reason=no_agent" },
	{ IN "AgentDump T=4" C1 ANN "\n"
	    "AgentCalled T=6" C1 ANN "\n"
	    "QueueCallerLeave T=8" C1 "\n"
	    "Hangup T=8 id=1.1",
	    QUEUED "@4 missed" OUT " agent=ann\n"
	    "@6 ringing" OUT " agent=ann\n"
	    "@8 flowed_out" OUT " reason=key" },
	/* heard of for the first time in the middle */
	{ "AgentCalled T=3" C1 ANN,
	    "@3 queued" OUT "\n"
	    "@3 ringing" OUT " agent=ann" },
	{ "QueueCallerAbandon T=30" C1 " hold=20\n"
	    "Hangup T=30 id=1.1",
	    "@10 queued" OUT "\n"
	    "@30 abandoned" OUT " wait_ms=20000" },
	{ "AgentConnect T=30" C1 ANN " hold=20",
	    "@30 answered" OUT " agent=ann wait_ms=20000" },
	{ "AgentRingNoAnswer T=16" C1 ANN " RingTime=15000",
	    "" },
	{ "QueueCallerLeave T=16" C1,
	    "" },
	{ "Hangup T=16 id=1.1",
	    "" },
	/* a day is too long */
	{ IN TICK("86399") TICK("86400"),
	    QUEUED "@86399 heartbeat\n"
	    "@86400 heartbeat\n"
	    "@86400 lost" OUT },
};
/* clang-format on */

/* ---- the reason of who left is in a variable; all of these but the last two are
 * an Abandon as well, for Asterisk */
static const struct {
	const char *status, *told;
} reasons[] = {
	{ "TIMEOUT", "@7 flowed_out" OUT " reason=timeout wait_ms=7000" },
	{ "LEAVEEMPTY", "@7 flowed_out" OUT " reason=no_agent wait_ms=7000" },
	{ "LEAVEUNAVAIL", "@7 flowed_out" OUT " reason=no_agent wait_ms=7000" },
	{ "JOINEMPTY", "@7 flowed_out" OUT " reason=no_agent wait_ms=7000" },
	{ "JOINUNAVAIL", "@7 flowed_out" OUT " reason=no_agent wait_ms=7000" },
	{ "WITHDRAW", "@7 flowed_out" OUT " reason=withdrawn wait_ms=7000" },
	{ "FULL", "@7 flowed_out" OUT " reason=full wait_ms=7000" },
	{ "CONTINUE", "@7 flowed_out" OUT " reason=overflow wait_ms=7000" },
	{ "SOMETHING", "@7 abandoned" OUT " wait_ms=7000" },
	{ "", "@7 abandoned" OUT " wait_ms=7000" },
};

/* ---- with an agent */

/* clang-format off */
static const struct story talks[] = {
	{ UP DONE("65", "caller"),
	    ANSWERED "@65 ended" OUT " agent=ann by=customer talk_ms=60000" },
	{ UP DONE("65", "agent"),
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP DONE("65", ""),
	    ANSWERED "@65 ended" OUT " agent=ann talk_ms=60000" },
	/* what comes after: the channel, and the queue's word to the dialplan */
	{ UP DONE("65", "agent") "VarSet T=65 id=1.1 Variable=QUEUESTATUS Value=CONTINUE\n"
	    "Hangup T=65 id=1.1\n"
	    TICK("200"),
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" TOCK("200") },
	/* the end never comes, but the caller's channel is gone */
	{ UP "Hangup T=40 id=1.1 Channel=PJSIP/trunk-1\n"
	    TICK("49") TICK("50"),
	    ANSWERED "@49 heartbeat\n"
	    "@50 heartbeat\n"
	    "@40 ended" OUT " agent=ann" },
	/* a joint that is optimised away is no end; the call has another id then */
	{ "QueueCallerJoin T=0" C1 " Channel=Local/x-1;1\n"
	    "AgentConnect T=5" C1 ANN " peer=1.2 hold=5\n"
	    "Hangup T=6 id=1.1\n"
	    TICK("60") "AgentComplete T=65 id=1.9 linked=1.1 q=sales" ANN
	    " peer=1.3 hold=5 talk=60 why=agent",
	    ANSWERED "@60 heartbeat\n"
	    "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* an end under another id: by the agent's channel, by the agent */
	{ UP "AgentComplete T=65 id=1.9 linked=1.9 q=sales" ANN
	    " peer=1.2 hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP "AgentComplete T=65 id=1.9 q=sales" ANN " peer=1.8 hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP "AgentComplete T=65 q=sales" ANN " hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* taken from her by the switch: its end comes last, and has no channel; she has
	 * another call by then */
	{ "AgentConnect T=4 id=1.5 q=sales" ANN " peer=1.6 hold=1\n"
	    "Hangup T=5 id=1.6\n"
	    "QueueCallerJoin T=5 id=1.5 q=help\n"
	    "AgentConnect T=9 id=1.1 q=sales" ANN " peer=1.2 hold=2\n"
	    "AgentComplete T=20 q=sales" ANN " hold=1 talk=16 why=caller\n"
	    "AgentComplete T=69 id=1.1 q=sales" ANN " peer=1.2 hold=2 talk=60 why=agent",
	    "@4 answered queue=sales contact=1.5 agent=ann wait_ms=1000\n"
	    "@5 queued queue=help contact=1.5\n"
	    "@9 answered" OUT " agent=ann wait_ms=2000\n"
	    "@20 ended queue=sales contact=1.5 agent=ann by=customer talk_ms=16000\n"
	    "@69 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* the end a moment after the caller's channel */
	{ UP "Hangup T=64 id=1.1 Channel=PJSIP/trunk-1\n"
	    "AgentComplete T=65 q=sales" ANN " hold=5 talk=60 why=caller",
	    ANSWERED "@65 ended" OUT " agent=ann by=customer talk_ms=60000" },
	/* the AgentConnect was missed, or all of it */
	{ IN DONE("65", "agent"),
	    QUEUED "@5 answered" OUT " agent=ann wait_ms=5000\n"
	    "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ DONE("65", "agent"),
	    "@5 answered" OUT " agent=ann wait_ms=5000\n"
	    "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* on hold, told twice, by either end, and never ended */
	{ UP "Hold T=10 id=1.2\n"
	    "Hold T=10.1 id=1.2\n"
	    "Unhold T=14 id=1.2\n"
	    "Unhold T=14 id=1.2\n"
	    DONE("65", "agent"),
	    ANSWERED "@10 held" OUT " agent=ann\n"
	    "@14 resumed" OUT " agent=ann\n"
	    "@65 ended" OUT " agent=ann by=agent talk_ms=56000 hold_ms=4000" },
	{ UP "Hold T=10 id=1.1\n"
	    "Hold T=11 id=1.2\n"
	    "Unhold T=14 id=1.1\n"
	    "Unhold T=20 id=1.2\n"
	    DONE("65", "agent"),
	    ANSWERED "@10 held" OUT " agent=ann\n"
	    "@20 resumed" OUT " agent=ann\n"
	    "@65 ended" OUT " agent=ann by=agent talk_ms=50000 hold_ms=10000" },
	{ UP "Hold T=45 id=1.7 linked=1.1\n"
	    DONE("65", "caller"),
	    ANSWERED "@45 held" OUT " agent=ann\n"
	    "@65 ended" OUT " agent=ann by=customer talk_ms=40000 hold_ms=20000" },
	{ UP "Unhold T=10 id=1.2\n"
	    "Hold T=11 id=7.7 linked=7.7",
	    ANSWERED },
	{ IN "Hold T=1 id=1.1",
	    QUEUED },
};
/* clang-format on */

/* ---- and on to somebody else; where to is said before or after the end */
#define BLIND(at, who)                                                                             \
	"BlindTransfer T=" at " Result=Success TransfererUniqueid=" who                            \
	" TransfereeUniqueid=1.1 Context=house Extension=300\n"
#define GONE_TO(to) "transferred" OUT " agent=ann to_external=" to " talk_ms=60000"
#define ATTENDED(more)                                                                             \
	"AttendedTransfer T=65 Result=Success OrigTransfererUniqueid=1.2 TransfereeUniqueid=1.1 "  \
	"SecondTransfererUniqueid=1.4 " more "\n"

/* clang-format off */
static const struct story transfers[] = {
	{ UP BLIND("65", "1.2") DONE("65", "transfer"),
	    ANSWERED "@65 " GONE_TO("300@house") },
	{ UP DONE("65", "transfer") BLIND("65.1", "1.2"),
	    ANSWERED "@65 " GONE_TO("300@house") },
	{ UP BLIND("65", "1.1") DONE("65", "transfer"),
	    ANSWERED "@65 " GONE_TO("300@house") },
	{ UP DONE("65", "transfer") TICK("66") TICK("67"),
	    ANSWERED "@66 heartbeat\n"
	    "@67 heartbeat\n"
	    "@65 " GONE_TO("transfer") },
	{ UP BLIND("65", "1.2") TICK("74") TICK("75"),
	    ANSWERED "@74 heartbeat\n"
	    "@75 heartbeat\n"
	    "@65 transferred" OUT " agent=ann to_external=300@house" },
	{ UP "BlindTransfer T=65 Result=Fail TransfererUniqueid=1.2 Extension=9\n"
	    DONE("70", "agent"),
	    ANSWERED "@70 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP ATTENDED("DestType=Bridge DestBridgeUniqueid=7f") DONE("65", "transfer"),
	    ANSWERED "@65 " GONE_TO("BRIDGE") },
	{ UP DONE("65", "transfer") ATTENDED("DestType=App DestApp=VoiceMail"),
	    ANSWERED "@65 " GONE_TO("VoiceMail") },
	{ UP ATTENDED("DestType=Link") DONE("65", "transfer"),
	    ANSWERED "@65 " GONE_TO("LINK") },
	{ UP ATTENDED("DestType=Threeway DestBridgeUniqueid=7f") DONE("65", "agent"),
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* back to the queue it came from, and told in any order */
	{ UP BLIND("65", "1.2") "QueueCallerJoin T=65.1" C1 "\n"
	    "AgentConnect T=66" C1 BOB " peer=1.5 hold=1\n"
	    DONE("66.1", "transfer") TICK("67"),
	    ANSWERED "@65.1 queued" OUT "\n"
	    "@66 answered" OUT " agent=bob wait_ms=1000\n"
	    "@66.1 " GONE_TO("300@house") TOCK("67") },
};
/* clang-format on */

static void
calls_wait(void **state)
{
	(void)state;
	KIT_EXPECT_ALL(waits);
}

static void
calls_leave_for_a_reason(void **state)
{
	char said[1024], told[512];

	(void)state;
	for (size_t i = 0; i < COUNTOF(reasons); i++) {
		(void)snprintf(said, sizeof(said),
		    IN "QueueCallerAbandon T=7" C1 " hold=7\nQueueCallerLeave T=7" C1
		       "\nVarSet T=7 id=1.1 Variable=QUEUESTATUS Value=%s\n"
		       "VarSet T=7 id=1.1 Variable=OTHER Value=FULL\nHangup T=7.5 id=1.1",
		    reasons[i].status);
		(void)snprintf(told, sizeof(told), QUEUED "%s", reasons[i].told);
		kit_expect(&(struct story){ said, told });
	}
}

static void
agents_talk(void **state)
{
	(void)state;
	KIT_EXPECT_ALL(talks);
}

static void
calls_are_transferred(void **state)
{
	(void)state;
	KIT_EXPECT_ALL(transfers);
}

/* ---- limits */

#define CALLS 8192

/* One more than there is room for: the oldest is said to be lost.  A day later
 * all are, some at a time. */
static void
too_many_calls(void **state)
{
	static struct kit k;
	char line[128];
	unsigned lost = 0;

	(void)state;
	kit_open(&k);
	for (int i = 0; i <= CALLS; i++) {
		kit_clear(&k);
		(void)snprintf(line, sizeof(line), "QueueCallerJoin T=%d.5 id=1.%d q=sales", i, i);
		kit_say(&k, line);
		assert_string_equal(
		    strchr(k.text, '\n') != NULL ? "full" : "", i < CALLS ? "" : "full");
	}
	assert_string_equal(
	    k.text, "lost queue=sales contact=1.0\nqueued queue=sales contact=1.8192");
	k.most = 0;
	for (const char *p = "!Success T=999999"; p != NULL; p = NULL) {
		char block[256];
		size_t n = kit_block(p, block, sizeof(block));

		k.dialect->decode(k.state, block, n, k.received, &k.res);
		for (lost = k.res.n; k.res.more; lost += k.res.n) {
			assert_in_range(k.res.n, 1, DIALECT_EVENTS_MAX);
			k.dialect->decode(k.state, NULL, 0, k.received, &k.res);
		}
	}
	assert_int_equal(lost, CALLS);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_wait),
		cmocka_unit_test(calls_leave_for_a_reason),
		cmocka_unit_test(agents_talk),
		cmocka_unit_test(calls_are_transferred),
		cmocka_unit_test(too_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
