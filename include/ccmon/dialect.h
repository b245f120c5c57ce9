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
	struct str	id[DIALECT_EVENTS_MAX];	/* what the source calls this event or its
					   message, by which a repeat is known and
					   dropped; none: it cannot be */
	bool		more;		/* there are more events in it: call again, with
					   msg NULL */
	enum refusal	why;		/* refused, when not REFUSAL_NONE (n is 0) */
	struct str	source;		/* refused: its source where it could be read */
	struct str	detail;		/* refused: the member; skipped: the verb */
};

/* How its source signs what it posts over HTTP. */
enum signature { SIGNATURE_NONE, SIGNATURE_SHA1, SIGNATURE_SHA256 };
struct dialect_http {
	const char	*token_header;	/* holds the secret itself; or NULL */
	const char	*signature_header; /* holds an HMAC, in hex after "sha1=" or "sha256="; or NULL */
	uint8_t		signature;	/* enum signature */
	const char	*timestamp_header; /* what is signed is "<its value>.<body>"; NULL: the body */
};

/*
 * What a dialect that follows contacts over many messages knows of them: in
 * numbered notes, which are kept in one transaction with the events, and given
 * back before the first message when the collector starts again.
 */
#define DIALECT_NOTE_MAX	480	/* bytes of a note */
struct dialect_memory {
	/* Note *number was changed since it was asked for; empty: it is void.
	 * Borrowed until the next call.  False: no (other) one was. */
	bool		(*changed)(void *state, unsigned *number, struct str *note);
	/* At open, from number 0 on, and none that is void.  A note that makes no
	 * sense is passed over. */
	void		(*recall)(void *state, unsigned number, struct str note);
};

struct dialect {
	const char	*name;
	const char	*text;		/* one line for the manual */
	bool		needs_source;	/* its messages do not name their source */
	/* state of one input; source names it where the dialect's messages do
	 * not (NULL: they do) */
	void		*(*open)(const char *source);
	void		(*close)(void *state);
	/* received: when the message came, for dialects whose messages do not say
	 * when; 0: not known, as in a recording */
	void		(*decode)(void *state, const char *msg, size_t len, msec_t received,
			    struct dialect_result *);
	const struct dialect_memory *memory;	/* NULL: each message stands for itself */
	const struct dialect_http *http;	/* NULL: it is not posted, or not signed */
	msec_t		known_for;	/* ms; the names of its events are known so long, and
					   those told again at least half so long from then
					   on; 0: as long as sources try again */
};

extern const struct dialect *const dialects[];	/* ends with NULL */
const struct dialect *dialect_find(const char *name);	/* or NULL */

#endif
