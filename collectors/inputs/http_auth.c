/* SPDX-License-Identifier: MIT */
/*
 * http_auth.c: may this request post?
 *
 * It may when it shows that it knows the secret, in any way we know of: the
 * one of its dialect, or one of two that nearly every program can be taught.
 * A signature says most, for it covers the body; so where there is one it
 * must be right, whatever else the request may know.  How long an answer
 * takes tells nothing of the secret.
 */
#include "ccmon/hmac.h"
#include "ccmon/secret.h"
#include "collectors/inputs/http.h"

#include <stdio.h>
#include <stdlib.h>

#define OLDEST INT64_C(300000) /* ms between the signing and now, either way */

#define UNAUTHORIZED 401
#define FORBIDDEN 403

static const struct {
	struct str prefix;
	enum hmac_hash hash;
} signatures[] = {
	[SIGNATURE_SHA1] = { { "sha1=", 5 }, HMAC_SHA1 },
	[SIGNATURE_SHA256] = { { "sha256=", 7 }, HMAC_SHA256 },
};

/* The rest of a text that begins so, or none. */
static struct str
after(struct str text, struct str prefix)
{
	if (text.n < prefix.n || strncasecmp(text.p, prefix.p, prefix.n) != 0)
		return STR_NONE;
	return (struct str){ text.p + prefix.n, text.n - prefix.n };
}

static bool
is_recent(struct str timestamp, msec_t now)
{
	char text[24], *end;
	long long seconds;

	if (timestamp.n == 0 || timestamp.n >= sizeof(text))
		return false;
	memcpy(text, timestamp.p, timestamp.n);
	text[timestamp.n] = '\0';
	seconds = strtoll(text, &end, 10);
	return *end == '\0' && seconds > 0 && seconds < INT64_MAX / MSEC_PER_SEC &&
	       llabs(seconds * MSEC_PER_SEC - now) <= OLDEST;
}

static bool
is_signed(const struct dialect_http *way, struct str secret, const struct http_claim *c)
{
	const struct str dated[] = { c->timestamp, STR_LIT("."), c->body };
	bool has_date = way->timestamp_header != NULL;
	char hex[HMAC_HEX];

	hmac_hex(hex, signatures[way->signature].hash, secret, has_date ? dated : &c->body,
	    has_date ? COUNTOF(dated) : 1);
	return secret_is(str_of(hex), after(c->signature, signatures[way->signature].prefix));
}

static int
check_signature(const struct dialect_http *way, struct str secret, const struct http_claim *c,
    char why[HTTP_WHY])
{
	if (way->timestamp_header != NULL && !is_recent(c->timestamp, c->now)) {
		(void)snprintf(why, HTTP_WHY, "%s is not within 5 minutes of our clock",
		    way->timestamp_header);
		return FORBIDDEN;
	}
	if (is_signed(way, secret, c))
		return 0;
	(void)snprintf(why, HTTP_WHY, "%s is not the signature of this body with our secret",
	    way->signature_header);
	return FORBIDDEN;
}

static int
check_secrets(struct str secret, const struct http_claim *c, char why[HTTP_WHY])
{
	const struct str said[] = { c->token, after(c->bearer, STR_LIT("Bearer ")), c->query };
	bool was_said = c->bearer.n > 0;

	for (size_t i = 0; i < COUNTOF(said); i++) {
		if (said[i].n > 0 && secret_is(secret, said[i]))
			return 0;
		was_said |= said[i].n > 0;
	}
	(void)snprintf(why, HTTP_WHY, "%s",
	    was_said ? "the secret is not ours"
	             : "a secret is needed: Authorization: Bearer SECRET, or ?secret=SECRET");
	return was_said ? FORBIDDEN : UNAUTHORIZED;
}

int
http_auth(const struct dialect_http *way, struct str secret, const struct http_claim *c,
    char why[HTTP_WHY])
{
	if (secret.n == 0)
		return 0;
	if (way != NULL && way->signature_header != NULL && c->signature.n > 0)
		return check_signature(way, secret, c, why);
	return check_secrets(secret, c, why);
}
