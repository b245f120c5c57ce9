/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c: the whole board as one line of JSON, of one moment: it is made
 * from what was just read for the hashes, so both say the same.
 */
#include "board.h"

#include <stdio.h>

static void
put_text(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	json_text(o, str_of(text));
}

static void
put_cell(struct board *b, struct out *o, struct object object)
{
	const struct shelf *shelf = &b->shelf[object.scope];
	const struct cell *cell = &shelf->cell[object.index];

	json_open(o, '{');
	for (size_t i = 0; i < shelf->ncolumns; i++) {
		const struct column *c = &shelf->column[i];

		if (!c->on_board)
			continue;
		json_key(o, c->name);
		if (c->is_text)
			json_text(o, engine_text(*b->o.engine, object, c));
		else
			json_figure(o, cell->values[i], c->unit);
	}
	json_close(o, '}');
}

static void
put_shelf(struct board *b, struct out *o, const char *key, enum scope scope)
{
	const struct shelf *shelf = &b->shelf[scope];

	json_key(o, key);
	json_open(o, '{');
	for (size_t i = 0; i < shelf->n; i++) {
		const struct cell *cell = &shelf->cell[i];
		char name[NAME_MAX_BYTES + 1];

		if (!cell->known)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)cell->name_len, cell->name);
		json_key(o, name);
		put_cell(b, o, (struct object){ .scope = scope, .index = (uint32_t)i });
	}
	json_close(o, '}');
}

static void
put_totals(struct board *b, struct out *o)
{
	json_key(o, "totals");
	if (b->shelf[SCOPE_SITE].n > 0 && b->shelf[SCOPE_SITE].cell[0].known) {
		put_cell(b, o, (struct object){ .scope = SCOPE_SITE, .index = 0 });
	} else {
		json_open(o, '{');
		json_close(o, '}');
	}
}

void
snapshot_write(struct board *b, struct out *o)
{
	out_reset(o);
	json_open(o, '{');
	json_key(o, "schema_version");
	json_int(o, SCHEMA_VERSION);
	put_text(o, "site", b->o.site);
	json_key(o, "time");
	json_figure(o, shelf_time(*b->o.engine), UNIT_EPOCH_MS);
	json_key(o, "version");
	json_int(o, b->version);
	json_key(o, "demo");
	json_bool(o, b->o.demo);
	put_shelf(b, o, "queues", SCOPE_QUEUE);
	put_shelf(b, o, "channels", SCOPE_CHANNEL);
	put_totals(b, o);
	json_key(o, "alerts");
	board_snapshot_alerts(b, o);
	put_shelf(b, o, "feeds", SCOPE_FEED);
	json_close(o, '}');
}
