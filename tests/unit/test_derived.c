/* SPDX-License-Identifier: MIT */
/*
 * test_derived.c: after-contact work that nobody reports the end of, as
 * little stories (stories.h), each told in one go and by an engine that dies
 * after each line: when it is over, what it counts as, and when there is none.
 */
#include "tests/unit/stories.h"

/* ann has talked from 1 to 11 s, and has 30 s for what is left to do. */
#define TALK "0 queued; 1000 answered; 11000 ended "
#define PLANNED TALK "acw_ms=30000; "

/* By its planned length, and by nothing else. */
static const struct story lengths[] = {
	{ PLANNED "11000 tick", "ann.state=acw ann.contacts_now_count=1 sales.handled_count_all=1 "
	                        "sales.in_progress_count=0 sales.acw_derived_count_all=0 "
	                        "sales.acw_avg_seconds_all=0.000 pbx.inconsistent_total=0" },
	{ PLANNED "41000 tick", "ann.state=acw sales.acw_derived_count_all=0" },
	{ PLANNED "41001 tick", "ann.state=available ann.contacts_now_count=0 "
	                        "ann.state_since_epoch_ms=1767614441000 ann.acw_seconds_all=30.000 "
	                        "sales.acw_derived_count_all=1 ann.acw_derived_count_all=1 "
	                        "call.acw_derived_count_all=1 site.acw_derived_count_all=1 "
	                        "chat.acw_derived_count_all=0 sales.acw_avg_seconds_all=30.000 "
	                        "ann.acw_avg_seconds_all=30.000 sales.aht_seconds_all=40.000" },
	/* at the second it ends, which is in a window longer than the rest */
	{ PLANNED "909000 tick", "sales.handled_count_15m=1 sales.acw_derived_count_15m=1" },
	{ PLANNED "911000 tick", "sales.handled_count_15m=0 sales.acw_derived_count_15m=1" },
	{ PLANNED "941000 tick", "sales.acw_derived_count_15m=0 sales.acw_derived_count_60m=1" },
	/* told late: at that past second all the same */
	{ "0 queued; 1000 answered; 11000@60000 ended acw_ms=30000; 940000 tick",
	    "sales.acw_derived_count_15m=1 ann.acw_seconds_all=30.000 ann.state=available" },
	{ "0 queued; 1000 answered; 11000@60000 ended acw_ms=30000; 941000 tick",
	    "sales.acw_derived_count_15m=0 sales.acw_avg_seconds_all=30.000" },
	{ TALK "acw=1 acw_ms=30000; 41001 tick",
	    "ann.state=available sales.acw_derived_count_all=1" },
	{ TALK "acw=0 acw_ms=30000", "ann.state=available ann.contacts_now_count=0" },
	{ TALK "acw_ms=0; 12000 tick", "ann.state=available sales.acw_derived_count_all=0" },
	{ TALK "acw=1; 60000 tick", "ann.state=acw sales.acw_derived_count_all=0" },
	{ "0 queued direction=out; 1000 answered; 11000 ended acw_ms=30000; 41001 tick",
	    "sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=30.000" },
	/* the end comes before its begin: from there */
	{ "0 queued; 5000 answered; 4000@5000 ended acw_ms=10000; 15000 tick", "ann.state=acw" },
	{ "0 queued; 5000 answered; 4000@5000 ended acw_ms=10000; 15001 tick",
	    "ann.state=available sales.acw_avg_seconds_all=10.000" },
};

/* By what she turns to. */
static const struct story turns[] = {
	{ PLANNED "0 queued contact=c2; 18000 ringing contact=c2",
	    "ann.state=ringing ann.contacts_now_count=0 sales.acw_derived_count_all=1 "
	    "sales.acw_avg_seconds_all=7.000 ann.acw_avg_seconds_all=7.000" },
	{ PLANNED "0 queued contact=c2; 18000 answered contact=c2",
	    "ann.state=on_contact ann.contacts_now_count=1 sales.acw_avg_seconds_all=7.000 "
	    "ann.acw_seconds_all=7.000" },
	{ PLANNED "18000 state state=paused",
	    "ann.state=paused sales.acw_avg_seconds_all=7.000 sales.acw_derived_count_all=1" },
	{ PLANNED "18000 state state=available",
	    "ann.state=available sales.acw_avg_seconds_all=7.000" },
	{ PLANNED "18000 login", "ann.state=available sales.acw_avg_seconds_all=7.000" },
	{ PLANNED "18000 logout", "ann.state=offline sales.acw_avg_seconds_all=7.000" },
	{ PLANNED "18000 logout; 60000 tick",
	    "ann.acw_seconds_all=7.000 sales.acw_derived_count_all=1" },
	/* who never said login is gone with her last queue */
	{ PLANNED "18000 left", "ann.state=offline sales.acw_avg_seconds_all=7.000" },
	{ PLANNED "18000 joined queue=help; 19000 left queue=help", "ann.state=acw" },
	{ PLANNED "18000 missed contact=c2", "ann.state=acw" },
	{ PLANNED "18000 state state=paused agent=bob", "ann.state=acw bob.state=paused" },
	/* at the very instant it begins, and at that of its planned end */
	{ PLANNED "11000 state state=paused",
	    "ann.state=paused sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=0.000" },
	{ PLANNED "41000 state state=paused",
	    "ann.state=paused sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=30.000" },
	/* from before it began: not her next */
	{ PLANNED "10000@12000 state state=paused", "ann.state=acw" },
	/* ahead of the clock, past its planned end */
	{ PLANNED "43000@40000 state state=paused; 42000 tick",
	    "sales.acw_avg_seconds_all=30.000 ann.state=available" },
	/* what is told after it was over changes nothing */
	{ PLANNED "18000@42000 state state=paused", "sales.acw_avg_seconds_all=30.000" },
	{ PLANNED "18000 state state=paused; 15000@19000 state state=available",
	    "sales.acw_avg_seconds_all=7.000 sales.acw_derived_count_all=1" },
	/* a ringing of a visit nobody knows is none */
	{ PLANNED "18000 ringing contact=c9",
	    "ann.state=acw pbx.inconsistent_unknown_visit_total=1" },
	/* she has two at once: both are over */
	{ "0 queued; 0 queued contact=c2; 1000 answered; 1000 answered contact=c2; 11000 ended "
	  "acw_ms=30000; 13000 ended contact=c2 acw_ms=30000; 18000 state state=available",
	    "ann.acw_derived_count_all=2 ann.acw_avg_seconds_all=6.000 ann.contacts_now_count=0 "
	    "ann.acw_seconds_all=5.000" },
	/* to hold and back on another contact is nothing new */
	{ "0 queued; 0 queued contact=c2; 1000 answered; 1000 answered contact=c2; 11000 ended "
	  "acw_ms=30000; 13000 held contact=c2; 15000 resumed contact=c2; 16000 ended "
	  "contact=c2",
	    "ann.state=acw sales.acw_derived_count_all=0" },
};

/* The end is told after what followed on it. */
static const struct story told_late[] = {
	{ "0 queued; 1000 answered; 18000 state state=paused; 11000@20000 ended acw_ms=30000",
	    "ann.state=paused ann.contacts_now_count=0 sales.acw_derived_count_all=1 "
	    "sales.acw_avg_seconds_all=7.000" },
	{ "0 queued; 1000 answered; 14000 state state=available; 18000 state state=paused; "
	  "11000@20000 ended acw_ms=30000",
	    "sales.acw_avg_seconds_all=3.000" },
	{ "0 queued; 1000 answered; 10000 state state=available; 43000 state state=paused; "
	  "11000@44000 ended acw_ms=30000",
	    "sales.acw_avg_seconds_all=30.000 sales.acw_derived_count_all=1 ann.state=paused" },
	{ "0 queued; 1000 answered; 11000 state state=available; 11000 ended acw_ms=30000",
	    "ann.state=acw" },
	{ "0 queued; 0 queued contact=c2; 1000 answered; 1000 answered contact=c2; 13000 held "
	  "contact=c2; 15000 resumed contact=c2; 11000@16000 ended acw_ms=30000; 41001 tick",
	    "sales.acw_avg_seconds_all=30.000" },
	/* doings of more than an hour ago may be forgotten: not looked for */
	{ "0 queued queue=post channel=email; 1000 answered queue=post channel=email; 18000 state "
	  "state=paused; 11000@3618000 ended queue=post channel=email acw_ms=30000",
	    "post.acw_avg_seconds_all=30.000" },
	{ "0 queued queue=post channel=email; 1000 answered queue=post channel=email; 18000 state "
	  "state=paused; 11000@3617999 ended queue=post channel=email acw_ms=30000",
	    "post.acw_avg_seconds_all=7.000" },
};

/* Somebody does report it. */
static const struct story wraps[] = {
	{ PLANNED "18000 wrapped",
	    "ann.state=available ann.contacts_now_count=0 sales.acw_derived_count_all=0 "
	    "sales.acw_avg_seconds_all=7.000 ann.acw_avg_seconds_all=7.000" },
	{ PLANNED "18000 wrapped acw_ms=5000",
	    "sales.acw_derived_count_all=0 sales.acw_avg_seconds_all=5.000" },
	{ PLANNED "18000 wrapped; 19000 wrapped; 60000 tick",
	    "sales.acw_avg_seconds_all=7.000 sales.acw_derived_count_all=0 "
	    "pbx.inconsistent_wrapped_unasked_total=1" },
	{ PLANNED "18000 wrapped agent=bob",
	    "ann.state=acw pbx.inconsistent_wrapped_unasked_total=1" },
	{ PLANNED "42000 wrapped",
	    "sales.acw_derived_count_all=1 pbx.inconsistent_wrapped_unasked_total=1" },
	{ PLANNED "18000 state state=paused; 19000 wrapped",
	    "sales.acw_derived_count_all=1 pbx.inconsistent_wrapped_unasked_total=1" },
	/* asked for until wrapped: her next doing says nothing of it */
	{ TALK "acw=1; 18000 state state=paused; 20000 wrapped",
	    "sales.acw_avg_seconds_all=9.000 sales.acw_derived_count_all=0" },
};

static const struct story transfers[] = {
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help acw_ms=30000; 41001 tick",
	    "sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=30.000 ann.state=available" },
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help acw=1; 12000 tick",
	    "ann.state=available" },
	/* the visit goes on with bob while ann writes down what she did; then he does */
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob acw_ms=30000; 13000 answered "
	  "agent=bob",
	    "ann.state=acw bob.state=on_contact sales.in_progress_count=1" },
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob acw_ms=30000; 13000 answered "
	  "agent=bob; 23000 ended acw_ms=10000; 24000 tick",
	    "ann.state=acw bob.state=acw sales.handled_count_all=2" },
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob acw_ms=30000; 13000 answered "
	  "agent=bob; 23000 ended acw_ms=10000; 25000 wrapped; 33001 tick",
	    "ann.state=available bob.state=available ann.acw_derived_count_all=0 "
	    "bob.acw_derived_count_all=1 sales.acw_avg_seconds_all=12.000 "
	    "sales.handle_seconds_total=44.000" },
	/* back to herself: that ends it */
	{ "0 queued; 1000 answered; 11000 transferred to_agent=ann acw_ms=30000; 13000 answered",
	    "ann.acw_derived_count_all=1 ann.acw_avg_seconds_all=2.000 ann.state=on_contact "
	    "ann.contacts_now_count=1" },
	/* bob's call is lost, ann's work is not */
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob acw_ms=30000; 13000 answered "
	  "agent=bob; 15000 lost; 41001 tick",
	    "sales.stuck_handling_count_all=1 ann.acw_avg_seconds_all=30.000 bob.state=available" },
};

/* No longer than anything may be handled: sales 300 s, mail for ever. */
static const struct story limits[] = {
	{ TALK "acw_ms=300000; 311001 tick",
	    "sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=300.000" },
	{ TALK "acw_ms=300001; 311000 tick", "ann.state=acw" },
	{ TALK "acw_ms=300001; 311001 tick",
	    "sales.acw_derived_count_all=0 sales.acw_avg_seconds_all=0.000 ann.state=available "
	    "ann.contacts_now_count=0" },
	{ TALK "acw_ms=400000; 311000 state state=paused",
	    "sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=300.000" },
	{ "0 queued; 1000 answered; 311000 state state=paused; 11000@312000 ended acw_ms=400000",
	    "sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=300.000" },
	{ "0 queued; 1000 answered; 311001 state state=paused; 11000@312000 ended acw_ms=400000; "
	  "312000 tick",
	    "sales.acw_derived_count_all=0 sales.acw_avg_seconds_all=0.000 ann.state=paused" },
	/* stuck, until an end from before that comes: then with what followed on it */
	{ "0 queued; 1000 answered; 200000@302000 ended acw_ms=110000; 310001 tick",
	    "sales.stuck_handling_count_all=0 sales.acw_avg_seconds_all=110.000" },
	{ PLANNED "18000 restarted; 60000 tick",
	    "ann.state=available sales.acw_derived_count_all=0 sales.acw_avg_seconds_all=0.000" },
	{ PLANNED "18000 lost; 60000 tick",
	    "pbx.inconsistent_after_end_total=1 sales.acw_derived_count_all=1" },
	/* its contact is remembered until five minutes after */
	{ PLANNED "341000 ringing", "pbx.inconsistent_after_end_total=1" },
	{ PLANNED "341001 ringing", "pbx.inconsistent_unknown_visit_total=1" },
	{ PLANNED "18000 state state=paused; 318000 ringing",
	    "pbx.inconsistent_after_end_total=1" },
	{ PLANNED "18000 state state=paused; 318001 ringing",
	    "pbx.inconsistent_unknown_visit_total=1" },
};

STORIES(lengths)
STORIES(turns)
STORIES(told_late)
STORIES(wraps)
STORIES(transfers)
STORIES(limits)

/* ---- the queue's wrapup ---- */

/* What follows each handling of sales, 20 s, where the source does not say. */
static const struct story policies[] = {
	{ TALK "; 31000 tick", "ann.state=acw" },
	{ TALK "; 31001 tick",
	    "ann.state=available sales.acw_derived_count_all=1 sales.acw_avg_seconds_all=20.000" },
	{ TALK "; 18000 state state=paused", "sales.acw_avg_seconds_all=7.000" },
	{ TALK "; 18000 wrapped", "sales.acw_avg_seconds_all=7.000 sales.acw_derived_count_all=0 "
	                          "pbx.inconsistent_total=0" },
	{ PLANNED "31001 tick", "ann.state=acw" },
	{ TALK "acw_ms=0", "ann.state=available" },
	{ TALK "acw=0", "ann.state=available" },
	{ TALK "acw=1; 60000 tick", "ann.state=acw" },
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help; 31001 tick",
	    "sales.acw_derived_count_all=1" },
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help acw=0; 12000 tick",
	    "ann.state=available" },
	{ "0 queued queue=help channel=chat; 1000 answered queue=help channel=chat; 11000 ended "
	  "queue=help channel=chat",
	    "ann.state=available" },
	/* nobody handled it: nobody has anything to do */
	{ "0 queued; 5000 ended", "sales.handled_count_all=1 sales.acw_derived_count_all=0" },
	{ "9000 answered wait_ms=4000; 11000 ended; 31001 tick",
	    "sales.acw_derived_count_all=1 ann.state=available" },
};

static struct site
site_with_wrapup(msec_t wrapup)
{
	struct site site = usual_site();

	site.queues[0].policy.wrapup = wrapup;
	return site;
}

static void
test_policies(void **state)
{
	struct site site = site_with_wrapup(20000);

	(void)state;
	tell_of(&site, policies, COUNTOF(policies));
}

/* What was planned stays planned; what ends from now on is by the new one. */
static void
test_reload(void **state)
{
	struct site site = site_with_wrapup(20000);
	struct telling t;

	(void)state;
	begin_telling(&t, &site);
	tell(&t, TALK);
	site = site_with_wrapup(0);
	t.site = &site;
	begin_anew(&t);
	tell(&t, "31000 tick");
	expect(&t, "ann.state=acw", "reload");
	tell(&t, "31001 tick");
	expect(&t, "sales.acw_derived_count_all=1 ann.state=available", "reload");
	tell(&t, "32000 queued contact=c2; 33000 answered contact=c2; 40000 ended contact=c2");
	expect(&t, "ann.state=available sales.acw_derived_count_all=1", "reload");
	end_telling(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_told_late),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
