/* SPDX-License-Identifier: MIT */
/*
 * report_print.c: what came out of a recording.  Fields have the names
 * they have in Redis without their window, since there is one only.
 */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>

static const char suffix[] = "_all";

static const struct view queue_view[] = {
	{ "QUEUE", "name", false, CELL_TEXT },
	{ "TYPE", "channel", false, CELL_TEXT },
	{ "OFFER", "offered_count", true, CELL_NUMBER },
	{ "ANSW", "answered_count", true, CELL_NUMBER },
	{ "ABAND", "abandoned_count", true, CELL_NUMBER },
	{ "OUT", "flowed_out_count", true, CELL_NUMBER },
	{ "SL", "sl_ratio", true, CELL_NUMBER },
	{ "ASA", "asa_seconds", true, CELL_SECONDS },
	{ "W90", "wait_p90_seconds", true, CELL_SECONDS },
	{ "WMAX", "wait_max_seconds", true, CELL_SECONDS },
	{ "AHT", "aht_seconds", true, CELL_SECONDS },
};

static const struct view agent_view[] = {
	{ "AGENT", "name", false, CELL_TEXT },
	{ "ANSW", "answered_count", true, CELL_NUMBER },
	{ "HANDLED", "handled_count", true, CELL_NUMBER },
	{ "MISSED", "missed_count", true, CELL_NUMBER },
	{ "TRANSF", "transferred_count", true, CELL_NUMBER },
	{ "AHT", "aht_seconds", true, CELL_SECONDS },
	{ "LOGIN", "login_seconds", true, CELL_SECONDS },
	{ "PAUSED", "paused_seconds", true, CELL_SECONDS },
	{ "OCCUP", "occupancy_ratio", true, CELL_NUMBER },
};

static const struct view feed_view[] = {
	{ "SOURCE", "name", false, CELL_TEXT },
	{ "EVENTS", "events_total", false, CELL_NUMBER },
	{ "LOST", "lost_total", false, CELL_NUMBER },
	{ "DUPL", "duplicate_total", false, CELL_NUMBER },
	{ "REFUSED", "rejected_total", false, CELL_NUMBER },
	{ "INCONS", "inconsistent_total", false, CELL_NUMBER },
};

/* One object's figures. */
struct figures {
	struct engine *engine;
	struct object object;
	const struct column *columns;
	size_t n;
	int64_t *values;
	char text[FIGURE_TEXT_MAX]; /* of the one asked for last */
};

/* The length of a column's name without its window. */
static size_t
name_length(const struct column *column)
{
	size_t n = strlen(column->name);

	if (column->window == WINDOW_NOW)
		return n;
	return n - (sizeof(suffix) - 1);
}

static bool
begin_scope(struct figures *f, struct report *r, enum scope scope)
{
	*f = (struct figures){ .engine = r->engine, .object = { .scope = (uint8_t)scope } };
	f->n = engine_columns(r->engine, scope, &f->columns);
	f->values = calloc(f->n + 1, sizeof(*f->values));
	return f->values != NULL;
}

/* The next object at or after *index; false past the last. */
static bool
next_object(struct figures *f, uint32_t *index)
{
	size_t n = engine_count(f->engine, f->object.scope);

	for (; *index < n; (*index)++) {
		f->object.index = *index;
		if (engine_exists(f->engine, f->object)) {
			engine_read(f->engine, f->object, f->values);
			return true;
		}
	}
	return false;
}

/* ---- tables */

static struct str
figure_text(void *arg, const char *field)
{
	struct figures *f = arg;
	const struct column *c;
	size_t n = strlen(field);

	if (strcmp(field, "name") == 0)
		return engine_name(f->engine, f->object);
	for (size_t i = 0; i < f->n; i++) {
		c = &f->columns[i];
		if (name_length(c) != n || memcmp(c->name, field, n) != 0)
			continue;
		if (c->is_text)
			return engine_text(f->engine, f->object, c);
		n = figure_format(f->text, f->values[i], c->unit, "NaN");
		return (struct str){ f->text, (uint32_t)n };
	}
	return STR_NONE;
}

static void
print_scope(struct report *r, enum scope scope, const struct view *view, size_t ncols)
{
	struct figures f;
	struct table t;
	uint32_t i = 0;

	if (engine_count(r->engine, scope) == 0 || !begin_scope(&f, r, scope))
		return;
	table_begin(&t, view, ncols, "", engine_now(r->engine));
	for (; next_object(&f, &i); i++)
		table_row(&t, figure_text, &f);
	if (scope == SCOPE_QUEUE) { /* its last line is the sum */
		free(f.values);
		i = 0;
		if (begin_scope(&f, r, SCOPE_SITE) && next_object(&f, &i))
			table_row(&t, figure_text, &f);
	}
	table_end(&t);
	free(f.values);
	printf("\n");
}

void
report_print_text(struct report *r)
{
	print_scope(r, SCOPE_QUEUE, queue_view, COUNTOF(queue_view));
	print_scope(r, SCOPE_AGENT, agent_view, COUNTOF(agent_view));
	print_scope(r, SCOPE_FEED, feed_view, COUNTOF(feed_view));
	printf("%" PRIu64 " %ss, %" PRIu64 " events\n", r->recording->lines, r->recording->unit,
	    r->recording->events);
}

/* ---- JSON */

static void
object_json(struct out *o, struct figures *f)
{
	char key[sizeof(f->columns->name)];

	json_open(o, '{');
	for (size_t i = 0; i < f->n; i++) {
		const struct column *c = &f->columns[i];

		snprintf(key, sizeof(key), "%.*s", (int)name_length(c), c->name);
		json_key(o, key);
		if (c->is_text)
			json_text(o, engine_text(f->engine, f->object, c));
		else
			json_figure(o, f->values[i], c->unit);
	}
	json_close(o, '}');
}

/* All objects of a scope under their names. */
static void
scope_json(struct out *o, struct report *r, enum scope scope)
{
	char name[NAME_MAX_BYTES + 1];
	struct figures f;
	uint32_t i = 0;

	json_open(o, '{');
	o->failed |= !begin_scope(&f, r, scope);
	for (; !o->failed && next_object(&f, &i); i++) {
		snprintf(name, sizeof(name), "%.*s", STR_ARG(engine_name(r->engine, f.object)));
		json_key(o, name);
		object_json(o, &f);
	}
	free(f.values);
	json_close(o, '}');
}

static void
site_json(struct out *o, struct report *r)
{
	struct figures f;
	uint32_t i = 0;

	o->failed |= !begin_scope(&f, r, SCOPE_SITE);
	if (!o->failed && next_object(&f, &i))
		object_json(o, &f);
	free(f.values);
}

static bool
is_total(const struct column *c)
{
	size_t n = strlen(c->name), tail = strlen("_total");

	return n > tail && strcmp(c->name + n - tail, "_total") == 0;
}

/* The sources' totals, summed. */
static void
totals_json(struct out *o, struct report *r)
{
	struct figures f;
	int64_t *sums;
	uint32_t i = 0;

	o->failed |= !begin_scope(&f, r, SCOPE_FEED);
	sums = calloc(f.n + 1, sizeof(*sums));
	o->failed |= sums == NULL;
	for (; !o->failed && next_object(&f, &i); i++)
		for (size_t j = 0; j < f.n; j++)
			if (is_total(&f.columns[j]))
				sums[j] += f.values[j];
	for (size_t j = 0; !o->failed && j < f.n; j++)
		if (is_total(&f.columns[j])) {
			json_key(o, f.columns[j].name);
			json_int(o, sums[j]);
		}
	free(sums);
	free(f.values);
}

static void
left_out_json(struct out *o, const struct recording *r)
{
	json_key(o, "refused");
	json_open(o, '{');
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (r->refused[i].n > 0) {
			json_key(o, refusal_name(i));
			json_int(o, (int64_t)r->refused[i].n);
		}
	json_close(o, '}');
	json_key(o, "skipped");
	json_open(o, '{');
	for (size_t i = 0; i < r->nskipped; i++) {
		json_key(o, r->skipped[i].verb);
		json_int(o, (int64_t)r->skipped[i].n);
	}
	json_close(o, '}');
}

void
report_print_json(struct report *r)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "queues");
	scope_json(&o, r, SCOPE_QUEUE);
	json_key(&o, "agents");
	scope_json(&o, r, SCOPE_AGENT);
	json_key(&o, "channels");
	scope_json(&o, r, SCOPE_CHANNEL);
	json_key(&o, "site");
	site_json(&o, r);
	json_key(&o, "feed");
	json_open(&o, '{');
	json_key(&o, "lines_total");
	json_int(&o, (int64_t)r->recording->lines);
	json_key(&o, "uncounted_total");
	json_int(&o, (int64_t)r->recording->uncounted);
	json_key(&o, "damaged_total");
	json_int(&o, (int64_t)r->recording->damaged);
	json_key(&o, "missing_total");
	json_int(&o, (int64_t)r->recording->missing);
	totals_json(&o, r);
	left_out_json(&o, r->recording);
	json_key(&o, "sources");
	scope_json(&o, r, SCOPE_FEED);
	json_close(&o, '}');
	json_close(&o, '}');
	print_json(&o);
}
