/* SPDX-License-Identifier: MIT */
/*
 * report.h: a recorded log on its way through the engine (report.c) and what
 * came out of it (report_print.c).
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <ccmon/dialect.h>

#include "ctl.h"
#include "daemon/engine/engine.h"

#define SKIPPED_MAX	64	/* verbs told apart; the rest is one */

struct skipped {
	char		verb[ID_MAX_BYTES + 1];
	uint64_t	n;
};

struct refused {
	uint64_t	n;
	uint64_t	line;		/* of the first */
	struct out	first;		/* it, or its beginning, as it is */
};

struct report {
	struct engine	*engine;
	const struct dialect *dialect;
	void		*state;		/* the dialect's */
	char		source[NAME_MAX_BYTES + 1];	/* the file's name */
	uint64_t	lines, events;
	uint64_t	uncounted;	/* lines known to say nothing to count */
	struct refused	refused[REFUSAL_COUNT];
	struct skipped	skipped[SKIPPED_MAX];
	size_t		nskipped;
};

void	report_print_text(struct report *);
void	report_print_json(struct report *);
/* What did not become figures, on stderr. */
void	report_print_left_out(const struct report *);

#endif
