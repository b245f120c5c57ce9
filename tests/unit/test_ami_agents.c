/* SPDX-License-Identifier: MIT */
/*
 * test_ami_agents.c: members of queues as Asterisk's manager tells of them, and
 * what follows of it for an agent.  (ami_kit.h says how a message is written
 * here.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ami_kit.h"

#define ANN " agent=ann at=PJSIP/ann"
#define OUT " queue=sales contact=1.1"
#define ANSWERED "@5 answered" OUT " agent=ann wait_ms=5000\n"
#define UP "AgentConnect T=5 id=1.1 q=sales" ANN " peer=1.2 hold=5\n"
#define DONE(at, why) "AgentComplete T=" at " id=1.1 q=sales" ANN " hold=5 talk=60 why=" why "\n"
#define BLIND(at, who)                                                                             \
	"BlindTransfer T=" at " Result=Success TransfererUniqueid=" who                            \
	" TransfereeUniqueid=1.1 Context=house Extension=300\n"
#define GONE_TO(to) "transferred" OUT " agent=ann to_external=" to " talk_ms=60000"

#define ROW(q, status, more) " q=" q ANN " StateInterface=PJSIP/ann Status=" status " " more
#define ADDED "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0") "\n"
#define LOGGED_IN "@0 login agent=ann queues=sales\n@0 state agent=ann state=available"

/* clang-format off */
static const struct story agents[] = {
	{ ADDED,
	    LOGGED_IN },
	{ ADDED "QueueMemberStatus T=1" ROW("sales", "2", "Paused=0") "\n"
	    "QueueMemberStatus T=2" ROW("sales", "6", "Paused=0") "\n"
	    "QueueMemberPenalty T=3" ROW("sales", "1", "Paused=0 Penalty=3"),
	    LOGGED_IN },
	{ ADDED "QueueMemberAdded T=2" ROW("help", "1", "Paused=0") "\n"
	    "QueueMemberRemoved T=3" ROW("sales", "1", "Paused=0") "\n"
	    "QueueMemberRemoved T=4" ROW("help", "1", "Paused=0"),
	    LOGGED_IN "\n"
	    "@2 joined queue=help agent=ann\n"
	    "@3 left queue=sales agent=ann\n"
	    "@4 left queue=help agent=ann\n"
	    "@4 logout agent=ann" },
	/* a pause is told for each queue, and has a reason */
	{ ADDED "QueueMemberAdded T=0" ROW("help", "1", "Paused=0") "\n"
	    "QueueMemberPause T=5" ROW("sales", "1", "Paused=1 PausedReason=lunch") "\n"
	    "QueueMemberPause T=5" ROW("help", "1", "Paused=1 PausedReason=lunch") "\n"
	    "QueueMemberStatus T=6" ROW("help", "2", "Paused=1 PausedReason=lunch") "\n"
	    "QueueMemberPause T=9" ROW("sales", "1", "Paused=0") "\n"
	    "QueueMemberPause T=9.5" ROW("help", "1", "Paused=0"),
	    LOGGED_IN "\n"
	    "@0 joined queue=help agent=ann\n"
	    "@5 state agent=ann reason=lunch state=paused\n"
	    "@9.5 state agent=ann state=available" },
	{ ADDED "QueueMemberPause T=5" ROW("sales", "1", "Paused=1 PausedReason=lunch") "\n"
	    "QueueMemberPause T=6" ROW("sales", "1", "Paused=1 PausedReason=a+meeting"),
	    LOGGED_IN "\n"
	    "@5 state agent=ann reason=lunch state=paused\n"
	    "@6 state agent=ann reason=a meeting state=paused" },
	/* her phone cannot be reached, and can; her queues come with her */
	{ ADDED "QueueMemberAdded T=1" ROW("help", "1", "Paused=0") "\n"
	    "QueueMemberStatus T=5" ROW("sales", "5", "Paused=0") "\n"
	    "QueueMemberStatus T=5" ROW("help", "5", "Paused=0") "\n"
	    "QueueMemberPause T=6" ROW("help", "5", "Paused=1 PausedReason=tea") "\n"
	    "QueueMemberStatus T=8" ROW("sales", "1", "Paused=0") "\n"
	    "QueueMemberStatus T=8" ROW("help", "1", "Paused=1 PausedReason=tea"),
	    LOGGED_IN "\n"
	    "@1 joined queue=help agent=ann\n"
	    "@5 logout agent=ann\n"
	    "@8 login agent=ann queues=sales\n"
	    "help\n"
	    "@8 state agent=ann reason=tea state=paused" },
	{ "QueueMemberAdded T=0" ROW("sales", "4", "Paused=0") "\n"
	    "QueueMemberRemoved T=1" ROW("sales", "4", "Paused=0"),
	    "" },
	/* her desk and her mobile in one queue */
	{ ADDED "QueueMemberAdded T=1 q=sales agent=ann at=PJSIP/mobile Status=5\n"
	    "QueueMemberStatus T=2" ROW("sales", "5", "Paused=0") "\n"
	    "QueueMemberStatus T=3 q=sales agent=ann at=PJSIP/mobile Status=1\n"
	    "QueueMemberRemoved T=4" ROW("sales", "5", "Paused=0"),
	    LOGGED_IN "\n"
	    "@2 logout agent=ann\n"
	    "@3 login agent=ann queues=sales\n"
	    "@3 state agent=ann state=available" },
	/* the phone is somebody else's now */
	{ ADDED "QueueMemberStatus T=7 q=sales agent=bob at=PJSIP/ann Status=1",
	    LOGGED_IN "\n"
	    "@7 left queue=sales agent=ann\n"
	    "@7 logout agent=ann\n"
	    "@7 login agent=bob queues=sales\n"
	    "@7 state agent=bob state=available" },
	/* the queue's wrap-up time is after-contact work, and derived */
	{ "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0 Wrapuptime=15") "\n"
	    UP DONE("65", "agent"),
	    LOGGED_IN "\n"
	    ANSWERED "@65 ended" OUT " agent=ann by=agent talk_ms=60000 acw_ms=15000" },
	{ "QueueMemberAdded T=0" ROW("sales", "1", "Paused=0 Wrapuptime=15") "\n"
	    UP BLIND("65", "1.2") DONE("65", "transfer"),
	    LOGGED_IN "\n"
	    ANSWERED "@65 " GONE_TO("300@house") " acw_ms=15000" },
	{ "QueueMemberRemoved T=1" ROW("sales", "1", "Paused=0"),
	    "" },
};
/* clang-format on */

static void
agents_come_and_go(void **state)
{
	(void)state;
	KIT_EXPECT_ALL(agents);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agents_come_and_go),
		cmocka_unit_test(too_many_queues_of_an_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
