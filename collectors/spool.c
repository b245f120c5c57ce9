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
#include "collector.h"
#include "ccmon/clock.h"
#include "ccmon/dialect.h"

#include <assert.h>
#include <stdlib.h>

#define BLOCK_FULL (256 * 1024) /* bytes; larger ones made nothing cheaper */
#define RETRY INT64_C(1000) /* ms between attempts to write */

static_assert(BLOCK_FULL + DIALECT_EVENTS_MAX * WIRE_RECORD_MAX <= WIRE_BLOCK_MAX,
    "a block short of full has room for whatever one message becomes");

struct spool {
	struct spool_options options;
	struct block block;
	msec_t due; /* when it is to be written, or MSEC_NEVER */
	bool stuck; /* the last attempt failed */
	bool shut; /* the gate is */
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
	struct spool *s = malloc(sizeof(*s));

	assert(o->first > 0);
	if (s == NULL)
		return NULL;
	s->options = *o;
	s->stuck = s->shut = false;
	begin(s, o->first);
	return s;
}

void
spool_close(struct spool *s)
{
	free(s);
}

static void
added(struct spool *s, int rc)
{
	assert(rc == 0); /* the gate saw to it */
	(void)rc;
	if (s->due == MSEC_NEVER)
		s->due = clock_mono() + s->options.sync;
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
	s->stuck = s->options.write(s->options.arg, &sealed) != 0;
	if (s->stuck) {
		s->due = clock_mono() + RETRY;
		return;
	}
	begin(s, sealed.first + sealed.count);
	set_gate(s, true);
}

void
spool_settle(struct spool *s)
{
	if (s->block.len < BLOCK_FULL)
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
	if (s->block.count > 0)
		commit(s);
	return s->block.count;
}
