/* SPDX-License-Identifier: MIT */
/*
 * recording.h: a recorded log, or collectors' journals, as a row of events,
 * whatever is done with them.
 */
#ifndef CTL_RECORDING_H
#define CTL_RECORDING_H

#include <ccmon/dialect.h>
#include <ccmon/out.h>
#include <ccmon/site.h>

struct ctl;
struct engine;
struct journals;

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

/* now: the time at which it came.  A log does not say, so there it is the
 * event's own; -1 for what was refused. */
typedef void recorded_event_fn(void *arg, const struct event *, msec_t now);
typedef void recorded_reject_fn(void *arg, const struct reject *, msec_t now);

struct recording {
	const char	*path;		/* of the first file */
	struct journals	*journals;	/* or NULL: a log, which has the next five */
	int		 fd;
	const struct dialect *dialect;
	void		*state;		/* the dialect's */
	struct seen	*seen;		/* events its sources named */
	char		 source[NAME_MAX_BYTES + 1];	/* the file's name */
	const char	*unit;		/* "line" or "record" */
	uint8_t		 clock;		/* enum site_clock; what the engine is to go by */
	recorded_event_fn *on_event;
	recorded_reject_fn *on_refused;
	void		*arg;
	uint64_t	 lines, events;
	uint64_t	 uncounted;	/* lines known to say nothing to count */
	uint64_t	 repeats;	/* events that came before */
	uint64_t	 damaged, missing;	/* records lost in journals */
	struct refused	 refused[REFUSAL_COUNT];
	struct skipped	 skipped[SKIPPED_MAX];
	size_t		 nskipped;
};

/* A recorded log is as long as it is: the limits are those of the machine. */
#define RECORDING_LIMITS ((struct site_limits){ \
	.queues = 1000000, .agents = 1000000, .contacts = 50000000, .sources = 100000 })

/* One log, "-" is standard input, its dialect known by --dialect or its name;
 * or journals.  NULL: cannot be read, which has been explained. */
struct recording *recording_open(const struct ctl *, char **paths);
/* Gives all that is in it.  false: it could not be read to its end, which has
 * been explained. */
bool		 recording_read(struct recording *) CCMON_CHECK;
/* What did not become events, and what the engine had no room for, on stderr. */
void		 recording_print_left_out(const struct recording *, const struct engine *);
void		 recording_close(struct recording *);

/* For those who read: counts what was refused, and passes it on. */
void		 recording_refuse(struct recording *, const struct reject *, msec_t now);

/* ---- recording_journals.c: of one site, as one row by when they came ---- */

struct journals	*journals_open(char **paths);	/* NULL: explained */
void		 journals_close(struct journals *);
bool		 journals_read(struct journals *, struct recording *) CCMON_CHECK;

#endif
