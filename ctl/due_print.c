/* SPDX-License-Identifier: MIT */
/*
 * due_print.c: the way to a due instant, as a table for people and as JSON
 * for programs.
 */
#include "due.h"

#include <inttypes.h>
#include <stdlib.h>

#define CELL_MAX (5 * DUE_TIME_MAX) /* bytes with NUL */

static const struct view view[] = {
	{ "DATE", "date", false, CELL_TEXT },
	{ "HOURS", "hours", false, CELL_TEXT },
	{ "TAKEN", "taken", false, CELL_TEXT },
	{ "TIME", "time", false, CELL_TEXT },
	{ "TOTAL", "total", false, CELL_TEXT },
};

/* A row: a step, or the clock that is changed. */
struct row {
	const struct due *d;
	const struct due_step *step;
	size_t change; /* in the zone's table; 0: none */
	msec_t total; /* up to the step */
	char text[CELL_MAX];
};

/* ---- cells ---- */

/* "08:00-16:00", and 02:00 of the next day as 02:00. */
static void
hours_text(char *buf, size_t len, const struct opening *o)
{
	int to = o->to > DAY_MINUTES ? o->to - DAY_MINUTES : o->to;

	snprintf(buf, len, "%02d:%02d-%02d:%02d", o->from / 60, o->from % 60, to / 60, to % 60);
}

static void
step_hours(char *buf, size_t len, const struct due_step *s)
{
	static const char *const words[] = {
		[DUE_CLOSED] = "closed",
		[DUE_HOLIDAY] = "holiday",
		[DUE_OVER] = "closed already",
		[DUE_LEAPT] = "leapt over by the clock",
		[DUE_COVERED] = "within those before",
	};
	char hours[DUE_TIME_MAX];

	if (s->kind == DUE_OPEN)
		hours_text(hours, sizeof(hours), &s->hours);
	if (s->days > 1)
		snprintf(buf, len, "closed, %" PRId64 " days", s->days);
	else
		snprintf(buf, len, "%s%s", s->kind == DUE_OPEN ? hours : words[s->kind],
		    s->exception && s->kind != DUE_HOLIDAY ? ", exception" : "");
}

/* "15:00-16:00 +01:00", "22:00 +01:00-06:00 +02:00" */
static void
step_taken(char *buf, size_t len, const struct zone *z, const struct due_step *s)
{
	int32_t east[] = { zone_offset(z, s->from / MSEC_PER_SEC),
		zone_offset(z, s->to / MSEC_PER_SEC) };
	char from[DUE_TIME_MAX], to[DUE_TIME_MAX], offset[DUE_TIME_MAX], past[DUE_TIME_MAX];

	due_clock_text(from, z, s->from);
	due_clock_text(to, z, s->to);
	due_offset_text(offset, east[0]);
	due_offset_text(past, east[1]);
	if (east[0] == east[1])
		snprintf(buf, len, "%s-%s %s", from, to, offset);
	else
		snprintf(buf, len, "%s %s-%s %s", from, offset, to, past);
}

/* What the clock shows before a change and after it. */
static void
change_text(char *buf, size_t len, const struct zone *z, size_t i)
{
	char from[DUE_TIME_MAX], to[DUE_TIME_MAX], offset[DUE_TIME_MAX], past[DUE_TIME_MAX];
	struct zone before = { .n = 1, .at = z->at, .offset = &z->offset[i - 1] };

	due_clock_text(from, &before, z->at[i] * MSEC_PER_SEC);
	due_clock_text(to, z, z->at[i] * MSEC_PER_SEC);
	due_offset_text(offset, z->offset[i - 1]);
	due_offset_text(past, z->offset[i]);
	snprintf(buf, len, "%s %s becomes %s %s", from, offset, to, past);
}

/* The date the clock shows just before it is changed. */
static int64_t
change_date(const struct zone *z, size_t i)
{
	return due_date(z, z->at[i] * MSEC_PER_SEC - 1);
}

static struct str
row_text(void *arg, const char *field)
{
	struct row *r = arg;
	const struct due_step *s = r->step;

	if (strcmp(field, "date") == 0)
		due_date_text(
		    r->text, r->change > 0 ? change_date(r->d->zone, r->change) : s->date);
	else if (r->change > 0 && strcmp(field, "hours") == 0)
		return STR_LIT("the clock");
	else if (r->change > 0 && strcmp(field, "taken") == 0)
		change_text(r->text, sizeof(r->text), r->d->zone, r->change);
	else if (strcmp(field, "hours") == 0)
		step_hours(r->text, sizeof(r->text), s);
	else if (r->change > 0 || s->kind != DUE_OPEN)
		return STR_NONE;
	else if (strcmp(field, "taken") == 0)
		step_taken(r->text, sizeof(r->text), r->d->zone, s);
	else
		due_length_text(r->text, strcmp(field, "time") == 0 ? s->to - s->from : r->total);
	return str_of(r->text);
}

/* ---- the table ---- */

/* The first change after an instant. */
static size_t
change_after(const struct zone *z, msec_t at)
{
	size_t i = 1;

	while (i < z->n && z->at[i] * MSEC_PER_SEC <= at)
		i++;
	return i;
}

static void
print_steps(const struct due *d)
{
	size_t change = change_after(d->zone, d->start), past = change_after(d->zone, d->due);
	struct row row = { .d = d };
	struct table table;

	table_begin(&table, view, COUNTOF(view), "", d->start);
	for (const struct due_step *s = d->step; s < d->step + d->nsteps; s++) {
		row.step = s;
		row.total += s->to - s->from;
		table_row(&table, row_text, &row);
		for (; change < past && change_date(d->zone, change) < s->date + s->days;
		     change++) {
			row.change = change;
			table_row(&table, row_text, &row);
			row.change = 0;
		}
	}
	table_end(&table);
}

static void
print_instant(const char *what, const struct due *d, msec_t at)
{
	char local[DUE_TIME_MAX];
	struct out utc;

	due_time_text(local, d->zone, at);
	out_init(&utc);
	json_time(&utc, at);
	if (!utc.failed)
		printf(
		    "%-9s %s  %.*s  %" PRId64 "\n", what, local, (int)utc.len - 2, utc.buf + 1, at);
	out_fini(&utc);
}

static void
print_question(const struct due *d)
{
	char length[DUE_TIME_MAX];

	due_length_text(length, d->length);
	printf("%-9s %s\n", "queue", d->queue->name);
	if (d->calendar != NULL)
		printf("%-9s %s, in %s\n", "calendar", d->calendar->name, d->zone->name);
	else
		printf("%-9s none: always open; times are of %s\n", "calendar", d->zone->name);
	print_instant("start", d, d->start);
	if (d->note[0] != '\0')
		printf("%-9s %s\n", "note", d->note);
	printf("%-9s %s%s%s\n", "target",
	    d->target[0] >= '0' && d->target[0] <= '9' ? "" : d->target,
	    d->target[0] >= '0' && d->target[0] <= '9' ? "" : ", ", length);
}

/* What could be taken, and why no more. */
static void
print_never(const struct due *d)
{
	msec_t total = 0, last = d->start;
	char taken[DUE_TIME_MAX], when[DUE_TIME_MAX];
	bool far;

	for (const struct due_step *s = d->step; s < d->step + d->nsteps; s++)
		if (s->kind == DUE_OPEN) {
			total += s->to - s->from;
			last = s->to;
		}
	far = last - d->start > (DUE_DAYS - NEXT_OPEN_DAYS) * INT64_C(86400) * MSEC_PER_SEC;
	due_length_text(taken, total);
	due_time_text(when, d->zone, last);
	printf("%-9s never: calendar %s ", "due", d->calendar->name);
	if (total > 0)
		printf("gives %s until %s, and then ", taken, when);
	if (far)
		printf("%d days are over\n", DUE_DAYS);
	else
		printf("does not open within %d days\n", NEXT_OPEN_DAYS);
}

void
due_print(const struct due *d)
{
	print_question(d);
	if (d->nsteps > 0) {
		printf("\n");
		print_steps(d);
		printf("\n");
	}
	if (d->due == MSEC_NEVER)
		print_never(d);
	else
		print_instant("due", d, d->due);
}

/* ---- JSON ---- */

static void
text_member(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	if (text == NULL)
		json_none(o);
	else
		json_text(o, str_of(text));
}

static void
figure_member(struct out *o, const char *key, bool known, int64_t value, enum unit unit)
{
	json_key(o, key);
	json_figure(o, known ? value : FIGURE_NAN, unit);
}

static void
step_json(struct out *o, const struct due_step *s)
{
	static const char *const words[] = { [DUE_OPEN] = "open",
		[DUE_CLOSED] = "closed",
		[DUE_HOLIDAY] = "holiday",
		[DUE_OVER] = "over",
		[DUE_LEAPT] = "leapt_over",
		[DUE_COVERED] = "covered" };
	bool open = s->kind == DUE_OPEN;
	char date[DUE_TIME_MAX], hours[DUE_TIME_MAX];

	due_date_text(date, s->date);
	if (open)
		hours_text(hours, sizeof(hours), &s->hours);
	json_open(o, '{');
	text_member(o, "date", date + strlen("Fri "));
	text_member(o, "open", open ? hours : NULL);
	text_member(o, "kind", words[s->kind]);
	json_key(o, "days");
	json_int(o, s->days);
	json_key(o, "exception");
	json_bool(o, s->exception);
	figure_member(o, "from_epoch_ms", open, s->from, UNIT_EPOCH_MS);
	figure_member(o, "to_epoch_ms", open, s->to, UNIT_EPOCH_MS);
	figure_member(o, "seconds", true, s->to - s->from, UNIT_SECONDS);
	json_close(o, '}');
}

static void
steps_json(struct out *o, const struct due *d)
{
	json_key(o, "steps");
	json_open(o, '[');
	for (const struct due_step *s = d->step; s < d->step + d->nsteps; s++)
		step_json(o, s);
	json_close(o, ']');
}

void
due_print_json(const struct due *d)
{
	bool known = d->due != MSEC_NEVER;
	char start[DUE_TIME_MAX], due[DUE_TIME_MAX];
	struct out o;

	due_time_text(start, d->zone, d->start);
	if (known)
		due_time_text(due, d->zone, d->due);
	out_init(&o);
	json_open(&o, '{');
	text_member(&o, "queue", d->queue->name);
	text_member(&o, "calendar", d->calendar != NULL ? d->calendar->name : NULL);
	text_member(&o, "timezone", d->zone->name);
	text_member(&o, "target", d->target);
	figure_member(&o, "target_seconds", true, d->length, UNIT_SECONDS);
	figure_member(&o, "start_epoch_ms", true, d->start, UNIT_EPOCH_MS);
	text_member(&o, "start_local", start);
	text_member(&o, "note", d->note[0] != '\0' ? d->note : NULL);
	figure_member(&o, "due_epoch_ms", known, d->due, UNIT_EPOCH_MS);
	text_member(&o, "due_local", known ? due : NULL);
	steps_json(&o, d);
	json_close(&o, '}');
	print_json(&o);
}
