/* SPDX-License-Identifier: MIT */
/*
 * test_ami_listing.c: what the dialect `ami` makes of the answers to QueueStatus,
 * CoreShowChannels and CoreStatus, asked after the line was down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ami_kit.h"

#define QUEUES(rows) "!Success T=100 ask=ccmon-queues\n" rows "QueueStatusComplete T=100\n"
#define CHANNELS(rows) "!Success ask=ccmon-channels\n" rows "CoreShowChannelsComplete T=101\n"
#define STATUS(time)                                                                               \
	"!Success ask=ccmon-status CoreStartupDate=2026-11-22 CoreStartupTime=" time "\n"
#define ROW(q, who, status) "QueueMember q=" q " Name=" who " Location=PJSIP/" who " " status "\n"
#define ENTRY(id, wait) "QueueEntry T=100 q=sales id=" id " Wait=" wait "\n"
#define CHANNEL(id, name, bridge) "CoreShowChannel id=" id " Channel=" name " BridgeId=" bridge "\n"

#define JOIN "QueueCallerJoin T=0 id=1.1 linked=1.1 q=sales Channel=PJSIP/trunk-01\n"
#define LEAVE "QueueCallerLeave T=5 id=1.1 q=sales\n"
#define CONNECT "AgentConnect T=5 id=1.1 q=sales agent=ann at=PJSIP/ann peer=1.2 hold=5\n"
#define COMPLETE                                                                                   \
	"AgentComplete T=120 id=1.1 q=sales agent=ann at=PJSIP/ann hold=5 talk=115 why=agent\n"
#define QUEUED "@0 queued queue=sales contact=1.1"
#define ANSWERED QUEUED "\n@5 answered queue=sales contact=1.1 agent=ann wait_ms=5000"
#define LOST "\n@101 lost queue=sales contact=1.1"
#define ANN_IN "\n@100 login agent=ann queues=sales\n@100 state agent=ann state=available"

/* clang-format off */
static const struct {
	const char *said, *told;
} stories[] = {
	/* the first listing: who is there, and who waits since when */
	{ QUEUES(ROW("sales", "ann", "Status=1") ROW("help", "ann", "Status=1") ROW("sales", "bob", "Status=5") ENTRY("1.1", "40"))
	    CHANNELS(""),
	    "@100 login agent=ann queues=sales\n"
	    "@100 state agent=ann state=available\n"
	    "@100 joined queue=help agent=ann\n"
	    "@60 queued queue=sales contact=1.1" },
	/* nothing new in the second */
	{ JOIN QUEUES(ENTRY("1.1", "100")) CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")),
	    QUEUED },
	/* gone while it waited: nothing says how */
	{ JOIN QUEUES("") CHANNELS(""),
	    QUEUED LOST },
	/* out of it, and on the line: an agent may have it in a moment */
	{ JOIN QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")),
	    QUEUED },
	{ JOIN QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")) "Hangup T=101 id=1.1\n",
	    QUEUED LOST },
	{ JOIN QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")) "Hold T=110\n"
	    "Shutdown T=111\n",
	    QUEUED "\n"
	    "@111 lost queue=sales contact=1.1" },
	{ JOIN QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")) CONNECT,
	    ANSWERED },
	{ JOIN "Hangup T=6 id=1.1\n"
	    QUEUES("") CHANNELS(""),
	    QUEUED "\n"
	    "@6 abandoned queue=sales contact=1.1" },
	/* answered meanwhile: in one bridge with a member of that queue */
	{ JOIN QUEUES(ROW("sales", "ann", "Status=2"))
	    CHANNELS(CHANNEL("1.2", "PJSIP/ann-000007", "b1") CHANNEL("1.1", "PJSIP/trunk-01", "b1"))
	    CONNECT COMPLETE,
	    QUEUED ANN_IN "\n"
	    "@101 answered queue=sales contact=1.1 agent=ann\n"
	    "@120 ended queue=sales contact=1.1 agent=ann by=agent talk_ms=115000" },
	{ JOIN QUEUES(ROW("help", "ann", "Status=2"))
	    CHANNELS(CHANNEL("1.2", "PJSIP/ann-000007", "b1") CHANNEL("1.1", "PJSIP/trunk-01", "b1")),
	    QUEUED "\n"
	    "@100 login agent=ann queues=help\n"
	    "@100 state agent=ann state=available" },
	/* it left and came back: that is another wait */
	{ JOIN QUEUES(ENTRY("1.1", "30")) CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")),
	    QUEUED "\n"
	    "@100 lost queue=sales contact=1.1\n"
	    "@70 queued queue=sales contact=1.1" },
	/* talking still, and no more */
	{ JOIN LEAVE CONNECT QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "b1")) COMPLETE,
	    ANSWERED "\n"
	    "@120 ended queue=sales contact=1.1 agent=ann by=agent talk_ms=115000" },
	{ JOIN LEAVE CONNECT QUEUES("") CHANNELS(""),
	    ANSWERED LOST },
	{ JOIN LEAVE CONNECT QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")),
	    ANSWERED LOST },
	{ JOIN LEAVE CONNECT QUEUES(ENTRY("1.1", "30"))
	    CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", "")),
	    ANSWERED "\n"
	    "@100 lost queue=sales contact=1.1\n"
	    "@70 queued queue=sales contact=1.1" },
	/* a joint that was optimised away: any channel of the call will do */
	{ "QueueCallerJoin T=0 id=1.1 linked=1.1 q=sales Channel=Local/x@y-01;1\n"
	    CONNECT QUEUES("")
	    CHANNELS("CoreShowChannel id=1.7 linked=1.1 Channel=PJSIP/x-01 BridgeId=b1\n"),
	    ANSWERED },
	/* out of the queue when the line went down: not said yet for what */
	{ JOIN "QueueCallerLeave T=99 id=1.1 q=sales\n"
	    QUEUES("") CHANNELS(CHANNEL("1.1", "PJSIP/trunk-01", ""))
	    "AgentConnect T=110 id=1.1 q=sales agent=ann hold=110\n",
	    QUEUED "\n"
	    "@110 answered queue=sales contact=1.1 agent=ann wait_ms=110000" },
	{ JOIN "QueueCallerLeave T=99 id=1.1 q=sales\n"
	    QUEUES("") CHANNELS(""),
	    QUEUED "\n"
	    "@99 flowed_out queue=sales contact=1.1 reason=key" },
	/* what is said live in the middle is there */
	{ JOIN "!Success T=100 ask=ccmon-queues\n"
	    "QueueCallerJoin T=100.2 id=1.3 q=sales\n"
	    "QueueCallerAbandon T=100.3 id=1.1 q=sales hold=100\n"
	    "QueueStatusComplete T=100.4\n"
	    CHANNELS(CHANNEL("1.3", "PJSIP/t-2", "")) "Hangup T=102 id=1.1\n",
	    QUEUED "\n"
	    "@100.2 queued queue=sales contact=1.3\n"
	    "@100.3 abandoned queue=sales contact=1.1 wait_ms=100000" },
	/* members nobody named any more, and one who stayed */
	{ "QueueMemberAdded T=1 q=sales agent=ann at=PJSIP/ann Status=1\n"
	    "QueueMemberAdded T=1 q=help agent=ann at=PJSIP/ann Status=1\n"
	    "QueueMemberAdded T=1 q=help agent=bob at=PJSIP/bob Status=1\n"
	    QUEUES(ROW("sales", "ann", "Status=1")) CHANNELS(""),
	    "@1 login agent=ann queues=sales\n"
	    "@1 state agent=ann state=available\n"
	    "@1 joined queue=help agent=ann\n"
	    "@1 login agent=bob queues=help\n"
	    "@1 state agent=bob state=available\n"
	    "@100 left queue=help agent=ann\n"
	    "@100 left queue=help agent=bob\n"
	    "@100 logout agent=bob" },
	/* a user who may not see one of the lists: nobody is lost for that */
	{ JOIN LEAVE CONNECT QUEUES("") "!Error T=101 ask=ccmon-channels\n",
	    ANSWERED },
	{ JOIN QUEUES("") "!Error T=101 ask=ccmon-channels\n",
	    QUEUED LOST },
	{ JOIN "!Error T=100 ask=ccmon-queues\n"
	    CHANNELS(""),
	    QUEUED },
	/* started anew */
	{ "FullyBooted T=0 Uptime=5\n"
	    JOIN "FullyBooted T=90 Uptime=95\n",
	    QUEUED },
	{ "FullyBooted T=0 Uptime=5\n"
	    JOIN "FullyBooted T=90 Uptime=9\n"
	    QUEUES("") CHANNELS(""),
	    QUEUED "\n"
	    "@81 restarted" },
	{ JOIN STATUS("02:00:00") STATUS("02:00:00"),
	    QUEUED },
	{ JOIN LEAVE CONNECT STATUS("02:00:00") QUEUES(ENTRY("1.5", "0"))
	    "!Error T=101 ask=ccmon-channels\n"
	    STATUS("02:30:00"),
	    ANSWERED "\n"
	    "@100 queued queue=sales contact=1.5" LOST },
};
/* clang-format on */

static void
each_story(void **state)
{
	static struct kit k;

	(void)state;
	for (size_t i = 0; i < COUNTOF(stories); i++) {
		kit_open(&k);
		k.with_time = true;
		k.received = 0; /* only what the switch says */
		kit_tell(&k, stories[i].said);
		if (k.res.why != REFUSAL_NONE || strcmp(k.text, stories[i].told) != 0)
			fail_msg("of:\n%s\ncame:\n%s\nnot:\n%s", stories[i].said, k.text,
			    stories[i].told);
		kit_close(&k);
	}
}

/* More than fit in one answer are told some at a time. */
static void
many_are_gone(void **state)
{
	static struct kit k;
	char line[128];

	(void)state;
	kit_open(&k);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof(line), "QueueCallerJoin T=0 id=1.%d q=sales", i);
		kit_say(&k, line);
		(void)snprintf(line, sizeof(line),
		    "QueueMemberAdded T=0 q=sales agent=a%d at=PJSIP/a%d Status=1", i, i);
		kit_say(&k, line);
	}
	kit_tell(&k, "!Success T=100 ask=ccmon-queues");
	k.most = 0;
	kit_tell(&k, "QueueStatusComplete T=100");
	assert_int_equal(k.most, 200); /* left, logout */
	k.most = 0;
	kit_tell(&k, "CoreShowChannelsComplete T=101");
	assert_int_equal(k.most, 100); /* lost */
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_story),
		cmocka_unit_test(many_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
