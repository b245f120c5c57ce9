/* SPDX-License-Identifier: MIT */
/*
 * commit.c: from all that changed to the commands that write it.
 *
 * A commit too big for one command goes in several, and the batch number
 * moves with the last.  Until then `rewriting` stands in the state: whoever
 * finds it there does not load a mixture of two moments but starts empty and
 * lets the collectors replay.
 *
 * Stream entries stand first in the last command: entries without the state
 * they came from would come twice, and if somebody broke a stream's key, no
 * state is half written.
 */
#include "daemon.h"

#include <stdlib.h>

#define COMMIT_BYTES (64 << 20) /* of one command; then the next is begun */
#define HSET_FIELDS 500 /* a write; unpack() of Lua 5.1 ends near 8000 words */

static struct out *
add_chunk(struct commit *c)
{
	if (c->nchunks == c->cap) {
		size_t cap = c->cap > 0 ? 2 * c->cap : 4;
		struct out *chunk = realloc(c->chunk, cap * sizeof(*chunk));

		if (chunk == NULL)
			return NULL;
		for (size_t i = c->cap; i < cap; i++)
			out_init(&chunk[i]);
		c->chunk = chunk;
		c->cap = cap;
	}
	out_reset(&c->chunk[c->nchunks]);
	return &c->chunk[c->nchunks++];
}

static bool
seal(struct commit *c, struct writes *w, const char *owner, const uint64_t *next)
{
	struct out *chunk = add_chunk(c);

	if (chunk == NULL)
		return false;
	writes_seal(w, chunk, owner, &c->expected, next);
	writes_reset(w);
	return !chunk->failed;
}

static void
mark_rewriting(struct writes *w)
{
	write_begin(w, "HSET", "state:meta");
	write_text(w, "rewriting");
	write_text(w, "1");
	write_end(w);
}

static void
mark_whole(struct writes *w)
{
	write_begin(w, "HDEL", "state:meta");
	write_text(w, "rewriting");
	write_end(w);
	write_begin(w, "HSET", "state:meta");
	write_text(w, "format");
	write_text(w, STATE_FORMAT);
	write_end(w);
}

/* Who has state to keep, and gives it field by field. */
struct giver {
	bool (*next)(void *thing, struct state_field *);
	void *thing;
};

static bool
next_of_engine(void *thing, struct state_field *field)
{
	return engine_state(thing, field);
}

static bool
next_of_alerts(void *thing, struct state_field *field)
{
	return alerts_state(thing, field);
}

/* One write of fields that follow each other and are all there, or all gone.
 * Gives whether there is another field, in *field. */
static bool
put_fields(const struct giver *giver, struct writes *w, struct state_field *field)
{
	bool gone = field->value.p == NULL, more = true;

	write_begin(w, gone ? "HDEL" : "HSET", "state:data");
	for (size_t i = 0; more && i < HSET_FIELDS && (field->value.p == NULL) == gone; i++) {
		write_word(w, field->key);
		if (!gone)
			write_word(w, field->value);
		more = giver->next(giver->thing, field);
	}
	write_end(w);
	return more;
}

/* One giver's fields, in commands of their own but for the last, which stays
 * in w.  *marked: `rewriting` was written.  false: no memory. */
static bool
put_given(
    struct commit *c, const struct giver *giver, struct writes *w, const char *owner, bool *marked)
{
	struct state_field field;
	bool more = giver->next(giver->thing, &field);

	while (more) {
		more = put_fields(giver, w, &field);
		if (!more || writes_size(w) < COMMIT_BYTES)
			continue;
		if (!*marked)
			mark_rewriting(w);
		*marked = true;
		if (!seal(c, w, owner, NULL))
			return false;
	}
	return true;
}

static bool
put_state(struct commit *c, const struct commit_parts *parts, struct writes *w, bool *marked)
{
	const struct giver givers[] = {
		{ next_of_engine, parts->engine },
		{ next_of_alerts, parts->alerts },
	};

	*marked = parts->anew;
	if (parts->anew) {
		mark_rewriting(w);
		write_begin(w, "DEL", "state:data");
		write_end(w);
	}
	for (size_t i = 0; i < COUNTOF(givers); i++)
		if (!put_given(c, &givers[i], w, parts->owner, marked))
			return false;
	return true;
}

static bool
build(struct commit *c, const struct commit_parts *parts, struct writes *state, struct writes *last)
{
	bool marked;

	if (!put_state(c, parts, state, &marked))
		return false;
	streams_take(parts->streams, last);
	writes_add(last, state);
	if (marked)
		mark_whole(last);
	return writes_size(last) == 0 || seal(c, last, parts->owner, &c->next);
}

bool
commit_build(struct commit *c, const struct commit_parts *parts)
{
	struct writes state, last;
	bool ok;

	c->nchunks = 0;
	writes_init(&state, parts->prefix);
	writes_init(&last, parts->prefix);
	ok = build(c, parts, &state, &last);
	writes_fini(&state);
	writes_fini(&last);
	return ok;
}

void
commit_reset(struct commit *c)
{
	c->nchunks = 0;
}

void
commit_fini(struct commit *c)
{
	for (size_t i = 0; i < c->cap; i++)
		out_fini(&c->chunk[i]);
	free(c->chunk);
	*c = (struct commit){ 0 };
}
