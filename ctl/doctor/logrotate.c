/* SPDX-License-Identifier: MIT */
/*
 * logrotate.c: reads a file of logrotate's, as much as matters to who follows
 * a log: patterns, an opening brace, a directive a line, a closing one.
 * Scripts inside are skipped, includes are not followed.  Pure.
 */
#include "logrotate.h"

#include <stdlib.h>

#include <ccmon/rules.h>

#define PATTERN_MAX 4096 /* bytes with NUL */

enum place { OUTSIDE, INSIDE, IN_SCRIPT };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\'';
}

/* The next word of the line; quotes are blanks here. */
static struct str
next_word(struct str *line)
{
	struct str word = STR_NONE;

	for (; line->n > 0 && is_blank(line->p[0]); line->n--)
		line->p++;
	word.p = line->p;
	for (; line->n > 0 && !is_blank(line->p[0]); line->n--, word.n++)
		line->p++;
	return word;
}

static bool
is_one_of(struct str word, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (str_is(word, *texts))
			return true;
	return false;
}

static bool
matches(struct str pattern, const char *path)
{
	char glob[PATTERN_MAX];

	if (pattern.n >= sizeof(glob))
		return false;
	memcpy(glob, pattern.p, pattern.n);
	glob[pattern.n] = '\0';
	return glob_match(glob, str_of(path));
}

static void
take_create(struct rotation *r, struct str mode)
{
	int value = 0;

	if (mode.n == 0 || mode.n > 5)
		return;
	for (uint32_t i = 0; i < mode.n; i++) {
		if (mode.p[i] < '0' || mode.p[i] > '7')
			return;
		value = value * 8 + (mode.p[i] - '0');
	}
	r->create_mode = value;
}

static void
take_directive(struct rotation *r, struct str word, struct str rest)
{
	const struct {
		const char *on, *off;
		bool *to;
	} switches[] = {
		{ "copytruncate", "nocopytruncate", &r->copytruncate },
		{ "compress", "nocompress", &r->compress },
		{ "delaycompress", "nodelaycompress", &r->delaycompress },
	};

	for (size_t i = 0; i < COUNTOF(switches); i++)
		if (str_is(word, switches[i].on) || str_is(word, switches[i].off))
			*switches[i].to = str_is(word, switches[i].on);
	if (str_is(word, "create"))
		take_create(r, next_word(&rest));
}

/* Patterns, over one line or several, up to the brace. */
static enum place
read_patterns(struct str line, const char *path, bool *is_ours)
{
	struct str word;

	while ((word = next_word(&line)).n > 0) {
		if (str_is(word, "{"))
			return INSIDE;
		if (word.n > 1 && word.p[word.n - 1] == '{') {
			word.n--;
			*is_ours = *is_ours || matches(word, path);
			return INSIDE;
		}
		*is_ours = *is_ours || matches(word, path);
	}
	return OUTSIDE;
}

static enum place
read_line(struct rotation *r, enum place place, struct str line, const char *path, bool *is_ours)
{
	static const char *const scripts[] = { "postrotate", "prerotate", "firstaction",
		"lastaction", "preremove", NULL };
	struct str rest = line, word = next_word(&rest);

	if (place == IN_SCRIPT)
		return str_is(word, "endscript") ? INSIDE : IN_SCRIPT;
	if (word.n == 0 || word.p[0] == '#')
		return place;
	if (place == OUTSIDE && (word.p[0] == '/' || word.p[0] == '{'))
		return read_patterns(line, path, is_ours);
	if (word.p[0] == '}') {
		r->found = r->found || *is_ours;
		*is_ours = false;
		return OUTSIDE;
	}
	if (is_one_of(word, scripts))
		return IN_SCRIPT;
	if (place == OUTSIDE || *is_ours)
		take_directive(r, word, rest);
	return place;
}

void
rotation_read(struct rotation *r, struct str text, const char *path)
{
	enum place place = OUTSIDE;
	bool is_ours = false;
	struct str line;
	const char *nl;

	while (text.n > 0) {
		nl = memchr(text.p, '\n', text.n);
		line = (struct str){ text.p, nl != NULL ? (uint32_t)(nl - text.p) : text.n };
		place = read_line(r, place, line, path, &is_ours);
		text.p += line.n + (nl != NULL);
		text.n -= line.n + (nl != NULL);
	}
}
