/* SPDX-License-Identifier: MIT */
/*
 * fuzz_state.c: any bytes as saved state.  As no fuzzer guesses a CRC, the
 * bytes are fields without theirs, each
 *
 *	key size u8 | key | value size u16 | value without version and CRC
 *
 * and are given a version and a CRC that fit.  A state that loads must give
 * its figures, bear the time going on, and save again; one that does not
 * must only be refused.
 */
#include <ccmon/wire.h>
#include "tests/unit/engine_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define VERSION 5 /* state.h */

static bool
take_bytes(const uint8_t **p, const uint8_t *end, size_t size_bytes, struct str *s)
{
	size_t n = 0;

	if ((size_t)(end - *p) < size_bytes)
		return false;
	memcpy(&n, *p, size_bytes);
	*p += size_bytes;
	if (n > (size_t)(end - *p))
		n = (size_t)(end - *p);
	*s = (struct str){ (const char *)*p, (uint32_t)n };
	*p += n;
	return true;
}

/* The field in a block of exactly its size; it may well be refused. */
static bool
put(struct engine *e, struct str key, struct str body)
{
	uint32_t size = 1 + body.n + 4, crc;
	char *value = malloc(size), *copy = kit_copy(key);
	struct state_field f = { { copy, key.n }, { value, size } };
	int rc;

	assert(value != NULL);
	value[0] = VERSION;
	if (body.n > 0)
		memcpy(value + 1, body.p, body.n);
	crc = crc32c(0, value, 1 + body.n);
	memcpy(value + 1 + body.n, &crc, sizeof(crc));
	rc = engine_state_put(e, &f);
	free(value);
	free(copy);
	return rc == 0;
}

static void
live_on(struct engine *e)
{
	msec_t now = engine_now(e) < 0 ? KIT_NOON : engine_now(e);
	struct state_field f;
	struct edge edge;
	struct out out;

	out_init(&out);
	kit_dump(e, &out, false);
	engine_tick(e, now + 90000);
	while (engine_edge(e, &edge))
		;
	while (engine_state(e, &f))
		;
	out_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *end = data + size;
	struct str key, body;
	struct engine *e;
	struct site site;

	walk_site(&site);
	site.limits =
	    (struct site_limits){ .queues = 16, .agents = 16, .contacts = 64, .sources = 8 };
	e = engine_new(&site);
	while (take_bytes(&p, end, 1, &key) && take_bytes(&p, end, 2, &body))
		if (!put(e, key, body))
			break;
	if (engine_state_done(e) == 0)
		live_on(e);
	engine_free(e);
	return 0;
}
