/* SPDX-License-Identifier: MIT */
/*
 * test_pack.c: what is packed unpacks to itself, and what is cut off or out
 * of range is not good, reads as zero and is never read beyond.
 */
#include "daemon/engine/pack.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct unpacker
reader(const struct packer *k, size_t n)
{
	return (struct unpacker){ k->p, k->p + n, true };
}

static void
test_ints(void **state)
{
	struct memory m = { 0 };
	struct packer k = { 0 };
	struct unpacker u;
	int64_t edge;

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++)
		for (int64_t by = -1; by <= 1; by++) {
			edge = (int64_t)((UINT64_C(1) << bit) + (uint64_t)by);
			for (unsigned sign = 0; sign < 2;
			     sign++, edge = (int64_t)(0 - (uint64_t)edge)) {
				pack_reset(&k);
				pack_int(&k, &m, edge);
				assert_true(k.n <= 10);
				u = reader(&k, k.n);
				assert_true(unpack_int(&u) == edge && u.good && u.p == u.end);
				u = reader(&k, k.n - 1);
				assert_true(unpack_int(&u) == 0 && !u.good);
			}
		}
	pack_reset(&k);
	pack_int(&k, &m, 0);
	pack_int(&k, &m, -64);
	assert_int_equal(k.n, 2); /* small ones cost one byte */
	pack_fini(&k, &m);
	assert_int_equal(m.used, 0);
}

/* Eleven bytes that never end are no number. */
static void
test_endless_int(void **state)
{
	uint8_t bytes[16];
	struct unpacker u = { bytes, bytes + sizeof(bytes), true };

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	assert_true(unpack_int(&u) == 0 && !u.good);
}

static void
test_within(void **state)
{
	struct memory m = { 0 };
	struct packer k = { 0 };
	struct unpacker u;

	(void)state;
	pack_int(&k, &m, 7);
	for (int64_t low = 5; low < 9; low++)
		for (int64_t high = low; high < 10; high++) {
			bool fits = low <= 7 && 7 <= high;

			u = reader(&k, k.n);
			assert_int_equal(unpack_within(&u, low, high), fits ? 7 : low);
			assert_int_equal(u.good, fits);
		}
	pack_fini(&k, &m);
}

static void
test_texts(void **state)
{
	struct memory m = { 0 };
	struct packer k = { 0 };
	char text[UINT16_MAX];
	struct unpacker u;
	struct str s;

	(void)state;
	memset(text, 'x', sizeof(text));
	pack_str(&k, &m, STR_NONE);
	pack_str(&k, &m, STR_LIT("sales"));
	pack_str(&k, &m, (struct str){ text, sizeof(text) });
	u = reader(&k, k.n);
	assert_int_equal(unpack_str(&u).n, 0);
	s = unpack_str(&u);
	assert_int_equal(s.n, 5);
	assert_memory_equal(s.p, "sales", 5);
	s = unpack_str(&u);
	assert_int_equal(s.n, sizeof(text));
	assert_true(u.good && u.p == u.end);
	assert_int_equal(unpack_str(&u).n, 0);
	assert_false(u.good);
	pack_fini(&k, &m);
	assert_int_equal(m.used, 0);
}

/* A long random record, whole and cut short at every place. */
static void
test_cut_short(void **state)
{
	struct dice d = { .seed = 1 };
	struct memory m = { 0 };
	struct packer k = { 0 };
	int64_t number[60];
	struct unpacker u;
	size_t cut, i;

	(void)state;
	for (i = 0; i < COUNTOF(number); i++) {
		number[i] = (int64_t)roll(&d, UINT32_MAX) << roll(&d, 32);
		pack_int(&k, &m, number[i]);
		pack_bytes(&k, &m, &number[i], i % 9);
	}
	for (cut = 0; cut <= k.n; cut++) {
		u = reader(&k, cut);
		for (i = 0; i < COUNTOF(number); i++) {
			int64_t n = unpack_int(&u);
			const uint8_t *p = unpack_bytes(&u, i % 9);

			assert_true(u.p <= u.end);
			assert_int_equal(p != NULL, u.good);
			if (u.good)
				assert_true(n == number[i] && memcmp(p, &n, i % 9) == 0);
		}
		assert_int_equal(u.good, cut == k.n);
	}
	pack_fini(&k, &m);
	assert_int_equal(m.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ints),
		cmocka_unit_test(test_endless_int),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_cut_short),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
