/* SPDX-License-Identifier: MIT */
/*
 * page.h: one page on its way from the alerts, which know why, through main
 * to the hook runner, which knows how.  Texts are borrowed until the next
 * call on whoever gave it.
 */
#ifndef CCMON_PAGE_H
#define CCMON_PAGE_H

#include <ccmon/base.h>

/* PAGE_KIND(symbol, "CCMON_KIND") */
#define PAGE_KINDS(PAGE_KIND) \
	PAGE_KIND(FIRE, "fire") \
	PAGE_KIND(REPEAT, "repeat") \
	PAGE_KIND(ESCALATE, "escalate") \
	PAGE_KIND(RESOLVE, "resolve")
enum page_kind {
#define PAGE_KIND(sym, name)	PAGE_##sym,
	PAGE_KINDS(PAGE_KIND)
#undef PAGE_KIND
	PAGE_KIND_COUNT
};
const char	*page_kind_name(enum page_kind);

#define EPISODE_MAX	17	/* bytes with NUL: 16 hex digits */
#define PAGE_ID_MAX	64	/* bytes with NUL: "<episode>.<round>.<step>" */

/* An episode a page speaks of; one, or many when it is a storm's. */
struct page_ref {
	struct str	alert;		/* "oldest_wait/queue:sales" */
	struct str	episode;	/* 16 hex digits */
	msec_t		began;		/* the episode; epoch ms */
	uint16_t	round, step;	/* of the ladder */
};

struct page {
	struct str	id;		/* CCMON_PAGE_ID: the same for ever */
	uint8_t		kind;		/* enum page_kind */
	msec_t		time;		/* when it became due; epoch ms */
	const struct str *hooks;	/* whom to tell: names */
	size_t		nhooks;
	const struct page_ref *refs;
	size_t		nrefs;
	const struct str *env;		/* "CCMON_KIND=fire" ... all but CCMON_ATTEMPT */
	size_t		nenv;
	struct str	body;		/* standard input: JSON */
};

/* How one run of a hook, or all that was tried for a page, ended. */
/* OUTCOME(symbol, "name") */
#define HOOK_OUTCOMES(OUTCOME) \
	OUTCOME(DELIVERED, "delivered") \
	OUTCOME(RETRY, "retry") \
	OUTCOME(GIVEN_UP, "given_up") \
	OUTCOME(CANCELLED, "cancelled") \
	OUTCOME(SUPERSEDED, "superseded")
enum hook_outcome {
#define OUTCOME(sym, name)	HOOK_##sym,
	HOOK_OUTCOMES(OUTCOME)
#undef OUTCOME
	HOOK_OUTCOME_COUNT
};
const char	*hook_outcome_name(enum hook_outcome);

/* What the outbox knows of a page, told when the runner begins. */
struct told_page {
	struct str	id;
	uint8_t		kind;		/* enum page_kind */
	msec_t		time;
	bool		finished;	/* every hook delivered or given up */
	bool		delivered;	/* by one of them at least */
	const struct page_ref *refs;
	size_t		nrefs;
};

#endif
