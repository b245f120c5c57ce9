/* SPDX-License-Identifier: MIT */
/*
 * contact.c: who holds visits.  Finds the contact and the visit an event
 * speaks of, keeps each contact's next deadline in the heap, and forgets
 * those with nothing open after a while.
 *
 * A contact exists from its first visit, promise or reopening on.  It stands
 * in the heap while a deadline of it may come, and in the list of quiet ones,
 * oldest first, when nothing of it is open and nothing is owed.
 */
#include <stdlib.h>
#include "engine_int.h"

#define VISITS_KEPT 8 /* of one contact, visits that are over */
#define VISITS_MAX 64 /* of one contact; more are turned away */

struct contact_key {
	uint32_t source;
	struct str id;
};

static bool
has_key(const void *ctx, uint32_t slot, const void *key)
{
	const struct contact *c = ((const struct engine *)ctx)->contacts[slot];
	const struct contact_key *k = key;

	return c->source == k->source && c->id_len == k->id.n &&
	       memcmp(c->id, k->id.p, k->id.n) == 0;
}

/* Contacts of the same name in many sources do not stand side by side. */
static uint64_t
hash_of(const struct engine *e, uint32_t source, struct str id)
{
	return index_hash(&e->contact_index, id.p, id.n) + source * UINT64_C(0x9e3779b97f4a7c15);
}

uint32_t
contact_find(const struct engine *e, uint32_t source, struct str id)
{
	struct contact_key key = { source, id };

	return index_find(&e->contact_index, hash_of(e, source, id), has_key, e, &key);
}

static uint32_t
free_slot(struct engine *e)
{
	if (e->nfree > 0)
		return e->free_slot[--e->nfree];
	e->contacts = memory_grow(
	    &e->memory, e->contacts, e->ncontacts, &e->contacts_cap, sizeof(*e->contacts));
	return (uint32_t)e->ncontacts++;
}

struct contact *
contact_new(struct engine *e, uint32_t source, struct str id)
{
	struct contact *c;

	if (e->contacts_known >= e->limits.contacts) {
		e->limited.contacts++;
		return NULL;
	}
	c = memory_new(&e->memory, sizeof(*c) + id.n);
	memcpy(c->id, id.p, id.n);
	c->id_len = (uint16_t)id.n;
	c->source = source;
	c->hash = hash_of(e, source, id);
	c->due.order = identity_hash(id, e->sources[source].identity);
	c->slot = free_slot(e);
	e->contacts[c->slot] = c;
	index_add(&e->contact_index, &e->memory, c->hash, c->slot);
	e->contacts_known++;
	return c;
}

bool
contact_has_room(struct engine *e, const struct contact *c)
{
	const struct visit *v;
	unsigned n = 0;

	for (v = c->visits; v != NULL; v = v->next)
		n++;
	if (n >= VISITS_MAX)
		e->limited.contacts++;
	return n < VISITS_MAX;
}

struct visit *
visit_new(struct engine *e, struct contact *c, uint32_t queue, struct str id)
{
	struct visit *v = memory_new(&e->memory, sizeof(*v) + id.n);

	if (id.n > 0)
		memcpy(v->id, id.p, id.n);
	v->id_len = (uint16_t)id.n;
	v->contact = c;
	v->queue = queue;
	v->agent = NONE;
	v->closed_at = -1;
	v->next = c->visits;
	c->visits = v;
	return v;
}

void
visit_free(struct engine *e, struct visit *v)
{
	struct offer *o;

	while ((o = v->ringing) != NULL) {
		v->ringing = o->next;
		memory_free(&e->memory, o, sizeof(*o));
	}
	while (v->works != NULL)
		work_free(e, v->works);
	memory_free(&e->memory, v, sizeof(*v) + v->id_len);
}

/* ---- the quiet ones ---- */

static void
unquiet(struct engine *e, struct contact *c)
{
	if (!c->quiet)
		return;
	*(c->quieter == NULL ? &e->quietest : &c->quieter->louder) = c->louder;
	*(c->louder == NULL ? &e->loudest : &c->louder->quieter) = c->quieter;
	c->quiet = false;
	e->nquiet--;
}

static void
make_quiet(struct engine *e, struct contact *c)
{
	struct contact *before = e->loudest;

	while (before != NULL && before->touched > c->touched)
		before = before->quieter; /* only after a load are they out of order */
	c->quieter = before;
	c->louder = before == NULL ? e->quietest : before->louder;
	*(before == NULL ? &e->quietest : &before->louder) = c;
	*(c->louder == NULL ? &e->loudest : &c->louder->quieter) = c;
	c->quiet = true;
	e->nquiet++;
}

void
contact_forget(struct engine *e, struct contact *c)
{
	struct visit *v;

	unquiet(e, c);
	heap_remove(&e->due, &c->due);
	state_contact_gone(e, c);
	while ((v = c->visits) != NULL) {
		c->visits = v->next;
		visit_free(e, v);
	}
	matter_free(e, c);
	index_remove(&e->contact_index, c->hash, c->slot);
	e->contacts[c->slot] = NULL;
	e->free_slot =
	    memory_grow(&e->memory, e->free_slot, e->nfree, &e->free_cap, sizeof(*e->free_slot));
	e->free_slot[e->nfree++] = c->slot;
	e->contacts_known--;
	memory_free(&e->memory, c, sizeof(*c) + c->id_len);
}

msec_t
contacts_forgotten(const struct engine *e)
{
	return e->quietest == NULL ? MSEC_NEVER : e->quietest->touched + KEPT_MS;
}

void
contacts_forget(struct engine *e)
{
	contact_forget(e, e->quietest);
}

/* ---- after any change ---- */

static bool
is_open(const struct visit *v)
{
	return v->state != VISIT_OVER || v->works != NULL;
}

static void
drop_oldest(struct engine *e, struct contact *c)
{
	struct visit **p = &c->visits, *v;
	unsigned over = 0;

	while ((v = *p) != NULL) {
		if (is_open(v) || ++over <= VISITS_KEPT)
			p = &v->next;
		else {
			*p = v->next;
			visit_free(e, v);
		}
	}
}

void
contact_settle(struct engine *e, struct contact *c)
{
	msec_t next = MSEC_NEVER, deadline;
	bool open = c->matter != NULL;
	struct visit *v;
	unsigned n = 0;

	for (v = c->visits; v != NULL; v = v->next, n++) {
		deadline = visit_deadline(e, v);
		next = deadline < next ? deadline : next;
		open |= is_open(v);
	}
	if (n > VISITS_KEPT)
		drop_oldest(e, c);
	if (c->matter != NULL) {
		deadline = matter_deadline(e, c->matter);
		next = deadline < next ? deadline : next;
	}
	if (next == MSEC_NEVER)
		heap_remove(&e->due, &c->due);
	else
		heap_set(&e->due, &e->memory, &c->due, next);
	unquiet(e, c);
	if (!open)
		make_quiet(e, c);
	state_contact(e, c);
}

/* ---- events ---- */

static bool
has_id(const struct visit *v, struct str id)
{
	return v->id_len == id.n && memcmp(v->id, id.p, id.n) == 0;
}

static struct visit *
find_visit(const struct engine *e, const struct contact *c, uint32_t queue, const struct event *ev)
{
	uint64_t meant = queue_meant(e, queue, ev->queue);
	struct visit *v, *over = NULL;

	for (v = c == NULL ? NULL : c->visits; v != NULL; v = v->next) {
		if (ev->has & HAS(VISIT)) {
			if (has_id(v, ev->visit))
				return v;
		} else if (v->queue == queue && v->meant == meant) {
			if (v->state != VISIT_OVER)
				return v;
			if (over == NULL)
				over = v;
		}
	}
	return over;
}

#define EVENT_BIT(sym) (UINT64_C(1) << EV_##sym)
/* Events in which an agent does something, and so must be there ... */
#define AGENT_IS_THERE                                                                             \
	(EVENT_BIT(RINGING) | EVENT_BIT(MISSED) | EVENT_BIT(ANSWERED) | EVENT_BIT(HELD) |          \
	    EVENT_BIT(RESUMED) | EVENT_BIT(TRANSFERRED) | EVENT_BIT(ESCALATED) |                   \
	    EVENT_BIT(ENDED) | EVENT_BIT(WRAPPED) | EVENT_BIT(CALLBACK_DONE) | EVENT_BIT(MESSAGE))
/* ... and those that only count for her. */
#define AGENT_IS_MEANT                                                                             \
	(EVENT_BIT(PROMISE_KEPT) | EVENT_BIT(RESOLVED) | EVENT_BIT(SURVEY) | EVENT_BIT(FEEDBACK) | \
	    EVENT_BIT(REVIEWED))

static uint32_t
agent_of(struct engine *e, uint32_t source, const struct event *ev, msec_t at)
{
	uint32_t i;

	if (!(ev->has & HAS(AGENT)) || !((AGENT_IS_THERE | AGENT_IS_MEANT) >> ev->event & 1))
		return NONE;
	i = agent_get(e, ev->agent);
	object_feed(&e->agents[i].o, &e->agents[i].fed, source);
	if (AGENT_IS_THERE >> ev->event & 1 && timeline_last(&e->agents[i].line) == NULL)
		agent_do(e, i, at, OP_SEEN, 0);
	return i;
}

uint64_t
customer_of(const struct event *ev)
{
	uint64_t hash;

	if (!(ev->has & HAS(CUSTOMER)))
		return 0;
	hash = identity_hash(ev->customer, OF_CUSTOMER);
	return hash > 0 ? hash : 1;
}

static void
note_customer(struct contact *c, const struct event *ev)
{
	if (ev->has & HAS(CUSTOMER))
		c->customer = customer_of(ev);
}

/* What the visits dropped does not count for what is owed either. */
static bool
was_dropped(enum inconsistency what, bool begun)
{
	return what == INC_ANSWERED_AGAIN || what == INC_AFTER_ANSWER || what == INC_AFTER_END ||
	       (what == INC_QUEUED_AGAIN && !begun);
}

/* Visits first, then what is owed. */
static enum inconsistency
apply(struct engine *e, struct contact **c, struct told *t)
{
	struct visit *found = find_visit(e, *c, t->queue, t->ev), *newest;
	enum inconsistency what, refused;
	uint32_t slot;

	newest = *c == NULL ? NULL : (*c)->visits;
	what = visit_apply(e, *c, found, t->queue, t->agent, t->ev, t->at);
	if (*c == NULL && (slot = contact_find(e, t->source, t->ev->contact)) != NONE)
		*c = e->contacts[slot];
	t->begun = *c != NULL && (*c)->visits != newest;
	t->visit = t->begun ? (*c)->visits : found;
	if (*c != NULL)
		note_customer(*c, t->ev);
	if (was_dropped(what, t->begun))
		return what;
	refused = matter_refuses(*c, t->ev);
	if (refused != INC_NONE)
		return refused;
	refused = outcome_apply(e, *c, t);
	if (refused != INC_NONE)
		return refused;
	*c = matter_apply(e, *c, t);
	return what;
}

enum engine_rc
contact_apply(struct engine *e, uint32_t source, const struct event *ev, msec_t at)
{
	struct told t = { .source = source, .ev = ev, .at = at };
	struct contact *c;
	enum inconsistency what;
	uint64_t full = e->limited.contacts;
	uint32_t slot;

	t.queue = queue_get(e, ev->queue, ev->channel);
	object_feed(&e->queues[t.queue].o, &e->queues[t.queue].fed, source);
	t.agent = agent_of(e, source, ev, at);
	slot = contact_find(e, source, ev->contact);
	c = slot == NONE ? NULL : e->contacts[slot];
	what = apply(e, &c, &t);
	if (c != NULL) {
		note_customer(c, ev);
		c->touched = e->now;
		contact_settle(e, c);
	}
	if (what != INC_NONE)
		source_note(e, source, what);
	if (e->limited.contacts != full)
		return ENGINE_FULL;
	return what == INC_NONE ? ENGINE_OK : ENGINE_INCONSISTENT;
}

static int
by_identity(const void *a, const void *b)
{
	const struct contact *x = *(struct contact *const *)a, *y = *(struct contact *const *)b;

	return x->due.order < y->due.order ? -1 : x->due.order > y->due.order;
}

static void
lose(struct engine *e, struct contact *c, msec_t at)
{
	for (struct visit *v = c->visits; v != NULL; v = v->next)
		if (is_open(v)) {
			visit_lose(e, v, at);
			works_lose(e, v, at);
		}
	matter_lose(e, c, at);
	c->touched = e->now;
	contact_settle(e, c);
}

/* Not in the order of slots, which is another one after a load. */
void
contacts_restart(struct engine *e, uint32_t source, msec_t at)
{
	size_t size = e->ncontacts * sizeof(struct contact *), n = 0, i;
	struct contact **of_source = memory_new(&e->memory, size), *c;

	for (i = 0; i < e->ncontacts; i++) {
		c = e->contacts[i];
		if (c != NULL && c->source == source && !c->quiet)
			of_source[n++] = c;
	}
	if (n > 0)
		qsort(of_source, n, sizeof(*of_source), by_identity);
	for (i = 0; i < n; i++)
		lose(e, of_source[i], at);
	memory_free(&e->memory, of_source, size);
}

/* Nobody knows any more who handled it, or was to: her number is another's soon. */
void
contacts_drop_agents(struct engine *e)
{
	struct contact *c;
	struct visit *v;
	size_t slot;

	for (slot = 0; slot < e->ncontacts; slot++) {
		c = e->contacts[slot];
		for (v = c == NULL ? NULL : c->visits; v != NULL; v = v->next)
			if (visit_drop_agents(e, v))
				state_contact(e, c);
		if (c != NULL)
			matter_drop_agents(e, c);
	}
}

msec_t
contacts_deadline(const struct engine *e)
{
	const struct heap_item *top = heap_top(&e->due);

	return top == NULL ? MSEC_NEVER : top->at;
}

/* The first deadline of any contact has passed. */
void
contacts_due(struct engine *e)
{
	struct contact *c = (struct contact *)heap_top(&e->due);
	msec_t at = c->due.at;
	struct visit *v;

	for (v = c->visits; v != NULL; v = v->next)
		if (visit_deadline(e, v) == at)
			visit_due(e, v, at);
	if (c->matter != NULL)
		matter_due(e, c, at);
	if (c->touched < at)
		c->touched = at;
	contact_settle(e, c);
}

void
contact_check(const struct engine *e)
{
	const struct contact *c;
	size_t slot, n = 0;
	uint32_t waiting = 0, listed = 0, planned = 0;
	const struct visit *v;
	const struct work *w;
	bool open;

	for (slot = 0; slot < e->ncontacts; slot++) {
		c = e->contacts[slot];
		if (c == NULL)
			continue;
		n++;
		open = c->matter != NULL;
		for (v = c->visits; v != NULL; v = v->next) {
			open |= is_open(v);
			assert(v->contact == c && v->queue < e->nqueues);
			waiting += v->state == VISIT_WAITING && v->direction == DIRECTION_IN;
			for (w = v->works; w != NULL; w = w->next) {
				assert(w->visit == v && e->agents[w->agent].contacts_now > 0);
				planned += w->due != MSEC_NEVER;
			}
		}
		assert(c->quiet == !open);
	}
	assert(n == e->contacts_known && n + e->nfree == e->ncontacts);
	for (slot = 0; slot < e->nqueues; slot++) {
		listed += e->queues[slot].waiting;
		for (v = e->queues[slot].oldest; v != NULL; v = v->newer)
			assert(v->newer == NULL || v->newer->start >= v->start);
	}
	assert(listed == waiting);
	for (slot = 0; slot < e->nagents; slot++)
		for (w = e->agents[slot].works; w != NULL; w = w->older, planned--)
			assert(w->agent == slot && (w->older == NULL || w->older->newer == w));
	assert(planned == 0);
}
