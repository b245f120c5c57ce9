/* SPDX-License-Identifier: MIT */
/*
 * engine.c: the order of work.
 *
 * Time first: all that happens by itself before the event's moment happens,
 * second by second, oldest first.  Then the event.  Then what it made due in
 * the past, if it came late.
 */
#include "engine_int.h"

char *
engine_copy(struct engine *e, struct str s)
{
	char *p = memory_new(&e->memory, (size_t)s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

bool
is_called(const char *own, struct str name)
{
	return strncmp(own, name.p, name.n) == 0 && own[name.n] == '\0';
}

/* ---- time ---- */

static void
start_clock(struct engine *e, msec_t now)
{
	e->began = e->now = now;
	e->n = second_of(now);
	e->closing = e->n - GRACE_SECONDS;
	days_set(e);
	hours_set(e);
	feeds_expect(e);
}

/* Second by second; at one go where nothing is left to leave a window. */
static void
step_to(struct engine *e, msec_t now)
{
	int64_t n = second_of(now);

	while (e->n < n)
		if (e->nsamples == 0 && n - e->n > LEAP_SECONDS)
			window_leap(e, n);
		else
			window_step(e);
	e->now = now;
}

/* What happens by itself; of those at the same instant the first is first. */
static const struct deadline {
	msec_t (*when)(const struct engine *); /* the next; or MSEC_NEVER */
	void (*happens)(struct engine *);
} deadlines[] = {
	{ contacts_deadline, contacts_due },
	{ outcome_deadline, outcome_due },
	{ contacts_forgotten, contacts_forget },
};

static const struct deadline *
next_deadline(const struct engine *e, msec_t *at)
{
	const struct deadline *next = NULL;
	msec_t when;

	*at = MSEC_NEVER;
	for (size_t i = 0; i < COUNTOF(deadlines); i++) {
		when = deadlines[i].when(e);
		if (when >= *at)
			continue;
		*at = when;
		next = &deadlines[i];
	}
	return next;
}

void
engine_advance(struct engine *e, msec_t now)
{
	const struct deadline *next;
	msec_t at;

	for (;;) {
		while (e->nquiet > KEPT_MAX)
			contact_forget(e, e->quietest);
		next = next_deadline(e, &at);
		if (at >= now)
			break;
		assert(next != NULL);
		if (at + 1 > e->now)
			step_to(e, at + 1);
		next->happens(e);
	}
	if (now > e->now)
		step_to(e, now);
}

msec_t
engine_tick(struct engine *e, msec_t now)
{
	msec_t next, at;

	if (e->now < 0 && now < 0)
		return MSEC_NEVER; /* nobody knows the time yet */
	if (e->now < 0)
		start_clock(e, now);
	if (now < e->now)
		now = e->now;
	engine_advance(e, now);
	state_expire(e);
	next = (e->n + 1) * MSEC_PER_SEC;
	next_deadline(e, &at);
	return at < next ? at + 1 : next;
}

msec_t
engine_now(const struct engine *e)
{
	return e->now;
}

msec_t
engine_began(const struct engine *e)
{
	return e->began;
}

/* ---- events ---- */

#define EVENT_BIT(sym) (UINT64_C(1) << EV_##sym)
#define OF_AGENTS                                                                                  \
	(EVENT_BIT(LOGIN) | EVENT_BIT(LOGOUT) | EVENT_BIT(STATE) | EVENT_BIT(JOINED) |             \
	    EVENT_BIT(LEFT))
#define OF_FEEDS (EVENT_BIT(HEARTBEAT) | EVENT_BIT(RESTARTED))

static enum engine_rc
dispatch(struct engine *e, uint32_t source, const struct event *ev, msec_t at)
{
	if (ev->event == EV_HEARTBEAT)
		e->sources[source].heartbeats = true;
	else if (ev->event == EV_RESTARTED)
		contacts_restart(e, source, at);
	else if (OF_AGENTS >> ev->event & 1)
		return agent_apply(e, source, ev, at);
	else
		return contact_apply(e, source, ev, at);
	return ENGINE_OK;
}

/* When it counts, and what that says about its source. */
static msec_t
effective_time(struct engine *e, struct source *s, msec_t time)
{
	msec_t at = time;

	if (time > e->now + FUTURE_MS) {
		s->skewed++;
		at = e->now;
	} else if (time < e->now - LATE_MS)
		s->late++;
	if (time > s->last_event)
		s->last_event = time;
	if (s->began < 0 || at < s->began)
		s->began = at;
	return at;
}

enum engine_rc
engine_apply(struct engine *e, const struct event *ev, msec_t now)
{
	enum engine_rc rc;
	uint32_t i;
	msec_t at;

	if (e->clock == CLOCK_EVENTS)
		now = ev->time;
	if (e->now < 0)
		start_clock(e, now);
	engine_advance(e, now > e->now ? now : e->now);
	i = source_get(e, ev->source);
	if (i == NONE)
		return ENGINE_FULL;
	e->arrival++;
	e->sources[i].heard = e->now;
	if (!source_take(e, &e->sources[i], ev)) {
		if (ev->time > e->sources[i].last_event)
			e->sources[i].last_event = ev->time;
		return ENGINE_DUPLICATE;
	}
	at = effective_time(e, &e->sources[i], ev->time);
	rc = dispatch(e, i, ev, at);
	engine_advance(e, e->now);
	return rc;
}

void
engine_reject(struct engine *e, const struct reject *r, msec_t now)
{
	uint32_t i;

	if (e->clock == CLOCK_EVENTS && e->now >= 0)
		now = e->now;
	if (e->now < 0)
		start_clock(e, now);
	engine_advance(e, now > e->now ? now : e->now);
	i = source_get(e, r->source);
	if (i != NONE) {
		e->sources[i].rejected++;
		e->sources[i].unsaved = true;
	}
	edge_reject(e, r);
}

/* ---- marks ---- */

static struct mark *
find_mark(const struct engine *e, struct str name)
{
	for (size_t i = 0; i < e->nmarks; i++)
		if (is_called(e->marks[i].name, name))
			return &e->marks[i];
	return NULL;
}

bool
engine_mark(const struct engine *e, struct str collector, struct journal_mark *out)
{
	const struct mark *m = find_mark(e, collector);

	if (m == NULL)
		return false;
	*out = m->m;
	return true;
}

void
engine_set_mark(struct engine *e, struct str collector, const struct journal_mark *value)
{
	struct mark *m = find_mark(e, collector);

	if (m == NULL) {
		e->marks =
		    memory_grow(&e->memory, e->marks, e->nmarks, &e->marks_cap, sizeof(*e->marks));
		m = &e->marks[e->nmarks++];
		m->name = engine_copy(e, collector);
	}
	m->m = *value;
	m->unsaved = true;
}

/* ---- for tests ---- */

void
engine_limits(const struct engine *e, struct engine_limits *out)
{
	*out = e->limited;
}

size_t
engine_memory(const struct engine *e)
{
	return e->memory.used;
}

static void
check_object(const struct object_data *o, const struct engine *e)
{
	unsigned w, c, t;

	for (w = 0; w < e->nwindows; w++)
		for (c = 0; c < C_COUNT; c++)
			assert(o->win[w].c[c] >= 0);
	for (w = 0; o->wait != NULL && w < e->nshown; w++)
		assert((int64_t)o->wait[w].n == o->win[w].c[C_ANSWERED] + o->win[w].c[C_ABANDONED]);
	for (w = 0; o->wait != NULL && w < e->nshown; w++)
		for (t = 0; t < TARGET_COUNT; t++)
			assert((o->own == NULL ? 0 : (int64_t)o->own[w * TARGET_COUNT + t].n) ==
			       o->win[w].c[C_STOPPED + t]);
}

static void
check_queue(const struct queue *q, const struct engine *e)
{
	check_object(&q->o, e);
	assert(ever_is_right(&q->ever, q->policy.threshold));
	assert(q->arrived >= 0 && q->arrived <= q->o.win[e->hour].c[C_OFFERED]);
}

void
engine_check(const struct engine *e)
{
	size_t i;

	heap_check(&e->due);
	contact_check(e);
	matters_check(e);
	outcome_check(e);
	for (i = 0; i < e->nqueues; i++)
		check_queue(&e->queues[i], e);
	for (i = 0; i < CHANNEL_COUNT; i++)
		check_object(&e->channels[i].o, e);
	check_object(&e->site.o, e);
	for (i = 0; i < e->nagents; i++)
		if (e->agents[i].name != NULL)
			check_object(&e->agents[i].o, e);
}
