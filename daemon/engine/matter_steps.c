/* SPDX-License-Identifier: MIT */
/*
 * matter_steps.c: the steps of a matter: opened, in the lists of the queue
 * that holds it, moved, its clocks called off, its conversation ended, over;
 * and what happens when a deadline has passed.  Which step follows which
 * event is the table's to say (matter.c).
 */
#include "matter.h"

bool
contact_has_open_visit(const struct contact *c)
{
	const struct visit *v;

	for (v = c->visits; v != NULL; v = v->next)
		if (v->state != VISIT_OVER)
			return true;
	return false;
}

bool
contact_is_waiting(const struct contact *c, uint32_t queue)
{
	const struct visit *v;

	for (v = c->visits; v != NULL; v = v->next)
		if (v->queue == queue && v->state == VISIT_WAITING && v->direction == DIRECTION_IN)
			return true;
	return false;
}

/* ---- its queue ---- */

void
matter_link(struct engine *e, struct matter *m)
{
	struct queue *q = &e->queues[m->queue];
	unsigned t;

	order_put(&q->matters, &m->by_opened, m->by_opened.at);
	q->pending += m->pending;
	for (t = 0; t < TARGET_COUNT; t++)
		if (m->response[t] != NULL)
			response_link(e, m->queue, t, m->response[t]);
	m->linked = true;
	e->nmatters++;
	queue_to_publish(e, q);
}

static void
take_out(struct engine *e, struct matter *m)
{
	struct queue *q = &e->queues[m->queue];
	unsigned t;

	order_take(&q->matters, &m->by_opened);
	q->pending -= m->pending;
	for (t = 0; t < TARGET_COUNT; t++)
		if (m->response[t] != NULL)
			response_unlink(e, m->queue, t, m->response[t]);
	m->linked = false;
	e->nmatters--;
	queue_to_publish(e, q);
}

void
matter_move(struct engine *e, struct matter *m, uint32_t queue)
{
	if (m->queue == queue)
		return;
	take_out(e, m);
	m->queue = queue;
	matter_link(e, m);
}

void
matter_set_pending(struct engine *e, struct matter *m, bool pending)
{
	if (m->pending == pending)
		return;
	m->pending = pending;
	e->queues[m->queue].pending += pending ? 1 : UINT32_MAX;
	queue_to_publish(e, &e->queues[m->queue]);
}

/* ---- beginning and end ---- */

struct matter *
matter_open(struct engine *e, struct contact *c, uint32_t queue, msec_t at)
{
	struct matter *m = c->matter = memory_new(&e->memory, sizeof(*m));

	m->contact = c;
	m->queue = queue;
	m->by_opened.at = at;
	m->between = MSEC_NEVER;
	matter_link(e, m);
	return m;
}

void
matter_free(struct engine *e, struct contact *c)
{
	struct matter *m = c->matter;
	unsigned t;

	if (m == NULL)
		return;
	if (m->linked)
		take_out(e, m);
	for (t = 0; t < TARGET_COUNT; t++)
		memory_free(&e->memory, m->response[t], sizeof(*m->response[t]));
	memory_free(&e->memory, m, sizeof(*m));
	c->matter = NULL;
}

#define ALL_CLOCKS ((1u << TARGET_COUNT) - 1)

static void
call_off(struct engine *e, struct matter *m, unsigned targets, msec_t at)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		if (targets >> t & 1)
			response_call_off(e, m, t, at);
}

void
matter_close(struct engine *e, struct contact *c, msec_t at)
{
	call_off(e, c->matter, ALL_CLOCKS, at);
	matter_free(e, c);
}

static bool
any_clock_runs(const struct matter *m)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		if (m->response[t] != NULL)
			return true;
	return false;
}

void
matter_end_conversation(struct engine *e, struct matter *m, unsigned targets, msec_t at)
{
	call_off(e, m, targets, at);
	m->ended = true;
	m->between = MSEC_NEVER;
}

void
matter_close_if_over(struct engine *e, struct contact *c)
{
	if (c->matter != NULL && c->matter->ended && !any_clock_runs(c->matter))
		matter_free(e, c);
}

/* ---- deadlines ---- */

static msec_t
expiry(const struct engine *e, const struct matter *m)
{
	msec_t max_open = e->queues[m->queue].policy.max_open;

	return max_open > 0 ? m->by_opened.at + max_open : MSEC_NEVER;
}

msec_t
matter_deadline(const struct engine *e, const struct matter *m)
{
	msec_t next = expiry(e, m);

	if (m->between < next)
		next = m->between;
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		if (m->response[t] != NULL && response_can_be_missed(m->response[t]) &&
		    m->response[t]->by_due.at < next)
			next = m->response[t]->by_due.at;
	return next;
}

static void
expire(struct engine *e, struct contact *c, msec_t at)
{
	struct sample s = {
		.queue = c->matter->queue & SAMPLE_NONE, .kind = S_EXPIRED, .agent = SAMPLE_NONE
	};

	sample_add(e, second_of(at), &s);
	matter_close(e, c, at);
}

static void
wait_no_more(struct engine *e, struct contact *c, msec_t at)
{
	c->matter->between = MSEC_NEVER;
	if (contact_has_open_visit(c))
		return;
	matter_end_conversation(e, c->matter, RESPONSES, at);
	matter_close_if_over(e, c);
}

void
matter_due(struct engine *e, struct contact *c, msec_t at)
{
	struct matter *m = c->matter;

	for (unsigned t = 0; t < TARGET_COUNT; t++)
		if (m->response[t] != NULL && response_can_be_missed(m->response[t]) &&
		    m->response[t]->by_due.at <= at)
			response_miss(e, m, t);
	if (expiry(e, m) <= at)
		expire(e, c, at);
	else if (m->between <= at)
		wait_no_more(e, c, at);
}

/* ---- for others ---- */

msec_t
matter_first_due(const struct matter *m)
{
	msec_t first = MSEC_NEVER;
	const struct response *r;

	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		r = m->response[t];
		if (r != NULL && !r->still && r->by_due.at < first)
			first = r->by_due.at;
	}
	return first;
}

/* Her number is another's soon. */
void
matter_drop_agents(struct engine *e, struct contact *c)
{
	struct response *r;

	for (unsigned t = 0; c->matter != NULL && t < TARGET_COUNT; t++) {
		r = c->matter->response[t];
		if (r != NULL && r->missed_by != NONE && e->agents[r->missed_by].name == NULL) {
			r->missed_by = NONE;
			state_contact(e, c);
		}
	}
}

/* ---- for tests ---- */

static void
check_lists(const struct queue *q)
{
	const struct link *l;
	uint32_t pending = 0;
	unsigned t;

	order_check(&q->matters);
	for (l = order_first(&q->matters); l != NULL; l = order_next(&q->matters, l))
		pending += ((const struct matter *)l)->pending;
	assert(pending == q->pending);
	for (t = 0; t < TARGET_COUNT; t++) {
		uint32_t missed = 0;

		order_check(&q->clocks[t]);
		order_check(&q->dues[t]);
		for (l = order_first(&q->clocks[t]); l != NULL; l = order_next(&q->clocks[t], l))
			missed += ((const struct response *)l)->missed;
		assert(missed == q->overdue[t]);
	}
}

static void
check_matter(const struct engine *e, const struct matter *m, uint32_t clocks[], uint32_t dues[])
{
	const struct response *r;

	assert(m->linked && m->queue < e->nqueues);
	assert(!m->ended || any_clock_runs(m));
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		r = m->response[t];
		if (r == NULL)
			continue;
		clocks[t]++;
		dues[t] += response_can_be_missed(r);
		assert(r->spent >= 0 && r->changed >= r->by_start.at);
		assert(!r->still || (m->pending && r->promised > 0));
	}
}

void
matters_check(const struct engine *e)
{
	uint32_t clocks[TARGET_COUNT] = { 0 }, dues[TARGET_COUNT] = { 0 }, matters = 0;
	size_t i;
	unsigned t;

	for (i = 0; i < e->ncontacts; i++)
		if (e->contacts[i] != NULL && e->contacts[i]->matter != NULL) {
			assert(e->contacts[i]->matter->contact == e->contacts[i]);
			check_matter(e, e->contacts[i]->matter, clocks, dues);
			matters++;
		}
	assert(matters == e->nmatters);
	for (i = 0; i < e->nqueues; i++) {
		check_lists(&e->queues[i]);
		matters -= order_n(&e->queues[i].matters);
		for (t = 0; t < TARGET_COUNT; t++) {
			clocks[t] -= order_n(&e->queues[i].clocks[t]);
			dues[t] -= order_n(&e->queues[i].dues[t]);
		}
	}
	assert(matters == 0);
	for (t = 0; t < TARGET_COUNT; t++)
		assert(clocks[t] == 0 && dues[t] == 0);
}
