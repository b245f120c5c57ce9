/* SPDX-License-Identifier: MIT */
/*
 * dialect.h: from one source's own words to events.  Pure: the same bytes in
 * the same order give the same events.
 */
#ifndef CCMON_DIALECT_H
#define CCMON_DIALECT_H

#include "base.h"
#include "event.h"

#define DIALECT_EVENTS_MAX 8	/* events one message can become */

struct dialect_result {
	unsigned	n;		/* events; 0 with why == REFUSAL_NONE: skipped */
	struct event	ev[DIALECT_EVENTS_MAX]; /* texts borrowed until the next call */
	enum refusal	why;		/* refused, when not REFUSAL_NONE (n is 0) */
	struct str	source;		/* refused: its source where it could be read */
	struct str	detail;		/* refused: the member; skipped: the verb */
};

struct dialect {
	const char	*name;
	const char	*text;		/* one line for the manual */
	/* state of one input; source names it where the dialect's messages do
	 * not (NULL: they do) */
	void		*(*open)(const char *source);
	void		(*close)(void *state);
	void		(*decode)(void *state, const char *msg, size_t len,
			    struct dialect_result *);
};

extern const struct dialect *const dialects[];	/* ends with NULL */
const struct dialect *dialect_find(const char *name);	/* or NULL */

#endif
