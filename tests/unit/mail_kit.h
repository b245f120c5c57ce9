/* SPDX-License-Identifier: MIT */
/*
 * mail_kit.h: what the tests of mail have in common: a memory for memos, and
 * a header block made of a text.
 */
#ifndef CCMON_TESTS_MAIL_KIT_H
#define CCMON_TESTS_MAIL_KIT_H

#include <assert.h>
#include <stdlib.h>

#include "collectors/mail/mail.h"
#include "collectors/memos.h"

static const uint8_t	kit_key[SIPHASH_KEY] = "0123456789abcdef";

static inline struct str
kit_str(const char *text)
{
	return str_of(text);
}

/* A copy that the headers are read from, and borrow until the next call. */
static inline char *
kit_block(const char *text, size_t n)
{
	static char	*block;

	free(block);
	block = malloc(n + 1);
	assert(block != NULL);
	memcpy(block, text, n);
	block[n] = '\0';
	return block;
}

static inline void
kit_read(struct headers *h, const char *text)
{
	headers_read(h, kit_block(text, strlen(text)), strlen(text));
}

/* ---- memos; arg is a struct memos */

static inline void
kit_remember(void *arg, const struct memo *memo)
{
	int rc = memos_put(arg, memo);

	assert(rc == 0);
	(void)rc;
}

static inline int
kit_recall(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	const struct memo *memo = memos_find(arg, key);

	if (memo == NULL)
		return -1;
	memcpy(value, memo->value.p, memo->value.n);
	return (int)memo->value.n;
}

static inline void
kit_threads(struct threads *t, struct memos *memos)
{
	*t = (struct threads){ .remember = kit_remember, .recall = kit_recall, .arg = memos };
	threads_open(t, kit_key, kit_str("post"));
}

#endif
