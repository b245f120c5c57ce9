/* SPDX-License-Identifier: MIT */
/*
 * rules.h: what a site wants to be told about, and by whom, as plain data.
 * The configuration fills it, the alerts live by the rules, the hook runner
 * by the hooks.  What it all means: doc/alerting.md.
 */
#ifndef CCMON_RULES_H
#define CCMON_RULES_H

#include "base.h"
#include "out.h"

/* Things that have figures. */
enum scope { SCOPE_QUEUE, SCOPE_CHANNEL, SCOPE_SITE, SCOPE_AGENT, SCOPE_FEED, SCOPE_COUNT };

/* The scopes of a row of metrics.def, as bits. */
#define SCOPES_Q (1 << SCOPE_QUEUE)
#define SCOPES_A (1 << SCOPE_AGENT)
#define SCOPES_F (1 << SCOPE_FEED)
#define SCOPES_QCS (SCOPES_Q | 1 << SCOPE_CHANNEL | 1 << SCOPE_SITE)
#define SCOPES_QA (SCOPES_Q | SCOPES_A)
#define SCOPES_QCSA (SCOPES_QCS | SCOPES_A)
#define SCOPES_QCSAF (SCOPES_QCSA | SCOPES_F)

/* SEVERITY(symbol, "name", "of Alertmanager") */
#define SEVERITIES(SEVERITY) \
	SEVERITY(INFO, "info", "info") \
	SEVERITY(WARN, "warn", "warning") \
	SEVERITY(PAGE, "page", "critical")
enum severity {
#define SEVERITY(sym, name, elsewhere)	SEVERITY_##sym,
	SEVERITIES(SEVERITY)
#undef SEVERITY
	SEVERITY_COUNT
};

/* COMPARISON(symbol, "as written", C operator) */
#define COMPARISONS(COMPARISON) \
	COMPARISON(LE, "<=", <=) \
	COMPARISON(GE, ">=", >=) \
	COMPARISON(NE, "!=", !=) \
	COMPARISON(EQ, "==", ==) \
	COMPARISON(LT, "<", <) \
	COMPARISON(GT, ">", >)
enum comparison {
#define COMPARISON(sym, text, op)	COMPARE_##sym,
	COMPARISONS(COMPARISON)
#undef COMPARISON
	COMPARISON_COUNT
};

/*
 * FIELD comparison [FACTOR *] OTHER [+ NUMBER] or FIELD comparison NUMBER:
 * "oldest_wait_seconds > 3 * sl_threshold_seconds",
 * "nowcast_sl_ratio < sl_target_ratio - 0.15".  Numbers are in the unit the
 * figure has in Redis: seconds, ratios of 1.
 */
struct condition {
	char		*text;		/* as it was written */
	char		*field;		/* "sl_ratio_15m" */
	uint8_t		 comparison;	/* enum comparison */
	char		*other;		/* a field too, or NULL */
	double		 factor;	/* 1 where not written */
	double		 number;	/* 0 where not written */
};

/* Reads one.  -1 and why when it is none; then there is nothing to free.
 * That its fields exist is the caller's to find out.  In lib/condition.c,
 * pure. */
int	condition_parse(const char *text, struct condition *, char *why, size_t why_len) CCMON_CHECK;
void	condition_fini(struct condition *);

/* What one is told, so long after the begin of an episode.  Lists of names
 * are never NULL once the settings are loaded. */
struct rule_step {
	msec_t		 after;		/* since the first page; the first step's is 0 */
	char		**hooks;	/* NULL-ended; empty: only shown on the board */
};

struct rule_def {
	char		*name;		/* its identity: state is kept by it */
	uint8_t		 scope;		/* enum scope */
	char		*glob;		/* names it is about: * and ?; "*" for the site */
	struct condition *when;		/* all must hold */
	size_t		 nwhen;
	struct condition *clear;	/* all must hold; none: `when` no longer does */
	size_t		 nclear;
	int64_t		 min_n;		/* samples a figure is formed of, at least */
	msec_t		 hold;		/* "for" */
	msec_t		 clear_for;
	uint8_t		 severity;	/* enum severity */
	struct rule_step *steps;	/* at least one */
	size_t		 nsteps;
	msec_t		 repeat;	/* of the last step; 0: never */
	char		**inhibited_by;	/* names of rules, NULL-ended */
	char		*hours;		/* a calendar, "always", or NULL: the queue's own */
};

struct hook_def {
	char		*name;
	char		**command;	/* NULL-ended; [0] is an absolute path */
	char		**env;		/* NULL-ended "NAME=value", besides CCMON_* */
	msec_t		 timeout;	/* of one run; default 30 s */
	int		 concurrency;	/* runs at once; default 4 */
	msec_t		 give_up;	/* a page is tried so long; default 1 h */
};

struct paging {
	char		**hooks;	/* of page rules that name none; NULL-ended */
	int		 storm;		/* new episodes a minute, told one by one; default 20 */
	msec_t		 ack_timeout;	/* default 60 min */
	char		*watchdog_hook;	/* or NULL */
	msec_t		 watchdog_every; /* default 60 s */
};

struct rules {
	struct rule_def	*rule;
	size_t		 nrules;
	struct hook_def	*hook;
	size_t		 nhooks;
	struct paging	 paging;
};

/* Frees what a struct rules owns.  In lib/rules.c, pure, as all here. */
void	rules_fini(struct rules *);
const char	*severity_name(enum severity);
const char	*scope_name(enum scope);	/* "queue" */
const struct rule_def *rules_find(const struct rules *, const char *name);	/* or NULL */
const struct hook_def *rules_hook(const struct rules *, const char *name);	/* or NULL */

/* The rows of metrics.def and monitor.def by name; without those that are in
 * the history streams only. */
struct field_row {
	const char	*name;		/* without its window */
	const char	*samples;	/* field that counts what it is formed of, without window; or NULL */
	uint8_t		 unit;		/* enum unit */
	uint8_t		 scopes;	/* bit 1 << enum scope */
	bool		 is_text, windowed;
};
const struct field_row *field_row_find(struct str name);	/* without its window; or NULL */
const struct field_row *field_row(size_t i);	/* NULL past the last */
/* The row of a whole field, and its window ("15m"; NULL: it has none):
 * "sl_ratio_15m", "waiting_count".  NULL: no such row, or a window where
 * there is none, or none where there must be one. */
const struct field_row *field_row_split(const char *field, const char **window);

/* Does the glob match the whole name?  * any run of bytes, ? any one byte. */
bool	glob_match(const char *glob, struct str name);

/*
 * Built in: on without a rule in the file; a rule of the same name in the
 * file takes its place.  monitor.def has those that watch ccmon itself.
 *
 * MONITOR(SYMBOL, "field", UNIT, "text"): what the daemon knows of itself,
 * usable in rules of the site like any field.
 * BUILTIN("name", scope, "glob", "condition", for ms, clear_for ms, severity, "text")
 */
enum monitor {
#define MONITOR(sym, name, unit, text)	MONITOR_##sym,
#include "monitor.def"
	MONITOR_COUNT
};
struct monitor_row {
	const char	*name;
	uint8_t		 unit;
};
const struct monitor_row *monitor_row(enum monitor);

struct builtin_row {
	const char	*name;
	uint8_t		 scope;		/* enum scope */
	const char	*glob, *condition;
	msec_t		 hold, clear_for;
	uint8_t		 severity;	/* enum severity */
	const char	*text;
};
const struct builtin_row *builtin_row(size_t i);	/* NULL past the last */
const struct builtin_row *builtin_find(const char *name);	/* or NULL */

/* Appends the built-in rules whose name no rule has.  -1: no memory. */
int	rules_add_builtin(struct rules *) CCMON_CHECK;

#endif
