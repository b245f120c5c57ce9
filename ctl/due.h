/* SPDX-License-Identifier: MIT */
/*
 * due.h: what the files of explain-due share: a question, the steps of its
 * answer, and instants as people write them.
 */
#ifndef CTL_DUE_H
#define CTL_DUE_H

#include "ctl.h"

enum due_kind {
	DUE_OPEN,	/* time was taken */
	DUE_CLOSED,	/* a day of the week without hours */
	DUE_HOLIDAY,	/* an exception without hours */
	DUE_OVER,	/* its hours were over at the start */
	DUE_LEAPT,	/* the clock leapt over its hours */
	DUE_COVERED	/* hours of the date before cover its own */
};

struct due_step {
	uint8_t		kind;		/* enum due_kind */
	bool		exception;	/* the date has hours of its own */
	int64_t		date;		/* days since 1970-01-01 */
	int64_t		days;		/* closed for so many in a row */
	struct opening	hours;		/* of DUE_OPEN */
	msec_t		from, to;	/* taken of them */
};

#define DUE_NOTE_MAX	256		/* bytes with NUL */

struct due {
	const struct queue_def *queue;
	const struct calendar *calendar; /* NULL: always open */
	const struct zone *zones;	/* of the site */
	const struct zone *zone;	/* the queue's */
	const char	*target;	/* as given */
	msec_t		 length, start;
	msec_t		 due;		/* MSEC_NEVER: never */
	char		 note[DUE_NOTE_MAX]; /* how the start was read; "": as it stands */
	struct due_step	*step;
	size_t		 nsteps;
};

/* ---- due.c ---- */

struct due_promise {
	const char	*name;		/* "first_response" */
	size_t		 offset;	/* in struct policy */
};
#define DUE_PROMISES	3
extern const struct due_promise due_promises[DUE_PROMISES];
msec_t	due_promised(const struct queue_def *, const struct due_promise *); /* 0: it is not */

/* ---- due_time.c ---- */

#define DUE_TIME_MAX	48		/* bytes with NUL */

/* TIME as given: epoch ms, or ISO 8601, without a zone in this one.  False:
 * it is none, and note says why. */
bool	due_time_read(const char *text, const struct zone *, msec_t *, char note[DUE_NOTE_MAX])
	    CCMON_CHECK;
/* "Fri 2026-03-27" */
void	due_date_text(char buf[DUE_TIME_MAX], int64_t date);
/* "15:00", with seconds only where there are some. */
void	due_clock_text(char buf[DUE_TIME_MAX], const struct zone *, msec_t at);
/* "+01:00" */
void	due_offset_text(char buf[DUE_TIME_MAX], int32_t east);
/* "Fri 2026-03-27 15:00 +01:00" */
void	due_time_text(char buf[DUE_TIME_MAX], const struct zone *, msec_t at);
/* "1h30m": a length to the millisecond. */
void	due_length_text(char buf[DUE_TIME_MAX], msec_t length);

/* ---- due_steps.c ---- */

/* Finds due and the steps to it; false: no memory. */
bool	due_find(struct due *) CCMON_CHECK;
/* The date the clock shows. */
int64_t	due_date(const struct zone *, msec_t at);

/* ---- due_print.c ---- */
void	due_print(const struct due *);
void	due_print_json(const struct due *);

#endif
