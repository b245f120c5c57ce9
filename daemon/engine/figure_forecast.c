/* SPDX-License-Identifier: MIT */
/*
 * figure_forecast.c: what a queue's next minutes will be like, if arrivals,
 * handle time, patience and agents stay as they are.
 *
 * The figures are read several times a second and cost some microseconds to
 * work out, so each queue keeps them with the numbers they were made from,
 * its basis, and they are made anew only when one of those is another.  The
 * basis holds whole numbers that follow from the engine's state alone: an
 * engine that was resumed says the same.
 *
 * Not guessed: without five minutes of observation, an arrival and a handle
 * time there is no forecast, and every figure is NaN.
 */
#include <math.h>

#include "erlang.h"
#include "figures.h"

#define OBSERVED_LEAST 300 /* s; a shorter past says little of the next minutes */
#define HALF_RATIO 0.5 /* of RATIO_ONE; a ratio that is shown as the target reaches it */
#define SHOWN_MAX 1e15 /* steps of a unit; more is no figure */

/* ---- the basis ---- */

/*
 * The last hour or the day so far, whichever saw more of it.  How long people
 * talk and how long they wait for us changes slowly; of the hundred calls of
 * half an hour both are known to ten percent, and the forecast of a healthy
 * queue then falls below any useful limit twice as often (make bench-alerts).
 * Arrivals and agents do change: theirs are of now.
 */
static const struct totals *
past_with_most(const struct view *v, enum counter counter)
{
	const struct engine *e = v->e;
	const struct totals *most = &v->o->win[e->hour];

	for (unsigned w = 0; w < e->nshown; w++)
		if (e->window[w].kind == WINDOW_TODAY && v->o->win[w].c[counter] > most->c[counter])
			most = &v->o->win[w];
	return most;
}

static void
handle_time(const struct view *v, struct forecast_basis *b)
{
	const struct totals *t = past_with_most(v, C_KNOWN);

	b->handle_ms = t->c[C_TALK_MS] + t->c[C_HOLD_MS] + t->c[C_ACW_MS];
	b->handled = t->c[C_KNOWN];
}

/* How long all waited for each who gave up, those who still wait so far, in
 * whole seconds: the basis is another once a second, not with every reading. */
static void
patience(const struct view *v, struct forecast_basis *b)
{
	const struct totals *t = past_with_most(v, C_ABANDONED);
	int64_t ms = t->c[C_WAIT_MS] + t->c[C_LEFT_MS], age;
	const struct visit *who;

	b->abandoned = t->c[C_ABANDONED];
	if (b->abandoned == 0)
		return;
	for (who = v->q->oldest; who != NULL; who = who->newer) {
		age = v->e->n - second_of(who->start);
		ms += age > 0 ? age * MSEC_PER_SEC : 0;
	}
	b->waited_ms = ms > 0 ? ms : 1;
}

/* All but who is there.  false: there is nothing to make a forecast from. */
static bool
past_of(const struct view *v, struct forecast_basis *b)
{
	const struct policy *p = &v->q->policy;

	memset(b, 0, sizeof(*b));
	if (!view_knows_states(v) || v->q->channel == CHANNEL_EMAIL || p->threshold == 0)
		return false;
	b->arrived = v->q->arrived;
	b->observed = seconds_observed(v, 0, RECENT_SECONDS);
	handle_time(v, b);
	patience(v, b);
	b->threshold = p->threshold;
	b->target = p->target;
	return b->arrived > 0 && b->observed >= OBSERVED_LEAST && b->handled > 0 &&
	       b->handle_ms > 0;
}

/* ---- the model ---- */

static int64_t
in_steps(double value, double one)
{
	return value * one < SHOWN_MAX ? (int64_t)(value * one + 0.5) : FIGURE_NAN;
}

static struct erlang_load
load_of(const struct forecast_basis *b)
{
	const double second = (double)MSEC_PER_SEC;

	return (struct erlang_load){
		.arrivals = (double)b->arrived / (double)b->observed,
		.handle = (double)b->handle_ms / second / (double)b->handled,
		.patience = b->abandoned > 0 ? (double)b->waited_ms / second / (double)b->abandoned
		                             : INFINITY,
		.threshold = (double)b->threshold / second,
	};
}

static void
forget(struct forecast *f)
{
	f->model = FORECAST_NONE;
	f->sl = f->required = f->gap = f->patience = f->load = FIGURE_NAN;
}

static void
work_out(struct forecast *f)
{
	const struct forecast_basis *b = &f->basis;
	const double target = ((double)b->target - HALF_RATIO) / RATIO_ONE;
	struct erlang_load load = load_of(b);
	struct erlang e;

	if (b->abandoned > 0) {
		f->model = FORECAST_ERLANG_A;
		erlang_a(&load, b->staffed, &e);
		f->required = erlang_a_agents(&load, target);
	} else {
		f->model = FORECAST_ERLANG_C;
		erlang_c(&load, b->staffed, &e);
		f->required = erlang_c_agents(&load, target);
	}
	f->sl = in_steps(e.sl, RATIO_ONE);
	if (f->required < 0)
		f->required = FIGURE_NAN;
	f->gap = f->required == FIGURE_NAN ? FIGURE_NAN : b->staffed - f->required;
	f->patience = ratio(b->waited_ms, b->abandoned, 1);
	f->load = in_steps(load.arrivals * load.handle, 1000);
}

static int64_t
wait_of(const struct view *v, const struct forecast_basis *b)
{
	struct erlang_load load = load_of(b);

	if (view_crew(v)->count[AGENT_AVAILABLE] > 0)
		return 0;
	return in_steps(erlang_wait(&load, b->staffed, v->q->waiting), (double)MSEC_PER_SEC);
}

static const struct forecast *
forecast_of(const struct view *v)
{
	struct forecast *f = &v->e->queues[v->object.index].forecast;
	struct forecast_basis basis;

	if (f->known && f->at == v->e->now && f->arrivals == v->e->arrival)
		return f;
	if (!past_of(v, &basis))
		forget(f);
	else {
		basis.staffed = figure_agents_staffed(v);
		if (f->model == FORECAST_NONE || memcmp(&f->basis, &basis, sizeof(basis)) != 0) {
			f->basis = basis;
			work_out(f);
		}
	}
	f->wait = f->model == FORECAST_NONE ? FIGURE_NAN : wait_of(v, &basis);
	f->at = v->e->now;
	f->arrivals = v->e->arrival;
	f->known = true;
	return f;
}

/* Who is staffed, and so the moment of the last roll call, is nothing to it. */
int64_t
forecast_required(struct engine *e, uint32_t queue)
{
	const struct forecast *kept = &e->queues[queue].forecast;
	struct forecast f = { .model = FORECAST_NONE };
	struct view v;

	view_of(e, (struct object){ SCOPE_QUEUE, queue }, &v);
	if (!past_of(&v, &f.basis))
		return FIGURE_NAN;
	f.basis.staffed = kept->basis.staffed;
	if (kept->model != FORECAST_NONE && memcmp(&kept->basis, &f.basis, sizeof(f.basis)) == 0)
		return kept->required;
	work_out(&f);
	return f.required;
}

/* ---- the figures ---- */

#define FORECAST(fn, member)                                                                       \
	int64_t figure_##fn(const struct view *v)                                                  \
	{                                                                                          \
		return forecast_of(v)->member;                                                     \
	}

FORECAST(nowcast_sl, sl)
FORECAST(agents_gap, gap)
FORECAST(est_wait, wait)
FORECAST(patience, patience)
FORECAST(offered_load, load)

int64_t
figure_agents_required(const struct view *v)
{
	if (v->closed == NULL)
		return forecast_of(v)->required;
	return view_is_of_a_day(v) ? FIGURE_NAN : v->o->level.required;
}

struct str
text_nowcast_model(const struct view *v)
{
	static const char *const names[] = {
		[FORECAST_NONE] = "none",
		[FORECAST_ERLANG_A] = "erlang_a",
		[FORECAST_ERLANG_C] = "erlang_c",
	};
	const char *name = names[forecast_of(v)->model];

	return str_of(name);
}
