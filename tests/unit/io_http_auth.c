/* SPDX-License-Identifier: MIT */
/*
 * io_http_auth.c: who may post, and the hashes behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ccmon/hmac.h>
#include <stdlib.h>

#include "collectors/inputs/http.h"

#define NOW INT64_C(1700000000000)

static struct str
text(const char *s)
{
	return (struct str){ s, s == NULL ? 0 : (uint32_t)strlen(s) };
}

/* RFC 2202, cases 2 and 6; RFC 4231, cases 2 and 6. */
static void
test_hashes(void **state)
{
	static const char data[] = "what do ya want for nothing?";
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	const struct str parts[] = { { data, 10 }, { "", 0 }, { data + 10, sizeof(data) - 11 } };
	char key[131], hex[HMAC_HEX];
	struct str whole = text(large);

	(void)state;
	memset(key, 0xaa, sizeof(key));
	hmac_hex(hex, HMAC_SHA1, text("Jefe"), parts, 3);
	assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	hmac_hex(hex, HMAC_SHA1, (struct str){ key, 80 }, &whole, 1);
	assert_string_equal(hex, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
	hmac_hex(hex, HMAC_SHA256, text("Jefe"), parts, 3);
	assert_string_equal(
	    hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_hex(hex, HMAC_SHA256, (struct str){ key, 131 }, &whole, 1);
	assert_string_equal(
	    hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Three sources: one with a token, one that signs, one that dates what it
 * signs.  The signatures are of the body "hello" with the secret "s3cret",
 * by another program. */
static const struct dialect_http by_token = { .token_header = "X-Token" },
                                 by_sha1 = { .signature_header = "X-Hub-Signature",
	                                 .signature = SIGNATURE_SHA1 },
                                 by_sha256 = { .signature_header = "X-Signature",
	                                 .signature = SIGNATURE_SHA256,
	                                 .timestamp_header = "X-Timestamp" },
                                 by_nothing;

#define SHA1_HELLO "f875ad165d97aba6b68e2c2f7ea314aeb2a0082f"
#define DATED_HELLO "babfa8b593140ee3160bea38210f8fea6712e1f6e073328eb52c4e965bc0ab8d"
#define OLDEST_HELLO "7ff228fb46b5869a7de3d2992ed53aa2d67580b74eb88f8fd6a3dc0c545e97a1"
#define TOO_OLD_HELLO "dfc263306b1b8f1e03e9af1eccd7f6944b78afa705412e0613ab685976257455"
#define NEWEST_HELLO "7e4d7d379ee6be2ccd8f2952b7266a26594dec3039b1805dd4effd4fef529ee3"

#define NEEDED "a secret is needed: Authorization: Bearer SECRET, or ?secret=SECRET"
#define NOT_OURS "the secret is not ours"
#define UNSIGNED "X-Hub-Signature is not the signature of this body with our secret"
#define UNSIGNED2 "X-Signature is not the signature of this body with our secret"
#define UNDATED "X-Timestamp is not within 5 minutes of our clock"

static const struct {
	const struct dialect_http *way;
	const char *token, *signature, *timestamp, *bearer, *query;
	int status;
	const char *why;
} claims[] = {
	{ &by_nothing, NULL, NULL, NULL, NULL, NULL, 401, NEEDED },
	{ &by_nothing, NULL, NULL, NULL, "Bearer s3cret", NULL, 0, NULL },
	{ &by_nothing, NULL, NULL, NULL, "bearer s3cret", NULL, 0, NULL },
	{ &by_nothing, NULL, NULL, NULL, "Bearer s3cres", NULL, 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, "Bearer s3cret2", NULL, 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, "Bearer ", NULL, 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, "Bearer", NULL, 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, "Basic s3cret", NULL, 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, NULL, "s3cret", 0, NULL },
	{ &by_nothing, NULL, NULL, NULL, NULL, "", 401, NEEDED },
	{ &by_nothing, NULL, NULL, NULL, NULL, "S3cret", 403, NOT_OURS },
	{ &by_nothing, NULL, NULL, NULL, "Bearer no", "s3cret", 0, NULL },
	{ NULL, NULL, NULL, NULL, "Bearer s3cret", NULL, 0, NULL },
	{ &by_token, "s3cret", NULL, NULL, NULL, NULL, 0, NULL },
	{ &by_token, "s3cre", NULL, NULL, NULL, NULL, 403, NOT_OURS },
	{ &by_token, NULL, NULL, NULL, NULL, "s3cret", 0, NULL },
	{ &by_sha1, NULL, "sha1=" SHA1_HELLO, NULL, NULL, NULL, 0, NULL },
	{ &by_sha1, NULL, "sha256=" SHA1_HELLO, NULL, NULL, NULL, 403, UNSIGNED },
	{ &by_sha1, NULL, SHA1_HELLO, NULL, NULL, NULL, 403, UNSIGNED },
	{ &by_sha1, NULL, "sha1=", NULL, NULL, NULL, 403, UNSIGNED },
	{ &by_sha1, NULL, NULL, NULL, NULL, NULL, 401, NEEDED },
	{ &by_sha1, NULL, NULL, NULL, "Bearer s3cret", NULL, 0, NULL },
	/* a wrong signature is not made up for */
	{ &by_sha1, NULL, "sha1=0" SHA1_HELLO, NULL, "Bearer s3cret", "s3cret", 403, UNSIGNED },
	{ &by_sha256, NULL, "sha256=" DATED_HELLO, "1700000000", NULL, NULL, 0, NULL },
	{ &by_sha256, NULL, "sha256=" OLDEST_HELLO, "1699999700", NULL, NULL, 0, NULL },
	{ &by_sha256, NULL, "sha256=" NEWEST_HELLO, "1700000300", NULL, NULL, 0, NULL },
	{ &by_sha256, NULL, "sha256=" TOO_OLD_HELLO, "1699999699", NULL, NULL, 403, UNDATED },
	{ &by_sha256, NULL, "sha256=" DATED_HELLO, "1700000001", NULL, NULL, 403, UNSIGNED2 },
	{ &by_sha256, NULL, "sha256=" DATED_HELLO, NULL, NULL, NULL, 403, UNDATED },
	{ &by_sha256, NULL, "sha256=" DATED_HELLO, "1700000000s", NULL, NULL, 403, UNDATED },
	{ &by_sha256, NULL, "sha256=" DATED_HELLO, "99999999999999999999", NULL, NULL, 403,
	    UNDATED },
};

static void
test_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(claims); i++) {
		struct http_claim c = { .token = text(claims[i].token),
			.signature = text(claims[i].signature),
			.timestamp = text(claims[i].timestamp),
			.bearer = text(claims[i].bearer),
			.query = text(claims[i].query),
			.body = STR_LIT("hello"),
			.now = NOW };
		char why[HTTP_WHY] = "";

		if (http_auth(claims[i].way, STR_LIT("s3cret"), &c, why) != claims[i].status ||
		    (claims[i].why != NULL && strcmp(why, claims[i].why) != 0))
			fail_msg("claim %zu: %s", i, why);
	}
}

/* Each byte counts, of the body and of the signature. */
static void
test_changed(void **state)
{
	char signature[] = "sha1=" SHA1_HELLO, body[] = "hello", why[HTTP_WHY];
	struct http_claim c = { .signature = text(signature), .body = text(body) };

	(void)state;
	for (size_t i = 5; i < sizeof(signature) - 1; i++) {
		signature[i] ^= 1;
		assert_int_equal(http_auth(&by_sha1, STR_LIT("s3cret"), &c, why), 403);
		signature[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(body) - 1; i++) {
		body[i] ^= 1;
		assert_int_equal(http_auth(&by_sha1, STR_LIT("s3cret"), &c, why), 403);
		body[i] ^= 1;
	}
	assert_int_equal(http_auth(&by_sha1, STR_LIT("s3cret"), &c, why), 0);
	assert_int_equal(http_auth(&by_sha1, STR_LIT("s3cret2"), &c, why), 403);
	assert_int_equal(http_auth(&by_sha1, STR_NONE, &c, why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
