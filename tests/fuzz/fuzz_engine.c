/* SPDX-License-Identifier: MIT */
/*
 * fuzz_engine.c: bytes as the dice of a walk through the engine: events,
 * ticks, a crash.  Whatever they say, its invariants hold, nothing is read or
 * written out of place, and a load gives the figures that were saved.
 *
 * An input is short work, so that many are tried: one window for most of them,
 * and one crash, as every figure of every object is compared then.
 */
#include "tests/unit/engine_walk.h"

#define STEPS_MAX 120 /* of one input */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
drop_edges(struct engine *e)
{
	struct edge edge;

	while (engine_edge(e, &edge))
		;
}

/* Everything is saved, and another engine goes on. */
static struct engine *
crash(struct engine *e, const struct site *site, struct kit_kept *kept)
{
	struct engine *again;
	struct out before, after;

	drop_edges(e);
	kit_commit(e, kept);
	again = kit_load(kept, site);
	out_init(&before);
	out_init(&after);
	kit_dump(e, &before, false);
	kit_dump(again, &after, false);
	assert(before.len == after.len && memcmp(before.buf, after.buf, before.len) == 0);
	out_fini(&before);
	out_fini(&after);
	engine_free(e);
	return again;
}

static void
take_objects(struct engine *e)
{
	struct object o;

	while (engine_dirty(e, &o))
		assert(engine_exists(e, o));
}

static void
refuse(struct engine *e, struct walk *w)
{
	struct reject r = { .time = w->now,
		.source = STR_LIT("crm"),
		.why = REFUSAL_NOT_JSON,
		.sample = STR_LIT("{") };

	engine_reject(e, &r, w->now);
}

static void
turn(struct engine *e, struct walk *w, struct kit_kept *kept)
{
	struct step s;
	msec_t next;

	switch (roll(&w->dice, 32)) {
	case 1:
		w->now += walk_pause(w);
		next = engine_tick(e, w->now);
		assert(next > engine_now(e) && next <= engine_now(e) + MSEC_PER_SEC);
		break;
	case 2:
		drop_edges(e);
		break;
	case 3:
		kit_commit(e, kept);
		break;
	case 4:
		take_objects(e);
		break;
	case 5:
		refuse(e, w);
		break;
	default:
		walk_step(w, &s);
		engine_apply(e, &s.ev, s.now);
	}
}

static void
choose(struct site *site, struct walk *w)
{
	unsigned r = roll(&w->dice, 256);
	int rc;

	walk_site(site);
	if (r & 1)
		site->clock = CLOCK_EVENTS;
	if (r & 2)
		site->limits =
		    (struct site_limits){ .queues = 4, .agents = 3, .contacts = 5, .sources = 2 };
	if (r & 4) {
		rc = site_add_window(site, "all");
		assert(rc == 0);
	} else if (!(r & 64))
		site->nwindows = 1;
	if (r & 8)
		site->silent_after = 15000;
	if (r & 16)
		site->day_start = 4 * 3600;
	w->no_leaps = !(r & 32);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = {
		.dice = { .p = data, .end = data + size }, .now = KIT_NOON, .contacts = 8
	};
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;
	unsigned crash_at;

	if (size == 0)
		return 0;
	choose(&site, &w);
	crash_at = roll(&w.dice, STEPS_MAX);
	e = engine_new(&site);
	for (unsigned i = 0; i < STEPS_MAX && w.dice.p < w.dice.end; i++) {
		turn(e, &w, &kept);
		if (i == crash_at)
			e = crash(e, &site, &kept);
	}
	engine_check(e);
	engine_free(e);
	kit_forget(&kept);
	return 0;
}
