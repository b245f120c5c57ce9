/* SPDX-License-Identifier: MIT */
/*
 * paint.c: the bytes that bring a terminal from one screen to the next.
 *
 * On each line what differs is written, from its first cell to its last, so
 * a tick of a second costs some bytes on a slow line and nothing flickers.
 */
#include "top.h"

#define RESET "\033[0m"

/* Sixteen colours, and where they are not wanted: bold, underlined, reversed. */
static const struct {
	const char *colour, *plain;
} styles[STYLE_COUNT] = {
	[STYLE_PLAIN] = { "", "" },
	[STYLE_DIM] = { "\033[90m", "" },
	[STYLE_BOLD] = { "\033[1m", "\033[1m" },
	[STYLE_HEAD] = { "\033[4m", "\033[4m" },
	[STYLE_WATCH] = { "\033[33m", "" },
	[STYLE_LATE] = { "\033[1;31m", "\033[1m" },
	[STYLE_UNKNOWN] = { "\033[35m", "" },
};

static bool
is_same(const struct square *a, const struct square *b)
{
	return a->n == b->n && a->style == b->style && memcmp(a->text, b->text, a->n) == 0;
}

/* The columns of a line that differ; a wide character is written whole. */
static bool
find_span(const struct screen *now, const struct screen *before, int y, int *from, int *to)
{
	*from = 0;
	*to = now->w;
	if (before == NULL || before->w != now->w || before->h != now->h)
		return true;
	while (*from < now->w && is_same(screen_at(now, *from, y), screen_at(before, *from, y)))
		++*from;
	if (*from == now->w)
		return false;
	while (is_same(screen_at(now, *to - 1, y), screen_at(before, *to - 1, y)))
		--*to;
	while (
	    *from > 0 && (screen_at(now, *from, y)->n == 0 || screen_at(before, *from, y)->n == 0))
		--*from;
	while (
	    *to < now->w && (screen_at(now, *to, y)->n == 0 || screen_at(before, *to, y)->n == 0))
		++*to;
	return true;
}

static void
put_style(struct out *o, uint8_t style, bool colour)
{
	uint8_t row = style & (uint8_t)~STYLE_CHOSEN;

	out_str(o, RESET);
	out_str(o, colour ? styles[row].colour : styles[row].plain);
	if (style & STYLE_CHOSEN)
		out_str(o, "\033[7m");
}

void
paint(struct out *o, const struct screen *now, const struct screen *before, bool colour)
{
	int style = -1, from, to;

	for (int y = 0; y < now->h; y++) {
		if (!find_span(now, before, y, &from, &to))
			continue;
		out_printf(o, "\033[%d;%dH", y + 1, from + 1);
		for (int x = from; x < to; x++) {
			const struct square *q = screen_at(now, x, y);

			if (q->n > 0 && q->style != style) {
				put_style(o, q->style, colour);
				style = q->style;
			}
			out_bytes(o, q->text, q->n);
		}
	}
	if (style != -1)
		out_str(o, RESET);
}
