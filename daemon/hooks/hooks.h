/* SPDX-License-Identifier: MIT */
/*
 * hooks.h: the hook runner and the daemon's end of the line to it.
 *
 *	ccmond -- socket pair --> runner -- outbox (LMDB) --> hook processes
 *
 * The runner is a process of its own, the same program started anew by
 * hooks_start before and after ZeroMQ exists alike (posix_spawn of ourselves:
 * a fork of a big process with threads would be neither cheap nor safe).  It
 * owns the outbox in daemon.state_dir and every hook process.  When it dies
 * it is started again, and is given again what it did not say it had stored.
 */
#ifndef CCMON_HOOKS_H
#define CCMON_HOOKS_H

#include <ccmon/rules.h>

#include "../page.h"

/* One run of a hook, or the end of a page at a hook. */
struct hook_result {
	struct str	page, hook;
	struct str	alert;		/* of its first ref; empty: a test, the watchdog */
	uint8_t		kind;		/* enum page_kind */
	uint8_t		outcome;	/* enum hook_outcome */
	unsigned	attempt;	/* 1, 2 ... */
	int		code;		/* exit code, or -signal; -1000: could not be run */
	msec_t		took;		/* ms */
	msec_t		next;		/* when it is tried again, epoch ms; -1 */
	struct str	output;		/* what it printed, 4 KiB at most */
	struct str	why;		/* one line */
};

/* A hook as it stands. */
struct hook_status {
	struct str	name;
	uint64_t	waiting, running;	/* pages */
	msec_t		oldest;		/* when its oldest unfinished page came; -1 */
	uint64_t	delivered, given_up, attempts; /* since the outbox began */
	msec_t		last_time;	/* of its last attempt; -1: none */
	uint8_t		last_outcome;
	struct str	last_why;
	struct str	unsafe;		/* why its program may not be run, or empty */
};

struct hooks_options {
	const char	*state_dir;	/* copied */
	const struct rules *rules;	/* the hooks; copied */
	const char	*site;		/* copied */
	void		(*on_told)(void *arg, const struct told_page *);
	void		(*on_ready)(void *arg);		/* it told all; pages may come */
	void		(*on_stored)(void *arg, struct str page);
	/* After on_stored, unless the disk refuses: then it may come first. */
	void		(*on_finished)(void *arg, struct str page, bool delivered);
	void		(*on_result)(void *arg, const struct hook_result *);
	void		*arg;
};

struct hooks;
struct hooks	*hooks_start(const struct hooks_options *);	/* NULL: said why */
void		 hooks_stop(struct hooks *);	/* waits no longer than it must */
void		 hooks_set_rules(struct hooks *, const struct rules *);
/* What the outbox knows is told again: on_told for each page, then on_ready. */
void		 hooks_tell(struct hooks *);
bool		 hooks_is_ready(const struct hooks *);
void		 hooks_page(struct hooks *, const struct page *);
void		 hooks_cancel(struct hooks *, struct str episode);
/* May hooks be run?  None is before the first go; what runs is not ended. */
void		 hooks_go(struct hooks *, bool go);
/* The i-th hook as last reported (every second when something changed). */
bool		 hooks_status(const struct hooks *, size_t i, struct hook_status *);
msec_t		 hooks_oldest(const struct hooks *);	/* -1: nothing waits */

/* The runner's main(): what ccmond does when it was started as one. */
#define HOOKS_ARG	"--hook-runner"
int		 hooks_runner_main(int argc, char **argv);

/*
 * May this program be run?  Its path must be absolute and exist, be a regular
 * file that can be executed, and it and every directory above it must belong
 * to root or to us and be writable by nobody else (a sticky directory may be:
 * nobody can take away there what is not his).  false and why, naming the
 * component, its owner and its mode.  Used by the runner before each run, by
 * ccmond -t and by doctor.
 */
bool		 hook_check(const char *path, char *why, size_t why_len);

#endif
