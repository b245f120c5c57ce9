/* SPDX-License-Identifier: MIT */
/*
 * hmac.h: keyed hashes (RFC 2104), by which a source shows that it knows the
 * secret and that what arrived is what it sent.  Over the nettle library,
 * which is known to lib/hmac.c only.
 */
#ifndef CCMON_HMAC_H
#define CCMON_HMAC_H

#include "base.h"

enum hmac_hash { HMAC_SHA1, HMAC_SHA256 };

#define HMAC_HEX	65	/* bytes of the longest, with NUL */

/* Of the parts, one after the other; in lower-case hexadecimal digits. */
void	hmac_hex(char out[HMAC_HEX], enum hmac_hash, struct str key,
	    const struct str *parts, size_t nparts);

#endif
