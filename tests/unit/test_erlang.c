/* SPDX-License-Identifier: MIT */
/*
 * test_erlang.c: the models against published numbers, against themselves in
 * their limits, against the textbook's way of working them out, and against a
 * simulation.
 *
 * The numbers are those of 100 calls in 30 minutes, a handle time of 180 s, a
 * threshold of 20 s and, where callers give up, a patience of 300 s.  Those of
 * 13 agents are also pyworkforce's documented ones.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/erlang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct erlang_load hundred = {
	.arrivals = 100 / 1800.0, .handle = 180, .patience = 300, .threshold = 20
};

static void
assert_near(double seen, double expected, double error)
{
	if (fabs(seen - expected) <= error)
		return;
	print_error("%.12g is not %.12g, within %g\n", seen, expected, error);
	fail();
}

/* ---- numbers known elsewhere ---- */

static void
test_erlang_c_known(void **state)
{
	static const struct {
		int agents;
		double p_wait, sl, asa;
	} known[] = {
		{ 11, 0.682118, 0.389614, 122.781 },
		{ 12, 0.449388, 0.640158, 40.445 },
		{ 13, 0.285270, 0.795595, 17.116 },
		{ 14, 0.174132, 0.888350, 7.836 },
		{ 15, 0.102042, 0.941453, 3.674 },
		{ 16, 0.057340, 0.970560, 1.720 },
	};
	struct erlang e;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		erlang_c(&hundred, known[i].agents, &e);
		assert_near(e.p_wait, known[i].p_wait, 0.5e-6);
		assert_near(e.sl, known[i].sl, 0.5e-6);
		assert_near(e.lq / hundred.arrivals, known[i].asa, 0.5e-3);
		assert_near(e.occupancy, 10.0 / known[i].agents, 1e-12);
		assert_near(e.p_abandon, 0, 0);
	}
}

static void
test_erlang_a_known(void **state)
{
	static const struct {
		int agents;
		double sl, p_abandon, p_wait;
	} known[] = {
		{ 10, 0.516810, 0.109438, 0.599433 },
		{ 12, 0.772279, 0.042711, 0.331802 },
		{ 13, 0.858178, 0.024963, 0.225797 },
		{ 14, 0.916792, 0.013984, 0.145260 },
	};
	struct erlang e;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		erlang_a(&hundred, known[i].agents, &e);
		assert_near(e.sl, known[i].sl, 0.5e-6);
		assert_near(e.p_abandon, known[i].p_abandon, 0.5e-6);
		assert_near(e.p_wait, known[i].p_wait, 0.5e-6);
	}
	erlang_a(&hundred, 13, &e);
	assert_near(e.lq, 0.416055, 0.5e-6);
	assert_near(e.occupancy, 0.750028, 0.5e-6);
}

static struct erlang_load
load_of(double erlangs)
{
	struct erlang_load load = hundred;

	load.arrivals = erlangs / load.handle;
	return load;
}

static double
p_wait_c(int64_t agents, double erlangs)
{
	struct erlang_load load = load_of(erlangs);
	struct erlang e;

	erlang_c(&load, agents, &e);
	return e.p_wait;
}

/* Erlang B from Erlang C. */
static double
blocked(int64_t agents, double erlangs)
{
	double c = p_wait_c(agents, erlangs), n = (double)agents;

	return c * (n - erlangs) / (n - c * erlangs);
}

static void
test_large(void **state)
{
	(void)state;
	assert_near(p_wait_c(2000, 1950), 0.178675, 0.5e-6);
	assert_near(p_wait_c(5000, 4990), 0.834367, 0.5e-6);
	assert_near(blocked(170, 160), 0.028218, 0.5e-6); /* 171! is no double any more */
}

/* ---- how many agents ---- */

static void
test_agents_known(void **state)
{
	(void)state;
	assert_int_equal(erlang_c_agents(&hundred, 0.8), 14);
	assert_int_equal(erlang_a_agents(&hundred, 0.8), 13);
	assert_int_equal(erlang_c_agents(&hundred, 0), 0);
	assert_int_equal(erlang_a_agents(&hundred, 0), 0);
	assert_int_equal(erlang_c_agents(&hundred, 0.38961), 11);
	assert_int_equal(erlang_c_agents(&hundred, 0.38962), 12);
}

typedef void solve_fn(const struct erlang_load *, int64_t, struct erlang *);

static double
sl_of(solve_fn *solve, const struct erlang_load *load, int64_t agents)
{
	struct erlang e;

	solve(load, agents, &e);
	return e.sl;
}

/* So many reach the target, and one less does not. */
static void
assert_smallest(solve_fn *solve, const struct erlang_load *load, int64_t agents, double target)
{
	assert_true(agents > 0);
	assert_true(sl_of(solve, load, agents) >= target);
	assert_true(sl_of(solve, load, agents - 1) < target);
}

static void
test_agents_smallest(void **state)
{
	static const double erlangs[] = { 0.01, 0.3, 1, 2.5, 7, 40, 300, 2000, 10000 };
	static const double targets[] = { 0.01, 0.3, 0.8, 0.95, 0.99995 };
	static const double patience[] = { 0.5, 30, 300, 20000 };
	struct erlang_load load;

	(void)state;
	for (size_t i = 0; i < sizeof(erlangs) / sizeof(erlangs[0]); i++)
		for (size_t t = 0; t < sizeof(targets) / sizeof(targets[0]); t++) {
			load = load_of(erlangs[i]);
			assert_smallest(
			    erlang_c, &load, erlang_c_agents(&load, targets[t]), targets[t]);
			for (size_t p = 0; p < sizeof(patience) / sizeof(patience[0]); p++) {
				load.patience = patience[p];
				assert_smallest(erlang_a, &load, erlang_a_agents(&load, targets[t]),
				    targets[t]);
			}
		}
}

static void
test_more_than_anybody_has(void **state)
{
	struct erlang_load load = load_of(1e9);

	(void)state;
	assert_int_equal(erlang_c_agents(&load, 0.8), -1);
	assert_int_equal(erlang_a_agents(&load, 0.8), -1);
	load = load_of(ERLANG_AGENTS_MAX - 1);
	load.threshold = 0;
	assert_int_equal(erlang_c_agents(&load, 0.99), -1);
	assert_int_equal(erlang_a_agents(&load, 0.99), -1);
}

/* ---- limits ---- */

static void
test_patience_without_end_is_erlang_c(void **state)
{
	struct erlang_load load = hundred;
	struct erlang a, c;

	(void)state;
	load.patience = 1e12;
	for (int64_t n = 11; n < 40; n++) {
		erlang_a(&load, n, &a);
		erlang_c(&load, n, &c);
		assert_near(a.sl, c.sl, 1e-4);
		assert_near(a.p_wait, c.p_wait, 1e-4);
		assert_near(a.lq, c.lq, 1e-3 * c.lq);
		assert_near(a.p_abandon, 0, 1e-5);
	}
	erlang_a(&load, 9, &a); /* overloaded: all wait, the tenth part in vain */
	assert_near(a.sl, 0, 1e-9);
	assert_near(a.p_abandon, 0.1, 1e-6);
	assert_near(a.occupancy, 1, 1e-9);
}

/* Who does not wait at all is turned away: Erlang B. */
static void
test_no_patience_is_erlang_b(void **state)
{
	struct erlang_load load = hundred;
	struct erlang a;

	(void)state;
	load.patience = 1e-6;
	for (int64_t n = 11; n < 20; n++) {
		erlang_a(&load, n, &a);
		assert_near(a.p_wait, blocked(n, 10), 1e-6);
		assert_near(a.p_abandon, blocked(n, 10), 1e-6);
		assert_near(a.sl, 1 - blocked(n, 10), 1e-6);
	}
}

static void
test_threshold_0(void **state)
{
	struct erlang_load load = hundred;
	struct erlang e;

	(void)state;
	load.threshold = 0;
	for (int64_t n = 5; n < 20; n++) {
		erlang_a(&load, n, &e);
		assert_near(e.sl, 1 - e.p_wait, 1e-12);
		erlang_c(&load, n, &e);
		assert_near(e.sl, n > 10 ? 1 - e.p_wait : 0, 1e-12);
	}
}

/* With a threshold nobody outlives, who is not answered has given up. */
static void
test_threshold_without_end(void **state)
{
	struct erlang_load load = hundred;
	struct erlang e;

	(void)state;
	load.threshold = 1e5;
	for (int64_t n = 0; n < 20; n++) {
		erlang_a(&load, n, &e);
		assert_near(e.sl, 1 - e.p_abandon, 1e-12);
	}
}

static void
test_no_agents(void **state)
{
	struct erlang e;

	(void)state;
	erlang_a(&hundred, 0, &e);
	assert_near(e.sl, 0, 0);
	assert_near(e.p_wait, 1, 0);
	assert_near(e.p_abandon, 1, 1e-12);
	assert_near(e.lq, hundred.arrivals * hundred.patience, 1e-9);
	assert_near(e.occupancy, 0, 0);
	erlang_c(&hundred, 0, &e);
	assert_near(e.sl, 0, 0);
	assert_near(e.occupancy, 0, 0);
}

static void
test_too_few_for_the_patient(void **state)
{
	struct erlang e;

	(void)state;
	erlang_c(&hundred, 10, &e);
	assert_near(e.sl, 0, 0);
	assert_near(e.p_wait, 1, 0);
	assert_true(isinf(e.lq));
	assert_near(e.occupancy, 1, 0);
}

/* ---- which way it goes ---- */

static void
test_more_agents_are_better(void **state)
{
	static solve_fn *const models[] = { erlang_a, erlang_c };
	struct erlang few, more;

	(void)state;
	for (unsigned m = 0; m < 2; m++)
		for (int64_t n = 1; n < 30; n++) {
			models[m](&hundred, n, &few);
			models[m](&hundred, n + 1, &more);
			assert_true(more.sl > few.sl || (m == 1 && n < 10));
			assert_true(more.p_wait < few.p_wait || (m == 1 && n < 10));
			assert_true(more.p_abandon < few.p_abandon || m == 1);
			assert_true(more.occupancy < few.occupancy || (m == 1 && n < 10));
		}
}

static void
test_more_calls_are_worse(void **state)
{
	struct erlang_load load;
	double a = 1, c = 1;

	(void)state;
	for (double erlangs = 1; erlangs < 30; erlangs++) {
		load = load_of(erlangs);
		assert_true(sl_of(erlang_a, &load, 12) < a);
		assert_true(sl_of(erlang_c, &load, 12) < c || erlangs > 12);
		a = sl_of(erlang_a, &load, 12);
		c = sl_of(erlang_c, &load, 12);
	}
}

static void
test_a_longer_threshold_is_kept_more_often(void **state)
{
	struct erlang_load load = hundred;
	double a = 0, c = 0;

	(void)state;
	for (load.threshold = 0; load.threshold < 600; load.threshold += 10) {
		assert_true(sl_of(erlang_a, &load, 11) > a);
		assert_true(sl_of(erlang_c, &load, 11) > c);
		a = sl_of(erlang_a, &load, 11);
		c = sl_of(erlang_c, &load, 11);
	}
}

/* ---- the textbook's way ---- */

#define STATES 400 /* more are never there in what is asked here */

/* A caller with j others before him, by uniformisation: at each beat of a
 * clock of Poisson times somebody moves, or nobody does.  g[j]: he is
 * answered within T. */
static void
uniformise(const struct erlang_load *load, int agents, double g[STATES])
{
	double mu = agents / load->handle, theta = 1 / load->patience;
	double beat = mu + STATES * theta, far = beat * load->threshold, weight;
	double answered[STATES], next[STATES];

	for (int j = 0; j < STATES; j++)
		answered[j] = g[j] = 0;
	for (int k = 1; k < far + 12 * sqrt(far) + 30; k++) {
		weight = exp(k * log(far) - far - lgamma(k + 1));
		for (int j = 0; j < STATES; j++)
			next[j] = (mu + j * theta) / beat * (j == 0 ? 1 : answered[j - 1]) +
			          (beat - mu - (j + 1) * theta) / beat * answered[j];
		for (int j = 0; j < STATES; j++) {
			answered[j] = next[j];
			g[j] += weight * next[j];
		}
	}
}

static double
textbook_sl(const struct erlang_load *load, int agents)
{
	double p = 1, sum = 0, good = 0, g[STATES], left;

	uniformise(load, agents, g);
	for (int n = 0; n < agents + STATES; n++) {
		sum += p;
		good += p * (n < agents ? 1 : g[n - agents]);
		left = n + 1 <= agents ? (n + 1) / load->handle
		                       : agents / load->handle + (n + 1 - agents) / load->patience;
		p *= load->arrivals / left;
	}
	return good / sum;
}

static void
test_textbook(void **state)
{
	static const double thresholds[] = { 1, 5, 20, 120 };
	static const double patience[] = { 20, 120, 300, 1000 };
	struct erlang_load load = hundred;

	(void)state;
	for (size_t t = 0; t < 4; t++)
		for (size_t p = 0; p < 4; p++)
			for (int n = 6; n < 18; n += 3) {
				load.threshold = thresholds[t];
				load.patience = patience[p];
				assert_near(sl_of(erlang_a, &load, n), textbook_sl(&load, n), 1e-9);
			}
}

/* ---- anything at all ---- */

static uint64_t random_state;

/* Splitmix64; within (0, 1]. */
static double
draw(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)(((z ^ (z >> 31)) >> 11) + 1) / 9007199254740992.0;
}

/* Of any order of magnitude. */
static double
draw_between(double low, double high)
{
	return low * exp(draw() * log(high / low));
}

static void
assert_sane(const struct erlang *e)
{
	assert_true(e->sl >= 0 && e->sl <= 1);
	assert_true(e->p_wait >= 0 && e->p_wait <= 1);
	assert_true(e->p_abandon >= 0 && e->p_abandon <= 1);
	assert_true(e->occupancy >= 0 && e->occupancy <= 1);
	assert_true(e->sl <= 1 - e->p_abandon + 1e-9);
	assert_true(e->lq >= 0);
}

static void
test_anything(void **state)
{
	struct erlang_load load;
	struct erlang e;
	double erlangs;
	int64_t n;

	(void)state;
	random_state = 20260105;
	for (int i = 0; i < 4000; i++) {
		erlangs = draw_between(0.001, 20000);
		load.handle = draw_between(0.001, 1e5);
		load.arrivals = erlangs / load.handle;
		load.patience = draw_between(0.001, 1e7);
		load.threshold = i % 10 == 0 ? 0 : draw_between(0.001, 1e4);
		n = (int64_t)(erlangs * draw_between(0.3, 3));
		erlang_a(&load, n, &e);
		assert_sane(&e);
		assert_true(isfinite(e.lq));
		erlang_c(&load, n, &e);
		assert_sane(&e);
		assert_true(isfinite(e.lq) || (double)n <= erlangs);
	}
}

/* ---- a simulation ---- */

#define BATCHES 40
#define BATCH 10000 /* callers */
#define SIM_AGENTS 13

struct simulation {
	double now, free_at[SIM_AGENTS];
	double sl[BATCHES], abandoned[BATCHES]; /* shares */
};

static double
draw_time(double mean)
{
	return -mean * log(draw());
}

/* One caller, in the order of arrival: who gives up takes nobody's time. */
static void
call(struct simulation *s, unsigned batch)
{
	double patience = draw_time(hundred.patience), wait;
	unsigned first = 0;

	s->now += draw_time(1 / hundred.arrivals);
	for (unsigned i = 1; i < SIM_AGENTS; i++)
		if (s->free_at[i] < s->free_at[first])
			first = i;
	wait = fmax(0, s->free_at[first] - s->now);
	if (wait > patience) {
		s->abandoned[batch] += 1.0 / BATCH;
		return;
	}
	s->free_at[first] = s->now + wait + draw_time(hundred.handle);
	s->sl[batch] += wait <= hundred.threshold ? 1.0 / BATCH : 0;
}

/* The mean of the batches is the model's, within four of its standard errors. */
static void
assert_mean(const double x[BATCHES], double expected)
{
	double mean = 0, square = 0;

	for (int i = 0; i < BATCHES; i++)
		mean += x[i] / BATCHES;
	for (int i = 0; i < BATCHES; i++)
		square += (x[i] - mean) * (x[i] - mean);
	assert_near(mean, expected, 4 * sqrt(square / (BATCHES - 1) / BATCHES));
}

static void
test_simulation(void **state)
{
	struct simulation s = { 0 };
	struct erlang e;

	(void)state;
	random_state = 1;
	for (unsigned i = 0; i < BATCHES * BATCH; i++)
		call(&s, i / BATCH);
	erlang_a(&hundred, SIM_AGENTS, &e);
	assert_mean(s.sl, e.sl);
	assert_mean(s.abandoned, e.p_abandon);
}

/* ---- who comes now ---- */

static double
sum_of(const struct erlang_load *load, int64_t agents, int64_t waiting)
{
	double sum = 0;

	for (int64_t j = 0; j <= waiting; j++)
		sum += 1 / ((double)agents / load->handle + (double)j / load->patience);
	return sum;
}

static void
test_wait(void **state)
{
	static const int64_t waiting[] = { 0, 1, 5, 999, 1000, 1001, 5000, 100000 };
	struct erlang_load load = hundred;
	double sum;

	(void)state;
	assert_near(erlang_wait(&hundred, 12, 0), 15, 1e-12);
	assert_near(erlang_wait(&hundred, 12, 1), 15 + 1 / (12 / 180.0 + 1 / 300.0), 1e-12);
	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		for (load.patience = 10; load.patience < 1e9; load.patience *= 10) {
			sum = sum_of(&load, 12, waiting[i]);
			assert_near(erlang_wait(&load, 12, waiting[i]), sum, 1e-8 * sum);
		}
	load.patience = INFINITY;
	assert_near(erlang_wait(&load, 12, 5), 90, 1e-9);
	assert_near(erlang_wait(&load, 12, 99999), 1500000, 1e-3);
	assert_true(isinf(erlang_wait(&hundred, 0, 0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_erlang_c_known),
		cmocka_unit_test(test_erlang_a_known),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_agents_known),
		cmocka_unit_test(test_agents_smallest),
		cmocka_unit_test(test_more_than_anybody_has),
		cmocka_unit_test(test_patience_without_end_is_erlang_c),
		cmocka_unit_test(test_no_patience_is_erlang_b),
		cmocka_unit_test(test_threshold_0),
		cmocka_unit_test(test_threshold_without_end),
		cmocka_unit_test(test_no_agents),
		cmocka_unit_test(test_too_few_for_the_patient),
		cmocka_unit_test(test_more_agents_are_better),
		cmocka_unit_test(test_more_calls_are_worse),
		cmocka_unit_test(test_a_longer_threshold_is_kept_more_often),
		cmocka_unit_test(test_textbook),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_simulation),
		cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
