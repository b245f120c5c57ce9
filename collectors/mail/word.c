/* SPDX-License-Identifier: MIT */
/*
 * word.c: RFC 2047's encoded words, made readable: =?utf-8?Q?...?= and
 * =?iso-8859-1?B?...?=.
 *
 * Only the beginning of a subject is ever asked for, so a text that does not
 * fit ends where the room does.  Character sets other than UTF-8 and Latin-1
 * with its sisters are passed on as they are; nobody compares them with
 * anything.
 */
#include "word.h"

#include "header.h"

struct out {
	char *p;
	size_t n, room;
	bool latin1; /* bytes above 127 become two */
};

static void
put(struct out *o, uint8_t c)
{
	bool two = o->latin1 && c > 127;

	if (o->n + two >= o->room)
		return;
	if (two)
		o->p[o->n++] = (char)(0xc0 | c >> 6);
	o->p[o->n++] = (char)(two ? 0x80 | (c & 0x3f) : c);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
put_q(struct out *o, struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] == '=' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			put(o, (uint8_t)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])));
			i += 2;
		} else
			put(o, s.p[i] == '_' ? ' ' : (uint8_t)s.p[i]);
}

static int
sextet(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

static void
put_b(struct out *o, struct str s)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (uint32_t i = 0; i < s.n; i++) {
		int six = sextet(s.p[i]);

		if (six < 0)
			continue;
		bits = bits << 6 | (uint32_t)six;
		if ((n += 6) >= 8)
			put(o, (uint8_t)(bits >> (n -= 8)));
	}
}

static bool
is_latin1(struct str charset)
{
	return header_begins(charset, STR_LIT("iso-8859-1")) ||
	       header_begins(charset, STR_LIT("windows-1252"));
}

/* The part up to the next question mark, which is passed too. */
static bool
part(struct str *s, struct str *out)
{
	const char *end = s->n == 0 ? NULL : memchr(s->p, '?', s->n);

	if (end == NULL)
		return false;
	*out = (struct str){ s->p, (uint32_t)(end - s->p) };
	s->n -= out->n + 1;
	s->p = end + 1;
	return true;
}

/* An encoded word at the start of *s, which is then after it. */
static bool
take_word(struct out *o, struct str *s)
{
	struct str rest = *s, charset, how, text;

	if (!header_begins(rest, STR_LIT("=?")))
		return false;
	rest.p += 2, rest.n -= 2;
	if (!part(&rest, &charset) || !part(&rest, &how) || !part(&rest, &text) || how.n != 1 ||
	    rest.n == 0 || *rest.p != '=')
		return false;
	o->latin1 = is_latin1(charset);
	if (*how.p == 'B' || *how.p == 'b')
		put_b(o, text);
	else
		put_q(o, text);
	o->latin1 = false;
	*s = (struct str){ rest.p + 1, rest.n - 1 };
	return true;
}

/* White space between two encoded words is not part of the text. */
static void
skip_gap(struct str *s)
{
	uint32_t n = 0;

	while (n < s->n && (s->p[n] == ' ' || s->p[n] == '\t'))
		n++;
	if (header_begins((struct str){ s->p + n, s->n - n }, STR_LIT("=?")))
		*s = (struct str){ s->p + n, s->n - n };
}

struct str
words_decode(struct str s, char *out, size_t room)
{
	struct out o = { .p = out, .room = room };

	while (s.n > 0 && o.n < room)
		if (take_word(&o, &s))
			skip_gap(&s);
		else {
			put(&o, (uint8_t)*s.p);
			s.p++, s.n--;
		}
	return (struct str){ out, (uint32_t)o.n };
}
