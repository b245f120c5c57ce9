/* SPDX-License-Identifier: MIT */
/*
 * hmac.c: over nettle, the one library of the usual ones that is small, has
 * no state of its own and allocates nothing.
 */
#include "ccmon/hmac.h"

#include <nettle/hmac.h>

static void
sha1(uint8_t *digest, struct str key, const struct str *parts, size_t nparts)
{
	struct hmac_sha1_ctx ctx;

	hmac_sha1_set_key(&ctx, key.n, (const uint8_t *)key.p);
	for (size_t i = 0; i < nparts; i++)
		hmac_sha1_update(&ctx, parts[i].n, (const uint8_t *)parts[i].p);
	hmac_sha1_digest(&ctx, SHA1_DIGEST_SIZE, digest);
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
sha256(uint8_t *digest, struct str key, const struct str *parts, size_t nparts)
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, key.n, (const uint8_t *)key.p);
	for (size_t i = 0; i < nparts; i++)
		hmac_sha256_update(&ctx, parts[i].n, (const uint8_t *)parts[i].p);
	hmac_sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
	explicit_bzero(&ctx, sizeof(ctx));
}

static const struct {
	void (*make)(uint8_t *digest, struct str key, const struct str *parts, size_t nparts);
	size_t size;
} hashes[] = {
	[HMAC_SHA1] = { sha1, SHA1_DIGEST_SIZE },
	[HMAC_SHA256] = { sha256, SHA256_DIGEST_SIZE },
};

void
hmac_hex(
    char out[HMAC_HEX], enum hmac_hash hash, struct str key, const struct str *parts, size_t nparts)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];

	hashes[hash].make(digest, key, parts, nparts);
	for (size_t i = 0; i < hashes[hash].size; i++) {
		*out++ = digits[digest[i] >> 4];
		*out++ = digits[digest[i] & 15];
	}
	*out = '\0';
}
