/* SPDX-License-Identifier: MIT */
/*
 * base.h: the few words every file speaks.
 *
 * Time is msec_t: milliseconds since the Unix epoch, UTC, or a length in
 * milliseconds.  Text that is not ours to keep is a struct str: bytes and a
 * length, never ended by a NUL, borrowed from whoever gave it.
 */
#ifndef CCMON_BASE_H
#define CCMON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t msec_t;

#define MSEC_PER_SEC	INT64_C(1000)
#define MSEC_NEVER	INT64_MAX	/* a deadline that does not exist */

#define COUNTOF(a)	(sizeof(a) / sizeof((a)[0]))

/* The caller must look at the result. */
#define CCMON_CHECK	__attribute__((warn_unused_result))
#define CCMON_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Borrowed bytes.  An absent text has p == NULL and n == 0. */
struct str {
	const char	*p;
	uint32_t	 n;
};

#define STR_NONE	((struct str){ NULL, 0 })
#define STR_LIT(s)	((struct str){ (s), sizeof(s) - 1 })
#define STR_ARG(s)	(int)(s).n, (s).p	/* for "%.*s" */

/* A text of C, without its NUL; NULL: absent. */
static inline struct str
str_of(const char *text)
{
	struct str s = { text, text == NULL ? 0 : (uint32_t)strlen(text) };

	return s;
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct str s, const char *word)
{
	return str_eq(s, str_of(word));
}

/* In any case of ASCII's letters. */
static inline bool
str_is_any_case(struct str s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static inline bool
str_begins(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

#ifdef __cplusplus
}
#endif

#endif
