/* SPDX-License-Identifier: MIT */
/*
 * outcome.c: how it ended for the customer: resolutions and who came back,
 * surveys, feedback, reviews; doc/counting.md.
 *
 * None of these needs a visit, or a contact that anybody remembers: a survey
 * is answered and a ticket closed days after.  So they count in the queue and
 * for the agent that the event names, and who must be known of again is known
 * from resolution.c.  Nothing here opens or closes a contact's matter.
 */
#include "engine_int.h"

/* One event on its way. */
struct report {
	struct engine *e;
	struct contact *c; /* or NULL: nobody remembers it */
	const struct visit *begun; /* by it, or NULL */
	uint32_t source, queue;
	const struct event *ev;
	msec_t at;
	uint64_t hash[KEY_COUNT]; /* of its contact and customer */
};

static void
count(struct engine *e, enum sample_kind kind, uint32_t queue, uint32_t agent, msec_t at, int64_t a)
{
	struct sample s = { .queue = queue & SAMPLE_NONE,
		.kind = (uint8_t)kind,
		.agent = agent & SAMPLE_NONE,
		.a = (uint32_t)a };

	sample_add(e, second_of(at), &s);
}

/* Whom it names.  She need not be there: nothing is seen of her by it. */
static uint32_t
agent_named(const struct report *r)
{
	struct engine *e = r->e;
	uint32_t i = r->ev->has & HAS(AGENT) ? agent_get(e, r->ev->agent) : NONE;

	if (i != NONE && fed_by_add(&e->agents[i].fed, r->source))
		e->agents[i].o.unsaved = true;
	return i;
}

/* ---- surveys, feedback, reviews ---- */

/* A survey without a score was sent; with one it is low up to `at_most`, high
 * from `at_least` on. */
static const struct {
	uint8_t sent, answered;
	int8_t at_most, at_least;
	uint8_t low, high;
} surveys[] = {
	[KIND_CSAT] = { S_CSAT_SENT, S_CSAT, 0, 4, S_CSAT, S_CSAT_GOOD },
	[KIND_NPS] = { S_NPS_SENT, S_NPS, 6, 9, S_NPS_DETRACTOR, S_NPS_PROMOTER },
	[KIND_CES] = { S_CES_SENT, S_CES, 0, 8, S_CES, S_CES },
};

static enum inconsistency
survey(const struct report *r)
{
	uint8_t kind = r->ev->kind, sample = surveys[kind].answered;

	if (!(r->ev->has & HAS(SCORE)))
		sample = surveys[kind].sent;
	else if (r->ev->score <= surveys[kind].at_most)
		sample = surveys[kind].low;
	else if (r->ev->score >= surveys[kind].at_least)
		sample = surveys[kind].high;
	count(r->e, (enum sample_kind)sample, r->queue, agent_named(r), r->at, r->ev->score);
	return INC_NONE;
}

static enum inconsistency
feedback(const struct report *r)
{
	static const uint8_t samples[] = { [KIND_COMPLAINT] = S_COMPLAINT,
		[KIND_COMPLIMENT] = S_COMPLIMENT,
		[KIND_COMMENT] = S_COMMENT };

	count(r->e, (enum sample_kind)samples[r->ev->kind], r->queue, agent_named(r), r->at, 0);
	return INC_NONE;
}

static enum inconsistency
review(const struct report *r)
{
	count(r->e, S_REVIEWED, r->queue, agent_named(r), r->at, r->ev->score);
	return INC_NONE;
}

/* ---- resolutions, and who came back ---- */

static void
come_back(struct engine *e, struct resolution *r)
{
	r->came_back = true;
	count(e, S_CAME_BACK, r->queue, r->agent, r->due.at, 0);
	state_resolution(e, r);
}

/* All of that key came back at that time, but for those it does not reach.
 * Where a key is put to everything, each is looked at once all the same. */
static void
all_come_back(struct engine *e, enum key by, uint64_t hash, msec_t at)
{
	struct resolution *last = resolution_last(e, by, hash), *r;
	bool all = true;

	for (r = last; r != NULL && !r->settled[by]; r = r->by[by].older) {
		if (!r->came_back && r->due.at < at && at <= r->due.at + e->fcr)
			come_back(e, r);
		all &= r->came_back;
	}
	for (r = last; all && r != NULL && !r->settled[by]; r = r->by[by].older)
		r->settled[by] = true;
}

/* The contact's matter is another one now. */
static void
begin_again(const struct report *r)
{
	struct resolution *last = resolution_last(r->e, OF_CONTACT, r->hash[OF_CONTACT]);

	all_come_back(r->e, OF_CONTACT, r->hash[OF_CONTACT], r->at);
	if (last == NULL || last->again)
		return;
	last->again = true;
	state_resolution(r->e, last);
}

static enum inconsistency
queued(const struct report *r)
{
	if (r->begun == NULL || r->begun->direction == DIRECTION_OUT)
		return INC_NONE;
	begin_again(r);
	all_come_back(r->e, OF_CUSTOMER, r->hash[OF_CUSTOMER], r->at);
	return INC_NONE;
}

/* What its sample carries is the ms, so that it is known how young it is. */
static enum inconsistency
resolve(const struct report *r)
{
	const struct resolution *last = resolution_last(r->e, OF_CONTACT, r->hash[OF_CONTACT]);
	struct resolution said = { .due = { .at = r->at, .order = r->e->arrival },
		.by = { { .hash = r->hash[OF_CONTACT] }, { .hash = r->hash[OF_CUSTOMER] } },
		.queue = r->queue };

	if (last != NULL && !last->again)
		return INC_AFTER_END;
	said.agent = agent_named(r);
	count(r->e, S_RESOLVED, r->queue, said.agent, r->at, r->at % MSEC_PER_SEC);
	if (r->e->fcr > 0)
		resolution_remember(r->e, &said);
	return INC_NONE;
}

static enum inconsistency
reopen(const struct report *r)
{
	const struct resolution *last = resolution_last(r->e, OF_CONTACT, r->hash[OF_CONTACT]);

	if (r->c != NULL && r->c->matter != NULL)
		return INC_QUEUED_AGAIN;
	count(r->e, S_REOPENED, r->queue, last == NULL ? NONE : last->agent, r->at, 0);
	begin_again(r);
	return INC_NONE;
}

/* ---- events ---- */

static uint64_t
hash_of(struct str s, uint64_t seed)
{
	uint64_t hash = hash_bytes(s.p, s.n, seed);

	return hash == 0 ? 1 : hash;
}

/* A source is known by its name: its number is another one after a load. */
static uint64_t
contact_hash(const struct event *ev)
{
	return hash_of(ev->contact, hash_of(ev->source, OF_CONTACT));
}

enum inconsistency
outcome_apply(struct engine *e, uint32_t source, struct contact *c, const struct visit *begun,
    uint32_t queue, const struct event *ev, msec_t at)
{
	static enum inconsistency (*const what[EVENT_NKINDS])(const struct report *) = {
		[EV_QUEUED] = queued,
		[EV_RESOLVED] = resolve,
		[EV_REOPENED] = reopen,
		[EV_SURVEY] = survey,
		[EV_FEEDBACK] = feedback,
		[EV_REVIEWED] = review,
	};
	struct report r = { e, c, begun, source, queue, ev, at, { 0 } };

	r.hash[OF_CUSTOMER] = c != NULL ? c->customer : customer_of(ev);
	if (what[ev->event] == NULL)
		return INC_NONE;
	r.hash[OF_CONTACT] = contact_hash(ev);
	return what[ev->event](&r);
}

/* ---- what becomes final ---- */

msec_t
outcome_deadline(const struct engine *e)
{
	const struct heap_item *oldest = heap_top(&e->resolved);

	return oldest == NULL ? MSEC_NEVER : oldest->at + e->fcr;
}

void
outcome_due(struct engine *e)
{
	struct resolution *r = (struct resolution *)heap_top(&e->resolved);

	count(e, r->came_back ? S_FINAL : S_FINAL_FIRST, r->queue, r->agent, r->due.at + e->fcr, 0);
	resolution_forget(e, r);
}

void
outcome_check(const struct engine *e)
{
	const struct resolution *r;
	size_t i;
	unsigned by;

	heap_check(&e->resolved);
	assert(e->resolved.n <= e->limits.contacts && (e->fcr > 0 || e->resolved.n == 0));
	assert(e->nresolutions == e->resolved.n + e->nfree_resolutions);
	for (i = 0; i < e->resolved.n; i++) {
		r = (const struct resolution *)e->resolved.item[i];
		assert(e->resolutions[r->slot] == r && r->queue < e->nqueues);
		assert(r->agent == NONE || e->agents[r->agent].name != NULL);
		for (by = 0; by < KEY_COUNT; by++) {
			const struct resolution_key *k = &r->by[by];

			assert(k->older == NULL || k->older->by[by].newer == r);
			assert(k->newer != NULL || k->hash == 0 ||
			       resolution_last(e, (enum key)by, k->hash) == r);
			assert(!r->settled[by] || r->came_back);
		}
	}
}
