/* SPDX-License-Identifier: MIT */
/*
 * resolution.c: the resolutions that are remembered: until they are final,
 * fcr_days after them, or until there are too many.
 *
 * They stand in a heap by their time: a late one is put in its place for no
 * more than any other, and fcr_days may change, which is the same for all.
 * Each is found by its contact and by its customer, days after both were
 * forgotten; those of one key are a chain, newest first by arrival, and the
 * index knows its head.  What they mean is outcome.c's matter.
 */
#include "engine_int.h"

struct lookup {
	const struct engine *e;
	enum key by;
};

static bool
has_hash(const void *ctx, uint32_t slot, const void *key)
{
	const struct lookup *l = ctx;

	return l->e->resolutions[slot]->by[l->by].hash == *(const uint64_t *)key;
}

/* Where a key's hash, which anybody can work out, stands in the index. */
static uint64_t
placed(const struct engine *e, enum key by, uint64_t hash)
{
	return index_hash(&e->resolution_index[by], &hash, sizeof(hash));
}

struct resolution *
resolution_last(const struct engine *e, enum key by, uint64_t hash)
{
	const struct lookup l = { e, by };
	uint32_t slot;

	if (hash == 0)
		return NULL;
	slot = index_find(&e->resolution_index[by], placed(e, by, hash), has_hash, &l, &hash);
	return slot == NONE ? NULL : e->resolutions[slot];
}

/* ---- chains ---- */

static void
chain(struct engine *e, struct resolution *r, enum key by)
{
	struct resolution_key *k = &r->by[by];

	if (k->hash == 0)
		return;
	k->older = resolution_last(e, by, k->hash);
	if (k->older != NULL) {
		index_remove(&e->resolution_index[by], placed(e, by, k->hash), k->older->slot);
		k->older->by[by].newer = r;
	}
	index_add(&e->resolution_index[by], &e->memory, placed(e, by, k->hash), r->slot);
}

static void
unchain(struct engine *e, struct resolution *r, enum key by)
{
	struct resolution_key *k = &r->by[by];

	if (k->hash == 0)
		return;
	if (k->older != NULL)
		k->older->by[by].newer = k->newer;
	if (k->newer != NULL) {
		k->newer->by[by].older = k->older;
		return;
	}
	index_remove(&e->resolution_index[by], placed(e, by, k->hash), r->slot);
	if (k->older != NULL)
		index_add(
		    &e->resolution_index[by], &e->memory, placed(e, by, k->hash), k->older->slot);
}

/* ---- remembering ---- */

static uint32_t
free_slot(struct engine *e)
{
	if (e->nfree_resolutions > 0)
		return e->free_resolution[--e->nfree_resolutions];
	e->resolutions = memory_grow(&e->memory, e->resolutions, e->nresolutions,
	    &e->resolutions_cap, sizeof(struct resolution *));
	return (uint32_t)e->nresolutions++;
}

void
resolution_remember(struct engine *e, const struct resolution *said)
{
	struct resolution *r = memory_new(&e->memory, sizeof(*r));

	*r = *said;
	r->slot = free_slot(e);
	e->resolutions[r->slot] = r;
	chain(e, r, OF_CONTACT);
	chain(e, r, OF_CUSTOMER);
	heap_set(&e->resolved, &e->memory, &r->due, r->due.at);
	state_resolution(e, r);
	if (e->resolved.n > e->limits.contacts) {
		e->limited.contacts++;
		resolution_forget(e, (struct resolution *)heap_top(&e->resolved));
	}
}

void
resolution_forget(struct engine *e, struct resolution *r)
{
	heap_remove(&e->resolved, &r->due);
	unchain(e, r, OF_CONTACT);
	unchain(e, r, OF_CUSTOMER);
	state_resolution_gone(e, r);
	e->resolutions[r->slot] = NULL;
	e->free_resolution = memory_grow(&e->memory, e->free_resolution, e->nfree_resolutions,
	    &e->free_resolutions_cap, sizeof(*e->free_resolution));
	e->free_resolution[e->nfree_resolutions++] = r->slot;
	memory_free(&e->memory, r, sizeof(*r));
}

/* Nobody knows any more who resolved it: her number is another's soon. */
void
resolutions_drop_agents(struct engine *e)
{
	struct resolution *r;
	size_t i;

	for (i = 0; i < e->resolved.n; i++) {
		r = (struct resolution *)e->resolved.item[i];
		if (r->agent == NONE || e->agents[r->agent].name != NULL)
			continue;
		r->agent = NONE;
		state_resolution(e, r);
	}
}

/* ---- begin and end ---- */

void
resolutions_init(struct engine *e)
{
	for (unsigned by = 0; by < KEY_COUNT; by++)
		index_init(&e->resolution_index[by], &e->memory, e->key);
}

void
resolutions_fini(struct engine *e)
{
	struct memory *m = &e->memory;

	while (e->resolved.n > 0)
		resolution_forget(e, (struct resolution *)e->resolved.item[e->resolved.n - 1]);
	heap_fini(&e->resolved, m);
	for (unsigned by = 0; by < KEY_COUNT; by++)
		index_fini(&e->resolution_index[by], m);
	memory_free(m, e->resolutions, e->resolutions_cap * sizeof(*e->resolutions));
	memory_free(m, e->free_resolution, e->free_resolutions_cap * sizeof(*e->free_resolution));
}
