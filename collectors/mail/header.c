/* SPDX-License-Identifier: MIT */
/*
 * header.c: the header block of a mail file: RFC 5322, and what is sent
 * instead of it.
 *
 * Lines may end with CRLF or LF, a name may have spaces before its colon, an
 * mbox "From " line may come first.  A line that is none of all this is
 * passed over, not taken for the body: mailers that lose the empty line are
 * fewer than those that damage a header.  Bytes above 127 stay as they are, a
 * NUL becomes a space.  The body is not looked at.
 *
 * The first of several headers of one name counts.  Received and Delivered-To
 * are added on top, so their first is the last hop; of the others a second
 * one is an error, and the first is what mail programs show.
 */
#include "header.h"

static const struct str names[HEADER_COUNT] = {
#define H(sym, name) { name, sizeof(name) - 1 },
	MAIL_HEADERS(H)
#undef H
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
header_begins(struct str s, struct str word)
{
	if (s.n < word.n)
		return false;
	for (uint32_t i = 0; i < word.n; i++)
		if (lower(s.p[i]) != lower(word.p[i]))
			return false;
	return true;
}

/* The text after a comment, which may hold others. */
static struct str
skip_comment(struct str s)
{
	unsigned depth = 0;

	do {
		if (*s.p == '(')
			depth++;
		else if (*s.p == ')')
			depth--;
		else if (*s.p == '\\' && s.n > 1)
			s.p++, s.n--;
		s.p++, s.n--;
	} while (depth > 0 && s.n > 0);
	return s;
}

struct str
header_skip(struct str s)
{
	while (s.n > 0 && (is_space(*s.p) || *s.p == '('))
		if (*s.p == '(')
			s = skip_comment(s);
		else
			s.p++, s.n--;
	return s;
}

/* ---- lines */

/* The line at the start of rest, which is then after it; without its end. */
static struct str
next_line(struct str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	uint32_t whole = end == NULL ? rest->n : (uint32_t)(end - rest->p) + 1;
	struct str line = { rest->p, end == NULL ? whole : whole - 1 };

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	rest->p += whole;
	rest->n -= whole;
	return line;
}

size_t
headers_end(const char *buf, size_t n)
{
	struct str rest = { buf, (uint32_t)n };

	while (rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL)
		if (next_line(&rest).n == 0)
			return (size_t)(rest.p - buf);
	return 0;
}

static bool
is_folded(struct str rest)
{
	return rest.n > 0 && is_space(rest.p[0]);
}

/* The line and those that go on with it, moved together. */
static struct str
unfold(char *at, struct str line, struct str *rest)
{
	uint32_t n = line.n;

	memmove(at, line.p, n);
	while (is_folded(*rest)) {
		line = next_line(rest);
		memmove(at + n, line.p, line.n);
		n += line.n;
	}
	for (char *p = at; (p = memchr(p, '\0', n - (size_t)(p - at))) != NULL;)
		*p = ' ';
	return (struct str){ at, n };
}

/* ---- headers */

static struct str
trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The length of the name that the line begins with; 0: it is no header. */
static uint32_t
name_length(struct str line)
{
	uint32_t n = 0, colon;

	while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
		n++;
	for (colon = n; colon < line.n && is_space(line.p[colon]);)
		colon++;
	return colon < line.n && line.p[colon] == ':' ? n : 0;
}

static int
find(struct str name)
{
	for (int i = 0; i < HEADER_COUNT; i++)
		if (name.n == names[i].n && header_begins(name, names[i]))
			return i;
	return -1;
}

static void
take(struct headers *h, struct str line)
{
	uint32_t n = name_length(line), colon;
	int which;

	if (n == 0)
		return;
	h->n++;
	which = find((struct str){ line.p, n });
	if (which == -1 || h->value[which].p != NULL)
		return;
	colon = (uint32_t)((const char *)memchr(line.p, ':', line.n) - line.p) + 1;
	h->value[which] = trim((struct str){ line.p + colon, line.n - colon });
}

void
headers_read(struct headers *h, char *block, size_t n)
{
	struct str rest = { block, (uint32_t)n }, line;
	char *at = block;

	*h = (struct headers){ 0 };
	while (rest.n > 0) {
		line = next_line(&rest);
		if (line.n == 0)
			return;
		line = unfold(at, line, &rest);
		take(h, line);
		at += line.n;
	}
}
