/* SPDX-License-Identifier: MIT */
/*
 * seen.c: a set of hashes that grows.  Two ids of the same hash would be taken
 * for one; with a billion of them in a recording that is one chance in forty.
 */
#include "ccmon/seen.h"
#include "ccmon/siphash.h"

#include <assert.h>
#include <stdlib.h>

#define SLOTS_FIRST 1024 /* a power of two */

struct seen {
	uint64_t *slots; /* 0: free */
	size_t nslots, n;
};

static uint64_t *
slots_new(size_t n)
{
	uint64_t *slots = calloc(n, sizeof(*slots));

	assert(slots != NULL);
	return slots;
}

struct seen *
seen_new(void)
{
	struct seen *s = malloc(sizeof(*s));

	assert(s != NULL);
	*s = (struct seen){ slots_new(SLOTS_FIRST), SLOTS_FIRST, 0 };
	return s;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s);
}

/* Where it is, or would be. */
static uint64_t *
slot_of(uint64_t *slots, size_t nslots, uint64_t hash)
{
	size_t i = hash & (nslots - 1);

	while (slots[i] != 0 && slots[i] != hash)
		i = (i + 1) & (nslots - 1);
	return &slots[i];
}

static void
grow(struct seen *s)
{
	size_t nslots = 2 * s->nslots;
	uint64_t *slots = slots_new(nslots);

	for (size_t i = 0; i < s->nslots; i++)
		if (s->slots[i] != 0)
			*slot_of(slots, nslots, s->slots[i]) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->nslots = nslots;
}

/* The hash of the id, keyed by that of its source. */
static uint64_t
hash_of(struct str source, struct str id)
{
	static const uint8_t nothing[SIPHASH_KEY];
	uint64_t key[SIPHASH_KEY / sizeof(uint64_t)] = { 0 };
	uint64_t hash;

	key[0] = siphash(nothing, source.p, source.n);
	hash = siphash((const uint8_t *)key, id.p, id.n);
	return hash == 0 ? 1 : hash;
}

bool
seen_before(struct seen *s, struct str source, struct str id)
{
	uint64_t hash, *slot;

	if (id.n == 0)
		return false;
	if (2 * s->n >= s->nslots)
		grow(s);
	hash = hash_of(source, id);
	slot = slot_of(s->slots, s->nslots, hash);
	if (*slot == hash)
		return true;
	*slot = hash;
	s->n++;
	return false;
}
