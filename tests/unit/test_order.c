/* SPDX-License-Identifier: MIT */
/*
 * test_order.c: things in order of time, against an array that is looked
 * through.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define THINGS 200

struct world {
	struct order order;
	struct link link[THINGS];
	bool in[THINGS];
};

static uint32_t
count_until(const struct world *w, msec_t at)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < THINGS; i++)
		n += w->in[i] && w->link[i].at <= at;
	return n;
}

static void
compare(const struct world *w)
{
	const struct link *l;
	msec_t at, before = -1;
	uint32_t n = 0;

	order_check(&w->order);
	for (at = -1; at <= 50; at++)
		assert_int_equal(order_until(&w->order, at), count_until(w, at));
	assert_int_equal(order_n(&w->order), count_until(w, 50));
	for (l = order_first(&w->order); l != NULL; l = order_next(&w->order, l), n++) {
		assert_true(w->in[l - w->link] && l->at >= before);
		before = l->at;
	}
	assert_int_equal(n, order_n(&w->order));
}

static void
test_against_an_array(void **state)
{
	struct world w = { .order = { NULL } };
	struct dice dice = { .seed = 1 };
	unsigned i, turn;

	(void)state;
	compare(&w);
	for (turn = 0; turn < 20000; turn++) {
		i = roll(&dice, THINGS);
		if (w.in[i])
			order_take(&w.order, &w.link[i]);
		else
			order_put(&w.order, &w.link[i], roll(&dice, 50));
		w.in[i] = !w.in[i];
		if (turn % 20 == 0)
			compare(&w);
	}
}

/* Those that come in order are as good as any: none is far from the root. */
static void
test_depth(void **state)
{
	static struct link links[100000];
	struct order order = { NULL };
	const struct link *l;
	unsigned depth = 0;

	(void)state;
	for (size_t i = 0; i < COUNTOF(links); i++)
		order_put(&order, &links[i], (msec_t)i);
	for (l = order.root; l != NULL; l = l->right)
		depth++;
	assert_true(depth < 100);
	assert_int_equal(order_until(&order, 49999), 50000);
	for (size_t i = 0; i < COUNTOF(links); i++)
		order_take(&order, &links[i]);
	assert_null(order.root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_an_array),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
