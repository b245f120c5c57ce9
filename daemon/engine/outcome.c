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
struct act {
	struct engine *e;
	const struct told *t;
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

/* In the event's queue, for the agent it names. */
static void
count_told(const struct act *a, enum sample_kind kind, int64_t value)
{
	count(a->e, kind, a->t->queue, a->t->agent, a->t->at, value);
}

/* ---- surveys, feedback, reviews ---- */

/* What an opinion counts as by its kind: without a score (of a survey: it was
 * sent), with one, up to `low` and from `high` on.  Feedback has none. */
/* clang-format off */
static const struct {
	uint8_t without, with;
	int8_t low, high;
	uint8_t if_low, if_high;
} opinions[] = {
	[KIND_CSAT] =       { S_CSAT_SENT,  S_CSAT,       -1,   4, S_CSAT,          S_CSAT_GOOD },
	[KIND_NPS] =        { S_NPS_SENT,   S_NPS,         6,   9, S_NPS_DETRACTOR, S_NPS_PROMOTER },
	[KIND_CES] =        { S_CES_SENT,   S_CES,        -1, 101, S_CES,           S_CES },
	[KIND_COMPLAINT] =  { S_COMPLAINT,  S_COMPLAINT,  -1, 101, S_COMPLAINT,     S_COMPLAINT },
	[KIND_COMPLIMENT] = { S_COMPLIMENT, S_COMPLIMENT, -1, 101, S_COMPLIMENT,    S_COMPLIMENT },
	[KIND_COMMENT] =    { S_COMMENT,    S_COMMENT,    -1, 101, S_COMMENT,       S_COMMENT },
};
/* clang-format on */

static enum inconsistency
opinion(const struct act *a)
{
	const struct event *ev = a->t->ev;
	uint8_t sample = opinions[ev->kind].with;

	if (!(ev->has & HAS(SCORE)))
		sample = opinions[ev->kind].without;
	else if (ev->score <= opinions[ev->kind].low)
		sample = opinions[ev->kind].if_low;
	else if (ev->score >= opinions[ev->kind].high)
		sample = opinions[ev->kind].if_high;
	count_told(a, (enum sample_kind)sample, ev->score);
	return INC_NONE;
}

static enum inconsistency
review(const struct act *a)
{
	count_told(a, S_REVIEWED, a->t->ev->score);
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

static struct resolution *
last_of_contact(const struct act *a)
{
	return resolution_last(a->e, OF_CONTACT, a->hash[OF_CONTACT]);
}

/* The contact's matter is another one now. */
static void
begin_again(const struct act *a)
{
	struct resolution *last = last_of_contact(a);

	all_come_back(a->e, OF_CONTACT, a->hash[OF_CONTACT], a->t->at);
	if (last == NULL || last->again)
		return;
	last->again = true;
	state_resolution(a->e, last);
}

/* With whatever event its visit began. */
static void
be_queued(const struct act *a)
{
	begin_again(a);
	all_come_back(a->e, OF_CUSTOMER, a->hash[OF_CUSTOMER], a->t->at);
}

/* The sample carries the ms, so that it is known how young it is. */
static enum inconsistency
resolve(const struct act *a)
{
	const struct told *t = a->t;
	const struct resolution *last = last_of_contact(a);
	const struct resolution said = { .due = { .at = t->at, .order = a->e->arrival },
		.by = { { .hash = a->hash[OF_CONTACT] }, { .hash = a->hash[OF_CUSTOMER] } },
		.queue = t->queue,
		.agent = t->agent };

	if (last != NULL && !last->again)
		return INC_AFTER_END;
	count_told(a, S_RESOLVED, t->at % MSEC_PER_SEC);
	if (a->e->fcr > 0)
		resolution_remember(a->e, &said);
	return INC_NONE;
}

/* It counts for the agent who resolved it, whoever reopened it. */
static enum inconsistency
reopen(const struct act *a)
{
	const struct resolution *last = last_of_contact(a);

	count(a->e, S_REOPENED, a->t->queue, last == NULL ? NONE : last->agent, a->t->at, 0);
	begin_again(a);
	return INC_NONE;
}

/* A source is known by its name: its number is another one after a load. */
static uint64_t
contact_hash(const struct engine *e, const struct told *t)
{
	uint64_t hash = identity_hash(t->ev->contact, e->sources[t->source].identity);

	return hash > 0 ? hash : 1;
}

enum inconsistency
outcome_apply(struct engine *e, const struct contact *c, const struct told *t)
{
	static enum inconsistency (*const what[EVENT_NKINDS])(const struct act *) = {
		[EV_RESOLVED] = resolve,
		[EV_REOPENED] = reopen,
		[EV_SURVEY] = opinion,
		[EV_FEEDBACK] = opinion,
		[EV_REVIEWED] = review,
	};
	bool queued = t->begun && t->visit->direction == DIRECTION_IN;
	struct act a = { .e = e, .t = t };

	if (!queued && what[t->ev->event] == NULL)
		return INC_NONE;
	a.hash[OF_CONTACT] = contact_hash(e, t);
	a.hash[OF_CUSTOMER] = c != NULL ? c->customer : customer_of(t->ev);
	if (queued)
		be_queued(&a);
	return what[t->ev->event] == NULL ? INC_NONE : what[t->ev->event](&a);
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
