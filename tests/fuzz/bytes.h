/* SPDX-License-Identifier: MIT */
/*
 * bytes.h: an input read from its front, a number or a text at a time.  At
 * its end numbers are 0 and texts empty.
 */
#ifndef CCMON_TESTS_FUZZ_BYTES_H
#define CCMON_TESTS_FUZZ_BYTES_H

#include <ccmon/base.h>

struct bytes {
	const uint8_t *p, *end;
};

static inline bool
bytes_left(const struct bytes *b)
{
	return b->p < b->end;
}

static inline struct str
take_bytes(struct bytes *b, size_t n)
{
	struct str s;

	if (n > (size_t)(b->end - b->p))
		n = (size_t)(b->end - b->p);
	s = (struct str){ (const char *)b->p, (uint32_t)n };
	b->p += n;
	return s;
}

/* A number of so many bytes, little-endian. */
static inline uint64_t
take_number(struct bytes *b, size_t size)
{
	struct str s = take_bytes(b, size);
	uint64_t n = 0;

	for (uint32_t i = 0; i < s.n; i++)
		n |= (uint64_t)(uint8_t)s.p[i] << (8 * i);
	return n;
}

/* A text after its size, a number of so many bytes. */
static inline struct str
take_text(struct bytes *b, size_t size)
{
	return take_bytes(b, (size_t)take_number(b, size));
}

#endif
