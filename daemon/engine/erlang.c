/* SPDX-License-Identifier: MIT */
/*
 * erlang.c: Erlang C and Erlang A, exactly and for any load.
 *
 * A file of its own because it is arithmetic and nothing else: it knows no
 * queue and no clock, and is the one place of the engine with fractions of
 * numbers.  No factorials, which end at 170 agents: chains of probabilities
 * are walked one ratio after the other, from where they are largest.
 *
 * Erlang A is solved without integrals.  Let mu = 1/handle, theta =
 * 1/patience, and c = N mu / theta.  Who finds j others waiting is answered
 * after the sum V of independent exponential times of rates N mu + i theta,
 * i = 0 .. j, if he stays so long; e^(-theta V) is then a product of
 * independent powers of uniform numbers, which is Beta(c, j+1) distributed.
 * So he is answered within T with probability
 *
 *	G(j) = E[e^(-theta V); V <= T] = c / (c+j+1) * P(D > j)
 *
 * where D, how many leave the queue within T, is negative binomial with
 * parameters c+1 and e^(-theta T); its terms again follow by ratios.
 *
 * Work.  Erlang C: one step an agent.  Erlang A: about 17 standard deviations
 * of the number in the system (some 60 steps with 10 agents, 3,000 with
 * 10,000) and, where nobody ever finds a free agent, a step for each who
 * waits.  More than QUEUE_MAX never wait: see patience_of().
 *
 * Sources: Garnett, Mandelbaum, Reiman (2002), "Designing a call center with
 * impatient customers", for the model; Ibrahim, Whitt (2009), "Real-time delay
 * estimation in overloaded multiserver queues with abandonments", for QL_m.
 */
#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "erlang.h"

#define NOTHING 1e-17 /* share of a sum below which no term changes it */
#define QUEUE_MAX 1e6 /* who would wait in a queue without agents, at most */
#define HUGE_SUM 1e250 /* sums are scaled down from here */
#define LOG_HUGE_SUM 575.64627324851142 /* its natural logarithm */
#define LOG_SMALL (-700.0) /* e to this is nearly the smallest double */
#define WAIT_TERMS 1000 /* of the sum in erlang_wait; the rest is an integral */

static double
within_0_1(double p)
{
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

static void
check(const struct erlang_load *load)
{
	assert(load->arrivals > 0 && load->handle > 0 && load->threshold >= 0);
}

/* ---- Erlang C ---- */

/* Erlang B, the share turned away by n agents and no queue, from that of n-1. */
static double
next_blocked(double erlangs, double n, double blocked)
{
	return erlangs * blocked / (n + erlangs * blocked);
}

/* Who waits, from Erlang B; n is above the load. */
static double
waits(double erlangs, double n, double blocked)
{
	return n * blocked / (n - erlangs * (1 - blocked));
}

static double
sl_of_patient(const struct erlang_load *load, double n, double p_wait)
{
	double spare = n - load->arrivals * load->handle;

	return within_0_1(1 - p_wait * exp(-spare * load->threshold / load->handle));
}

void
erlang_c(const struct erlang_load *load, int64_t agents, struct erlang *out)
{
	double erlangs = load->arrivals * load->handle, blocked = 1, n;

	check(load);
	if ((double)agents <= erlangs) { /* the queue only grows */
		*out = (struct erlang){ 0, 1, 0, INFINITY, agents > 0 };
		return;
	}
	for (n = 1; n <= (double)agents; n++)
		blocked = next_blocked(erlangs, n, blocked);
	n = (double)agents;
	out->p_wait = within_0_1(waits(erlangs, n, blocked));
	out->sl = sl_of_patient(load, n, out->p_wait);
	out->p_abandon = 0;
	out->lq = out->p_wait * erlangs / (n - erlangs);
	out->occupancy = erlangs / n;
}

int64_t
erlang_c_agents(const struct erlang_load *load, double target)
{
	double erlangs = load->arrivals * load->handle, blocked = 1, n;

	check(load);
	if (target <= 0)
		return 0;
	if (erlangs >= ERLANG_AGENTS_MAX)
		return -1;
	for (n = 1; n <= ERLANG_AGENTS_MAX; n++) {
		blocked = next_blocked(erlangs, n, blocked);
		if (n > erlangs && sl_of_patient(load, n, waits(erlangs, n, blocked)) >= target)
			return (int64_t)n;
	}
	return -1;
}

/* ---- Erlang A: who is answered in time ---- */

/* One who finds j others waiting; j only grows. */
struct tagged {
	double j;
	double c, y; /* the negative binomial's: c+1 and 1 - e^(-theta T) */
	double term, sum; /* P(D = j) and P(D <= j), divided by scale */
	double log_scale, scale;
};

static void
set_scale(struct tagged *t, double log_scale)
{
	t->log_scale = log_scale;
	t->scale = log_scale > LOG_SMALL ? exp(log_scale) : 0;
}

static void
tagged_first(struct tagged *t, double c, double patience, double threshold)
{
	t->j = 0;
	t->c = c;
	t->y = -expm1(-threshold / patience);
	t->term = t->sum = 1;
	set_scale(t, -(c + 1) * threshold / patience);
}

static void
tagged_next(struct tagged *t)
{
	t->term *= t->y * (t->j + 1 + t->c) / (t->j + 1);
	t->sum += t->term;
	t->j++;
	if (t->sum < HUGE_SUM)
		return;
	t->term /= HUGE_SUM;
	t->sum /= HUGE_SUM;
	set_scale(t, t->log_scale + LOG_HUGE_SUM);
}

/* P(D > j) */
static double
queue_moves(const struct tagged *t)
{
	return within_0_1(1 - t->sum * t->scale);
}

static double
answered_in_time(const struct tagged *t)
{
	return t->c / (t->c + t->j + 1) * queue_moves(t);
}

/* ---- Erlang A: how many are there ---- */

struct chain {
	double arrivals, ends, gives_up; /* lambda, mu, theta */
	double agents, mode;
};

/* Longer than QUEUE_MAX arrivals take is as long as for ever. */
static double
patience_of(const struct erlang_load *load)
{
	double most = QUEUE_MAX / load->arrivals;

	return load->patience < most ? load->patience : most;
}

static void
chain_init(struct chain *c, const struct erlang_load *load, int64_t agents)
{
	double spare;

	c->arrivals = load->arrivals;
	c->ends = 1 / load->handle;
	c->gives_up = 1 / patience_of(load);
	c->agents = (double)agents;
	spare = c->agents * c->ends - c->arrivals;
	c->mode =
	    spare > 0 ? floor(c->arrivals / c->ends) : c->agents + floor(-spare / c->gives_up);
}

/* How many leave a second when n are there. */
static double
leaving(const struct chain *c, double n)
{
	if (n <= c->agents)
		return n * c->ends;
	return c->agents * c->ends + (n - c->agents) * c->gives_up;
}

/* The fewest that are ever there, and how likely, where the mode's is 1. */
static double
fewest(const struct chain *c, double *p)
{
	double n = c->mode, sum = 1;

	for (*p = 1; n > 0 && *p > NOTHING * sum; n--) {
		*p *= leaving(c, n) / c->arrivals;
		sum += *p;
	}
	return n;
}

/* Sums over how many are there, not yet divided by that of the probabilities. */
struct tally {
	double all, wait, lq, late;
};

/* From the fewest up, the one who comes then in step: t finds n - agents. */
static void
walk(const struct chain *c, struct tagged *t, struct tally *sum)
{
	double p, n = fewest(c, &p);

	while (t->j < n - c->agents && queue_moves(t) > NOTHING)
		tagged_next(t);
	for (; n <= c->mode || p > NOTHING * sum->all; n++) {
		sum->all += p;
		if (n >= c->agents) {
			sum->wait += p;
			sum->lq += p * (n - c->agents);
			sum->late += p * (1 - answered_in_time(t));
			tagged_next(t);
		}
		p *= c->arrivals / leaving(c, n + 1);
	}
}

void
erlang_a(const struct erlang_load *load, int64_t agents, struct erlang *out)
{
	struct tally sum = { 0 };
	struct tagged t;
	struct chain c;

	check(load);
	assert(load->patience > 0);
	chain_init(&c, load, agents);
	tagged_first(&t, c.agents * c.ends / c.gives_up, 1 / c.gives_up, load->threshold);
	walk(&c, &t, &sum);
	out->sl = within_0_1(1 - sum.late / sum.all);
	out->p_wait = within_0_1(sum.wait / sum.all);
	out->lq = sum.lq / sum.all;
	out->p_abandon = within_0_1(out->lq * c.gives_up / c.arrivals);
	out->occupancy =
	    agents == 0 ? 0 : within_0_1(c.arrivals * (1 - out->p_abandon) / (c.agents * c.ends));
}

static bool
reaches(const struct erlang_load *load, int64_t agents, double target)
{
	struct erlang e;

	erlang_a(load, agents, &e);
	return e.sl >= target;
}

/*
 * More agents never answer fewer in time.  The number is nearly always within
 * two square roots of the load; else it is looked for below, or by doubling
 * above.  Then halved: about log2 of the load evaluations, never over 40.
 */
int64_t
erlang_a_agents(const struct erlang_load *load, double target)
{
	double erlangs = load->arrivals * load->handle, near = 2 * sqrt(erlangs);
	int64_t few, enough, n;

	if (target <= 0)
		return 0;
	if (erlangs >= ERLANG_AGENTS_MAX)
		return -1;
	few = near < erlangs ? (int64_t)(erlangs - near) : 0;
	enough = (int64_t)(erlangs + near) + 1;
	if (reaches(load, few, target)) {
		enough = few;
		few = 0;
	}
	for (; !reaches(load, enough, target); enough *= 2) {
		few = enough;
		if (enough > ERLANG_AGENTS_MAX)
			return -1;
	}
	while (enough - few > 1) {
		n = few + (enough - few) / 2;
		*(reaches(load, n, target) ? &enough : &few) = n;
	}
	return enough <= ERLANG_AGENTS_MAX ? enough : -1;
}

/* ---- who comes now ---- */

/* QL_m: the sum over j = 0 .. waiting of 1 / (N mu + j theta).  Past the first
 * terms it is the integral from midpoint to midpoint, to eight digits. */
double
erlang_wait(const struct erlang_load *load, int64_t agents, int64_t waiting)
{
	double served = (double)agents / load->handle, gives_up = 1 / load->patience;
	double sum = 0, more, j;

	if (agents == 0)
		return INFINITY;
	for (j = 0; j <= (double)waiting && j < WAIT_TERMS; j++)
		sum += 1 / (served + j * gives_up);
	more = (double)waiting + 1 - j;
	if (gives_up > 0)
		return sum + log1p(more * gives_up / (served + (j - 0.5) * gives_up)) / gives_up;
	return sum + more / served;
}
