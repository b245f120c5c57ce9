/* SPDX-License-Identifier: MIT */
/*
 * registry.h: the hooks there are, and those there were.
 */
#ifndef CCMON_HOOKS_REGISTRY_H
#define CCMON_HOOKS_REGISTRY_H

#include "frame.h"
#include "lanes.h"
#include "outbox.h"
#include "run.h"

/* A hook, or the name of one that is gone. */
struct hook {
	struct hook	*next;
	struct lane	 lane;		/* its owner is the hook */
	const struct hook_def *def;	/* NULL: there is no such hook */
	struct outbox_hook total;
	bool		 dirty;		/* the total is not on disk */
	char		 unsafe[512];	/* why its program may not be run, or empty */
	char		 name[];
};

struct registry {
	struct lanes	*lanes;		/* borrowed */
	struct outbox	*outbox;	/* the same */
	struct hook	*first;
	struct frame	 rules;		/* no type: nobody has said what hooks there are */
	char		*bytes;		/* of the rules */
	struct out	 status, last_status;
};

void	registry_fini(struct registry *);
struct hook *registry_find(struct registry *, struct str name);	/* or made: one that is gone */
/* The hooks as they are from now on: a RULES frame. */
void	registry_set(struct registry *, const struct frame *);
/* Looks whether the programs may be run. */
void	registry_check(struct registry *);
/* Says how the hooks stand, when that is news. */
void	registry_report(struct registry *, struct out *to);
/* The totals that changed, in the outbox's transaction; and when it is done. */
void	registry_write(struct registry *);
void	registry_clean(struct registry *);
/* A delivery ended, or its run: counted, and said in the log. */
void	registry_count(struct hook *, const struct delivery *, const char *why);
void	registry_log(const struct hook *, const struct delivery *, const struct run_end *, const char *why);

/* The memory, or the end of the runner: the daemon starts another. */
void	*need(void *);
_Noreturn void out_of_memory(void);

#endif
