/* SPDX-License-Identifier: MIT */
/*
 * stanza.h: what a switch says on its line, cut into messages.  Both Asterisk's
 * manager and FreeSWITCH's event socket speak in stanzas: lines of "Key: value",
 * and an empty one.  With FreeSWITCH a body may follow, as long as the
 * stanza's Content-Length says.  Pure.
 *
 *	while ((kind = stanzas_next(s, &stanza)) != STANZA_NONE)
 *		...
 *	room = stanzas_room(s, &n);		read at most n bytes there
 *	stanzas_fill(s, got);
 */
#ifndef COLLECTORS_STANZA_H
#define COLLECTORS_STANZA_H

#include "ccmon/base.h"

#define STANZA_HEAD_MAX	65536		/* bytes of its lines */
#define STANZA_BODY_MAX	(1 << 20)	/* bytes; a long list */

enum stanza_kind {
	STANZA_NONE,		/* more bytes are needed */
	STANZA_WHOLE,
	STANZA_NOISE,		/* a line that begins no stanza: head is that line */
	STANZA_OVERSIZED,	/* longer than is taken, and skipped: head is its beginning */
	STANZA_BROKEN,		/* nobody knows where the next one would begin */
};

struct stanza {
	enum stanza_kind kind;
	struct str	head;	/* its lines with their ends, without the empty one */
	struct str	body;
};

struct stanzas;

struct stanzas_options {
	bool	greets;		/* the very first line is alone: a stanza without an end */
	bool	has_bodies;
};

struct stanzas *stanzas_new(const struct stanzas_options *) CCMON_CHECK;
void	stanzas_free(struct stanzas *);
/* Another connection: what is left of the last one is forgotten. */
void	stanzas_reset(struct stanzas *);
/* Where to put the next bytes, and how many at most.  NULL: no memory. */
char	*stanzas_room(struct stanzas *, size_t *n) CCMON_CHECK;
void	stanzas_fill(struct stanzas *, size_t n);
/* The next one, borrowed until room is asked for; returns its kind. */
enum stanza_kind stanzas_next(struct stanzas *, struct stanza *);

/* What stands after "key:", whatever the case of its letters, without blanks
 * around it; of the first such line.  STR_NONE: there is none. */
struct str stanza_value(struct str head, const char *key);

#endif
