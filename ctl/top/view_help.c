/* SPDX-License-Identifier: MIT */
/*
 * view_help.c: the keys, and what the short words of the board mean.
 */
#include "top.h"

static const struct {
	const char *name, *text;
} words[] = {
	{ "WAIT", "who waits now" },
	{ "LONGEST", "for how long the first of them has" },
	{ "SERVICE", "service level and its target, in the window" },
	{ "  fr, pr", "instead: first responses, promises in time" },
	{ "N", "what that is formed of" },
	{ "/HOUR", "offered in the last 60 minutes, per hour" },
	{ "AHT", "average handle time" },
	{ "READY", "agents available, of those staffed" },
};

static void
draw_line(struct screen *s, int y, int bottom, const char *name, const char *text)
{
	if (y >= bottom)
		return;
	screen_put(s, 1, y, 11, STYLE_BOLD, str_of(name));
	screen_put(s, 13, y, s->w - 13, STYLE_PLAIN, str_of(text));
}

void
view_help(struct model *m, struct screen *s, int top, int bottom)
{
	size_t nkeys = 0, total, room = (size_t)(bottom - top);
	const char *name, *text;

	while (press_help(nkeys, &text) != NULL)
		nkeys++;
	total = nkeys + 1 + COUNTOF(words);
	if (m->scroll > (total > room ? total - room : 0))
		m->scroll = total > room ? total - room : 0;
	m->page = room;
	for (size_t i = m->scroll; i < total; i++) {
		int y = top + (int)(i - m->scroll);

		if ((name = press_help(i, &text)) != NULL)
			draw_line(s, y, bottom, name, text);
		else if (i > nkeys)
			draw_line(
			    s, y, bottom, words[i - nkeys - 1].name, words[i - nkeys - 1].text);
	}
}
