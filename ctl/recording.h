/* SPDX-License-Identifier: MIT */
/*
 * recording.h: a recorded log as a row of events, whatever is done with them.
 */
#ifndef CTL_RECORDING_H
#define CTL_RECORDING_H

#include <ccmon/dialect.h>
#include <ccmon/out.h>
#include <ccmon/site.h>

struct engine;

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

struct recording {
	const char	*path;
	int		 fd;
	const struct dialect *dialect;
	void		*state;		/* the dialect's */
	char		 source[NAME_MAX_BYTES + 1];	/* the file's name */
	void		(*on_event)(void *arg, const struct event *);
	void		(*on_refused)(void *arg, const struct reject *);	/* its time is not set */
	void		*arg;
	uint64_t	 lines, events;
	uint64_t	 uncounted;	/* lines known to say nothing to count */
	struct refused	 refused[REFUSAL_COUNT];
	struct skipped	 skipped[SKIPPED_MAX];
	size_t		 nskipped;
};

/* A recorded log is as long as it is: the limits are those of the machine. */
#define RECORDING_LIMITS ((struct site_limits){ \
	.queues = 1000000, .agents = 1000000, .contacts = 50000000, .sources = 100000 })

/* "-" is standard input; the dialect by its name, or NULL: known by the
 * file's.  NULL: cannot be read, which has been explained. */
struct recording *recording_open(const char *path, const char *dialect);
/* Gives all that is in it.  false: it could not be read to its end, which has
 * been explained. */
bool		 recording_read(struct recording *) CCMON_CHECK;
/* What did not become events, and what the engine had no room for, on stderr. */
void		 recording_print_left_out(const struct recording *, const struct engine *);
void		 recording_close(struct recording *);

#endif
