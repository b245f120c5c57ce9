/* SPDX-License-Identifier: MIT */
/*
 * state_contacts.c: contacts with their visits and what is owed to them, and
 * the resolutions that are remembered, as bytes and back; as state_things.c.
 */
#include "state.h"

/* ---- a contact with its visits ---- */

static void
pack_visit(struct engine *e, struct packer *k, const struct visit *v)
{
	const struct offer *o;
	const struct work *w;

	pack_str(k, &e->memory, (struct str){ v->id, v->id_len });
	INT(v->queue);
	INT(v->meant);
	pack_number(e, k, v->agent);
	INT(v->state);
	INT(v->outcome);
	INT(v->direction);
	INT(v->sl);
	INT(v->on_hold | v->breached << 1);
	INT(v->start);
	INT(v->begun);
	INT(v->phase);
	INT(v->held);
	INT(v->closed_at);
	INT(v->sl_second);
	for (o = v->ringing; o != NULL; o = o->next) {
		INT(1);
		INT(o->agent);
		INT(o->since);
	}
	INT(0);
	for (w = v->works; w != NULL; w = w->next) {
		INT(1);
		INT(w->agent);
		INT(w->since);
		INT(w->due == MSEC_NEVER ? -1 : w->due);
		INT(w->worked);
	}
	INT(0);
}

static void
unpack_offers(struct engine *e, struct unpacker *u, struct visit *v)
{
	struct offer **p = &v->ringing;
	uint32_t agent;
	msec_t since;

	while (u->good && unpack_within(u, 0, 1) == 1) {
		agent = unpack_agent_number(e, u);
		since = unpack_time(u);
		if (agent == NONE)
			continue;
		*p = memory_new(&e->memory, sizeof(**p));
		(*p)->agent = agent;
		(*p)->since = since;
		p = &(*p)->next;
	}
}

/* Nobody does it where there is no room for its agent now. */
static void
unpack_works(struct engine *e, struct unpacker *u, struct visit *v)
{
	struct work **p = &v->works, w;

	while (u->good && unpack_within(u, 0, 1) == 1) {
		w = (struct work){ .visit = v, .agent = unpack_agent_number(e, u) };
		w.since = unpack_time(u);
		w.due = unpack_within(u, -1, TIME_FAR);
		w.worked = unpack_within(u, 0, TIME_FAR);
		u->good &= w.due < 0 || w.due >= w.since;
		if (w.due < 0)
			w.due = MSEC_NEVER;
		if (w.agent == NONE)
			continue;
		*p = memory_new(&e->memory, sizeof(**p));
		**p = w;
		p = &(*p)->next;
	}
}

static struct visit *
unpack_visit(struct engine *e, struct unpacker *u, struct contact *c)
{
	struct str id = unpack_str(u);
	struct visit *v = visit_new(e, c, unpack_queue_number(e, u), id);
	int64_t flags;

	v->meant = (uint64_t)unpack_int(u);
	v->agent = unpack_agent_number(e, u);
	v->state = (uint8_t)unpack_within(u, 0, VISIT_NSTATES - 1);
	v->outcome = (uint8_t)unpack_within(u, 0, OUTCOME_STUCK);
	v->direction = (uint8_t)unpack_within(u, 0, DIRECTION_OUT);
	v->sl = (uint8_t)unpack_within(u, 0, SL_UNTRACKED);
	flags = unpack_within(u, 0, 3);
	v->on_hold = flags & 1;
	v->breached = flags >> 1 & 1;
	v->start = unpack_time(u);
	v->begun = unpack_time(u);
	v->phase = unpack_time(u);
	v->held = unpack_time(u);
	v->closed_at = unpack_time(u);
	v->sl_second = unpack_time(u);
	if (v->sl == SL_PENDING && v->queue != NONE && e->queues[v->queue].policy.threshold == 0)
		v->sl = SL_UNTRACKED; /* no longer promised */
	unpack_offers(e, u, v);
	unpack_works(e, u, v);
	return v;
}

/* What counts it: its queue's lists and its agents' hands. */
static void
take_place(struct engine *e, struct visit *v)
{
	if (v->state == VISIT_WAITING && v->direction == DIRECTION_IN)
		waiting_insert(e, v);
	if (v->state == VISIT_HANDLING) {
		e->queues[v->queue].in_progress++;
		if (v->agent != NONE)
			e->agents[v->agent].contacts_now++;
	}
	for (struct work *w = v->works; w != NULL; w = w->next)
		work_link(e, w);
}

static void
pack_response(struct engine *e, struct packer *k, const struct response *r)
{
	INT(r != NULL);
	if (r == NULL)
		return;
	pack_number(e, k, r->queue);
	INT(r->still | r->missed << 1 | r->told << 2);
	INT(r->by_start.at);
	INT(r->by_due.at == MSEC_NEVER ? -1 : r->by_due.at);
	INT(r->changed);
	INT(r->spent);
	INT(r->promised);
	INT(r->missed_at);
	pack_number(e, k, r->missed_in);
	pack_number(e, k, r->missed_by);
}

static struct response *
unpack_response(struct engine *e, struct unpacker *u)
{
	struct response *r;
	int64_t flags;

	if (unpack_within(u, 0, 1) == 0)
		return NULL;
	r = memory_new(&e->memory, sizeof(*r));
	r->queue = unpack_queue_number(e, u);
	flags = unpack_within(u, 0, 7);
	r->still = flags & 1;
	r->missed = flags >> 1 & 1;
	r->told = flags >> 2 & 1;
	r->by_start.at = unpack_time(u);
	r->by_due.at = unpack_within(u, -1, TIME_FAR);
	if (r->by_due.at < 0)
		r->by_due.at = MSEC_NEVER;
	r->changed = unpack_within(u, r->by_start.at, TIME_FAR);
	r->spent = unpack_within(u, 0, TIME_FAR);
	r->promised = unpack_within(u, 0, TIME_FAR);
	r->missed_at = unpack_time(u);
	r->missed_in = unpack_queue_number(e, u);
	r->missed_by = unpack_agent_number(e, u);
	return r;
}

static void
pack_matter(struct engine *e, struct packer *k, const struct matter *m)
{
	INT(m != NULL);
	if (m == NULL)
		return;
	INT(m->queue);
	INT(m->by_opened.at);
	INT(m->pending | m->responded << 1 | m->resolution << 2 | m->ended << 3);
	INT(m->between == MSEC_NEVER ? -1 : m->between);
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		pack_response(e, k, m->response[t]);
}

/* It takes its place when all contacts are there. */
static void
unpack_matter(struct engine *e, struct unpacker *u, struct contact *c)
{
	struct matter *m;
	int64_t flags;

	if (unpack_within(u, 0, 1) == 0)
		return;
	m = c->matter = memory_new(&e->memory, sizeof(*m));
	m->contact = c;
	m->queue = unpack_queue_number(e, u);
	m->by_opened.at = unpack_time(u);
	flags = unpack_within(u, 0, 15);
	m->pending = flags & 1;
	m->responded = flags >> 1 & 1;
	m->resolution = flags >> 2 & 1;
	m->ended = flags >> 3 & 1;
	m->between = unpack_within(u, -1, TIME_FAR);
	if (m->between < 0)
		m->between = MSEC_NEVER;
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		m->response[t] = unpack_response(e, u);
	if (m->queue == NONE) /* there is no room for it now */
		matter_free(e, c);
}

void
pack_contact(struct engine *e, struct packer *k, const struct contact *c)
{
	const struct visit *v;
	int64_t n = 0;

	INT(c->source);
	pack_str(k, &e->memory, (struct str){ c->id, c->id_len });
	INT(c->touched);
	INT((int64_t)c->customer);
	for (v = c->visits; v != NULL; v = v->next)
		n++;
	INT(n);
	for (v = c->visits; v != NULL; v = v->next)
		pack_visit(e, k, v);
	pack_matter(e, k, c->matter);
}

struct contact *
unpack_contact(struct engine *e, struct unpacker *u)
{
	uint32_t source = unpack_source_number(e, u);
	struct str id = unpack_str(u);
	msec_t touched = unpack_time(u);
	uint64_t customer = (uint64_t)unpack_int(u);
	int64_t n = unpack_within(u, 0, INT16_MAX);
	struct visit *oldest_first = NULL, *v;
	struct contact *c;

	u->good &= id.n > 0 && (source == NONE || contact_find(e, source, id) == NONE);
	if (!u->good || source == NONE)
		return NULL;
	c = contact_new(e, source, id);
	e->saving->differs |= c == NULL;
	if (c == NULL)
		return NULL;
	c->touched = touched;
	c->customer = customer;
	c->saved = true;
	for (; n > 0 && u->good; n--)
		unpack_visit(e, u, c);
	while ((v = c->visits) != NULL) { /* they were put newest first */
		c->visits = v->next;
		if (v->queue == NONE) { /* there is no room for its queue now */
			visit_free(e, v);
			continue;
		}
		v->next = oldest_first;
		oldest_first = v;
	}
	c->visits = oldest_first;
	unpack_matter(e, u, c);
	for (v = u->good ? c->visits : NULL; v != NULL; v = v->next)
		take_place(e, v);
	return c;
}

/* ---- a resolution ---- */

void
pack_resolution(struct engine *e, struct packer *k, const struct resolution *r)
{
	INT(r->due.at);
	INT(r->by[OF_CONTACT].hash);
	INT(r->by[OF_CUSTOMER].hash);
	INT(r->queue);
	pack_number(e, k, r->agent);
	INT(r->came_back | r->again << 1);
}

/* fcr_days may have become 0 since: then it is forgotten, and its field goes. */
void
unpack_resolution(struct engine *e, struct unpacker *u, uint64_t number)
{
	struct resolution r = { .due = { .at = unpack_time(u), .order = number }, .saved = true };
	int64_t flags;

	r.by[OF_CONTACT].hash = (uint64_t)unpack_int(u);
	r.by[OF_CUSTOMER].hash = (uint64_t)unpack_int(u);
	r.queue = unpack_queue_number(e, u);
	r.agent = unpack_agent_number(e, u);
	flags = unpack_within(u, 0, 3);
	r.came_back = flags & 1;
	r.again = flags >> 1;
	u->good &= r.by[OF_CONTACT].hash != 0;
	if (!u->good)
		return;
	if (r.queue == NONE || e->fcr == 0) /* or there is no room for its queue now */
		state_resolution_gone(e, &r);
	else
		resolution_remember(e, &r);
}
