/* SPDX-License-Identifier: MIT */
/*
 * missing.c: ranges of numbers that have not come.
 *
 * Numbers are lost in runs, so a sorted list of ranges says in a few words
 * what a bit for each could only say of the last few thousand.  What comes in
 * order never gets here.  It allocates nothing: the engine counts its memory,
 * a collector does not.
 */
#include "ccmon/missing.h"

#include <assert.h>
#include <string.h>

/* The first range that ends at this number or behind it; n: there is none. */
static uint32_t
find(const struct missing *m, uint64_t number)
{
	uint32_t low = 0, high = m->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (m->range[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
insert(struct missing *m, uint32_t i, struct range r)
{
	assert(m->n < m->cap);
	memmove(m->range + i + 1, m->range + i, (m->n - i) * sizeof(r));
	m->range[i] = r;
	m->n++;
}

static void
erase(struct missing *m, uint32_t i)
{
	m->n--;
	memmove(m->range + i, m->range + i + 1, (m->n - i) * sizeof(*m->range));
}

static uint64_t
missed(const struct range *r)
{
	return r->at == NOT_MISSED ? 0 : range_size(r);
}

void
missing_add(struct missing *m, uint64_t first, uint64_t last, msec_t at)
{
	struct range r = { first, last, at };

	assert(first <= last && (m->n == 0 || m->range[m->n - 1].last < first));
	insert(m, m->n, r);
	m->count += missed(&r);
}

/* Of range i only what is not between first and last is left. */
static void
cut(struct missing *m, uint32_t i, uint64_t first, uint64_t last)
{
	struct range *r = &m->range[i], above = { last + 1, r->last, r->at };
	bool has_below = r->first<first, has_above = r->last> last;

	m->count -= missed(r);
	if (has_below) {
		r->last = first - 1;
		m->count += missed(r);
	}
	if (has_above)
		m->count += missed(&above);
	if (has_below && has_above)
		insert(m, i + 1, above);
	else if (has_above)
		*r = above;
	else if (!has_below)
		erase(m, i);
}

bool
missing_take(struct missing *m, uint64_t number)
{
	uint32_t i = find(m, number);

	if (i == m->n || m->range[i].first > number)
		return false;
	cut(m, i, number, number);
	return true;
}

uint64_t
missing_drop(struct missing *m, uint64_t first, uint64_t last)
{
	uint64_t before = m->count;
	uint32_t i, n;

	for (i = find(m, first); i < m->n && m->range[i].first <= last;) {
		n = m->n;
		cut(m, i, first, last);
		i += m->n >= n; /* what is left of it is passed */
	}
	return before - m->count;
}

bool
missing_shrink(struct missing *m, struct range *dropped)
{
	if (m->n <= MISSING_MAX)
		return false;
	*dropped = m->range[0];
	m->count -= missed(dropped);
	erase(m, 0);
	return true;
}

uint64_t
missing_since(const struct missing *m, msec_t at)
{
	uint64_t n = 0;

	/* they were missed in the order of their numbers */
	for (uint32_t i = m->n; i > 0 && m->range[i - 1].at >= at; i--)
		n += missed(&m->range[i - 1]);
	return n;
}
