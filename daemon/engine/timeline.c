/* SPDX-License-Identifier: MIT */
/*
 * timeline.c: what one agent was in, over the last hour and more.
 *
 * Changes stand in the order of their time, whenever they came, eight bytes
 * each.  In front of every sixteenth stands what was true there and how many
 * milliseconds she had been in each state by then, and contacts had had her;
 * any moment is worked out from the last such mark before it.  So the time in a state over a window is
 * a difference of two sums, a change now costs nothing but itself, and one
 * that comes late is put in its place and what follows is worked out again.
 *
 *	mark[0] c0 c1 ... c15 | mark[1] c16 ... c31 | mark[2] c32 ...   last
 */
#include "engine_int.h"

enum agent_state
standing_state(const struct standing *s)
{
	if (s->talk > 0)
		return AGENT_ON_CONTACT;
	if (s->hold > 0)
		return AGENT_ON_HOLD;
	if (s->acw > 0)
		return AGENT_ACW;
	if (s->ring > 0)
		return AGENT_RINGING;
	if (!s->in)
		return AGENT_OFFLINE;
	return s->paused ? AGENT_PAUSED : AGENT_AVAILABLE;
}

/* Which count of contacts an operation moves, and by how much; and whether it
 * is against an end, and so nothing that she did. */
static const struct {
	uint8_t offset;
	int8_t by;
	bool against;
} moves[OP_COUNT] = {
	[OP_RING] = { offsetof(struct standing, ring), 1 },
	[OP_RING_END] = { offsetof(struct standing, ring), -1 },
	[OP_TALK] = { offsetof(struct standing, talk), 1 },
	[OP_TALK_END] = { offsetof(struct standing, talk), -1 },
	[OP_HOLD] = { offsetof(struct standing, hold), 1 },
	[OP_HOLD_END] = { offsetof(struct standing, hold), -1 },
	[OP_ACW] = { offsetof(struct standing, acw), 1 },
	[OP_ACW_END] = { offsetof(struct standing, acw), -1 },
	[OP_RESUME] = { offsetof(struct standing, talk), 1 },
	[OP_TALK_ON] = { offsetof(struct standing, talk), 1, true },
	[OP_HOLD_ON] = { offsetof(struct standing, hold), 1, true },
};

/* What stands against an operation; OP_COUNT: nothing does. */
static enum agent_op
against(enum agent_op op)
{
	return op == OP_TALK_END ? OP_TALK_ON : op == OP_HOLD_END ? OP_HOLD_ON : OP_COUNT;
}

static void
log_in(struct standing *s)
{
	if (s->in)
		return;
	s->in = true;
	s->paused = false;
	s->login_at = s->at;
}

static void
perform(struct standing *s, enum agent_op op, uint16_t reason)
{
	if (op == OP_LOGOUT) {
		s->in = s->paused = s->said = false;
		return;
	}
	if (moves[op].by >= 0 && !moves[op].against)
		log_in(s); /* whoever does something is there */
	if (moves[op].by != 0)
		*(int16_t *)((char *)s + moves[op].offset) += moves[op].by;
	if (op == OP_LOGIN)
		s->said = true;
	if (op == OP_AVAILABLE)
		s->paused = false;
	if (op == OP_PAUSE) {
		s->paused = true;
		s->why = reason;
	}
}

/* How many contacts have her.  A count that ends before it begins is none. */
static int64_t
contacts_of(const struct standing *s)
{
	return (s->talk > 0 ? s->talk : 0) + (s->hold > 0 ? s->hold : 0) +
	       (s->acw > 0 ? s->acw : 0);
}

/* Time goes on to `at`; what she was in gets it. */
static void
pass(struct standing *s, msec_t at)
{
	enum agent_state state;

	if (!s->seen || at <= s->at)
		return;
	state = standing_state(s);
	s->sum[state] += at - s->at;
	s->sum[SUM_CONTACTS] += contacts_of(s) * (at - s->at);
	s->before = (uint8_t)state;
	s->before_since = s->since;
	s->at = at;
}

/* One change on top of what was true.  A state that lasted no time was none:
 * who goes from one contact to the next in the same instant was on contact
 * all along. */
static void
fold(struct standing *s, const struct change *c, msec_t at)
{
	enum agent_state state;

	pass(s, at);
	if (!s->seen) {
		s->at = at;
		s->before = AGENT_NSTATES;
		s->seen = true;
	}
	perform(s, c->op, c->reason);
	state = standing_state(s);
	s->since = state == s->before ? s->before_since : s->at;
}

/* ---- places ---- */

static msec_t
time_of(const struct timeline *t, size_t i)
{
	return t->zero + t->c[i].offset;
}

/* The number of changes at or before that time. */
static size_t
count_until(const struct timeline *t, msec_t at)
{
	size_t low = 0, high = t->n, middle;

	if (t->n > 0 && time_of(t, t->n - 1) <= at)
		return t->n;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (time_of(t, middle) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is true after the first n changes. */
static void
fold_until(const struct timeline *t, size_t n, struct standing *s)
{
	size_t i = n == 0 ? 0 : (n - 1) / MARK_EVERY;

	if (n == t->n) {
		*s = t->last;
		return;
	}
	*s = t->mark[i];
	for (i *= MARK_EVERY; i < n; i++)
		fold(s, &t->c[i], time_of(t, i));
}

const struct standing *
timeline_last(const struct timeline *t)
{
	return t->last.seen ? &t->last : NULL;
}

bool
timeline_at(const struct timeline *t, msec_t at, struct standing *s)
{
	if (t->nmarks == 0)
		return false;
	fold_until(t, count_until(t, at), s);
	if (!s->seen)
		return false;
	pass(s, at);
	return true;
}

void
timeline_sums(const struct timeline *t, msec_t at, int64_t sum[AGENT_NSUMS])
{
	struct standing s;

	if (timeline_at(t, at, &s))
		memcpy(sum, s.sum, sizeof(s.sum));
	else
		memset(sum, 0, AGENT_NSUMS * sizeof(*sum));
}

msec_t
timeline_next(const struct timeline *t, msec_t after, unsigned ops)
{
	for (size_t i = count_until(t, after); i < t->n; i++)
		if (ops >> t->c[i].op & 1)
			return time_of(t, i);
	return MSEC_NEVER;
}

/* ---- changes ---- */

/* Works out again what is true from place i on.  There was a change there
 * before, or is, so its mark stands. */
static void
refold(struct timeline *t, struct memory *m, size_t i)
{
	struct standing s;

	i -= i % MARK_EVERY;
	s = t->mark[i / MARK_EVERY];
	t->nmarks = i / MARK_EVERY;
	for (; i < t->n; i++) {
		if (i % MARK_EVERY == 0) {
			t->mark =
			    memory_grow(m, t->mark, t->nmarks, &t->marks_cap, sizeof(*t->mark));
			t->mark[t->nmarks++] = s;
		}
		fold(&s, &t->c[i], time_of(t, i));
	}
	t->last = s;
}

static void
append(struct timeline *t, struct memory *m)
{
	if ((t->n - 1) % MARK_EVERY == 0) {
		t->mark = memory_grow(m, t->mark, t->nmarks, &t->marks_cap, sizeof(*t->mark));
		t->mark[t->nmarks++] = t->last;
	}
	fold(&t->last, &t->c[t->n - 1], time_of(t, t->n - 1));
}

/* The first n changes become what was true before all others.  Offsets then
 * count from a new zero, so that they stay small for ever. */
static void
drop(struct timeline *t, struct memory *m, size_t n, msec_t zero)
{
	msec_t by = zero - t->zero;
	struct standing base;
	size_t i;

	fold_until(t, n, &base);
	t->n -= n;
	memmove(t->c, t->c + n, t->n * sizeof(*t->c));
	for (i = 0; i < t->n; i++)
		t->c[i].offset -= (uint32_t)by;
	t->zero = zero;
	t->mark[0] = base;
	refold(t, m, 0);
}

/* What was last may have been taken back since, and lie before zero. */
msec_t
timeline_when(const struct timeline *t, msec_t at)
{
	if (!t->last.seen)
		return at;
	if (at < t->last.at - HOUR_MS)
		at = t->last.at - HOUR_MS;
	return at < t->zero ? t->zero : at;
}

void
timeline_insert(struct timeline *t, struct memory *m, msec_t at, enum agent_op op, uint16_t reason,
    msec_t day_begin)
{
	size_t place;

	if (t->n == 0 && !t->last.seen)
		t->zero = at - HOUR_MS;
	at = timeline_when(t, at);
	if (at - t->zero > UINT32_MAX) /* weeks since: nothing looks back so far */
		drop(t, m, t->n, at - HOUR_MS);
	t->c = memory_grow(m, t->c, t->n, &t->cap, sizeof(*t->c));
	place = count_until(t, at);
	memmove(t->c + place + 1, t->c + place, (t->n - place) * sizeof(*t->c));
	t->c[place] = (struct change){ (uint32_t)(at - t->zero), (uint8_t)op, reason };
	t->n++;
	if (place == t->n - 1)
		append(t, m);
	else
		refold(t, m, place);
	if (at < day_begin)
		timeline_sums(t, day_begin, t->day_sum);
}

void
timeline_remove(struct timeline *t, struct memory *m, msec_t at, enum agent_op op, msec_t day_begin)
{
	size_t place = count_until(t, at);

	while (place > 0 && time_of(t, place - 1) == at)
		if (t->c[--place].op == op) {
			t->n--;
			memmove(t->c + place, t->c + place + 1, (t->n - place) * sizeof(*t->c));
			refold(t, m, place);
			if (at < day_begin)
				timeline_sums(t, day_begin, t->day_sum);
			return;
		}
	if (against(op) != OP_COUNT)
		timeline_insert(t, m, at, against(op), 0, day_begin);
}

void
timeline_forget(struct timeline *t, struct memory *m, msec_t now, msec_t keep)
{
	msec_t before = now - keep;
	size_t n;

	if (t->last.at - HOUR_MS < before)
		before = t->last.at - HOUR_MS;
	n = count_until(t, before);
	if (n >= MARK_EVERY && n > t->n / 2) /* before that moving costs more than keeping */
		drop(t, m, n, before - HOUR_MS);
}

void
timeline_restore(struct timeline *t, struct memory *m, const struct standing *base)
{
	t->mark = memory_grow(m, t->mark, 0, &t->marks_cap, sizeof(*t->mark));
	t->mark[0] = *base;
	t->nmarks = 1;
	t->last = *base;
	refold(t, m, 0);
}

void
timeline_fini(struct timeline *t, struct memory *m)
{
	memory_free(m, t->c, t->cap * sizeof(*t->c));
	memory_free(m, t->mark, t->marks_cap * sizeof(*t->mark));
	memset(t, 0, sizeof(*t));
}
