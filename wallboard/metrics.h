/* SPDX-License-Identifier: MIT */
/*
 * metrics.h: the site's figures as Prometheus and OpenMetrics read them.
 *
 * Pure: who serves /metrics asks Redis, hands over each hash as it comes, and
 * writes the text when all are there:
 *
 *	metrics_begin(m);
 *	metrics_add(m, METRICS_META, STR_NONE, reply);	... HGETALL meta
 *	metrics_add(m, METRICS_QUEUE, name, reply);	... of each queue
 *	metrics_write(m, &self, metrics_format_of(accept), &text);
 *
 * What was added stays until the next metrics_begin and can be written more
 * than once, in either format.  With Redis away, begin and write: it says so,
 * and no figure is given that nobody knows.
 *
 * No counter that is written ever falls while the daemon's state is the same:
 * after a crash its figures are a moment older than what was told before, and
 * Prometheus would take that for a new beginning.  The highest of each is
 * remembered from text to text, so there is one struct metrics a process.
 */
#ifndef CCMON_METRICS_H
#define CCMON_METRICS_H

#include <ccmon/rlink.h>

enum metrics_kind {		/* the hash, and what its name is */
	METRICS_META,		/* meta; no name */
	METRICS_QUEUE,		/* queue:NAME */
	METRICS_FEED,		/* feed:NAME */
	METRICS_COLLECTOR,	/* collector:NAME */
	METRICS_HOOKS,		/* hooks: JSON by name; no name */
	METRICS_ALERTS,		/* alerts: JSON by id; no name */
	METRICS_NKINDS
};

enum metrics_format {
	METRICS_PROMETHEUS,	/* text format 0.0.4 */
	METRICS_OPENMETRICS,	/* 1.0.0 */
};

/* What the wall-board says of itself. */
struct metrics_self {
	struct str	 version;
	struct str	 site;
	msec_t		 started;	/* wall clock */
	bool		 redis_up;
};

struct metrics;
struct metrics *metrics_new(void);
void	metrics_free(struct metrics *);

/* A new reading: forgets what was added, not what was written. */
void	metrics_begin(struct metrics *);
/* A reply to HGETALL; copied.  One that is no array, or empty (what expired),
 * adds nothing. */
void	metrics_add(struct metrics *, enum metrics_kind, struct str name,
	    const struct reply *hash);
/* Appends all of it.  o->failed: there was no memory for the reading or the
 * text, which is not to be served. */
void	metrics_write(struct metrics *, const struct metrics_self *, enum metrics_format,
	    struct out *o);

/* By the header Accept, NULL where there was none. */
enum metrics_format metrics_format_of(const char *accept);
const char *metrics_content_type(enum metrics_format);

#endif
