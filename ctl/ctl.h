/* SPDX-License-Identifier: MIT */
/*
 * ctl.h: what the files of ccmonctl share: the command line as parsed, the
 * way to Redis, and tables for people and JSON for programs.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdio.h>

#include <ccmon/base.h>
#include <ccmon/out.h>
#include <ccmon/rlink.h>
#include <ccmon/settings.h>

/* Exit codes: contract section 6. */
enum { EXIT_FINE, EXIT_NOT_FINE, EXIT_USAGE, EXIT_UNREACHABLE };

#define STALE_MS	10000	/* ms; the daemon writes every second */
#define BOARD_TTL_MS	60000	/* ms; and what it writes lives so long */

struct ctl {
	const char	*path;		/* of the configuration */
	bool		 has_path;	/* it was named by -c */
	bool		 json;
	const char	*dialect;	/* of report, or NULL */
	struct settings	*settings;	/* once ctl_settings was called */
	struct rclient	*redis;		/* once ctl_redis was called */
	char		 why[256];	/* why it could not be reached */
};

/* The verbs: each returns an exit code. */
int	verb_status(struct ctl *, char **args);
int	verb_queues(struct ctl *, char **args);
int	verb_agents(struct ctl *, char **args);
int	verb_feeds(struct ctl *, char **args);
int	verb_explain(struct ctl *, char **args);
int	verb_report(struct ctl *, char **args);
int	verb_doctor(struct ctl *, char **args);

/* ---- redis.c: reading the board ---- */

/* Read the configuration, connect; false and the reason in ctl->why (of the
 * configuration on stderr). */
bool	ctl_settings(struct ctl *) CCMON_CHECK;
bool	ctl_redis(struct ctl *) CCMON_CHECK;
const char *ctl_redis_where(const struct ctl *);

/* The reply to a command of one word, or NULL and the reason in ctl->why. */
struct reply *ctl_ask(struct ctl *, const char *word);
/* One question about one of our keys, kind:name; no name: kind is all of it. */
struct reply *ctl_key(struct ctl *, const char *verb, const char *kind, struct str name);
struct reply *ctl_hash(struct ctl *, const char *kind, struct str name);
struct reply *ctl_set(struct ctl *, const char *name);	/* sorted */

/* A field of a hash; STR_NONE when it is not there. */
struct str	 hash_field(const struct reply *, const char *field);
int64_t		 hash_int(const struct reply *, const char *field, int64_t otherwise);
/* A field's value in JSON: NaN is null, numbers are numbers; and them all. */
void		 value_json(struct out *, struct str name, struct str value);
void		 hash_json(struct out *, const struct reply *);

/* ---- live.c: the daemon's last sign of life */

struct daemon {
	struct reply	*meta;		/* free it */
	struct str	state;		/* empty when nobody ever wrote here */
	msec_t		age;		/* ms since then */
	bool		stale;
};
bool	daemon_read(struct ctl *, struct daemon *) CCMON_CHECK;
void	daemon_text(char *buf, size_t len, const struct daemon *);

/* ---- table.c: tables for people ---- */

enum cell { CELL_TEXT, CELL_STATUS, CELL_NUMBER, CELL_SECONDS, CELL_AGO };

/* A column: its head, the field it shows, whether that has a window. */
struct view {
	const char	*head;
	const char	*field;
	bool		 windowed;
	uint8_t		 cell;		/* enum cell */
};

/* The field's text as it stands in Redis, or STR_NONE. */
typedef struct str field_fn(void *arg, const char *field);

struct table {
	const struct view *view;
	size_t		 ncols;
	const char	*window;	/* "15m"; "": fields have no window */
	msec_t		 now;
	struct out	 cells;		/* each ended by a NUL */
};

void	table_begin(struct table *, const struct view *, size_t ncols,
	    const char *window, msec_t now);
void	table_row(struct table *, field_fn *, void *arg);
/* Prints and frees it. */
void	table_end(struct table *);

/* "35s", "2m05s", "3h20m", "4d07h"; "-" for what is not known. */
#define HUMAN_MAX	32	/* bytes with NUL */
void	human_length(char buf[HUMAN_MAX], double seconds);
/* A field's text as a number; NAN when it is none. */
double	number_of(struct str);
/* Text from outside, escaped; no line end. */
void	print_escaped(FILE *, struct str);
/* A line of ours that may hold some: quotes stay, control characters do not. */
void	print_line(FILE *, struct str);
/* Prints and frees JSON, with a line end. */
void	print_json(struct out *);

/* ---- fields.c: metrics.def for those who explain it ---- */

struct field {
	const char	*name;
	const char	*unit;		/* "text", "count", "seconds" ... */
	const char	*scopes;	/* of the letters QCSAF */
	bool		 windowed;
	bool		 is_history;	/* in the history streams only */
	const char	*text;
};
extern const struct field fields[];
extern const size_t nfields;
const struct field *field_find(struct str name);	/* or NULL */

#endif
