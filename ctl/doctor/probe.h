/* SPDX-License-Identifier: MIT */
/*
 * probe.h: a conversation with a switch, a question and an answer at a time.
 * Each waits for its answer, for PROBE_MS at most.
 */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include <ccmon/base.h>
#include <ccmon/out.h>

#include "collectors/inputs/stanza.h"

#define PROBE_MS	3000	/* ms; of each step */

struct probe {
	int		 fd;		/* -1: none */
	struct stanzas	*stanzas;
	struct stanza	 stanza;	/* the last one that came; borrowed until the next */
	char		 why[128];	/* why a step failed */
};

/* Connects to a numeric address and port; false and why.  To be closed in
 * either case. */
bool	probe_open(struct probe *, const char *address, const struct stanzas_options *) CCMON_CHECK;
void	probe_close(struct probe *);

/* Sends it all; false and why. */
bool	probe_say(struct probe *, const char *format, ...) CCMON_PRINTF(2, 3) CCMON_CHECK;
/* The next stanza; false and why: none came, or what came is none. */
bool	probe_hear(struct probe *) CCMON_CHECK;

/* A value of the last stanza; STR_NONE. */
struct str probe_value(const struct probe *, const char *key);
bool	probe_is(const struct probe *, const char *key, const char *value);

#endif
