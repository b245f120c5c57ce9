/* SPDX-License-Identifier: MIT */
/*
 * memory.c: all the engine holds comes through here and is counted.  How much
 * that can be follows from the site's limits.  When the system has no more,
 * the process ends: its collectors and Redis hold what it takes to go on.
 *
 * Small pieces, contacts and visits above all, come and go with every call;
 * what is given back is kept, by size, for the next one of that size.  Not
 * under AddressSanitizer, which is to see each of them.
 */
#include <assert.h>
#include <stdlib.h>
#include "memory.h"

#ifndef __has_feature
#define __has_feature(x) 0 /* gcc 12 has none; it says __SANITIZE_ADDRESS__ */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
static const size_t keep_up_to = 0;
#else
static const size_t keep_up_to = MEMORY_CLASSES * MEMORY_STEP; /* bytes */
#endif

/* Nothing at all is no piece. */
static bool
is_piece(size_t size)
{
	return size - 1 < keep_up_to;
}

static size_t
class_of(size_t size)
{
	return (size - 1) / MEMORY_STEP;
}

void *
memory_new(struct memory *m, size_t size)
{
	struct memory_piece *kept;
	void *p;

	m->used += size;
	if (size == 0)
		return NULL;
	if (is_piece(size) && (kept = m->kept[class_of(size)]) != NULL) {
		m->kept[class_of(size)] = kept->next;
		return memset(kept, 0, size);
	}
	p = calloc(1, is_piece(size) ? (class_of(size) + 1) * MEMORY_STEP : size);
	assert(p != NULL);
	return p;
}

void *
memory_resize(struct memory *m, void *old, size_t from, size_t to)
{
	char *p;

	if (is_piece(from) || is_piece(to)) { /* pieces of a size of their own */
		p = memory_new(m, to);
		if (old != NULL && p != NULL)
			memcpy(p, old, from < to ? from : to);
		memory_free(m, old, from);
		return p;
	}
	p = realloc(old, to);
	assert(p != NULL);
	if (to > from)
		memset(p + from, 0, to - from);
	m->used += to - from;
	return p;
}

void
memory_free(struct memory *m, void *p, size_t size)
{
	if (p == NULL)
		return;
	m->used -= size;
	if (!is_piece(size)) {
		free(p);
		return;
	}
	*(struct memory_piece *)p = (struct memory_piece){ m->kept[class_of(size)] };
	m->kept[class_of(size)] = p;
}

void
memory_fini(struct memory *m)
{
	struct memory_piece *p;

	for (size_t i = 0; i < MEMORY_CLASSES; i++)
		while ((p = m->kept[i]) != NULL) {
			m->kept[i] = p->next;
			free(p);
		}
}

void *
memory_grow(struct memory *m, void *p, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap == 0 ? 8 : *cap * 2;

	if (n < *cap)
		return p;
	p = memory_resize(m, p, *cap * size, want * size);
	*cap = want;
	return p;
}
