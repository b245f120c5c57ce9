/* SPDX-License-Identifier: MIT */
/*
 * vitals.c: see vitals.h.
 */
#include "vitals.h"

/* Redis answers within a commit; less than this is no absence. */
#define REDIS_PATIENCE_MS 1000
#define FRESH_MS 1000 /* the engine is told the time in less */

void
vitals_init(struct vitals *m, msec_t mono)
{
	*m = (struct vitals){ .good_at = mono, .fresh_at = mono };
}

/* The total as of now; gives what came of it in the last ten minutes. */
static int64_t
recent_count(struct recent *r, uint64_t total, msec_t mono)
{
	int64_t slice = mono / RECENT_SLICE_MS, n = 0;

	if (!r->begun) /* what was before us is not recent */
		*r = (struct recent){ .total = total, .slice = slice, .begun = true };
	for (int64_t i = r->slice + 1; i <= slice && i <= r->slice + RECENT_SLICES; i++)
		r->in[i % RECENT_SLICES] = 0;
	r->slice = slice;
	if (total > r->total)
		r->in[slice % RECENT_SLICES] += total - r->total;
	r->total = total;
	for (unsigned i = 0; i < RECENT_SLICES; i++)
		n += (int64_t)r->in[i];
	return n;
}

static int64_t
redis_down(struct vitals *m, bool good, msec_t mono)
{
	if (good)
		m->good_at = mono;
	return mono - m->good_at < REDIS_PATIENCE_MS ? 0 : mono - m->good_at;
}

/* No more than we had time for: after an hour away the figures are an hour
 * behind for the moment in which it is handed over, and nobody is to hear. */
static int64_t
behind(struct vitals *m, const struct facts *f, msec_t mono)
{
	int64_t late = f->loaded && f->engine_now >= 0 ? f->wall - f->engine_now : 0;

	if (late <= FRESH_MS) {
		m->fresh_at = mono;
		return 0;
	}
	return late < mono - m->fresh_at ? late : mono - m->fresh_at;
}

void
vitals_read(struct vitals *m, const struct facts *f, msec_t mono, int64_t value[MONITOR_COUNT])
{
	value[MONITOR_REDIS_DOWN] = redis_down(m, f->redis_good, mono);
	value[MONITOR_LATE] = behind(m, f, mono);
	value[MONITOR_OUTBOX] =
	    f->oldest_page < 0 || f->oldest_page > f->wall ? 0 : f->wall - f->oldest_page;
	value[MONITOR_LIMIT] = recent_count(&m->refused, f->refused, mono);
	value[MONITOR_SKEW] = f->skew < 0 ? -f->skew : f->skew;
	value[MONITOR_HOOK_FAILED] = recent_count(&m->given_up, f->given_up, mono);
}
