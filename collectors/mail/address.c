/* SPDX-License-Identifier: MIT */
/*
 * address.c: the addresses in a header, as people and programs write them:
 *
 *	alice@example.org
 *	Alice <alice@example.org>, "Bob, of sales" <bob@example.org> (away)
 *	team: alice@example.org, bob@example.org;
 *	<@relay.example,@other.example:alice@example.org>
 *
 * Of a name that stands beside an address nothing is kept; what is in angle
 * brackets wins over what is before them.  Case means nothing to any mailbox
 * there is, so letters become small.  A quoted local part that needs no
 * quotes loses them.  One that is too long is passed over, never cut.
 */
#include "address.h"

struct scan {
	struct str rest;
	struct address *a;
	bool in_angle;
	bool had_angle; /* that was the address */
	bool over; /* what follows is decoration */
	bool too_long;
	bool gap; /* white space since the last byte */
};

static void
restart(struct scan *s)
{
	s->a->n = 0;
	s->too_long = s->gap = false;
}

static bool
joins(char c)
{
	return c == '@' || c == '.';
}

/* Two words in a row are a name: the later one may be the address, unless the
 * first is. */
static void
mind_gap(struct scan *s, char c)
{
	struct address *a = s->a;

	if (s->gap && a->n > 0 && !s->in_angle && !s->over && !joins(c) &&
	    !joins(a->text[a->n - 1])) {
		if (memchr(a->text, '@', a->n) != NULL)
			s->over = true;
		else
			restart(s);
	}
	s->gap = false;
}

static void
put(struct scan *s, char c)
{
	struct address *a = s->a;

	if (s->over)
		return;
	if (a->n == sizeof(a->text)) {
		s->too_long = true;
		return;
	}
	a->text[a->n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
needs_quotes(const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] <= ' ' || strchr("()<>[]:;@\\,\"", p[i]) != NULL)
			return true;
	return n == 0 || p[0] == '.' || p[n - 1] == '.';
}

/* From one quote to the other, or to the end where that is missing. */
static void
take_quoted(struct scan *s)
{
	struct address *a = s->a;
	uint32_t begin, n;

	mind_gap(s, '"');
	begin = a->n;
	put(s, '"');
	while (s->rest.n > 0 && *s->rest.p != '"') {
		if (*s->rest.p == '\\' && s->rest.n > 1)
			s->rest.p++, s->rest.n--;
		put(s, *s->rest.p);
		s->rest.p++, s->rest.n--;
	}
	if (s->rest.n > 0)
		s->rest.p++, s->rest.n--;
	n = a->n - begin;
	if (s->over || n == 0)
		return;
	if (needs_quotes(a->text + begin + 1, n - 1)) {
		put(s, '"');
		return;
	}
	memmove(a->text + begin, a->text + begin + 1, n - 1);
	a->n--;
}

static void
take_comment(struct scan *s)
{
	unsigned depth = 1;

	for (s->gap = true; s->rest.n > 0 && depth > 0; s->rest.p++, s->rest.n--)
		if (*s->rest.p == '(')
			depth++;
		else if (*s->rest.p == ')')
			depth--;
		else if (*s->rest.p == '\\' && s->rest.n > 1)
			s->rest.p++, s->rest.n--;
}

static void
begin_angle(struct scan *s)
{
	if (s->had_angle)
		return;
	restart(s);
	s->in_angle = true;
	s->over = false;
}

/* One byte; true: it ends the address. */
static bool
take(struct scan *s, char c)
{
	switch (c) {
	case '"':
		take_quoted(s);
		break;
	case '(':
		take_comment(s);
		break;
	case '<':
		begin_angle(s);
		break;
	case '>':
		s->had_angle = s->over = s->had_angle || s->in_angle;
		s->in_angle = false;
		break;
	case ':': /* the name of a group, or a route, was before it */
		if (!s->over)
			restart(s);
		break;
	case ',':
		return !s->in_angle || memchr(s->rest.p, ':', s->rest.n) == NULL;
	case ';':
		return true;
	case ' ':
	case '\t':
		s->gap = true;
		break;
	default:
		mind_gap(s, c);
		put(s, c);
	}
	return false;
}

static bool
finish(struct scan *s)
{
	struct address *a = s->a;

	for (a->at = a->n; a->at > 0 && a->text[a->at - 1] != '@';)
		a->at--;
	a->at = a->at == 0 ? a->n : a->at - 1;
	return a->n > 0 && !s->too_long && a->at > 0 && a->at + 1 != a->n;
}

bool
address_next(struct str *list, struct address *a)
{
	while (list->n > 0) {
		struct scan s = { .rest = *list, .a = a };
		bool over = false;

		for (a->n = 0; s.rest.n > 0 && !over;) {
			char c = *s.rest.p++;

			s.rest.n--;
			over = take(&s, c);
		}
		*list = s.rest;
		if (finish(&s))
			return true;
	}
	return false;
}

struct str
address_str(const struct address *a)
{
	return (struct str){ a->text, a->n };
}
