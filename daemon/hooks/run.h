/* SPDX-License-Identifier: MIT */
/*
 * run.h: hook processes, from fork to the last of their children.
 */
#ifndef CCMON_HOOKS_RUN_H
#define CCMON_HOOKS_RUN_H

#include <ccmon/rules.h>

#include "../page.h"

#define RUN_NOT_RUN	(-1000)	/* the code of what could not be run */
#define RUN_OUTPUT	4096	/* bytes kept of what it prints */
#define RUN_GRACE_MS	INT64_C(5000)	/* ms from TERM to KILL */

/* How a run ended. */
struct run_end {
	uint8_t		outcome;	/* DELIVERED, RETRY or GIVEN_UP */
	int		code;		/* exit code, -signal, RUN_NOT_RUN */
	msec_t		took;
	struct str	output;
	const char	*why;		/* one line */
};

struct run_options {
	const struct hook_def *hook;	/* borrowed while it starts */
	const struct page *page;	/* the same */
	unsigned	attempt;
	/* Once; not from within run_start. */
	void		(*on_end)(void *arg, const struct run_end *);
	void		*arg;
};

/* False and how it ended when it could not even begin. */
bool	run_start(const struct run_options *, struct run_end *);
/* A child died: ends the runs, kills what they left behind. */
void	runs_reap(void);
size_t	runs_count(void);
/* A signal to all of them; runs that end from now on were ended by us and
 * are not told. */
void	runs_stop(int signal);

#endif
