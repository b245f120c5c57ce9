/* SPDX-License-Identifier: MIT */
/*
 * test_freeswitch_lists.c: what FreeSWITCH answers when it is asked what there
 * is: where to begin, what was missed, and what a collector that was killed
 * still knows.
 */
#include "freeswitch_kit.h"

#define S1 " queue=sales contact=s-1 visit=m-1"
#define S2 " queue=sales contact=s-2 visit=m-2"
#define START                                                                                      \
	{                                                                                          \
		"0.25 member-queue-start M", "250 queued" S1                                       \
	}
#define TIMES "CC-Member-Joined-Time=0,CC-Agent-Called-Time=3,CC-Agent-Answered-Time=8"
#define TAKEN                                                                                      \
	{                                                                                          \
		"8.75 bridge-agent-start M,A,U," TIMES, ""                                         \
	}
#define ANSWERED "8750 answered" S1 " agent=ann wait_ms=8000"
#define JOINED                                                                                     \
	{                                                                                          \
		"9 agent-state-change CC-Agent=ann,CC-Agent-State=In a queue call", ANSWERED       \
	}
#define HEARTBEAT(at)                                                                              \
	{                                                                                          \
		at " HEARTBEAT", at "000 heartbeat"                                                \
	}
#define END "20 member-queue-end M,A,U,CC-Cause=Terminated,CC-Member-Leaving-Time=20," TIMES

/* As the switch writes its tables. */
#define AGENTS                                                                                     \
	"list agents\nname|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|" \
	"reject_delay_time|busy_delay_time|no_answer_delay_time|last_bridge_start|last_bridge_"    \
	"end|"                                                                                     \
	"last_offered_call|last_status_change|no_answer_count|calls_answered|talk_time|ready_"     \
	"time|"                                                                                    \
	"external_calls_count\n"
#define AGENT(name, uuid, status, wrap_up)                                                         \
	name "|single_box|" uuid "|callback|[call_timeout=10]user/1|user/2|" status                \
	     "|Waiting|3|" wrap_up "|10|10|10|0|0|0|0|0|0|0|0|0\n"
#define TIERS "list tiers\nqueue|agent|state|level|position\n"
#define MEMBERS                                                                                    \
	"list members "                                                                            \
	"sales\nqueue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|"             \
	"joined_epoch|rejoined_epoch|bridge_epoch|abandoned_epoch|base_score|skill_score|"         \
	"serving_agent|serving_system|state|score\n"
#define MEMBER(n, name, joined, rejoined, bridged, agent, state)                                   \
	"sales|single_box|m-" n "|s-" n "|5550100|" name "|1700000000|" joined "|" rejoined        \
	"|" bridged "|0|0|0|" agent "|single_box|" state "|12\n"
#define OK "+OK\n"
#define NONE_OF(what)                                                                              \
	{                                                                                          \
		"list " what "\n+OK\n", ""                                                         \
	}
#define CHANNEL(uuid, state) "{\"uuid\":\"" uuid "\",\"callstate\":\"" state "\"}"
#define CHANNELS(rows)                                                                             \
	{                                                                                          \
		"list channels\n{\"row_count\":9,\"rows\":[" rows "]}", ""                         \
	}
#define NO_CHANNELS                                                                                \
	{                                                                                          \
		"list channels\n{\"row_count\":0}", ""                                             \
	}
#define DONE(told)                                                                                 \
	{                                                                                          \
		"list done\n", told                                                                \
	}

/* Waiting, talking, gone; one that came back; one whose channel is long gone. */
static void
from_nothing(void **state)
{
	(void)state;
	TELL(HEARTBEAT("100"),
	    { AGENTS AGENT("ann", "a-2", "Available", "30") AGENT("bob", "", "Logged Out", "0")
	            AGENT("cat", "", "On Break", "0") OK,
	        "100000 login agent=ann\n100000 state agent=ann state=available\n"
	        "100000 logout agent=bob\n"
	        "100000 login agent=cat\n100000 state agent=cat state=paused" },
	    { TIERS "sales|ann|Ready|1|1\nhelp|ann|Ready|1|1\n" OK,
	        "100000 joined queue=sales agent=ann\n100000 joined queue=help agent=ann" },
	    { MEMBERS MEMBER("1", "A | B", "1700000050", "0", "0", "ring-all", "Trying")
	            MEMBER("2", "", "1700000060", "0", "1700000075", "ann", "Answered")
	                MEMBER("3", "Doe", "1700000001", "0", "0", "", "Abandoned")
	                    MEMBER("4", "Doe", "1700000001", "1700000090", "0", "(null)", "Waiting")
	                        MEMBER("5", "Doe", "1700000001", "0", "0", "", "Waiting") OK,
	        "" },
	    CHANNELS(CHANNEL("s-1", "ACTIVE") "," CHANNEL("s-2", "ACTIVE") "," CHANNEL(
	        "a-2", "HELD") "," CHANNEL("s-4", "ACTIVE")),
	    DONE("50000 queued" S1 "\n60000 queued" S2 "\n75000 answered" S2
	         " agent=ann wait_ms=15000\n100000 held" S2 " agent=ann\n"
	         "90000 queued queue=sales contact=s-4 visit=m-4-1700000090"),
	    { "110 CHANNEL_UNHOLD Unique-ID=a-2", "110000 resumed" S2 " agent=ann" },
	    { "120 member-queue-end CC-Queue=sales,CC-Member-UUID=m-2,CC-Member-Session-UUID=s-2,A,"
	      "CC-Cause=Terminated,CC-Member-Joined-Time=60,CC-Agent-Answered-Time=75,"
	      "CC-Member-Leaving-Time=120",
	        "120000 ended" S2 " agent=ann talk_ms=35000 hold_ms=10000 acw_ms=30000" });
}

/* The same again says nothing new; what changed does. */
static void
again(void **state)
{
	(void)state;
#define TWO AGENT("ann", "", "Available", "0") AGENT("bob", "", "On Break", "0") OK
#define BOTH "sales|ann|Ready|1|1\nsales|bob|Ready|1|1\n" OK
	TELL(HEARTBEAT("100"),
	    { AGENTS TWO, "100000 login agent=ann\n100000 state agent=ann state=available\n"
	                  "100000 login agent=bob\n100000 state agent=bob state=paused" },
	    { TIERS BOTH,
	        "100000 joined queue=sales agent=ann\n100000 joined queue=sales agent=bob" },
	    DONE(""), { AGENTS TWO, "" }, { TIERS BOTH, "" }, DONE(""),
	    { AGENTS AGENT("bob", "", "Available", "0") OK,
	        "100000 state agent=bob state=available\n100000 logout agent=ann" },
	    { TIERS "sales|bob|Ready|1|1\n" OK, "100000 left queue=sales agent=ann" }, DONE(""),
	    { TIERS OK, "100000 left queue=sales agent=bob" }, DONE(""), { "list tiers\n" OK, "" });
}

/* Away for a moment, and back in her queue before it is listed: the channel is
 * there, the visit is another one.  What is over is told before what begins. */
static void
missing_and_back(void **state)
{
	(void)state;
#define BACK                                                                                       \
	"sales|single_box|m-9|s-1|5550100|Doe|1700000000|1700000020|0|0|0|0|0||single_box|"        \
	"Waiting|12\n"
	TELL(START, HEARTBEAT("30"), NONE_OF("agents"), { MEMBERS BACK OK, "" },
	    CHANNELS(CHANNEL("s-1", "ACTIVE")),
	    DONE("20000 lost" S1 "\n20000 queued queue=sales contact=s-1 visit=m-9"),
	    HEARTBEAT("60"));
	/* heard of lately: how it left is told in a moment */
	TELL(START, TAKEN, JOINED, HEARTBEAT("18"),
	    { "19 CHANNEL_HOLD Unique-ID=s-1", "19000 held" S1 " agent=ann" },
	    { MEMBERS BACK OK, "" }, CHANNELS(CHANNEL("s-1", "ACTIVE")), DONE(""),
	    { END, "20000 ended" S1 " agent=ann talk_ms=11000 hold_ms=1000\n"
	           "20000 queued queue=sales contact=s-1 visit=m-9" });
}

/* Rounds of lists without a member that is there by what was heard: it is lost,
 * if nothing comes of it. */
static void
missing_members(void **state)
{
	(void)state;
#define EMPTY NONE_OF("agents"), NONE_OF("members sales"), CHANNELS(CHANNEL("s-1", "ACTIVE"))
	TELL(START, HEARTBEAT("30"), EMPTY, DONE(""), HEARTBEAT("34"),
	    { "36 HEARTBEAT", "36000 heartbeat\n30000 lost" S1 }, HEARTBEAT("60"));
	/* its end comes late */
	TELL(START, TAKEN, JOINED, EMPTY, DONE(""),
	    { END, "20000 ended" S1 " agent=ann talk_ms=12000" }, HEARTBEAT("60"));
	/* heard of lately: the switch tells before it writes */
	TELL(HEARTBEAT("1"), START, HEARTBEAT("4"), EMPTY, DONE(""), HEARTBEAT("60"));
	/* of another queue, and of one whose list did not come whole, nothing follows */
	TELL(START, HEARTBEAT("30"), NONE_OF("agents"), NONE_OF("members help"),
	    CHANNELS(CHANNEL("s-1", "ACTIVE")), DONE(""), HEARTBEAT("60"));
	/* its channel is gone, whatever the table of members says */
	TELL(START, HEARTBEAT("30"), NONE_OF("agents"),
	    { MEMBERS MEMBER("1", "", "1700000000", "0", "0", "", "Waiting") OK, "" }, NO_CHANNELS,
	    DONE(""), { "36 HEARTBEAT", "36000 heartbeat\n30000 lost" S1 });
	/* another round names it again before that */
	TELL(START, HEARTBEAT("30"), EMPTY, DONE(""),
	    { "31 agent-offering M,A", "31000 ringing" S1 " agent=ann" }, HEARTBEAT("60"));
}

/* The end of a round is not waited for when more is heard of it. */
static void
heard_within_a_round(void **state)
{
	(void)state;
#define WAITS { MEMBERS MEMBER("1", "", "1700000000", "0", "0", "", "Waiting") OK, "" }
	TELL(HEARTBEAT("2"), NONE_OF("agents"), WAITS,
	    { "3 agent-offering M,A", "0 queued" S1 "\n3000 ringing" S1 " agent=ann" },
	    CHANNELS(CHANNEL("s-1", "ACTIVE")), DONE(""));
	TELL(HEARTBEAT("2"), NONE_OF("agents"), WAITS,
	    { "3 CHANNEL_HANGUP_COMPLETE Unique-ID=s-1", "0 queued" S1 }, NO_CHANNELS, DONE(""),
	    { "9 HEARTBEAT", "9000 heartbeat\n3000 abandoned" S1 });
	/* cut, and begun again */
	TELL(HEARTBEAT("2"), NONE_OF("agents"), WAITS, NONE_OF("agents"), NONE_OF("members sales"),
	    NO_CHANNELS, DONE(""), NONE_OF("agents"), WAITS, CHANNELS(CHANNEL("s-1", "ACTIVE")),
	    DONE("0 queued" S1));
}

/* Whether the two were joined, the list knows. */
static void
answers_in_lists(void **state)
{
	(void)state;
	TELL({ "0 agent-state-change CC-Agent=bob,CC-Agent-State=Waiting", "" }, START, TAKEN,
	    HEARTBEAT("30"), NONE_OF("agents"),
	    { MEMBERS MEMBER("1", "", "1700000000", "0", "1700000009", "ann", "Answered") OK,
	        ANSWERED },
	    CHANNELS(CHANNEL("s-1", "ACTIVE") "," CHANNEL("a-1", "HELD")),
	    DONE("30000 held" S1 " agent=ann"), HEARTBEAT("40"), NONE_OF("agents"),
	    CHANNELS(CHANNEL("s-1", "ACTIVE") "," CHANNEL("a-1", "ACTIVE")),
	    DONE("40000 resumed" S1 " agent=ann"));
}

/* Lists have no time: it is that of the collector, by the switch's clock. */
static void
times_of_lists(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	k.received = T0 * 1000 + 7000; /* five seconds behind the switch's */
	(void)kit_hear(&k, "12 HEARTBEAT");
	k.received += 1000;
	assert_string_equal(kit_hear(&k, "list alive\n17\n"), "13000 heartbeat");
	k.received -= 9000;
	assert_string_equal(kit_hear(&k, "list alive\n17\n"), "13000 heartbeat");
	kit_close(&k);
}

/* After a restart the first to name the new core's calls is a list. */
/* Read half a minute late, for nobody ran us: what comes behind the list on
 * the line is no older for it. */
static void
lists_read_late(void **state)
{
	static const struct line before[] = { START, TAKEN, JOINED, { NULL, NULL } };
	static const struct line after[] = { { "20 bridge-agent-end M,A,U," TIMES, "" },
		{ END, "20000 ended" S1 " agent=ann talk_ms=12000" }, { NULL, NULL } };
	struct kit k;

	(void)state;
	kit_open(&k);
	k.received = T0 * 1000 + 9000;
	kit_tell(&k, before);
	k.received = T0 * 1000 + 50000;
	(void)kit_hear(&k, "list done\n");
	kit_tell(&k, after);
	kit_close(&k);
}

static void
restart_and_lists(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k);
	kit_tell(
	    &k, (const struct line[]){ START, HEARTBEAT("30"), NONE_OF("agents"),
	            { MEMBERS MEMBER("2", "", "1700000028", "0", "0", "", "Waiting") OK, "" },
	            CHANNELS(CHANNEL("s-2", "ACTIVE")), DONE("28000 queued" S2), { NULL, NULL } });
	k.core = "22222222-2222-3333-4444-555555555555";
	assert_string_equal(kit_hear(&k, "31 HEARTBEAT"), "31000 lost" S1 "\n31000 heartbeat");
	assert_string_equal(kit_hear(&k, "32 CHANNEL_HANGUP_COMPLETE Unique-ID=s-2"), "");
	assert_string_equal(kit_hear(&k, "38 HEARTBEAT"), "38000 heartbeat\n32000 abandoned" S2);
	/* where the input asks for it, that is known at once */
	assert_string_equal(kit_hear(&k, "39 member-queue-start M"), "39000 queued" S1);
	assert_string_equal(kit_hear(&k, "list core\n33333333\n"), "39000 restarted");
	kit_close(&k);
}

/* ---- notes */

static const char *const story[] = {
	"0 HEARTBEAT",
	AGENTS AGENT("ann", "", "Available", "30") AGENT("bob", "", "Available", "0") OK,
	TIERS BOTH,
	"list done\n",
	"1 member-queue-start M",
	"2 agent-status-change CC-Agent=bob,CC-Agent-Status=On Break",
	"3.5 agent-offering M,A",
	"4 member-queue-start CC-Queue=sales,CC-Member-UUID=m-2,CC-Member-Session-UUID=s-2",
	"8.75 bridge-agent-start M,A,U," TIMES,
	"9 CHANNEL_BRIDGE Bridge-A-Unique-ID=s-1,Bridge-B-Unique-ID=a-1",
	"9 agent-state-change CC-Agent=ann,CC-Agent-State=In a queue call",
	"10 CHANNEL_HOLD Unique-ID=a-1",
	"11 CHANNEL_HOLD Unique-ID=a-1",
	"12 CHANNEL_HANGUP_COMPLETE Unique-ID=s-2",
	"13 CHANNEL_UNHOLD Unique-ID=a-1",
	"14 member-queue-resume CC-Queue=sales,CC-Member-UUID=m-3,CC-Member-Session-UUID=s-3",
	"18 HEARTBEAT",
	AGENTS AGENT("ann", "", "Available", "30") OK,
	TIERS "sales|ann|Ready|1|1\n" OK,
	END,
	"21 member-queue-end CC-Queue=sales,CC-Member-UUID=m-3,CC-Member-Session-UUID=s-3,"
	"CC-Cause=Cancel,CC-Cancel-Reason=TIMEOUT,CC-Member-Joined-Time=14,CC-Member-Leaving-Time="
	"21",
	"22 agent-status-change CC-Agent=ann,CC-Agent-Status=Logged Out",
};

static void
tell_from(struct kit *k, size_t first, size_t last, char *told)
{
	for (size_t i = first; i < last; i++) {
		strcat(told, "\n");
		strcat(told, kit_hear(k, story[i]));
	}
}

/* Killed after each message: what follows is told as if nothing had been, and
 * a message that is given once more tells nothing. */
static void
cut_at_every_point(void **state)
{
	static char whole[32768], cut[32768];
	static kit_note notes[KIT_NOTES];
	struct kit k;

	(void)state;
	kit_open(&k);
	tell_from(&k, 0, COUNTOF(story), whole);
	kit_close(&k);
	for (size_t at = 0; at <= COUNTOF(story); at++) {
		unsigned long sequence;

		memset(notes, 0, sizeof(notes));
		cut[0] = '\0';
		kit_open(&k);
		k.notes = notes;
		tell_from(&k, 0, at, cut);
		sequence = k.sequence;
		kit_close(&k);
		kit_open(&k);
		kit_recall(&k, notes);
		k.sequence = sequence;
		tell_from(&k, at, COUNTOF(story), cut);
		kit_close(&k);
		assert_string_equal(cut, whole);
	}
}

/* Killed in the middle of a long list: it comes again, and what was told is
 * not; but for the one thing of which a part was. */
static void
cut_within_a_list(void **state)
{
	static char list[65536], told[32768];
	static kit_note notes[KIT_NOTES];
	unsigned lines, parts;
	struct kit k;

	(void)state;
	strcpy(list, AGENTS);
	for (unsigned i = 0; i < 50; i++)
		sprintf(list + strlen(list), AGENT("agent%02u", "", "Available", "0"), i);
	strcat(list, OK);
	for (parts = 1; parts <= 13; parts++) {
		memset(notes, 0, sizeof(notes));
		kit_open(&k);
		k.notes = notes;
		(void)kit_hear(&k, "1 HEARTBEAT");
		strcpy(told, kit_parts(&k, list, strlen(list), parts));
		kit_close(&k);
		kit_open(&k);
		kit_recall(&k, notes);
		k.received = T0 * 1000;
		strcat(strcat(told, "\n"), kit_hear(&k, list));
		kit_close(&k);
		lines = 0;
		for (const char *p = told; *p != '\0'; p++)
			lines += strncmp(p, " login ", 7) == 0 || strncmp(p, " state ", 7) == 0;
		assert_int_equal(lines, 100);
	}
}

static const char *const nonsense[] = { "x", "m", "m\t", "a\tann\t9\t0", "a\tann\t1\t0\t0",
	"a\t\t1\t0", "a\tann\t1\t-5", "t\tann", "s\tcore\t1\t0",
	"m\tu\ts\tq\t\t\t0\t99999999999999\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0" };

static void
notes_that_make_no_sense(void **state)
{
	static kit_note notes[KIT_NOTES];
	struct kit k;

	(void)state;
	kit_open(&k);
	for (unsigned i = 0; i < COUNTOF(nonsense); i++) {
		k.dialect->memory->recall(
		    k.state, 0, str_of(i == 0 ? "a\tann\t1\t0" : nonsense[0]));
		k.dialect->memory->recall(k.state, 5, str_of(nonsense[i]));
	}
	k.dialect->memory->recall(k.state, UINT_MAX, str_of("a\tann\t1\t0"));
	k.dialect->memory->recall(k.state, 5, STR_NONE);
	k.notes = notes;
	assert_string_equal(
	    kit_hear(&k, "1 agent-status-change CC-Agent=ann,CC-Agent-Status=Logged Out"),
	    "1000 logout agent=ann");
	for (unsigned i = 2; i < KIT_NOTES; i++)
		assert_string_equal(notes[i], "");
	kit_close(&k);
}

/* The longest names and times there are. */
static void
long_notes(void **state)
{
	static kit_note notes[KIT_NOTES];
	char said[2048];
	struct kit k;

	(void)state;
	kit_open(&k);
	k.notes = notes;
	(void)snprintf(said, sizeof(said),
	    "9 bridge-agent-start CC-Queue=%064d,CC-Member-UUID=%064d,CC-Member-Session-UUID=%064d,"
	    "CC-Agent=%064d,CC-Agent-UUID=%064d," TIMES,
	    1, 2, 3, 4, 5);
	(void)kit_hear(&k, said);
	assert_int_equal(k.why, REFUSAL_NONE);
	(void)snprintf(said, sizeof(said),
	    "9.5 agent-state-change CC-Agent=%064d,CC-Agent-State=In a queue call", 4);
	assert_non_null(strstr(kit_hear(&k, said), "answered"));
	(void)snprintf(said, sizeof(said), "9.6 CHANNEL_HOLD Unique-ID=%064d", 5);
	assert_non_null(strstr(kit_hear(&k, said), "held"));
	kit_close(&k);
	kit_open(&k);
	kit_recall(&k, notes);
	k.sequence = 10;
	(void)snprintf(said, sizeof(said), "9.7 CHANNEL_UNHOLD Unique-ID=%064d", 5);
	assert_non_null(strstr(kit_hear(&k, said), "resumed"));
	kit_close(&k);
}

/* More than can be followed: those that fit are, and the rest is said. */
static void
too_many(void **state)
{
	enum { MANY = 17000, FIT = 16383 };
	size_t cap = (size_t)MANY * 32, len;
	char *list = malloc(cap), *end;
	static struct dialect_result res;
	unsigned joined = 0;
	struct kit k;

	(void)state;
	assert_non_null(list);
	len = (size_t)snprintf(list, cap, TIERS);
	for (unsigned i = 0; i < MANY; i++)
		len += (size_t)snprintf(list + len, cap - len, "sales|agent%u|Ready|1|1\n", i);
	end = list + len;
	strcpy(end, OK);
	kit_open(&k);
	k.dialect->decode(k.state, list, strlen(list), T0 * 1000, &res);
	for (joined = res.n; res.more; joined += res.n)
		k.dialect->decode(k.state, NULL, 0, T0 * 1000, &res);
	assert_int_equal(joined, FIT);
	assert_string_equal(refusal_name(res.why), refusal_name(REFUSAL_OVERSIZED));
	free(list);
	kit_close(&k);
}

/* One channel in two hundred queues, and then in one more, behind a list so
 * long that there is hardly room to tell what it left: the rest comes later. */
static void
too_many_former(void **state)
{
	enum { FORMER = 200, LISTED = 10900, ROW = 160 };
	size_t cap = (size_t)(LISTED + 10) * ROW, len;
	char *list = malloc(cap), said[160];
	struct dialect_result *res = malloc(sizeof(*res));
	struct kit k;

	(void)state;
	assert_true(list != NULL && res != NULL);
	kit_open(&k);
	for (unsigned i = 0; i < FORMER; i++) {
		(void)snprintf(said, sizeof(said),
		    "1 member-queue-start CC-Queue=q%u,CC-Member-UUID=f-%u,"
		    "CC-Member-Session-UUID=s-0",
		    i, i);
		(void)kit_hear(&k, said);
	}
	(void)kit_hear(&k, "60 HEARTBEAT");
	len = (size_t)snprintf(list, cap, MEMBERS);
	for (unsigned i = LISTED; i-- > 0;)
		len += (size_t)snprintf(list + len, cap - len,
		    "sales|single_box|m-%u|s-%u|||1700000000|1700000010|0|1700000020|0|0|0|ann|"
		    "single_box|Answered|1\n",
		    i, i);
	(void)snprintf(list + len, cap - len, OK);
	k.dialect->decode(k.state, list, strlen(list), 0, res);
	len = (size_t)snprintf(list, cap, "list channels\n{\"row_count\":1,\"rows\":[");
	for (unsigned i = 0; i < LISTED; i++)
		len += (size_t)snprintf(list + len, cap - len,
		    "%s{\"uuid\":\"s-%u\",\"callstate\":\"HELD\"}", i > 0 ? "," : "", i);
	(void)snprintf(list + len, cap - len, "]}");
	k.dialect->decode(k.state, list, strlen(list), 0, res);
	k.dialect->decode(k.state, "list done\n", 10, 0, res);
	assert_true(res->n > 0);
	while (res->more)
		k.dialect->decode(k.state, NULL, 0, 0, res);
	free(list);
	free(res);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_nothing),
		cmocka_unit_test(again),
		cmocka_unit_test(missing_members),
		cmocka_unit_test(missing_and_back),
		cmocka_unit_test(heard_within_a_round),
		cmocka_unit_test(answers_in_lists),
		cmocka_unit_test(times_of_lists),
		cmocka_unit_test(lists_read_late),
		cmocka_unit_test(restart_and_lists),
		cmocka_unit_test(cut_at_every_point),
		cmocka_unit_test(cut_within_a_list),
		cmocka_unit_test(notes_that_make_no_sense),
		cmocka_unit_test(long_notes),
		cmocka_unit_test(too_many),
		cmocka_unit_test(too_many_former),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
