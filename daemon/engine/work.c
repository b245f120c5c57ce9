/* SPDX-License-Identifier: MIT */
/*
 * work.c: after-contact work.
 *
 * A source that says when it is over is believed: such work is open until
 * `wrapped`.  Most switches only know for how long they leave an agent alone
 * after a contact.  That work is planned: it begins with the end of the
 * handling, and is over when the plan says so or she turns to something else,
 * whichever is first.  Nobody reported its length then, and it is counted as
 * derived.
 *
 * Work is kept with its visit, which may be handled by somebody else
 * meanwhile; planned work also in a list of its agent's, whose next doing
 * ends it.
 */
#include "visit.h"

/* What an agent turns to: doings that end planned work of hers. */
#define TURN(op) (1u << OP_##op)
#define TURNS (TURN(RING) | TURN(TALK) | TURN(AVAILABLE) | TURN(PAUSE) | TURN(LOGIN) | TURN(LOGOUT))

/* ---- in its agent's list ---- */

static bool
is_planned(const struct work *w)
{
	return w->due != MSEC_NEVER;
}

void
work_link(struct engine *e, struct work *w)
{
	struct agent *a = &e->agents[w->agent];

	a->contacts_now++;
	if (!is_planned(w))
		return;
	w->older = a->works;
	if (w->older != NULL)
		w->older->newer = w;
	a->works = w;
}

static void
unlink_planned(struct engine *e, struct work *w)
{
	if (w->newer != NULL)
		w->newer->older = w->older;
	else if (e->agents[w->agent].works == w)
		e->agents[w->agent].works = w->older;
	if (w->older != NULL)
		w->older->newer = w->newer;
}

void
work_free(struct engine *e, struct work *w)
{
	struct work **p = &w->visit->works;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	unlink_planned(e, w);
	memory_free(&e->memory, w, sizeof(*w));
}

/* ---- its end ---- */

/* It took so long; 0: not known. */
static void
finish(struct engine *e, struct work *w, msec_t at, int64_t took)
{
	agent_do(e, w->agent, later(at, w->since), OP_ACW_END, 0);
	e->agents[w->agent].contacts_now--;
	visit_done(e, w->visit, w->worked + took);
	work_free(e, w);
}

static void
finish_derived(struct engine *e, struct work *w, msec_t at)
{
	int64_t took = at - w->since;

	visit_count(e, w->visit, second_of(at), S_ACW_DERIVED, SL_PENDING, w->agent, took, 0);
	finish(e, w, at, took);
}

void
work_wrap(struct engine *e, struct work *w, msec_t at, int64_t took)
{
	visit_count(e, w->visit, second_of(at), S_ACW, SL_PENDING, w->agent, took, 0);
	finish(e, w, at, took);
}

void
works_lose(struct engine *e, struct visit *v, msec_t at)
{
	while (v->works != NULL)
		finish(e, v->works, at, 0);
}

msec_t
work_deadline(const struct engine *e, const struct work *w)
{
	int64_t limit = e->queues[w->visit->queue].policy.max_handle;

	return limit > 0 && w->since + limit < w->due ? w->since + limit : w->due;
}

void
work_due(struct engine *e, struct work *w)
{
	if (work_deadline(e, w) == w->due)
		finish_derived(e, w, w->due);
	else
		finish(e, w, work_deadline(e, w), 0);
}

/* ---- its agent ---- */

static void
settle(struct engine *e, struct contact *c)
{
	c->touched = e->now;
	contact_settle(e, c);
}

void
agent_turn(struct engine *e, uint32_t agent, msec_t at, enum agent_op op, uint16_t reason)
{
	struct work *w, *older;

	assert(TURNS >> op & 1);
	agent_do(e, agent, at, op, reason);
	if (agent == NONE || agent_is_other(e, agent))
		return;
	for (w = e->agents[agent].works; w != NULL; w = older) {
		struct contact *c = w->visit->contact;

		older = w->older;
		if (at < w->since || at > work_deadline(e, w))
			continue;
		finish_derived(e, w, at);
		settle(e, c);
	}
}

/* ---- its begin ---- */

/* She may have turned to something else already, when the end is told late.
 * Doings of more than an hour ago may be forgotten, and are not asked for. */
static void
plan(struct engine *e, struct work *w, int64_t length)
{
	msec_t from = later(w->since, e->now - HOUR_MS), turned;

	w->due = w->since + length;
	turned = timeline_next(&e->agents[w->agent].line, from, TURNS);
	work_link(e, w);
	if (turned <= work_deadline(e, w))
		finish_derived(e, w, turned);
}

void
work_begin(struct engine *e, struct visit *v, msec_t at, int64_t length, int64_t worked)
{
	struct work *w = memory_new(&e->memory, sizeof(*w));

	*w = (struct work){ .next = v->works,
		.visit = v,
		.agent = v->agent,
		.since = at,
		.due = MSEC_NEVER,
		.worked = worked };
	v->works = w;
	agent_do(e, w->agent, at, OP_ACW, 0);
	if (length == MSEC_NEVER)
		work_link(e, w);
	else
		plan(e, w, length);
}
