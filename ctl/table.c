/* SPDX-License-Identifier: MIT */
/*
 * table.c: aligned columns for people.  Colour only on a terminal that wants
 * it, and never alone: the word beside it says the same.  Text from outside
 * is escaped, so that a queue's name cannot move the cursor.
 */
#include "ctl.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX 16
#define VALUE_MAX 64 /* bytes of a number */

void
table_begin(struct table *t, const struct view *view, size_t ncols, const char *window, msec_t now)
{
	*t = (struct table){ .view = view, .ncols = ncols, .window = window, .now = now };
	out_init(&t->cells);
	for (size_t i = 0; i < ncols; i++)
		out_bytes(&t->cells, view[i].head, strlen(view[i].head) + 1);
}

void
human_length(char buf[HUMAN_MAX], double seconds)
{
	long long s = llround(seconds);

	if (!isfinite(seconds))
		snprintf(buf, HUMAN_MAX, "-");
	else if (seconds < 10)
		snprintf(buf, HUMAN_MAX, "%.1fs", seconds);
	else if (s < 60)
		snprintf(buf, HUMAN_MAX, "%llds", s);
	else if (s < 3600)
		snprintf(buf, HUMAN_MAX, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, HUMAN_MAX, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(buf, HUMAN_MAX, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

void
human_time(char buf[HUMAN_MAX], const struct ctl *c, msec_t time, msec_t now)
{
	const struct zone *z = &c->settings->site.zones[0];
	msec_t at[] = { now / MSEC_PER_SEC, time / MSEC_PER_SEC };
	struct tm today, then;

	for (size_t i = 0; i < COUNTOF(at); i++)
		at[i] += zone_offset(z, at[i]);
	if (gmtime_r(&at[0], &today) == NULL || gmtime_r(&at[1], &then) == NULL)
		snprintf(buf, HUMAN_MAX, "-");
	else if (today.tm_year == then.tm_year && today.tm_yday == then.tm_yday)
		strftime(buf, HUMAN_MAX, "%H:%M", &then);
	else
		strftime(buf, HUMAN_MAX, "%F %H:%M", &then);
}

double
number_of(struct str value)
{
	char buf[VALUE_MAX];

	if (value.p == NULL || value.n == 0 || value.n >= sizeof(buf))
		return NAN;
	memcpy(buf, value.p, value.n);
	buf[value.n] = '\0';
	return strtod(buf, NULL);
}

static void
put_cell(struct table *t, enum cell kind, struct str value)
{
	char buf[HUMAN_MAX];
	double n;

	if (kind == CELL_SECONDS || kind == CELL_AGO) {
		n = number_of(value);
		if (kind == CELL_AGO)
			n = n > 0 ? fmax((double)t->now - n, 0) / 1000 : NAN;
		human_length(buf, n);
		out_str(&t->cells, buf);
	} else if (value.p == NULL || str_is(value, "NaN"))
		out_str(&t->cells, "-");
	else
		out_escaped(&t->cells, value);
	out_bytes(&t->cells, "", 1);
}

void
table_row(struct table *t, field_fn *get, void *arg)
{
	char name[VALUE_MAX * 2];
	const struct view *v;

	for (v = t->view; v < t->view + t->ncols; v++) {
		snprintf(name, sizeof(name), "%s%s%s", v->field,
		    v->windowed && t->window[0] != '\0' ? "_" : "", v->windowed ? t->window : "");
		put_cell(t, v->cell, get(arg, name));
	}
}

/* Columns of a terminal, one a character. */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
	       isatty(STDOUT_FILENO);
}

/* The escape sequence of a status word, or "". */
static const char *
colour(const char *word)
{
	static const struct {
		const char *word, *sequence;
	} rows[] = {
		{ "ok", "\033[32m" },
		{ "warn", "\033[33m" },
		{ "gap", "\033[33m" },
		{ "crit", "\033[1;31m" },
		{ "fail", "\033[1;31m" },
		{ "firing", "\033[1;31m" },
		{ "firing flapping", "\033[1;31m" },
		{ "pending", "\033[33m" },
		{ "silent", "\033[1;31m" },
		{ "unknown", "\033[35m" },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].sequence;
	return "";
}

static void
print_cell(const struct view *v, const char *text, size_t pad, bool last, bool coloured)
{
	bool right = v->cell >= CELL_NUMBER;
	const char *begin = coloured && v->cell == CELL_STATUS ? colour(text) : "";

	printf("%*s%s%s%s%*s%s", right ? (int)pad : 0, "", begin, text,
	    begin[0] != '\0' ? "\033[0m" : "", right || last ? 0 : (int)pad, "",
	    last ? "\n" : "  ");
}

void
table_end(struct table *t)
{
	size_t widths[COLUMNS_MAX] = { 0 }, column = 0, w;
	const char *end = t->cells.buf + t->cells.len, *p;
	bool coloured = wants_colour();

	if (!t->cells.failed && t->ncols <= COLUMNS_MAX) {
		for (p = t->cells.buf; p < end; p += strlen(p) + 1, column++) {
			w = width(p);
			if (w > widths[column % t->ncols])
				widths[column % t->ncols] = w;
		}
		column = 0;
		for (p = t->cells.buf; p < end; p += strlen(p) + 1, column++)
			print_cell(&t->view[column % t->ncols], p,
			    widths[column % t->ncols] - width(p), column % t->ncols == t->ncols - 1,
			    coloured && column >= t->ncols);
	}
	out_fini(&t->cells);
}

void
print_escaped(FILE *f, struct str text)
{
	struct out o;

	out_init(&o);
	out_escaped(&o, text);
	if (o.len > 0 && !o.failed)
		fwrite(o.buf, 1, o.len, f);
	out_fini(&o);
}

void
print_line(FILE *f, struct str text)
{
	uint32_t i = 0, n;

	while (i < text.n) {
		for (n = 0; i + n < text.n && text.p[i + n] != '"' && text.p[i + n] != '\\'; n++)
			;
		if (n > 0)
			print_escaped(f, (struct str){ text.p + i, n });
		else
			putc(text.p[i + n++], f);
		i += n;
	}
	putc('\n', f);
}

void
print_json(struct out *o)
{
	out_str(o, "\n");
	if (o->failed)
		fprintf(stderr, "ccmonctl: out of memory\n");
	else
		fwrite(o->buf, 1, o->len, stdout);
	out_fini(o);
}
