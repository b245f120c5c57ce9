/* SPDX-License-Identifier: MIT */
/*
 * option.h: the rows of settings.def as data, and reading one value by its
 * row.  For lib/settings*.c and the tests.
 */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include <ccmon/base.h>
#include <ccmon/conf.h>

enum section_shape { SHAPE_GROUP, SHAPE_NAMED, SHAPE_LIST };

enum section {
#define SECTION(sym, parent, name, shape)	SECTION_##sym,
#include "settings.def"
	SECTION_COUNT
};

struct section_row {
	uint8_t		 parent;	/* enum section; the first one's is itself */
	const char	*name;
	uint8_t		 shape;		/* enum section_shape */
};
extern const struct section_row sections[SECTION_COUNT];

/* The structs that are filled. */
enum option_base { BASE_NOWHERE, BASE_LOAD, BASE_SETTINGS, BASE_SITE,
		   BASE_CALENDAR, BASE_DEFAULTS, BASE_POLICY, BASE_QUEUE,
		   BASE_FEED, BASE_COLLECTOR, BASE_INPUT, BASE_HOOK,
		   BASE_ALERT, BASE_RULE, BASE_RUNG, BASE_TEAM, BASE_COUNT };

enum option_type { OPTION_TEXT, OPTION_TEXTS, OPTION_INT, OPTION_BOOL,
		   OPTION_WORD, OPTION_RATIO, OPTION_DURATION, OPTION_SIZE,
		   OPTION_CLOCK, OPTION_ZONE, OPTION_NTYPES };

struct option {
	uint8_t		 section;
	const char	*name;
	uint8_t		 type;
	uint8_t		 base;
	uint16_t	 offset;
	int64_t		 low, high;
	const char	*fallback[3];	/* by channel for a policy, else the same */
	const char	*text;
};
extern const struct option options[];
extern const size_t noptions;

/* What the table fills beyond settings.h: private to the loading. */
struct calendar_texts {
	char	*name, *timezone;
	char	**open, **holidays, **exceptions;
	size_t	 zone;			/* index into site.zones */
};
struct rung_texts {			/* of a ladder */
	msec_t	 after;
	char	**hooks;
};
struct alert_texts {			/* what of a rule is text in the file */
	char	*scope;
	char	**when, **clear, **hooks;
	int32_t	 min_n;
	struct rung_texts *rungs;
	size_t	 nrungs;
};
struct channel_defaults {
	char	*calendar;
};
struct site_texts {
	char	*timezone;
	char	**windows;
};

#define WHY_MAX	200			/* bytes of what is wrong with a value */

/*
 * Reads the node's value as the row wants it and puts it into base + offset
 * (base NULL: only looks).  -1 and *why when it does not fit; base is then
 * as it was.
 */
int	option_read(const struct option *, const struct conf_node *, void *base,
	    char why[WHY_MAX]) CCMON_CHECK;
/* The row's default; -1: no memory. */
int	option_default(const struct option *, void *base) CCMON_CHECK;

/* "call, chat, email" */
void	option_words(const struct option *, char *buf, size_t len);

/* A NULL-ended list of texts, owned. */
void	texts_free(char **);
size_t	texts_count(char **);

#endif
