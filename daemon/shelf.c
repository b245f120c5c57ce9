/* SPDX-License-Identifier: MIT */
/*
 * shelf.c: the objects' figures, as they were last written: only what
 * differs is written again.
 *
 * A text is remembered by a digest of 64 bits; that two texts which follow
 * each other in one field have the same one is not going to happen.
 */
#include "board.h"

#include <stdlib.h>

#define SLICE_WORDS 1000 /* a write; unpack() of Lua 5.1 ends near 8000 */

int64_t
shelf_time(const struct engine *engine)
{
	msec_t now = engine_now(engine);

	return now < 0 ? FIGURE_NAN : now;
}

int
shelf_open(struct shelf *shelf, const struct engine *engine, enum scope scope)
{
	shelf->ncolumns = engine_columns(engine, scope, &shelf->column);
	shelf->fresh = calloc(shelf->ncolumns + 1, sizeof(*shelf->fresh));
	return shelf->fresh != NULL ? 0 : -1;
}

void
shelf_close(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->n; i++)
		free(shelf->cell[i].values);
	free(shelf->cell);
	free(shelf->fresh);
	*shelf = (struct shelf){ 0 };
}

void
shelf_forget(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->n; i++)
		shelf->cell[i].known = shelf->cell[i].listed = false;
}

static bool
grow(struct shelf *shelf, size_t n)
{
	struct cell *cell;

	if (n <= shelf->n)
		return true;
	cell = realloc(shelf->cell, n * sizeof(*cell));
	if (cell == NULL)
		return false;
	memset(cell + shelf->n, 0, (n - shelf->n) * sizeof(*cell));
	shelf->cell = cell;
	shelf->n = n;
	return true;
}

/* FNV-1a, 64 bits. */
static int64_t
digest(struct str text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (uint32_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.p[i]) * UINT64_C(1099511628211);
	return (int64_t)h;
}

static void
read_fresh(struct shelf *shelf, struct engine *engine, struct object object)
{
	engine_read(engine, object, shelf->fresh);
	for (size_t i = 0; i < shelf->ncolumns; i++)
		if (shelf->column[i].is_text)
			shelf->fresh[i] = digest(engine_text(engine, object, &shelf->column[i]));
}

static struct cell *
cell_of(struct shelf *shelf, const struct engine *engine, struct object object)
{
	struct str name = engine_name(engine, object);
	struct cell *cell;

	if (!grow(shelf, engine_count(engine, object.scope)))
		return NULL;
	cell = &shelf->cell[object.index];
	if (cell->values == NULL)
		cell->values = calloc(shelf->ncolumns + 1, sizeof(*cell->values));
	if (cell->values == NULL)
		return NULL;
	if (!cell->known && name.n <= sizeof(cell->name)) {
		memcpy(cell->name, name.p, name.n);
		cell->name_len = name.n;
	}
	return cell;
}

static void
put_field(struct writes *w, struct engine *engine, struct object object, const struct column *c,
    int64_t value)
{
	write_text(w, c->name);
	if (c->is_text)
		write_word(w, engine_text(engine, object, c));
	else
		write_figure(w, value, c->unit);
}

static void
begin(struct writes *w, const char *verb, enum scope scope, const struct cell *cell)
{
	if (scope == SCOPE_SITE)
		write_begin(w, verb, "site");
	else
		write_begin(w, verb, "%s:%.*s", scope_name(scope), (int)cell->name_len, cell->name);
}

static void
put_cell(struct shelf *shelf, struct writes *w, struct engine *engine, struct object object,
    struct cell *cell, int64_t version)
{
	bool all = !cell->known || cell->doubted;

	begin(w, "HSET", object.scope, cell);
	if (all) {
		write_text(w, "schema_version");
		write_int(w, SCHEMA_VERSION);
	}
	write_text(w, "updated_epoch_ms");
	write_figure(w, shelf_time(engine), UNIT_EPOCH_MS);
	write_text(w, "version");
	write_int(w, version);
	for (size_t i = 0; i < shelf->ncolumns; i++)
		if (all || cell->values[i] != shelf->fresh[i])
			put_field(w, engine, object, &shelf->column[i], shelf->fresh[i]);
	write_end(w);
	begin(w, "PEXPIRE", object.scope, cell);
	write_int(w, BOARD_TTL_MS);
	write_end(w);
}

int
shelf_put(struct shelf *shelf, struct writes *w, struct engine *engine, struct object object,
    int64_t version, bool even_unchanged)
{
	size_t size = shelf->ncolumns * sizeof(*shelf->fresh);
	struct cell *cell = cell_of(shelf, engine, object);

	if (cell == NULL)
		return -1;
	read_fresh(shelf, engine, object);
	if (cell->known && !even_unchanged && memcmp(cell->values, shelf->fresh, size) == 0)
		return 0;
	put_cell(shelf, w, engine, object, cell, version);
	memcpy(cell->values, shelf->fresh, size);
	cell->known = true;
	return 1;
}

static bool
is_gone(const struct engine *engine, struct object object, const struct cell *cell)
{
	return cell->known &&
	       (!engine_exists(engine, object) || !str_eq(engine_name(engine, object),
	                                              (struct str){ cell->name, cell->name_len }));
}

void
shelf_put_gone(struct shelf *shelf, struct writes *w, const struct engine *engine, enum scope scope)
{
	for (size_t i = 0; i < shelf->n; i++) {
		struct object object = { .scope = (uint8_t)scope, .index = (uint32_t)i };
		struct cell *cell = &shelf->cell[i];

		if (!is_gone(engine, object, cell))
			continue;
		begin(w, "DEL", scope, cell);
		write_end(w);
		write_begin(w, "SREM", "%ss", scope_name(scope));
		write_word(w, (struct str){ cell->name, cell->name_len });
		write_end(w);
		cell->known = cell->listed = false;
	}
}

/* One in so many, another each time: perhaps Redis does not have it any more. */
void
shelf_doubt(struct shelf *shelf, unsigned turn, unsigned turns)
{
	for (size_t i = turn; i < shelf->n; i += turns) {
		shelf->cell[i].doubted = true;
		shelf->cell[i].listed = false;
	}
}

/* The first cell from i on that is to be listed. */
static size_t
next_unlisted(const struct shelf *shelf, size_t i)
{
	while (i < shelf->n && (!shelf->cell[i].known || shelf->cell[i].listed))
		i++;
	return i;
}

void
shelf_put_names(struct shelf *shelf, struct writes *w, enum scope scope, bool anew)
{
	size_t i = next_unlisted(shelf, 0);

	if (anew) {
		write_begin(w, "DEL", "%ss", scope_name(scope));
		write_end(w);
	}
	while (i < shelf->n) {
		write_begin(w, "SADD", "%ss", scope_name(scope));
		for (size_t n = 0; n < SLICE_WORDS && i < shelf->n; n++) {
			struct cell *cell = &shelf->cell[i];

			write_word(w, (struct str){ cell->name, cell->name_len });
			cell->listed = true;
			i = next_unlisted(shelf, i + 1);
		}
		write_end(w);
	}
}

/* A pair of words each, oldest first; a visit nobody promised anything has the
 * score +inf. */
uint32_t
waiting_put(struct writes *w, const struct engine *engine, uint32_t queue)
{
	struct str name = engine_name(engine, (struct object){ SCOPE_QUEUE, queue });
	struct waiting one;
	uintptr_t cursor = 0;
	uint32_t all = 0;
	bool more = engine_waiting(engine, queue, &cursor, &one);

	write_begin(w, "DEL", "waiting:%.*s", STR_ARG(name));
	write_end(w);
	while (more) {
		write_begin(w, "ZADD", "waiting:%.*s", STR_ARG(name));
		for (size_t n = 0; more && n < SLICE_WORDS; n += 2, all++) {
			if (one.due == MSEC_NEVER)
				write_text(w, "+inf");
			else
				write_int(w, one.due);
			write_word(w, one.visit);
			more = engine_waiting(engine, queue, &cursor, &one);
		}
		write_end(w);
	}
	return all;
}

void
waiting_put_expiry(struct writes *w, const struct engine *engine, uint32_t queue)
{
	struct str name = engine_name(engine, (struct object){ SCOPE_QUEUE, queue });

	write_begin(w, "PEXPIRE", "waiting:%.*s", STR_ARG(name));
	write_int(w, BOARD_TTL_MS);
	write_end(w);
}
