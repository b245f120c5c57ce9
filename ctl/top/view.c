/* SPDX-License-Identifier: MIT */
/*
 * view.c: the board on a screen: head, queues, alerts, foot.
 *
 * Columns are a table with an order of importance: a narrow terminal leaves
 * out what matters least, a wide one shows more.  As on the wall-board grey
 * is good and colour means trouble, and never colour alone: a sign and a word
 * say the same.
 */
#include "top.h"

#include <math.h>
#include <stdio.h>

#define HEAD_LINES 2
#define NAME_MIN 12 /* columns of a queue's name, before anything else is left out */
#define NAME_MOST 40
#define NARROW 40
#define GAP 1
#define PART 2 /* columns between what belongs to different things */

/* ---- statuses */

static const struct {
	const char *glyph, *plain;
	uint8_t style;
} looks[HEALTH_COUNT] = {
	[HEALTH_OK] = { "\xe2\x97\x8f", ".", STYLE_PLAIN },
	[HEALTH_CLOSED] = { "\xe2\x97\x8b", "o", STYLE_DIM },
	[HEALTH_WARN] = { "\xe2\x96\xb2", "!", STYLE_WATCH },
	[HEALTH_UNKNOWN] = { "?", "?", STYLE_UNKNOWN },
	[HEALTH_CRIT] = { "\xe2\x96\xa0", "#", STYLE_LATE },
};

uint8_t
view_health_style(enum health status)
{
	return looks[status].style;
}

void
view_health(struct screen *s, int x, int y, uint8_t style, enum health status)
{
	screen_say(s, x, y, style, "%s %s", s->utf8 ? looks[status].glyph : looks[status].plain,
	    health_word(status));
}

/* ---- the columns of a queue */

static double
shown_wait(const struct model *m, const struct row *r)
{
	return r->waiting > 0 ? r->oldest + life_tick(&m->signs, m->mono) : r->oldest;
}

static void
cell_longest(char *buf, const struct model *m, const struct row *r)
{
	figure_length(buf, shown_wait(m, r));
}

static void
cell_service(char *buf, const struct model *m, const struct row *r)
{
	(void)m;
	figure_service(buf, r);
}

static void
cell_ready(char *buf, const struct model *m, const struct row *r)
{
	(void)m;
	figure_pair(buf, r->ready, r->staffed);
}

/* How a figure of a row is written: in a way of its own, or as its kind is. */
struct cell {
	void (*own)(char *buf, const struct model *, const struct row *);
	void (*figure)(char *buf, double);
	size_t at; /* of the figure in the row */
};
#define OWN(fn)                                                                                    \
	{                                                                                          \
		.own = (fn)                                                                        \
	}
#define FIGURE(kind, member)                                                                       \
	{                                                                                          \
		.figure = figure_##kind, .at = offsetof(struct row, member)                        \
	}

static bool
is_word(const struct cell *c)
{
	return c->own == NULL && c->figure == NULL;
}

static void
cell_text(char *buf, const struct model *m, const struct row *r, const struct cell *c)
{
	double figure;

	if (c->own != NULL) {
		c->own(buf, m, r);
		return;
	}
	memcpy(&figure, (const char *)r + c->at, sizeof(figure));
	c->figure(buf, figure);
}

static const struct column {
	const char *head;
	int width;
	int weight; /* the smallest stays longest */
	int order; /* enum order its head belongs to, or -1 */
	struct cell cell; /* nothing in it: a word */
} columns[] = {
	{ "STATUS", 9, 0, ORDER_STATUS, OWN(NULL) },
	{ "WAIT", 5, 1, ORDER_WAITING, FIGURE(count, waiting) },
	{ "LONGEST", 7, 2, ORDER_LONGEST, OWN(cell_longest) },
	{ "SERVICE", 8, 3, ORDER_SERVICE, OWN(cell_service) },
	{ "N", 5, 6, -1, FIGURE(count, n) },
	{ "/HOUR", 6, 5, -1, FIGURE(rate, per_hour) },
	{ "AHT", 6, 7, -1, FIGURE(length, aht) },
	{ "READY", 7, 4, -1, OWN(cell_ready) },
	{ "OFFER", 6, 8, -1, FIGURE(count, offered) },
	{ "ABAND", 6, 9, -1, FIGURE(count, abandoned) },
	{ "ASA", 6, 10, -1, FIGURE(length, asa) },
};

/* Which columns there is room for, and what that leaves for the name. */
struct layout {
	bool shown[COUNTOF(columns)];
	int name;
};

static struct layout
lay_out(int width)
{
	struct layout l = { .name = width - GAP };

	for (int weight = 0; weight < (int)COUNTOF(columns); weight++)
		for (size_t i = 0; i < COUNTOF(columns); i++)
			if (columns[i].weight == weight) {
				if (l.name - columns[i].width - GAP < NAME_MIN)
					return l;
				l.shown[i] = true;
				l.name -= columns[i].width + GAP;
			}
	if (l.name > NAME_MOST)
		l.name = NAME_MOST;
	return l;
}

/* ---- head */

static uint8_t
life_style(enum life life)
{
	return life == LIFE_LIVE ? STYLE_PLAIN : life == LIFE_STARTING ? STYLE_WATCH : STYLE_LATE;
}

/* Where there is little room, what is wrong matters more than the time. */
static void
draw_first_line(const struct model *m, struct screen *s)
{
	const char *demo = s->w < NARROW ? "DEMO" : "DEMO DATA";
	int end = m->board.demo ? s->w - (int)strlen(demo) - 1 : s->w, x;
	char clock[FIGURE_MAX], life[WHY_ROOM + 64];

	figure_clock(clock, m->zone, m->wall);
	life_text(life, sizeof(life), &m->signs, m->mono);
	x = screen_put(s, 1, 0, s->w / 3, STYLE_BOLD, m->board.site) + PART;
	if (s->w >= NARROW)
		x = screen_put(s, x, 0, end - x, STYLE_PLAIN, str_of(clock)) + PART;
	screen_put(s, x, 0, end - x, life_style(life_of(&m->signs, m->mono)), str_of(life));
	if (m->board.demo)
		screen_put_right(s, 0, 0, s->w, STYLE_WATCH, demo);
}

static void
draw_counts(const struct model *m, struct screen *s)
{
	const struct board *b = &m->board;
	static const enum health told[] = { HEALTH_CRIT, HEALTH_WARN, HEALTH_UNKNOWN };
	char text[96] = "";
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(told) && n < sizeof(text); i++)
		if (b->count[told[i]] > 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%zu %s",
			    n > 0 ? ", " : "", b->count[told[i]], health_word(told[i]));
	if (n == 0 && b->nrows > 0)
		snprintf(text, sizeof(text), "all OK");
	screen_put_right(
	    s, 0, 1, s->w - 1, b->count[HEALTH_CRIT] > 0 ? STYLE_LATE : STYLE_PLAIN, text);
}

/* The site: sums, and its own ratios, which are no means of the queues'. */
static void
draw_totals(const struct model *m, struct screen *s)
{
	static const struct {
		const char *name;
		struct cell cell;
	} parts[] = { { "waiting", FIGURE(count, waiting) }, { "longest", OWN(cell_longest) },
		{ "service", OWN(cell_service) }, { "hour", FIGURE(rate, per_hour) },
		{ "aht", FIGURE(length, aht) }, { "ready", OWN(cell_ready) } };
	char text[FIGURE_MAX];
	int x = 1;

	for (size_t i = 0; i < COUNTOF(parts) && x < s->w; i++) {
		cell_text(text, m, &m->board.totals, &parts[i].cell);
		x = screen_say(s, x, 1, STYLE_DIM, "%s ", parts[i].name);
		x = screen_say(s, x, 1, STYLE_BOLD, "%s", text) + PART;
	}
	if (s->w - x > 18)
		draw_counts(m, s);
}

/* ---- queues */

/* Which way they are sorted. */
static const char *
arrow(const struct model *m, const struct screen *s)
{
	if (s->utf8)
		return m->reversed ? "\xe2\x86\x91" : "\xe2\x86\x93";
	return m->reversed ? "^" : "v";
}

static void
draw_columns(const struct model *m, struct screen *s, int y, const struct layout *l)
{
	char head[32];
	int x = 1;

	screen_say(s, x, y, STYLE_HEAD, "QUEUE%s", m->order == ORDER_NAME ? arrow(m, s) : "");
	x += l->name + GAP - 1;
	for (size_t i = 0; i < COUNTOF(columns); i++) {
		if (!l->shown[i])
			continue;
		snprintf(head, sizeof(head), "%s%s", columns[i].head,
		    columns[i].order == (int)m->order ? arrow(m, s) : "");
		if (is_word(&columns[i].cell))
			screen_put(s, x, y, columns[i].width, STYLE_HEAD, str_of(head));
		else /* the arrow hangs over */
			screen_put_right(s, x - 1, y,
			    columns[i].width + 1 + (columns[i].order == (int)m->order), STYLE_HEAD,
			    head);
		x += columns[i].width + GAP;
	}
	screen_bar(s, y, STYLE_HEAD);
}

static uint8_t
row_style(const struct row *r, const struct column *c)
{
	uint8_t style = looks[r->status].style;

	if (r->status == HEALTH_CLOSED)
		return STYLE_DIM;
	return c == NULL || c->order == ORDER_STATUS ? style : STYLE_PLAIN;
}

static void
draw_queue(const struct model *m, struct screen *s, int y, const struct layout *l,
    const struct row *r, bool chosen)
{
	uint8_t mark = chosen ? STYLE_CHOSEN : 0;
	char text[FIGURE_MAX];
	int x = l->name + GAP;

	screen_put(s, 1, y, l->name - 1, row_style(r, NULL) | mark, r->name);
	for (size_t i = 0; i < COUNTOF(columns); i++) {
		const struct column *c = &columns[i];

		if (!l->shown[i])
			continue;
		if (is_word(&c->cell))
			view_health(s, x, y, row_style(r, c) | mark, (enum health)r->status);
		else {
			cell_text(text, m, r, &c->cell);
			screen_put_right(s, x, y, c->width, row_style(r, c) | mark, text);
		}
		x += c->width + GAP;
	}
	if (chosen)
		screen_bar(s, y, STYLE_CHOSEN);
	if (chosen)
		screen_put(s, 0, y, 1, STYLE_CHOSEN, str_of(">"));
}

/* Moves the first row so that the selected one is on the screen. */
static size_t
scrolled(size_t top, size_t at, size_t n, size_t room)
{
	if (room == 0 || n <= room)
		return 0;
	if (at < top)
		top = at;
	else if (at >= top + room)
		top = at - room + 1;
	return top > n - room ? n - room : top;
}

static void
draw_queues(struct model *m, struct screen *s, int top, int bottom)
{
	struct layout l = lay_out(s->w);
	size_t room = bottom > top + 1 ? (size_t)(bottom - top - 1) : 0;

	draw_columns(m, s, top, &l);
	m->page = room > 0 ? room : 1;
	m->queue_top = scrolled(m->queue_top, m->queue_at, m->nshown, room);
	for (size_t i = 0; i < room && m->queue_top + i < m->nshown; i++)
		draw_queue(m, s, top + 1 + (int)i, &l, &m->board.rows[m->shown[m->queue_top + i]],
		    m->pane == PANE_QUEUES && m->queue_top + i == m->queue_at);
	if (m->nshown == 0 && room > 0)
		screen_say(s, 1, top + 1, STYLE_DIM, "%s",
		    m->board.root == NULL ? "nothing is on the board yet"
		    : m->board.nrows == 0 ? "there are no queues"
		                          : "no queue's name has that in it");
}

/* ---- alerts */

static uint8_t
alarm_style(const struct alarm *a)
{
	if (!a->firing)
		return STYLE_DIM;
	return a->severity == SEVERITY_PAGE   ? STYLE_LATE
	       : a->severity == SEVERITY_WARN ? STYLE_WATCH
	                                      : STYLE_PLAIN;
}

void
view_alarm(const struct model *m, struct screen *s, int y, const struct alarm *a, bool chosen)
{
	uint8_t style = alarm_style(a) | (chosen ? STYLE_CHOSEN : 0);
	double age = (double)(m->board.time - a->since) / MSEC_PER_SEC;
	char since[FIGURE_MAX];
	int x;

	figure_length(since, age + life_tick(&m->signs, m->mono));
	screen_put(s, 1, y, 4, style, str_of(severity_name((enum severity)a->severity)));
	screen_put(s, 6, y, 9, style, a->state);
	screen_put_right(s, 16, y, 8, style, since);
	x = screen_put(s, 26, y, s->w - 26, style, a->summary.n > 0 ? a->summary : a->id);
	if (a->by.n > 0 && x + 4 < s->w) {
		x = screen_say(s, x, y, style, " by ");
		screen_put(s, x, y, s->w - x, style, a->by);
	}
	if (chosen)
		screen_bar(s, y, STYLE_CHOSEN);
	if (chosen)
		screen_put(s, 0, y, 1, STYLE_CHOSEN, str_of(">"));
}

static void
draw_alerts(struct model *m, struct screen *s, int top, int bottom)
{
	const struct board *b = &m->board;
	size_t room = bottom > top + 1 ? (size_t)(bottom - top - 1) : 0;

	if (b->nalarms == 0)
		screen_say(s, 1, top, STYLE_HEAD, "ALERTS  %s",
		    b->root == NULL ? "not known" : "none fires");
	else if (b->nalarms == b->nfiring)
		screen_say(s, 1, top, STYLE_HEAD, "ALERTS  %zu firing", b->nfiring);
	else
		screen_say(s, 1, top, STYLE_HEAD, "ALERTS  %zu firing, %zu taken or explained",
		    b->nfiring, b->nalarms - b->nfiring);
	screen_bar(s, top, STYLE_HEAD);
	m->alert_page = room > 0 ? room : 1;
	m->alert_top = scrolled(m->alert_top, m->alert_at, b->nalarms, room);
	for (size_t i = 0; i < room && m->alert_top + i < b->nalarms; i++)
		view_alarm(m, s, top + 1 + (int)i, &b->alarms[m->alert_top + i],
		    m->pane == PANE_ALERTS && m->alert_top + i == m->alert_at);
}

/* ---- foot: a question, what was said, or which keys there are */

static void
draw_foot(const struct model *m, struct screen *s, int y)
{
	static const char *const hints[] = {
		[MODE_BOARD] = "q quit  ? help  Enter queue  Tab alerts  a ack  / filter",
		[MODE_QUEUE] = "Esc back  arrows scroll  a ack  w window  ? help  q quit",
		[MODE_HELP] = "Esc back",
	};
	char right[FILTER_MAX + 64] = "";
	int x;

	if (m->prompt == PROMPT_ACK) {
		screen_say(s, 1, y, STYLE_BOLD, "acknowledge %s? y or n", m->asked);
		return;
	}
	if (m->prompt == PROMPT_FILTER) {
		screen_say(s, 1, y, STYLE_BOLD, "/%s_", m->filter);
		return;
	}
	if (m->said[0] != '\0') {
		screen_say(s, 1, y, m->said_bad ? STYLE_LATE : STYLE_BOLD, "%s", m->said);
		return;
	}
	if (m->mode == MODE_BOARD)
		snprintf(right, sizeof(right), "%s%s%ss %s%s  w %s", m->filter[0] ? "/" : "",
		    m->filter, m->filter[0] ? "  " : "", order_name((enum order)m->order),
		    arrow(m, s), model_window(m));
	x = screen_put(s, 1, y, s->w - 1, STYLE_DIM, str_of(hints[m->mode])) + PART;
	if (x + screen_width(s, str_of(right)) < s->w)
		screen_put_right(s, 0, y, s->w - 1, STYLE_DIM, right);
}

/* Lines for the alerts with their head: a third of what is left at most. */
static int
alert_lines(const struct model *m, int room)
{
	int most = room / 3 > 3 ? room / 3 : 3;

	if (room < 6)
		return 0;
	return m->board.nalarms + 1 < (size_t)most ? (int)m->board.nalarms + 1 : most;
}

static void
draw_board(struct model *m, struct screen *s, int top, int bottom)
{
	int alerts = alert_lines(m, bottom - top);

	draw_queues(m, s, top, bottom - alerts);
	if (alerts > 0)
		draw_alerts(m, s, bottom - alerts, bottom);
}

void
view_draw(struct model *m, struct screen *s)
{
	static void (*const draw[])(struct model *, struct screen *, int, int) = {
		[MODE_BOARD] = draw_board,
		[MODE_QUEUE] = view_one,
		[MODE_HELP] = view_help,
	};

	s->all = life_is_stale(&m->signs, m->mono) ? STYLE_DIM : 0;
	draw_totals(m, s);
	if (s->h > HEAD_LINES + 1)
		draw[m->mode](m, s, HEAD_LINES, s->h - 1);
	s->all = 0; /* the clock goes, and what is wrong is said aloud */
	draw_first_line(m, s);
	if (s->h > 1)
		draw_foot(m, s, s->h - 1);
}
