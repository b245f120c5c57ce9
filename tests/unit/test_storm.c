/* SPDX-License-Identifier: MIT */
/*
 * test_storm.c: many alerts at once: told together, in time, and in order.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define QUEUES 500

static struct desk desk;
static char why[128];

/* So many queues; a call waits in each when Redis is away. */
static struct queue_def *
many_queues(void)
{
	struct queue_def *q = calloc(QUEUES, sizeof(*q));

	for (unsigned i = 0; i < QUEUES; i++) {
		q[i] = desk.site.queues[0];
		if (asprintf(&q[i].name, "q%03u", i) < 0)
			abort();
		q[i].nmatch = 0;
		q[i].policy.max_wait = 0;
	}
	return q;
}

static void
open_many(void)
{
	struct rule_def *r;

	desk_init(&desk);
	desk.site.queues = many_queues();
	desk.site.nqueues = QUEUES;
	r = desk_rule(&desk, "wait", SCOPE_QUEUE, "*", "waiting_count > 0");
	r->clear_for = 0;
	desk_step(r, 60000, "boss");
	desk_open(&desk);
	desk_turn(&desk);
}

static void
close_many(void)
{
	desk_close(&desk);
	for (unsigned i = 0; i < QUEUES; i++)
		free(desk.site.queues[i].name);
	free(desk.site.queues);
}

static void
in_queue(unsigned i, enum event_kind kind)
{
	char contact[16], queue[16];
	struct event ev = {
		.event = kind, .time = desk.now, .source = kit_str("pbx"), .channel = CHANNEL_CALL
	};

	snprintf(contact, sizeof(contact), "c%u", i);
	snprintf(queue, sizeof(queue), "q%03u", i);
	ev.has = HAS(SOURCE) | HAS(TIME) | HAS(CONTACT) | HAS(QUEUE) | HAS(CHANNEL) | HAS(AGENT);
	ev.contact = kit_str(contact);
	ev.queue = kit_str(queue);
	ev.agent = kit_str("ann");
	engine_apply(desk.engine, &ev, desk.now);
	for (struct edge edge; engine_edge(desk.engine, &edge);)
		;
}

/* Calls come in the queues from..to - 1, or are answered. */
static void
all(unsigned from, unsigned to, enum event_kind kind)
{
	for (unsigned i = from; i < to; i++)
		in_queue(i, kind);
	desk_turn(&desk);
}

static size_t
told(enum page_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < desk.npages; i++)
		if (desk.page[i].kind == kind)
			n += desk.page[i].nrefs;
	return n;
}

static void
test_twenty_are_told_one_by_one(void **state)
{
	(void)state;
	open_many();
	all(0, 20, EV_QUEUED);
	assert_int_equal(desk.npages, 20);
	desk_run(&desk, 30000);
	assert_int_equal(desk.npages, 20);
	assert_int_equal(desk_notes(&desk, "storm "), 0);
	close_many();
}

static void
test_five_hundred_at_once(void **state)
{
	const struct desk_page *p;

	(void)state;
	open_many();
	all(0, QUEUES, EV_QUEUED);
	assert_int_equal(desk.npages, 20);
	desk_run(&desk, GROUP_MS - 1);
	assert_int_equal(desk.npages, 20);
	desk_run(&desk, 1);
	assert_int_equal(desk.npages, 21);
	p = &desk.page[20];
	assert_int_equal(p->kind, PAGE_FIRE);
	assert_int_equal(p->nrefs, QUEUES - 20);
	assert_int_equal(p->id[0], 's');
	assert_string_equal(p->first, "wait/queue:q020");
	assert_string_equal(
	    p->summary, "480 new alerts: wait/queue:q020, wait/queue:q021 and 478 more");
	assert_int_equal(desk_notes(&desk, "storm "), 1);
	assert_int_equal(desk_notes(&desk, "page storm/site"), 1);
	close_many();
}

static void
test_all_are_told_within_30_s_though_they_trickle(void **state)
{
	(void)state;
	open_many();
	for (unsigned i = 0; i < 25; i++) { /* 20 a second */
		all(i * 20, i * 20 + 20, EV_QUEUED);
		desk_run(&desk, 1000);
	}
	desk_run(&desk, GROUP_MS);
	assert_int_equal(told(PAGE_FIRE), QUEUES);
	assert_true(desk.now - KIT_NOON <= 30000);
	assert_true(desk.npages <= 27);
	close_many();
}

static void
test_later_steps_and_ends_are_gathered(void **state)
{
	(void)state;
	open_many();
	all(0, QUEUES, EV_QUEUED);
	desk_run(&desk, 70000);
	assert_int_equal(told(PAGE_ESCALATE), QUEUES);
	assert_int_equal(desk_count(&desk, PAGE_ESCALATE), 21);
	all(0, QUEUES, EV_ANSWERED);
	desk_run(&desk, GROUP_MS);
	assert_int_equal(told(PAGE_RESOLVE), QUEUES);
	assert_int_equal(desk_count(&desk, PAGE_RESOLVE), 21);
	close_many();
}

/* Others resolve already when one begins and ends: its end must not travel
 * with theirs, ahead of its begin. */
static void
test_no_end_before_its_begin(void **state)
{
	size_t fire = SIZE_MAX, end = SIZE_MAX;

	(void)state;
	open_many();
	all(0, 400, EV_QUEUED);
	desk_run(&desk, GROUP_MS);
	all(300, 400, EV_ANSWERED); /* an open page of ends */
	desk_run(&desk, 1000);
	all(450, 451, EV_QUEUED);
	desk_run(&desk, 1000);
	all(450, 451, EV_ANSWERED);
	desk_run(&desk, 10000);
	for (size_t i = 0; i < desk.npages; i++) {
		if (strcmp(desk.page[i].first, "wait/queue:q450") == 0)
			fire = i;
		if (desk.page[i].kind == PAGE_RESOLVE)
			end = i;
	}
	assert_true(fire != SIZE_MAX && end != SIZE_MAX && fire < end);
	assert_int_equal(desk.page[end].nrefs, 101);
	close_many();
}

/* Its end still waits for others when it begins again, told alone. */
static void
test_no_begin_before_the_end_before_it(void **state)
{
	size_t end;

	(void)state;
	open_many();
	all(0, 25, EV_QUEUED);
	desk_run(&desk, STORM_MS + 2 * GROUP_MS);
	end = desk.npages;
	all(24, 25, EV_ABANDONED);
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, end);
	all(24, 25, EV_QUEUED);
	assert_int_equal(desk.npages, end + 2);
	assert_int_equal(desk.page[end].kind, PAGE_RESOLVE);
	assert_int_equal(desk.page[end + 1].kind, PAGE_FIRE);
	assert_string_equal(desk.page[end].first, "wait/queue:q024");
	assert_string_equal(desk.page[end + 1].first, "wait/queue:q024");
	close_many();
}

static void
test_an_acked_one_leaves_the_list(void **state)
{
	(void)state;
	open_many();
	all(0, 25, EV_QUEUED);
	assert_int_equal(desk_order(&desk, ORDER_ACK, "wait/queue:q022", 0, why), 0);
	desk_run(&desk, GROUP_MS);
	assert_int_equal(desk.page[20].nrefs, 4);
	close_many();
}

static void
test_the_storm_is_over(void **state)
{
	(void)state;
	open_many();
	all(0, 25, EV_QUEUED);
	desk_run(&desk, STORM_MS + 1000);
	all(100, 101, EV_QUEUED);
	assert_string_equal(desk.page[desk.npages - 1].first, "wait/queue:q100");
	assert_int_equal(desk.page[desk.npages - 1].nrefs, 1);
	assert_int_equal(desk.page[desk.npages - 1].time, desk.now);
	close_many();
}

/* In every way in which it can be split by a restart. */
static void
test_a_restart_while_gathering(void **state)
{
	struct desk_kept kept = { 0 };

	(void)state;
	open_many();
	all(0, QUEUES, EV_QUEUED);
	desk_run(&desk, 2000);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	desk_run(&desk, 3000);
	assert_int_equal(desk.npages, 21);
	assert_int_equal(desk.page[20].nrefs, QUEUES - 20);
	desk_forget(&kept);
	close_many();
}

/* The list went out, and the process died before the commit. */
static void
test_a_list_the_outbox_knows(void **state)
{
	struct desk_kept kept = { 0 };
	struct told_page page;
	struct page_ref refs[QUEUES];
	char names[QUEUES][32];
	struct desk_page *p;
	struct page given;

	(void)state;
	open_many();
	all(0, QUEUES, EV_QUEUED);
	desk_commit(&desk, &kept); /* it is open still */
	desk.now += GROUP_MS;
	engine_tick(desk.engine, desk.now);
	alerts_turn(desk.alerts, desk.now);
	assert_true(alerts_page(desk.alerts, &given));
	p = &desk.page[20];
	desk_take_page(&desk, &given);
	page = (struct told_page){ .id = kit_str(p->id),
		.kind = p->kind,
		.time = p->time,
		.refs = refs,
		.nrefs = given.nrefs };
	for (size_t i = 0; i < given.nrefs; i++) {
		static char episodes[QUEUES][EPISODE_MAX];

		refs[i] = given.refs[i];
		snprintf(names[i], sizeof(names[i]), "%.*s", STR_ARG(given.refs[i].alert));
		memcpy(episodes[i], given.refs[i].episode.p, EPISODE_MAX);
		refs[i].alert = kit_str(names[i]);
		refs[i].episode = kit_str(episodes[i]);
	}
	desk_restart(&desk, &kept);
	alerts_told(desk.alerts, &page);
	desk_run(&desk, 20000);
	assert_int_equal(desk.npages, 21); /* nothing new, nothing twice */
	desk_run(&desk, 60000);
	assert_int_equal(told(PAGE_ESCALATE), QUEUES);
	desk_forget(&kept);
	close_many();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twenty_are_told_one_by_one),
		cmocka_unit_test(test_five_hundred_at_once),
		cmocka_unit_test(test_all_are_told_within_30_s_though_they_trickle),
		cmocka_unit_test(test_later_steps_and_ends_are_gathered),
		cmocka_unit_test(test_no_end_before_its_begin),
		cmocka_unit_test(test_no_begin_before_the_end_before_it),
		cmocka_unit_test(test_an_acked_one_leaves_the_list),
		cmocka_unit_test(test_the_storm_is_over),
		cmocka_unit_test(test_a_restart_while_gathering),
		cmocka_unit_test(test_a_list_the_outbox_knows),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
