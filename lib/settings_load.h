/* SPDX-License-Identifier: MIT */
/*
 * settings_load.h: a configuration on its way in, between settings.c, which
 * reads it, settings_begin.c, which makes what is read into, and
 * settings_check.c with its sisters, which ask whether it makes sense.
 */
#ifndef LIB_SETTINGS_LOAD_H
#define LIB_SETTINGS_LOAD_H

#include <ccmon/conf.h>
#include <ccmon/nearest.h>
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
	struct alert_texts	*alerts;	/* of rules.rule, by index */
	size_t		 nalerts;
	void		*base[BASE_COUNT];	/* what is being filled */
	struct problem	 problems[PROBLEMS_MAX];
	size_t		 nproblems;		/* all of them */
};

/* Notes a problem with a node; of the file as a whole when it is the root. */
void	problem(struct load *, const struct conf_node *, const char *fmt, ...)
	    CCMON_PRINTF(3, 4);

void	no_memory(struct load *);

/* Makes what a section's settings are read into, and sets its base.  False
 * when it makes no sense, after a complaint. */
bool	section_begin(struct load *, enum section, const struct conf_node *) CCMON_CHECK;

/* The node at the end of these names, or the last that is there. */
const struct conf_node *find_node(const struct load *, const char *section,
	    const char *name, const char *option);

/* What no single setting can know: the parts against each other, the zones,
 * what is needed and not there. */
void	settings_check(struct load *);

/* The same for hooks, paging and alerts; makes the structs of rules.h of
 * their texts.  In settings_rules.c, but for the second. */
void	settings_rules(struct load *);
void	settings_alert(struct load *, struct rule_def *, struct alert_texts *);
void	check_hook_names(struct load *, const struct conf_node *, char **names);
/* The inputs of a collector; in settings_input.c, but for the first two. */
void	settings_maildir(struct load *, const struct conf_node *,
	    const struct collector_settings *, struct input_settings *);
void	settings_switch(struct load *, const struct conf_node *,
	    const struct collector_settings *, struct input_settings *);
void	settings_inputs(struct load *, struct collector_settings *);
/* The wall-board; in settings_wallboard.c, with the reading of listen, which
 * the inputs have, too: numeric address and port.  -1: it is none. */
void	settings_wallboard(struct load *);
int	listen_parse(const char *listen, bool *is_loopback) CCMON_CHECK;
/* Is what goes over tcp guarded?  In settings_keys.c. */
void	settings_daemon_keys(struct load *);
void	settings_collector_keys(struct load *, const struct collector_settings *);
void	settings_input_keys(struct load *, const struct conf_node *,
	    const struct collector_settings *, const struct input_settings *);
void	check_endpoint(struct load *, const struct conf_node *, const char *endpoint);
bool	is_numeric(const char *host);	/* an address of IPv4 or IPv6 */
/* A list that is given away: *from, or an empty one; NULL: no memory. */
char	**take_list(struct load *, char ***from);
/* The node of the i-th text of a list; of the text itself where that is one. */
const struct conf_node *item_node(const struct conf_node *, size_t i);

/* Are a condition's fields there, of that scope, numbers, of one unit?  -1
 * and why.  In settings_condition.c. */
int	condition_check(const struct site *, const struct condition *, enum scope,
	    char why[WHY_MAX]) CCMON_CHECK;
/* Has it a figure that is formed of samples? */
bool	condition_has_samples(const struct condition *);

void	no_calendar(struct load *, const struct conf_node *, const char *name);

/* "; did you mean pager?", or "" when nothing is near. */
#define HINT_MAX	100
const char *hint(const struct nearest *, char buf[HINT_MAX]);

#endif
