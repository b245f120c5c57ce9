/* SPDX-License-Identifier: MIT */
/*
 * screen.c: a grid of cells, and text put into it.
 *
 * Text from outside is made harmless here, the one way by which anything gets
 * on the screen.  A character takes as many columns as wcwidth says, and what
 * combines goes with the one before it, so columns stay where they are
 * whatever a queue is called.  (wcwidth looks at the locale, which is set once
 * at the start: that is all this knows of the world.)
 */
#include "top.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

bool
screen_init(struct screen *s, int w, int h, bool utf8)
{
	w = w < 1 ? 1 : w > SCREEN_MAX ? SCREEN_MAX : w;
	h = h < 1 ? 1 : h > SCREEN_MAX ? SCREEN_MAX : h;
	*s = (struct screen){ .w = w, .h = h, .utf8 = utf8 };
	s->squares = calloc((size_t)w * (size_t)h, sizeof(*s->squares));
	if (s->squares == NULL)
		return false;
	for (int i = 0; i < w * h; i++)
		s->squares[i] = (struct square){ .n = 1, .text = " " };
	return true;
}

void
screen_fini(struct screen *s)
{
	free(s->squares);
	s->squares = NULL;
}

struct square *
screen_at(const struct screen *s, int x, int y)
{
	return &s->squares[(size_t)y * (size_t)s->w + (size_t)x];
}

/* ---- characters */

/* One as it is shown: bytes and columns. */
struct glyph {
	char text[5];
	uint32_t n;
	int width;
};

static wchar_t
code_point(const char *p, uint32_t n)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)*p & first_bits[n];

	for (uint32_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return (wchar_t)c;
}

/* Takes the first character off the text.  One that would do harm is shown as
 * its bytes, one that this terminal has no sign for as a question mark. */
static struct glyph
take_glyph(const struct screen *s, struct str *text)
{
	uint32_t n = out_harmless(*text);
	struct glyph g = { .n = n, .width = 1 };

	if (n == 0) {
		g.n =
		    (uint32_t)snprintf(g.text, sizeof(g.text), "\\x%02x", (unsigned char)*text->p);
		g.width = (int)g.n;
		n = 1;
	} else if (n == 1)
		g.text[0] = *text->p;
	else {
		memcpy(g.text, text->p, n);
		g.width = s->utf8 ? wcwidth(code_point(text->p, n)) : -1;
	}
	if (g.width < 0)
		g = (struct glyph){ .text = "?", .n = 1, .width = 1 };
	text->p += n;
	text->n -= n;
	return g;
}

int
screen_width(const struct screen *s, struct str text)
{
	int width = 0;

	while (text.n > 0 && width < SCREEN_MAX)
		width += take_glyph(s, &text).width;
	return width;
}

/* ---- putting them */

static uint8_t
shown_style(const struct screen *s, uint8_t style)
{
	return s->all != 0 ? (uint8_t)((style & STYLE_CHOSEN) | s->all) : style;
}

static void
put_square(struct screen *s, int x, int y, uint8_t style, const char *bytes, uint32_t n)
{
	struct square *q = screen_at(s, x, y);

	q->n = (uint8_t)n;
	q->style = shown_style(s, style);
	memcpy(q->text, bytes, n);
}

/* What combines stays with what it combines with, as far as there is room. */
static void
combine(struct screen *s, int x, int y, const struct glyph *g)
{
	struct square *q;

	for (x--; x >= 0 && screen_at(s, x, y)->n == 0; x--)
		;
	q = x >= 0 ? screen_at(s, x, y) : NULL;
	if (q == NULL || q->n + g->n > CELL_BYTES)
		return;
	memcpy(q->text + q->n, g->text, g->n);
	q->n = (uint8_t)(q->n + g->n);
}

/* No half of a wide character is left standing beside what is put at x. */
static void
make_room(struct screen *s, int x, int y, int width)
{
	int head = x;

	while (head > 0 && screen_at(s, head, y)->n == 0)
		head--;
	for (; head < x; head++)
		*screen_at(s, head, y) = (struct square){ .n = 1, .text = " " };
	for (x += width; x < s->w && screen_at(s, x, y)->n == 0; x++)
		*screen_at(s, x, y) = (struct square){ .n = 1, .text = " " };
}

static int
put_glyph(struct screen *s, int x, int y, uint8_t style, const struct glyph *g)
{
	if (g->width == 0) {
		combine(s, x, y, g);
		return x;
	}
	make_room(s, x, y, g->width);
	if ((unsigned char)g->text[0] < 0x80) /* maybe more than one */
		for (uint32_t i = 0; i < g->n; i++)
			put_square(s, x + (int)i, y, style, &g->text[i], 1);
	else {
		put_square(s, x, y, style, g->text, g->n);
		for (int i = 1; i < g->width; i++)
			put_square(s, x + i, y, style, "", 0);
	}
	return x + g->width;
}

int
screen_put(struct screen *s, int x, int y, int room, uint8_t style, struct str text)
{
	int end = x + room < s->w ? x + room : s->w, begin = x;
	bool fits;
	struct glyph g;

	if (y < 0 || y >= s->h || x < 0 || x >= end)
		return x;
	fits = screen_width(s, text) <= end - x;
	while (text.n > 0) {
		g = take_glyph(s, &text);
		if (x + g.width > end - !fits)
			break;
		if (g.width > 0 || x > begin)
			x = put_glyph(s, x, y, style, &g);
	}
	if (!fits && x < end) {
		struct str mark = s->utf8 ? str_of("\xe2\x80\xa6") : str_of("~");

		make_room(s, x, y, 1);
		put_square(s, x++, y, style, mark.p, mark.n);
	}
	return x;
}

int
screen_say(struct screen *s, int x, int y, uint8_t style, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return screen_put(s, x, y, s->w, style, str_of(text));
}

void
screen_put_right(struct screen *s, int x, int y, int room, uint8_t style, const char *text)
{
	int width = screen_width(s, str_of(text));

	if (width < room) {
		x += room - width;
		room = width;
	}
	screen_put(s, x, y, room, style, str_of(text));
}

void
screen_bar(struct screen *s, int y, uint8_t style)
{
	if (y < 0 || y >= s->h)
		return;
	for (int x = 0; x < s->w; x++)
		if (screen_at(s, x, y)->style == STYLE_PLAIN)
			screen_at(s, x, y)->style = shown_style(s, style);
}
