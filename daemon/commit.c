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

/* One write of fields that follow each other and are all there, or all gone.
 * Gives whether there is another field, in *field. */
static bool
put_fields(struct engine *engine, struct writes *w, struct state_field *field)
{
	bool gone = field->value.p == NULL, more = true;

	write_begin(w, gone ? "HDEL" : "HSET", "state:data");
	for (size_t i = 0; more && i < HSET_FIELDS && (field->value.p == NULL) == gone; i++) {
		write_word(w, field->key);
		if (!gone)
			write_word(w, field->value);
		more = engine_state(engine, field);
	}
	write_end(w);
	return more;
}

/* The state's fields, in commands of their own but for the last, which stays
 * in w.  -1: no memory; else whether `rewriting` was written. */
static int
put_state(struct commit *c, struct engine *engine, struct writes *w, const char *owner, bool anew)
{
	struct state_field field;
	bool more = engine_state(engine, &field), marked = anew;

	if (anew) {
		mark_rewriting(w);
		write_begin(w, "DEL", "state:data");
		write_end(w);
	}
	while (more) {
		more = put_fields(engine, w, &field);
		if (!more || writes_size(w) < COMMIT_BYTES)
			continue;
		if (!marked)
			mark_rewriting(w);
		marked = true;
		if (!seal(c, w, owner, NULL))
			return -1;
	}
	return marked;
}

static bool
build(struct commit *c, struct engine *engine, struct streams *streams, struct writes *state,
    struct writes *last, const char *owner, bool anew)
{
	int marked = put_state(c, engine, state, owner, anew);

	if (marked < 0)
		return false;
	streams_take(streams, last);
	writes_add(last, state);
	if (marked)
		mark_whole(last);
	return writes_size(last) == 0 || seal(c, last, owner, &c->next);
}

bool
commit_build(struct commit *c, struct engine *engine, struct streams *streams, const char *prefix,
    const char *owner, bool anew)
{
	struct writes state, last;
	bool ok;

	c->nchunks = 0;
	writes_init(&state, prefix);
	writes_init(&last, prefix);
	ok = build(c, engine, streams, &state, &last, owner, anew);
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
