/* SPDX-License-Identifier: MIT */
/*
 * structures.h: what the things of the engine are kept in: indexes, heaps,
 * histograms, orders.  A part of engine_int.h, which includes it.
 */
#ifndef CCMON_ENGINE_STRUCTURES_H
#define CCMON_ENGINE_STRUCTURES_H

#include "memory.h"

/* ---- other.c: different names, counted ---- */

#define NAMES_EXACT	256		/* names told apart; of more the number is estimated */
struct names {
	int64_t		 day;		/* begin of the day they are of, s */
	uint16_t	 n;
	bool		 more;		/* than could be kept */
	uint64_t	 least[NAMES_EXACT];	/* hashes, in order */
};

/* ---- index.c: from a key's hash to a number ---- */

struct index {
	struct index_slot { uint32_t hash, id; } *slot;	/* id + 1; 0: free */
	uint32_t	 mask, n;
	const uint8_t	*key;		/* of its hashes; borrowed */
};
void		 index_init(struct index *, struct memory *, const uint8_t *key);
void		 index_fini(struct index *, struct memory *);
uint64_t	 index_hash(const struct index *, const void *, size_t);
/* The same in every process: for what is saved or put in order.  `of` is what
 * the text belongs to. */
uint64_t	 identity_hash(struct str, uint64_t of);
/* The first id with this hash for which eq() holds, or NONE. */
uint32_t	 index_find(const struct index *, uint64_t hash,
		    bool (*eq)(const void *ctx, uint32_t id, const void *key),
		    const void *ctx, const void *key);
void		 index_add(struct index *, struct memory *, uint64_t hash, uint32_t id);
void		 index_remove(struct index *, uint64_t hash, uint32_t id);

/* ---- heap.c: deadlines in order; elements know their place ---- */

struct heap_item {
	msec_t		 at;
	uint64_t	 order;		/* among those at the same time */
	uint32_t	 place;		/* 1 + index in the heap; 0: not in it */
};
struct heap {
	struct heap_item **item;
	size_t		 n, cap;
};
void			 heap_fini(struct heap *, struct memory *);
void			 heap_set(struct heap *, struct memory *, struct heap_item *, msec_t at);
void			 heap_remove(struct heap *, struct heap_item *);
struct heap_item	*heap_top(const struct heap *);	/* or NULL */
void			 heap_check(const struct heap *);

/* ---- hist.c: how long, log-linear, within 0.8 %; can be taken back ---- */

#define HIST_SUB	64		/* buckets to an octave */
#define HIST_BLOCKS	27		/* up to 2^32 ms, 49 days */
struct hist {
	uint64_t	 n;
	uint32_t	 sum[HIST_BLOCKS];
	uint32_t	*block[HIST_BLOCKS];	/* HIST_SUB counts each, made when needed */
};
void	 hist_add(struct hist *, struct memory *, uint32_t ms, int sign);
void	 hist_sum(struct hist *, struct memory *, const struct hist *more);
void	 hist_clear(struct hist *, struct memory *);
/* Middle of the bucket that holds the nearest rank of p (per mille). */
int64_t	 hist_percentile(const struct hist *, unsigned per_mille);
unsigned hist_bucket(uint32_t ms);
uint32_t hist_middle(unsigned bucket);

/* ---- peak.c: the largest of the last seconds, exactly ---- */

struct peak {
	struct peak_entry { int64_t second; int64_t value; } *e;
	size_t		 first, n, cap;
};
void	 peak_add(struct peak *, struct memory *, int64_t second, int64_t value);
void	 peak_forget(struct peak *, int64_t before);	/* seconds < before */
/* The largest value of seconds >= from, or -1. */
int64_t	 peak_since(const struct peak *, int64_t from);
void	 peak_fini(struct peak *, struct memory *);

/* ---- order.c: things in order of time, linked through themselves ---- */

struct link {
	struct link	*left, *right;
	msec_t		 at;		/* not to be changed while it is in */
	uint32_t	 n;		/* of it and all below it */
};
struct order {
	struct link	*root;
};
void	 order_put(struct order *, struct link *, msec_t at);
void	 order_take(struct order *, struct link *);
uint32_t order_n(const struct order *);
uint32_t order_until(const struct order *, msec_t at);	/* those with at <= it */
const struct link *order_first(const struct order *);	/* or NULL */
const struct link *order_next(const struct order *, const struct link *);
void	 order_check(const struct order *);

#endif
