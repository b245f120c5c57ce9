/* SPDX-License-Identifier: MIT */
/*
 * memos.c: memos that wait for the block they go to disk with.
 *
 * Few at a time, a block's worth; they are found by walking back from the
 * newest, for who asks asks about what has just been.
 */
#include "collectors/memos.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 1024 /* bytes of a name that tell it from others */

void
memo_key(uint8_t out[MEMO_KEY], const uint8_t *key, struct str source, struct str name)
{
	char text[1 + NAME_MAX_BYTES + NAME_MOST];
	size_t n = 1;

	assert(source.n <= NAME_MAX_BYTES);
	memcpy(text + n, source.p, source.n);
	n += source.n;
	name.n = name.n < NAME_MOST ? name.n : NAME_MOST;
	memcpy(text + n, name.p, name.n);
	n += name.n;
	for (int half = 0; half < 2; half++) {
		uint64_t hash;

		text[0] = (char)(source.n << 1 | (unsigned)half);
		hash = siphash(key, text, n);
		memcpy(out + half * sizeof(hash), &hash, sizeof(hash));
	}
}

static struct memo_slot *
find(const struct memos *m, const uint8_t key[MEMO_KEY])
{
	for (size_t i = m->n; i > 0; i--)
		if (memcmp(m->slot[i - 1]->memo.key, key, MEMO_KEY) == 0)
			return m->slot[i - 1];
	return NULL;
}

const struct memo *
memos_find(const struct memos *m, const uint8_t key[MEMO_KEY])
{
	const struct memo_slot *s = find(m, key);

	return s == NULL ? NULL : &s->memo;
}

static int
grow(struct memos *m)
{
	size_t cap = m->cap == 0 ? 64 : m->cap * 2;
	struct memo_slot **slot = realloc(m->slot, cap * sizeof(*slot));

	if (slot == NULL)
		return -1;
	memset(slot + m->cap, 0, (cap - m->cap) * sizeof(*slot));
	m->slot = slot;
	m->cap = cap;
	return 0;
}

int
memos_put(struct memos *m, const struct memo *memo)
{
	struct memo_slot *s = find(m, memo->key);

	assert(memo->value.n <= MEMO_VALUE_MAX);
	if (s == NULL) {
		if (m->n == m->cap && grow(m) != 0)
			return -1;
		if (m->slot[m->n] == NULL && (m->slot[m->n] = malloc(sizeof(*s))) == NULL)
			return -1;
		s = m->slot[m->n++];
	}
	s->memo = *memo;
	if (memo->value.n > 0)
		memcpy(s->value, memo->value.p, memo->value.n);
	s->memo.value.p = s->value;
	return 0;
}

const struct memo *
memos_list(struct memos *m)
{
	struct memo *list = realloc(m->list, (m->n + 1) * sizeof(*list));

	if (list == NULL)
		return NULL;
	m->list = list;
	for (size_t i = 0; i < m->n; i++)
		list[i] = m->slot[i]->memo;
	return list;
}

void
memos_clear(struct memos *m)
{
	m->n = 0;
}

void
memos_fini(struct memos *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slot[i]);
	free(m->slot);
	free(m->list);
	*m = (struct memos){ 0 };
}
