/* SPDX-License-Identifier: MIT */
/*
 * press.c: what a key does.
 *
 * A table by mode; the help is made from the same rows, so no key is without
 * a word.  While a question is asked or a filter typed, all keys belong to
 * that.  What needs the terminal or Redis is handed back as a deed.
 */
#include "top.h"

#include <stdio.h>

#define IN_BOARD (1 << MODE_BOARD)
#define IN_QUEUE (1 << MODE_QUEUE)
#define IN_HELP (1 << MODE_HELP)
#define ANYWHERE (IN_BOARD | IN_QUEUE | IN_HELP)

typedef enum deed press_fn(struct model *);

/* ---- moving */

static enum deed
move(struct model *m, long by)
{
	if (m->mode == MODE_BOARD)
		model_move(m, by);
	else if (by < 0)
		m->scroll = m->scroll < (size_t)-by ? 0 : m->scroll - (size_t)-by;
	else
		m->scroll += (size_t)by; /* the view knows where the end is */
	return DEED_NONE;
}

static long
page(const struct model *m)
{
	return (long)(m->mode == MODE_BOARD && m->pane == PANE_ALERTS ? m->alert_page : m->page);
}

static enum deed
up(struct model *m)
{
	return move(m, -1);
}

static enum deed
down(struct model *m)
{
	return move(m, 1);
}

static enum deed
page_up(struct model *m)
{
	return move(m, -page(m));
}

static enum deed
page_down(struct model *m)
{
	return move(m, page(m));
}

static enum deed
to_first(struct model *m)
{
	return move(m, -1000000);
}

static enum deed
to_last(struct model *m)
{
	return move(m, 1000000);
}

static enum deed
other_pane(struct model *m)
{
	m->pane = m->pane == PANE_QUEUES ? PANE_ALERTS : PANE_QUEUES;
	return DEED_NONE;
}

/* ---- what is looked at */

static enum deed
look_at(struct model *m, enum mode mode)
{
	m->mode = (uint8_t)mode;
	m->scroll = 0;
	m->ndue = 0;
	return DEED_READ;
}

/* Of an alert about a queue: that queue. */
static bool
follow_alert(struct model *m)
{
	const struct alarm *a = model_alarm(m);

	for (size_t i = 0; a != NULL && i < m->board.nrows; i++) {
		struct str name = m->board.rows[i].name;

		if (board_alarm_of(&m->board, name, m->alert_at) == m->alert_at) {
			snprintf(m->queue, sizeof(m->queue), "%.*s", STR_ARG(name));
			return true;
		}
	}
	return false;
}

static enum deed
open_queue(struct model *m)
{
	if (m->pane == PANE_ALERTS ? !follow_alert(m) : m->nshown == 0) {
		model_say(m, false, "there is no queue to look at");
		return DEED_NONE;
	}
	return look_at(m, MODE_QUEUE);
}

static enum deed
help(struct model *m)
{
	return look_at(m, MODE_HELP);
}

/* From the board nothing is left to go back to but all of its rows. */
static enum deed
back(struct model *m)
{
	m->filter[0] = '\0';
	look_at(m, MODE_BOARD);
	model_arrange(m);
	return DEED_NONE;
}

static enum deed
close_it(struct model *m)
{
	look_at(m, MODE_BOARD);
	model_arrange(m);
	return DEED_NONE;
}

static enum deed
next_order(struct model *m)
{
	m->order = (uint8_t)((m->order + 1) % ORDER_COUNT);
	m->reversed = false;
	model_arrange(m);
	return DEED_NONE;
}

static enum deed
reverse(struct model *m)
{
	m->reversed = !m->reversed;
	model_arrange(m);
	return DEED_NONE;
}

static enum deed
next_window(struct model *m)
{
	if (m->nwindows == 0)
		return DEED_NONE;
	m->window = (m->window + 1) % m->nwindows;
	board_window(&m->board, model_window(m));
	model_arrange(m);
	return DEED_NONE;
}

static enum deed
begin_filter(struct model *m)
{
	m->prompt = PROMPT_FILTER;
	memcpy(m->filter_before, m->filter, sizeof(m->filter));
	m->pane = PANE_QUEUES;
	return DEED_NONE;
}

/* On the board the selected alert; at a queue the worst that is about it and
 * nobody has taken. */
static const struct alarm *
alarm_meant(const struct model *m)
{
	size_t i;

	if (m->mode == MODE_BOARD)
		return m->pane == PANE_ALERTS ? model_alarm(m) : NULL;
	i = board_alarm_of(&m->board, str_of(m->queue), 0);
	return i < m->board.nalarms ? &m->board.alarms[i] : NULL;
}

static enum deed
ask_ack(struct model *m)
{
	const struct alarm *a = alarm_meant(m);

	if (a == NULL && m->board.nalarms == 0)
		model_say(m, false, "no alert fires");
	else if (a == NULL)
		model_say(m, false,
		    m->mode == MODE_BOARD ? "which alert? Tab goes to the alerts, arrows select"
		                          : "no alert fires on this queue");
	else if (!a->firing)
		model_say(m, false, "it is %.*s already", STR_ARG(a->state));
	else {
		snprintf(m->asked, sizeof(m->asked), "%.*s", STR_ARG(a->id));
		m->prompt = PROMPT_ACK;
	}
	return DEED_NONE;
}

/* ---- the terminal's */

static enum deed
quit(struct model *m)
{
	(void)m;
	return DEED_QUIT;
}

static enum deed
suspend(struct model *m)
{
	(void)m;
	return DEED_SUSPEND;
}

static enum deed
repaint(struct model *m)
{
	(void)m;
	return DEED_REPAINT;
}

static const struct {
	uint8_t code; /* enum key_code */
	char letter; /* of a KEY_CHAR */
	uint8_t modes; /* bits */
	press_fn *fn;
	const char *name, *text; /* for the help; NULL: as the row before */
} rows[] = {
	{ KEY_UP, 0, ANYWHERE, up, "Up, k", "the row above" },
	{ KEY_CHAR, 'k', ANYWHERE, up, NULL, NULL },
	{ KEY_DOWN, 0, ANYWHERE, down, "Down, j", "the row below" },
	{ KEY_CHAR, 'j', ANYWHERE, down, NULL, NULL },
	{ KEY_PAGE_UP, 0, ANYWHERE, page_up, "PgUp, PgDn", "a screen of rows" },
	{ KEY_PAGE_DOWN, 0, ANYWHERE, page_down, NULL, NULL },
	{ KEY_HOME, 0, ANYWHERE, to_first, "Home, g", "the first row" },
	{ KEY_CHAR, 'g', ANYWHERE, to_first, NULL, NULL },
	{ KEY_END, 0, ANYWHERE, to_last, "End, G", "the last row" },
	{ KEY_CHAR, 'G', ANYWHERE, to_last, NULL, NULL },
	{ KEY_TAB, 0, IN_BOARD, other_pane, "Tab", "from the queues to the alerts, and back" },
	{ KEY_BACK_TAB, 0, IN_BOARD, other_pane, NULL, NULL },
	{ KEY_ENTER, 0, IN_BOARD, open_queue, "Enter",
	    "all of the selected queue, or of the alert's" },
	{ KEY_ESCAPE, 0, IN_QUEUE | IN_HELP, close_it, "Esc",
	    "back; on the board: end the filter" },
	{ KEY_LEFT, 0, IN_QUEUE | IN_HELP, close_it, NULL, NULL },
	{ KEY_ENTER, 0, IN_HELP, close_it, NULL, NULL },
	{ KEY_ESCAPE, 0, IN_BOARD, back, NULL, NULL },
	{ KEY_CHAR, 's', IN_BOARD, next_order, "s",
	    "sort by name, waiting, longest wait, service level, status" },
	{ KEY_CHAR, 'r', IN_BOARD, reverse, "r", "the other way round" },
	{ KEY_CHAR, '/', IN_BOARD, begin_filter, "/", "only queues whose name has what is typed" },
	{ KEY_CHAR, 'a', IN_BOARD | IN_QUEUE, ask_ack, "a", "acknowledge the selected alert" },
	{ KEY_CHAR, 'w', IN_BOARD | IN_QUEUE, next_window, "w", "another window of time" },
	{ KEY_CHAR, '?', IN_BOARD | IN_QUEUE, help, "?", "this help" },
	{ KEY_CHAR, '?', IN_HELP, close_it, NULL, NULL },
	{ KEY_REDRAW, 0, ANYWHERE, repaint, "Ctrl-L", "draw all anew" },
	{ KEY_SUSPEND, 0, ANYWHERE, suspend, "Ctrl-Z", "stop; fg goes on" },
	{ KEY_CHAR, 'q', ANYWHERE, quit, "q, Ctrl-C", "quit" },
	{ KEY_INTERRUPT, 0, ANYWHERE, quit, NULL, NULL },
};

const char *
press_help(size_t i, const char **text)
{
	for (size_t n = 0; n < COUNTOF(rows); n++)
		if (rows[n].name != NULL && i-- == 0) {
			*text = rows[n].text;
			return rows[n].name;
		}
	return NULL;
}

/* ---- prompts */

static void
filter_add(struct model *m, const struct key *k)
{
	size_t len = strlen(m->filter);

	if (len + k->n < sizeof(m->filter)) {
		memcpy(m->filter + len, k->text, k->n);
		m->filter[len + k->n] = '\0';
	}
}

/* The last character, not its last byte. */
static void
filter_cut(struct model *m)
{
	size_t len = strlen(m->filter);

	while (len > 0 && ((unsigned char)m->filter[--len] & 0xc0) == 0x80)
		;
	m->filter[len] = '\0';
}

static enum deed
press_filter(struct model *m, const struct key *k)
{
	switch ((enum key_code)k->code) {
	case KEY_CHAR:
		filter_add(m, k);
		break;
	case KEY_BACKSPACE:
		filter_cut(m);
		break;
	case KEY_ESCAPE:
		memcpy(m->filter, m->filter_before, sizeof(m->filter));
		m->prompt = PROMPT_NONE;
		break;
	case KEY_ENTER:
		m->prompt = PROMPT_NONE;
		break;
	case KEY_UP:
	case KEY_DOWN:
		model_move(m, k->code == KEY_UP ? -1 : 1);
		break;
	case KEY_INTERRUPT:
		return DEED_QUIT;
	case KEY_SUSPEND:
		return DEED_SUSPEND;
	case KEY_REDRAW:
		return DEED_REPAINT;
	case KEY_NONE:
	case KEY_LEFT:
	case KEY_RIGHT:
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
	case KEY_HOME:
	case KEY_END:
	case KEY_TAB:
	case KEY_BACK_TAB:
	case KEY_UNKNOWN:
		break;
	}
	model_arrange(m);
	return DEED_NONE;
}

/* Only y is yes. */
static enum deed
press_ack(struct model *m, const struct key *k)
{
	if (k->code == KEY_NONE || k->code == KEY_UNKNOWN)
		return DEED_NONE;
	m->prompt = PROMPT_NONE;
	if (k->code == KEY_CHAR && (k->text[0] == 'y' || k->text[0] == 'Y'))
		return DEED_ACK;
	model_say(m, false, "nothing was sent");
	return k->code == KEY_INTERRUPT ? DEED_QUIT : DEED_NONE;
}

enum deed
press(struct model *m, const struct key *k)
{
	if (m->prompt == PROMPT_ACK)
		return press_ack(m, k);
	m->said[0] = '\0';
	if (m->prompt == PROMPT_FILTER)
		return press_filter(m, k);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (rows[i].code == k->code && rows[i].modes & 1 << m->mode &&
		    (k->code != KEY_CHAR || (k->n == 1 && rows[i].letter == k->text[0])))
			return rows[i].fn(m);
	return DEED_NONE;
}
