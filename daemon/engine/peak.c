/* SPDX-License-Identifier: MIT */
/*
 * peak.c: the largest value of the last w seconds, for every w at once.
 *
 * Kept are only the values that some window may still show: seconds rise and
 * values fall.  A new value removes the smaller ones before it, so the list
 * stays short (its expected length is the logarithm of the number of values),
 * and the largest of a window is the first entry inside it.
 */
#include "engine_int.h"

/* The first entry whose second is at least that. */
static size_t
find(const struct peak *p, int64_t second)
{
	size_t low = p->first, high = p->first + p->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p->e[middle].second < second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
make_room(struct peak *p, struct memory *m)
{
	if (p->first > 0 && p->first >= p->n) {
		memmove(p->e, p->e + p->first, p->n * sizeof(*p->e));
		p->first = 0;
	}
	p->e = memory_grow(m, p->e, p->first + p->n, &p->cap, sizeof(*p->e));
}

void
peak_add(struct peak *p, struct memory *m, int64_t second, int64_t value)
{
	size_t at, smaller, end;

	make_room(p, m);
	at = find(p, second);
	end = p->first + p->n;
	if (at < end && p->e[at].value >= value)
		return; /* this second or a later one has more */
	if (at < end && p->e[at].second == second)
		at++; /* less at the same second: goes too */
	for (smaller = at; smaller > p->first && p->e[smaller - 1].value <= value; smaller--)
		;
	memmove(p->e + smaller + 1, p->e + at, (end - at) * sizeof(*p->e));
	p->e[smaller].second = second;
	p->e[smaller].value = value;
	p->n = p->n + 1 - (at - smaller);
}

void
peak_forget(struct peak *p, int64_t before)
{
	for (; p->n > 0 && p->e[p->first].second < before; p->n--)
		p->first++;
	if (p->n == 0)
		p->first = 0;
}

int64_t
peak_since(const struct peak *p, int64_t from)
{
	size_t at = find(p, from);

	return at < p->first + p->n ? p->e[at].value : -1;
}

void
peak_fini(struct peak *p, struct memory *m)
{
	memory_free(m, p->e, p->cap * sizeof(*p->e));
	memset(p, 0, sizeof(*p));
}
