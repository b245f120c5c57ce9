/* SPDX-License-Identifier: MIT */
/*
 * jot.c: what a dialect notes down, written and read.  A note may be damaged
 * or of another version: reading believes nothing.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "jot.h"

void
jot_begin(struct jot *note, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(note->buf, sizeof(note->buf), format, args);
	va_end(args);
	assert(n > 0 && (size_t)n < sizeof(note->buf));
	note->len = (size_t)n;
}

bool
jot_line(struct jot *note, const char *text)
{
	size_t n = strlen(text);

	if (note->len + 1 > DIALECT_NOTE_MAX)
		return false;
	note->buf[note->len++] = '\n';
	if (note->len + n > DIALECT_NOTE_MAX)
		return false;
	memcpy(note->buf + note->len, text, n);
	note->len += n;
	return true;
}

struct str
jot_text(const struct jot *note)
{
	return (struct str){ note->buf, (uint32_t)note->len };
}

bool
jot_take(struct str *rest, char *line, size_t max)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
	uint32_t n = end != NULL ? (uint32_t)(end - rest->p) : rest->n;

	line[0] = '\0';
	if (rest->p == NULL || n > max || (n > 0 && memchr(rest->p, '\0', n) != NULL))
		return false;
	if (n > 0)
		memcpy(line, rest->p, n);
	line[n] = '\0';
	*rest = end != NULL ? (struct str){ end + 1, rest->n - n - 1 } : STR_NONE;
	return true;
}
