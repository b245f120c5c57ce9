/* SPDX-License-Identifier: MIT */
/*
 * crew.c: the roll call, which sums agents for every queue, channel and the
 * site: how many are in each state now, and their time in each state over
 * the windows, up to the last full second.
 *
 * Once a second everybody is called.  Within a second only those who did
 * something are: what they were counted as is taken out and they are counted
 * again.  So a site with fifty thousand agents pays for them once a second,
 * not with every event.
 */
#include "engine_int.h"

/* Her sums over a window that ends at `until`. */
void
agent_in_window(const struct engine *e, const struct agent *a, unsigned w, msec_t until,
    int64_t ms[AGENT_NSUMS])
{
	int64_t from[AGENT_NSUMS] = { 0 };

	timeline_sums(&a->line, until, ms);
	if (e->window[w].kind == WINDOW_ROLLING)
		timeline_sums(&a->line, (e->n - e->window[w].seconds + 1) * MSEC_PER_SEC, from);
	else if (e->window[w].kind == WINDOW_TODAY)
		memcpy(from, a->line.day_sum, sizeof(from));
	for (unsigned s = 0; s < AGENT_NSUMS; s++)
		ms[s] -= from[s];
}

enum agent_state
agent_state(const struct engine *e, const struct agent *a)
{
	struct standing s;

	return timeline_at(&a->line, e->now, &s) ? standing_state(&s) : AGENT_OFFLINE;
}

static void
add(const struct engine *e, struct crew *crew, struct object_data *o, const struct agent *a,
    int sign)
{
	unsigned w, s;

	crew->count[a->counted_as] += (uint32_t)sign;
	for (w = 0; w < e->nshown; w++)
		for (s = 0; s < AGENT_NSUMS; s++)
			crew->in_window[w][s] += sign * a->in_window[w][s];
	o->dirty = true;
}

/* Into, or with sign -1 out of, all she is counted in. */
static void
add_everywhere(struct engine *e, const struct agent *a, int sign)
{
	bool in_channel[CHANNEL_COUNT] = { false };
	struct queue *q;
	size_t i;
	unsigned c;

	add(e, &e->site.crew, &e->site.o, a, sign);
	for (i = 0; i < a->nmembers; i++) {
		if (!a->member[i].counted)
			continue;
		q = &e->queues[a->member[i].queue];
		add(e, &q->crew, &q->o, a, sign);
		in_channel[q->channel] = true;
	}
	for (c = 0; c < CHANNEL_COUNT; c++)
		if (in_channel[c])
			add(e, &e->channels[c].crew, &e->channels[c].o, a, sign);
}

static void
count(struct engine *e, struct agent *a)
{
	struct standing s;
	bool seen = timeline_at(&a->line, e->now, &s);
	size_t i;
	unsigned w;

	a->counted = true;
	a->counted_as = (uint8_t)(seen ? standing_state(&s) : AGENT_OFFLINE);
	for (w = 0; w < e->nshown; w++)
		agent_in_window(e, a, w, e->n * MSEC_PER_SEC, a->in_window[w]);
	for (i = 0; i < a->nmembers; i++)
		a->member[i].counted = seen && agent_belongs(&a->member[i], s.login_at);
	add_everywhere(e, a, 1);
}

void
crew_call(struct engine *e, uint32_t agent)
{
	struct agent *a = &e->agents[agent];

	e->called_at = -1;
	if (a->called)
		return;
	a->called = true;
	e->called =
	    memory_grow(&e->memory, e->called, e->ncalled, &e->called_cap, sizeof(*e->called));
	e->called[e->ncalled++] = agent;
}

void
crew_call_all(struct engine *e)
{
	e->roll_call = -1;
}

static void
call_all(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->nqueues; i++)
		memset(&e->queues[i].crew, 0, sizeof(e->queues[i].crew));
	for (i = 0; i < CHANNEL_COUNT; i++)
		memset(&e->channels[i].crew, 0, sizeof(e->channels[i].crew));
	memset(&e->site.crew, 0, sizeof(e->site.crew));
	for (i = 0; i < e->nagents; i++)
		if (e->agents[i].name != NULL && e->agents[i].names == NULL)
			count(e, &e->agents[i]);
	e->roll_call = e->n;
}

/* Something of hers is still to come: it may be this very second. */
static bool
has_future(const struct engine *e, const struct agent *a)
{
	return a->line.last.at > e->now;
}

/* Those who did something; anew: they are counted as something else. */
static void
call_those(struct engine *e, bool anew)
{
	size_t i, kept = 0;
	struct agent *a;

	e->called_at = e->now;
	for (i = 0; i < e->ncalled; i++) {
		a = &e->agents[e->called[i]];
		a->called = false;
		if (a->name == NULL)
			continue;
		if (anew) {
			if (a->counted)
				add_everywhere(e, a, -1);
			count(e, a);
		}
		if (has_future(e, a)) {
			a->called = true;
			e->called[kept++] = e->called[i];
		}
	}
	e->ncalled = kept;
}

static void
muster(struct engine *e)
{
	if (e->called_at != e->now) /* else nobody did anything, and no time went by */
		call_those(e, true);
}

void
agents_roll_call(struct engine *e)
{
	if (e->roll_call == e->n) {
		muster(e);
		return;
	}
	call_all(e);
	call_those(e, false);
}

void
agents_muster(struct engine *e)
{
	if (e->roll_call < 0)
		agents_roll_call(e);
	else
		muster(e);
}

/* ---- as it was ---- */

static bool
is_staffed(enum agent_state state)
{
	return state != AGENT_OFFLINE && state != AGENT_PAUSED;
}

static void
level_one(struct engine *e, const struct agent *a, msec_t at)
{
	struct standing s;
	size_t i;

	if (!timeline_at(&a->line, at, &s) || !is_staffed(standing_state(&s)))
		return;
	e->site.o.level.staffed++;
	for (i = 0; i < a->nmembers; i++)
		if (agent_belongs(&a->member[i], s.login_at))
			e->queues[a->member[i].queue].o.level.staffed++;
}

void
agents_level(struct engine *e, msec_t at)
{
	size_t i;

	e->site.o.level.staffed = 0;
	for (i = 0; i < e->nqueues; i++)
		e->queues[i].o.level.staffed = 0;
	for (i = 0; i < e->nagents; i++)
		if (e->agents[i].name != NULL && e->agents[i].names == NULL)
			level_one(e, &e->agents[i], at);
}
