/* SPDX-License-Identifier: MIT */
/*
 * settings_load.h: a configuration on its way in, between settings.c, which
 * reads it, and settings_check.c, which asks whether it makes sense.
 */
#ifndef LIB_SETTINGS_LOAD_H
#define LIB_SETTINGS_LOAD_H

#include <ccmon/conf.h>
#include <ccmon/settings.h>

#include "option.h"

#define PROBLEMS_MAX	20	/* shown at once */

struct problem {
	unsigned	line;
	char		*text;
};

struct load {
	struct settings	*settings;
	struct conf	*conf;
	const struct conf_node *root;
	struct site_texts texts;
	struct channel_defaults defaults[CHANNEL_COUNT];
	struct calendar_texts	*calendars;
	size_t		 ncalendars;
	void		*base[BASE_COUNT];	/* what is being filled */
	struct problem	 problems[PROBLEMS_MAX];
	size_t		 nproblems;		/* all of them */
};

/* Notes a problem with a node; of the file as a whole when it is the root. */
void	problem(struct load *, const struct conf_node *, const char *fmt, ...)
	    CCMON_PRINTF(3, 4);

/* The node at the end of these names, or the last that is there. */
const struct conf_node *find_node(const struct load *, const char *section,
	    const char *name, const char *option);

/* What no single setting can know: the parts against each other, the zones,
 * what is needed and not there. */
void	settings_check(struct load *);

#endif
