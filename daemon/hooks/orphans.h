/* SPDX-License-Identifier: MIT */
/*
 * orphans.h: processes that hooks left behind.
 */
#ifndef CCMON_HOOKS_ORPHANS_H
#define CCMON_HOOKS_ORPHANS_H

#include <sys/types.h>

#include <ccmon/base.h>

/* By what the children of a run are known. */
struct orphans_mark {
	pid_t		pid;		/* of the hook; its session and its group */
	uint64_t	began;		/* clock ticks since boot */
	char		run[512];	/* its environment's CCMON_HOOK, _PAGE_ID, _ATTEMPT */
};

/* A child of ours that we did not start. */
struct orphan {
	pid_t		pid, session;
	uint64_t	began;
	char		run[512];	/* as in the mark; empty: cannot be known */
};

struct orphans_mark orphans_mark(pid_t, const char *hook, struct str page, unsigned attempt);
bool	orphan_belongs(const struct orphan *, const struct orphans_mark *);
/* Kills every child of ours of which the caller does not want to know. */
void	orphans_kill(bool (*is_wanted)(void *arg, const struct orphan *), void *arg);

#endif
