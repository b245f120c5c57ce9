/* SPDX-License-Identifier: MIT */
/*
 * view_queue.c: all about one queue.
 *
 * Groups of figures flow down and into the next column, as many as there is
 * room for; a group without any figure is left out.  Who waits is shown by
 * how long, never by who it is.
 */
#include "top.h"

#include <math.h>
#include <stdio.h>

#define COLUMN 39 /* columns of the terminal, of a label and its figure */
#define LINES_MAX 128
#define ALARMS_MAX 3

enum form { FORM_COUNT, FORM_RATE, FORM_LENGTH, FORM_SHARE, FORM_WAIT };

struct entry {
	const char *label, *field;
	bool windowed;
	uint8_t form; /* enum form */
};

static const struct entry now_rows[] = {
	{ "waiting", "waiting_count", false, FORM_COUNT },
	{ "longest wait", "oldest_wait_seconds", false, FORM_WAIT },
	{ "waiting past target", "waiting_over_target_count", false, FORM_COUNT },
	{ "at risk", "at_risk_count", false, FORM_COUNT },
	{ "being handled", "in_progress_count", false, FORM_COUNT },
	{ "offered per hour", "offered_per_hour", false, FORM_RATE },
	{ "handled per hour", "handled_per_hour", false, FORM_RATE },
};
static const struct entry service_rows[] = {
	{ "service level", "sl_ratio", true, FORM_SHARE },
	{ "  of visits", "sl_n", true, FORM_COUNT },
	{ "  target", "sl_target_ratio", false, FORM_SHARE },
	{ "  answered within", "sl_threshold_seconds", false, FORM_LENGTH },
	{ "  good in a row to recover", "sl_recover_count", false, FORM_COUNT },
	{ "first responses in time", "first_response_ratio", true, FORM_SHARE },
	{ "promises kept", "promise_ratio", true, FORM_SHARE },
};
static const struct entry agent_rows[] = {
	{ "staffed", "agents_staffed_count", false, FORM_COUNT },
	{ "ready", "agents_available_count", false, FORM_COUNT },
	{ "on a contact", "agents_on_contact_count", false, FORM_COUNT },
	{ "after-contact work", "agents_acw_count", false, FORM_COUNT },
	{ "paused", "agents_paused_count", false, FORM_COUNT },
	{ "occupancy", "occupancy_ratio", true, FORM_SHARE },
};
static const struct entry forecast_rows[] = {
	{ "service level to come", "nowcast_sl_ratio", false, FORM_SHARE },
	{ "agents required", "agents_required_count", false, FORM_COUNT },
	{ "agents to spare", "agents_gap_count", false, FORM_COUNT },
	{ "expected wait", "est_wait_seconds", false, FORM_LENGTH },
};
static const struct entry volume_rows[] = {
	{ "offered", "offered_count", true, FORM_COUNT },
	{ "answered", "answered_count", true, FORM_COUNT },
	{ "abandoned", "abandoned_count", true, FORM_COUNT },
	{ "  of these at once", "short_abandoned_count", true, FORM_COUNT },
	{ "  share", "abandon_ratio", true, FORM_SHARE },
	{ "flowed out", "flowed_out_count", true, FORM_COUNT },
	{ "callbacks instead", "callback_count", true, FORM_COUNT },
	{ "handled", "handled_count", true, FORM_COUNT },
	{ "transferred", "transferred_count", true, FORM_COUNT },
	{ "not taken by an agent", "missed_count", true, FORM_COUNT },
	{ "complaints", "complaint_count", true, FORM_COUNT },
};
static const struct entry time_rows[] = {
	{ "average speed of answer", "asa_seconds", true, FORM_LENGTH },
	{ "90 % waited at most", "wait_p90_seconds", true, FORM_LENGTH },
	{ "average handle time", "aht_seconds", true, FORM_LENGTH },
	{ "  talk", "talk_avg_seconds", true, FORM_LENGTH },
	{ "  hold", "hold_avg_seconds", true, FORM_LENGTH },
	{ "  after-contact work", "acw_avg_seconds", true, FORM_LENGTH },
	{ "    of these not reported", "acw_derived_count", true, FORM_COUNT },
	{ "first-contact resolution", "fcr_ratio", true, FORM_SHARE },
	{ "customer satisfaction", "csat_ratio", true, FORM_SHARE },
};
static const struct entry owed_rows[] = {
	{ "matters open", "backlog_count", false, FORM_COUNT },
	{ "first responses owed", "first_response_running_count", false, FORM_COUNT },
	{ "  overdue", "first_response_overdue_count", false, FORM_COUNT },
	{ "  due within the hour", "first_response_due_1h_count", false, FORM_COUNT },
	{ "promises owed", "promise_running_count", false, FORM_COUNT },
	{ "  overdue", "promise_overdue_count", false, FORM_COUNT },
	{ "  due within the hour", "promise_due_1h_count", false, FORM_COUNT },
};

static const struct group {
	const char *title;
	const struct entry *rows;
	size_t n;
	bool zero_is_nothing; /* left out when all are 0 */
} groups[] = {
	{ "NOW", now_rows, COUNTOF(now_rows), false },
	{ "SERVICE", service_rows, COUNTOF(service_rows), false },
	{ "FORECAST, IF IT GOES ON LIKE THIS", forecast_rows, COUNTOF(forecast_rows), false },
	{ "AGENTS", agent_rows, COUNTOF(agent_rows), false },
	{ "OWED", owed_rows, COUNTOF(owed_rows), true },
	{ "CONTACTS", volume_rows, COUNTOF(volume_rows), false },
	{ "TIMES", time_rows, COUNTOF(time_rows), false },
};

/* What is to be shown, before it is known where. */
struct line {
	const char *label;
	char value[FIGURE_MAX];
	bool title, late;
};
struct lines {
	struct line line[LINES_MAX];
	size_t n;
};

static struct line *
add_line(struct lines *l, const char *label, bool title)
{
	static struct line none;
	struct line *line = l->n < LINES_MAX ? &l->line[l->n++] : &none;

	*line = (struct line){ .label = label, .title = title };
	return line;
}

/* ---- groups */

static double
entry_value(const struct model *m, const struct row *r, const struct entry *e)
{
	double v = figure_of(r->figures, e->field, e->windowed ? model_window(m) : "");

	if (e->form == FORM_WAIT && r->waiting > 0)
		v += life_tick(&m->signs, m->mono);
	return v;
}

static void
value_text(char buf[FIGURE_MAX], enum form form, double v)
{
	static void (*const text[])(char *, double) = {
		[FORM_COUNT] = figure_count,
		[FORM_RATE] = figure_rate,
		[FORM_LENGTH] = figure_length,
		[FORM_SHARE] = figure_share,
		[FORM_WAIT] = figure_length,
	};

	text[form](buf, v);
}

static bool
says_something(const struct model *m, const struct row *r, const struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		double v = entry_value(m, r, &g->rows[i]);

		if (!isnan(v) && (v != 0 || !g->zero_is_nothing))
			return true;
	}
	return false;
}

static void
add_group(struct lines *l, const struct model *m, const struct row *r, const struct group *g)
{
	add_line(l, g->title, true);
	for (size_t i = 0; i < g->n; i++)
		value_text(add_line(l, g->rows[i].label, false)->value, (enum form)g->rows[i].form,
		    entry_value(m, r, &g->rows[i]));
}

/* Without a threshold there is no telling since when somebody waits, only
 * until when somebody is to be answered. */
static void
add_waiting(struct lines *l, const struct model *m, const struct row *r)
{
	double threshold = figure_of(r->figures, "sl_threshold_seconds", "");
	double now = (double)m->board.time + 1000 * life_tick(&m->signs, m->mono);

	if (m->ndue == 0)
		return;
	add_line(l, isnan(threshold) ? "DUE FIRST" : "WAITING LONGEST", true);
	for (size_t i = 0; i < m->ndue; i++) {
		double past = (now - m->due[i]) / 1000;
		struct line *line = add_line(l, past > 0 ? "past target by" : "to target", false);

		if (!isnan(threshold)) {
			line->label = past > 0 ? "waits, past target" : "waits";
			past += threshold;
		} else if (past <= 0)
			past = -past;
		line->late = past > 0 && now > m->due[i];
		figure_length(line->value, past);
	}
}

/* ---- drawing */

static int
draw_head(const struct model *m, struct screen *s, int y, int bottom, const struct row *r)
{
	const struct json_node *reason = json_path(r->figures, "status_reason");
	uint8_t style = view_health_style((enum health)r->status);
	int x = screen_put(s, 1, y, s->w / 2, STYLE_BOLD, r->name) + 2;
	size_t n = 0;

	view_health(s, x, y, style, (enum health)r->status);
	screen_say(s, x + 11, y, STYLE_DIM, "window %s", model_window(m));
	y++;
	if (y < bottom && reason != NULL && reason->type == JSON_TEXT && reason->text.n > 0)
		screen_put(s, 1, y++, s->w - 1, STYLE_PLAIN, reason->text);
	for (size_t i = 0; (i = board_alarm_of(&m->board, r->name, i)) < m->board.nalarms; i++)
		if (n++ < ALARMS_MAX && y < bottom)
			view_alarm(m, s, y++, &m->board.alarms[i], false);
	return y + 1;
}

static void
draw_line(struct screen *s, int x, int y, int width, const struct line *line)
{
	uint8_t style = line->late ? STYLE_LATE : STYLE_PLAIN;

	if (line->title) {
		screen_put(s, x, y, width, STYLE_HEAD, str_of(line->label));
		return;
	}
	screen_put(s, x, y, width - 9, STYLE_DIM, str_of(line->label));
	screen_put_right(s, x, y, width - 1, style, line->value);
}

/* Down, then into the next column. */
static void
draw_lines(struct model *m, struct screen *s, int top, int bottom, const struct lines *l)
{
	int height = bottom - top, ncolumns = s->w / COLUMN > 0 ? s->w / COLUMN : 1;
	int width = s->w / ncolumns;
	size_t room, last;

	if (height <= 0)
		return;
	room = (size_t)height * (size_t)ncolumns;
	last = l->n > room ? l->n - room : 0;
	if (m->scroll > last)
		m->scroll = last;
	m->page = (size_t)height;
	for (size_t i = 0; i < room && m->scroll + i < l->n; i++)
		draw_line(s, 1 + (int)i / height * width, top + (int)i % height, width - 1,
		    &l->line[m->scroll + i]);
}

void
view_one(struct model *m, struct screen *s, int top, int bottom)
{
	const struct row *r = model_queue(m);
	struct lines l = { .n = 0 };

	if (r == NULL) {
		screen_say(s, 1, top, STYLE_LATE, "%s is no longer on the board", m->queue);
		return;
	}
	top = draw_head(m, s, top, bottom, r);
	for (size_t i = 0; i < COUNTOF(groups); i++) {
		if (says_something(m, r, &groups[i]))
			add_group(&l, m, r, &groups[i]);
		if (i == 0)
			add_waiting(&l, m, r);
	}
	draw_lines(m, s, top, bottom, &l);
}
