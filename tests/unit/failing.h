/* SPDX-License-Identifier: MIT */
/*
 * failing.h: the n-th call that wants memory, or writes to a file, fails.
 *
 * A story is told again and again, with the first such call failing, then the
 * second, until it comes to its end without one; each time in two ways: that
 * call alone, or all from there on.
 *
 * Memory: the linker gives our own calls to the functions here (--wrap, see
 * the Makefile), and those into LMDB that may want some.  Writes: LMDB finds
 * these before the C library's.
 */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum failing_kind { FAIL_MEMORY, FAIL_EIO, FAIL_ENOSPC, FAIL_SHORT };

static struct {
	enum failing_kind kind;
	bool lasting; /* all from the n-th on */
	unsigned long n; /* calls until it happens; 0: it does not */
	bool happened;
} failing;

/* Is this call to fail? */
static inline bool
failing_now(bool memory)
{
	if (failing.n == 0 || memory != (failing.kind == FAIL_MEMORY))
		return false;
	if (failing.n > 1) {
		failing.n--;
		return false;
	}
	failing.n = failing.lasting;
	failing.happened = true;
	return true;
}

static inline void
failing_end(void)
{
	failing.n = 0;
}

/* Tells the story with each call failing in turn; how many there were. */
static inline unsigned long
failing_each(enum failing_kind kind, void (*story)(void))
{
	unsigned long n = 0;

	for (int lasting = 0; lasting < 2; lasting++)
		for (n = 1, failing.happened = true; failing.happened; n++) {
			failing.kind = kind;
			failing.lasting = lasting;
			failing.happened = false;
			failing.n = n;
			story();
			failing_end();
		}
	return n - 2;
}

/* ---- memory */

#define FAILING_WRAP(name, params, args)                                                           \
	void *__real_##name params;                                                                \
	void *__wrap_##name params;                                                                \
	void *__wrap_##name params                                                                 \
	{                                                                                          \
		if (!failing_now(true))                                                            \
			return __real_##name args;                                                 \
		errno = ENOMEM;                                                                    \
		return NULL;                                                                       \
	}

FAILING_WRAP(malloc, (size_t size), (size))
FAILING_WRAP(calloc, (size_t n, size_t size), (n, size))
FAILING_WRAP(realloc, (void *p, size_t size), (p, size))
FAILING_WRAP(strdup, (const char *s), (s))
FAILING_WRAP(strndup, (const char *s, size_t n), (s, n))

#endif
