/* SPDX-License-Identifier: MIT */
/*
 * slots.c: numbered places, and how one of them is found.
 *
 * To find one, an array of hashes is walked from end to end: a switch has some
 * hundred calls at most, which is less than a chain of pointers costs, and
 * nothing has to be kept in order.  The hash needs no key: ids and names are
 * made by the switch itself, and a walk is never longer than the table.
 */
#include <assert.h>
#include <stdlib.h>

#include "slots.h"

enum { TAKEN = 1, CHANGED = 2 };

bool
slots_init(struct slots *s, uint32_t max)
{
	bool whole;

	*s = (struct slots){ .max = max };
	s->flags = calloc(max, sizeof(*s->flags));
	s->changed = calloc(max, sizeof(*s->changed));
	whole = s->flags != NULL && s->changed != NULL;
	for (unsigned w = 0; w < SLOTS_WORDS; w++) {
		s->tag[w] = calloc(max, sizeof(*s->tag[w]));
		whole = whole && s->tag[w] != NULL;
	}
	if (!whole)
		slots_fini(s);
	return whole;
}

void
slots_fini(struct slots *s)
{
	for (unsigned w = 0; w < SLOTS_WORDS; w++)
		free(s->tag[w]);
	free(s->changed);
	free(s->flags);
	*s = (struct slots){ 0 };
}

bool
slots_taken(const struct slots *s, uint32_t i)
{
	return i < s->high && (s->flags[i] & TAKEN) != 0;
}

uint32_t
slots_take_at(struct slots *s, uint32_t i)
{
	if (i >= s->max || slots_taken(s, i))
		return SLOT_NONE;
	s->flags[i] |= TAKEN;
	if (i >= s->high)
		s->high = i + 1;
	s->n++;
	return i;
}

uint32_t
slots_take(struct slots *s)
{
	uint32_t i = 0;

	if (s->n == s->high)
		return slots_take_at(s, s->high);
	while (slots_taken(s, i))
		i++;
	return slots_take_at(s, i);
}

void
slots_free(struct slots *s, uint32_t i)
{
	assert(slots_taken(s, i));
	slots_change(s, i);
	s->flags[i] &= ~TAKEN;
	for (unsigned w = 0; w < SLOTS_WORDS; w++)
		s->tag[w][i] = 0;
	s->n--;
	while (s->high > 0 && (s->flags[s->high - 1] & TAKEN) == 0)
		s->high--;
}

void
slots_change(struct slots *s, uint32_t i)
{
	if ((s->flags[i] & CHANGED) != 0)
		return;
	s->flags[i] |= CHANGED;
	s->changed[s->nchanged++] = i;
}

bool
slots_changed(struct slots *s, uint32_t *i)
{
	if (s->nchanged == 0)
		return false;
	*i = s->changed[--s->nchanged];
	s->flags[*i] &= ~CHANGED;
	return true;
}

/* FNV-1a; never 0. */
static uint32_t
hash(struct str text)
{
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < text.n; i++)
		h = (h ^ (uint8_t)text.p[i]) * 16777619u;
	return h == 0 ? 1 : h;
}

void
slots_word(struct slots *s, uint32_t i, unsigned word, struct str text)
{
	assert(slots_taken(s, i) && word < SLOTS_WORDS);
	s->tag[word][i] = text.n == 0 ? 0 : hash(text);
}

uint32_t
slots_find(const struct slots *s, uint32_t i, unsigned word, struct str text)
{
	uint32_t wanted = hash(text);

	if (text.n == 0)
		return SLOT_NONE;
	for (; i < s->high; i++)
		if (s->tag[word][i] == wanted)
			return i;
	return SLOT_NONE;
}
