/* SPDX-License-Identifier: MIT */
/*
 * agent.c: who the agents are, and which queues they belong to.
 *
 * Membership is worked out from times, not from a flag, so that it does not
 * depend on whose event came first.
 */
#include "engine_int.h"

static bool
has_name(const void *ctx, uint32_t id, const void *key)
{
	const struct engine *e = ctx;
	const struct str *name = key;

	return e->agents[id].name != NULL && is_called(e->agents[id].name, *name);
}

uint32_t
agent_find(const struct engine *e, struct str name)
{
	return index_find(
	    &e->agent_index, index_hash(&e->agent_index, name.p, name.n), has_name, e, &name);
}

static uint32_t
free_place(struct engine *e)
{
	uint32_t i;

	if (e->agents_known == e->nagents)
		return (uint32_t)e->nagents++;
	for (i = 0; e->agents[i].name != NULL; i++)
		;
	return i;
}

static uint32_t
add(struct engine *e, struct str name)
{
	struct agent *a;
	uint32_t i;

	e->agents =
	    memory_grow(&e->memory, e->agents, e->nagents, &e->agents_cap, sizeof(*e->agents));
	i = free_place(e);
	a = &e->agents[i];
	memset(a, 0, sizeof(*a));
	a->name = engine_copy(e, name);
	object_init(e, &a->o, false, false, 0);
	index_add(&e->agent_index, &e->memory, index_hash(&e->agent_index, name.p, name.n), i);
	e->agents_known++;
	a->o.dirty = a->o.unsaved = true;
	return i;
}

/* She who stands for others is outside the limit. */
static bool
has_room(const struct engine *e)
{
	return e->agents_known - (e->other_agent != NONE) < e->limits.agents;
}

static uint32_t
other(struct engine *e)
{
	if (e->other_agent != NONE)
		return e->other_agent;
	e->other_agent = add(e, other_agent_name());
	e->agents[e->other_agent].names = names_new(e);
	return e->other_agent;
}

bool
agent_is_other(const struct engine *e, uint32_t agent)
{
	return agent != NONE && agent == e->other_agent;
}

uint32_t
agent_load(struct engine *e, struct str name)
{
	uint32_t i;

	if (other_is_reserved(name))
		return other(e);
	i = agent_find(e, name);
	if (i == NONE && has_room(e))
		i = add(e, name);
	if (i == NONE)
		e->limited.agents++;
	return i;
}

uint32_t
agent_get(struct engine *e, struct str name)
{
	uint32_t i = other_is_reserved(name) ? NONE : agent_load(e, name);

	if (i != NONE)
		return i;
	i = other(e);
	if (names_add(e, e->agents[i].names, name)) {
		e->agents[i].o.unsaved = true; /* the log knows deeds, not names */
		object_changed(e, &e->agents[i].o);
	}
	return i;
}

static void
touch(struct engine *e, uint32_t agent)
{
	struct agent *a = &e->agents[agent];

	object_changed(e, &a->o);
	crew_call(e, agent);
}

void
agent_do(struct engine *e, uint32_t agent, msec_t at, enum agent_op op, uint16_t reason)
{
	struct agent *a;

	if (agent == NONE || agent_is_other(e, agent))
		return;
	a = &e->agents[agent];
	timeline_insert(&a->line, &e->memory, at, op, reason, e->day[0].begin * MSEC_PER_SEC);
	timeline_forget(&a->line, &e->memory, e->now, e->longest * MSEC_PER_SEC);
	state_did(e, agent, at, op, reason);
	touch(e, agent);
}

/* What she did then she did not do. */
void
agent_undo(struct engine *e, uint32_t agent, msec_t at, enum agent_op op)
{
	if (agent == NONE || agent_is_other(e, agent))
		return;
	timeline_remove(&e->agents[agent].line, &e->memory, at, op, e->day[0].begin * MSEC_PER_SEC);
	state_undid(e, agent, at, op);
	touch(e, agent);
}

struct membership *
agent_membership(struct engine *e, struct agent *a, uint32_t queue)
{
	struct membership *m;
	size_t i;

	for (i = 0; i < a->nmembers; i++)
		if (a->member[i].queue == queue)
			return &a->member[i];
	a->member =
	    memory_grow(&e->memory, a->member, a->nmembers, &a->members_cap, sizeof(*a->member));
	m = &a->member[a->nmembers++];
	*m = (struct membership){ .queue = queue, .joined = -1, .left = -1 };
	return m;
}

void
agent_member(struct engine *e, uint32_t agent, uint32_t queue, msec_t at, bool joined)
{
	struct membership *m = agent_membership(e, &e->agents[agent], queue);
	msec_t *when = joined ? &m->joined : &m->left;

	at = timeline_when(&e->agents[agent].line, at);
	if (at >= *when) {
		*when = at;
		*(joined ? &m->joined_no : &m->left_no) = e->arrival;
	}
	state_member(e, agent, at, queue, joined);
	touch(e, agent);
}

/* Nobody is a member of a queue that stands for others: leaving one of them
 * she would leave all. */
static bool
may_belong(const struct engine *e, uint32_t agent, uint32_t queue)
{
	return agent != NONE && queue != NONE && !agent_is_other(e, agent) &&
	       e->queues[queue].names == NULL;
}

void
agent_join(struct engine *e, uint32_t agent, uint32_t queue, msec_t at)
{
	if (may_belong(e, agent, queue))
		agent_member(e, agent, queue, at, true);
}

bool
agent_belongs(const struct membership *m, msec_t login_at)
{
	if (m->joined < 0 || m->joined < login_at)
		return false;
	return m->joined > m->left || (m->joined == m->left && m->joined_no > m->left_no);
}

/* Who never said login and has left her last queue is gone. */
static void
leave_last(struct engine *e, uint32_t agent, msec_t at)
{
	const struct agent *a = &e->agents[agent];
	const struct standing *last = timeline_last(&a->line);
	size_t i;

	if (last == NULL || !last->in || last->said)
		return;
	for (i = 0; i < a->nmembers; i++)
		if (agent_belongs(&a->member[i], last->login_at))
			return;
	agent_turn(e, agent, at, OP_LOGOUT, 0);
}

void
agent_leave(struct engine *e, uint32_t agent, uint32_t queue, msec_t at)
{
	if (!may_belong(e, agent, queue))
		return;
	agent_member(e, agent, queue, at, false);
	leave_last(e, agent, at);
}

/* One event of an agent on its way. */
struct deed {
	struct engine *e;
	uint32_t agent, source;
	const struct event *ev;
	msec_t at;
};

/* The queue, or NONE, of which this source tells. */
static uint32_t
queue_told(const struct deed *d, struct str name, enum channel channel)
{
	uint32_t i = queue_get(d->e, name, channel);

	if (i != NONE)
		object_feed(&d->e->queues[i].o, &d->e->queues[i].fed, d->source);
	return i;
}

static void
log_in(const struct deed *d)
{
	const char *p = d->ev->queues.p, *end, *line;
	struct str name;

	agent_turn(d->e, d->agent, d->at, OP_LOGIN, 0);
	if (d->ev->queues.n == 0)
		return;
	for (end = p + d->ev->queues.n; p < end; p = line + 1) {
		line = memchr(p, '\n', (size_t)(end - p));
		if (line == NULL)
			line = end;
		name = (struct str){ p, (uint32_t)(line - p) };
		agent_join(d->e, d->agent, queue_told(d, name, CHANNEL_COUNT), d->at);
	}
}

static void
log_out(const struct deed *d)
{
	agent_turn(d->e, d->agent, d->at, OP_LOGOUT, 0);
}

static void
change_state(const struct deed *d)
{
	agent_turn(d->e, d->agent, d->at, d->ev->state == STATE_PAUSED ? OP_PAUSE : OP_AVAILABLE,
	    reason_get(d->e, d->ev->reason));
}

static uint32_t
queue_of(const struct deed *d)
{
	enum channel channel = d->ev->has & HAS(CHANNEL) ? d->ev->channel : CHANNEL_COUNT;

	return queue_told(d, d->ev->queue, channel);
}

static void
join(const struct deed *d)
{
	agent_do(d->e, d->agent, d->at, OP_SEEN, 0);
	agent_join(d->e, d->agent, queue_of(d), d->at);
}

static void
leave(const struct deed *d)
{
	agent_leave(d->e, d->agent, queue_of(d), d->at);
}

enum engine_rc
agent_apply(struct engine *e, uint32_t source, const struct event *ev, msec_t at)
{
	static void (*const what[EVENT_NKINDS])(const struct deed *) = {
		[EV_LOGIN] = log_in,
		[EV_LOGOUT] = log_out,
		[EV_STATE] = change_state,
		[EV_JOINED] = join,
		[EV_LEFT] = leave,
	};
	uint32_t agent = agent_get(e, ev->agent);

	object_feed(&e->agents[agent].o, &e->agents[agent].fed, source);
	if (agent_is_other(e, agent))
		return ENGINE_FULL;
	what[ev->event](&(struct deed){ e, agent, source, ev, at });
	return ENGINE_OK;
}

#define REASONS_MAX 1024 /* words; a pause for another one has none */

/* The number of a reason; 0 is none. */
uint16_t
reason_get(struct engine *e, struct str word)
{
	size_t i;

	if (word.n == 0)
		return 0;
	for (i = 0; i < e->nreasons; i++)
		if (is_called(e->reasons[i], word))
			return (uint16_t)(i + 1);
	if (e->nreasons >= REASONS_MAX)
		return 0;
	e->reasons =
	    memory_grow(&e->memory, e->reasons, e->nreasons, &e->reasons_cap, sizeof(*e->reasons));
	e->reasons[e->nreasons++] = engine_copy(e, word);
	return (uint16_t)e->nreasons;
}

/* ---- a new day ---- */

static void
forget(struct engine *e, uint32_t i)
{
	struct agent *a = &e->agents[i];
	size_t n = strlen(a->name);

	state_agent_gone(e, a->name);
	crew_call_all(e);
	index_remove(&e->agent_index, index_hash(&e->agent_index, a->name, n), i);
	if (agent_is_other(e, i))
		e->other_agent = NONE;
	object_fini(e, &a->o);
	names_free(e, a->names);
	timeline_fini(&a->line, &e->memory);
	memory_free(&e->memory, a->member, a->members_cap * sizeof(*a->member));
	memory_free(&e->memory, a->name, n + 1);
	memset(a, 0, sizeof(*a));
	e->agents_known--;
}

/* What was told a little ahead of the clock may be all there is of her. */
static bool
has_sample_to_come(const struct engine *e, const struct agent *a)
{
	const struct chunk *c;
	int64_t second;
	uint64_t k;

	for (second = e->n; second <= e->n + FUTURE_SECONDS; second++)
		for (c = e->cell[second & e->cell_mask].first; c != NULL; c = c->next)
			for (k = 0; k < c->n; k++)
				if (c->s[k].agent == (uint32_t)(a - e->agents))
					return true;
	return false;
}

/* Is nothing of hers left in any window, nor to come? */
static bool
is_idle(const struct engine *e, const struct agent *a)
{
	unsigned w, i;

	for (w = 0; w < e->nwindows; w++)
		for (i = 0; i < C_COUNT; i++)
			if (a->o.win[w].c[i] != 0)
				return false;
	return a->contacts_now == 0 && !has_sample_to_come(e, a);
}

/* The site's day has just begun (e->day[0] is the new one). */
void
agents_new_day(struct engine *e)
{
	msec_t begin = e->day[0].begin * MSEC_PER_SEC;
	msec_t before = day_begin(&e->zones[0], e->day[0].begin - 1, e->day_start) * MSEC_PER_SEC;
	const struct standing *last;
	struct agent *a;
	bool forgotten = false;
	uint32_t i;

	for (i = 0; i < e->nagents; i++) {
		a = &e->agents[i];
		if (a->name == NULL)
			continue;
		last = timeline_last(&a->line);
		if (is_idle(e, a) && (last == NULL || (standing_state(last) == AGENT_OFFLINE &&
		                                          last->since < before))) {
			forget(e, i);
			forgotten = true;
		} else {
			timeline_sums(&a->line, begin, a->line.day_sum);
			object_changed(e, &a->o);
		}
	}
	if (forgotten) {
		contacts_drop_agents(e);
		resolutions_drop_agents(e);
	}
}
