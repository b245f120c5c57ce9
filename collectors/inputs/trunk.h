/* SPDX-License-Identifier: MIT */
/*
 * trunk.h: the line to a switch, a TCP connection that comes back by itself.
 * What is said on it is the business of the session above (ami.c, esl.c).
 */
#ifndef COLLECTORS_TRUNK_H
#define COLLECTORS_TRUNK_H

#include "collectors/inputs/inputs.h"
#include "collectors/inputs/stanza.h"

struct trunk;

struct trunk_options {
	const struct input_options *input;	/* stays */
	const char	*token;		/* of what is logged */
	const char	*peer;		/* who is at the other end, for people */
	struct stanzas_options stanzas;
	void		(*up)(void *arg);	/* connected: nothing was said yet */
	void		(*take)(void *arg, const struct stanza *);	/* not NONE, not BROKEN */
	/* After what came was taken, and at its deadline, which it returns (by the
	 * monotonic clock).  Not while nothing may be taken. */
	msec_t		(*turn)(void *arg, msec_t now);
	void		*arg;
};

/* *out, and 0; or the exit code, and the reason was logged. */
int	trunk_open(struct trunk **out, const struct trunk_options *) CCMON_CHECK;
void	trunk_close(struct trunk *);

/* A copy goes out, and is wiped then: it may hold a secret. */
void	trunk_say(struct trunk *, struct str text);
/* It was asked something, and has ten seconds to say something about it. */
void	trunk_await(struct trunk *, const char *what);
void	trunk_heard(struct trunk *);
/* All is as it should be: whoever complained is told. */
void	trunk_well(struct trunk *);

/* It is of no use, or refuses us until somebody does something: hung up, and
 * tried again soon, or after a minute.  Nothing more is taken of it. */
void	trunk_fail(struct trunk *, const char *fmt, ...) CCMON_PRINTF(2, 3);
void	trunk_refused(struct trunk *, const char *fmt, ...) CCMON_PRINTF(2, 3);
/* Somebody did: at once. */
void	trunk_retry(struct trunk *);

/* What was heard goes to the dialect, is refused, or is of no interest: nothing
 * of another queue may become an event, but that it came is counted. */
void	trunk_give(struct trunk *, struct str text);
void	trunk_refuse(struct trunk *, enum refusal, struct str sample);
void	trunk_pass_over(struct trunk *);

/* The disk refuses: nothing is read, and nothing is overdue.  false: it still
 * does. */
void	trunk_pause(struct trunk *);
bool	trunk_resume(struct trunk *);

/* The secret, to be given to secret_free; NULL: it was said why not, and the
 * trunk has hung up. */
char	*trunk_secret(struct trunk *) CCMON_CHECK;
/* Is it one of the setting's queues? */
bool	trunk_wants(const struct trunk *, struct str queue);

#endif
