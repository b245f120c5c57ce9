/* SPDX-License-Identifier: MIT */
/*
 * figure_ever.c: what a queue counted since the state began; what that means
 * is in ever.c.
 */
#include "figures.h"

#define TOTAL(fn, counter)                                                                         \
	int64_t figure_##fn##_total(const struct view *v)                                          \
	{                                                                                          \
		return v->q->ever.sum.c[counter];                                                  \
	}

TOTAL(offered, C_OFFERED)
TOTAL(answered, C_ANSWERED)
TOTAL(handled, C_HANDLED)
TOTAL(abandoned, C_ABANDONED)
TOTAL(short_abandoned, C_SHORT)
TOTAL(callback, C_CALLBACK)
TOTAL(stuck, C_STUCK)
TOTAL(missed, C_MISSED)
TOTAL(in_target, C_SL_GOOD)

static int64_t
sum(const struct view *v, unsigned first, unsigned last)
{
	int64_t n = 0;

	for (unsigned c = first; c <= last; c++)
		n += v->q->ever.sum.c[c];
	return n;
}

int64_t
figure_flowed_out_total(const struct view *v)
{
	return sum(v, C_FLOW, C_FLOW_LAST);
}

int64_t
figure_decided_total(const struct view *v)
{
	return sum(v, C_SL_GOOD, C_SL_CALLBACK);
}

int64_t
figure_wait_total(const struct view *v)
{
	return v->q->ever.wait_ms;
}

int64_t
figure_handle_total(const struct view *v)
{
	return v->q->ever.handle_ms;
}

/* ---- buckets ---- */

/* "20" or "2.5": no zeros at the end, so that an edge is always called the same. */
static void
add_edge(struct draft *d, int64_t edge)
{
	char text[FIGURE_TEXT_MAX];
	size_t n;

	if (edge == MSEC_NEVER) {
		draft_add(d, "inf");
		return;
	}
	n = figure_format(text, edge, UNIT_SECONDS, "NaN");
	while (text[n - 1] == '0')
		n--;
	text[text[n - 1] == '.' ? n - 1 : n] = '\0';
	draft_add(d, text);
}

static struct str
buckets(const struct view *v, const struct bucket *b, unsigned n)
{
	struct draft d = draft_begin(v->e);

	for (unsigned i = 0; i < n; i++) {
		draft_add(&d, i > 0 ? " " : "");
		add_edge(&d, b[i].edge);
		draft_add(&d, ":");
		draft_figure(&d, b[i].n, UNIT_COUNT);
	}
	return draft_end(&d);
}

struct str
text_wait_buckets(const struct view *v)
{
	struct bucket b[EVER_BUCKETS];
	unsigned n = ever_waits(&v->q->ever, v->q->policy.threshold, b);

	return buckets(v, b, n);
}

struct str
text_handle_buckets(const struct view *v)
{
	struct bucket b[EVER_BUCKETS];
	unsigned n = ever_handles(&v->q->ever, b);

	return buckets(v, b, n);
}
