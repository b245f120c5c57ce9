/* SPDX-License-Identifier: MIT */
/*
 * site.h: what one site is, as plain data: its windows, zones, queues and
 * what is promised in each.  The configuration fills it, the engine lives by
 * it, and nothing here knows how either is done.
 */
#ifndef CCMON_SITE_H
#define CCMON_SITE_H

#include "base.h"
#include "calendar.h"
#include "event.h"
#include "siphash.h"
#include "zone.h"

/* Ratios are held as whole ten-thousandths: 0.80 is 8000. */
#define RATIO_ONE	10000

/* SL(symbol, "name", "numerator / denominator"): contract section 3 */
#define SL_FORMULAS(SL) \
	SL(SHORT_REMOVED, "short_removed", "good / (good + abandoned + late)") \
	SL(NEGATIVE, "negative", "good / (good + short + abandoned + late)") \
	SL(IGNORE, "ignore", "good / (good + late)") \
	SL(POSITIVE, "positive", "(good + short + abandoned) / (good + short + abandoned + late)") \
	SL(SHORT_CREDIT, "short_credit", "(good + short) / (good + short + abandoned + late)") \
	SL(FLOWOUTS, "flowouts", "good / (good + abandoned + late + flowed)") \
	SL(CONNECT, "connect", "(good + short + abandoned + callback) / (good + short + abandoned + callback + flowed + late)") \
	SL(ANSWERED_ONLY, "answered_only", "answered with wait <= T / answered")

enum sl_formula {
#define SL(sym, name, text)	SL_##sym,
	SL_FORMULAS(SL)
#undef SL
	SL_NFORMULAS
};

/* What is promised in a queue.  A time of 0: not promised, not limited. */
struct policy {
	msec_t		threshold;	/* T: answered within it is good */
	int32_t		target;		/* share to be good, of RATIO_ONE */
	msec_t		short_abandon;	/* left within it: not held against us */
	uint8_t		formula;	/* enum sl_formula */
	int32_t		risk;		/* share of T from which a wait is at risk */
	msec_t		max_wait;	/* waiting longer: stuck */
	msec_t		max_handle;	/* handled longer: stuck */
	msec_t		max_open;	/* owed longer: given up */
	msec_t		wrapup;		/* after-contact work nobody reports */
	msec_t		first_response, next_response, resolution;
	int32_t		first_response_target, next_response_target,
			resolution_target;
};

struct queue_def {
	char		*name;
	uint8_t		 channel;	/* enum channel */
	uint16_t	 zone;		/* index into site.zones */
	struct policy	 policy;
	char		**match;	/* other names sources use for it */
	size_t		 nmatch;
	char		*calendar;	/* name, or NULL: always open */
};

enum window_kind {
	WINDOW_ROLLING,		/* the last `seconds` seconds */
	WINDOW_TODAY,		/* since the last day_start of the queue's zone */
	WINDOW_ALL		/* everything: offline reports */
};

#define WINDOWS_MAX	8
#define WINDOW_NAME_MAX	12	/* bytes with NUL */
#define WINDOW_SECONDS_MAX 86400 /* one day; the log of samples is that long */

struct window_def {
	char		name[WINDOW_NAME_MAX];	/* "15m", "today" */
	uint8_t		kind;			/* enum window_kind */
	int32_t		seconds;		/* of a rolling one */
};

/* How long a source may say nothing, where that is not the default. */
struct feed_def {
	char		*name;
	msec_t		 silent_after;	/* 0: never silent */
};

enum site_clock { CLOCK_WALL, CLOCK_EVENTS };

struct site_limits {
	uint32_t	queues;		/* known at once */
	uint32_t	agents;
	uint32_t	contacts;	/* remembered at once, open or just closed */
	uint32_t	sources;
};

struct site {
	char		*name;
	struct zone	*zones;		/* zones[0] is the site's own */
	size_t		 nzones;
	int32_t		 day_start;	/* seconds after midnight */
	uint8_t		 clock;		/* enum site_clock */
	struct window_def windows[WINDOWS_MAX];
	size_t		 nwindows;
	struct policy	 defaults[CHANNEL_COUNT];
	struct queue_def *queues;
	size_t		 nqueues;
	struct feed_def	*feeds;
	size_t		 nfeeds;
	msec_t		 silent_after;	/* of sources that send heartbeats */
	int32_t		 fcr_days;	/* not back within: resolved at first contact */
	struct calendars calendars;	/* owned but for the zones */
	struct site_limits limits;
	uint8_t		 key[SIPHASH_KEY]; /* of tables of names: random in programs, 0 in
					   tests; nothing that can be seen comes of it */
};

/* Draws site.key.  In lib/site_key.c. */
void	site_draw_key(struct site *);

/* The defaults of contract section 7 and of etc/ccmon.cfg: the three windows,
 * UTC, the channels' policies, the limits.  Owns nothing but zones[0].
 * In lib/site.c, pure. */
void	site_defaults(struct site *);

/* Room for a window of that name ("15m", "today", "all"); -1: no such window
 * ("60x"), too long or too many. */
int	site_add_window(struct site *, const char *name) CCMON_CHECK;
bool	site_has_window(const struct site *, const char *name);

const char *sl_formula_name(enum sl_formula);
const char *sl_formula_text(enum sl_formula);
int	sl_formula_find(const char *name);	/* or -1 */

/* A length with its unit: "250ms", "20s", "1h30m", "2d".  -1: none. */
int	duration_parse(const char *text, msec_t *) CCMON_CHECK;

#endif
