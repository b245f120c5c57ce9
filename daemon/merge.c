/* SPDX-License-Identifier: MIT */
/*
 * merge.c: blocks of several collectors in order of time.
 *
 * The engine's clock follows the records it is given.  Were they given as
 * they come, the faster collector would pull the clock away from the slower
 * one: whose records would be late, whose minutes would be written without
 * them, and whose callers would seem to wait for ever.  So after the start the
 * block goes first whose first record was received first; and none does while
 * somebody who is still handing over has no block here, as that one may be
 * older.  Live blocks wait among them: they are the newest.
 *
 * Nobody is waited for without end: for those not here, until the caller says
 * or `until`; for one who hands over, as long as a block of it comes, or goes, every
 * MERGE_STALLED_MS.  What comes after all is late.  Once nobody hands over
 * and nothing waits it is over, for good: the clock is the wall's then, and
 * does not go back for one who comes later.  What waits from then on, because
 * there is too much at once, waits for nobody.
 *
 * A lane keeps what the link lets a collector send ahead, MERGE_LANE_MAX bytes.
 *
 * What is out of order still: records of two collectors by what a block
 * spans, which is the collector's `sync`, some ms, or as long as its disk made
 * it wait; by what their clocks differ; and by the time a live block is under
 * way from a collector that is through while another is not.
 */
#include "merge.h"

#include <stdlib.h>

struct merge_block {
	STAILQ_ENTRY(merge_block) link;
	msec_t received;
	struct block block; /* of the bytes */
	uint8_t bytes[];
};

void
merge_init(struct merge *m)
{
	*m = (struct merge){ .over = true };
	TAILQ_INIT(&m->lanes);
}

void
merge_join(struct merge *m, struct merge_lane *l, void *owner)
{
	*l = (struct merge_lane){ .owner = owner };
	STAILQ_INIT(&l->blocks);
	TAILQ_INSERT_TAIL(&m->lanes, l, link);
}

void
merge_begin(struct merge *m, msec_t until)
{
	m->until = until;
	m->over = false;
}

void
merge_all_here(struct merge *m)
{
	m->until = 0;
}

void
merge_end(struct merge *m)
{
	m->over = true;
}

bool
merge_is_over(const struct merge *m)
{
	return m->over;
}

/* ---- who is waited for ---- */

static bool
is_moving(const struct merge_lane *l, msec_t mono)
{
	return l->here && mono - l->moved < MERGE_STALLED_MS;
}

bool
merge_catches_up(const struct merge_lane *l, msec_t mono)
{
	return is_moving(l, mono) && (l->behind || !STAILQ_EMPTY(&l->blocks));
}

/* May it send what is older than all that is here? */
static bool
is_awaited(const struct merge_lane *l, msec_t mono)
{
	return is_moving(l, mono) && l->behind && STAILQ_EMPTY(&l->blocks);
}

/* May one come who has not said what it has? */
static bool
is_gathering(const struct merge *m, msec_t mono)
{
	return mono < m->until;
}

bool
merge_waits(const struct merge *m)
{
	const struct merge_lane *l = TAILQ_FIRST(&m->lanes);

	while (l != NULL && STAILQ_EMPTY(&l->blocks))
		l = TAILQ_NEXT(l, link);
	return l != NULL;
}

bool
merge_goes_on(const struct merge *m, msec_t mono)
{
	const struct merge_lane *l = TAILQ_FIRST(&m->lanes);

	while (l != NULL && !merge_catches_up(l, mono))
		l = TAILQ_NEXT(l, link);
	return l != NULL || is_gathering(m, mono);
}

/* ---- whose turn it is ---- */

bool
merge_passes(const struct merge *m, const struct merge_lane *lane, msec_t mono)
{
	const struct merge_lane *l = TAILQ_FIRST(&m->lanes);

	if (m->over)
		return STAILQ_EMPTY(&lane->blocks);
	if (is_gathering(m, mono) || merge_waits(m))
		return false;
	while (l != NULL && (l == lane || !is_awaited(l, mono)))
		l = TAILQ_NEXT(l, link);
	return l == NULL;
}

/* Is a's first block older than b's? */
static bool
is_older(const struct merge_lane *a, const struct merge_lane *b)
{
	return STAILQ_FIRST(&a->blocks)->received < STAILQ_FIRST(&b->blocks)->received;
}

struct merge_lane *
merge_next(const struct merge *m, msec_t mono)
{
	struct merge_lane *l = TAILQ_FIRST(&m->lanes), *next = NULL;

	if (is_gathering(m, mono))
		return NULL;
	for (; l != NULL; l = TAILQ_NEXT(l, link)) {
		if (!m->over && is_awaited(l, mono))
			return NULL;
		if (!STAILQ_EMPTY(&l->blocks) && (next == NULL || is_older(l, next)))
			next = l;
	}
	return next;
}

/* ---- what waits ---- */

/* One whose first record cannot be read goes at once: others come behind it. */
static msec_t
first_received(const struct block *b)
{
	struct block_reader reader;
	struct record record;

	block_read(b, &reader);
	return block_next(&reader, &record) == 1 ? record.received : 0;
}

bool
merge_keep(struct merge_lane *l, const struct block *b)
{
	struct merge_block *kept;

	if (l->bytes + b->len > MERGE_LANE_MAX)
		return false;
	kept = malloc(sizeof(*kept) + b->len);
	if (kept == NULL)
		return false;
	kept->received = first_received(b);
	kept->block = *b;
	kept->block.buf = memcpy(kept->bytes, b->buf, b->len);
	STAILQ_INSERT_TAIL(&l->blocks, kept, link);
	l->bytes += b->len;
	return true;
}

const struct block *
merge_first(const struct merge_lane *l)
{
	return &STAILQ_FIRST(&l->blocks)->block;
}

void
merge_pop(struct merge_lane *l)
{
	struct merge_block *first = STAILQ_FIRST(&l->blocks);

	STAILQ_REMOVE_HEAD(&l->blocks, link);
	l->bytes -= first->block.len;
	free(first);
}

void
merge_drop(struct merge_lane *l)
{
	while (!STAILQ_EMPTY(&l->blocks))
		merge_pop(l);
}
