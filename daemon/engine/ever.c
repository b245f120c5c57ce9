/* SPDX-License-Identifier: MIT */
/*
 * ever.c: what a queue counted since the state began: totals that never fall,
 * for those who take rates of counters (Prometheus) rather than windows.
 *
 * A window gives back what leaves it and what turns out never to have been.
 * Here a sample counts when it is made, and nothing is taken back: a counter
 * that falls is taken for one that began anew, and all of it for growth.  So
 * a visit that was taken for late and was not counts twice in "decided"; it
 * is rare, and the windows have it right.
 *
 * How long took what is counted in buckets with edges that are the same for
 * every queue and for ever, for what is added up over queues must have the
 * same ones; and for waits the queue's own threshold is an edge, so that the
 * share within it is exact.  That edge moves when the settings do: it then
 * begins with the count of the fixed edge below it, the most of which it is
 * known that it lies within, and is exact for all that comes.
 *
 * Refused: quantiles.  Buckets between edges say where a wait may have been,
 * and the windows' percentiles are within 1 %.
 */
#include "engine_int.h"

/* s; from the call centre's usual promises to four hours of chat and mail */
static const uint16_t wait_edge[EVER_WAITS] = { 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300,
	600, 1800, 3600, 14400 };
static const uint16_t handle_edge[EVER_HANDLES] = { 15, 30, 60, 120, 180, 240, 300, 420, 600, 900,
	1200, 1800, 3600, 7200, 14400 };

/* The first edge that is not below it, or n. */
static unsigned
edge_above(const uint16_t *edge, unsigned n, int64_t ms)
{
	unsigned i = 0;

	while (i < n && ms > edge[i] * MSEC_PER_SEC)
		i++;
	return i;
}

void
ever_count(struct ever *v, int64_t threshold, const struct sample *s)
{
	if (s->negative)
		return;
	totals_add(&v->sum, s, 1);
	if (!sample_rows[s->kind].wait)
		return;
	v->wait[edge_above(wait_edge, EVER_WAITS, s->a)]++;
	v->wait_ms += s->a;
	v->within += s->a <= threshold;
}

void
ever_handled(struct ever *v, int64_t ms)
{
	v->handle[edge_above(handle_edge, EVER_HANDLES, ms)]++;
	v->handle_ms += ms;
}

void
ever_move(struct ever *v, int64_t threshold)
{
	unsigned i;

	v->within = 0;
	for (i = 0; i < EVER_WAITS && wait_edge[i] * MSEC_PER_SEC <= threshold; i++)
		v->within += v->wait[i];
}

void
ever_sum(struct ever *v, const struct ever *more)
{
	unsigned i;

	totals_sum(&v->sum, &more->sum);
	v->wait_ms += more->wait_ms;
	v->handle_ms += more->handle_ms;
	v->within += more->within;
	for (i = 0; i <= EVER_WAITS; i++)
		v->wait[i] += more->wait[i];
	for (i = 0; i <= EVER_HANDLES; i++)
		v->handle[i] += more->handle[i];
}

/* ---- for those who read ---- */

static unsigned
cumulate(struct bucket *to, const uint16_t *edge, const int64_t *count, unsigned n)
{
	int64_t below = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		to[i] = (struct bucket){ edge[i] * MSEC_PER_SEC, below += count[i] };
	to[n] = (struct bucket){ MSEC_NEVER, below + count[n] };
	return n + 1;
}

unsigned
ever_waits(const struct ever *v, int64_t threshold, struct bucket to[EVER_BUCKETS])
{
	unsigned n = cumulate(to, wait_edge, v->wait, EVER_WAITS), i = 0;

	while (to[i].edge < threshold)
		i++;
	if (threshold <= 0 || to[i].edge == threshold)
		return n;
	memmove(&to[i + 1], &to[i], (n - i) * sizeof(*to));
	to[i] = (struct bucket){ threshold, v->within };
	return n + 1;
}

unsigned
ever_handles(const struct ever *v, struct bucket to[EVER_BUCKETS])
{
	return cumulate(to, handle_edge, v->handle, EVER_HANDLES);
}

bool
ever_is_right(const struct ever *v, int64_t threshold)
{
	struct bucket b[EVER_BUCKETS];
	unsigned n = ever_waits(v, threshold, b), i;

	for (i = 1; i < n; i++)
		if (b[i].n < b[i - 1].n)
			return false;
	return v->within >= 0 && b[n - 1].n == v->sum.c[C_ANSWERED] + v->sum.c[C_ABANDONED] &&
	       b[ever_handles(v, b) - 1].n <= v->sum.c[C_KNOWN];
}
