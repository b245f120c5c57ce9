/* SPDX-License-Identifier: MIT */
/*
 * jot.h: a note of a dialect (dialect.h) as lines of text: its numbers in
 * the first, then a name a line.  Names hold no control characters, so
 * nothing is escaped, and somebody who looks at a journal can read it.
 */
#ifndef CCMON_DIALECTS_JOT_H
#define CCMON_DIALECTS_JOT_H

#include <ccmon/dialect.h>

struct jot {
	char	 buf[DIALECT_NOTE_MAX + 1];
	size_t	 len;
};

void	 jot_begin(struct jot *, const char *format, ...) CCMON_PRINTF(2, 3);
/* A text that is too long for what is left of the note is an empty line in
 * it: false.  Write what can be missed last. */
bool	 jot_line(struct jot *, const char *text);
struct str jot_text(const struct jot *);

/* Reading: takes a line off the front; into at most max bytes and a NUL.
 * False: it is longer, or there is none. */
bool	 jot_take(struct str *rest, char *line, size_t max);

#endif
