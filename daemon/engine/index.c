/* SPDX-License-Identifier: MIT */
/*
 * index.c: from a key to the number of the thing that has it.
 *
 * Open addressing with linear probing, at most three quarters full; removing
 * shifts back what follows, so there are no tombstones and a table that was
 * once full is as fast as a new one.  The keys stay with their owners, who
 * compare them; the table holds hashes and numbers.
 *
 * The hashes are keyed: names come from outside, and whoever could work out
 * where they fall could make each search walk through all of them.  The key is
 * another one in each process, so nothing that is saved, counted or put in
 * order may come from such a hash: identity_hash() is for that, the same for
 * ever.
 */
#include <ccmon/siphash.h>
#include "engine_int.h"

#define FIRST_SLOTS 64

uint64_t
index_hash(const struct index *x, const void *p, size_t n)
{
	return siphash_quick(x->key, p, n);
}

uint64_t
identity_hash(struct str s, uint64_t of)
{
	uint64_t key[SIPHASH_KEY / sizeof(uint64_t)] = { of };

	return siphash_quick((const uint8_t *)key, s.p, s.n);
}

void
index_init(struct index *x, struct memory *m, const uint8_t *key)
{
	x->key = key;
	x->slot = memory_new(m, FIRST_SLOTS * sizeof(*x->slot));
	x->mask = FIRST_SLOTS - 1;
	x->n = 0;
}

void
index_fini(struct index *x, struct memory *m)
{
	if (x->slot != NULL)
		memory_free(m, x->slot, ((size_t)x->mask + 1) * sizeof(*x->slot));
	x->slot = NULL;
}

uint32_t
index_find(const struct index *x, uint64_t hash,
    bool (*eq)(const void *ctx, uint32_t id, const void *key), const void *ctx, const void *key)
{
	uint32_t h = (uint32_t)hash, i;

	for (i = h & x->mask; x->slot[i].id != 0; i = (i + 1) & x->mask)
		if (x->slot[i].hash == h && eq(ctx, x->slot[i].id - 1, key))
			return x->slot[i].id - 1;
	return NONE;
}

static void
put(struct index *x, uint32_t hash, uint32_t id)
{
	uint32_t i = hash & x->mask;

	while (x->slot[i].id != 0)
		i = (i + 1) & x->mask;
	x->slot[i].hash = hash;
	x->slot[i].id = id;
}

static void
grow(struct index *x, struct memory *m)
{
	struct index old = *x;
	uint32_t i;

	x->mask = old.mask * 2 + 1;
	x->slot = memory_new(m, ((size_t)x->mask + 1) * sizeof(*x->slot));
	for (i = 0; i <= old.mask; i++)
		if (old.slot[i].id != 0)
			put(x, old.slot[i].hash, old.slot[i].id);
	index_fini(&old, m);
}

void
index_add(struct index *x, struct memory *m, uint64_t hash, uint32_t id)
{
	if (((uint64_t)x->n + 1) * 4 > ((uint64_t)x->mask + 1) * 3)
		grow(x, m);
	put(x, (uint32_t)hash, id + 1);
	x->n++;
}

void
index_remove(struct index *x, uint64_t hash, uint32_t id)
{
	uint32_t i = (uint32_t)hash & x->mask, j, home;

	while (x->slot[i].id != id + 1) {
		assert(x->slot[i].id != 0);
		i = (i + 1) & x->mask;
	}
	for (j = i;;) {
		j = (j + 1) & x->mask;
		if (x->slot[j].id == 0)
			break;
		home = x->slot[j].hash & x->mask;
		if (((j - home) & x->mask) < ((j - i) & x->mask))
			continue; /* it belongs after the hole */
		x->slot[i] = x->slot[j];
		i = j;
	}
	x->slot[i].id = 0;
	x->n--;
}
