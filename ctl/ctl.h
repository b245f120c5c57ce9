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

/* Options only some verbs take. */
enum ctl_option { OPTION_BY = 1, OPTION_NOTE = 2, OPTION_FOR = 4, OPTION_RULES = 8,
	OPTION_DIR = 16, OPTION_COUNT = 32 };

#define STALE_MS	10000	/* ms; the daemon writes every second */
#define BOARD_TTL_MS	60000	/* ms; and what it writes lives so long */

struct ctl {
	const char	*path;		/* of the configuration */
	bool		 has_path;	/* it was named by -c or --rules */
	bool		 json;
	bool		 test;		/* only look at the configuration */
	const char	*dialect;	/* of a recorded log, or NULL */
	const char	*by, *note;	/* of an order, or NULL */
	const char	*dir;		/* of new keys, or NULL */
	msec_t		 length;	/* of a silence */
	int64_t		 count;		/* lines of watch; 0: no end */
	msec_t		 patience;	/* with Redis; 0: as usual */
	unsigned	 given;		/* ctl_option bits */
	struct settings	*settings;	/* once ctl_settings was called */
	struct rclient	*redis;		/* once ctl_redis was called */
	char		 why[256];	/* why it could not be reached */
};

/* The verbs: each returns an exit code. */
int	verb_status(struct ctl *, char **args);
int	verb_queues(struct ctl *, char **args);
int	verb_agents(struct ctl *, char **args);
int	verb_feeds(struct ctl *, char **args);
int	verb_alerts(struct ctl *, char **args);
int	verb_ack(struct ctl *, char **args);
int	verb_silence(struct ctl *, char **args);
int	verb_unsilence(struct ctl *, char **args);
int	verb_hooks(struct ctl *, char **args);
int	verb_hook_test(struct ctl *, char **args);
int	verb_explain(struct ctl *, char **args);
int	verb_explain_due(struct ctl *, char **args);
int	verb_report(struct ctl *, char **args);
int	verb_backtest(struct ctl *, char **args);
int	verb_top(struct ctl *, char **args);
int	verb_watch(struct ctl *, char **args);
int	verb_doctor(struct ctl *, char **args);
int	verb_keygen(struct ctl *, char **args);

/* ---- redis.c: the way to the board ---- */

/* Read the configuration, connect; false and the reason in ctl->why (of the
 * configuration on stderr). */
bool	ctl_settings(struct ctl *) CCMON_CHECK;
bool	ctl_redis(struct ctl *) CCMON_CHECK;
const char *ctl_redis_where(const struct ctl *);
/* Says ctl->why; returns EXIT_UNREACHABLE. */
int	ctl_unreachable(const struct ctl *);

#define KEY_MAX	256		/* bytes with NUL; prefix, kind and two names of 64 */
/* Our key kind:name; false and the reason when it is too long. */
bool	ctl_key_name(struct ctl *, char key[KEY_MAX], const char *kind, struct str name) CCMON_CHECK;

/* The reply to a command, or NULL and the reason in ctl->why. */
struct reply *ctl_command(struct ctl *, const struct str *words, size_t n);
struct reply *ctl_ask(struct ctl *, const char *word);
/* One question about one of our keys, kind:name; no name: kind is all of it. */
struct reply *ctl_key(struct ctl *, const char *verb, const char *kind, struct str name);
struct reply *ctl_hash(struct ctl *, const char *kind, struct str name);
struct reply *ctl_set(struct ctl *, const char *name);	/* sorted */
struct reply *ctl_sorted_hash(struct ctl *, const char *name);
/* The last n entries of a stream, newest first. */
struct reply *ctl_last(struct ctl *, const char *stream, const char *n);

/* An object of the board, and all of a kind; false when Redis failed. */
struct board_object {
	struct str	 name;
	const struct reply *hash;
};
typedef void board_object_fn(void *arg, const struct board_object *);
bool	each_object(struct ctl *, const char *set, const char *kind, board_object_fn *, void *arg)
	    CCMON_CHECK;

/* A field of a hash; STR_NONE when it is not there. */
struct str	 hash_field(const struct reply *, const char *field);
int64_t		 hash_int(const struct reply *, const char *field, int64_t otherwise);
/* A field's value in JSON: NaN is null, numbers are numbers; and them all. */
void		 value_json(struct out *, struct str name, struct str value);
void		 hash_json(struct out *, const struct reply *);
/* A key from outside. */
void		 json_name(struct out *, struct str);

/* ---- life.c: the daemon's last sign of life ---- */

struct daemon {
	struct reply	*meta;		/* free it */
	struct str	state;		/* empty when nobody ever wrote here */
	msec_t		age;		/* ms since then */
	bool		stale;		/* its figures are too old */
	bool		gone;		/* that, or it said that it ends */
};
bool	daemon_read(struct ctl *, struct daemon *) CCMON_CHECK;
void	daemon_text(char *buf, size_t len, const struct daemon *);
/* "HOST, pid N" of a hash that has both; "nobody" of an empty one. */
void	holder_text(char *buf, size_t len, const struct reply *hash);
/* Old figures must not pass for new ones: a word on stderr when they are. */
void	daemon_warn(const struct daemon *);

/* ---- record.c: what stands on the board as a line of JSON ---- */

struct record;
struct record	*record_new(void);		/* NULL: no memory */
void		 record_free(struct record *);
/* Reads one; false when it is none.  Its texts live until the next. */
bool		 record_read(struct record *, struct str json) CCMON_CHECK;
/* A member's text, a number's as it is written; STR_NONE when it is null or
 * not there.  A number's lives until the next question. */
struct str	 record_text(struct record *, const char *member);
bool		 record_is(struct record *, const char *member, const char *text);
int64_t		 record_int(struct record *, const char *member, int64_t otherwise);

/* ---- orders.c: telling the daemon something ---- */

#define STREAM_ID_MAX	48	/* bytes with NUL: "1700000000000-0" */
#define ANSWER_MS	5000	/* ms; the daemon reads orders every second, but just after a start */

struct command {
	struct ctl	*c;
	char		 id[STREAM_ID_MAX];	/* once it was sent */
	char		 seen[STREAM_ID_MAX];	/* of alerts:log */
	struct reply	*batch;			/* free it */
	const struct reply *answer;		/* fields of the entry waited for */
};
enum answered { ANSWER_CAME, ANSWER_NONE, ANSWER_FAILED };

/*
 * Sends an order to a daemon that is there, and waits until it was done or
 * refused: pairs are names and values in turn, a value of no bytes is left
 * out.  EXIT_FINE, EXIT_NOT_FINE (answer has "why"), or EXIT_UNREACHABLE,
 * which has been explained.
 */
int		 order_give(struct ctl *, struct command *, const struct str *pairs, size_t n)
		    CCMON_CHECK;
/* Only sends it, for who does not wait: that a daemon is there is the caller's
 * to know.  False and the reason in ctl->why; the command is to be ended. */
bool		 order_send(struct ctl *, struct command *, const struct str *pairs, size_t n)
		    CCMON_CHECK;
bool		 order_is_done(const struct command *);	/* says the answer to it */
/* Waits for the next entry of that kind about it; it becomes the answer. */
enum answered	 order_wait(struct command *, const char *kind, msec_t within) CCMON_CHECK;
void		 order_end(struct command *);
/* Says that it was done, for programs until when it holds; -1: nothing does. */
void		 order_done(const struct ctl *, const struct command *, msec_t until,
		    const char *format, ...) CCMON_PRINTF(4, 5);
/* Says why it was refused and what may have been meant, or "". */
void		 order_report(const struct ctl *, const struct command *, const char *near);
/* Who gives it: --by, or who is logged in. */
struct str	 order_by(struct ctl *);

/* ---- alerts.c ---- */

/* What fires and nobody has taken. */
struct firing {
	size_t		 count[SEVERITY_COUNT];
	char		*worst;		/* its summary; free it; NULL: none fires */
};
bool		 alerts_firing(struct ctl *, struct firing *) CCMON_CHECK;

#define ALERT_ID_MAX	256	/* bytes with NUL: rule and scope, of 64 each */
/* The id of an alert that fires, taken or not, nearest to this; "": none is near. */
void		 alerts_nearest(struct ctl *, const char *id, char *near, size_t len);
/* How many of those the glob matches. */
size_t		 alerts_matching(struct ctl *, const char *glob);

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
/* "15:04", of another day "2026-11-23 15:04", in the site's time zone. */
void	human_time(char buf[HUMAN_MAX], const struct ctl *, msec_t time, msec_t now);
/* A field's text as a number; NAN when it is none. */
double	number_of(struct str);
/* Text from outside, escaped; no line end. */
void	print_escaped(FILE *, struct str);
/* A line of ours that may hold some: quotes stay, control characters do not. */
void	print_line(FILE *, struct str);
/* Prints and frees JSON, with a line end. */
void	print_json(struct out *);

/* ---- explain_sources.c: what the configuration's sources know of a figure ---- */

/* Nothing (an empty array) without a configuration, or where no source has a
 * part in the figure. */
void	sources_text(const struct ctl *, const char *field);
void	sources_json(struct out *, const struct ctl *, const char *field);
/* All that each source gives; returns the exit code. */
int	explain_sources(struct ctl *);

/* ---- fields.c: metrics.def for those who explain it ---- */

struct field {
	const char	*name;
	const char	*unit;		/* "text", "count", "seconds" ... */
	const char	*scopes;	/* of the letters QCSAF */
	bool		 windowed;
	bool		 is_total;	/* since the state began */
	bool		 is_history;	/* in the history streams only */
	const char	*text;
};
extern const struct field fields[];
extern const size_t nfields;
const struct field *field_find(struct str name);	/* or NULL */

#endif
