/* SPDX-License-Identifier: MIT */
/*
 * found.h: what the script that takes the site (scripts.h) says it found.
 * Pure: a reply in, words out.
 */
#ifndef CCMON_FOUND_H
#define CCMON_FOUND_H

#include "daemon.h"

#define OWNER_MAX	64			/* bytes with NUL; "<epoch>:<32 hex digits>" */
#define HOLDER_MAX	(INSTANCE_MAX + 32)	/* bytes with NUL; instance, host and pid */

/* Borrowed from the reply. */
struct found {
	struct str	owner;		/* we, from now on; empty: another has the site */
	struct str	format, rewriting; /* of the state; empty: not there */
	bool		any;		/* there is a state */
	uint64_t	epoch, batch;	/* 0 where there is none */
	int64_t		version;	/* last published */
	struct str	other, holder;	/* who has it: the owner, and in words */
	msec_t		left;		/* of its lease; -1: there is none */
};

/* false: that is no answer of the script. */
bool	found_open(struct found *, const struct reply *) CCMON_CHECK;
/* Who has it, for a human. */
void	found_holder(const struct found *, char name[HOLDER_MAX]);

#endif
