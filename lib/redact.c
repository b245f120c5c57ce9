/* SPDX-License-Identifier: MIT */
/*
 * redact.c: a refused message without what it says of people.
 *
 * Nobody knows what is in something that could not be read: a telephone
 * number, a complaint, a password.  So nothing passes but what is known to be
 * harmless.  Of something like JSON: its brackets, the names of members that
 * events have, the values of the few that name no person, and of every other
 * text its length, as "<11>".  Of anything else the first bytes, where a digit
 * becomes #.
 *
 * This reads what no parser would, and must not be led astray by it: a quote
 * too many turns texts and what stands between them round, and then both are
 * masked.
 */
#include "ccmon/redact.h"
#include "ccmon/event.h"

#include <stdio.h>

#define READ_MOST 4096 /* bytes of the message that are looked at */
#define LINE_MOST 32 /* bytes kept of what is not JSON */

static const char *const members[] = {
#define MEMBER(sym, field, type, low, high, text) #field,
#include "ccmon/events.def"
	"event", "v"
};

/* Members whose value may be seen. */
static const char *const harmless[] = { "event", "source", "channel", "queue", "direction", "state",
	"status", "kind", "v", "time", "seq", "boot" };

static bool
is_one_of(struct str word, const char *const *words, size_t n)
{
	while (n-- > 0)
		if (str_is(word, words[n]))
			return true;
	return false;
}

static bool
is_plain(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.n <= NAME_MAX_BYTES;
}

struct reading {
	const char *p, *end;
	char *out;
	size_t n, size;
	bool shown; /* the next value may be seen */
};

static void
put(struct reading *r, struct str s)
{
	for (uint32_t i = 0; i < s.n && r->n < r->size; i++)
		r->out[r->n++] = s.p[i];
}

static void
put_text(struct reading *r, struct str s, bool shown)
{
	char length[16];

	if (!shown)
		s = (struct str){ length, (uint32_t)snprintf(length, sizeof(length), "<%u>", s.n) };
	put(r, STR_LIT("\""));
	put(r, s);
	put(r, STR_LIT("\""));
}

/* Behind the text that begins here; it need not end. */
static struct str
take_text(struct reading *r)
{
	const char *from = ++r->p;
	struct str s;

	while (r->p < r->end && *r->p != '"')
		r->p += *r->p == '\\' && r->end - r->p > 1 ? 2 : 1;
	s = (struct str){ from, (uint32_t)(r->p - from) };
	r->p += r->p < r->end;
	return s;
}

static void
skip_space(struct reading *r)
{
	while (r->p < r->end && memchr(" \t\r\n", *r->p, 4) != NULL)
		r->p++;
}

static void
read_text(struct reading *r)
{
	struct str s = take_text(r);

	skip_space(r);
	if (r->p == r->end || *r->p != ':') {
		put_text(r, s, r->shown && is_plain(s));
		r->shown = false;
		return;
	}
	put_text(r, s, is_one_of(s, members, COUNTOF(members)));
	r->shown = is_one_of(s, harmless, COUNTOF(harmless));
}

/* A number, or anything that stands where one could. */
static void
read_bare(struct reading *r)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *from = r->p;
	struct str s;
	bool digits = true;

	for (; r->p < r->end && memchr("{}[]:,\" \t\r\n", *r->p, 11) == NULL; r->p++)
		digits &= *r->p >= '0' && *r->p <= '9';
	s = (struct str){ from, (uint32_t)(r->p - from) };
	if ((r->shown && digits) || is_one_of(s, words, COUNTOF(words)))
		put(r, s);
	else
		put(r, STR_LIT("#"));
	r->shown = false;
}

static void
read_json(struct reading *r)
{
	for (skip_space(r); r->p < r->end && r->n < r->size; skip_space(r)) {
		if (*r->p == '"')
			read_text(r);
		else if (memchr("{}[]:,", *r->p, 6) != NULL) {
			r->shown &= *r->p == ':';
			put(r, (struct str){ r->p++, 1 });
		} else
			read_bare(r);
	}
}

static void
read_line(struct reading *r)
{
	char c;

	for (; r->p < r->end && r->n < LINE_MOST; r->p++) {
		c = *r->p >= ' ' && *r->p <= '~' ? *r->p : '.';
		c = c >= '0' && c <= '9' ? '#' : c;
		put(r, (struct str){ &c, 1 });
	}
}

size_t
redact(struct str message, char *out, size_t size)
{
	uint32_t n = message.n < READ_MOST ? message.n : READ_MOST;
	struct reading r = { .p = message.p, .end = message.p + n, .out = out, .size = size };

	if (n == 0)
		return 0;
	skip_space(&r);
	if (r.p < r.end && (*r.p == '{' || *r.p == '['))
		read_json(&r);
	else
		read_line(&r);
	return r.n;
}
