/* SPDX-License-Identifier: MIT */
/*
 * siphash.h: SipHash, a short keyed hash: equal texts give equal numbers, and
 * without the key nobody can try texts until one fits.
 */
#ifndef CCMON_SIPHASH_H
#define CCMON_SIPHASH_H

#include "base.h"

#define SIPHASH_KEY	16	/* bytes */
#define SIPHASH_HEX	16	/* characters of siphash_hex, without NUL */

/* SipHash-2-4: for hashes that somebody may see. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *, size_t);
/* SipHash-1-3: for those that stay inside, in tables. */
uint64_t siphash_quick(const uint8_t key[SIPHASH_KEY], const void *, size_t);

/* The hash as lower-case hexadecimal digits; no NUL. */
void	 siphash_hex(char out[SIPHASH_HEX], const uint8_t key[SIPHASH_KEY], struct str);

#endif
