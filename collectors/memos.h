/* SPDX-License-Identifier: MIT */
/* memos.h: memos that wait for the block they go to disk with.  Pure. */
#ifndef COLLECTORS_MEMOS_H
#define COLLECTORS_MEMOS_H

#include "collectors/collector.h"

struct memos {
	struct memo_slot { struct memo memo; char value[MEMO_VALUE_MAX]; } **slot;
	size_t	n, cap;
	struct memo *list;		/* as memos_list gave it */
};

/* Copies it; one of the same key is replaced.  -1: no memory. */
int	memos_put(struct memos *, const struct memo *) CCMON_CHECK;
const struct memo *memos_find(const struct memos *, const uint8_t key[MEMO_KEY]);	/* or NULL */
/* All of them, in one row; borrowed until the next put.  NULL: no memory. */
const struct memo *memos_list(struct memos *);
void	memos_clear(struct memos *);	/* keeps the memory */
void	memos_fini(struct memos *);

#endif
