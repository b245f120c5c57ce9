/* SPDX-License-Identifier: MIT */
/*
 * test_outcome.c: doc/counting.md, "Outcome", as a table of little stories
 * (stories.h): resolutions and who came back, surveys, feedback, reviews,
 * several contacts at once.  A day is 86,400,000 ms, fcr_days are seven.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/stories.h"

#define DAY_MS INT64_C(86400000)

static const struct story opinions[] = {
	{ "0 survey kind=csat score=4; 1 survey kind=csat score=5; 2 survey kind=csat score=3",
	    "sales.csat_n_all=3 sales.csat_ratio_all=0.6667 call.csat_n_all=3 site.csat_n_all=3 "
	    "help.csat_n_all=0 help.csat_ratio_all=NaN sales.csat_response_ratio_all=NaN "
	    "pbx.inconsistent_total=0" },
	{ "0 survey kind=csat sent=1; 1 survey kind=csat sent=1; 2 survey kind=csat score=1 sent=1",
	    "sales.csat_sent_count_all=2 sales.csat_n_all=1 sales.csat_ratio_all=0.0000 "
	    "sales.csat_response_ratio_all=0.5000" },
	{ "0 survey kind=ces sent=1; 1 survey kind=ces score=7; 2 survey kind=ces score=2",
	    "sales.ces_response_ratio_all=1.0000 sales.ces_score_all=4.5000 sales.ces_n_all=2 "
	    "sales.ces_sent_count_all=1 sales.csat_n_all=0" },
	{ "0 survey kind=nps score=9; 1 survey kind=nps score=8; 2 survey kind=nps score=7; 3 "
	  "survey kind=nps score=6; 4 survey kind=nps score=0; 5 survey kind=nps score=10; 6 "
	  "survey kind=nps score=3",
	    "sales.nps_n_all=7 sales.nps_score_all=-14.2857 sales.nps_sent_count_all=0" },
	{ "0 survey kind=nps score=6", "sales.nps_score_all=-100.0000" },
	{ "0 survey kind=nps score=9", "sales.nps_score_all=100.0000" },
	{ "0 survey kind=csat score=5 agent=eve; 1 survey kind=csat score=2 agent=eve; 2 survey "
	  "kind=nps sent=1 agent=eve",
	    "eve.csat_ratio_all=0.5000 eve.csat_n_all=2 eve.nps_sent_count_all=1 "
	    "eve.nps_response_ratio_all=0.0000 eve.nps_score_all=NaN" },
	{ "0 feedback kind=complaint agent=eve; 1 feedback kind=complaint; 2 feedback "
	  "kind=compliment; 3 feedback kind=comment queue=help channel=chat",
	    "sales.complaint_count_all=2 eve.complaint_count_all=1 sales.compliment_count_all=1 "
	    "sales.comment_count_all=0 help.comment_count_all=1 chat.comment_count_all=1 "
	    "site.comment_count_all=1" },
	{ "0 reviewed agent=eve score=80; 1 reviewed agent=eve score=91",
	    "eve.review_avg_all=85.5000 eve.review_n_all=2 sales.review_avg_all=85.5000 "
	    "eve.state=offline eve.state_since_epoch_ms=NaN eve.login_seconds_all=0.000 "
	    "eve.queues= eve.contacts_now_count=0 site.agents_offline_count=1 "
	    "site.agents_staffed_count=0 eve.degraded=0 pbx.inconsistent_total=0" },
	{ "0 reviewed agent=eve score=80; 1 login agent=eve; 1000 tick",
	    "eve.state=available eve.review_n_all=1 eve.login_seconds_all=0.999" },
	{ "5000@0 reviewed score=80", "sales.review_n_all=0" },
	{ "5000@0 reviewed score=80; 5000 tick", "sales.review_n_all=1" },
};

static const struct story resolutions[] = {
	{ "0 resolved", "sales.resolved_count_all=1 sales.fcr_ratio_all=1.0000 "
	                "sales.fcr_provisional_all=1 sales.fcr_final_ratio_all=NaN "
	                "sales.fcr_final_n_all=0 pbx.inconsistent_total=0" },
	{ "0 heartbeat", "sales.fcr_ratio_all=NaN sales.fcr_provisional_all=0 "
	                 "sales.reopened_ratio_all=NaN" },
	{ "0 queued; 1000 answered; 2000 ended; 3000 resolved agent=bob",
	    "bob.resolved_count_all=1 ann.resolved_count_all=0 bob.fcr_ratio_all=1.0000 "
	    "ann.fcr_ratio_all=NaN ann.fcr_provisional_all=0 bob.fcr_provisional_all=1 "
	    "bob.state=offline call.resolved_count_all=1 site.resolved_count_all=1" },
	{ "0 resolved; 1000 resolved agent=bob",
	    "sales.resolved_count_all=1 bob.resolved_count_all=0 "
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 resolved; 1000 resolved queue=help channel=chat",
	    "help.resolved_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "0 resolved; 1000 resolved source=crm", "sales.resolved_count_all=2" },
	{ "0 resolved; 604800000 resolved",
	    "sales.resolved_count_all=1 pbx.inconsistent_after_end_total=1" },
	{ "0 resolved; 604800001 resolved",
	    "sales.resolved_count_all=2 pbx.inconsistent_after_end_total=0" },
	{ "0 resolved; 1000 queued; 2000 resolved",
	    "sales.resolved_count_all=2 sales.fcr_ratio_all=0.5000 pbx.inconsistent_total=0" },
	{ "0 resolved; 1000 queued; 2000 resolved; 3000 resolved",
	    "sales.resolved_count_all=2 pbx.inconsistent_after_end_total=1" },
	{ "0 resolved; 1000 queued direction=out; 2000 resolved",
	    "sales.resolved_count_all=1 pbx.inconsistent_after_end_total=1" },
};

static const struct story returns[] = {
	{ "0 resolved agent=bob; 1000 queued",
	    "sales.fcr_ratio_all=0.0000 bob.fcr_ratio_all=0.0000 site.fcr_ratio_all=0.0000" },
	{ "0 resolved; 1000 queued queue=help channel=chat",
	    "sales.fcr_ratio_all=0.0000 help.fcr_ratio_all=NaN chat.fcr_ratio_all=NaN" },
	{ "0 resolved; 1000 queued contact=c2", "sales.fcr_ratio_all=1.0000" },
	{ "0 resolved; 1000 answered", "sales.fcr_ratio_all=0.0000" },
	{ "0 resolved; 1000 answered direction=out", "sales.fcr_ratio_all=1.0000" },
	{ "0 resolved; 1000 queued source=crm", "sales.fcr_ratio_all=1.0000" },
	{ "0 resolved; 1000 queued direction=out", "sales.fcr_ratio_all=1.0000" },
	{ "1000 resolved; 1000 queued; 2000 resolved",
	    "sales.resolved_count_all=2 sales.fcr_ratio_all=1.0000" },
	{ "0 resolved; 604800000 queued", "sales.fcr_ratio_all=0.0000" },
	{ "0 resolved; 604800001 queued",
	    "sales.fcr_ratio_all=1.0000 sales.fcr_final_ratio_all=1.0000" },
	{ "0 resolved; 9000 tick; 500@9000 queued", "sales.fcr_ratio_all=0.0000" },
	{ "1000 resolved; 9000 tick; 500@9000 queued; 9001 resolved",
	    "sales.resolved_count_all=2 sales.fcr_ratio_all=1.0000 pbx.inconsistent_total=0" },
	{ "0 resolved; 604800001 tick; 1000@604800001 queued", "sales.fcr_ratio_all=1.0000" },
	/* by the customer */
	{ "0 resolved customer=k; 1000 queued contact=c2 customer=k source=crm queue=help "
	  "channel=chat",
	    "sales.fcr_ratio_all=0.0000" },
	{ "0 resolved customer=k; 1000 queued contact=c2 customer=m",
	    "sales.fcr_ratio_all=1.0000" },
	{ "0 resolved customer=k; 1000 queued contact=c2", "sales.fcr_ratio_all=1.0000" },
	{ "0 queued customer=k; 1000 answered; 2000 ended; 3000 resolved; 4000 queued contact=c2 "
	  "customer=k",
	    "sales.fcr_ratio_all=0.0000" },
	{ "0 queued contact=c2; 1000 abandoned contact=c2 customer=k; 2000 resolved customer=k; "
	  "3000 queued contact=c2",
	    "sales.fcr_ratio_all=0.0000" },
	{ "0 resolved customer=k; 1000 queued contact=c2 customer=k; 2000 resolved",
	    "sales.resolved_count_all=1 pbx.inconsistent_after_end_total=1" },
	{ "0 resolved customer=k; 0 resolved customer=k contact=c2; 0 resolved contact=c3; 0 "
	  "resolved contact=c4; 1000 queued contact=c5 customer=k; 2000 queued contact=c6 "
	  "customer=k; 3000 queued; 4000 queued contact=c2 customer=k",
	    "sales.resolved_count_all=4 sales.fcr_ratio_all=0.5000" },
	{ "0 resolved customer=k; 5000 resolved customer=k contact=c2; 3000@9000 queued "
	  "contact=c3 customer=k",
	    "sales.fcr_ratio_all=0.5000" },
	{ "0 resolved customer=k; 5000 resolved customer=k contact=c2; 3000@9000 queued "
	  "contact=c3 customer=k; 9000 queued contact=c4 customer=k",
	    "sales.fcr_ratio_all=0.0000" },
	/* one that was pushed away did not come back */
	{ "0 queued; 500 answered; 1000 resolved; 2000 queued",
	    "sales.fcr_ratio_all=1.0000 "
	    "pbx.inconsistent_queued_again_total=1" },
};

static const struct story reopenings[] = {
	{ "0 resolved agent=bob; 1000 reopened agent=eve",
	    "sales.reopened_count_all=1 bob.reopened_count_all=1 sales.reopened_ratio_all=1.0000 "
	    "sales.fcr_ratio_all=0.0000 bob.fcr_ratio_all=0.0000 pbx.inconsistent_total=0" },
	{ "0 reopened", "sales.reopened_count_all=1 sales.reopened_ratio_all=NaN "
	                "pbx.inconsistent_total=0" },
	{ "0 resolved; 1000 reopened; 2000 reopened",
	    "sales.reopened_count_all=1 pbx.inconsistent_queued_again_total=1" },
	{ "0 resolved agent=bob; 1000 reopened; 2000 resolved agent=eve; 3000 reopened; 4000 "
	  "resolved agent=eve",
	    "bob.reopened_count_all=1 eve.reopened_count_all=1 eve.resolved_count_all=2 "
	    "eve.fcr_ratio_all=0.5000 pbx.inconsistent_total=0" },
	{ "0 resolved customer=k; 1000 reopened contact=c2 customer=k",
	    "sales.fcr_ratio_all=1.0000" },
	{ "0 resolved agent=bob; 518400000 reopened",
	    "sales.fcr_ratio_all=0.0000 bob.reopened_count_all=1" },
	{ "0 resolved agent=bob; 691200000 reopened",
	    "sales.fcr_ratio_all=1.0000 sales.reopened_count_all=1 bob.reopened_count_all=0" },
};

static const struct story ends[] = {
	{ "0 resolved; 604800000 tick", "sales.fcr_provisional_all=1 sales.fcr_final_n_all=0" },
	{ "0 resolved agent=bob; 604800001 tick",
	    "sales.fcr_provisional_all=0 sales.fcr_final_n_all=1 sales.fcr_final_n_15m=1 "
	    "sales.fcr_final_n_today=1 sales.fcr_final_ratio_15m=1.0000 bob.fcr_final_n_all=1 "
	    "sales.resolved_count_15m=0 sales.fcr_ratio_15m=NaN sales.fcr_provisional_15m=0" },
	{ "0 resolved; 1000 queued; 604800001 tick",
	    "sales.fcr_final_ratio_all=0.0000 sales.fcr_final_n_all=1" },
	{ "0 resolved; 604801000 tick; 605700000 tick",
	    "sales.fcr_final_n_15m=0 sales.fcr_final_n_60m=1" },
	{ "0 resolved; 86400000 resolved contact=c2; 604800001 tick",
	    "sales.fcr_provisional_all=1 sales.fcr_final_n_all=1" },
	{ "0 resolved; 86400000 resolved contact=c2; 691200001 tick",
	    "sales.fcr_provisional_all=0 sales.fcr_final_n_all=2" },
	{ "0 resolved; 1000@700000000 resolved contact=c2; 700000000 resolved contact=c3",
	    "sales.resolved_count_all=3 sales.fcr_final_n_all=2 sales.fcr_final_n_60m=0 "
	    "sales.fcr_provisional_all=1" },
	{ "5000@0 resolved; 4999 tick", "sales.resolved_count_all=0 sales.fcr_provisional_all=0" },
	{ "0 resolved; 500@9000 resolved contact=c2; 604800001 tick", "sales.fcr_final_n_all=1" },
	{ "0 resolved; 500@9000 resolved contact=c2; 604800501 tick", "sales.fcr_final_n_all=2" },
};

#define CHAT " queue=help channel=chat"

static const struct story at_once[] = {
	{ "0 login queues=help; 0 queued contact=a" CHAT "; 0 queued contact=b" CHAT
	  "; 10000 answered contact=a" CHAT "; 10000 answered contact=b" CHAT
	  "; 70000 ended contact=a" CHAT "; 70000 ended contact=b" CHAT "; 80000 tick",
	    "ann.concurrency_ratio_all=2.0000 help.concurrency_ratio_all=2.0000 "
	    "chat.concurrency_ratio_all=2.0000 sales.concurrency_ratio_all=NaN "
	    "help.aht_seconds_all=60.000 help.effective_aht_seconds_all=30.000 "
	    "ann.effective_aht_seconds_all=30.000 sales.effective_aht_seconds_all=NaN "
	    "help.handled_per_login_hour_all=90.000 help.handled_per_staffed_hour_all=90.000 "
	    "site.handled_per_login_hour_all=90.000" },
	{ "0 queued; 0 answered; 10000 held; 20000 ended acw=1; 30000 wrapped; 40000 tick",
	    "ann.concurrency_ratio_all=1.0000 ann.effective_aht_seconds_all=30.000" },
	{ "0 queued; 0 answered; 0 queued contact=b; 10000 answered contact=b; 30000 ended "
	  "contact=b; 30000 ended; 30000 tick",
	    /* 50 s of contacts in 30 s; 25 s each */
	    "ann.concurrency_ratio_all=1.6667 ann.aht_seconds_all=25.000 "
	    "ann.effective_aht_seconds_all=15.000" },
	{ "0 login; 0 state state=paused; 60000 tick",
	    "ann.concurrency_ratio_all=NaN ann.handled_per_login_hour_all=0.000 "
	    "ann.handled_per_staffed_hour_all=NaN site.handled_per_login_hour_all=0.000 "
	    "site.handled_per_staffed_hour_all=NaN" },
};

#define STORIES(name)                                                                              \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		tell_all(name, COUNTOF(name));                                                     \
	}

STORIES(opinions)
STORIES(resolutions)
STORIES(returns)
STORIES(reopenings)
STORIES(ends)
STORIES(at_once)

/* ---- fcr_days ---- */

static const struct story not_counted[] = {
	{ "0 resolved agent=bob; 1000 resolved; 2000 reopened; 3000 queued",
	    "sales.resolved_count_all=2 sales.reopened_count_all=1 bob.reopened_count_all=0 "
	    "sales.fcr_ratio_all=NaN sales.fcr_provisional_all=NaN sales.fcr_final_ratio_all=NaN "
	    "sales.fcr_final_n_all=NaN pbx.inconsistent_after_end_total=0" },
};

static void
test_not_counted(void **state)
{
	struct site site = usual_site();

	(void)state;
	site.fcr_days = 0;
	tell_of(&site, not_counted, COUNTOF(not_counted));
}

/* A reload that changes fcr_days: what is remembered ends by the new value. */
static void
test_other_days(void **state)
{
	static const struct {
		int32_t days;
		const char *then, *expected;
	} after[] = {
		{ 9, "604800001 tick", "sales.fcr_final_n_all=0 sales.fcr_provisional_all=1" },
		{ 9, "777600001 tick", "sales.fcr_final_n_all=1 sales.fcr_provisional_all=1" },
		{ 3, "172800000 tick", "sales.fcr_final_n_all=0 sales.fcr_provisional_all=1" },
		{ 3, "345600000 tick",
		    "sales.fcr_final_n_all=1 sales.fcr_provisional_all=1 "
		    "sales.fcr_ratio_all=1.0000" },
		{ 1, "172800001 tick", "sales.fcr_final_n_all=1 sales.fcr_provisional_all=1" },
		{ 0, "691200000 tick", "sales.fcr_final_n_all=NaN" },
	};
	struct site site = usual_site();
	struct telling t;

	(void)state;
	for (size_t i = 0; i < COUNTOF(after); i++) {
		site.fcr_days = 7;
		begin_telling(&t, &site);
		t.site = &site;
		tell(&t, "0 resolved");
		site.fcr_days = after[i].days;
		tell(&t, "172800000 resolved contact=c2");
		tell(&t, after[i].then);
		expect(&t, after[i].expected, after[i].then);
		end_telling(&t);
	}
}

/* Nothing of what is no longer remembered stays in the store. */
static size_t
kept_resolutions(const struct kit_kept *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		n += k->f[i].key[0] == 'o';
	return n;
}

static void
test_kept(void **state)
{
	struct site site = usual_site();
	struct telling t;

	(void)state;
	begin_telling(&t, &site);
	t.site = &site;
	tell(&t, "0 resolved; 1000 resolved contact=c2; 2000 queued");
	assert_int_equal(kept_resolutions(&t.kept), 2);
	tell(&t, "604800001 tick");
	assert_int_equal(kept_resolutions(&t.kept), 1);
	site.fcr_days = 0;
	tell(&t, "604800002 tick; 604800003 tick");
	assert_int_equal(kept_resolutions(&t.kept), 0);
	end_telling(&t);
}

/* ---- bounds ---- */

static void
test_too_many(void **state)
{
	struct engine_limits limited;
	struct site site = usual_site();
	struct telling t;

	(void)state;
	site.limits.contacts = 3;
	begin_telling(&t, &site);
	tell(&t, "3000 resolved contact=c3; 1000@3000 resolved contact=c1; 2000@3000 resolved "
	         "contact=c2; 4000 resolved contact=c4");
	engine_limits(t.e, &limited);
	assert_int_equal(limited.contacts, 1);
	assert_int_equal(t.e->resolved.n, 3);
	tell(&t, "5000 resolved contact=c1"); /* it was the oldest, and nobody knows it */
	expect(&t, "sales.resolved_count_all=5 pbx.inconsistent_total=0", "forgotten");
	tell(&t, "500@5000 resolved contact=c0"); /* goes at once */
	engine_limits(t.e, &limited);
	assert_int_equal(limited.contacts, 3);
	tell(&t, "604810000 tick");
	expect(&t, "sales.resolved_count_all=6 sales.fcr_final_n_all=3", "the last three");
	end_telling(&t);
}

/* A source that says "unknown" of everybody costs no more than another. */
static void
test_one_key_for_all(void **state)
{
	struct site site = usual_site();
	struct telling t;
	char story[64];

	(void)state;
	begin_telling(&t, &site);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(story, sizeof(story), "%u resolved contact=r%u customer=unknown", i, i);
		tell(&t, story);
	}
	tell(&t, "3000 queued contact=q customer=unknown");
	expect(&t, "sales.resolved_count_all=3000 sales.fcr_ratio_all=0.0000", "all of them");
	for (size_t i = 0; i < t.e->resolved.n; i++)
		assert_true(((struct resolution *)t.e->resolved.item[i])->settled[OF_CUSTOMER]);
	tell(&t, "604803001 tick");
	expect(&t, "sales.fcr_final_n_all=3000 sales.fcr_final_ratio_all=0.0000", "and final");
	end_telling(&t);
}

/* ---- who resolved it is not remembered for ever ---- */

static void
test_agent_forgotten(void **state)
{
	struct site site;
	struct telling t;

	(void)state;
	kit_site(&site);
	begin_telling(&t, &site);
	tell(&t, "0 resolved agent=eve; 10000 tick");
	expect(&t, "eve.resolved_count_today=1", "known");
	tell(&t, "172800000 tick");
	assert_false(engine_exists(t.e, kit_object(t.e, SCOPE_AGENT, "eve")));
	tell(&t, "172800001 login agent=new; 172800002 reopened");
	expect(&t, "new.reopened_count_today=0 sales.reopened_count_today=1", "in her place");
	tell(&t, "604800001 tick");
	expect(&t, "sales.fcr_final_n_15m=1", "final all the same");
	end_telling(&t);
}

/* Told at midnight, a little ahead: she is not forgotten before it counts. */
static void
test_ahead_of_midnight(void **state)
{
	struct site site;
	struct telling t;

	(void)state;
	kit_site(&site);
	begin_telling(&t, &site);
	t.site = &site;
	tell(&t,
	    "43203000@43199000 reviewed agent=eve score=80; 43200500 login agent=new; 43203000 "
	    "tick");
	expect(&t, "eve.review_n_today=1 new.review_n_today=0 sales.review_n_today=1", "midnight");
	end_telling(&t);
}

/* ---- history ---- */

static int64_t
in_history(struct engine *e, const char *column)
{
	const struct column *c;
	size_t n = engine_history_columns(e, &c), at = 0;
	int64_t sum = 0;
	struct edge edge;

	while (at < n && strcmp(c[at].name, column) != 0)
		at++;
	assert_true(at < n);
	while (engine_edge(e, &edge))
		if (edge.type == EDGE_HISTORY && edge.object.scope == SCOPE_SITE &&
		    edge.history == HISTORY_MINUTE)
			sum += edge.values[at];
	return sum;
}

static void
test_history(void **state)
{
	static const struct {
		const char *column;
		int64_t sum;
	} columns[] = { { "resolved_count", 2 }, { "came_back_count", 1 }, { "fcr_final_n", 2 },
		{ "fcr_final_first_count", 1 }, { "reopened_count", 1 }, { "csat_n", 2 },
		{ "csat_good_count", 1 }, { "nps_promoters_count", 1 },
		{ "nps_detractors_count", 1 }, { "ces_sum_count", 5 }, { "complaint_count", 1 },
		{ "review_sum_count", 77 } };
	struct site site = usual_site();
	struct engine *e;

	(void)state;
	for (size_t i = 0; i < COUNTOF(columns); i++) {
		struct telling t;

		begin_telling(&t, &site);
		e = t.e;
		tell(&t, "0 resolved");
		tell(&t, "0 resolved contact=c2");
		tell(&t, "0 survey kind=csat score=4; 0 survey kind=csat score=2");
		tell(&t, "0 survey kind=nps score=10; 0 survey kind=nps score=1");
		tell(&t, "0 survey kind=ces score=5; 0 feedback kind=complaint");
		tell(&t, "0 reviewed score=77; 1000 reopened; 2000 tick");
		engine_tick(e, KIT_NOON + 8 * DAY_MS);
		assert_int_equal(in_history(e, columns[i].column), columns[i].sum);
		end_telling(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opinions),
		cmocka_unit_test(test_resolutions),
		cmocka_unit_test(test_returns),
		cmocka_unit_test(test_reopenings),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_not_counted),
		cmocka_unit_test(test_other_days),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_one_key_for_all),
		cmocka_unit_test(test_agent_forgotten),
		cmocka_unit_test(test_ahead_of_midnight),
		cmocka_unit_test(test_history),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
