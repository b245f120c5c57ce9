/* SPDX-License-Identifier: MIT */
/*
 * spool.c: the block being filled.
 *
 * Records gather in memory and are written together: after `sync`, or at once
 * when there are BLOCK_FULL bytes of them.  So a quiet collector writes each
 * event within milliseconds, and a flooded one pays for the disk once in a
 * few thousand.
 *
 * What was taken from a socket cannot be given back.  The block therefore
 * always has room for one more message, and when a full one cannot be
 * written the gate is shut before there would be another.
 */
#include "memos.h"
#include "ccmon/clock.h"
#include "ccmon/dialect.h"

#include <assert.h>
#include <stdlib.h>

#define BLOCK_FULL (256 * 1024) /* bytes; larger ones made nothing cheaper */
#define MEMOS_FULL 4096 /* that wait; they are found by walking over them */
#define RETRY INT64_C(1000) /* ms between attempts to write */

static_assert(BLOCK_FULL + DIALECT_EVENTS_MAX * WIRE_RECORD_MAX <= WIRE_BLOCK_MAX,
    "a block short of full has room for whatever one message becomes");

struct spool {
	struct spool_options options;
	struct block block;
	msec_t due; /* when it is to be written, or MSEC_NEVER */
	bool stuck; /* the last attempt failed */
	bool shut; /* the gate is */
	struct memos memos; /* that go with the block */
	uint8_t buf[WIRE_BLOCK_MAX];
};

static void
begin(struct spool *s, uint64_t first)
{
	block_begin(&s->block, s->buf, sizeof(s->buf), first);
	s->due = MSEC_NEVER;
}

struct spool *
spool_open(const struct spool_options *o)
{
	struct spool *s = calloc(1, sizeof(*s));

	assert(o->first > 0);
	if (s == NULL)
		return NULL;
	s->options = *o;
	begin(s, o->first);
	return s;
}

void
spool_close(struct spool *s)
{
	if (s != NULL)
		memos_fini(&s->memos);
	free(s);
}

static void
wait_for_more(struct spool *s)
{
	if (s->due == MSEC_NEVER)
		s->due = clock_mono() + s->options.sync;
}

static void
added(struct spool *s, int rc)
{
	assert(rc == 0); /* the gate saw to it */
	(void)rc;
	wait_for_more(s);
}

void
spool_event(struct spool *s, msec_t received, const struct event *ev)
{
	added(s, block_add_event(&s->block, received, ev));
}

void
spool_reject(struct spool *s, const struct reject *r)
{
	added(s, block_add_reject(&s->block, r->time, r));
}

static void
set_gate(struct spool *s, bool open)
{
	if (s->shut != open)
		return;
	s->shut = !open;
	s->options.gate(s->options.arg, open);
}

static void
commit(struct spool *s)
{
	struct sealed sealed = { .first = s->block.first, .count = s->block.count };

	sealed.bytes = (struct str){ (const char *)s->buf, (uint32_t)block_seal(&s->block) };
	sealed.memo = memos_list(&s->memos);
	sealed.nmemos = s->memos.n;
	s->stuck = sealed.memo == NULL || s->options.write(s->options.arg, &sealed) != 0;
	if (s->stuck) {
		s->due = clock_mono() + RETRY;
		return;
	}
	memos_clear(&s->memos);
	begin(s, sealed.first + sealed.count);
	set_gate(s, true);
}

void
spool_settle(struct spool *s)
{
	if (s->block.len < BLOCK_FULL && s->memos.n < MEMOS_FULL)
		return;
	if (!s->stuck)
		commit(s);
	if (s->stuck)
		set_gate(s, false);
}

msec_t
spool_turn(struct spool *s)
{
	if (clock_mono() >= s->due)
		commit(s);
	return s->due;
}

uint32_t
spool_flush(struct spool *s)
{
	if (s->block.count > 0 || s->memos.n > 0)
		commit(s);
	return s->block.count;
}

/* ---- memos ---- */

void
spool_remember(struct spool *s, const struct memo *memo)
{
	if (memos_put(&s->memos, memo) != 0)
		abort(); /* an event without its memo could be counted twice */
	wait_for_more(s);
}

int
spool_recall(struct spool *s, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	const struct memo *memo = memos_find(&s->memos, key);

	if (memo == NULL)
		return s->options.recall == NULL ? -1
		                                 : s->options.recall(s->options.arg, key, value);
	memcpy(value, memo->value.p, memo->value.n);
	return (int)memo->value.n;
}

uint64_t
spool_position(const struct spool *s)
{
	return s->block.first + s->block.count - 1;
}
