/* SPDX-License-Identifier: MIT */
/*
 * model.c: what is shown of a board, in which order, and what is selected.
 *
 * The selection is a name: when rows change places with the next snapshot, it
 * goes with its queue, and with it what Enter opens and what is acknowledged.
 * Only when the queue is gone does the row that took its place get it.
 */
#include "top.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
model_init(struct model *m, const struct zone *zone)
{
	*m = (struct model){ .zone = zone, .page = 1, .alert_page = 1 };
	board_window(&m->board, ""); /* nothing is known, and nothing is 0 */
}

void
model_fini(struct model *m)
{
	board_fini(&m->board);
	free(m->shown);
	m->shown = NULL;
}

bool
model_add_window(struct model *m, const char *name)
{
	if (m->nwindows == WINDOWS_MAX)
		return false;
	snprintf(m->windows[m->nwindows++], sizeof(m->windows[0]), "%s", name);
	return true;
}

const char *
model_window(const struct model *m)
{
	return m->nwindows > 0 ? m->windows[m->window] : "";
}

void
model_say(struct model *m, bool bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->said, sizeof(m->said), fmt, ap);
	va_end(ap);
	m->said_bad = bad;
}

/* ---- the filter: any part of the name, small or large letters alike */

static char
folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
begins_with(struct str text, const char *part)
{
	uint32_t i = 0;

	while (i < text.n && part[i] != '\0' && folded(text.p[i]) == folded(part[i]))
		i++;
	return part[i] == '\0';
}

static bool
has_part(struct str text, const char *part)
{
	for (uint32_t i = 0; i <= text.n; i++)
		if (begins_with((struct str){ text.p + i, text.n - i }, part))
			return true;
	return false;
}

/* ---- orders: the first row is what one looks for by it */

static int
by_name(const struct row *a, const struct row *b)
{
	uint32_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int order = n > 0 ? memcmp(a->name.p, b->name.p, n) : 0;

	return order != 0 ? order : (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

static int
compare(double a, double b)
{
	return (a > b) - (a < b);
}

static int
by_waiting(const struct row *a, const struct row *b)
{
	return compare(b->waiting, a->waiting);
}

static int
by_longest(const struct row *a, const struct row *b)
{
	return compare(b->oldest, a->oldest);
}

static int
by_service(const struct row *a, const struct row *b)
{
	return compare(a->service, b->service);
}

static int
by_status(const struct row *a, const struct row *b)
{
	return (int)b->status - (int)a->status;
}

static double
no_figure(const struct row *r)
{
	(void)r;
	return 0;
}

static double
waiting(const struct row *r)
{
	return r->waiting;
}

static double
longest(const struct row *r)
{
	return r->oldest;
}

static double
service(const struct row *r)
{
	return r->service;
}

static const struct {
	const char *name;
	int (*compare)(const struct row *, const struct row *);
	double (*figure)(const struct row *); /* without one a row is last */
} orders[ORDER_COUNT] = {
	[ORDER_NAME] = { "name", by_name, no_figure },
	[ORDER_WAITING] = { "waiting", by_waiting, waiting },
	[ORDER_LONGEST] = { "longest wait", by_longest, longest },
	[ORDER_SERVICE] = { "service level", by_service, service },
	[ORDER_STATUS] = { "status", by_status, no_figure },
};

const char *
order_name(enum order order)
{
	return orders[order].name;
}

static int
in_order(const void *a, const void *b, void *arg)
{
	const struct model *m = arg;
	const struct row *x = &m->board.rows[*(const size_t *)a];
	const struct row *y = &m->board.rows[*(const size_t *)b];
	bool no_x = isnan(orders[m->order].figure(x)), no_y = isnan(orders[m->order].figure(y));
	int order;

	if (no_x != no_y)
		return no_x ? 1 : -1;
	order = no_x ? 0 : orders[m->order].compare(x, y);
	if (m->reversed)
		order = -order;
	return order != 0 ? order : by_name(x, y);
}

/* ---- what is selected */

static void
keep_name(char *to, struct str name)
{
	snprintf(to, NAME_ROOM, "%.*s", STR_ARG(name));
}

static bool
is_named(const char *kept, struct str name)
{
	return name.n < NAME_ROOM && str_is(name, kept);
}

/* Where it is now, else near where it was. */
static void
find_queue(struct model *m)
{
	for (size_t i = 0; i < m->nshown; i++)
		if (is_named(m->queue, m->board.rows[m->shown[i]].name)) {
			m->queue_at = i;
			return;
		}
	if (m->nshown == 0)
		return;
	if (m->queue_at >= m->nshown)
		m->queue_at = m->nshown - 1;
	if (m->mode != MODE_QUEUE)
		keep_name(m->queue, m->board.rows[m->shown[m->queue_at]].name);
}

static void
find_alert(struct model *m)
{
	for (size_t i = 0; i < m->board.nalarms; i++)
		if (is_named(m->alert, m->board.alarms[i].id)) {
			m->alert_at = i;
			return;
		}
	if (m->board.nalarms == 0) {
		m->alert_at = 0;
		return;
	}
	if (m->alert_at >= m->board.nalarms)
		m->alert_at = m->board.nalarms - 1;
	keep_name(m->alert, m->board.alarms[m->alert_at].id);
}

static bool
has_room(struct model *m)
{
	size_t *more;

	if (m->board.nrows <= m->shown_cap)
		return true;
	if ((more = realloc(m->shown, m->board.nrows * sizeof(*more))) == NULL)
		return false;
	m->shown = more;
	m->shown_cap = m->board.nrows;
	return true;
}

void
model_arrange(struct model *m)
{
	m->nshown = 0;
	if (!has_room(m))
		model_say(m, true, "out of memory: no rows can be shown");
	else
		for (size_t i = 0; i < m->board.nrows; i++)
			if (has_part(m->board.rows[i].name, m->filter))
				m->shown[m->nshown++] = i;
	if (m->nshown > 1)
		qsort_r(m->shown, m->nshown, sizeof(m->shown[0]), in_order, m);
	find_queue(m);
	find_alert(m);
}

static size_t
moved(size_t at, long by, size_t n)
{
	if (n == 0)
		return 0;
	if (by < 0)
		return at < (size_t)-by ? 0 : at - (size_t)-by;
	return at + (size_t)by >= n ? n - 1 : at + (size_t)by;
}

void
model_move(struct model *m, long by)
{
	if (m->pane == PANE_ALERTS) {
		m->alert_at = moved(m->alert_at, by, m->board.nalarms);
		if (m->board.nalarms > 0)
			keep_name(m->alert, m->board.alarms[m->alert_at].id);
		return;
	}
	m->queue_at = moved(m->queue_at, by, m->nshown);
	if (m->nshown > 0)
		keep_name(m->queue, m->board.rows[m->shown[m->queue_at]].name);
}

const struct row *
model_queue(const struct model *m)
{
	return board_row(&m->board, str_of(m->queue));
}

const struct alarm *
model_alarm(const struct model *m)
{
	return m->alert_at < m->board.nalarms ? &m->board.alarms[m->alert_at] : NULL;
}
