/* SPDX-License-Identifier: MIT */
/*
 * scenario.h: one scenario on its way: what was said of the site, the engine
 * and the alerts in virtual time, and what they said that nobody expected yet.
 */
#ifndef CCMON_TESTS_SCENARIO_H
#define CCMON_TESTS_SCENARIO_H

#include <ccmon/dialect.h>

#include "tests/unit/scenario_alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BREACHES_MAX	32	/* not yet expected */
#define BREACH_TEXT	256	/* bytes with NUL */

struct scenario {
	const char *path;
	bool restarts;
	unsigned line, problems;
	char *text;		/* the line; words are cut out of it */

	struct scenario_site of;
	msec_t now;

	struct engine *engine;	/* from the first `at` on */
	struct kit_kept kept;
	const struct dialect *native;
	void *decoder;
	char breaches[BREACHES_MAX][BREACH_TEXT];
	size_t nbreaches;
	struct scenario_alerts desk;
};

static inline void CCMON_PRINTF(2, 3)
problem(struct scenario *s, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_error("%s:%u: %s\n", s->path, s->line, text);
	s->problems++;
}

/* ---- comparing ---- */

static inline bool
same_value(const char *want, const char *seen)
{
	char *want_end, *seen_end;
	double x = strtod(want, &want_end), y = strtod(seen, &seen_end);

	if (strcmp(want, seen) == 0)
		return true;
	return want_end > want && seen_end > seen && *want_end == '\0' && *seen_end == '\0' &&
	       x == y;
}

/* Has the text a word like that?  * in it is any run of bytes. */
static inline bool
has_word(const char *text, const char *like)
{
	char *copy = strdup(text), *rest = copy, *word;
	bool found = false;

	while (!found && *(word = next_word(&rest)) != '\0')
		found = glob_match(like, kit_str(word));
	free(copy);
	return found;
}

/* Every one of these words? */
static inline bool
has_words(const char *text, const char *words)
{
	char *copy = strdup(words), *rest = copy, *word;
	bool all = true;

	while (all && *(word = next_word(&rest)) != '\0')
		all = has_word(text, word);
	free(copy);
	return all;
}

#endif
