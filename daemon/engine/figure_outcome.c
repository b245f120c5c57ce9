/* SPDX-License-Identifier: MIT */
/*
 * figure_outcome.c: how it ended for customers: resolutions that lasted,
 * what surveys, feedback and reviews say; and how many of them an agent had
 * at once.
 */
#include "figures.h"

COUNTER(resolved, C_RESOLVED)
COUNTER(reopened, C_REOPENED)
COUNTER(came_back, C_CAME_BACK)
COUNTER(fcr_final_first, C_FINAL_FIRST)
COUNTER(csat_n, C_CSAT)
COUNTER(csat_good, C_CSAT_GOOD)
COUNTER(csat_sent, C_CSAT_SENT)
COUNTER(nps_n, C_NPS)
COUNTER(nps_promoters, C_NPS_PROMOTERS)
COUNTER(nps_detractors, C_NPS_DETRACTORS)
COUNTER(nps_sent, C_NPS_SENT)
COUNTER(ces_n, C_CES)
COUNTER(ces_sum, C_CES_SUM)
COUNTER(ces_sent, C_CES_SENT)
COUNTER(complaint, C_COMPLAINT)
COUNTER(compliment, C_COMPLIMENT)
COUNTER(comment, C_COMMENT)
COUNTER(review_n, C_REVIEWS)
COUNTER(review_sum, C_REVIEW_SUM)

/* One counter over another, as 1/10000. */
#define SHARE(fn, above, below)                                                                    \
	int64_t figure_##fn(const struct view *v)                                                  \
	{                                                                                          \
		return ratio(v->t->c[above], v->t->c[below], RATIO_ONE);                           \
	}

SHARE(reopened_ratio, C_REOPENED, C_RESOLVED)
SHARE(csat_ratio, C_CSAT_GOOD, C_CSAT)
SHARE(ces_score, C_CES_SUM, C_CES)
SHARE(review_avg, C_REVIEW_SUM, C_REVIEWS)

int64_t
figure_nps_score(const struct view *v)
{
	const int64_t *c = v->t->c;

	return ratio(100 * (c[C_NPS_PROMOTERS] - c[C_NPS_DETRACTORS]), c[C_NPS], RATIO_ONE);
}

/* Answers may come from before the window: not more than all answered. */
static int64_t
response_ratio(int64_t answers, int64_t sent)
{
	return ratio(answers < sent ? answers : sent, sent, RATIO_ONE);
}

#define RESPONSES(kind, answers, sent)                                                             \
	int64_t figure_##kind##_response(const struct view *v)                                     \
	{                                                                                          \
		return response_ratio(v->t->c[answers], v->t->c[sent]);                            \
	}

RESPONSES(csat, C_CSAT, C_CSAT_SENT)
RESPONSES(nps, C_NPS, C_NPS_SENT)
RESPONSES(ces, C_CES, C_CES_SENT)

/* ---- at the first contact ---- */

/* A queue that is of another channel now may have come back to more than it
 * has resolved there: none is as few as can be. */
int64_t
figure_fcr(const struct view *v)
{
	int64_t lasted = v->t->c[C_RESOLVED] - v->t->c[C_CAME_BACK];

	if (v->e->fcr == 0)
		return FIGURE_NAN;
	return ratio(lasted > 0 ? lasted : 0, v->t->c[C_RESOLVED], RATIO_ONE);
}

/* The newest one of the object is in the window, or none is. */
int64_t
figure_fcr_provisional(const struct view *v)
{
	if (v->e->fcr == 0)
		return FIGURE_NAN;
	return v->t->c[C_RESOLVED] > 0 && v->e->now <= v->o->resolved + v->e->fcr;
}

int64_t
figure_fcr_final(const struct view *v)
{
	if (v->e->fcr == 0)
		return FIGURE_NAN;
	return ratio(v->t->c[C_FINAL_FIRST], v->t->c[C_FINAL], RATIO_ONE);
}

int64_t
figure_fcr_final_n(const struct view *v)
{
	return v->e->fcr == 0 ? FIGURE_NAN : v->t->c[C_FINAL];
}

/* ---- at once ---- */

/* ms on at least one contact. */
static int64_t
busy(const int64_t ms[AGENT_NSUMS])
{
	return ms[AGENT_ON_CONTACT] + ms[AGENT_ON_HOLD] + ms[AGENT_ACW];
}

int64_t
figure_concurrency(const struct view *v)
{
	const int64_t *ms = view_time(v);

	return view_knows_states(v) ? ratio(ms[SUM_CONTACTS], busy(ms), RATIO_ONE) : FIGURE_NAN;
}

/* Handle time over how many at once, both exact: rounded only here. */
int64_t
figure_effective_aht(const struct view *v)
{
	const int64_t *c = v->t->c, *ms = view_time(v);
	__int128 above = (__int128)(c[C_TALK_MS] + c[C_HOLD_MS] + c[C_ACW_MS]) * busy(ms);
	__int128 below = (__int128)c[C_KNOWN] * ms[SUM_CONTACTS];

	if (below <= 0)
		return FIGURE_NAN;
	return (int64_t)((2 * above + below) / (2 * below));
}
