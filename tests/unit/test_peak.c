/* SPDX-License-Identifier: MIT */
/*
 * test_peak.c: the largest of the last seconds, against a look at every one,
 * with values that come late and seconds that are forgotten.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SPAN 400 /* seconds kept */

struct value {
	int64_t second, value;
};

static int64_t
largest(const struct value *v, size_t n, int64_t from)
{
	int64_t max = -1;

	for (size_t i = 0; i < n; i++)
		if (v[i].second >= from && v[i].value > max)
			max = v[i].value;
	return max;
}

static void
walk(struct dice *d, struct memory *m)
{
	struct value all[3000];
	struct peak p = { 0 };
	int64_t now = 1000;

	for (size_t n = 0; n < COUNTOF(all); n++) {
		now += roll(d, 3);
		peak_forget(&p, now - SPAN);
		all[n].second = now - (chance(d, 40) ? roll(d, SPAN) : 0);
		all[n].value = roll(d, chance(d, 50) ? 10 : 100000);
		peak_add(&p, m, all[n].second, all[n].value);
		for (unsigned i = 0; i < 4; i++) {
			int64_t from = now - roll(d, SPAN);

			assert_int_equal(peak_since(&p, from), largest(all, n + 1, from));
		}
		for (size_t i = p.first + 1; i < p.first + p.n; i++) {
			assert_true(p.e[i - 1].second < p.e[i].second);
			assert_true(p.e[i - 1].value > p.e[i].value);
		}
	}
	peak_forget(&p, now + 1);
	assert_int_equal(peak_since(&p, 0), -1);
	assert_true(p.cap <= 1024); /* what is forgotten makes room again */
	peak_fini(&p, m);
}

static void
test_against_all(void **state)
{
	struct memory m = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct dice d = { .seed = seed };

		walk(&d, &m);
	}
	assert_int_equal(m.used, 0);
}

/* Values that only fall are all kept: the list moves down as they go. */
static void
test_falling(void **state)
{
	struct memory m = { 0 };
	struct peak p = { 0 };

	(void)state;
	for (int64_t s = 0; s < 10000; s++) {
		peak_forget(&p, s - 99);
		peak_add(&p, &m, s, 20000 - s);
		assert_int_equal(peak_since(&p, s - 99), 20000 - (s < 99 ? 0 : s - 99));
	}
	assert_int_equal(p.n, 100);
	assert_true(p.cap <= 256);
	peak_fini(&p, &m);
	assert_int_equal(m.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_all),
		cmocka_unit_test(test_falling),
	};

	return cmocka_run_group_tests_name("peak", tests, NULL, NULL);
}
