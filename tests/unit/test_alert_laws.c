/* SPDX-License-Identifier: MIT */
/*
 * test_alert_laws.c: what survives.  Random walks through a contact centre
 * with rules of every sort, orders, given-up pages and jumps of the clock are
 * taken twice: straight, and with the process dying again and again; both
 * must give the same episodes, pages, notes and views.  And what the outbox
 * told outlives a state that is older.
 *
 * SEED=n in the environment takes that walk alone.
 */
#include "tests/unit/alerts_kit.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define WALKS 8
#define STEPS 1500

static struct desk desk;

static void
rules_of_every_sort(void)
{
	struct rule_def *r;

	r = desk_rule(&desk, "wait", SCOPE_QUEUE, "*", "oldest_wait_seconds > 15");
	r->hold = 3000;
	desk_step(r, 20000, "boss");
	desk_step(r, 60000, "all");
	r->repeat = 90000;
	r = desk_rule(&desk, "asa", SCOPE_QUEUE, "*", "asa_seconds_15m > 10");
	r->min_n = 2;
	r->clear_for = 5000;
	desk_inhibited_by(r, "down calls");
	r = desk_rule(&desk, "calls", SCOPE_CHANNEL, "call", "waiting_count > 2");
	r->clear_for = 0;
	r = desk_rule(&desk, "busy", SCOPE_AGENT, "*", "contacts_now_count > 0");
	r->clear_for = 1000;
	r->severity = SEVERITY_INFO;
	r = desk_rule(&desk, "lost", SCOPE_FEED, "*", "lost_total > 3");
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_clear(r, "redis_down_seconds == 0");
	desk_step(r, 10000, "boss");
	r = desk_rule(&desk, "many", SCOPE_SITE, "*", "waiting_count > 4");
	r->hold = 10000;
}

/* What others can see: the pages' list and notes stand elsewhere. */
static void
put_views(struct out *out)
{
	struct silence_view silence;
	struct alert_view v;
	size_t i = 0;

	while (alerts_each(desk.alerts, &i, &v)) {
		alert_json(out, &v);
		out_bytes(out, "\n", 1);
	}
	for (i = 0; alerts_silence(desk.alerts, i, &silence); i++)
		out_printf(out, "silence %.*s %.*s\n", STR_ARG(silence.id), STR_ARG(silence.match));
}

static void
put_said(struct out *out)
{
	for (size_t i = 0; i < desk.npages; i++)
		out_printf(out, "page %s %u %" PRId64 " %zu %s %s\n", desk.page[i].id,
		    desk.page[i].kind, desk.page[i].time, desk.page[i].nrefs, desk.page[i].first,
		    desk.page[i].hooks);
	out_bytes(out, desk.notes.buf, desk.notes.len);
}

static void
do_something(struct dice *d)
{
	static const char *const what[] = { "wait/queue:sales", "down/site", "asa/queue:help",
		"busy/agent:ann", "many/site" };
	static const char *const globs[] = { "wait/*", "*", "*sales", "down/site" };
	char why[128];

	switch (roll(d, 40)) {
	case 0:
		desk_order(&desk, ORDER_ACK, what[roll(d, COUNTOF(what))], 0, why);
		break;
	case 1:
		desk_order(&desk, ORDER_SILENCE, globs[roll(d, COUNTOF(globs))],
		    desk.now + 1 + roll(d, 60000), why);
		break;
	case 2:
		if (desk.npages > 0)
			alerts_finished(
			    desk.alerts, kit_str(desk.page[desk.npages - 1].id), false, desk.now);
		break;
	default:
		break;
	}
}

/* One step of a walk, and what the daemon knows of itself by then. */
struct going {
	struct walk w;
	struct dice dice;
	int64_t down;
};

static void
begin_walk(struct going *g, uint64_t seed, int storm)
{
	desk_init(&desk);
	desk.rules.paging.storm = storm;
	desk.rules.paging.ack_timeout = 120000;
	rules_of_every_sort();
	desk_open(&desk);
	*g = (struct going){ .dice = { .seed = seed * 77 } };
	walk_begin(&g->w, seed);
	g->w.no_leaps = true;
}

static void
go_on(struct going *g)
{
	struct step step;

	walk_step(&g->w, &step);
	desk.now = step.now;
	engine_apply(desk.engine, &step.ev, step.now);
	for (struct edge edge; engine_edge(desk.engine, &edge);)
		;
	if (chance(&g->dice, 10))
		g->down = roll(&g->dice, 12) * 1000;
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, g->down, NULL);
}

/* The wall's clock is put forward. */
static void
jump(struct going *g)
{
	msec_t by = 3000 + roll(&g->dice, 600000);

	g->w.now += by;
	desk.now += by;
	alerts_tilt(desk.alerts, by, desk.now);
}

/* Takes a walk; `deaths` of 100 turns end in one. */
static void
walk(uint64_t seed, unsigned deaths, struct out *out)
{
	struct desk_kept kept = { 0 };
	struct dice death = { .seed = seed * 99 };
	struct going g;

	begin_walk(&g, seed, 6);
	for (unsigned i = 0; i < STEPS && desk.npages < DESK_PAGES - 64; i++) {
		go_on(&g);
		if (chance(&g.dice, 1))
			jump(&g);
		do_something(&g.dice);
		desk_turn(&desk);
		alerts_check(desk.alerts);
		if (!chance(&death, deaths))
			continue;
		desk_commit(&desk, &kept);
		desk_restart(&desk, &kept);
		alerts_check(desk.alerts);
	}
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, g.down, NULL);
	desk_turn(&desk); /* who inhibits is found by it */
	put_said(out);
	put_views(out);
	desk_forget(&kept);
	desk_close(&desk);
}

static void
same(uint64_t seed, const struct out *a, const struct out *b)
{
	size_t i = 0, from;

	while (i < a->len && i < b->len && a->buf[i] == b->buf[i])
		i++;
	if (i == a->len && i == b->len)
		return;
	for (from = i; from > 0 && a->buf[from - 1] != '\n'; from--)
		;
	fail_msg("SEED=%" PRIu64 ": straight\n%.*s\n-- but with restarts --\n%.*s", seed,
	    (int)(a->len - from < 400 ? a->len - from : 400), a->buf + from,
	    (int)(b->len - from < 400 ? b->len - from : 400), b->buf + from);
}

static void
test_restarts_change_nothing(void **state)
{
	const char *only = getenv("SEED");
	size_t pages = 0;
	struct out a, b;

	(void)state;
	out_init(&a);
	out_init(&b);
	for (uint64_t seed = 1; seed <= WALKS; seed++) {
		uint64_t s = only == NULL ? seed : strtoull(only, NULL, 10);

		out_reset(&a);
		out_reset(&b);
		walk(s, 0, &a);
		pages += desk.npages;
		walk(s, 30, &b);
		same(s, &a, &b);
		if (only != NULL)
			break;
	}
	assert_true(pages > 100); /* the walks have something to say */
	out_fini(&a);
	out_fini(&b);
}

/* ---- what the outbox knows ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct desk_page *)a)->id, ((const struct desk_page *)b)->id);
}

/* The pages' ids in order; one that was given twice is a failure. */
static void
put_ids(uint64_t seed, struct out *out)
{
	qsort(desk.page, desk.npages, sizeof(*desk.page), by_text);
	for (size_t i = 0; i < desk.npages; i++) {
		if (i > 0 && strcmp(desk.page[i - 1].id, desk.page[i].id) == 0)
			fail_msg("SEED=%" PRIu64 ": %s was given twice", seed, desk.page[i].id);
		out_printf(
		    out, "%s %u %s\n", desk.page[i].id, desk.page[i].kind, desk.page[i].first);
	}
}

/* Takes a walk.  `deaths` of 1000 turns end in one that loses all since the
 * commit before, but for what the outbox has; the events since come again. */
static void
walk_behind(uint64_t seed, unsigned deaths, struct out *out)
{
	struct dice death = { .seed = seed * 99 };
	struct desk_kept kept = { 0 };
	struct going g, committed;
	msec_t then, last = -1;
	unsigned at = 0; /* steps taken at the commit */

	begin_walk(&g, seed, 100000);
	desk_commit(&desk, &kept);
	committed = g;
	then = desk.now;
	for (unsigned i = 0; i < STEPS && desk.npages < DESK_PAGES - 64;) {
		go_on(&g);
		i++;
		if (desk.now == last)
			continue; /* a moment that was told of is not looked at twice */
		desk_turn(&desk);
		last = desk.now;
		if (roll(&death, 1000) < 50) {
			desk_commit(&desk, &kept);
			committed = g;
			then = desk.now;
			at = i;
		} else if (roll(&death, 1000) < deaths) {
			desk_restart(&desk, &kept);
			desk_tell(&desk);
			g = committed;
			desk.now = last = then;
			i = at;
		}
	}
	put_ids(seed, out);
	desk_forget(&kept);
	desk_close(&desk);
}

static void
test_a_state_that_is_behind_the_outbox(void **state)
{
	struct out a, b;

	(void)state;
	out_init(&a);
	out_init(&b);
	for (uint64_t seed = 1; seed <= WALKS; seed++) {
		out_reset(&a);
		out_reset(&b);
		walk_behind(seed, 0, &a);
		walk_behind(seed, 20, &b);
		same(seed, &a, &b);
	}
	out_fini(&a);
	out_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restarts_change_nothing),
		cmocka_unit_test(test_a_state_that_is_behind_the_outbox),
	};

	return cmocka_run_group_tests_name("alert_laws", tests, NULL, NULL);
}
