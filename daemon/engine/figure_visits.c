/* SPDX-License-Identifier: MIT */
/*
 * figure_visits.c: counts, times and service levels of a window.
 */
#include "figures.h"

/* ---- counts ---- */

COUNTER(offered, C_OFFERED)
COUNTER(answered, C_ANSWERED)
COUNTER(abandoned, C_ABANDONED)
COUNTER(short_abandoned, C_SHORT)
COUNTER(flowed_timeout, C_FLOW + FLOW_TIMEOUT)
COUNTER(flowed_overflow, C_FLOW + FLOW_OVERFLOW)
COUNTER(flowed_key, C_FLOW + FLOW_KEY)
COUNTER(flowed_closed, C_FLOW + FLOW_CLOSED)
COUNTER(flowed_full, C_FLOW + FLOW_FULL)
COUNTER(flowed_no_agent, C_FLOW + FLOW_NO_AGENT)
COUNTER(flowed_withdrawn, C_FLOW + FLOW_WITHDRAWN)
COUNTER(callback, C_CALLBACK)
COUNTER(stuck, C_STUCK)
COUNTER(stuck_handling, C_STUCK_HANDLING)
COUNTER(handled, C_HANDLED)
COUNTER(known, C_KNOWN)
COUNTER(missed, C_MISSED)
COUNTER(transferred, C_TRANSFERRED)
COUNTER(escalated, C_ESCALATED)
COUNTER(wait_sum, C_WAIT_MS)
COUNTER(talk_sum, C_TALK_MS)
COUNTER(hold_sum, C_HOLD_MS)
COUNTER(acw_derived, C_ACW_DERIVED)
COUNTER(acw_sum, C_ACW_MS)
COUNTER(sl_good, C_SL_GOOD)
COUNTER(sl_short, C_SL_SHORT)
COUNTER(sl_abandoned, C_SL_ABANDONED)
COUNTER(sl_late, C_SL_LATE)
COUNTER(sl_flowed, C_SL_FLOWED)
COUNTER(sl_callback, C_SL_CALLBACK)

int64_t
figure_flowed_out(const struct view *v)
{
	int64_t n = 0;

	for (unsigned i = 0; i < FLOW_COUNT; i++)
		n += v->t->c[C_FLOW + i];
	return n;
}

/* ---- ratios and means: sum / n ---- */

int64_t
figure_transfer_ratio(const struct view *v)
{
	return ratio(v->t->c[C_TRANSFERRED], v->t->c[C_HANDLED], RATIO_ONE);
}

int64_t
figure_escalation_ratio(const struct view *v)
{
	return ratio(v->t->c[C_ESCALATED], v->t->c[C_HANDLED], RATIO_ONE);
}

int64_t
figure_abandon_ratio(const struct view *v)
{
	int64_t left = v->t->c[C_ABANDONED] - v->t->c[C_SHORT];

	return ratio(left, v->t->c[C_ANSWERED] + left, RATIO_ONE);
}

int64_t
figure_asa(const struct view *v)
{
	return ratio(v->t->c[C_WAIT_MS], v->t->c[C_ANSWERED], 1);
}

int64_t
figure_aht(const struct view *v)
{
	const int64_t *c = v->t->c;

	return ratio(c[C_TALK_MS] + c[C_HOLD_MS] + c[C_ACW_MS], c[C_KNOWN], 1);
}

int64_t
figure_talk_avg(const struct view *v)
{
	return ratio(v->t->c[C_TALK_MS], v->t->c[C_KNOWN], 1);
}

int64_t
figure_hold_avg(const struct view *v)
{
	return ratio(v->t->c[C_HOLD_MS], v->t->c[C_KNOWN], 1);
}

int64_t
figure_acw_avg(const struct view *v)
{
	return ratio(v->t->c[C_ACW_MS], v->t->c[C_KNOWN], 1);
}

/* ---- waits ---- */

static int64_t
longest_wait(const struct view *v)
{
	const struct engine_window *w;

	if (v->closed != NULL)
		return v->closed->longest;
	w = &v->e->window[v->window];
	if (w->kind == WINDOW_ROLLING)
		return peak_since(&v->o->peak, v->e->n - w->seconds + 1);
	return v->o->longest[w->kind == WINDOW_ALL];
}

int64_t
figure_wait_max(const struct view *v)
{
	int64_t longest = longest_wait(v);

	return longest < 0 ? FIGURE_NAN : longest;
}

static int64_t
percentile(const struct view *v, unsigned per_mille)
{
	const struct hist *h = v->closed != NULL ? v->closed->wait : &v->o->wait[v->window];
	int64_t wait = h == NULL ? FIGURE_NAN : hist_percentile(h, per_mille);
	int64_t longest = figure_wait_max(v);

	return wait > longest ? longest : wait; /* a bucket's middle may lie above all in it */
}

int64_t
figure_wait_p50(const struct view *v)
{
	return percentile(v, 500);
}

int64_t
figure_wait_p90(const struct view *v)
{
	return percentile(v, 900);
}

int64_t
figure_wait_p95(const struct view *v)
{
	return percentile(v, 950);
}

/* ---- service level ---- */

#define BIT(sl) (1u << (SL_##sl - SL_GOOD))

/* Contract section 3: which counts stand above and below the line. */
static const struct {
	uint8_t above, below;
} sl_sums[SL_NFORMULAS] = {
	[SL_SHORT_REMOVED] = { BIT(GOOD), BIT(GOOD) | BIT(ABANDONED) | BIT(LATE) },
	[SL_NEGATIVE] = { BIT(GOOD), BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED) | BIT(LATE) },
	[SL_IGNORE] = { BIT(GOOD), BIT(GOOD) | BIT(LATE) },
	[SL_POSITIVE] = { BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED),
	    BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED) | BIT(LATE) },
	[SL_SHORT_CREDIT] = { BIT(GOOD) | BIT(SHORT),
	    BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED) | BIT(LATE) },
	[SL_FLOWOUTS] = { BIT(GOOD), BIT(GOOD) | BIT(ABANDONED) | BIT(LATE) | BIT(FLOWED) },
	[SL_CONNECT] = { BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED) | BIT(CALLBACK),
	    BIT(GOOD) | BIT(SHORT) | BIT(ABANDONED) | BIT(CALLBACK) | BIT(FLOWED) | BIT(LATE) },
	[SL_ANSWERED_ONLY] = { BIT(GOOD), 0 }, /* over the answered */
};

static int64_t
sum_of(const struct totals *t, unsigned bits)
{
	int64_t n = 0;

	for (unsigned i = 0; bits >> i != 0; i++)
		if (bits >> i & 1)
			n += t->c[C_SL_GOOD + i];
	return n;
}

static void
sl_fraction(const struct totals *t, enum sl_formula f, int64_t *above, int64_t *below)
{
	*above = sum_of(t, sl_sums[f].above);
	*below = f == SL_ANSWERED_ONLY ? t->c[C_SL_ANSWERED] : sum_of(t, sl_sums[f].below);
}

int64_t
sl_of(const struct totals *t, enum sl_formula f, int64_t *n)
{
	int64_t above, below;

	sl_fraction(t, f, &above, &below);
	if (n != NULL)
		*n = below;
	return ratio(above, below, RATIO_ONE);
}

enum sl_formula
formula_of(const struct view *v)
{
	if (v->q != NULL)
		return v->q->policy.formula;
	return v->e->defaults[v->object.scope == SCOPE_CHANNEL ? v->object.index : CHANNEL_CALL]
	    .formula;
}

int64_t
figure_sl_ratio(const struct view *v)
{
	return sl_of(v->t, formula_of(v), NULL);
}

int64_t
figure_sl_n(const struct view *v)
{
	int64_t n;

	sl_of(v->t, formula_of(v), &n);
	return n;
}

#define BY_FORMULA(fn, formula)                                                                    \
	int64_t figure_##fn(const struct view *v)                                                  \
	{                                                                                          \
		return sl_of(v->t, formula, NULL);                                                 \
	}

BY_FORMULA(sl_short_removed, SL_SHORT_REMOVED)
BY_FORMULA(sl_negative, SL_NEGATIVE)
BY_FORMULA(sl_ignore, SL_IGNORE)
BY_FORMULA(sl_positive, SL_POSITIVE)
BY_FORMULA(sl_short_credit, SL_SHORT_CREDIT)
BY_FORMULA(sl_flowouts, SL_FLOWOUTS)
BY_FORMULA(sl_connect, SL_CONNECT)
BY_FORMULA(sl_answered_only, SL_ANSWERED_ONLY)

int64_t
figure_sl_target(const struct view *v)
{
	return v->q->policy.threshold > 0 ? v->q->policy.target : FIGURE_NAN;
}

int64_t
figure_sl_threshold(const struct view *v)
{
	return v->q->policy.threshold > 0 ? v->q->policy.threshold : FIGURE_NAN;
}

/* ceil((p*n - g) / (1 - p)) over the last 60 minutes */
int64_t
figure_sl_recover(const struct view *v)
{
	int64_t p = v->q->policy.target, good, n, missing;

	sl_fraction(&v->o->win[v->e->hour], formula_of(v), &good, &n);
	missing = p * n - good * RATIO_ONE;
	if (missing <= 0)
		return 0;
	if (p >= RATIO_ONE)
		return FIGURE_NAN;
	return (missing + RATIO_ONE - p - 1) / (RATIO_ONE - p);
}
