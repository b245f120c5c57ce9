/* SPDX-License-Identifier: MIT */
/*
 * level.c: what was true when an interval of the history ended: who waited,
 * how many agents were there, how many it would have taken.
 *
 * It is asked GRACE_SECONDS after that end, when late messages are in, and
 * must come out the same however the clock went there, since an interval
 * that was closed after the last commit is closed again after a crash.  So it
 * is looked back at, by the events' own times, and what is true now counts
 * for nothing: who waits now, less who came since and with those who left
 * since; agents by their timelines.  Whose messages say that they left before
 * they came are missing in between; never are there less than none.  Agents required is worked out from the
 * windows as they stand when the interval closes: a forecast looks back half
 * an hour and more, and fifteen seconds are nothing to it.
 *
 * Nothing of this is saved: it follows from what is.
 */
#include "figures.h"

/* Does it make one more wait (1), one less (-1), or neither? */
static int
queues(const struct sample *s)
{
	int sign = s->negative ? -1 : 1;

	if (s->kind == S_OFFERED)
		return sign;
	return sample_rows[s->kind].leaves ? -sign : 0;
}

/* Those who wait now, as they stood before that second. */
static void
take_back_since(struct engine *e, int64_t second)
{
	const struct chunk *c;
	uint64_t k;

	for (; second <= e->n + FUTURE_SECONDS; second++)
		for (c = e->cell[second & e->cell_mask].first; c != NULL; c = c->next)
			for (k = 0; k < c->n; k++)
				if (c->s[k].queue != SAMPLE_NONE)
					e->queues[c->s[k].queue].o.level.waiting -=
					    queues(&c->s[k]);
}

void
level_at(struct engine *e, int64_t second)
{
	struct level *site = &e->site.o.level;
	struct queue *q;
	uint32_t i;

	if (e->leveled == second)
		return;
	e->leveled = second;
	for (i = 0; i < e->nqueues; i++)
		e->queues[i].o.level.waiting = e->queues[i].waiting;
	take_back_since(e, second);
	agents_level(e, second * MSEC_PER_SEC - 1);
	site->waiting = 0;
	site->required = FIGURE_NAN;
	for (i = 0; i < e->nqueues; i++) {
		q = &e->queues[i];
		if (q->o.level.waiting < 0)
			q->o.level.waiting = 0;
		site->waiting += q->o.level.waiting;
		q->o.level.required = forecast_required(e, i);
	}
}
