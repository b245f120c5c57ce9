/* SPDX-License-Identifier: MIT */
/*
 * heap.c: deadlines in order.  A binary heap of pointers; each element knows
 * its place, so that it can be moved or taken out in O(log n).  Those at the
 * same time have an order of their own, so that it does not matter when each
 * was put in: sources that know whole seconds make many of these.
 */
#include "engine_int.h"

static void
set_at(struct heap *h, size_t i, struct heap_item *x)
{
	h->item[i] = x;
	x->place = (uint32_t)i + 1;
}

static bool
is_before(const struct heap_item *a, const struct heap_item *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void
up(struct heap *h, size_t i)
{
	struct heap_item *x = h->item[i];

	for (; i > 0 && is_before(x, h->item[(i - 1) / 2]); i = (i - 1) / 2)
		set_at(h, i, h->item[(i - 1) / 2]);
	set_at(h, i, x);
}

static void
down(struct heap *h, size_t i)
{
	struct heap_item *x = h->item[i];
	size_t child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && is_before(h->item[child + 1], h->item[child]))
			child++;
		if (!is_before(h->item[child], x))
			break;
		set_at(h, i, h->item[child]);
		i = child;
	}
	set_at(h, i, x);
}

void
heap_set(struct heap *h, struct memory *m, struct heap_item *x, msec_t at)
{
	if (x->place == 0) {
		h->item = memory_grow(m, h->item, h->n, &h->cap, sizeof(*h->item));
		set_at(h, h->n++, x);
	}
	x->at = at;
	up(h, x->place - 1);
	down(h, x->place - 1);
}

void
heap_remove(struct heap *h, struct heap_item *x)
{
	size_t i = x->place - 1;
	struct heap_item *last;

	if (x->place == 0)
		return;
	x->place = 0;
	last = h->item[--h->n];
	if (last == x)
		return;
	set_at(h, i, last);
	up(h, i);
	down(h, last->place - 1);
}

struct heap_item *
heap_top(const struct heap *h)
{
	return h->n > 0 ? h->item[0] : NULL;
}

void
heap_fini(struct heap *h, struct memory *m)
{
	memory_free(m, h->item, h->cap * sizeof(*h->item));
	memset(h, 0, sizeof(*h));
}

void
heap_check(const struct heap *h)
{
	for (size_t i = 0; i < h->n; i++) {
		assert(h->item[i]->place == i + 1);
		assert(i == 0 || !is_before(h->item[i], h->item[(i - 1) / 2]));
	}
}
