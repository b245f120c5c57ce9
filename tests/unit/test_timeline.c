/* SPDX-License-Identifier: MIT */
/*
 * test_timeline.c: an agent's running sums against a fold of every change she
 * ever made, in the order of their times, looked at millisecond by second; and
 * which of them was the next.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CHANGES 400
#define KEEP (2 * HOUR_MS)
#define BEGIN (1000 * HOUR_MS)

struct done {
	msec_t at;
	enum agent_op op;
};
struct life {
	struct done done[CHANGES];
	size_t n;
};

/* After those at the same time: they came before. */
static void
note(struct life *l, msec_t at, enum agent_op op)
{
	size_t i = l->n++;

	for (; i > 0 && l->done[i - 1].at > at; i--)
		l->done[i] = l->done[i - 1];
	l->done[i] = (struct done){ at, op };
}

struct person {
	int ring, talk, hold, acw;
	bool in, paused;
};

static void
act(struct person *p, enum agent_op op)
{
	if (op == OP_LOGOUT) {
		p->in = p->paused = false;
		return;
	}
	if (!p->in && op != OP_RING_END && op != OP_TALK_END && op != OP_HOLD_END &&
	    op != OP_ACW_END && op != OP_TALK_ON && op != OP_HOLD_ON)
		*p = (struct person){ p->ring, p->talk, p->hold, p->acw, true, false };
	p->ring += (op == OP_RING) - (op == OP_RING_END);
	p->talk += (op == OP_TALK || op == OP_RESUME || op == OP_TALK_ON) - (op == OP_TALK_END);
	p->hold += (op == OP_HOLD || op == OP_HOLD_ON) - (op == OP_HOLD_END);
	p->acw += (op == OP_ACW) - (op == OP_ACW_END);
	p->paused = op == OP_PAUSE || (p->paused && op != OP_AVAILABLE);
}

static enum agent_state
state_of(const struct person *p)
{
	return p->talk > 0   ? AGENT_ON_CONTACT
	       : p->hold > 0 ? AGENT_ON_HOLD
	       : p->acw > 0  ? AGENT_ACW
	       : p->ring > 0 ? AGENT_RINGING
	       : !p->in      ? AGENT_OFFLINE
	       : p->paused   ? AGENT_PAUSED
	                     : AGENT_AVAILABLE;
}

/* Time in each state from `from` to `to`, and the state and its begin then. */
static enum agent_state
fold(const struct life *l, msec_t from, msec_t to, int64_t sum[AGENT_NSTATES], msec_t *since)
{
	struct person p = { 0 };
	enum agent_state now = AGENT_OFFLINE, next;
	msec_t begin = 0, end;
	size_t i, j;

	memset(sum, 0, AGENT_NSTATES * sizeof(*sum));
	for (i = 0; i < l->n && l->done[i].at <= to; i = j) {
		for (j = i; j < l->n && l->done[j].at == l->done[i].at; j++)
			act(&p, l->done[j].op);
		next = state_of(&p);
		if (i == 0 || next != now)
			begin = l->done[i].at;
		now = next;
		end = j < l->n && l->done[j].at < to ? l->done[j].at : to;
		if (end > from)
			sum[now] += end - (l->done[i].at > from ? l->done[i].at : from);
	}
	*since = begin;
	return now;
}

static int64_t
above(int n)
{
	return n > 0 ? n : 0;
}

/* Contacts she has, added up millisecond by millisecond. */
static int64_t
fold_contacts(const struct life *l, msec_t from, msec_t to)
{
	struct person p = { 0 };
	msec_t begin, end;
	int64_t sum = 0;

	for (size_t i = 0; i < l->n && l->done[i].at <= to; i++) {
		act(&p, l->done[i].op);
		begin = l->done[i].at > from ? l->done[i].at : from;
		end = i + 1 < l->n && l->done[i + 1].at < to ? l->done[i + 1].at : to;
		if (end > begin)
			sum += (above(p.talk) + above(p.hold) + above(p.acw)) * (end - begin);
	}
	return sum;
}

static void
check(const struct timeline *t, const struct life *l, msec_t from, msec_t to)
{
	int64_t exact[AGENT_NSTATES], until[AGENT_NSUMS], before[AGENT_NSUMS];
	struct standing there;
	enum agent_state now;
	msec_t since;

	now = fold(l, from, to, exact, &since);
	timeline_sums(t, to, until);
	timeline_sums(t, from, before);
	for (unsigned s = 0; s < AGENT_NSTATES; s++)
		if (until[s] - before[s] != exact[s])
			fail_msg("state %u from %" PRId64 " to %" PRId64 ": %" PRId64
			         " for %" PRId64,
			    s, from, to, until[s] - before[s], exact[s]);
	assert_int_equal(until[SUM_CONTACTS] - before[SUM_CONTACTS], fold_contacts(l, from, to));
	if (!timeline_at(t, to, &there))
		return;
	assert_int_equal(standing_state(&there), now);
	if (there.since != since)
		fail_msg("since %" PRId64 " for %" PRId64, there.since, since);
}

static void
check_next(const struct timeline *t, const struct life *l, msec_t after, unsigned ops)
{
	msec_t next = MSEC_NEVER;

	for (size_t i = l->n; i-- > 0 && l->done[i].at > after;)
		if (ops >> l->done[i].op & 1)
			next = l->done[i].at;
	assert_int_equal(timeline_next(t, after, ops), next);
}

/* An hour late counts from an hour before the newest on. */
static msec_t
draw_time(struct dice *d, msec_t now, const struct life *l)
{
	msec_t at = now, newest = l->n > 0 ? l->done[l->n - 1].at : 0;

	if (chance(d, 30))
		at -= roll(d, 60000);
	else if (chance(d, 5))
		at -= roll(d, 3 * HOUR_MS);
	at -= at % (chance(d, 50) ? 1000 : 1);
	return l->n > 0 && at < newest - HOUR_MS ? newest - HOUR_MS : at;
}

static void
walk(struct dice *d, struct memory *m, bool forget)
{
	struct life l = { .n = 0 };
	struct timeline t = { 0 };
	msec_t now = BEGIN, at;
	enum agent_op op;

	while (l.n < CHANGES) {
		now += roll(d, chance(d, 90) ? 30000 : 1800000);
		op = (enum agent_op)roll(d, OP_COUNT);
		at = draw_time(d, now, &l);
		timeline_insert(&t, m, at, op, 0, BEGIN);
		note(&l, at, op);
		if (forget)
			timeline_forget(&t, m, now, KEEP);
		for (unsigned i = 0; i < 5; i++) {
			msec_t from = now - KEEP + roll(d, (unsigned)KEEP);

			check(&t, &l, from, from + roll(d, (unsigned)(now - from + 1)));
			check_next(&t, &l, from, roll(d, 1u << OP_COUNT));
		}
		check(&t, &l, now - KEEP, now);
	}
	assert_true(!forget || t.n < CHANGES);
	timeline_fini(&t, m);
}

static void
test_all_remembered(void **state)
{
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		walk(&(struct dice){ .seed = seed }, &m, false);
	assert_int_equal(m.used, 0);
}

static void
test_forgetting(void **state)
{
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 11; seed <= 20; seed++)
		walk(&(struct dice){ .seed = seed }, &m, true);
	assert_int_equal(m.used, 0);
}

/* A change of yesterday that comes today moves what the day began with. */
static void
test_before_the_day(void **state)
{
	int64_t sum[AGENT_NSUMS];
	struct memory m = { 0 };
	struct timeline t = { 0 };
	struct standing there;

	(void)state;
	timeline_insert(&t, &m, BEGIN - 60000, OP_LOGIN, 0, BEGIN);
	assert_int_equal(t.day_sum[AGENT_AVAILABLE], 60000);
	timeline_insert(&t, &m, BEGIN + 1000, OP_PAUSE, 3, BEGIN);
	assert_int_equal(t.day_sum[AGENT_AVAILABLE], 60000);
	timeline_insert(&t, &m, BEGIN - 10000, OP_TALK, 0, BEGIN);
	assert_int_equal(t.day_sum[AGENT_AVAILABLE], 50000);
	assert_int_equal(t.day_sum[AGENT_ON_CONTACT], 10000);
	timeline_insert(&t, &m, BEGIN + 2000, OP_TALK_END, 0, BEGIN);
	timeline_sums(&t, BEGIN + 5000, sum);
	assert_int_equal(sum[AGENT_ON_CONTACT] - t.day_sum[AGENT_ON_CONTACT], 2000);
	assert_int_equal(sum[AGENT_PAUSED], 3000);
	assert_true(timeline_at(&t, BEGIN + 5000, &there));
	assert_int_equal(there.why, 3);
	timeline_fini(&t, &m);
	assert_int_equal(m.used, 0);
}

/* From one contact to the next in one instant: on contact all along. */
static void
test_no_time_is_no_state(void **state)
{
	struct memory m = { 0 };
	struct timeline t = { 0 };
	struct standing there;

	(void)state;
	assert_null(timeline_last(&t));
	assert_false(timeline_at(&t, BEGIN, &there));
	timeline_insert(&t, &m, BEGIN, OP_TALK, 0, BEGIN);
	timeline_insert(&t, &m, BEGIN + 500, OP_TALK_END, 0, BEGIN);
	timeline_insert(&t, &m, BEGIN + 500, OP_TALK, 0, BEGIN);
	assert_true(timeline_at(&t, BEGIN + 900, &there));
	assert_int_equal(there.since, BEGIN);
	assert_false(timeline_at(&t, BEGIN - 1, &there));
	timeline_insert(&t, &m, BEGIN + 1000, OP_TALK_END, 0, BEGIN);
	assert_true(timeline_at(&t, BEGIN + 1000, &there));
	assert_int_equal(there.since, BEGIN + 1000);
	timeline_fini(&t, &m);
}

/* Two chats, one of them on hold for a while, then its wrap-up alone. */
static void
test_contacts_at_once(void **state)
{
	static const struct done day[] = { { 0, OP_TALK }, { 10, OP_TALK }, { 20, OP_TALK_END },
		{ 20, OP_HOLD }, { 30, OP_HOLD_END }, { 30, OP_ACW }, { 40, OP_TALK_END },
		{ 50, OP_ACW_END } };
	int64_t sum[AGENT_NSUMS];
	struct memory m = { 0 };
	struct timeline t = { 0 };

	(void)state;
	for (size_t i = COUNTOF(day); i-- > 0;) /* the last comes first */
		timeline_insert(&t, &m, BEGIN + day[i].at * 1000, day[i].op, 0, BEGIN);
	timeline_sums(&t, BEGIN + 15000, sum);
	assert_int_equal(sum[SUM_CONTACTS], 10000 + 2 * 5000);
	timeline_sums(&t, BEGIN + 60000, sum);
	assert_int_equal(sum[SUM_CONTACTS], 10000 + 2 * 30000 + 10000);
	assert_int_equal(sum[AGENT_ON_CONTACT] + sum[AGENT_ON_HOLD] + sum[AGENT_ACW], 50000);
	timeline_fini(&t, &m);
}

/* Sixteen pauses, all long over: they are what was true before all else. */
static void
fill(struct timeline *t, struct memory *m)
{
	for (msec_t i = 0; i < MARK_EVERY; i++)
		timeline_insert(
		    t, m, BEGIN + i * 1000, i % 2 == 0 ? OP_PAUSE : OP_AVAILABLE, 0, BEGIN);
}

/* What was last is taken back, and the time before it was not remembered. */
static void
test_before_all_that_is_remembered(void **state)
{
	struct memory m = { 0 };
	struct timeline t = { 0 };
	struct standing there;
	msec_t end = BEGIN + 5 * HOUR_MS;

	(void)state;
	fill(&t, &m);
	timeline_insert(&t, &m, BEGIN + 20000, OP_TALK, 0, BEGIN);
	timeline_insert(&t, &m, end, OP_TALK_END, 0, BEGIN);
	timeline_forget(&t, &m, end, KEEP);
	assert_int_equal(t.n, 1);
	timeline_remove(&t, &m, end, OP_TALK_END, BEGIN);
	timeline_insert(&t, &m, BEGIN + 30000, OP_TALK_END, 0, BEGIN);
	assert_true(timeline_at(&t, end, &there));
	assert_int_equal(standing_state(&there), AGENT_AVAILABLE);
	timeline_insert(&t, &m, end + 1000, OP_PAUSE, 0, BEGIN);
	assert_true(timeline_at(&t, end + 1000, &there));
	assert_int_equal(standing_state(&there), AGENT_PAUSED);
	timeline_fini(&t, &m);
	assert_int_equal(m.used, 0);
}

/* The end that was none is no change of its own any more; she has gone home
 * since, and does not come back for it. */
static void
test_taken_back_when_forgotten(void **state)
{
	struct memory m = { 0 };
	struct timeline t = { 0 };
	struct standing there;
	msec_t home = BEGIN + 2 * HOUR_MS, now = home + 4 * HOUR_MS;
	int64_t before[AGENT_NSUMS], sum[AGENT_NSUMS];

	(void)state;
	timeline_insert(&t, &m, BEGIN - 1000, OP_TALK, 0, BEGIN);
	fill(&t, &m);
	timeline_insert(&t, &m, BEGIN + 20000, OP_TALK_END, 0, BEGIN);
	timeline_insert(&t, &m, BEGIN + 25000, OP_LOGOUT, 0, BEGIN);
	timeline_insert(&t, &m, home, OP_LOGOUT, 0, BEGIN);
	timeline_forget(&t, &m, now, KEEP);
	assert_int_equal(t.n, 1);
	timeline_sums(&t, now, before);
	timeline_remove(&t, &m, BEGIN + 20000, OP_TALK_END, BEGIN);
	timeline_insert(&t, &m, BEGIN + 15000, OP_TALK_END, 0, BEGIN);
	timeline_sums(&t, now, sum);
	assert_memory_equal(sum, before, sizeof(sum));
	assert_true(timeline_at(&t, now, &there));
	assert_int_equal(there.talk, 0);
	assert_int_equal(standing_state(&there), AGENT_OFFLINE);
	timeline_insert(&t, &m, now, OP_TALK, 0, BEGIN);
	assert_true(timeline_at(&t, now, &there));
	assert_int_equal(standing_state(&there), AGENT_ON_CONTACT);
	timeline_fini(&t, &m);
	assert_int_equal(m.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_remembered),
		cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_before_the_day),
		cmocka_unit_test(test_no_time_is_no_state),
		cmocka_unit_test(test_contacts_at_once),
		cmocka_unit_test(test_before_all_that_is_remembered),
		cmocka_unit_test(test_taken_back_when_forgotten),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
