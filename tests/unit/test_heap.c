/* SPDX-License-Identifier: MIT */
/*
 * test_heap.c: the smallest is on top, whatever is put in, moved and taken
 * out; and equal times leave in their own order, however they came in.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ITEMS 200

static const struct heap_item *
smallest(const struct heap_item *item)
{
	const struct heap_item *x = NULL;

	for (size_t i = 0; i < ITEMS; i++) {
		if (item[i].place == 0)
			continue;
		if (x == NULL || item[i].at < x->at ||
		    (item[i].at == x->at && item[i].order < x->order))
			x = &item[i];
	}
	return x;
}

static void
test_against_all(void **state)
{
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct dice d = { .seed = seed };
		struct heap_item item[ITEMS] = { 0 };
		struct heap h = { 0 };

		for (size_t i = 0; i < ITEMS; i++)
			item[i].order = i;
		for (unsigned step = 0; step < 3000; step++) {
			size_t i = roll(&d, ITEMS);

			if (chance(&d, 35))
				heap_remove(&h, &item[i]); /* may not be in it */
			else
				heap_set(&h, &m, &item[i], roll(&d, 50));
			heap_check(&h);
			assert_ptr_equal(heap_top(&h), smallest(item));
		}
		heap_fini(&h, &m);
	}
	assert_int_equal(m.used, 0);
}

static void
test_equal_times(void **state)
{
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct dice d = { .seed = seed };
		struct heap_item item[ITEMS] = { 0 };
		struct heap h = { 0 };

		for (size_t i = 0; i < ITEMS; i++)
			item[i].order = i;
		while (h.n < ITEMS)
			heap_set(&h, &m, &item[roll(&d, ITEMS)], 7);
		for (size_t i = 0; i < ITEMS; i++) {
			assert_ptr_equal(heap_top(&h), &item[i]);
			heap_remove(&h, &item[i]);
		}
		assert_null(heap_top(&h));
		heap_fini(&h, &m);
	}
	assert_int_equal(m.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_all),
		cmocka_unit_test(test_equal_times),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
