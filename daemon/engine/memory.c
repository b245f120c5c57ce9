/* SPDX-License-Identifier: MIT */
/*
 * memory.c: all the engine holds comes through here and is counted.  How much
 * that can be follows from the site's limits.  When the system has no more,
 * the process ends: its collectors and Redis hold what it takes to go on.
 */
#include <stdlib.h>
#include "engine_int.h"

void *
memory_new(struct memory *m, size_t size)
{
	void *p = calloc(1, size);

	assert(p != NULL || size == 0);
	m->used += size;
	return p;
}

void *
memory_resize(struct memory *m, void *old, size_t from, size_t to)
{
	char *p = realloc(old, to);

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
	free(p);
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
