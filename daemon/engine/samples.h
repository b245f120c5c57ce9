/* SPDX-License-Identifier: MIT */
/*
 * samples.h: what is counted: samples, totals, and what every object has of
 * them.  A part of engine_int.h, which includes it.
 */
#ifndef CCMON_ENGINE_SAMPLES_H
#define CCMON_ENGINE_SAMPLES_H

#include "structures.h"

/* ---- samples and totals ---- */

/* What a clock of a contact's matter is for (matter.c). */
enum target {
	TARGET_FIRST_RESPONSE, TARGET_NEXT_RESPONSE, TARGET_RESOLUTION,
	TARGET_PROMISE, TARGET_CALLBACK, TARGET_COUNT
};

enum counter {
	C_OFFERED, C_ANSWERED, C_ABANDONED, C_SHORT,
	C_FLOW, C_FLOW_LAST = C_FLOW + FLOW_COUNT - 1,
	C_CALLBACK, C_STUCK, C_STUCK_HANDLING,
	C_HANDLED, C_KNOWN, C_MISSED, C_TRANSFERRED, C_ESCALATED,
	C_WAIT_MS, C_TALK_MS, C_HOLD_MS, C_ACW_MS,
	C_SL_ANSWERED,		/* answered, of queues with a threshold */
	C_SL_GOOD, C_SL_SHORT, C_SL_ABANDONED, C_SL_LATE, C_SL_FLOWED, C_SL_CALLBACK,
	C_LEFT_MS,		/* waits of those who left by themselves, unanswered */
	C_MET, C_MET_LAST = C_MET + TARGET_COUNT - 1,	/* clocks, by enum target */
	C_MISS, C_MISS_LAST = C_MISS + TARGET_COUNT - 1,
	C_STOPPED, C_STOPPED_LAST = C_STOPPED + TARGET_COUNT - 1,	/* met, or late */
	C_OWN_MS, C_OWN_MS_LAST = C_OWN_MS + TARGET_COUNT - 1,	/* own times of those */
	C_EXPIRED, C_REACHED, C_UNREACHED,
	C_RESOLVED, C_REOPENED, C_CAME_BACK, C_FINAL, C_FINAL_FIRST,
	C_CSAT, C_CSAT_GOOD, C_CSAT_SENT,
	C_NPS, C_NPS_PROMOTERS, C_NPS_DETRACTORS, C_NPS_SENT,
	C_CES, C_CES_SUM, C_CES_SENT,
	C_COMPLAINT, C_COMPLIMENT, C_COMMENT,
	C_REVIEWS, C_REVIEW_SUM,
	C_ACW_DERIVED,
	C_COUNT,		/* saved by number: new ones stand last */
	C_NONE = C_COUNT		/* where additions go that nobody wants */
};

enum sl {				/* a visit's service-level event */
	SL_PENDING, SL_GOOD, SL_SHORT, SL_ABANDONED, SL_LATE, SL_FLOWED, SL_CALLBACK,
	SL_UNTRACKED
};

enum sample_kind {
	S_OFFERED, S_ANSWERED, S_ANSWERED_UNTRACKED, S_ABANDONED, S_ABANDONED_SHORT,
	S_FLOW, S_FLOW_LAST = S_FLOW + FLOW_COUNT - 1,
	S_CALLBACK, S_STUCK, S_STUCK_HANDLING,
	S_HANDLED, S_HANDLED_UNKNOWN, S_ACW,
	S_MISSED, S_TRANSFERRED, S_ESCALATED, S_SL,
	S_MET, S_MET_LAST = S_MET + TARGET_COUNT - 1,	/* a: own time */
	S_MISS, S_MISS_LAST = S_MISS + TARGET_COUNT - 1,
	S_STOPPED_LATE, S_STOPPED_LATE_LAST = S_STOPPED_LATE + TARGET_COUNT - 1, /* a: own time */
	S_EXPIRED, S_REACHED, S_UNREACHED,
	S_RESOLVED, S_REOPENED, S_CAME_BACK, S_FINAL, S_FINAL_FIRST,
	S_CSAT, S_CSAT_GOOD, S_CSAT_SENT,
	S_NPS, S_NPS_PROMOTER, S_NPS_DETRACTOR, S_NPS_SENT,
	S_CES, S_CES_SENT,			/* S_CES: a is the score */
	S_COMPLAINT, S_COMPLIMENT, S_COMMENT,
	S_REVIEWED,				/* a is the score */
	S_ACW_DERIVED,
	S_COUNT		/* saved by number: new ones stand last */
};

/* One occurrence; 16 bytes, as there are a million contacts an hour. */
struct sample {
	uint32_t	queue : 24, kind : 8;
	uint32_t	agent : 24, sl : 7, negative : 1;
	uint32_t	a, b;		/* ms: wait; talk and hold; acw; own time; or a score */
};
#define SAMPLE_NONE	0xffffffu	/* no queue, no agent */

struct totals {
	int64_t		c[C_COUNT + 1];
};
/* What a kind of sample adds: see the table in totals.c. */
struct sample_row {
	uint8_t		count[2];	/* enum counter, plus one each */
	uint8_t		sum_a, sum_b;	/* enum counter, plus a, plus b */
	bool		agent;		/* the agent's too */
	bool		wait;		/* a is a wait, for percentiles */
	uint8_t		own;		/* a is an own time: enum target, plus one */
	bool		leaves;		/* its visit waits no more */
};
extern const struct sample_row	sample_rows[S_COUNT];
void	totals_add(struct totals *, const struct sample *, int sign);
void	totals_sum(struct totals *, const struct totals *);

/* ---- ever.c: of a queue, since the state began ---- */

#define EVER_WAITS	17		/* fixed edges of waits */
#define EVER_HANDLES	15		/* of handle times */
#define EVER_BUCKETS	(EVER_WAITS + 2)	/* with the threshold and all */

struct ever {
	struct totals	 sum;
	int64_t		 wait_ms, handle_ms;	/* sums of what is in the buckets */
	int64_t		 within;		/* waits within the threshold */
	int64_t		 wait[EVER_WAITS + 1];	/* by the edge they do not pass; the */
	int64_t		 handle[EVER_HANDLES + 1];	/* last: they pass all */
};
struct bucket {
	int64_t		 edge;			/* ms; MSEC_NEVER: everything */
	int64_t		 n;			/* at or below it */
};
void	 ever_count(struct ever *, int64_t threshold, const struct sample *);
void	 ever_handled(struct ever *, int64_t ms);	/* one visit's work is over */
void	 ever_move(struct ever *, int64_t threshold);	/* it is another now */
void	 ever_sum(struct ever *, const struct ever *more);	/* of the same threshold */
unsigned ever_waits(const struct ever *, int64_t threshold, struct bucket[EVER_BUCKETS]);
unsigned ever_handles(const struct ever *, struct bucket[EVER_BUCKETS]);
/* Does it add up?  It may have been read from somewhere. */
bool	 ever_is_right(const struct ever *, int64_t threshold);

/* A closed or open interval of the history. */
struct interval {
	struct totals	 sum;
	struct hist	*wait;			/* not of days; NULL: nobody waited */
	int64_t		 longest;		/* wait, ms; -1: none */
};

/* What was true when an interval ended (history.c). */
struct level {
	int64_t		 waiting, staffed, required;
};

/* What the alerts say of an object; no part of the state. */
struct alarm {
	char		*why;		/* NULL: nothing */
	uint8_t		 severity;	/* enum severity */
};

/* What an object has, whatever it is. */
struct object_data {
	struct totals	*win;		/* one a window of the engine */
	struct hist	*wait;		/* one a window of the site, or NULL */
	struct hist	*own;		/* TARGET_COUNT a window of the site, made when
					   needed; only where there is wait */
	struct peak	 peak;		/* waits, for the rolling windows */
	int64_t		 longest[2];	/* waits of today, of all; -1: none */
	msec_t		 resolved;	/* time of the newest resolution that counts */
	struct interval	*history;	/* HISTORY_COUNT of them, or NULL */
	struct level	 level;		/* where there is history */
	struct alarm	 alarm;
	uint16_t	 zone;
	bool		 dirty, unsaved;
	bool		 deferred;	/* its record may lag behind the log of the state */
	int64_t		 behind;	/* second since which it does; -1: not */
};

#endif
