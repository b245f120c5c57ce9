/* SPDX-License-Identifier: MIT */
/*
 * test_matters.c: "Matters and response clocks" of doc/counting.md as a table
 * of little stories (stories.h).
 *
 * Calls of sales promise a first response in 30 s; those of plain nothing.
 * Chats of help promise the first response in 60 s, later ones in 120 s, a
 * solution in 1,000 s, and are waited for 100 s when transferred.  Mail of
 * post promises the first response in an hour and a solution in two days, and
 * is given up after three.  Mail of desk promises the same, in an office that
 * closes at 12:10 and opens at 13:00.
 */
#include "tests/unit/stories.h"

static void
owing_site(struct site *site)
{
	static struct opening halves[] = { { 8 * 60, 12 * 60 + 10 }, { 13 * 60, 18 * 60 } };
	static struct queue_def queues[4];
	static char office[] = "office", desk[] = "desk";
	static struct calendar calendar = { .name = office,
		.week = { halves, halves, halves, halves, halves },
		.nweek = { 2, 2, 2, 2, 2 } };

	*site = usual_site();
	memcpy(queues, site->queues, site->nqueues * sizeof(*queues));
	queues[0].policy.first_response = 30000;
	queues[1].policy.resolution = 1000000;
	queues[1].policy.max_wait = 100000;
	queues[1].policy.threshold = 0;
	queues[2].policy.first_response = 3600000;
	queues[2].policy.next_response = 0;
	queues[2].policy.max_open = INT64_C(259200000);
	queues[3] = queues[2];
	queues[3].name = desk;
	queues[3].calendar = office;
	site->queues = queues;
	site->nqueues = COUNTOF(queues);
	site->calendars = (struct calendars){ &calendar, 1, site->zones };
}

static const struct story openings[] = {
	{ "0 queued queue=help", "help.backlog_count=1 help.first_response_running_count=1 "
	                         "help.next_response_running_count=0 "
	                         "help.resolution_running_count=1 chat.backlog_count=1 "
	                         "site.first_response_running_count=1 call.backlog_count=0" },
	{ "0 queued queue=plain", "plain.backlog_count=0 plain.first_response_running_count=0" },
	{ "0 queued", "sales.backlog_count=1 sales.first_response_running_count=1" },
	{ "0 queued queue=help direction=out", "help.backlog_count=0" },
	{ "0 queued queue=help; 1000 queued queue=help",
	    "help.backlog_count=1 help.first_response_running_count=1" },
	{ "0 queued queue=post", "post.first_response_target_seconds=3600.000 "
	                         "post.first_response_target_ratio=0.9000 "
	                         "post.next_response_target_seconds=NaN "
	                         "post.next_response_target_ratio=NaN" },
	{ "0 queued queue=help; 30000 tick",
	    "help.backlog_oldest_seconds=30.000 help.first_response_oldest_seconds=30.000 "
	    "help.first_response_due_1h_count=1 help.first_response_overdue_count=0 "
	    "help.first_response_next_due_seconds=30.000" },
	{ "0 queued queue=post; 10000 queued queue=post contact=c2; 20000 tick",
	    "post.backlog_count=2 post.first_response_oldest_seconds=20.000 "
	    "post.first_response_due_1h_count=2 post.first_response_due_15m_count=0 "
	    "post.resolution_due_1h_count=0" },
	{ "0 queued queue=post; 2700000 tick", "post.first_response_due_15m_count=1" },
	{ "0 queued queue=post; 86400000 tick", "post.backlog_over_1d_count=0" },
	{ "0 queued queue=post; 86400001 tick",
	    "post.backlog_over_1d_count=1 post.backlog_over_3d_count=0" },
	{ "0 message queue=help from=customer; 0 status queue=help status=pending; 0 resolved",
	    "help.backlog_count=0 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued queue=plain; 0 message queue=plain from=customer",
	    "plain.backlog_count=0 pbx.inconsistent_total=0" },
};

static const struct story responses[] = {
	{ "0 queued queue=help; 5000 message queue=help from=agent agent=ann",
	    "help.first_response_met_count_all=1 help.first_response_avg_seconds_all=5.000 "
	    "help.first_response_running_count=0 help.first_response_ratio_all=1.0000 "
	    "help.backlog_count=1 ann.first_response_met_count_all=1 "
	    "help.response_avg_seconds_all=5.000 help.first_response_p90_seconds_all=5.023" },
	{ "0 queued queue=help; 60000 message queue=help from=agent",
	    "help.first_response_met_count_all=1 breach=" },
	{ "0 queued queue=help; 60001 message queue=help from=agent",
	    "help.first_response_met_count_all=0 help.first_response_missed_count_all=1 "
	    "help.first_response_avg_seconds_all=60.001 help.first_response_ratio_all=0.0000 "
	    "breach=first_response" },
	{ "0 queued queue=help; 5000 message queue=help from=bot; 6000 message queue=help "
	  "from=auto; 7000 message queue=help from=agent public=0",
	    "help.first_response_running_count=1 help.first_response_met_count_all=0" },
	{ "0 queued queue=help; 5000 answered queue=help; 6000 ended queue=help",
	    "help.first_response_running_count=0 help.first_response_met_count_all=0 "
	    "help.first_response_missed_count_all=0 help.resolution_running_count=1 "
	    "help.backlog_count=1" },
	{ "0 queued; 5000 answered",
	    "sales.first_response_met_count_all=1 ann.first_response_met_count_all=1" },
	{ "0 queued; 5000 answered; 9000 ended", "sales.backlog_count=0" },
	{ "5000 answered wait_ms=2000", "sales.first_response_met_count_all=1 "
	                                "sales.first_response_avg_seconds_all=2.000" },
	{ "40000 answered wait_ms=35000", "sales.first_response_met_count_all=0 "
	                                  "sales.first_response_missed_count_all=1 "
	                                  "ann.first_response_missed_count_all=0 "
	                                  "sales.first_response_avg_seconds_all=35.000 "
	                                  "breach=late,first_response" },
	{ "0 queued direction=out; 5000 answered",
	    "sales.backlog_count=0 sales.first_response_met_count_all=0" },
	{ "0 queued queue=help; 0 message queue=help from=agent",
	    "help.first_response_running_count=1" },
	{ "0 queued queue=help; 0 message queue=help from=customer",
	    "help.next_response_running_count=0" },
	{ "0 queued queue=help; 1000 message queue=help from=agent; 2000 message queue=help "
	  "from=customer; 3000 message queue=help from=customer; 9000 message queue=help "
	  "from=agent",
	    "help.next_response_met_count_all=1 help.next_response_avg_seconds_all=7.000 "
	    "help.response_avg_seconds_all=4.000" },
	{ "0 queued queue=help; 1000 message queue=help from=agent; 2000 message queue=help "
	  "from=customer; 2000 message queue=help from=agent",
	    "help.next_response_running_count=1" },
	{ "0 queued queue=post; 1000 message queue=post from=agent; 2000 message queue=post "
	  "from=customer",
	    "post.next_response_running_count=0" },
};

static const struct story lateness[] = {
	{ "0 queued queue=help; 60000 tick",
	    "help.first_response_missed_count_all=0 help.first_response_due_1h_count=1" },
	{ "0 queued queue=help; 60001 tick",
	    "help.first_response_missed_count_all=1 help.first_response_overdue_count=1 "
	    "help.first_response_due_1h_count=0 help.first_response_running_count=1 "
	    "breach=first_response" },
	{ "0 queued queue=help; 60000@61000 message queue=help from=agent",
	    "help.first_response_missed_count_all=0 help.first_response_met_count_all=1 "
	    "help.first_response_avg_seconds_all=60.000 breach=first_response" },
	{ "0 queued queue=help; 60001@61000 message queue=help from=agent",
	    "help.first_response_missed_count_all=1 help.first_response_met_count_all=0" },
	{ "0 queued queue=help; 5000@61000 abandoned queue=help",
	    "help.first_response_missed_count_all=0 help.first_response_running_count=0" },
	{ "0 queued queue=help; 70000 abandoned queue=help",
	    "help.first_response_missed_count_all=1 help.backlog_count=0" },
	{ "0 queued queue=help; 50000 answered queue=help; 61000 tick",
	    "ann.first_response_missed_count_all=1" },
	{ "0 queued queue=help; 50000 answered queue=help; 55000@61000 message queue=help "
	  "from=agent agent=bob",
	    "ann.first_response_missed_count_all=0 bob.first_response_met_count_all=1" },
	{ "0 queued queue=help; 61000@59000 message queue=help from=agent",
	    "help.first_response_missed_count_all=0 help.first_response_running_count=0 "
	    "breach=first_response" },
	{ "0 queued queue=help; 61000@59000 message queue=help from=agent; 61000 tick",
	    "help.first_response_missed_count_all=1 help.first_response_met_count_all=0" },
	{ "0 queued queue=help; 50000 status queue=help status=pending; 40000 message queue=help "
	  "from=agent",
	    "help.first_response_avg_seconds_all=50.000" },
};

static const struct story pauses[] = {
	{ "0 queued queue=help; 10000 status queue=help status=pending; 500000 tick",
	    "help.first_response_missed_count_all=0 help.first_response_oldest_seconds=10.000 "
	    "help.first_response_due_1h_count=0 help.first_response_running_count=1 "
	    "help.first_response_next_due_seconds=NaN help.backlog_pending_count=1" },
	{ "0 queued queue=help; 10000 status queue=help status=pending; 500000 status queue=help "
	  "status=open; 550000 tick",
	    "help.first_response_missed_count_all=0 help.backlog_pending_count=0 "
	    "help.first_response_oldest_seconds=60.000" },
	{ "0 queued queue=help; 10000 status queue=help status=pending; 500000 status queue=help "
	  "status=on_hold; 550001 tick",
	    "help.first_response_missed_count_all=1" },
	{ "0 queued queue=help; 10000 status queue=help status=pending; 500000 message queue=help "
	  "from=customer; 550000 tick",
	    "help.backlog_pending_count=0 help.first_response_missed_count_all=0 "
	    "help.next_response_running_count=0" },
	{ "0 queued queue=help; 10000 status queue=help status=pending; 500000 message queue=help "
	  "from=agent",
	    "help.first_response_met_count_all=1 help.first_response_avg_seconds_all=10.000 "
	    "help.backlog_pending_count=1" },
	{ "0 queued queue=help; 50000@61000 status queue=help status=pending",
	    "help.first_response_missed_count_all=0 help.first_response_overdue_count=0" },
	{ "0 queued queue=help; 50000@61000 status queue=help status=pending; 70000 status "
	  "queue=help status=open; 80001 tick",
	    "help.first_response_missed_count_all=1 breach=first_response" },
	{ "0 queued queue=help; 70000 status queue=help status=pending; 80000 status queue=help "
	  "status=open; 90000 message queue=help from=agent",
	    "help.first_response_missed_count_all=1 help.first_response_met_count_all=0 "
	    "help.first_response_avg_seconds_all=80.000" },
	{ "0 queued queue=help; 1000 status queue=help status=pending; 2000 queued queue=post",
	    "help.backlog_pending_count=0 post.backlog_pending_count=1" },
	{ "0 promised queue=plain due=1767614430000; 1000 status queue=plain status=pending; "
	  "2000 queued queue=help; 90000 tick",
	    "help.first_response_missed_count_all=0 help.promise_missed_count_all=1" },
};

/* 600 s are left of the morning. */
static const struct story office[] = {
	{ "0 queued queue=desk; 600000 tick", "desk.first_response_oldest_seconds=600.000" },
	{ "0 queued queue=desk; 3000000 tick", "desk.first_response_oldest_seconds=600.000" },
	{ "0 queued queue=desk; 3900000 message queue=desk from=agent",
	    "desk.first_response_met_count_all=1 desk.first_response_avg_seconds_all=900.000" },
	{ "0 queued queue=desk; 6600000 tick", "desk.first_response_missed_count_all=0" },
	{ "0 queued queue=desk; 6600001 tick", "desk.first_response_missed_count_all=1" },
	{ "0 queued queue=desk; 300000 status queue=desk status=pending; 900000 status queue=desk "
	  "status=open; 6900000 tick",
	    "desk.first_response_missed_count_all=0 desk.first_response_oldest_seconds=3600.000" },
	{ "0 queued queue=desk; 300000 status queue=desk status=pending; 900000 status queue=desk "
	  "status=open; 6900001 tick",
	    "desk.first_response_missed_count_all=1" },
	{ "0 queued queue=desk; 0 promised queue=desk due=1767615600000; 1200001 tick",
	    "desk.promise_missed_count_all=1 desk.promise_oldest_seconds=1200.001" },
};

static const struct story moves[] = {
	{ "0 queued queue=help; 10000 queued queue=post",
	    "help.backlog_count=0 post.backlog_count=1 post.first_response_running_count=1 "
	    "help.first_response_running_count=0 post.backlog_oldest_seconds=10.000" },
	{ "0 queued queue=help; 10000 queued queue=post; 60001 tick",
	    "help.first_response_missed_count_all=0 post.first_response_missed_count_all=1" },
	{ "0 queued queue=help; 61000 tick; 62000 queued queue=post; 50000@63000 message "
	  "queue=post from=agent",
	    "help.first_response_missed_count_all=0 post.first_response_missed_count_all=0 "
	    "post.first_response_met_count_all=1" },
	{ "0 queued; 5000 answered; 6000 transferred to_queue=help; 7000 queued queue=help",
	    "help.backlog_count=1 help.first_response_running_count=0 "
	    "help.resolution_running_count=1" },
	{ "0 queued queue=help; 5000 answered queue=help; 6000 transferred queue=help "
	  "to_queue=post; 106000 tick",
	    "help.first_response_running_count=1" },
	{ "0 queued queue=help; 5000 answered queue=help; 6000 transferred queue=help "
	  "to_queue=post; 106001 tick",
	    "help.first_response_running_count=0 help.resolution_running_count=1" },
	{ "0 queued queue=help; 5000 answered queue=help; 6000 transferred queue=help "
	  "to_queue=post; 50000 queued queue=post; 106001 tick",
	    "post.first_response_running_count=1" },
	{ "0 queued; 5000 answered; 6000 transferred to_queue=help; 66000 tick",
	    "sales.backlog_count=1" },
	{ "0 queued; 5000 answered; 6000 transferred to_queue=help; 66001 tick",
	    "sales.backlog_count=0" },
	{ "0 queued; 5000 answered; 6000 transferred to_external=cab", "sales.backlog_count=0" },
	{ "0 queued queue=post; 1000 transferred queue=post to_external=cab",
	    "post.first_response_running_count=0 post.resolution_running_count=1" },
};

static const struct story promises[] = {
	{ "0 promised queue=post due=1767614460000",
	    "post.backlog_count=1 post.promise_running_count=1 post.promise_due_1h_count=1" },
	{ "0 promised queue=post due=1767614460000; 60000 promise_kept queue=post agent=ann",
	    "post.backlog_count=0 post.promise_met_count_all=1 ann.promise_met_count_all=1 "
	    "post.promise_avg_seconds_all=60.000 ann.state=offline" },
	{ "0 promised queue=post due=1767614460000; 60001 tick",
	    "post.promise_missed_count_all=1 post.promise_overdue_count=1 breach=promise" },
	{ "0 promised queue=post due=1767614460000; 70000 promise_kept queue=post; 80000 "
	  "promise_kept queue=post",
	    "post.promise_met_count_all=0 post.promise_avg_seconds_all=70.000 "
	    "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 promised queue=post due=1767614460000; 30000 promised queue=post due=1767614520000; "
	  "120000 tick",
	    "post.promise_met_count_all=1 post.promise_running_count=1 "
	    "post.promise_missed_count_all=0 post.promise_oldest_seconds=90.000" },
	{ "0 promised queue=post due=1767614460000; 30000 message queue=post from=agent",
	    "post.promise_met_count_all=1 post.backlog_count=0" },
	{ "60000 promised queue=post due=1767614400000; 60000 tick",
	    "post.promise_missed_count_all=1 post.promise_oldest_seconds=0.000" },
	{ "0 queued queue=post; 0 promised queue=post due=1767614460000; 10000 status queue=post "
	  "status=pending; 60001 tick",
	    "post.promise_missed_count_all=1 post.first_response_due_1h_count=0" },
	{ "0 queued queue=help; 1000 promised queue=help due=1767614460000; 2000 ended queue=help",
	    "help.backlog_count=1 help.promise_running_count=1" },
	{ "0 promise_kept", "pbx.inconsistent_unknown_visit_total=1" },
};

static const struct story callbacks[] = {
	{ "0 queued; 1000 callback",
	    "sales.backlog_count=1 sales.callback_running_count=1 "
	    "sales.first_response_running_count=0 sales.callback_due_1h_count=0" },
	{ "0 queued; 1000 callback; 700000 tick",
	    "sales.callback_missed_count_all=0 sales.callback_oldest_seconds=699.000" },
	{ "0 queued; 1000 callback; 700000 callback_done reached=1",
	    "sales.callback_met_count_all=1 sales.callback_avg_seconds_all=699.000 "
	    "sales.callback_reached_ratio_all=1.0000 sales.backlog_count=0 "
	    "ann.callback_met_count_all=1" },
	{ "0 queued; 1000 callback due=1767614460000; 60001 tick",
	    "sales.callback_missed_count_all=1 sales.callback_overdue_count=1 breach=callback" },
	{ "0 queued; 1000 callback due=1767614460000; 50000 callback_done reached=0; 0 queued "
	  "contact=c2; 51000 callback contact=c2; 52000 callback_done contact=c2 reached=1",
	    "sales.callback_reached_ratio_all=0.5000 sales.callback_met_count_all=2" },
	{ "0 queued; 1000 callback; 2000 callback_done; 3000 callback_done",
	    "sales.callback_met_count_all=1 pbx.inconsistent_unknown_visit_total=1 "
	    "sales.callback_reached_ratio_all=NaN" },
	{ "9000 callback queue=plain", "plain.callback_running_count=1 plain.backlog_count=1" },
	{ "0 queued queue=plain direction=out; 1000 callback queue=plain",
	    "plain.callback_running_count=0" },
	{ "0 queued; 1000 answered; 2000 callback",
	    "sales.callback_running_count=0 pbx.inconsistent_after_answer_total=1" },
};

static const struct story ends[] = {
	{ "0 queued queue=post; 9000 resolved queue=post agent=ann",
	    "post.backlog_count=0 post.resolution_met_count_all=1 "
	    "post.first_response_running_count=0 post.first_response_met_count_all=0 "
	    "ann.resolution_met_count_all=1" },
	{ "0 queued queue=post; 9000 ended queue=post", "post.backlog_count=1" },
	{ "0 queued queue=post; 9000 abandoned queue=post", "post.backlog_count=0" },
	{ "0 queued queue=help; 9000 resolved queue=help; 10000 reopened queue=help",
	    "help.backlog_count=1 help.first_response_running_count=1 "
	    "help.resolution_running_count=1 help.backlog_oldest_seconds=0.000" },
	{ "0 queued queue=help; 1000 reopened queue=help",
	    "pbx.inconsistent_queued_again_total=1 help.backlog_count=1" },
	{ "0 reopened queue=help; 9000 message queue=help from=agent",
	    "help.first_response_met_count_all=1 help.backlog_count=1 pbx.inconsistent_total=0" },
	{ "0 queued queue=help; 1000 message queue=help from=agent; 2000 resolved queue=help; "
	  "3000 reopened queue=help; 9000 message queue=help from=agent; 9000 resolved "
	  "queue=help",
	    "help.first_response_met_count_all=2 help.resolution_met_count_all=2 "
	    "help.first_response_avg_seconds_all=3.500" },
	{ "0 queued queue=help; 0 queued queue=post contact=c2; 0 queued contact=c3; 5000 "
	  "restarted",
	    "help.first_response_running_count=0 help.resolution_running_count=0 "
	    "help.backlog_count=0 post.backlog_count=1 sales.backlog_count=0" },
	{ "0 queued queue=help; 0 queued queue=post contact=c2; 5000 lost queue=help; 5000 lost "
	  "queue=post contact=c2",
	    "help.first_response_running_count=0 help.resolution_running_count=0 "
	    "help.backlog_count=0 post.backlog_count=1 pbx.inconsistent_total=0" },
	{ "0 queued queue=help; 5000 lost queue=help visit=x",
	    "help.backlog_count=1 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued queue=post; 259200000 tick", "post.backlog_count=1" },
	{ "0 queued queue=post; 259200001 tick",
	    "post.backlog_count=0 post.backlog_expired_count_all=1 "
	    "post.resolution_running_count=0 post.resolution_missed_count_all=1" },
	{ "0 queued queue=post; 1000 ended queue=post; 259200001 tick; 259500000 message "
	  "queue=post from=customer",
	    "pbx.inconsistent_unknown_visit_total=0" },
	{ "0 queued queue=post; 1000 ended queue=post; 259200001 tick; 259500001 message "
	  "queue=post from=customer",
	    "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued queue=post; 1000 abandoned queue=post; 2000 queued queue=post",
	    "post.backlog_count=1 post.backlog_oldest_seconds=0.000" },
};

static void
tell_owing(const struct story *s, size_t n)
{
	struct site site;
	struct telling t;

	owing_site(&site);
	for (; n > 0; n--, s++) {
		begin_telling(&t, &site);
		tell(&t, s->events);
		expect(&t, s->expected, s->events);
		end_telling(&t);
	}
}

#define OWING(name)                                                                                \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		tell_owing(name, COUNTOF(name));                                                   \
	}

OWING(openings)
OWING(responses)
OWING(lateness)
OWING(pauses)
OWING(office)
OWING(moves)
OWING(promises)
OWING(callbacks)
OWING(ends)

/* ---- who waits ---- */

static void
expect_waiting(struct engine *e, const char *queue, const char *expected)
{
	struct object o = kit_object(e, SCOPE_QUEUE, queue);
	char got[256] = "";
	uintptr_t cursor = 0;
	struct waiting w;

	while (engine_waiting(e, o.index, &cursor, &w))
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s=%" PRId64 " ",
		    STR_ARG(w.visit), w.due == MSEC_NEVER ? -1 : (w.due - KIT_NOON) / 1000);
	assert_string_equal(got, expected);
}

static void
test_who_waits(void **state)
{
	static const struct {
		const char *events, *waiting;
	} cases[] = {
		{ "0 queued queue=help", "c1=60 " },
		{ "0 queued queue=help; 5000 answered queue=help", "c1=60 " },
		{ "0 queued queue=help; 5000 answered queue=help; 9000 message queue=help "
		  "from=agent",
		    "c1=1000 " },
		{ "0 queued queue=help; 1000 status queue=help status=pending", "c1=-1 " },
		{ "0 queued queue=help; 1000 answered queue=help; 2000 status queue=help "
		  "status=pending",
		    "" },
		{ "0 queued queue=help; 5000 answered queue=help; 10000 queued queue=help "
		  "contact=c2 visit=v2; 70000 tick",
		    "v2=70 c1=60 " },
		{ "0 queued queue=help; 5000 resolved queue=help", "" },
	};
	struct site site;
	struct telling t;
	size_t i;

	(void)state;
	owing_site(&site);
	for (i = 0; i < COUNTOF(cases); i++) {
		begin_telling(&t, &site);
		tell(&t, cases[i].events);
		expect_waiting(t.e, "help", cases[i].waiting);
		end_telling(&t);
	}
}

/* ---- who is forgotten, and limits ---- */

static void
test_open_is_not_forgotten(void **state)
{
	struct site site;
	struct telling t;

	(void)state;
	owing_site(&site);
	site.limits.contacts = 2;
	begin_telling(&t, &site);
	tell(&t, "0 queued queue=post; 1000 ended queue=post; 0 promised queue=post contact=c2 "
	         "due=1767614400000");
	tell(&t, "86400000 tick; 86400000 message queue=post from=agent");
	expect(&t,
	    "post.first_response_running_count=0 pbx.inconsistent_unanswered_total=1 "
	    "pbx.inconsistent_unknown_visit_total=0",
	    "open for a day");
	tell(&t, "86400000 reopened queue=post contact=c3; 86400000 promised queue=post contact=c4 "
	         "due=1767614400000");
	expect(&t, "post.backlog_count=2", "no room for more");
	end_telling(&t);
}

static void
test_no_promise_costs_nothing(void **state)
{
	struct site site;
	struct telling t;
	size_t before;

	(void)state;
	owing_site(&site);
	begin_telling(&t, &site);
	tell(&t, "0 queued queue=plain");
	before = engine_memory(t.e);
	tell(&t, "1000 message queue=plain from=customer; 1000 status queue=plain status=pending");
	assert_int_equal(engine_memory(t.e), before);
	end_telling(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_lateness),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_office),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_callbacks),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_who_waits),
		cmocka_unit_test(test_open_is_not_forgotten),
		cmocka_unit_test(test_no_promise_costs_nothing),
	};

	return cmocka_run_group_tests_name("matters", tests, NULL, NULL);
}
