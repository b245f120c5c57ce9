/* SPDX-License-Identifier: MIT */
/*
 * figure_response.c: what is owed to customers: clocks of matters, and how
 * many matters are open for how long.
 */
#include "figures.h"

#define DAY_MS INT64_C(86400000)

/* ---- of a window ---- */

static int64_t
share_in_time(const struct view *v, enum target t)
{
	const int64_t *c = v->t->c;

	return ratio(c[C_MET + t], c[C_MET + t] + c[C_MISS + t], RATIO_ONE);
}

static int64_t
p90_of(const struct view *v, enum target t)
{
	const struct hist *own = v->o->own;

	return own == NULL ? FIGURE_NAN : hist_percentile(&own[v->window * TARGET_COUNT + t], 900);
}

int64_t
figure_response_avg(const struct view *v)
{
	const int64_t *n = v->t->c + C_STOPPED, *ms = v->t->c + C_OWN_MS;

	return ratio(ms[TARGET_FIRST_RESPONSE] + ms[TARGET_NEXT_RESPONSE],
	    n[TARGET_FIRST_RESPONSE] + n[TARGET_NEXT_RESPONSE], 1);
}

int64_t
figure_callback_reached(const struct view *v)
{
	return v->t->c[C_REACHED];
}

int64_t
figure_callback_unreached(const struct view *v)
{
	return v->t->c[C_UNREACHED];
}

int64_t
figure_callback_reached_ratio(const struct view *v)
{
	return ratio(v->t->c[C_REACHED], v->t->c[C_REACHED] + v->t->c[C_UNREACHED], RATIO_ONE);
}

int64_t
figure_backlog_expired(const struct view *v)
{
	return v->t->c[C_EXPIRED];
}

/* The queues of a view, where anything is owed at all: a house of calls alone
 * is not walked through for each figure. */
static const struct queue *
next_owing(const struct view *v, size_t *i)
{
	return v->e->nmatters > 0 ? view_queue(v, i) : NULL;
}

/* ---- clocks that run ---- */

typedef int64_t count_fn(const struct engine *, const struct queue *, enum target);

static int64_t
running_in(const struct engine *e, const struct queue *q, enum target t)
{
	(void)e;
	return order_n(&q->clocks[t]);
}

static int64_t
overdue_in(const struct engine *e, const struct queue *q, enum target t)
{
	(void)e;
	return q->overdue[t];
}

static int64_t
due_within(const struct engine *e, const struct queue *q, enum target t, int64_t ms)
{
	return order_until(&q->dues[t], e->now + ms);
}

static int64_t
due_15m_in(const struct engine *e, const struct queue *q, enum target t)
{
	return due_within(e, q, t, HOUR_MS / 4);
}

static int64_t
due_1h_in(const struct engine *e, const struct queue *q, enum target t)
{
	return due_within(e, q, t, HOUR_MS);
}

static int64_t
sum_of(const struct view *v, count_fn *of, enum target t)
{
	const struct queue *q;
	int64_t n = 0;
	size_t i = 0;

	if (v->q != NULL)
		return of(v->e, v->q, t);
	while ((q = next_owing(v, &i)) != NULL)
		n += of(v->e, q, t);
	return n;
}

/* Own time of the one that started first; of several, the smallest. */
static int64_t
oldest_in(const struct engine *e, const struct queue *q, enum target t)
{
	const struct order *clocks = &q->clocks[t];
	const struct link *first = order_first(clocks), *l;
	int64_t own, oldest = INT64_MAX;

	for (l = first; l != NULL && l->at == first->at; l = order_next(clocks, l)) {
		own = response_own(e, (const struct response *)l, e->now);
		oldest = own < oldest ? own : oldest;
	}
	return first == NULL ? 0 : oldest;
}

static int64_t
oldest_of(const struct view *v, enum target t)
{
	int64_t own, oldest = 0;
	const struct queue *q;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL) {
		own = oldest_in(v->e, q, t);
		oldest = own > oldest ? own : oldest;
	}
	return oldest;
}

/* Time until the next due to come. */
static int64_t
next_due_of(const struct view *v, enum target t)
{
	int64_t next = FIGURE_NAN;
	const struct link *first;
	const struct queue *q;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL) {
		first = order_first(&q->dues[t]);
		if (first != NULL && (next == FIGURE_NAN || first->at - v->e->now < next))
			next = first->at - v->e->now;
	}
	return next;
}

#define CLOCK_FIGURE(fn, value)                                                                    \
	int64_t figure_##fn(const struct view *v)                                                  \
	{                                                                                          \
		return value;                                                                      \
	}

/* The rows of CLOCK in metrics.def. */
#define CLOCK_FIGURES(fn, target)                                                                  \
	CLOCK_FIGURE(fn##_met, v->t->c[C_MET + target])                                            \
	CLOCK_FIGURE(fn##_missed, v->t->c[C_MISS + target])                                        \
	CLOCK_FIGURE(fn##_ratio, share_in_time(v, target))                                         \
	CLOCK_FIGURE(fn##_n, v->t->c[C_MET + target] + v->t->c[C_MISS + target])                   \
	CLOCK_FIGURE(fn##_avg, ratio(v->t->c[C_OWN_MS + target], v->t->c[C_STOPPED + target], 1))  \
	CLOCK_FIGURE(fn##_p90, p90_of(v, target))                                                  \
	CLOCK_FIGURE(fn##_stopped, v->t->c[C_STOPPED + target])                                    \
	CLOCK_FIGURE(fn##_sum, v->t->c[C_OWN_MS + target])                                         \
	CLOCK_FIGURE(fn##_running, sum_of(v, running_in, target))                                  \
	CLOCK_FIGURE(fn##_overdue, sum_of(v, overdue_in, target))                                  \
	CLOCK_FIGURE(fn##_due_1h, sum_of(v, due_1h_in, target))                                    \
	CLOCK_FIGURE(fn##_due_15m, sum_of(v, due_15m_in, target))                                  \
	CLOCK_FIGURE(fn##_next_due, next_due_of(v, target))                                        \
	CLOCK_FIGURE(fn##_oldest, oldest_of(v, target))

CLOCK_FIGURES(first_response, TARGET_FIRST_RESPONSE)
CLOCK_FIGURES(next_response, TARGET_NEXT_RESPONSE)
CLOCK_FIGURES(resolution, TARGET_RESOLUTION)
CLOCK_FIGURES(promise, TARGET_PROMISE)
CLOCK_FIGURES(callback, TARGET_CALLBACK)

/* ---- what is promised ---- */

/* The rows of PROMISED. */
#define PROMISED_FIGURES(fn)                                                                       \
	CLOCK_FIGURE(fn##_target_time, v->q->policy.fn > 0 ? v->q->policy.fn : FIGURE_NAN)         \
	CLOCK_FIGURE(fn##_target, v->q->policy.fn > 0 ? v->q->policy.fn##_target : FIGURE_NAN)

PROMISED_FIGURES(first_response)
PROMISED_FIGURES(next_response)
PROMISED_FIGURES(resolution)

/* ---- the backlog ---- */

int64_t
figure_backlog(const struct view *v)
{
	const struct queue *q;
	int64_t n = 0;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL)
		n += order_n(&q->matters);
	return n;
}

int64_t
figure_backlog_pending(const struct view *v)
{
	const struct queue *q;
	int64_t n = 0;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL)
		n += q->pending;
	return n;
}

int64_t
figure_backlog_oldest(const struct view *v)
{
	int64_t age, oldest = 0;
	const struct link *first;
	const struct queue *q;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL) {
		first = order_first(&q->matters);
		age = first == NULL ? 0 : v->e->now - first->at;
		oldest = age > oldest ? age : oldest;
	}
	return oldest;
}

static int64_t
older_than(const struct view *v, int64_t age)
{
	const struct queue *q;
	int64_t n = 0;
	size_t i = 0;

	while ((q = next_owing(v, &i)) != NULL)
		n += order_until(&q->matters, v->e->now - age - 1);
	return n;
}

int64_t
figure_backlog_over_1d(const struct view *v)
{
	return older_than(v, DAY_MS);
}

int64_t
figure_backlog_over_3d(const struct view *v)
{
	return older_than(v, 3 * DAY_MS);
}

int64_t
figure_backlog_over_7d(const struct view *v)
{
	return older_than(v, 7 * DAY_MS);
}
