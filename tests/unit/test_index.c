/* SPDX-License-Identifier: MIT */
/*
 * test_index.c: what was added is found and what was removed is not, with
 * good hashes and with bad ones that all fall together; hashes are keyed.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEYS 600

static const uint8_t no_key[SIPHASH_KEY];

static bool
is_key(const void *ctx, uint32_t id, const void *key)
{
	(void)ctx;
	return id == *(const uint32_t *)key;
}

static uint64_t
good(uint32_t key)
{
	return identity_hash((struct str){ (const char *)&key, sizeof(key) }, 0);
}

/* Few homes, some at the table's end, so that runs wrap around. */
static uint64_t
bad(uint32_t key)
{
	return UINT64_C(0xffffffff) - key % 5;
}

static void
walk(uint64_t seed, uint64_t (*hash)(uint32_t))
{
	struct dice d = { .seed = seed };
	struct memory m = { 0 };
	bool in[KEYS] = { false };
	struct index x;
	uint32_t n = 0;

	index_init(&x, &m, no_key);
	for (unsigned step = 0; step < 4000; step++) {
		uint32_t key = roll(&d, KEYS);

		if (in[key])
			index_remove(&x, hash(key), key);
		else
			index_add(&x, &m, hash(key), key);
		in[key] = !in[key];
		n += in[key] ? 1 : -1u;
		assert_int_equal(x.n, n);
		assert_true(n <= (x.mask + 1) / 4 * 3);
		for (key = step % 7; key < KEYS; key += 7)
			assert_int_equal(
			    index_find(&x, hash(key), is_key, NULL, &key), in[key] ? key : NONE);
	}
	index_fini(&x, &m);
	index_fini(&x, &m); /* again: nothing */
	assert_int_equal(m.used, 0);
}

static void
test_good_hashes(void **state)
{
	(void)state;
	walk(1, good);
	walk(2, good);
}

static void
test_bad_hashes(void **state)
{
	(void)state;
	walk(3, bad);
}

/* Every byte and the length count, and what it belongs to. */
static void
test_identity(void **state)
{
	char text[40];
	uint64_t whole;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint32_t n = 1; n < sizeof(text); n++) {
		whole = identity_hash((struct str){ text, n }, 0);
		assert_true(whole != identity_hash((struct str){ text, n - 1 }, 0));
		assert_true(whole != identity_hash((struct str){ text, n }, 1));
		for (uint32_t i = 0; i < n; i++) {
			text[i] ^= 1;
			assert_true(whole != identity_hash((struct str){ text, n }, 0));
			text[i] ^= 1;
		}
	}
}

/* Names chosen to fall together under one key are spread by another. */
static void
test_keyed(void **state)
{
	static const uint8_t other[SIPHASH_KEY] = "nobody knows it";
	struct memory m = { 0 };
	struct index known, secret;
	uint32_t together = 0, still = 0;

	(void)state;
	index_init(&known, &m, no_key);
	index_init(&secret, &m, other);
	for (uint32_t name = 0; name < 256 * 1024; name++) {
		if ((index_hash(&known, &name, sizeof(name)) & 0xff) != 7)
			continue;
		together++;
		still += (index_hash(&secret, &name, sizeof(name)) & 0xff) == 7;
	}
	assert_true(together > 900);
	assert_in_range(still, 0, 20); /* 4 of a thousand */
	index_fini(&known, &m);
	index_fini(&secret, &m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_hashes),
		cmocka_unit_test(test_bad_hashes),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_keyed),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
