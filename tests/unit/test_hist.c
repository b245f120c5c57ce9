/* SPDX-License-Identifier: MIT */
/*
 * test_hist.c: percentiles against the sorted list of all waits, after adding
 * and after taking back, and the buckets at every octave's edge.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define WAITS 2000

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Of the sorted waits, the first that p of them do not exceed. */
static uint32_t
nearest_rank(const uint32_t *sorted, size_t n, unsigned per_mille)
{
	return sorted[(n * per_mille + 999) / 1000 - 1];
}

static void
check(const struct hist *h, const uint32_t *waits, size_t n)
{
	static const unsigned asked[] = { 1, 10, 250, 500, 900, 950, 990, 999, 1000 };
	uint32_t *sorted = malloc(n * sizeof(*sorted));
	int64_t exact, got;

	assert_non_null(sorted);
	memcpy(sorted, waits, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_size);
	for (size_t i = 0; i < COUNTOF(asked); i++) {
		exact = nearest_rank(sorted, n, asked[i]);
		got = hist_percentile(h, asked[i]);
		/* within 0.8 %: 1000 * difference <= 8 * exact */
		if (llabs(got - exact) * 1000 > exact * 8)
			fail_msg("p%u of %zu: %" PRId64 " for %" PRId64, asked[i], n, got, exact);
	}
	free(sorted);
}

/* Of all sizes, as the logarithm goes. */
static uint32_t
draw(struct dice *d)
{
	return roll(d, UINT32_MAX) >> roll(d, 32);
}

static void
test_percentiles(void **state)
{
	uint32_t waits[WAITS];
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct dice d = { .seed = seed };
		struct hist h = { 0 };
		size_t n = 0;

		while (n < WAITS) {
			waits[n] = draw(&d);
			hist_add(&h, &m, waits[n++], 1);
			if (n % 200 == 0 || n < 10)
				check(&h, waits, n);
		}
		while (n > 1) { /* any of them may go first */
			size_t i = roll(&d, (unsigned)n);

			hist_add(&h, &m, waits[i], -1);
			waits[i] = waits[--n];
			if (n % 200 == 0 || n < 10)
				check(&h, waits, n);
		}
		hist_clear(&h, &m);
		assert_int_equal(h.n, 0);
	}
	assert_int_equal(m.used, 0);
}

static void
test_empty(void **state)
{
	struct memory m = { 0 };
	struct hist h = { 0 };

	(void)state;
	assert_true(hist_percentile(&h, 500) == FIGURE_NAN);
	hist_add(&h, &m, 5, 1);
	assert_int_equal(hist_percentile(&h, 1), 5);
	hist_add(&h, &m, 5, -1);
	assert_true(hist_percentile(&h, 500) == FIGURE_NAN);
	hist_clear(&h, &m);
}

static void
check_near(uint32_t ms)
{
	unsigned bucket = hist_bucket(ms);
	int64_t off = llabs((int64_t)hist_middle(bucket) - ms);

	assert_true(bucket < HIST_SUB * HIST_BLOCKS);
	assert_int_equal(hist_bucket(hist_middle(bucket)), bucket);
	assert_true(off * 1000 <= (int64_t)ms * 8);
}

static void
test_buckets(void **state)
{
	(void)state;
	for (uint32_t ms = 0; ms < 4096; ms++) {
		check_near(ms);
		assert_true(hist_bucket(ms + 1) - hist_bucket(ms) <= 1);
	}
	for (unsigned bit = 6; bit < 32; bit++) {
		uint32_t edge = UINT32_C(1) << bit;

		check_near(edge - 1);
		check_near(edge);
		check_near(edge + 1);
		assert_int_equal(hist_bucket(edge), hist_bucket(edge - 1) + 1);
		assert_int_equal(hist_bucket(edge) % HIST_SUB, 0);
	}
	check_near(UINT32_MAX);
	assert_int_equal(hist_bucket(UINT32_MAX), HIST_SUB * HIST_BLOCKS - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_buckets),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
