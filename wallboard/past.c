/* SPDX-License-Identifier: MIT */
/*
 * past.c: a question about the history, and the answer as columns.  Pure.
 *
 * Entries come as Redis has them, the newest first: what is too long loses its
 * oldest.  A figure that an older daemon did not write is as undefined as one
 * that had no samples.
 */
#include "wallboard.h"

#include <inttypes.h>
#include <stdlib.h>

#define MINUTE (60 * MSEC_PER_SEC) /* every entry begins at one */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct past_interval intervals[] = {
	{ "1m", 60, 2 * HOUR },
	{ "15m", 900, 24 * HOUR },
	{ "1d", 86400, 92 * DAY },
};

/* The figures that metrics.def has in the history. */
#define USE_O false
#define USE_B false
#define USE_H true
#define USE_HB true
#define USE_HO true
#define USE_HIST true
static const struct {
	const char *name;
	bool is_kept;
} known[] = {
#define METRIC(fn, name, unit, scopes, when, use, text) { name, USE_##use },
#include <ccmon/metrics.def>
};

/* ---- the question */

static const struct past_interval *
find_interval(struct str name)
{
	for (size_t i = 0; i < COUNTOF(intervals); i++)
		if (str_is(name, intervals[i].name))
			return &intervals[i];
	return NULL;
}

static const char *
find_field(struct str name)
{
	for (size_t i = 0; i < COUNTOF(known); i++)
		if (known[i].is_kept && str_is(name, known[i].name))
			return known[i].name;
	return NULL;
}

/* Milliseconds of this age of the world; -1: they are none. */
static msec_t
read_time(struct str s)
{
	msec_t t = 0;

	if (s.n == 0 || s.n > 15)
		return -1;
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		t = 10 * t + (s.p[i] - '0');
	}
	return t;
}

/* Entries begin at whole minutes, so the range may, too: who asks a second
 * later asks the same. */
static const char *
read_range(struct past *p, const struct past_words *w, msec_t now)
{
	p->to = w->to.p == NULL ? now : read_time(w->to);
	p->from = w->from.p == NULL ? now - p->interval->back : read_time(w->from);
	if (p->to < 0 || p->from < 0)
		return "from and to are milliseconds since 1970";
	p->to -= p->to % MINUTE;
	p->from += (MINUTE - p->from % MINUTE) % MINUTE;
	return NULL;
}

static const char *
read_fields(struct past *p, struct str list)
{
	while (list.n > 0) {
		const char *comma = memchr(list.p, ',', list.n);
		struct str name = list;

		if (comma != NULL)
			name.n = (uint32_t)(comma - list.p);
		if (p->nfields == PAST_FIELDS_MAX)
			return "at most 32 fields";
		if ((p->field[p->nfields++] = find_field(name)) == NULL)
			return "unknown field: see ccmon-metrics(7) for what is in the history";
		list.p += name.n + (comma != NULL);
		list.n -= name.n + (comma != NULL);
	}
	return p->nfields == 0 ? "needs fields=, such as fields=offered_count,sl_ratio" : NULL;
}

const char *
past_read(struct past *p, const struct past_words *w, msec_t now)
{
	const char *why;

	*p = (struct past){ .interval = find_interval(w->interval), .queue = w->queue };
	if (p->interval == NULL)
		return "unknown interval: 1m, 15m or 1d";
	if (w->queue.n > PAST_QUEUE_MAX)
		return "no queue has such a name";
	if ((why = read_range(p, w, now)) != NULL)
		return why;
	return read_fields(p, w->fields);
}

void
past_key(const struct past *p, struct out *o)
{
	if (p->queue.n > 0)
		out_printf(o, "history:queue:%.*s:%s", STR_ARG(p->queue), p->interval->name);
	else
		out_printf(o, "history:site:%s", p->interval->name);
}

/* ---- the answer */

/* An entry: its id and its figures. */
static bool
is_entry(const struct reply *e)
{
	return e->type == REPLY_ARRAY && e->n == 2 && e->item[0].type == REPLY_TEXT &&
	       e->item[1].type == REPLY_ARRAY;
}

static void
put_time(struct out *o, const struct reply *e)
{
	struct str id = e->item[0].text;
	const char *dash = memchr(id.p, '-', id.n);

	if (dash != NULL)
		id.n = (uint32_t)(dash - id.p);
	json_figure(o, read_time(id), UNIT_EPOCH_MS);
}

static void
put_figure(struct out *o, const struct reply *e, const char *field)
{
	const struct reply *pairs = &e->item[1];

	for (size_t i = 0; i + 1 < pairs->n; i += 2)
		if (str_is(pairs->item[i].text, field)) {
			if (is_number(pairs->item[i + 1].text))
				json_raw(o, pairs->item[i + 1].text);
			else
				json_none(o);
			return;
		}
	json_none(o);
}

/* From the oldest on. */
static void
put_column(struct out *o, const struct reply *entries, const char *field)
{
	json_open(o, '[');
	for (size_t i = entries->n; i > 0; i--) {
		const struct reply *e = &entries->item[i - 1];

		if (is_entry(e) && field == NULL)
			put_time(o, e);
		else if (is_entry(e))
			put_figure(o, e, field);
	}
	json_close(o, ']');
}

void
past_write(const struct past *p, const struct reply *entries, struct out *o)
{
	json_open(o, '{');
	json_key(o, "interval");
	json_text(o, str_of(p->interval->name));
	json_key(o, "seconds");
	json_int(o, p->interval->seconds);
	json_key(o, "queue");
	if (p->queue.n > 0)
		json_text(o, p->queue);
	else
		json_none(o);
	json_key(o, "time");
	put_column(o, entries, NULL);
	json_key(o, "fields");
	json_open(o, '{');
	for (size_t i = 0; i < p->nfields; i++) {
		json_key(o, p->field[i]);
		put_column(o, entries, p->field[i]);
	}
	json_close(o, '}');
	json_close(o, '}');
}
