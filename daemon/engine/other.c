/* SPDX-License-Identifier: MIT */
/*
 * other.c: who stands for all those there is no room for.
 *
 * Past limits.queues a visit counts in the queue "__other__:call" of its
 * channel, past limits.agents in the agent "__other__", so that channels and
 * the site stay exact.  Both are made when they are first needed, stand
 * outside the limits, and say for how many names they stand.  Agents of
 * __other__ have no states: who is what cannot be told of many under one name.
 *
 * The names are ours: who says them himself lands there as well.
 *
 * How many names: the NAMES_EXACT smallest of their hashes are kept.  Until
 * they are that many the number is exact; then they show how close together
 * all of them lie (Bar-Yossef et al., "Counting distinct elements in a data
 * stream", 2002), within 13 % nineteen times of twenty.
 */
#include "engine_int.h"

#define OTHER "__other__"

bool
other_is_reserved(struct str name)
{
	return name.n >= sizeof(OTHER) - 1 && memcmp(name.p, OTHER, sizeof(OTHER) - 1) == 0;
}

const char *
other_queue_name(enum channel channel)
{
	static const char *const names[CHANNEL_COUNT] = { [CHANNEL_CALL] = OTHER ":call",
		[CHANNEL_CHAT] = OTHER ":chat",
		[CHANNEL_EMAIL] = OTHER ":email" };

	return names[channel];
}

struct str
other_agent_name(void)
{
	return STR_LIT(OTHER);
}

/* ---- how many ---- */

struct names *
names_new(struct engine *e)
{
	return memory_new(&e->memory, sizeof(struct names));
}

void
names_free(struct engine *e, struct names *names)
{
	if (names != NULL)
		memory_free(&e->memory, names, sizeof(*names));
}

/* The first that is not smaller. */
static unsigned
place_of(const struct names *names, uint64_t hash)
{
	unsigned low = 0, high = names->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (names->least[mid] < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
names_add(const struct engine *e, struct names *names, struct str name)
{
	uint64_t hash = identity_hash(name, 0);
	unsigned at, after;

	if (names->day != e->day[0].begin)
		*names = (struct names){ .day = e->day[0].begin };
	at = place_of(names, hash);
	if (at < names->n && names->least[at] == hash)
		return false;
	names->more |= names->n == NAMES_EXACT;
	if (at == NAMES_EXACT)
		return false;
	names->n += names->n < NAMES_EXACT;
	after = names->n - at - 1u;
	memmove(&names->least[at + 1], &names->least[at], after * sizeof(names->least[0]));
	names->least[at] = hash;
	return true;
}

int64_t
names_count(const struct engine *e, const struct names *names, bool *exact)
{
	*exact = true;
	if (names == NULL || names->day != e->day[0].begin)
		return 0;
	if (!names->more)
		return names->n;
	*exact = false;
	return (int64_t)((((uint64_t)NAMES_EXACT - 1) << 32) /
	                 ((names->least[NAMES_EXACT - 1] >> 32) + 1));
}
