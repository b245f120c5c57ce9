/* SPDX-License-Identifier: MIT */
/*
 * given.c: the table given.def, and looking something up in it.  Pure, so
 * that a test can hold it against the dialects and the figures there are.
 */
#include "given.h"

#include <ccmon/rules.h>

const struct part_row parts[PART_COUNT] = {
#define PART(sym, name, by, text) [PART_##sym] = { name, BY_##by, text },
#include "given.def"
};

static const struct given table[] = {
#define GIVEN(dialect, part, how, why) { dialect, PART_##part, HOW_##how, why },
#include "given.def"
};

#define P(sym) PART_BIT(PART_##sym)
static const struct {
	const char *glob;
	unsigned parts;
} made_of[] = {
#define MADE_OF(glob, parts) { glob, parts },
#include "given.def"
};

const char *
how_word(enum how how)
{
	static const char *const words[] = { "measured", "derived", "missing" };

	return words[how];
}

const struct given *
given_find(const char *dialect, enum part part)
{
	for (const struct given *g = table; g < table + COUNTOF(table); g++)
		if (g->part == part && strcmp(g->dialect, dialect) == 0)
			return g;
	return NULL;
}

bool
given_parts(const char *field, unsigned *bits)
{
	for (size_t i = 0; i < COUNTOF(made_of); i++)
		if (glob_match(made_of[i].glob, str_of(field))) {
			*bits = made_of[i].parts;
			return true;
		}
	return false;
}
