/* SPDX-License-Identifier: MIT */
/*
 * state_objects.c: what is counted of a thing, as bytes and back: totals,
 * histograms, the windows that tumble, the open intervals of the history, and
 * what is counted since the state began; as state_things.c.
 */
#include "state.h"

/*
 * A field whose CRC fits may still not be one this engine wrote: what it
 * holds is taken only within bounds in which nothing overflows.
 */
#define MANY (INT64_C(1) << 40) /* visits; 31 years of 1,000 a second */

/* Two queues may have become one (`match`): all is added to what is there. */
static void
unpack_more(struct unpacker *u, int64_t *n, int64_t low, int64_t high)
{
	*n += unpack_within(u, low - *n, high - *n);
}

static int64_t
unpack_larger(struct unpacker *u, int64_t *n, int64_t low, int64_t high)
{
	int64_t saved = unpack_within(u, low, high);

	*n = saved > *n ? saved : *n;
	return saved;
}

/* ---- totals and histograms ---- */

#define GROUP 56 /* counters whose presence one number tells */

static void
pack_totals(struct engine *e, struct packer *k, const struct totals *t)
{
	unsigned from, i, to;
	int64_t bits;

	for (from = 0; from < C_COUNT; from = to) {
		to = from + GROUP < C_COUNT ? from + GROUP : C_COUNT;
		for (bits = 0, i = from; i < to; i++)
			if (t->c[i] != 0)
				bits |= INT64_C(1) << (i - from);
		INT(bits);
		for (i = from; i < to; i++)
			if (t->c[i] != 0)
				INT(t->c[i]);
	}
}

static bool
is_time(unsigned counter)
{
	return (counter >= C_WAIT_MS && counter <= C_ACW_MS) || counter == C_LEFT_MS ||
	       (counter >= C_OWN_MS && counter <= C_OWN_MS_LAST);
}

static void
unpack_totals(struct unpacker *u, struct totals *t)
{
	unsigned from, i, to;
	int64_t bits, high;

	for (from = 0; from < C_COUNT; from = to) {
		to = from + GROUP < C_COUNT ? from + GROUP : C_COUNT;
		bits = unpack_within(u, 0, (INT64_C(1) << (to - from)) - 1);
		for (i = from; i < to; i++)
			if (bits >> (i - from) & 1) {
				high = is_time(i) ? COUNT_HIGH : MANY;
				unpack_more(u, &t->c[i], -high, high);
			}
	}
}

static void
pack_hist(struct engine *e, struct packer *k, const struct hist *h)
{
	unsigned octave, i;

	for (octave = 0; octave < HIST_BLOCKS; octave++) {
		if (h->sum[octave] == 0)
			continue;
		INT(octave + 1);
		for (i = 0; i < HIST_SUB; i++)
			if (h->block[octave][i] != 0) {
				INT(i + 1);
				INT(h->block[octave][i]);
			}
		INT(0);
	}
	INT(0);
}

static void
unpack_hist(struct engine *e, struct unpacker *u, struct hist *h)
{
	int64_t octave, i;
	uint32_t n;

	while (u->good && (octave = unpack_within(u, 0, HIST_BLOCKS)) != 0) {
		if (h->block[octave - 1] == NULL)
			h->block[octave - 1] = memory_new(&e->memory, HIST_SUB * sizeof(uint32_t));
		while (u->good && (i = unpack_within(u, 0, HIST_SUB)) != 0) {
			n = (uint32_t)unpack_within(u, 0, UINT32_MAX - h->sum[octave - 1]);
			h->block[octave - 1][i - 1] += n;
			h->sum[octave - 1] += n;
			h->n += n;
		}
	}
}

/* Waits, and the own times of clocks where there are any. */
static void
pack_hists(struct engine *e, struct packer *k, const struct object_data *o, unsigned w)
{
	unsigned t;

	pack_hist(e, k, &o->wait[w]);
	INT(o->own != NULL);
	for (t = 0; o->own != NULL && t < TARGET_COUNT; t++)
		pack_hist(e, k, &o->own[w * TARGET_COUNT + t]);
}

static void
unpack_hists(struct engine *e, struct unpacker *u, struct object_data *o, unsigned w)
{
	struct hist *own;
	unsigned t;

	unpack_hist(e, u, &o->wait[w]);
	own = unpack_within(u, 0, 1) == 1 ? object_own(e, o, w) : NULL;
	for (t = 0; own != NULL && t < TARGET_COUNT; t++)
		unpack_hist(e, u, &own[t]);
}

/* Of a window that is not wanted any more. */
static void
skip_hists(struct engine *e, struct unpacker *u)
{
	struct hist nobody = { 0 };
	unsigned n;

	unpack_hist(e, u, &nobody);
	for (n = unpack_within(u, 0, 1) == 1 ? TARGET_COUNT : 0; n > 0; n--)
		unpack_hist(e, u, &nobody);
	hist_clear(&nobody, &e->memory);
}

/* ---- since the state began ---- */

static void
pack_counts(struct engine *e, struct packer *k, const int64_t *count, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		INT(count[i]);
}

static void
unpack_counts(struct unpacker *u, int64_t *count, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		unpack_more(u, &count[i], 0, MANY);
}

void
pack_ever(struct engine *e, struct packer *k, const struct ever *v, int64_t threshold)
{
	pack_totals(e, k, &v->sum);
	INT(v->wait_ms);
	INT(v->handle_ms);
	INT(threshold);
	INT(v->within);
	pack_counts(e, k, v->wait, COUNTOF(v->wait));
	pack_counts(e, k, v->handle, COUNTOF(v->handle));
}

/* The threshold it was saved with may be another than it has now, and another
 * than that of what is there already: its waits are moved before they join. */
void
unpack_ever(struct unpacker *u, struct ever *v, int64_t threshold)
{
	struct ever more = { 0 };
	int64_t saved;

	unpack_totals(u, &v->sum);
	unpack_more(u, &v->wait_ms, 0, COUNT_HIGH);
	unpack_more(u, &v->handle_ms, 0, COUNT_HIGH);
	saved = unpack_within(u, 0, TIME_FAR);
	more.within = unpack_within(u, 0, MANY);
	unpack_counts(u, more.wait, COUNTOF(more.wait));
	unpack_counts(u, v->handle, COUNTOF(v->handle));
	if (saved != threshold)
		ever_move(&more, threshold);
	ever_sum(v, &more);
	u->good &= ever_is_right(v, threshold);
}

/* ---- the intervals of the history that are open ---- */

static void
pack_interval(struct engine *e, struct packer *k, const struct interval *t)
{
	static const struct hist nobody; /* of a day */

	pack_totals(e, k, &t->sum);
	INT(t->longest);
	if (t->longest >= 0)
		pack_hist(e, k, t->wait != NULL ? t->wait : &nobody);
}

static void
unpack_interval(struct engine *e, struct unpacker *u, struct interval *t)
{
	unpack_totals(u, &t->sum);
	if (unpack_larger(u, &t->longest, -1, UINT32_MAX) >= 0)
		unpack_hist(e, u, interval_waits(e, t));
}

/* ---- objects ---- */

/* The windows that tumble; the rolling ones come from the log again. */
void
pack_object(struct engine *e, struct packer *k, const struct object_data *o)
{
	unsigned w, h;

	for (w = 0; w < e->nshown; w++) {
		if (e->window[w].kind == WINDOW_ROLLING)
			continue;
		INT(e->window[w].kind);
		pack_totals(e, k, &o->win[w]);
		if (o->wait != NULL)
			pack_hists(e, k, o, w);
	}
	INT(0);
	INT(o->longest[0]);
	INT(o->longest[1]);
	INT(o->resolved);
	for (h = 0; o->history != NULL && h < HISTORY_COUNT; h++)
		pack_interval(e, k, &o->history[h]);
}

static int
window_of_kind(const struct engine *e, int64_t kind)
{
	for (unsigned w = 0; w < e->nshown; w++)
		if (e->window[w].kind == kind)
			return (int)w;
	return -1;
}

void
unpack_object(struct engine *e, struct unpacker *u, struct object_data *o)
{
	struct totals unwanted = { 0 };
	int64_t kind;
	unsigned h;
	int w;

	while (u->good && (kind = unpack_within(u, 0, WINDOW_ALL)) != 0) {
		w = window_of_kind(e, kind);
		unpack_totals(u, w < 0 ? &unwanted : &o->win[w]);
		if (o->wait != NULL && w >= 0)
			unpack_hists(e, u, o, (unsigned)w);
		else if (o->wait != NULL)
			skip_hists(e, u);
	}
	(void)unpack_larger(u, &o->longest[0], -TIME_FAR, TIME_FAR);
	(void)unpack_larger(u, &o->longest[1], -TIME_FAR, TIME_FAR);
	(void)unpack_larger(u, &o->resolved, -TIME_FAR, TIME_FAR);
	for (h = 0; o->history != NULL && h < HISTORY_COUNT; h++)
		unpack_interval(e, u, &o->history[h]);
}
