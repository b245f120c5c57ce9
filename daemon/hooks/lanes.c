/* SPDX-License-Identifier: MIT */
/*
 * lanes.c: order, patience and fairness among the deliveries.
 *
 * A lane is walked from its oldest delivery.  One whose episode was seen on
 * the way must wait for that earlier one; of the others, the one longest due
 * is next.  So one page that fails again and again holds up what follows in
 * its episode, and nothing else.  A lane that has nothing to start sleeps
 * until its next time or until something in it changes; a flood of other
 * events then costs nothing.
 *
 * Hooks share the processes round robin, and each may always have one: sixty
 * runs that hang do not keep another hook's page.
 *
 * Episodes are compared as hashes while walking.  Two with the same hash
 * would only wait for one another; what is struck off is compared as text.
 */
#include "lanes.h"

#include <assert.h>
#include <stdlib.h>

/* ---- episodes on the way */

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/; never 0. */
static uint64_t
hash(struct str s)
{
	uint64_t h = 14695981039346656037u;

	for (uint32_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
	return h != 0 ? h : 1;
}

/* The place of h, or the free one where it belongs. */
static uint64_t *
place(uint64_t *table, size_t size, uint64_t h)
{
	size_t i = h & (size - 1);

	while (table[i] != 0 && table[i] != h)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool
seen_grow(struct lanes *q)
{
	size_t size = q->seen_size > 0 ? 2 * q->seen_size : 64;
	uint64_t *table = calloc(size, sizeof(*table));

	if (table == NULL)
		return false;
	for (size_t i = 0; i < q->seen_size; i++)
		if (q->seen[i] != 0)
			*place(table, size, q->seen[i]) = q->seen[i];
	free(q->seen);
	q->seen = table;
	q->seen_size = size;
	return true;
}

static void
seen_clear(struct lanes *q)
{
	if (q->nseen > 0)
		memset(q->seen, 0, q->seen_size * sizeof(*q->seen));
	q->nseen = 0;
}

/* Notes the page's episodes; was one of them there before?  Without memory it
 * may only say so too often: then order is kept and things take longer. */
static bool
seen_any(struct lanes *q, const struct page *p)
{
	bool any = false;

	for (size_t i = 0; i < p->nrefs; i++) {
		uint64_t h = hash(p->refs[i].episode), *at;

		if (2 * (q->nseen + 1) > q->seen_size && !seen_grow(q))
			return true;
		at = place(q->seen, q->seen_size, h);
		if (*at == h)
			any = true;
		else
			q->nseen++;
		*at = h;
	}
	return any;
}

/* ---- lanes */

static void
wake(struct lane *lane)
{
	lane->asleep = INT64_MIN;
}

static void
unlink_delivery(struct delivery *d)
{
	struct lane *lane = d->lane;

	*(d->prev != NULL ? &d->prev->next : &lane->first) = d->next;
	*(d->next != NULL ? &d->next->prev : &lane->last) = d->prev;
	d->prev = d->next = NULL;
	d->state = DELIVERY_DONE;
	wake(lane);
}

/* It ends without a run. */
static void
strike(struct lanes *q, struct delivery *d, enum hook_outcome outcome)
{
	assert(d->state == DELIVERY_WAITING);
	d->lane->waiting--;
	d->outcome = outcome;
	unlink_delivery(d);
	q->on_struck(q->arg, d);
}

/* Nobody needs it any more: it goes now, or when its run has not delivered. */
static void
strike_or_doom(struct lanes *q, struct delivery *d, enum hook_outcome outcome)
{
	if (d->state == DELIVERY_RUNNING)
		d->doom = outcome;
	else
		strike(q, d, outcome);
}

int
lanes_join(struct lanes *q, struct lane *lane)
{
	struct lane **more = realloc(q->lane, (q->nlanes + 1) * sizeof(struct lane *));

	if (more == NULL)
		return -1;
	q->lane = more;
	q->lane[q->nlanes++] = lane;
	wake(lane);
	return 0;
}

void
lanes_set(struct lanes *q, struct lane *lane, size_t limit, msec_t give_up)
{
	struct delivery *d, *next;

	lane->limit = limit;
	lane->give_up = give_up;
	wake(lane);
	if (limit > 0)
		return;
	for (d = lane->first; d != NULL; d = next) {
		next = d->next;
		if (d->state == DELIVERY_WAITING)
			strike(q, d, HOOK_GIVEN_UP);
	}
}

void
lanes_fini(struct lanes *q)
{
	free(q->lane);
	free(q->seen);
	*q = (struct lanes){ 0 };
}

/* ---- adding */

static bool
speaks_of(const struct page *p, struct str episode)
{
	for (size_t i = 0; i < p->nrefs; i++)
		if (str_eq(p->refs[i].episode, episode))
			return true;
	return false;
}

static bool
is_watchdog(const struct page *p)
{
	static const char prefix[] = "watchdog.";

	return p->nrefs == 0 && p->id.n >= sizeof(prefix) - 1 &&
	       memcmp(p->id.p, prefix, sizeof(prefix) - 1) == 0;
}

/* Does the later page say all that the earlier one has to say? */
static bool
replaces(const struct page *later, const struct page *earlier)
{
	if (is_watchdog(later))
		return is_watchdog(earlier);
	if (later->kind != PAGE_RESOLVE || earlier->nrefs == 0)
		return false;
	for (size_t i = 0; i < earlier->nrefs; i++)
		if (!speaks_of(later, earlier->refs[i].episode))
			return false;
	return true;
}

void
lanes_add(struct lanes *q, struct lane *lane, struct delivery *d)
{
	struct delivery *e, *next;

	for (e = lane->first; e != NULL; e = next) {
		next = e->next;
		if (replaces(d->page, e->page))
			strike_or_doom(q, e, HOOK_SUPERSEDED);
	}
	d->lane = lane;
	d->state = DELIVERY_WAITING;
	d->prev = lane->last;
	d->next = NULL;
	*(lane->last != NULL ? &lane->last->next : &lane->first) = d;
	lane->last = d;
	lane->waiting++;
	wake(lane);
	if (lane->limit == 0)
		strike(q, d, HOOK_GIVEN_UP);
	else if (d->doom != NO_DOOM) /* its run was lost, and nobody needs another */
		strike(q, d, (enum hook_outcome)d->doom);
}

/* ---- starting */

/* The delivery that is longest due and waits for no other. */
static struct delivery *
pick(struct lanes *q, struct lane *lane, msec_t now)
{
	struct delivery *best = NULL;
	bool blocked;

	seen_clear(q);
	for (struct delivery *d = lane->first; d != NULL; d = d->next) {
		blocked = seen_any(q, d->page);
		if (!blocked && d->state == DELIVERY_WAITING &&
		    (best == NULL || d->due < best->due))
			best = d;
	}
	if (best != NULL && best->due <= now)
		return best;
	lane->asleep = best != NULL ? best->due : MSEC_NEVER;
	return NULL;
}

static bool
may_start(const struct lanes *q, const struct lane *lane)
{
	if (lane->waiting == 0 || lane->running >= lane->limit)
		return false;
	return lane->running == 0 || q->running < LANES_PROCESSES;
}

struct delivery *
lanes_next(struct lanes *q, msec_t now)
{
	for (size_t i = 0; i < q->nlanes; i++) {
		struct lane *lane = q->lane[(q->turn + i) % q->nlanes];
		struct delivery *d;

		if (!may_start(q, lane) || lane->asleep > now || (d = pick(q, lane, now)) == NULL)
			continue;
		q->turn = (q->turn + i + 1) % q->nlanes;
		q->running++;
		lane->running++;
		lane->waiting--;
		d->state = DELIVERY_RUNNING;
		d->attempt++;
		return d;
	}
	return NULL;
}

msec_t
lanes_due(const struct lanes *q)
{
	msec_t due = MSEC_NEVER;

	for (size_t i = 0; i < q->nlanes; i++)
		if (may_start(q, q->lane[i]) && q->lane[i]->asleep < due)
			due = q->lane[i]->asleep;
	return due;
}

/* ---- ending */

/* After the n-th attempt: the doubled delay, half of it by chance. */
static msec_t
delay(unsigned attempt, uint32_t random)
{
	msec_t whole = RETRY_FIRST;

	while (attempt-- > 1 && whole < RETRY_LAST)
		whole *= 2;
	if (whole > RETRY_LAST)
		whole = RETRY_LAST;
	return whole / 2 + (msec_t)((uint64_t)(whole / 2) * random >> 32);
}

void
lanes_ended(
    struct lanes *q, struct delivery *d, enum hook_outcome outcome, msec_t now, uint32_t random)
{
	struct lane *lane = d->lane;
	msec_t until = d->arrived + lane->give_up;

	assert(d->state == DELIVERY_RUNNING);
	q->running--;
	lane->running--;
	if (outcome == HOOK_RETRY && d->doom != NO_DOOM)
		outcome = (enum hook_outcome)d->doom;
	else if (outcome == HOOK_RETRY && (now >= until || lane->limit == 0))
		outcome = HOOK_GIVEN_UP;
	d->outcome = (uint8_t)outcome;
	if (outcome != HOOK_RETRY) {
		unlink_delivery(d);
		return;
	}
	d->due = now + delay(d->attempt, random);
	if (d->due > until)
		d->due = until; /* the last try is made when time is up */
	d->state = DELIVERY_WAITING;
	lane->waiting++;
	wake(lane);
}

/* ---- cancelling */

static bool
all_cancelled(struct delivery *d, struct str episode)
{
	bool all = d->page->nrefs > 0;

	for (size_t i = 0; i < d->page->nrefs; i++) {
		if (str_eq(d->page->refs[i].episode, episode))
			d->cancelled[i] = true;
		all = all && d->cancelled[i];
	}
	return all;
}

void
lanes_cancel(struct lanes *q, struct str episode)
{
	struct delivery *d, *next;

	for (size_t i = 0; i < q->nlanes; i++)
		for (d = q->lane[i]->first; d != NULL; d = next) {
			next = d->next;
			if (d->page->kind != PAGE_RESOLVE && all_cancelled(d, episode))
				strike_or_doom(q, d, HOOK_CANCELLED);
		}
}
