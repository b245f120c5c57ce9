/* SPDX-License-Identifier: MIT */
/*
 * inputs.h: between input.c, which knows the kinds of inputs there are, the
 * kinds (zmq.c ...), and intake.c, which makes events of what they get.
 */
#ifndef COLLECTORS_INPUTS_H
#define COLLECTORS_INPUTS_H

#include "ccmon/dialect.h"
#include "collectors/collector.h"

struct keys;

/* ---- intake.c: a message through a dialect, to the spool */

struct intake {
	const struct input_options *options;
	const struct dialect *dialect;
	void		*state;			/* of the dialect */
	uint32_t	nnotes;			/* of its notes; the highest number and one */
	bool		held;			/* the disk refuses: no more now */
	bool		unfinished;		/* the rest of a message waits for that */
	/* May this event go on?  NULL: each one may. */
	bool		(*admit)(void *arg, const struct event *);
	void		*arg;			/* of admit */
	struct dialect_result result;		/* large, so not on the stack */
};

/* What became of a message. */
struct taken {
	enum refusal	why;		/* REFUSAL_NONE: taken */
	struct str	detail;		/* the member at fault; borrowed until the next call */
	unsigned	events;		/* that went on; 0: skipped, or seen before */
	unsigned	repeats;	/* events seen before, and dropped */
	bool		unfinished;	/* the rest comes with intake_resume */
};

/* 0, or the exit code; then the reason was logged.  The options stay. */
int	intake_open(struct intake *, const struct input_options *) CCMON_CHECK;
void	intake_close(struct intake *);
/* The gate was shut, in the middle of a message perhaps; and is open again. */
void	intake_hold(struct intake *);
void	intake_resume(struct intake *);
/* Makes events of it, and settles.  Counts it in options.counters. */
void	intake_message(struct intake *, struct str body, struct taken *);
/* One that is no message of any dialect; the same for what it became. */
void	intake_refuse(struct intake *, enum refusal, struct str body);
/* An event made without a dialect; an input that has none sets options, and
 * opens nothing. */
void	intake_event(struct intake *, struct event *);

/* ---- replay.c: what did not come is asked for, and goes the same way */

struct replay;
/* It stands in the intake's way, which stays; 0, or the exit code. */
int	replay_open(struct replay **out, struct intake *, const struct keys *) CCMON_CHECK;
void	replay_close(struct replay *);
void	replay_hold(struct replay *);
void	replay_resume(struct replay *);

/* ---- the kinds */

struct input_kind {
	/* *out, and 0; or the exit code, and the reason was logged. */
	int	(*open)(void **out, const struct input_options *);
	void	(*close)(void *);
	void	(*pause)(void *);		/* take nothing more */
	void	(*resume)(void *);
	void	(*written)(void *, uint64_t upto);	/* or NULL */
	void	(*reload)(void *);		/* read the keys again; or NULL */
};
extern const struct input_kind	input_zmq;
extern const struct input_kind	input_http, input_maildir, input_file;
extern const struct input_kind	input_ami, input_esl;

#endif
