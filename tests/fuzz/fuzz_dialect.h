/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dialect.h: what must be true of whatever a dialect makes of any bytes.
 *
 * Either a refusal with nothing beside it, or events that are whole, and that
 * come back equal from the form they are kept in.
 */
#ifndef CCMON_TESTS_FUZZ_DIALECT_H
#define CCMON_TESTS_FUZZ_DIALECT_H

#include <assert.h>

#include <ccmon/dialect.h>
#include <ccmon/wire.h>

#include "same_event.h"

static inline void
check_wire(const struct event *ev)
{
	static uint8_t		buf[WIRE_BLOCK_HEADER + WIRE_RECORD_MAX];
	struct block		block, back;
	struct block_reader	reader;
	struct record		rec;
	int			got;

	block_begin(&block, buf, sizeof buf, 7);
	got = block_add_event(&block, 1, ev);
	assert(got == 0);
	got = block_open(&back, buf, block_seal(&block));
	assert(got == 0);
	block_read(&back, &reader);
	got = block_next(&reader, &rec);
	assert(got == 1 && rec.type == RECORD_EVENT && rec.seq == 7);
	assert(same_event(&rec.ev, ev));
}

static inline void
check_result(const struct dialect_result *res)
{
	enum event_member		member;
	unsigned			i;

	assert(res->why < REFUSAL_COUNT && res->n <= DIALECT_EVENTS_MAX);
	assert(res->why == REFUSAL_NONE || (res->n == 0 && !res->more));
	assert(!res->more || res->n > 0);
	assert(res->source.p == NULL ||
	    name_check(res->source, 1, NAME_MAX_BYTES) == REFUSAL_NONE);
	for (i = 0; i < res->n; i++) {
		assert(event_check(&res->ev[i], &member) == REFUSAL_NONE);
		check_wire(&res->ev[i]);
	}
}

/* One message, and all that comes out of it. */
static inline void
check_decode(const struct dialect *dialect, void *state, const uint8_t *data, size_t size)
{
	static struct dialect_result	res;

	res.more = false;
	dialect->decode(state, (const char *)data, size, 0, &res);
	for (check_result(&res); res.more; check_result(&res)) {
		res.more = false;
		dialect->decode(state, NULL, 0, 0, &res);
	}
}

#endif
