/* SPDX-License-Identifier: MIT */
/*
 * timeline.c: what one agent was in, over the last hour and more.
 *
 * Changes stand in the order of their time, whenever they came; each holds
 * what is true from it on and how many milliseconds she had been in each
 * state before it.  So the time in a state over any window is a difference
 * of two such sums, and a change that comes late is put in its place and
 * what follows is worked out again.
 */
#include "engine_int.h"

enum agent_state
change_state(const struct change *c)
{
	if (c->talk > 0)
		return AGENT_ON_CONTACT;
	if (c->hold > 0)
		return AGENT_ON_HOLD;
	if (c->acw > 0)
		return AGENT_ACW;
	if (c->ring > 0)
		return AGENT_RINGING;
	if (!c->in)
		return AGENT_OFFLINE;
	return c->paused ? AGENT_PAUSED : AGENT_AVAILABLE;
}

/* Which count of contacts an operation moves, and by how much. */
static const struct {
	uint8_t	offset;
	int8_t	by;
} moves[OP_COUNT] = {
	[OP_RING] = { offsetof(struct change, ring), 1 },
	[OP_RING_END] = { offsetof(struct change, ring), -1 },
	[OP_TALK] = { offsetof(struct change, talk), 1 },
	[OP_TALK_END] = { offsetof(struct change, talk), -1 },
	[OP_HOLD] = { offsetof(struct change, hold), 1 },
	[OP_HOLD_END] = { offsetof(struct change, hold), -1 },
	[OP_ACW] = { offsetof(struct change, acw), 1 },
	[OP_ACW_END] = { offsetof(struct change, acw), -1 },
};

static void
log_in(struct change *c)
{
	if (c->in)
		return;
	c->in = true;
	c->paused = false;
	c->login_at = c->at;
}

/* c holds what was true before it; now what is true from it on. */
static void
perform(struct change *c)
{
	if (c->op == OP_LOGOUT) {
		c->in = c->paused = c->said = false;
		return;
	}
	if (moves[c->op].by >= 0)
		log_in(c); /* whoever does something is there */
	if (moves[c->op].by != 0)
		*(int16_t *)((char *)c + moves[c->op].offset) += moves[c->op].by;
	if (c->op == OP_LOGIN)
		c->said = true;
	if (c->op == OP_AVAILABLE)
		c->paused = false;
	if (c->op == OP_PAUSE) {
		c->paused = true;
		c->why = c->reason;
	}
}

/* When the state began that holds from place i on.  A state that lasted no
 * time was none: who goes from one contact to the next in the same instant
 * was on contact all along. */
static msec_t
since(const struct timeline *t, size_t i, const struct change *c)
{
	const struct change *before = t->c + i;

	do {
		if (before == t->c + t->first)
			return c->at;
		before--;
	} while (before->at == c->at && (before > t->c + t->first || t->first == 0));
	return change_state(before) == change_state(c) ? before->since : c->at;
}

void
timeline_refold(struct timeline *t, size_t from)
{
	const struct change *before;
	struct change *c, next;
	size_t i;

	for (i = from; i < t->first + t->n; i++) {
		c = &t->c[i];
		memset(&next, 0, sizeof(next));
		if (i > t->first) {
			before = &t->c[i - 1];
			next = *before;
			next.sum[change_state(before)] += c->at - before->at;
		} else if (t->first > 0)
			continue; /* what came before it is forgotten */
		next.at = c->at;
		next.op = c->op;
		next.reason = c->reason;
		perform(&next);
		next.since = since(t, i, &next);
		*c = next;
	}
}

/* The number of changes at or before that time. */
static size_t
count_until(const struct timeline *t, msec_t at)
{
	size_t low = t->first, high = t->first + t->n, middle;

	if (t->n > 0 && t->c[high - 1].at <= at)
		return t->n;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (t->c[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low - t->first;
}

const struct change *
timeline_last(const struct timeline *t, msec_t at)
{
	size_t n = count_until(t, at);

	return n > 0 ? &t->c[t->first + n - 1] : NULL;
}

void
timeline_sums(const struct timeline *t, msec_t at, int64_t sum[AGENT_NSTATES])
{
	const struct change *c = timeline_last(t, at);

	memset(sum, 0, AGENT_NSTATES * sizeof(*sum));
	if (c == NULL)
		return;
	memcpy(sum, c->sum, sizeof(c->sum));
	sum[change_state(c)] += at - c->at;
}

msec_t
timeline_since(const struct timeline *t, msec_t at)
{
	const struct change *c = timeline_last(t, at);

	return c == NULL ? 0 : c->since;
}

void
timeline_insert(struct timeline *t, struct memory *m, msec_t at, enum agent_op op,
    uint16_t reason, msec_t day_begin)
{
	size_t end = t->first + t->n, place;

	if (t->n > 0 && at < t->c[end - 1].at - HOUR_MS)
		at = t->c[end - 1].at - HOUR_MS;
	t->c = memory_grow(m, t->c, end, &t->cap, sizeof(*t->c));
	place = t->first + count_until(t, at);
	memmove(t->c + place + 1, t->c + place, (end - place) * sizeof(*t->c));
	memset(&t->c[place], 0, sizeof(t->c[place]));
	t->c[place].at = at;
	t->c[place].op = op;
	t->c[place].reason = reason;
	t->n++;
	timeline_refold(t, place);
	if (at < day_begin)
		timeline_sums(t, day_begin, t->day_sum);
}

/* Takes back a change at that time, whosever: they are all alike. */
void
timeline_remove(struct timeline *t, msec_t at, enum agent_op op, msec_t day_begin)
{
	size_t place = t->first + count_until(t, at), end = t->first + t->n;

	while (place > t->first && t->c[place - 1].at == at)
		if (t->c[--place].op == op) {
			memmove(t->c + place, t->c + place + 1, (end - place - 1) * sizeof(*t->c));
			t->n--;
			timeline_refold(t, place);
			if (at < day_begin)
				timeline_sums(t, day_begin, t->day_sum);
			return;
		}
}

/* The changes that no late one and no window of `keep` ms can reach go. */
void
timeline_forget(struct timeline *t, msec_t now, msec_t keep)
{
	msec_t before = now - keep;

	if (t->n == 0)
		return;
	if (t->c[t->first + t->n - 1].at - HOUR_MS < before)
		before = t->c[t->first + t->n - 1].at - HOUR_MS;
	for (; t->n > 1 && t->c[t->first + 1].at <= before; t->n--)
		t->first++;
	if (t->first < 16 || t->first < t->n)
		return;
	/* Half of it is forgotten: move the rest down, but never to place 0,
	 * which would say that nothing came before it. */
	memmove(t->c + 1, t->c + t->first, t->n * sizeof(*t->c));
	t->first = 1;
}

void
timeline_fini(struct timeline *t, struct memory *m)
{
	memory_free(m, t->c, t->cap * sizeof(*t->c));
	memset(t, 0, sizeof(*t));
}
