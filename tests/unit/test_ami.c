/* SPDX-License-Identifier: MIT */
/*
 * test_ami.c: calls and agents as Asterisk's manager tells of them, and the
 * events they are.  Stories follow app_queue.c of Asterisk 22, and what a real
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

struct story {
	const char *said, *told;
};

/* ---- in the queue */

static const struct story waits[] = {
	{ IN, "@0 queued" OUT },
	{ IN IN, "@0 queued" OUT },
	/* RingTime is in ms here, and not used */
	{ IN "AgentCalled T=1" C1 ANN "\nAgentRingNoAnswer T=16" C1 ANN " RingTime=15000",
	    QUEUED "@1 ringing" OUT " agent=ann\n@16 missed" OUT " agent=ann" },
	/* the announcements to the agent are between these two */
	{ IN "QueueCallerLeave T=5" C1 "\nAgentConnect T=12" C1 ANN " peer=1.2 hold=12 RingTime=2",
	    QUEUED "@12 answered" OUT " agent=ann wait_ms=12000" },
	{ IN "AgentConnect T=12" C1 ANN " hold=-3",
	    QUEUED "@12 answered" OUT " agent=ann wait_ms=0" },
	/* hung up */
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\nQueueCallerLeave T=7" C1 "\nHangup T=7.2 id=1.1",
	    QUEUED "@7 abandoned" OUT " wait_ms=7000" },
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\nQueueCallerLeave T=7" C1 "\n" TICK("8")
	        TICK("9"),
	    QUEUED "@8 heartbeat\n@9 heartbeat\n@7 abandoned" OUT " wait_ms=7000" },
	{ IN "QueueCallerAbandon T=7" C1 " hold=7\nQueueCallerAbandon T=7.1" C1
	     " hold=7\nHangup T=7.2 id=1.1",
	    QUEUED "@7 abandoned" OUT " wait_ms=7000" },
	/* a channel that is gone, and nothing else was said */
	{ IN "Hangup T=9 id=1.1\n" TICK("18") TICK("19"),
	    QUEUED "@18 heartbeat\n@19 heartbeat\n@9 abandoned" OUT },
	/* out by a key: a Leave and nothing else, whatever follows */
	{ IN "QueueCallerLeave T=7" C1 "\nHangup T=9 id=1.1",
	    QUEUED "@7 flowed_out" OUT " reason=key" },
	{ IN "QueueCallerLeave T=7" C1 "\nQueueCallerJoin T=8 id=1.1 q=help",
	    QUEUED "@7 flowed_out" OUT " reason=key\n@8 queued queue=help contact=1.1" },
	{ IN "QueueCallerLeave T=7" C1 "\nQueueCallerJoin T=8" C1,
	    QUEUED "@7 flowed_out" OUT " reason=key\n@8 queued" OUT },
	{ IN "QueueCallerLeave T=7" C1 "\n" TICK("66") TICK("67"),
	    QUEUED "@66 heartbeat\n@67 heartbeat\n@7 flowed_out" OUT " reason=key" },
	/* the agent hung up during her announcement: the caller waits on */
	{ IN "AgentCalled T=1" C1 ANN "\nAgentDump T=4" C1 ANN "\nAgentConnect T=9" C1 BOB
	     " hold=9",
	    QUEUED "@1 ringing" OUT " agent=ann\n@4 missed" OUT " agent=ann\n@9 answered" OUT
	           " agent=bob wait_ms=9000" },
	{ IN "AgentDump T=4" C1 ANN "\nQueueCallerLeave T=4" C1 "\nHangup T=4 id=1.1",
	    QUEUED "@4 missed" OUT " agent=ann\n@4 flowed_out" OUT " reason=no_agent" },
	{ IN "AgentDump T=4" C1 ANN "\nAgentCalled T=6" C1 ANN "\nQueueCallerLeave T=8" C1
	     "\nHangup T=8 id=1.1",
	    QUEUED "@4 missed" OUT " agent=ann\n@6 ringing" OUT " agent=ann\n@8 flowed_out" OUT
	           " reason=key" },
	/* heard of for the first time in the middle */
	{ "AgentCalled T=3" C1 ANN, "@3 queued" OUT "\n@3 ringing" OUT " agent=ann" },
	{ "QueueCallerAbandon T=30" C1 " hold=20\nHangup T=30 id=1.1",
	    "@10 queued" OUT "\n@30 abandoned" OUT " wait_ms=20000" },
	{ "AgentConnect T=30" C1 ANN " hold=20", "@30 answered" OUT " agent=ann wait_ms=20000" },
	{ "AgentRingNoAnswer T=16" C1 ANN " RingTime=15000", "" },
	{ "QueueCallerLeave T=16" C1, "" },
	{ "Hangup T=16 id=1.1", "" },
	/* a day is too long */
	{ IN TICK("86399") TICK("86400"),
	    QUEUED "@86399 heartbeat\n@86400 heartbeat\n@86400 lost" OUT },
};

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

static const struct story talks[] = {
	{ UP DONE("65", "caller"),
	    ANSWERED "@65 ended" OUT " agent=ann by=customer talk_ms=60000" },
	{ UP DONE("65", "agent"), ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP DONE("65", ""), ANSWERED "@65 ended" OUT " agent=ann talk_ms=60000" },
	/* what comes after: the channel, and the queue's word to the dialplan */
	{ UP DONE("65", "agent") "VarSet T=65 id=1.1 Variable=QUEUESTATUS Value=CONTINUE\n"
	                         "Hangup T=65 id=1.1\n" TICK("200"),
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" TOCK("200") },
	/* the end never comes, but the caller's channel is gone */
	{ UP "Hangup T=40 id=1.1 Channel=PJSIP/trunk-1\n" TICK("49") TICK("50"),
	    ANSWERED "@49 heartbeat\n@50 heartbeat\n@40 ended" OUT " agent=ann" },
	/* a joint that is optimised away is no end; the call has another id then */
	{ "QueueCallerJoin T=0" C1 " Channel=Local/x-1;1\nAgentConnect T=5" C1 ANN
	  " peer=1.2 hold=5\nHangup T=6 id=1.1\n" TICK(
	      "60") "AgentComplete T=65 id=1.9 linked=1.1 q=sales" ANN
	            " peer=1.3 hold=5 talk=60 why=agent",
	    ANSWERED "@60 heartbeat\n@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* an end under another id: by the agent's channel, by the agent */
	{ UP "AgentComplete T=65 id=1.9 linked=1.9 q=sales" ANN
	     " peer=1.2 hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP "AgentComplete T=65 id=1.9 q=sales" ANN " peer=1.8 hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP "AgentComplete T=65 q=sales" ANN " hold=5 talk=60 why=agent",
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* taken from her by the switch: its end comes last, and has no channel; she
	 * has another call by then */
	{ "AgentConnect T=4 id=1.5 q=sales" ANN " peer=1.6 hold=1\nHangup T=5 id=1.6\n"
	  "QueueCallerJoin T=5 id=1.5 q=help\nAgentConnect T=9 id=1.1 q=sales" ANN
	  " peer=1.2 hold=2\nAgentComplete T=20 q=sales" ANN " hold=1 talk=16 why=caller\n"
	  "AgentComplete T=69 id=1.1 q=sales" ANN " peer=1.2 hold=2 talk=60 why=agent",
	    "@4 answered queue=sales contact=1.5 agent=ann wait_ms=1000\n"
	    "@5 queued queue=help contact=1.5\n@9 answered" OUT " agent=ann wait_ms=2000\n"
	    "@20 ended queue=sales contact=1.5 agent=ann by=customer talk_ms=16000\n"
	    "@69 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* the end a moment after the caller's channel */
	{ UP "Hangup T=64 id=1.1 Channel=PJSIP/trunk-1\nAgentComplete T=65 q=sales" ANN
	     " hold=5 talk=60 why=caller",
	    ANSWERED "@65 ended" OUT " agent=ann by=customer talk_ms=60000" },
	/* the AgentConnect was missed, or all of it */
	{ IN DONE("65", "agent"), QUEUED "@5 answered" OUT " agent=ann wait_ms=5000\n@65 ended" OUT
	                                 " agent=ann by=agent talk_ms=60000" },
	{ DONE("65", "agent"), "@5 answered" OUT " agent=ann wait_ms=5000\n@65 ended" OUT
	                       " agent=ann by=agent talk_ms=60000" },
	/* on hold, told twice, by either end, and never ended */
	{ UP "Hold T=10 id=1.2\nHold T=10.1 id=1.2\nUnhold T=14 id=1.2\nUnhold T=14 id=1.2\n" DONE(
	      "65", "agent"),
	    ANSWERED "@10 held" OUT " agent=ann\n@14 resumed" OUT " agent=ann\n@65 ended" OUT
	             " agent=ann by=agent talk_ms=56000 hold_ms=4000" },
	{ UP "Hold T=10 id=1.1\nHold T=11 id=1.2\nUnhold T=14 id=1.1\nUnhold T=20 id=1.2\n" DONE(
	      "65", "agent"),
	    ANSWERED "@10 held" OUT " agent=ann\n@20 resumed" OUT " agent=ann\n@65 ended" OUT
	             " agent=ann by=agent talk_ms=50000 hold_ms=10000" },
	{ UP "Hold T=45 id=1.7 linked=1.1\n" DONE("65", "caller"),
	    ANSWERED "@45 held" OUT " agent=ann\n@65 ended" OUT
	             " agent=ann by=customer talk_ms=40000 hold_ms=20000" },
	{ UP "Unhold T=10 id=1.2\nHold T=11 id=7.7 linked=7.7", ANSWERED },
	{ IN "Hold T=1 id=1.1", QUEUED },
};

/* ---- and on to somebody else; where to is said before or after the end */
#define BLIND(at, who)                                                                             \
	"BlindTransfer T=" at " Result=Success TransfererUniqueid=" who                            \
	" TransfereeUniqueid=1.1 Context=house Extension=300\n"
#define GONE_TO(to) "transferred" OUT " agent=ann to_external=" to " talk_ms=60000"
#define ATTENDED(more)                                                                             \
	"AttendedTransfer T=65 Result=Success OrigTransfererUniqueid=1.2 TransfereeUniqueid=1.1 "  \
	"SecondTransfererUniqueid=1.4 " more "\n"

static const struct story transfers[] = {
	{ UP BLIND("65", "1.2") DONE("65", "transfer"), ANSWERED "@65 " GONE_TO("300@house") },
	{ UP DONE("65", "transfer") BLIND("65.1", "1.2"), ANSWERED "@65 " GONE_TO("300@house") },
	{ UP BLIND("65", "1.1") DONE("65", "transfer"), ANSWERED "@65 " GONE_TO("300@house") },
	{ UP DONE("65", "transfer") TICK("66") TICK("67"),
	    ANSWERED "@66 heartbeat\n@67 heartbeat\n@65 " GONE_TO("transfer") },
	{ UP BLIND("65", "1.2") TICK("74") TICK("75"),
	    ANSWERED "@74 heartbeat\n@75 heartbeat\n@65 transferred" OUT
	             " agent=ann to_external=300@house" },
	{ UP "BlindTransfer T=65 Result=Fail TransfererUniqueid=1.2 Extension=9\n" DONE(
	      "70", "agent"),
	    ANSWERED "@70 ended" OUT " agent=ann by=agent talk_ms=60000" },
	{ UP ATTENDED("DestType=Bridge DestBridgeUniqueid=7f") DONE("65", "transfer"),
	    ANSWERED "@65 " GONE_TO("BRIDGE") },
	{ UP DONE("65", "transfer") ATTENDED("DestType=App DestApp=VoiceMail"),
	    ANSWERED "@65 " GONE_TO("VoiceMail") },
	{ UP ATTENDED("DestType=Link") DONE("65", "transfer"), ANSWERED "@65 " GONE_TO("LINK") },
	{ UP ATTENDED("DestType=Threeway DestBridgeUniqueid=7f") DONE("65", "agent"),
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000" },
	/* back to the queue it came from, and told in any order */
	{ UP BLIND("65", "1.2") "QueueCallerJoin T=65.1" C1 "\nAgentConnect T=66" C1 BOB
	                        " peer=1.5 hold=1\n" DONE("66.1", "transfer") TICK("67"),
	    ANSWERED "@65.1 queued" OUT "\n@66 answered" OUT
	             " agent=bob wait_ms=1000\n@66.1 " GONE_TO("300@house") TOCK("67") },
};

/* ---- agents */

#define ROW(q, status, more) " q=" q ANN " StateInterface=PJSIP/ann Status=" status " " more
#define ADDED "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0") "\n"
#define LOGGED_IN "@0 login agent=ann queues=sales\n@0 state agent=ann state=available"

static const struct story
    agents[] = {
	    { ADDED, LOGGED_IN },
	    { ADDED "QueueMemberStatus T=1" ROW(
	          "sales", "2", "Paused=0") "\n"
	                                    "QueueMemberStatus T=2" ROW("sales", "6",
	                                        "Paused=0") "\n"
	                                                    "QueueMemberPenalty T=3" ROW(
	                                                        "sales", "1", "Paused=0 Penalty=3"),
	        LOGGED_IN },
	    { ADDED "QueueMemberAdded T=2" ROW("help", "1",
	          "Paused=0") "\n"
	                      "QueueMemberRemoved T=3" ROW("sales", "1",
	                          "Paused=0") "\n"
	                                      "QueueMemberRemoved T=4" ROW("help", "1", "Paused=0"),
	        LOGGED_IN "\n@2 joined queue=help agent=ann\n@3 left queue=sales agent=ann\n"
	                  "@4 left queue=help agent=ann\n@4 logout agent=ann" },
	    /* a pause is told for each queue, and has a reason */
	    { ADDED "QueueMemberAdded T=0" ROW("help", "1",
	          "Paused=0") "\n"
	                      "QueueMemberPause T=5" ROW("sales", "1",
	                          "Paused=1 PausedReason=lunch") "\n"
	                                                         "QueueMemberPause "
	                                                         "T=5" ROW("help", "1",
	                                                             "Paused=1 "
	                                                             "PausedReason="
	                                                             "lunch") "\n"
	                                                                      "QueueMemb"
	                                                                      "erStatus "
	                                                                      "T=6" ROW("help", "2",
	                                                                          "Pause"
	                                                                          "d=1 "
	                                                                          "Pause"
	                                                                          "dReas"
	                                                                          "on="
	                                                                          "lunc"
	                                                                          "h") "\n"
	                                                                               "QueueMember"
	                                                                               "Pause "
	                                                                               "T=9" ROW(
	                                                                                   "sales",
	                                                                                   "1",
	                                                                                   "Paused="
	                                                                                   "0") "\n"
	                                                                                        "Qu"
	                                                                                        "eu"
	                                                                                        "eM"
	                                                                                        "em"
	                                                                                        "be"
	                                                                                        "rP"
	                                                                                        "au"
	                                                                                        "se"
	                                                                                        " T"
	                                                                                        "=9"
	                                                                                        "."
	                                                                                        "5" ROW(
	                                                                                            "help",
	                                                                                            "1",
	                                                                                            "Paused=0"),
	        LOGGED_IN
	        "\n@0 joined queue=help agent=ann\n@5 state agent=ann reason=lunch state=paused\n"
	        "@9.5 state agent=ann state=available" },
	    { ADDED "QueueMemberPause T=5" ROW("sales", "1",
	          "Paused=1 PausedReason=lunch") "\n"
	                                         "QueueMemberPause T=6" ROW("sales", "1",
	                                             "Paused=1 PausedReason=a+meeting"),
	        LOGGED_IN "\n@5 state agent=ann reason=lunch state=paused\n"
	                  "@6 state agent=ann reason=a meeting state=paused" },
	    /* her phone cannot be reached, and can; her queues come with her */
	    { ADDED "QueueMemberAdded T=1" ROW("help", "1",
	          "Paused=0") "\n"
	                      "QueueMemberStatus T=5" ROW("sales", "5",
	                          "Paused=0") "\n"
	                                      "QueueMemberStatus T=5" ROW("help", "5",
	                                          "Paused=0") "\n"
	                                                      "QueueMemberPause "
	                                                      "T=6" ROW("help", "5",
	                                                          "Paused=1 "
	                                                          "PausedReason="
	                                                          "tea") "\n"
	                                                                 "QueueMem"
	                                                                 "berStatu"
	                                                                 "s "
	                                                                 "T=8" ROW("sale"
	                                                                           "s",
	                                                                     "1",
	                                                                     "Paus"
	                                                                     "ed="
	                                                                     "0") "\n"
	                                                                          "QueueMemberStatu"
	                                                                          "s T=8" ROW(
	                                                                              "help", "1",
	                                                                              "Paused=1 "
	                                                                              "PausedReason"
	                                                                              "=tea"),
	        LOGGED_IN "\n@1 joined queue=help agent=ann\n@5 logout agent=ann\n"
	                  "@8 login agent=ann queues=sales\nhelp\n@8 state agent=ann reason=tea "
	                  "state=paused" },
	    { "QueueMemberAdded T=0" ROW("sales", "4", "Paused=0") "\n"
	                                                           "QueueMemberRemoved T=1" ROW(
	                                                               "sales", "4", "Paused=0"),
	        "" },
	    /* her desk and her mobile in one queue */
	    { ADDED
	        "QueueMemberAdded T=1 q=sales agent=ann at=PJSIP/mobile Status=5\n"
	        "QueueMemberStatus T=2" ROW("sales", "5",
	            "Paused=0") "\n"
	                        "QueueMemberStatus T=3 q=sales agent=ann at=PJSIP/mobile Status=1\n"
	                        "QueueMemberRemoved T=4" ROW("sales", "5", "Paused=0"),
	        LOGGED_IN "\n@2 logout agent=ann\n@3 login agent=ann queues=sales\n"
	                  "@3 state agent=ann state=available" },
	    /* the phone is somebody else's now */
	    { ADDED "QueueMemberStatus T=7 q=sales agent=bob at=PJSIP/ann Status=1",
	        LOGGED_IN "\n@7 left queue=sales agent=ann\n@7 logout agent=ann\n"
	                  "@7 login agent=bob queues=sales\n@7 state agent=bob state=available" },
	    /* the queue's wrap-up time is after-contact work, and derived */
	    { "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0 Wrapuptime=15") "\n" UP DONE(
	          "65", "agent"),
	        LOGGED_IN "\n" ANSWERED "@65 ended" OUT
	                  " agent=ann by=agent talk_ms=60000 acw_ms=15000" },
	    { "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0 Wrapuptime=15") "\n" UP BLIND(
	          "65", "1.2") DONE("65", "transfer"),
	        LOGGED_IN "\n" ANSWERED "@65 " GONE_TO("300@house") " acw_ms=15000" },
	    { "QueueMemberRemoved T=1" ROW("sales", "1", "Paused=0"), "" },
    };

static void
expect(const struct story *s)
{
	static struct kit k;
	size_t n = strlen(s->told);

	kit_open(&k);
	k.with_time = true;
	kit_tell(&k, s->said);
	assert_int_equal(k.res.why, REFUSAL_NONE);
	if (n > 0 && s->told[n - 1] == '\n')
		n--;
	if (k.len != n || memcmp(k.text, s->told, n) != 0)
		fail_msg("of:\n%s\ncame:\n%s\nnot:\n%.*s", s->said, k.text, (int)n, s->told);
	kit_close(&k);
}

#define EXPECT_ALL(stories)                                                                        \
	for (size_t i = 0; i < COUNTOF(stories); i++)                                              \
	expect(&(stories)[i])

static void
calls_wait(void **state)
{
	(void)state;
	EXPECT_ALL(waits);
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
		expect(&(struct story){ said, told });
	}
}

static void
agents_talk(void **state)
{
	(void)state;
	EXPECT_ALL(talks);
}

static void
calls_are_transferred(void **state)
{
	(void)state;
	EXPECT_ALL(transfers);
}

static void
agents_come_and_go(void **state)
{
	(void)state;
	EXPECT_ALL(agents);
}

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
		assert_true(str_eq(k.res.detail, str_of(refused[i].detail)));
		assert_true(str_eq(k.res.source, STR_LIT("pbx1")));
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
	assert_true(str_eq(k.res.detail, STR_LIT("QueueCallerSings")));
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
	assert_true(str_eq(k.res.detail, STR_LIT("time")));
	kit_close(&k);
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

/* 200 queues fit in a login; more than fit are refused, and nothing breaks. */
static void
too_many_queues_of_an_agent(void **state)
{
	static struct kit k;
	char line[256];
	int refusals = 0;

	(void)state;
	kit_open(&k);
	for (int i = 0; i < 230; i++) {
		(void)snprintf(line, sizeof(line),
		    "QueueMemberAdded T=0 q=%064d agent=ann at=PJSIP/ann Status=5", i);
		kit_say(&k, line);
		refusals += k.res.why == REFUSAL_TOO_LONG;
	}
	assert_in_range(refusals, 1, 40);
	(void)snprintf(
	    line, sizeof(line), "QueueMemberStatus T=0 q=%064d agent=ann at=PJSIP/ann Status=1", 0);
	kit_say(&k, line);
	assert_int_equal(k.res.n, 2);
	assert_int_equal(k.res.ev[0].queues.n, (230 - refusals) * 65 - 1);
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
		cmocka_unit_test(calls_wait),
		cmocka_unit_test(calls_leave_for_a_reason),
		cmocka_unit_test(agents_talk),
		cmocka_unit_test(calls_are_transferred),
		cmocka_unit_test(agents_come_and_go),
		cmocka_unit_test(json_is_the_same),
		cmocka_unit_test(blocks_may_look_so),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(too_long_a_message),
		cmocka_unit_test(what_is_skipped),
		cmocka_unit_test(the_time_is_the_switch_s),
		cmocka_unit_test(no_clock_is_no_time),
		cmocka_unit_test(too_many_calls),
		cmocka_unit_test(too_many_queues_of_an_agent),
		cmocka_unit_test(needs_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
