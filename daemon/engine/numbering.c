/* SPDX-License-Identifier: MIT */
/*
 * numbering.c: which numbers of a source came; each counts once, whoever
 * brings it, in whatever order, however late.
 *
 * A source begins a numbering with each boot.  Of the last four we know the
 * highest number and, as ranges, what is missing below it; so two collectors
 * of one source, of which one was away for a day, add up to every number
 * once.  What comes in order, nearly everything, only counts up.
 *
 * Two things are given up, and say so: the oldest range of a numbering with
 * more than MISSING_MAX of them, and what is missing of a fifth numbering.
 * They stay lost; a number of them that comes after all is not told from a
 * repeat, and dropped.
 */
#include "engine_int.h"

const struct numbering *
numbering_current(const struct source *s)
{
	static const struct numbering none = { 0 };

	return s->nnumberings > 0 ? &s->numbering[s->nnumberings - 1] : &none;
}

static size_t
ranges_size(const struct missing *m)
{
	return m->cap * sizeof(*m->range);
}

/* At most twice of what one numbering may have; it is never given back before
 * the numbering is. */
static void
make_room(struct engine *e, struct missing *m)
{
	uint32_t cap = m->cap == 0 ? 2 : 2 * m->cap;

	if (!missing_wants_room(m))
		return;
	m->range = memory_resize(&e->memory, m->range, ranges_size(m), cap * sizeof(*m->range));
	m->cap = cap;
}

/* Who numbers as he likes must not make it overflow. */
static void
give_up(struct source *s, uint64_t numbers)
{
	s->given_up += numbers;
	if (s->given_up > (uint64_t)COUNT_HIGH)
		s->given_up = (uint64_t)COUNT_HIGH;
}

static void
shrink(struct source *s, struct missing *m)
{
	struct range r;

	while (missing_shrink(m, &r))
		give_up(s, r.at == NOT_MISSED ? 0 : range_size(&r));
}

static void
miss(struct engine *e, struct source *s, struct numbering *n, uint64_t first, uint64_t last,
    msec_t at)
{
	if (first > last)
		return;
	make_room(e, &n->missing);
	missing_add(&n->missing, first, last, at);
	shrink(s, &n->missing);
}

static void
forget_oldest(struct engine *e, struct source *s)
{
	struct missing *m = &s->numbering[0].missing;

	give_up(s, m->count);
	memory_free(&e->memory, m->range, ranges_size(m));
	s->nnumberings--;
	memmove(s->numbering, s->numbering + 1, s->nnumberings * sizeof(*s->numbering));
}

/*
 * The numbering goes before the i-th.  What is below the first number of a
 * source we meet, or of a numbering from before we met it, is not ours to
 * miss, though it may still come; below the first of any other it is.
 */
static bool
begin(struct engine *e, struct source *s, uint8_t i, int64_t boot, uint64_t seq)
{
	msec_t missed = i == 0 ? NOT_MISSED : e->now;

	if (s->nnumberings == NUMBERINGS_MAX) {
		if (i == 0)
			return false;
		forget_oldest(e, s);
		i--;
	}
	memmove(s->numbering + i + 1, s->numbering + i,
	    (size_t)(s->nnumberings - i) * sizeof(*s->numbering));
	s->nnumberings++;
	s->numbering[i] = (struct numbering){ .boot = boot, .seq = seq };
	miss(e, s, &s->numbering[i], 1, seq - 1, missed);
	return true;
}

static bool
take(struct engine *e, struct source *s, struct numbering *n, uint64_t seq)
{
	bool taken;

	if (seq > n->seq) {
		miss(e, s, n, n->seq + 1, seq - 1, e->now);
		n->seq = seq;
		return true;
	}
	make_room(e, &n->missing);
	taken = missing_take(&n->missing, seq);
	shrink(s, &n->missing);
	return taken;
}

bool
number_take(struct engine *e, struct source *s, int64_t boot, uint64_t seq)
{
	uint8_t i = s->nnumberings;

	while (i > 0 && s->numbering[i - 1].boot > boot)
		i--;
	if (i > 0 && s->numbering[i - 1].boot == boot)
		return take(e, s, &s->numbering[i - 1], seq);
	return begin(e, s, i, boot, seq);
}

/* ---- what is missing ---- */

uint64_t
numbers_lost(const struct source *s)
{
	uint64_t n = s->given_up;

	for (uint8_t i = 0; i < s->nnumberings; i++)
		n += s->numbering[i].missing.count;
	return n;
}

uint64_t
numbers_missed_since(const struct source *s, msec_t at)
{
	uint64_t n = 0;

	for (uint8_t i = 0; i < s->nnumberings; i++)
		n += missing_since(&s->numbering[i].missing, at);
	return n;
}

bool
numbers_were_missed_since(const struct source *s, msec_t at)
{
	const struct missing *m;

	for (uint8_t i = 0; i < s->nnumberings; i++) {
		m = &s->numbering[i].missing;
		if (m->count > 0 && m->range[m->n - 1].at >= at)
			return true;
	}
	return false;
}

void
numbering_restore(struct engine *e, struct numbering *n, const struct range *r)
{
	make_room(e, &n->missing);
	missing_add(&n->missing, r->first, r->last, r->at);
}

void
numbers_fini(struct engine *e, struct source *s)
{
	for (uint8_t i = 0; i < s->nnumberings; i++)
		memory_free(&e->memory, s->numbering[i].missing.range,
		    ranges_size(&s->numbering[i].missing));
}
