/* SPDX-License-Identifier: MIT */
/*
 * given.h: is a figure measured, derived or missing, where its source speaks
 * this dialect?  The table is given.def.
 */
#ifndef CTL_GIVEN_H
#define CTL_GIVEN_H

#include <ccmon/base.h>

enum part {
#define PART(sym, name, by, text) PART_##sym,
#include "given.def"
	PART_COUNT
};

/* Which of two inputs of one switch gives it (enum gives of settings.h). */
enum part_by { BY_CALLS, BY_AGENTS };

struct part_row {
	const char	*name;
	uint8_t		 by;		/* enum part_by */
	const char	*text;
};
extern const struct part_row parts[PART_COUNT];

enum how { HOW_MEASURED, HOW_DERIVED, HOW_MISSING };
const char *how_word(enum how);

struct given {
	const char	*dialect;
	uint8_t		 part;		/* enum part */
	uint8_t		 how;		/* enum how */
	const char	*why;
};
/* What a source of this dialect says of the part; NULL: nobody wrote it down. */
const struct given *given_find(const char *dialect, enum part);

#define PART_BIT(part)	(1u << (part))
/* The parts the figure is made of, as bits; 0: it is no source's.  False: it
 * is not in the table. */
bool	given_parts(const char *field, unsigned *bits) CCMON_CHECK;

#endif
