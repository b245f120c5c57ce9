/* SPDX-License-Identifier: MIT */
/*
 * walk.c: through the members of one JSON object without looking into them.
 *
 * A snapshot of a thousand queues has 130,000 values, of which one in a
 * thousand is touched here, each second; a parser would make a tree of them,
 * and the tree would be written out again, its numbers in other words.  What
 * is asked of the text is that brackets match and texts end, and that nothing
 * in it can be taken for a line's end; who reads a value parses it himself.
 */
#include "walk.h"

#define DEPTH_MAX 64
#define WHOLE_DIGITS 18 /* fit 63 bits */

static void
skip_space(struct walk *w)
{
	while (w->p < w->end && *w->p == ' ')
		w->p++;
}

/* Past the text that begins here. */
static bool
skip_text(struct walk *w)
{
	if (w->p == w->end || *w->p++ != '"')
		return false;
	for (; w->p < w->end && (unsigned char)*w->p >= ' '; w->p++)
		if (*w->p == '"') {
			w->p++;
			return true;
		} else if (*w->p == '\\' && (++w->p == w->end || (unsigned char)*w->p < ' '))
			return false;
	return false;
}

/* Past a number, true, false or null. */
static bool
skip_word(struct walk *w)
{
	const char *begin = w->p;

	while (w->p < w->end && ((*w->p >= '0' && *w->p <= '9') || (*w->p >= 'a' && *w->p <= 'z') ||
	                            *w->p == '-' || *w->p == '+' || *w->p == '.' || *w->p == 'E'))
		w->p++;
	return w->p > begin;
}

/* Past the object or array that begins here: its brackets match. */
static bool
skip_nest(struct walk *w)
{
	char wanted[DEPTH_MAX];
	unsigned depth = 0;

	do {
		skip_space(w);
		if (w->p == w->end)
			return false;
		if (*w->p == '{' || *w->p == '[') {
			if (depth == DEPTH_MAX)
				return false;
			wanted[depth++] = *w->p++ == '{' ? '}' : ']';
		} else if (*w->p == '}' || *w->p == ']') {
			if (depth == 0 || *w->p++ != wanted[--depth])
				return false;
		} else if (*w->p == ',' || *w->p == ':')
			w->p++;
		else if (*w->p == '"' ? !skip_text(w) : !skip_word(w))
			return false;
	} while (depth > 0);
	return true;
}

static bool
skip_value(struct walk *w)
{
	if (w->p == w->end)
		return false;
	if (*w->p == '"')
		return skip_text(w);
	return *w->p == '{' || *w->p == '[' ? skip_nest(w) : skip_word(w);
}

static bool
take(struct walk *w, bool (*skip)(struct walk *), struct str *what)
{
	skip_space(w);
	what->p = w->p;
	if (!skip(w))
		return false;
	what->n = (uint32_t)(w->p - what->p);
	skip_space(w);
	return true;
}

static bool
expect(struct walk *w, char c)
{
	skip_space(w);
	if (w->p == w->end || *w->p != c)
		return false;
	w->p++;
	return true;
}

struct walk
walk_object(struct str s)
{
	struct walk w = { .p = s.p, .end = s.n > 0 ? s.p + s.n : s.p };

	w.broken = !expect(&w, '{');
	return w;
}

/* After the last member: nothing but the end, or that of a line. */
static bool
finish(struct walk *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\r'))
		w->p++;
	w->done = true;
	w->broken = w->p != w->end;
	return false;
}

bool
walk_next(struct walk *w, struct str *key, struct str *value)
{
	if (w->broken || w->done)
		return false;
	if (expect(w, '}'))
		return finish(w);
	if (w->begun && !expect(w, ',')) {
		w->broken = true;
		return false;
	}
	w->begun = true;
	w->broken = !take(w, skip_text, key) || !expect(w, ':') || !take(w, skip_value, value);
	return !w->broken;
}

bool
walk_is(struct str key, const char *name)
{
	size_t n = strlen(name);

	return key.n == n + 2 && memcmp(key.p + 1, name, n) == 0;
}

int64_t
walk_whole(struct str digits)
{
	int64_t n = 0;

	if (digits.n == 0 || digits.n > WHOLE_DIGITS)
		return -1;
	for (uint32_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return -1;
		n = 10 * n + (digits.p[i] - '0');
	}
	return n;
}
