/* SPDX-License-Identifier: MIT */
/*
 * visit_steps.c: the steps a visit can take: being counted and uncounted, its
 * service-level event, agents ringing for it and handling it, leaving the
 * waiting ones, being lost, and what happens when a deadline has passed.
 * Which step follows which event is the table's matter (visit.c).
 */
#include "visit.h"

msec_t
later(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/* ---- samples ---- */

static uint32_t
as_u32(int64_t ms)
{
	return ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

void
visit_count(struct engine *e, const struct visit *v, int64_t second, enum sample_kind kind,
    enum sl sl, uint32_t agent, int64_t a, int64_t b)
{
	struct sample s = { .queue = v->queue & SAMPLE_NONE,
		.kind = (uint8_t)kind,
		.agent = agent & SAMPLE_NONE,
		.sl = (uint8_t)sl,
		.a = as_u32(a),
		.b = as_u32(b) };

	sample_add(e, second, &s);
}

void
visit_uncount(
    struct engine *e, const struct visit *v, int64_t second, enum sample_kind kind, enum sl sl)
{
	struct sample s = { .queue = v->queue & SAMPLE_NONE,
		.kind = (uint8_t)kind,
		.agent = SAMPLE_NONE,
		.sl = (uint8_t)sl,
		.negative = 1 };

	sample_add(e, second, &s);
}

void
visit_breach(struct engine *e, const struct visit *v, const char *kind, msec_t at, int64_t waited)
{
	edge_breach(e, &(struct breach){ .contact = v->contact,
	                   .visit = { v->id, v->id_len },
	                   .queue = v->queue,
	                   .agent = v->agent,
	                   .kind = kind,
	                   .at = at,
	                   .waited = waited });
}

/* ---- service level ---- */

enum sl
visit_settle(struct engine *e, struct visit *v, enum sl within, msec_t at, int64_t wait)
{
	const struct policy *p = &e->queues[v->queue].policy;
	enum sl sl = wait <= p->threshold ? within : SL_LATE;
	msec_t when = sl == SL_LATE ? earlier(v->start + p->threshold, at) : at;
	int64_t second = second_of(when);

	if (v->sl == SL_UNTRACKED || (v->sl == sl && v->sl_second == second))
		return SL_PENDING;
	if (v->sl != SL_PENDING)
		visit_uncount(e, v, v->sl_second, S_SL, v->sl);
	v->sl = (uint8_t)sl;
	v->sl_second = second;
	if (sl == SL_LATE && !v->breached) {
		v->breached = true;
		visit_breach(e, v, "late", when, wait);
	}
	if (second == second_of(at))
		return sl;
	visit_count(e, v, second, S_SL, sl, NONE, 0, 0);
	return SL_PENDING;
}

/* ---- agents on it ---- */

void
visit_stop_ringing(struct engine *e, struct visit *v, msec_t at)
{
	struct offer *o;

	while ((o = v->ringing) != NULL) {
		v->ringing = o->next;
		agent_do(e, o->agent, later(at, o->since), OP_RING_END, 0);
		memory_free(&e->memory, o, sizeof(*o));
	}
}

bool
visit_drop_agents(struct engine *e, struct visit *v)
{
	struct offer **p = &v->ringing, *o;
	bool knew = v->agent != NONE && e->agents[v->agent].name == NULL;

	if (knew)
		v->agent = NONE;
	while ((o = *p) != NULL)
		if (e->agents[o->agent].name == NULL) { /* who stood for others */
			*p = o->next;
			memory_free(&e->memory, o, sizeof(*o));
			knew = true;
		} else
			p = &o->next;
	return knew;
}

void
visit_begin_handling(struct engine *e, struct visit *v, uint32_t agent, msec_t at)
{
	v->state = VISIT_HANDLING;
	v->agent = agent;
	v->begun = v->phase = at;
	v->held = 0;
	v->on_hold = false;
	v->closed_at = -1;
	agent_turn(e, agent, at, OP_TALK, 0);
	agent_join(e, agent, v->queue, at);
	if (agent != NONE)
		e->agents[agent].contacts_now++;
	e->queues[v->queue].in_progress++;
	e->queues[v->queue].o.dirty = true;
}

void
visit_stop_handling(struct engine *e, struct visit *v, msec_t at)
{
	agent_do(e, v->agent, later(at, v->phase), v->on_hold ? OP_HOLD_END : OP_TALK_END, 0);
	if (v->agent != NONE)
		e->agents[v->agent].contacts_now--;
	e->queues[v->queue].in_progress--;
	e->queues[v->queue].o.dirty = true;
}

/* ---- leaving the waiting ones ---- */

bool
visit_is_counted(const struct visit *v)
{
	return v->direction == DIRECTION_IN;
}

void
visit_leave_waiting(struct engine *e, struct visit *v, enum outcome outcome, msec_t at)
{
	if (visit_is_counted(v))
		waiting_remove(e, v);
	visit_stop_ringing(e, v, at);
	v->outcome = (uint8_t)outcome;
	v->state = VISIT_OVER;
}

void
visit_become_stuck(struct engine *e, struct visit *v, msec_t at)
{
	enum sl sl;

	visit_leave_waiting(e, v, OUTCOME_STUCK, at);
	if (!visit_is_counted(v))
		return;
	sl = visit_settle(e, v, SL_LATE, at, later(0, at - v->start));
	visit_count(e, v, second_of(at), S_STUCK, sl, NONE, 0, 0);
	visit_breach(e, v, "stuck", at, later(0, at - v->start));
}

/* ---- the work on it is done ---- */

void
visit_done(struct engine *e, const struct visit *v, int64_t ms)
{
	ever_handled(&e->queues[v->queue].ever, ms);
	object_changed(e, &e->queues[v->queue].o);
}

/* ---- being lost ---- */

/* Its source lost it, or began another in its place. */
void
visit_lose(struct engine *e, struct visit *v, msec_t at)
{
	if (v->state == VISIT_WAITING)
		visit_become_stuck(e, v, at);
	else if (v->state == VISIT_HANDLING) {
		visit_count(e, v, second_of(at), S_STUCK_HANDLING, SL_PENDING, NONE, 0, 0);
		visit_stop_handling(e, v, at);
	}
	visit_stop_ringing(e, v, at);
	v->state = VISIT_OVER;
}

/* ---- deadlines ---- */

static msec_t
after(msec_t begin_at, msec_t limit)
{
	return limit > 0 ? begin_at + limit : MSEC_NEVER;
}

static msec_t
sl_deadline(const struct engine *e, const struct visit *v)
{
	if (v->state != VISIT_WAITING || v->sl != SL_PENDING)
		return MSEC_NEVER;
	return v->start + e->queues[v->queue].policy.threshold;
}

static msec_t
limit_deadline(const struct engine *e, const struct visit *v)
{
	const struct policy *p = &e->queues[v->queue].policy;

	switch ((enum visit_state)v->state) {
	case VISIT_WAITING:
		return after(v->start, p->max_wait);
	case VISIT_HANDLING:
		return after(v->begun, p->max_handle);
	case VISIT_BETWEEN:
		return after(v->phase, p->max_wait);
	case VISIT_OVER:
	case VISIT_NSTATES:
		break;
	}
	return MSEC_NEVER;
}

/* Of its after-contact work the one that is over first; or NULL. */
static struct work *
first_work(const struct engine *e, const struct visit *v)
{
	struct work *first = v->works, *w;

	for (w = first; w != NULL; w = w->next)
		if (work_deadline(e, w) < work_deadline(e, first))
			first = w;
	return first;
}

msec_t
visit_deadline(const struct engine *e, const struct visit *v)
{
	const struct work *w = first_work(e, v);
	msec_t own = earlier(sl_deadline(e, v), limit_deadline(e, v));

	return w == NULL ? own : earlier(own, work_deadline(e, w));
}

/* Its deadline was at `at`, and has passed.  What else was due then comes next. */
void
visit_due(struct engine *e, struct visit *v, msec_t at)
{
	struct work *w = first_work(e, v);
	enum sl sl;

	if (w != NULL && work_deadline(e, w) == at) {
		work_due(e, w);
		return;
	}

	if (sl_deadline(e, v) == at) {
		sl = visit_settle(e, v, SL_LATE, at, e->queues[v->queue].policy.threshold);
		if (sl != SL_PENDING)
			visit_count(e, v, second_of(at), S_SL, sl, NONE, 0, 0);
		e->queues[v->queue].waiting_changed = true;
		return;
	}
	if (v->state == VISIT_WAITING || v->state == VISIT_HANDLING)
		v->closed_at = at;
	visit_lose(e, v, at);
}
