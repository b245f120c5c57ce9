/* SPDX-License-Identifier: MIT */
/*
 * siphash.c: SipHash as its authors wrote it down (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012), with 2 and 4 rounds and with 1
 * and 3.
 *
 * The first is here because a customer's number must not be kept, only
 * recognized: four billion telephone numbers are soon tried against a hash
 * without a key.  The second, half as dear, places names in tables: who does
 * not know the key cannot make names that all fall together, and never sees a
 * hash.
 */
#include "ccmon/siphash.h"

#include <endian.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t
load(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return le64toh(x);
}

static inline void
rounds(struct sip *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* What is left over, below a byte that holds the length. */
static uint64_t
last_word(const uint8_t *p, size_t n)
{
	uint8_t word[8] = { 0 };

	if (n % 8 != 0)
		memcpy(word, p + n - n % 8, n % 8);
	word[7] = (uint8_t)n;
	return load(word);
}

static inline void
take(struct sip *s, uint64_t word, int c)
{
	s->v3 ^= word;
	rounds(s, c);
	s->v0 ^= word;
}

/* SipHash-c-d. */
static inline uint64_t
hash(const uint8_t key[SIPHASH_KEY], const void *data, size_t n, int c, int d)
{
	const uint8_t *p = data;
	uint64_t k0 = load(key), k1 = load(key + 8);
	struct sip s = {
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseu" */
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d), /* "dorandom" */
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261), /* "lygenera" */
		.v3 = k1 ^ UINT64_C(0x7465646279746573), /* "tedbytes" */
	};
	size_t at;

	for (at = 0; n - at >= 8; at += 8)
		take(&s, load(p + at), c);
	take(&s, last_word(p, n), c);
	s.v2 ^= 0xff;
	rounds(&s, d);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t
siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t n)
{
	return hash(key, data, n, 2, 4);
}

uint64_t
siphash_quick(const uint8_t key[SIPHASH_KEY], const void *data, size_t n)
{
	return hash(key, data, n, 1, 3);
}

void
siphash_hex(char out[SIPHASH_HEX], const uint8_t key[SIPHASH_KEY], struct str s)
{
	uint64_t hash = siphash(key, s.p, s.n);
	int i;

	for (i = 0; i < SIPHASH_HEX; i++)
		out[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
}
