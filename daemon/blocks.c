/* SPDX-License-Identifier: MIT */
/*
 * blocks.c: a collector's blocks on their way to those who apply their
 * records.
 *
 * While collectors hand over what they kept for us, their blocks wait for each
 * other (merge.h), and CREDIT for them is said when they are applied: so what
 * waits is at most WIRE_CREDIT bytes a collector.  Blocks wait as well when
 * whoever takes the records has enough for this turn of the loop, the rest of
 * a block begun among them: one may stand for days of a replay.  The socket is
 * read meanwhile, so that collectors hear that we live.  Whatever makes a
 * collector send again drops what waits of it.
 */
#include "ingest.h"

#include <inttypes.h>

#include <ccmon/clock.h>

#define MERGED_A_TURN 8 /* of them; more than come, or they would never be fewer */

/* A record our reader does not understand stands in the journal as it is:
 * asking again would give the same bytes.  What follows it is passed over. */
static void
pass_over(struct peer *p, uint64_t last)
{
	log_error("collector",
	    "records cannot be read: name=%s from=%" PRIu64 " to=%" PRIu64 ": they are lost",
	    log_quote(peer_name(p)), p->mark.seq + 1, last);
	p->mark.seq = last;
}

static uint64_t
last_of(const struct block *block)
{
	return block->first + block->count - 1;
}

/* The records not yet applied, as many as are wanted in this turn; late: they
 * were received before now.  Returns whether that was the whole block. */
static bool
apply_records(struct ingest *in, struct peer *p, const struct block *block, bool late)
{
	struct block_reader reader;
	struct record record;
	uint64_t last = last_of(block);
	int rc = 1;

	block_read(block, &reader);
	while (!in->full && (rc = block_next(&reader, &record)) == 1) {
		if (record.seq <= p->mark.seq)
			continue;
		in->full = !in->o.record(in->o.arg, &record, late);
		p->mark.seq = record.seq;
	}
	if (rc < 0 && p->mark.seq < last)
		pass_over(p, last);
	return p->mark.seq >= last;
}

static bool
apply(struct ingest *in, struct peer *p, const struct block *block, bool late)
{
	bool whole = apply_records(in, p, block, late);

	p->lane.behind = p->mark.seq < p->target;
	p->lane.moved = clock_mono();
	in->o.applied(in->o.arg, peer_name(p), &p->mark);
	return whole;
}

/* After a block, when nobody looks at it any more: who cannot be told is gone,
 * and what waits of it with him. */
static void
give_credit(struct ingest *in, struct peer *p)
{
	peer_say_seq(in, p, LINK_CREDIT, p->mark.seq);
}

static void
let_wait(struct ingest *in, struct peer *p, const struct block *block)
{
	if (merge_keep(&p->lane, block)) {
		p->taken = last_of(block) > p->taken ? last_of(block) : p->taken;
		p->lane.moved = clock_mono();
		return;
	}
	log_complain(&p->damage, clock_mono(), "collector",
	    "sent more than its credit, or there is no memory: name=%s waiting=%zu bytes; "
	    "asking for it again",
	    log_quote(peer_name(p)), p->lane.bytes);
	peer_rewind(in, p);
}

static bool
may_apply(const struct ingest *in)
{
	return !in->stopped && !in->held && !in->full;
}

/* Applied as it came; only what has to wait is copied. */
static void
take(struct ingest *in, struct peer *p, const struct block *block)
{
	p->asked = 0;
	p->mute = false;
	if (may_apply(in) && merge_passes(&in->merge, &p->lane, clock_mono()) &&
	    apply(in, p, block, p->lane.behind)) {
		p->taken = p->mark.seq;
		give_credit(in, p);
	} else
		let_wait(in, p, block);
}

void
blocks_take(struct ingest *in, struct peer *p, struct str id, const struct link_msg *m)
{
	struct block block;

	if (p == NULL) {
		if (in->ready)
			(void)!ingest_send(in, id, &(struct link_msg){ .type = LINK_REWIND });
		return;
	}
	if (block_open(&block, m->block.p, m->block.n) != 0) {
		log_complain(&p->damage, clock_mono(), "collector",
		    "a block came damaged: name=%s; asking for it again", log_quote(peer_name(p)));
		p->asked = 0;
		peer_rewind(in, p);
	} else if (block.first > p->taken + 1)
		peer_rewind(in, p);
	else
		take(in, p, &block);
}

/* ---- those that waited ---- */

/* Live ones only wait because there were too many. */
static void
apply_first(struct ingest *in, struct peer *p)
{
	if (!apply(in, p, merge_first(&p->lane), p->lane.behind || !merge_is_over(&in->merge)))
		return;
	merge_pop(&p->lane);
	give_credit(in, p);
}

msec_t
ingest_turn(struct ingest *in, msec_t mono)
{
	struct merge_lane *next;
	unsigned n = 0;

	in->full = false;
	while (
	    n < MERGED_A_TURN && may_apply(in) && (next = merge_next(&in->merge, mono)) != NULL) {
		apply_first(in, next->owner);
		n++;
	}
	if (!merge_goes_on(&in->merge, mono) && !merge_waits(&in->merge))
		merge_end(&in->merge);
	return n == MERGED_A_TURN || in->full ? mono : MSEC_NEVER;
}
