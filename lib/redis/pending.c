/* SPDX-License-Identifier: MIT */
/*
 * pending.c: the commands not yet answered, in the order in which they were
 * sent.
 *
 * hiredis keeps such a list, too, but asks for memory there without looking
 * whether it got any, and does not say which command the bytes that leave
 * belong to.
 */
#include "redis.h"

#include <stdlib.h>

#define PENDING_FIRST 64 /* commands; a power of two, as all that follow */

bool
pending_reserve(struct pending_queue *q)
{
	size_t cap = q->cap > 0 ? q->cap * 2 : PENDING_FIRST;
	struct pending *ring;

	if (q->n < q->cap)
		return true;
	ring = malloc(cap * sizeof *ring);
	if (ring == NULL)
		return false;
	for (size_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
	free(q->ring);
	q->ring = ring;
	q->head = 0;
	q->cap = cap;
	return true;
}

void
pending_add(struct pending_queue *q, reply_fn *fn, void *arg, size_t nbytes)
{
	q->queued += nbytes;
	q->ring[(q->head + q->n++) & (q->cap - 1)] = (struct pending){ fn, arg, q->queued, nbytes };
}

struct pending
pending_take(struct pending_queue *q)
{
	struct pending oldest = q->ring[q->head];

	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	return oldest;
}

bool
pending_oldest_leaves(const struct pending_queue *q, size_t unsent)
{
	return q->queued - unsent < q->ring[q->head].end;
}

size_t
pending_oldest_bytes(const struct pending_queue *q)
{
	return q->ring[q->head].nbytes;
}

void
pending_reset(struct pending_queue *q)
{
	q->n = 0;
	q->queued = 0;
}

void
pending_fini(struct pending_queue *q)
{
	free(q->ring);
}
