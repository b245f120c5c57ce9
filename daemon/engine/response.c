/* SPDX-License-Identifier: MIT */
/*
 * response.c: one clock of a matter: what was promised by when, and how it
 * came.  It starts, stands still and goes on, is stopped or called off; when
 * its due has passed it is missed, and goes on running.
 *
 *	            start                 stop: met, or late
 *	NONE -----------------> RUNS ------------------------> NONE
 *	                         |  call off                     ^
 *	                         | due passes                    |
 *	                         v            stop: late         |
 *	                       MISSED ---------------------------'
 *
 * Its own time passes only while its queue is open and the clock does not
 * stand still.  An event never turns it back: one from before its last change
 * acts at that change.  But an event that comes late with a time up to due
 * shows that it was not missed.  Which event does what is the matter's to say
 * (matter.c).
 */
#include "engine_int.h"

const char *const target_names[TARGET_COUNT] = {
	[TARGET_FIRST_RESPONSE] = "first_response",
	[TARGET_NEXT_RESPONSE] = "next_response",
	[TARGET_RESOLUTION] = "resolution",
	[TARGET_PROMISE] = "promise",
	[TARGET_CALLBACK] = "callback",
};

static msec_t
latest(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

/* ---- time ---- */

/* The calendar it lives by, or NULL: by the wall. */
static const struct calendar *
calendar_of(const struct engine *e, const struct response *r)
{
	uint32_t hours = r->promised == 0 || r->queue == NONE ? NONE : e->queues[r->queue].hours;

	return hours == NONE ? NULL : &e->hours[hours].calendar;
}

static int64_t
elapsed(const struct engine *e, const struct response *r, msec_t from, msec_t to)
{
	const struct calendar *c = calendar_of(e, r);

	return c == NULL ? latest(0, to - from) : calendar_elapsed(c, e->zones, from, to);
}

int64_t
response_own(const struct engine *e, const struct response *r, msec_t at)
{
	return r->spent + (r->still ? 0 : elapsed(e, r, r->changed, at));
}

/* The instant at which what is left of its time has passed. */
static msec_t
work_out_due(const struct engine *e, const struct response *r)
{
	const struct calendar *c = calendar_of(e, r);
	int64_t left = latest(0, r->promised - r->spent);

	return c == NULL ? r->changed + left : calendar_due(c, e->zones, r->changed, left);
}

/* ---- its queue's lists ---- */

bool
response_can_be_missed(const struct response *r)
{
	return !r->missed && !r->still && r->by_due.at != MSEC_NEVER;
}

void
response_link(struct engine *e, uint32_t queue, enum target t, struct response *r)
{
	struct queue *q = &e->queues[queue];

	order_put(&q->clocks[t], &r->by_start, r->by_start.at);
	if (response_can_be_missed(r))
		order_put(&q->dues[t], &r->by_due, r->by_due.at);
	q->overdue[t] += r->missed;
	q->waiting_changed = true;
	queue_to_publish(e, q);
}

void
response_unlink(struct engine *e, uint32_t queue, enum target t, struct response *r)
{
	struct queue *q = &e->queues[queue];

	order_take(&q->clocks[t], &r->by_start);
	if (response_can_be_missed(r))
		order_take(&q->dues[t], &r->by_due);
	q->overdue[t] -= r->missed;
	q->waiting_changed = true;
	queue_to_publish(e, q);
}

/* ---- being counted ---- */

static void
count(struct engine *e, msec_t at, unsigned kind, uint32_t queue, uint32_t agent, int64_t own)
{
	struct sample s = { .queue = queue & SAMPLE_NONE,
		.kind = (uint8_t)kind,
		.agent = agent & SAMPLE_NONE,
		.a = own > UINT32_MAX ? UINT32_MAX : (uint32_t)own };

	sample_add(e, second_of(at), &s);
}

/* Who had the contact then: of the visits that are being handled, the newest. */
static uint32_t
handler(const struct contact *c, msec_t at)
{
	const struct visit *v;

	for (v = c->visits; v != NULL; v = v->next)
		if (v->state == VISIT_HANDLING && v->begun <= at)
			return v->agent;
	return NONE;
}

static void
tell_missed(struct engine *e, const struct matter *m, enum target t, msec_t at)
{
	struct response *r = m->response[t];

	if (r->told)
		return;
	r->told = true;
	edge_breach(e, &(struct breach){ .contact = m->contact,
	                   .queue = m->queue,
	                   .agent = r->missed_by,
	                   .kind = target_names[t],
	                   .at = at,
	                   .waited = response_own(e, r, at) });
}

void
response_miss(struct engine *e, struct matter *m, enum target t)
{
	struct response *r = m->response[t];
	msec_t at = latest(r->by_due.at, r->by_start.at);

	response_unlink(e, m->queue, t, r);
	r->missed = true;
	r->missed_at = second_of(at);
	r->missed_in = m->queue;
	r->missed_by = handler(m->contact, at);
	response_link(e, m->queue, t, r);
	count(e, at, S_MISS + t, r->missed_in, r->missed_by, 0);
	tell_missed(e, m, t, at);
}

static void
take_back(struct engine *e, struct matter *m, enum target t)
{
	struct response *r = m->response[t];
	struct sample s = { .queue = r->missed_in & SAMPLE_NONE,
		.kind = (uint8_t)(S_MISS + t),
		.agent = r->missed_by & SAMPLE_NONE,
		.negative = 1 };

	sample_add(e, r->missed_at, &s);
	response_unlink(e, m->queue, t, r);
	r->missed = false;
	response_link(e, m->queue, t, r);
}

/* What an event at that time shows of its due: it passed before, or it did
 * not after all.  Returns when the event acts. */
static msec_t
come_to(struct engine *e, struct matter *m, enum target t, msec_t at)
{
	struct response *r = m->response[t];

	at = latest(at, r->changed);
	if (r->missed && at <= r->by_due.at)
		take_back(e, m, t);
	else if (response_can_be_missed(r) && at > r->by_due.at)
		response_miss(e, m, t);
	return at;
}

/* ---- beginning and end ---- */

static struct response *
begin(struct engine *e, struct matter *m, enum target t, msec_t at, int64_t promised)
{
	struct response *r = memory_new(&e->memory, sizeof(*r));

	assert(m->response[t] == NULL);
	r->by_start.at = r->changed = at;
	r->queue = m->queue;
	r->promised = promised;
	r->missed_in = r->missed_by = NONE;
	m->response[t] = r;
	return r;
}

static int64_t
promised_in(const struct engine *e, uint32_t queue, enum target t)
{
	const struct policy *p = &e->queues[queue].policy;
	const int64_t promised[TARGET_COUNT] = { [TARGET_FIRST_RESPONSE] = p->first_response,
		[TARGET_NEXT_RESPONSE] = p->next_response,
		[TARGET_RESOLUTION] = p->resolution };

	return promised[t];
}

/* Where its queue promises it; in a pending matter it stands still. */
void
response_start(struct engine *e, struct matter *m, enum target t, msec_t at)
{
	int64_t promised = promised_in(e, m->queue, t);
	struct response *r;

	if (promised == 0)
		return;
	r = begin(e, m, t, at, promised);
	r->still = m->pending;
	r->by_due.at = r->still ? MSEC_NEVER : work_out_due(e, r);
	response_link(e, m->queue, t, r);
}

void
response_promise(struct engine *e, struct matter *m, enum target t, msec_t at, msec_t due)
{
	struct response *r = begin(e, m, t, at, 0);

	r->by_due.at = due;
	response_link(e, m->queue, t, r);
}

static void
end(struct engine *e, struct matter *m, enum target t)
{
	struct response *r = m->response[t];

	response_unlink(e, m->queue, t, r);
	m->response[t] = NULL;
	memory_free(&e->memory, r, sizeof(*r));
}

void
response_stop(struct engine *e, struct matter *m, enum target t, msec_t at, uint32_t agent)
{
	struct response *r = m->response[t];

	if (r == NULL)
		return;
	at = come_to(e, m, t, at);
	count(e, at, (r->missed ? S_STOPPED_LATE : S_MET) + t, m->queue, agent,
	    response_own(e, r, at));
	end(e, m, t);
}

void
response_call_off(struct engine *e, struct matter *m, enum target t, msec_t at)
{
	if (m->response[t] == NULL)
		return;
	come_to(e, m, t, at);
	end(e, m, t);
}

/* ---- standing still ---- */

void
response_stand_still(struct engine *e, struct matter *m, enum target t, msec_t at)
{
	struct response *r = m->response[t];

	if (r == NULL || r->still)
		return;
	at = come_to(e, m, t, at);
	response_unlink(e, m->queue, t, r);
	r->spent = response_own(e, r, at);
	r->changed = at;
	r->still = true;
	if (!r->missed)
		r->by_due.at = MSEC_NEVER;
	response_link(e, m->queue, t, r);
}

/* One that was missed keeps the due it had. */
void
response_go_on(struct engine *e, struct matter *m, enum target t, msec_t at)
{
	struct response *r = m->response[t];

	if (r == NULL || !r->still)
		return;
	response_unlink(e, m->queue, t, r);
	r->changed = latest(at, r->changed);
	r->still = false;
	if (!r->missed)
		r->by_due.at = work_out_due(e, r);
	response_link(e, m->queue, t, r);
}
