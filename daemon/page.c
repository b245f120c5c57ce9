/* SPDX-License-Identifier: MIT */
/*
 * page.c: the words of page.h.
 */
#include "page.h"

#include <assert.h>

const char *
page_kind_name(enum page_kind kind)
{
	static const char *const names[] = {
#define PAGE_KIND(sym, name) name,
		PAGE_KINDS(PAGE_KIND)
#undef PAGE_KIND
	};

	assert(kind < PAGE_KIND_COUNT);
	return names[kind];
}

const char *
hook_outcome_name(enum hook_outcome outcome)
{
	static const char *const names[] = {
#define OUTCOME(sym, name) name,
		HOOK_OUTCOMES(OUTCOME)
#undef OUTCOME
	};

	assert(outcome < HOOK_OUTCOME_COUNT);
	return names[outcome];
}
