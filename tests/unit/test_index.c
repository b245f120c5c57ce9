/* SPDX-License-Identifier: MIT */
/*
 * test_index.c: what was added is found and what was removed is not, with
 * good hashes and with bad ones that all fall together.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEYS 600

static bool
is_key(const void *ctx, uint32_t id, const void *key)
{
	(void)ctx;
	return id == *(const uint32_t *)key;
}

static uint64_t
good(uint32_t key)
{
	return hash_bytes(&key, sizeof(key), 0);
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

	index_init(&x, &m);
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

/* Every byte and the length count; the seed too. */
static void
test_hash(void **state)
{
	char text[40];
	uint64_t whole;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = 1; n < sizeof(text); n++) {
		whole = hash_bytes(text, n, 0);
		assert_true(whole != hash_bytes(text, n - 1, 0));
		assert_true(whole != hash_bytes(text, n, 1));
		for (size_t i = 0; i < n; i++) {
			text[i] ^= 1;
			assert_true(whole != hash_bytes(text, n, 0));
			text[i] ^= 1;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_hashes),
		cmocka_unit_test(test_bad_hashes),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
