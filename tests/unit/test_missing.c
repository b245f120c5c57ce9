/* SPDX-License-Identifier: MIT */
/*
 * test_missing.c: ranges of missing numbers, against a byte for each number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/missing.h>

#define NUMBERS 5000
#define ROOM (MISSING_MAX + 1)

static struct range range[ROOM];

static struct missing
nothing_missing(void)
{
	return (struct missing){ .range = range, .cap = ROOM };
}

static void
has(const struct missing *m, uint32_t i, uint64_t first, uint64_t last)
{
	assert_true(i < m->n);
	assert_int_equal(m->range[i].first, first);
	assert_int_equal(m->range[i].last, last);
}

static void
test_by_hand(void **state)
{
	struct missing m = nothing_missing();

	(void)state;
	missing_add(&m, 1, 4, NOT_MISSED);
	missing_add(&m, 10, 19, 100);
	missing_add(&m, 21, 21, 200);
	assert_int_equal(m.count, 11);
	assert_int_equal(missing_since(&m, 101), 1);
	assert_int_equal(missing_since(&m, 100), 11);
	assert_true(missing_take(&m, 3));
	assert_false(missing_take(&m, 3));
	assert_int_equal(m.count, 11); /* it was never missed */
	has(&m, 0, 1, 2);
	has(&m, 1, 4, 4);
	assert_false(missing_take(&m, 20));
	assert_true(missing_take(&m, 10));
	assert_true(missing_take(&m, 19));
	assert_true(missing_take(&m, 15));
	has(&m, 2, 11, 14);
	has(&m, 3, 16, 18);
	assert_true(missing_take(&m, 21));
	assert_false(missing_take(&m, 22));
	assert_int_equal(m.n, 4);
	assert_int_equal(m.count, 7);
	assert_int_equal(missing_drop(&m, 2, 12), 2);
	has(&m, 0, 1, 1);
	has(&m, 1, 13, 14);
	assert_int_equal(missing_drop(&m, 17, 17), 1);
	has(&m, 2, 16, 16);
	has(&m, 3, 18, 18);
	assert_int_equal(missing_drop(&m, 0, UINT64_MAX - 1), 4);
	assert_int_equal(m.n, 0);
	assert_int_equal(m.count, 0);
}

static void
test_too_many(void **state)
{
	struct missing m = nothing_missing();
	struct range r;

	(void)state;
	for (uint64_t i = 0; i < ROOM; i++)
		missing_add(&m, 10 * i + 1, 10 * i + 5, 7);
	assert_true(missing_wants_room(&m));
	assert_true(missing_shrink(&m, &r));
	assert_int_equal(r.first, 1);
	assert_int_equal(range_size(&r), 5);
	assert_false(missing_shrink(&m, &r));
	assert_int_equal(m.n, MISSING_MAX);
	assert_int_equal(m.count, 5 * MISSING_MAX);
	assert_false(missing_take(&m, 3));
	assert_true(missing_take(&m, 13)); /* in two: the one room there is */
	assert_true(missing_shrink(&m, &r));
	assert_int_equal(r.last, 12);
}

/* ---- against a byte for each */

static uint8_t is_there[NUMBERS + 1]; /* 1: it is; 0: it is missing */

static void
same(const struct missing *m, uint64_t highest)
{
	uint64_t count = 0;
	uint32_t i = 0;

	for (uint64_t number = 1; number <= highest; number++) {
		bool in = i < m->n && m->range[i].first <= number;

		assert_int_equal(in, !is_there[number]);
		count += in;
		i += in && m->range[i].last == number;
	}
	assert_int_equal(i, m->n);
	assert_int_equal(count, m->count);
}

static uint64_t
drop_each(uint64_t first, uint64_t last)
{
	uint64_t n = 0;

	for (; first <= last && first <= NUMBERS; first++) {
		n += !is_there[first];
		is_there[first] = 1;
	}
	return n;
}

static void
walk(unsigned seed)
{
	struct missing m = nothing_missing();
	uint64_t highest = 0, number, last;

	srand(seed);
	memset(is_there, 0, sizeof(is_there));
	while (highest < NUMBERS && m.n + 1 < ROOM) {
		number = 1 + (uint64_t)rand() % (highest + 8);
		if (number > NUMBERS)
			continue;
		if (number > highest) {
			if (number > highest + 1)
				missing_add(&m, highest + 1, number - 1, 1);
			highest = number;
			is_there[number] = 1;
		} else if (rand() % 50 == 0) {
			last = number + (uint64_t)rand() % 40;
			last = last < highest ? last : highest;
			assert_int_equal(missing_drop(&m, number, last), drop_each(number, last));
		} else {
			assert_int_equal(missing_take(&m, number), !is_there[number]);
			is_there[number] = 1;
		}
		if (rand() % 100 == 0)
			same(&m, highest);
	}
	same(&m, highest);
}

static void
test_against_bytes(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++)
		walk(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_against_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
