/* SPDX-License-Identifier: MIT */
/*
 * totals.c: what one sample adds to a window's totals, as a table.
 */
#include "engine_int.h"

/* clang-format off */
#define FLOW_ROW(i)	[S_FLOW + (i)] = { { C_FLOW + (i), C_NONE }, C_LEFT_MS, C_NONE, false, false, 0, true }

#define TARGET_ROWS(t) \
	[S_MET + (t)] = { { C_MET + (t), C_STOPPED + (t) }, C_OWN_MS + (t), C_NONE, true, false, (t) + 1 }, \
	[S_MISS + (t)] = { { C_MISS + (t), C_NONE }, C_NONE, C_NONE, true, false, 0 }, \
	[S_STOPPED_LATE + (t)] = { { C_STOPPED + (t), C_NONE }, C_OWN_MS + (t), C_NONE, true, false, (t) + 1 }

const struct sample_row sample_rows[S_COUNT] = {
	/*                    plus one each                plus a     plus b     agent  wait   own, + 1  leaves */
	[S_OFFERED] =         { { C_OFFERED, C_NONE },      C_NONE,    C_NONE,    false, false, 0 },
	[S_ANSWERED] =        { { C_ANSWERED, C_SL_ANSWERED }, C_WAIT_MS, C_NONE, true,  true, 0, true },
	[S_ANSWERED_UNTRACKED] = { { C_ANSWERED, C_NONE },  C_WAIT_MS, C_NONE,    true,  true, 0, true },
	[S_ABANDONED] =       { { C_ABANDONED, C_NONE },    C_LEFT_MS, C_NONE,    false, true, 0, true },
	[S_ABANDONED_SHORT] = { { C_ABANDONED, C_SHORT },   C_LEFT_MS, C_NONE,    false, true, 0, true },
	FLOW_ROW(FLOW_TIMEOUT),
	FLOW_ROW(FLOW_OVERFLOW),
	FLOW_ROW(FLOW_KEY),
	FLOW_ROW(FLOW_CLOSED),
	FLOW_ROW(FLOW_FULL),
	FLOW_ROW(FLOW_NO_AGENT),
	FLOW_ROW(FLOW_WITHDRAWN),
	[S_CALLBACK] =        { { C_CALLBACK, C_NONE },     C_LEFT_MS, C_NONE,    false, false, 0, true },
	[S_STUCK] =           { { C_STUCK, C_NONE },        C_NONE,    C_NONE,    false, false, 0, true },
	[S_STUCK_HANDLING] =  { { C_STUCK_HANDLING, C_NONE }, C_NONE,  C_NONE,    false, false, 0 },
	[S_HANDLED] =         { { C_HANDLED, C_KNOWN },     C_TALK_MS, C_HOLD_MS, true,  false, 0 },
	[S_HANDLED_UNKNOWN] = { { C_HANDLED, C_NONE },      C_NONE,    C_NONE,    true,  false, 0 },
	[S_ACW] =             { { C_NONE, C_NONE },         C_ACW_MS,  C_NONE,    true,  false, 0 },
	[S_MISSED] =          { { C_MISSED, C_NONE },       C_NONE,    C_NONE,    true,  false, 0 },
	[S_TRANSFERRED] =     { { C_TRANSFERRED, C_NONE },  C_NONE,    C_NONE,    true,  false, 0 },
	[S_ESCALATED] =       { { C_ESCALATED, C_NONE },    C_NONE,    C_NONE,    true,  false, 0 },
	[S_SL] =              { { C_NONE, C_NONE },         C_NONE,    C_NONE,    false, false, 0 },
	TARGET_ROWS(TARGET_FIRST_RESPONSE),
	TARGET_ROWS(TARGET_NEXT_RESPONSE),
	TARGET_ROWS(TARGET_RESOLUTION),
	TARGET_ROWS(TARGET_PROMISE),
	TARGET_ROWS(TARGET_CALLBACK),
	[S_EXPIRED] =         { { C_EXPIRED, C_NONE },    C_NONE,   C_NONE,    false,  false, 0 },
	[S_REACHED] =         { { C_REACHED, C_NONE },    C_NONE,   C_NONE,    true,  false, 0 },
	[S_UNREACHED] =       { { C_UNREACHED, C_NONE },  C_NONE,   C_NONE,    true,  false, 0 },
	[S_RESOLVED] =        { { C_RESOLVED, C_NONE },   C_NONE,   C_NONE,    true,  false, 0 },
	[S_REOPENED] =        { { C_REOPENED, C_NONE },   C_NONE,   C_NONE,    true,  false, 0 },
	[S_CAME_BACK] =       { { C_CAME_BACK, C_NONE },  C_NONE,   C_NONE,    true,  false, 0 },
	[S_FINAL] =           { { C_FINAL, C_NONE },      C_NONE,   C_NONE,    true,  false, 0 },
	[S_FINAL_FIRST] =     { { C_FINAL, C_FINAL_FIRST }, C_NONE,   C_NONE,    true,  false, 0 },
	[S_CSAT] =            { { C_CSAT, C_NONE },       C_NONE,   C_NONE,    true,  false, 0 },
	[S_CSAT_GOOD] =       { { C_CSAT, C_CSAT_GOOD },  C_NONE,   C_NONE,    true,  false, 0 },
	[S_CSAT_SENT] =       { { C_CSAT_SENT, C_NONE },  C_NONE,   C_NONE,    true,  false, 0 },
	[S_NPS] =             { { C_NPS, C_NONE },        C_NONE,   C_NONE,    true,  false, 0 },
	[S_NPS_PROMOTER] =    { { C_NPS, C_NPS_PROMOTERS }, C_NONE,   C_NONE,    true,  false, 0 },
	[S_NPS_DETRACTOR] =   { { C_NPS, C_NPS_DETRACTORS }, C_NONE,   C_NONE,    true,  false, 0 },
	[S_NPS_SENT] =        { { C_NPS_SENT, C_NONE },   C_NONE,   C_NONE,    true,  false, 0 },
	[S_CES] =             { { C_CES, C_NONE },        C_CES_SUM, C_NONE,    true,  false, 0 },
	[S_CES_SENT] =        { { C_CES_SENT, C_NONE },   C_NONE,   C_NONE,    true,  false, 0 },
	[S_COMPLAINT] =       { { C_COMPLAINT, C_NONE },  C_NONE,   C_NONE,    true,  false, 0 },
	[S_COMPLIMENT] =      { { C_COMPLIMENT, C_NONE }, C_NONE,   C_NONE,    true,  false, 0 },
	[S_COMMENT] =         { { C_COMMENT, C_NONE },    C_NONE,   C_NONE,    true,  false, 0 },
	[S_REVIEWED] =        { { C_REVIEWS, C_NONE },    C_REVIEW_SUM, C_NONE,    true,  false, 0 },
	[S_ACW_DERIVED] =     { { C_ACW_DERIVED, C_NONE }, C_ACW_MS, C_NONE,     true,  false, 0 },
};
/* clang-format on */

/* The service-level events follow their counters; the others count nowhere. */
static const uint8_t sl_counter[] = {
	[SL_PENDING] = C_NONE,
	[SL_GOOD] = C_SL_GOOD,
	[SL_SHORT] = C_SL_SHORT,
	[SL_ABANDONED] = C_SL_ABANDONED,
	[SL_LATE] = C_SL_LATE,
	[SL_FLOWED] = C_SL_FLOWED,
	[SL_CALLBACK] = C_SL_CALLBACK,
	[SL_UNTRACKED] = C_NONE,
};

void
totals_add(struct totals *t, const struct sample *s, int sign)
{
	const struct sample_row *row = &sample_rows[s->kind];

	if (s->negative)
		sign = -sign;
	t->c[row->count[0]] += sign;
	t->c[row->count[1]] += sign;
	t->c[row->sum_a] += sign * (int64_t)s->a;
	t->c[row->sum_b] += sign * (int64_t)s->b;
	t->c[sl_counter[s->sl]] += sign;
}

void
totals_sum(struct totals *t, const struct totals *more)
{
	for (unsigned i = 0; i < C_COUNT; i++)
		t->c[i] += more->c[i];
}
