/* SPDX-License-Identifier: MIT */
/*
 * columns.c: metrics.def as tables: its rows for those who explain, and per
 * scope the list of fields with their windows for those who read values.
 */
#include "figures.h"

#define WHEN_NOW false
#define WHEN_WINDOW true
#define WHEN_TOTAL false

/* .on_board, .in_history, .in_history_only */
#define USE_O false, false, false
#define USE_B true, false, false
#define USE_H true, true, false
#define USE_HB true, true, false
#define USE_HO false, true, false
#define USE_HIST false, true, true

static const struct metric_row rows[] = {
#define METRIC(fn, name, unit, scopes, when, use, text)                                            \
	{ name, text, UNIT_##unit, SCOPES_##scopes, false, WHEN_##when, USE_##use },
#define TEXT(fn, name, scopes, use, text)                                                          \
	{ name, text, UNIT_COUNT, SCOPES_##scopes, true, false, USE_##use },
#include <ccmon/metrics.def>
};

static figure_fn *const figures[] = {
#define METRIC(fn, name, unit, scopes, when, use, text) figure_##fn,
#define TEXT(fn, name, scopes, use, text) NULL,
#include <ccmon/metrics.def>
};

static text_fn *const texts[] = {
#define METRIC(fn, name, unit, scopes, when, use, text) NULL,
#define TEXT(fn, name, scopes, use, text) text_##fn,
#include <ccmon/metrics.def>
};

size_t
engine_nmetrics(void)
{
	return COUNTOF(rows);
}

const struct metric_row *
engine_metric(size_t i)
{
	return i < COUNTOF(rows) ? &rows[i] : NULL;
}

static void
join(char name[sizeof(((struct column *)0)->name)], const char *a, const char *window)
{
	size_t n = strlen(a), w = window == NULL ? 0 : strlen(window);

	assert(n + 1 + w < sizeof(((struct column *)0)->name));
	memcpy(name, a, n + 1);
	if (window == NULL)
		return;
	name[n] = '_';
	memcpy(name + n + 1, window, w + 1);
}

static void
fill(struct column *c, size_t row, unsigned window, const char *suffix)
{
	join(c->name, rows[row].name, suffix);
	c->unit = rows[row].unit;
	c->is_text = rows[row].is_text;
	c->on_board = rows[row].on_board;
	c->metric = (uint16_t)row;
	c->window = (uint8_t)window;
}

static bool
is_field(size_t row, enum scope scope)
{
	return rows[row].scopes >> scope & 1 && !rows[row].in_history_only;
}

static void
fill_scope(struct engine *e, enum scope scope)
{
	size_t i, w, n = 0;
	struct column *c;

	c = e->columns[scope] =
	    memory_new(&e->memory, COUNTOF(rows) * (e->nshown + 1) * sizeof(*c));
	/* A window's fields stand together, so that reading sees it once. */
	for (i = 0; i < COUNTOF(rows); i++)
		if (is_field(i, scope) && !rows[i].windowed)
			fill(&c[n++], i, WINDOW_NOW, NULL);
	for (w = 0; w < e->nshown; w++)
		for (i = 0; i < COUNTOF(rows); i++)
			if (is_field(i, scope) && rows[i].windowed)
				fill(&c[n++], i, (unsigned)w, e->shown[w].name);
	e->ncolumns[scope] = n;
}

void
columns_init(struct engine *e)
{
	size_t i, n = 0;

	for (i = 0; i < SCOPE_COUNT; i++)
		fill_scope(e, (enum scope)i);
	e->history_columns = memory_new(&e->memory, COUNTOF(rows) * sizeof(struct column));
	for (i = 0; i < COUNTOF(rows); i++)
		if (rows[i].in_history)
			fill(&e->history_columns[n++], i, WINDOW_NOW, NULL);
	e->nhistory_columns = n;
	e->history_values = memory_new(&e->memory, n * sizeof(*e->history_values));
	e->text = memory_new(&e->memory, TEXT_SIZE);
}

void
columns_fini(struct engine *e)
{
	size_t i;

	for (i = 0; i < SCOPE_COUNT; i++)
		memory_free(&e->memory, e->columns[i],
		    COUNTOF(rows) * (e->nshown + 1) * sizeof(struct column));
	memory_free(&e->memory, e->history_columns, COUNTOF(rows) * sizeof(struct column));
	memory_free(
	    &e->memory, e->history_values, e->nhistory_columns * sizeof(*e->history_values));
	memory_free(&e->memory, e->text, TEXT_SIZE);
}

size_t
engine_columns(const struct engine *e, enum scope scope, const struct column **out)
{
	*out = e->columns[scope];
	return e->ncolumns[scope];
}

size_t
engine_history_columns(const struct engine *e, const struct column **out)
{
	*out = e->history_columns;
	return e->nhistory_columns;
}

/* ---- reading ---- */

static void
view_window(struct view *v, unsigned window)
{
	if (v->window == window)
		return;
	v->window = window;
	if (v->o == NULL || window == WINDOW_NOW)
		return;
	v->t = &v->o->win[window];
	if (v->a != NULL)
		agent_in_window(v->e, v->a, window, v->e->now, v->ms);
}

void
engine_read(struct engine *e, struct object object, int64_t *values)
{
	const struct column *c = e->columns[object.scope];
	struct view v;
	size_t i;

	agents_roll_call(e);
	view_of(e, object, &v);
	for (i = 0; i < e->ncolumns[object.scope]; i++, c++) {
		view_window(&v, c->window);
		values[i] = c->is_text ? 0 : figures[c->metric](&v);
	}
}

int64_t
engine_figure(struct engine *e, struct object object, const struct column *c)
{
	struct view v;

	view_of(e, object, &v);
	view_window(&v, c->window);
	return c->is_text ? 0 : figures[c->metric](&v);
}

const struct column *
engine_column(const struct engine *e, enum scope scope, const char *name)
{
	for (size_t i = 0; i < e->ncolumns[scope]; i++)
		if (strcmp(e->columns[scope][i].name, name) == 0)
			return &e->columns[scope][i];
	return NULL;
}

struct str
engine_text(struct engine *e, struct object object, const struct column *c)
{
	struct view v;

	agents_roll_call(e);
	view_of(e, object, &v);
	return c->is_text ? texts[c->metric](&v) : STR_NONE;
}

void
history_read(struct engine *e, struct object object, enum history h, int64_t *values)
{
	struct view v;
	size_t i;

	view_of(e, object, &v);
	v.closed = &v.o->history[h];
	v.history = h;
	v.t = &v.closed->sum;
	for (i = 0; i < e->nhistory_columns; i++)
		values[i] = figures[e->history_columns[i].metric](&v);
}
