/* SPDX-License-Identifier: MIT */
/*
 * test_laws.c: what holds of the engine whatever it is fed, over random walks.
 *
 * A walk is recorded once and then taken again in other ways: with more
 * ticks, with repeats, with a crash in between.  SEED=n in the environment
 * takes that walk alone; a walk that breaks a law says its seed.
 */
#include "daemon/engine/engine_int.h"
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

static uint64_t only_seed; /* 0: a number of them */
static uint64_t seed; /* of the walk being taken */

/* Every walk begins here: the next seed, until there were enough. */
static bool
next_walk(unsigned walks)
{
	if (only_seed > 0) {
		seed = seed == only_seed ? 0 : only_seed;
		return seed != 0;
	}
	seed = seed == walks ? 0 : seed + 1;
	return seed != 0;
}

static void
law(bool holds, const char *what)
{
	if (!holds)
		fail_msg("SEED=%" PRIu64 ": %s", seed, what);
}

/* Fails with the first line in which the two differ. */
static void
same_text(const struct out *a, const struct out *b, const char *what)
{
	size_t i = 0, from;

	if (a->len == b->len && (a->len == 0 || memcmp(a->buf, b->buf, a->len) == 0))
		return;
	while (i < a->len && i < b->len && a->buf[i] == b->buf[i])
		i++;
	for (from = i; from > 0 && a->buf[from - 1] != '\n'; from--)
		;
	fail_msg("SEED=%" PRIu64 ": %s\n%.*s\n-- but --\n%.*s", seed, what,
	    (int)(a->len - from < 300 ? a->len - from : 300), a->buf == NULL ? "" : a->buf + from,
	    (int)(b->len - from < 300 ? b->len - from : 300), b->buf == NULL ? "" : b->buf + from);
}

static struct site
site_with_all(void)
{
	struct site site;
	int rc;

	walk_site(&site);
	rc = site_add_window(&site, "all");
	assert_int_equal(rc, 0);
	return site;
}

static void
same_figures(struct engine *a, struct engine *b, const char *what)
{
	struct out x, y;

	out_init(&x);
	out_init(&y);
	kit_dump(a, &x, false);
	kit_dump(b, &y, false);
	if (x.len != y.len || memcmp(x.buf, y.buf, x.len) != 0) {
		x.len = y.len = 0;
		kit_dump(a, &x, true);
		kit_dump(b, &y, true);
		same_text(&x, &y, what);
	}
	out_fini(&x);
	out_fini(&y);
}

static void
take(struct engine *e, const struct step *s)
{
	enum engine_rc rc = engine_apply(e, &s->ev, s->now);

	law(rc <= ENGINE_FULL, "a result nobody knows");
}

static void
record(struct step *steps, size_t n, struct walk *w)
{
	for (size_t i = 0; i < n; i++)
		walk_step(w, &steps[i]);
}

/* ---- the same input, the same bytes ---- */

static void
run_once(const struct site *site, const struct step *steps, size_t n, struct out *said)
{
	struct engine *e = engine_new(site);
	struct state_field f;
	size_t i;

	for (i = 0; i < n; i++) {
		take(e, &steps[i]);
		kit_edges(e, said);
		if (i % 50 != 49)
			continue;
		while (engine_state(e, &f)) {
			out_bytes(said, f.key.p, f.key.n);
			out_bytes(said, f.value.p, f.value.n);
		}
	}
	kit_dump(e, said, true);
	engine_check(e);
	engine_free(e);
}

static void
test_determinism(void **state)
{
	struct site site = site_with_all();
	struct step steps[300];
	struct out a, b;
	struct walk w;

	(void)state;
	while (next_walk(20)) {
		walk_begin(&w, seed);
		record(steps, COUNTOF(steps), &w);
		out_init(&a);
		out_init(&b);
		run_once(&site, steps, COUNTOF(steps), &a);
		run_once(&site, steps, COUNTOF(steps), &b);
		same_text(&a, &b, "the same input said two things");
		out_fini(&a);
		out_fini(&b);
	}
}

/* ---- more ticks change nothing ---- */

static void
tick_towards(struct engine *e, struct walk *w, msec_t now)
{
	msec_t from = engine_now(e), left = now - from;

	if (from < 0 || left <= 0)
		return;
	for (unsigned i = roll(&w->dice, 4); i > 0; i--)
		engine_tick(
		    e, from + roll(&w->dice, left < 100000000 ? (unsigned)left : 100000000));
	if (chance(&w->dice, 20))
		engine_tick(e, now);
}

static void
take_with_ticks(const struct site *site, uint64_t n)
{
	struct engine *plain = engine_new(site), *ticked = engine_new(site);
	struct out a, b;
	struct walk w;
	struct step s;

	out_init(&a);
	out_init(&b);
	walk_begin(&w, seed);
	for (; n > 0; n--) {
		walk_step(&w, &s);
		take(plain, &s);
		tick_towards(ticked, &w, site->clock == CLOCK_EVENTS ? s.ev.time : s.now);
		take(ticked, &s);
		kit_edges(plain, &a);
		kit_edges(ticked, &b);
	}
	same_text(&a, &b, "ticks changed the edges");
	same_figures(plain, ticked, "ticks changed the figures");
	engine_check(plain);
	engine_check(ticked);
	engine_free(plain);
	engine_free(ticked);
	out_fini(&a);
	out_fini(&b);
}

static void
test_ticks(void **state)
{
	struct site site = site_with_all();

	(void)state;
	while (next_walk(40)) {
		site.clock = seed % 3 == 0 ? CLOCK_EVENTS : CLOCK_WALL;
		take_with_ticks(&site, 300);
	}
}

/* ---- what changed is told, and then there is no more ---- */

static void
tell_changed(struct engine *e)
{
	struct object o;
	unsigned n = 0;

	while (engine_dirty(e, &o)) {
		law(engine_exists(e, o), "what is not there changed");
		law(++n <= 100, "there is no end of what changed");
	}
}

static void
test_changed(void **state)
{
	struct site site = site_with_all();
	struct engine *e;
	struct walk w;
	struct step s;

	(void)state;
	while (next_walk(20)) {
		walk_begin(&w, seed);
		e = engine_new(&site);
		tell_changed(e);
		for (unsigned i = 0; i < 300; i++) {
			walk_step(&w, &s);
			take(e, &s);
			if (chance(&w.dice, 50))
				tell_changed(e);
		}
		engine_free(e);
	}
}

/* ---- what comes again changes nothing ---- */

static bool
is_allowed(const char *line)
{
	return strstr(line, " duplicate_total ") != NULL ||
	       strstr(line, " last_event_epoch_ms ") != NULL;
}

static void
same_but_duplicates(struct out *a, struct out *b)
{
	char *p, *q, *next_p, *next_q;

	out_bytes(a, "", 1);
	out_bytes(b, "", 1);
	for (p = strtok_r(a->buf, "\n", &next_p), q = strtok_r(b->buf, "\n", &next_q);
	     p != NULL && q != NULL;
	     p = strtok_r(NULL, "\n", &next_p), q = strtok_r(NULL, "\n", &next_q))
		if (strcmp(p, q) != 0 && !is_allowed(p))
			fail_msg("SEED=%" PRIu64 ": a repeat changed %s\ninto %s", seed, p, q);
	law(p == NULL && q == NULL, "a repeat made or removed something");
}

static void
repeat(struct engine *e, const struct step *s, struct out *edges)
{
	struct out before, after;
	enum engine_rc rc;

	out_init(&before);
	out_init(&after);
	kit_edges(e, edges);
	kit_dump(e, &before, true);
	rc = engine_apply(e, &s->ev, s->now);
	law(rc == ENGINE_DUPLICATE, "a repeat was taken");
	kit_dump(e, &after, true);
	same_but_duplicates(&before, &after);
	edges->len = 0;
	kit_edges(e, edges);
	law(edges->len == 0, "a repeat made an edge");
	out_fini(&before);
	out_fini(&after);
}

static void
test_duplicates(void **state)
{
	struct site site = site_with_all();
	struct engine *e;
	struct out edges;
	struct walk w;
	struct step s;

	(void)state;
	out_init(&edges);
	while (next_walk(4)) {
		walk_begin(&w, seed);
		e = engine_new(&site);
		for (unsigned i = 0; i < 250; i++) {
			walk_step(&w, &s);
			take(e, &s);
			if (s.ev.has & HAS(SEQ) && chance(&w.dice, 40))
				repeat(e, &s, &edges);
		}
		engine_check(e);
		engine_free(e);
	}
	out_fini(&edges);
}

/* ---- limits hold ---- */

static void
test_bounds(void **state)
{
	struct site site = site_with_all();
	struct engine_limits limited;
	size_t used, first_half;
	struct engine *e;
	struct walk w;
	struct step s;

	(void)state;
	site.limits =
	    (struct site_limits){ .queues = 3, .agents = 3, .contacts = 10, .sources = 2 };
	while (next_walk(10)) {
		struct edge edge;

		walk_begin(&w, seed);
		w.contacts = 16;
		e = engine_new(&site);
		first_half = 0;
		for (unsigned i = 0; i < 3000; i++) {
			walk_step(&w, &s);
			take(e, &s);
			while (engine_edge(e, &edge))
				;
			/* and those that stand for the others */
			law(engine_count(e, SCOPE_QUEUE) <= 3 + CHANNEL_COUNT &&
			        engine_count(e, SCOPE_AGENT) <= 3 + 1 &&
			        engine_count(e, SCOPE_FEED) <= 2,
			    "more than the limit");
			law(e->contacts_known <= 10 && e->ncontacts <= 10,
			    "more contacts than the limit");
			law(e->resolved.n <= 10, "more resolutions than the limit");
			used = engine_memory(e);
			if (i < 1500)
				first_half = used > first_half ? used : first_half;
			law(i < 1500 || used <= first_half * 3 / 2, "memory goes on growing");
		}
		engine_check(e);
		engine_limits(e, &limited);
		law(limited.queues > 0 && limited.agents > 0 && limited.contacts > 0 &&
		        limited.sources > 0,
		    "a limit was reached and not counted");
		engine_free(e);
	}
}

/* A contact cannot hold more and more by never saying the same visit twice. */
static void
test_bounds_of_a_contact(void **state)
{
	struct site site = site_with_all();
	struct engine *e = engine_new(&site);
	struct engine_limits limited;
	char id[16];

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) |
			                   HAS(CONTACT) | HAS(AGENT) | HAS(VISIT),
			.event = EV_ANSWERED,
			.source = STR_LIT("pbx"),
			.time = KIT_NOON,
			.queue = STR_LIT("sales"),
			.contact = STR_LIT("c"),
			.agent = STR_LIT("ann") };

		snprintf(id, sizeof(id), "v%u", i);
		ev.visit = kit_str(id);
		engine_apply(e, &ev, KIT_NOON);
	}
	engine_limits(e, &limited);
	assert_int_equal(limited.contacts, 10000 - 64);
	assert_int_equal(
	    kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), "in_progress_count"), 64);
	engine_check(e);
	engine_free(e);
}

/* ---- conservation ---- */

static void
all_accounted_for(struct engine *e)
{
	static const char *const ends[] = { "answered_count_all", "abandoned_count_all",
		"flowed_out_count_all", "callback_count_all", "stuck_count_all", "waiting_count" };
	struct object o = { SCOPE_QUEUE, 0 };
	int64_t n;

	for (; o.index < engine_count(e, SCOPE_QUEUE); o.index++) {
		n = kit_value(e, o, "offered_count_all");
		for (size_t i = 0; i < COUNTOF(ends); i++)
			n -= kit_value(e, o, ends[i]);
		law(n == 0, "a visit is in no place, or in two");
	}
}

static void
test_conservation(void **state)
{
	struct site site = site_with_all();
	struct engine *e;
	struct edge edge;
	struct walk w;
	struct step s;

	(void)state;
	while (next_walk(30)) {
		walk_begin(&w, seed);
		w.no_future = seed % 2 == 0;
		e = engine_new(&site);
		for (unsigned i = 0; i < 400; i++) {
			walk_step(&w, &s);
			take(e, &s);
			while (engine_edge(e, &edge))
				;
			if (w.no_future && i % 4 == 0)
				all_accounted_for(e);
			if (i % 100 == 0)
				engine_check(e);
		}
		engine_tick(e, w.now + FUTURE_MS + MSEC_PER_SEC);
		all_accounted_for(e);
		engine_check(e);
		engine_free(e);
	}
}

/* ---- forgetting ---- */

static void
all_go_home(struct engine *e, msec_t now)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT),
		.event = EV_LOGOUT,
		.source = STR_LIT("crm"),
		.time = now };

	for (uint32_t i = 0; i < engine_count(e, SCOPE_AGENT); i++) {
		if (!engine_exists(e, (struct object){ SCOPE_AGENT, i }))
			continue;
		ev.agent = engine_name(e, (struct object){ SCOPE_AGENT, i });
		engine_apply(e, &ev, now);
	}
}

static void
nothing_left(struct engine *e, size_t used_at_first)
{
	struct state_field f;
	struct edge edge;
	struct object o;

	while (engine_edge(e, &edge))
		;
	while (engine_state(e, &f))
		;
	law(e->contacts_known == 0 && e->due.n == 0 && e->quietest == NULL,
	    "a contact is remembered");
	law(e->resolved.n == 0, "a resolution is remembered");
	law(e->nsamples == 0, "a sample is remembered");
	law(e->agents_known == 0, "an agent is remembered");
	for (o = (struct object){ SCOPE_QUEUE, 0 }; o.index < engine_count(e, SCOPE_QUEUE);
	     o.index++) {
		law(kit_value(e, o, "waiting_count") == 0 &&
		        kit_value(e, o, "in_progress_count") == 0 &&
		        kit_value(e, o, "offered_count_60m") == 0 &&
		        kit_value(e, o, "sl_late_count_15m") == 0 &&
		        kit_value(e, o, "handled_count_today") == 0,
		    "a figure is not zero");
	}
	/* Queues, sources, arrays and free chunks stay. */
	law(engine_memory(e) < used_at_first + (512 << 10), "memory did not come back");
	engine_check(e);
}

static void
test_forgetting(void **state)
{
	struct engine *e;
	struct site site;
	struct walk w;
	struct step s;
	size_t used;

	(void)state;
	walk_site(&site);
	for (size_t i = 0; i < site.nqueues; i++) {
		site.defaults[i].max_wait = site.defaults[i].max_handle =
		    site.defaults[i].max_open = 900000;
		site.queues[i].policy.max_wait = site.queues[i].policy.max_handle =
		    site.queues[i].policy.max_open = 900000;
	}
	while (next_walk(10)) {
		walk_begin(&w, seed);
		e = engine_new(&site);
		used = engine_memory(e);
		for (unsigned i = 0; i < 1500; i++) {
			walk_step(&w, &s);
			take(e, &s);
		}
		all_go_home(e, w.now + 10000);
		engine_tick(e, w.now + DAY_MS);
		engine_tick(e, w.now + 2 * DAY_MS);
		engine_tick(e, w.now + 3 * DAY_MS);
		nothing_left(e, used);
		engine_free(e);
	}
}

/* ---- batching ---- */

static void
test_batching(void **state)
{
	struct site site = site_with_all();
	struct engine *one, *hundred;
	struct out a, b;
	struct walk w;
	struct step s;

	(void)state;
	out_init(&a);
	out_init(&b);
	while (next_walk(40)) {
		walk_begin(&w, seed);
		one = engine_new(&site);
		hundred = engine_new(&site);
		for (unsigned i = 0; i < 400; i++) {
			walk_step(&w, &s);
			take(one, &s);
			take(hundred, &s);
			kit_edges(one, &a);
			if (i % 100 == 99)
				kit_edges(hundred, &b);
		}
		same_text(&a, &b, "edges depend on when they are taken");
		a.len = b.len = 0;
		engine_free(one);
		engine_free(hundred);
	}
	out_fini(&a);
	out_fini(&b);
}

/* ---- a crash changes nothing ---- */

static void
shuffle(struct dice *d, struct kit_kept *k)
{
	for (size_t i = k->n; i > 1; i--) {
		size_t j = roll(d, (unsigned)i);
		struct kit_field f = k->f[i - 1];

		k->f[i - 1] = k->f[j];
		k->f[j] = f;
	}
}

/* Where a field's bytes begin to say what is, after what says when it was
 * saved: an agent's, after her number, the part of the log it is up to. */
static uint32_t
matter_of(const struct kit_field *f)
{
	uint32_t b = 1, varints = f->key[0] == 'a' ? 2 : 0;

	for (; varints > 0; b++)
		varints -= ((uint8_t)f->value[b] & 0x80) == 0;
	return b;
}

/* All fields but the parts of the log, which say when it was saved; without
 * their CRCs. */
static void
state_text(struct engine *e, struct out *out)
{
	struct kit_kept k = { 0 };

	engine_state_all(e);
	kit_commit(e, &k);
	kit_sort(&k);
	for (size_t i = 0; i < k.n; i++) {
		if (k.f[i].key[0] == 'l' || k.f[i].key[0] == 'e')
			continue;
		out_printf(out, "%.*s", (int)k.f[i].nkey, k.f[i].key);
		for (uint32_t b = matter_of(&k.f[i]); b < k.f[i].nvalue - 4; b++)
			out_printf(out, " %u", (uint8_t)k.f[i].value[b]);
		out_bytes(out, "\n", 1);
	}
	kit_forget(&k);
}

static void
same_state(struct engine *a, struct engine *b)
{
	struct out x, y;

	out_init(&x);
	out_init(&y);
	state_text(a, &x);
	state_text(b, &y);
	same_text(&x, &y, "a crash changed the state");
	out_fini(&x);
	out_fini(&y);
}

static void
resume_in(const struct site *site, unsigned steps)
{
	struct engine *whole = engine_new(site), *resumed = engine_new(site);
	struct kit_kept kept = { 0 };
	struct out a, b;
	struct walk w;
	struct step s;

	out_init(&a);
	out_init(&b);
	walk_begin(&w, seed);
	w.no_leaps = seed % 2; /* no agent is forgotten: numbers stay */
	for (unsigned i = 0; i < steps; i++) {
		walk_step(&w, &s);
		take(whole, &s);
		take(resumed, &s);
		kit_edges(whole, &a);
		kit_edges(resumed, &b);
		if (chance(&w.dice, 5))
			kit_commit(resumed, &kept);
		if (!chance(&w.dice, 2))
			continue;
		kit_commit(resumed, &kept);
		shuffle(&w.dice, &kept);
		engine_free(resumed);
		resumed = kit_load(&kept, site);
		engine_check(resumed);
		same_figures(whole, resumed, "a crash changed the figures");
	}
	same_text(&a, &b, "a crash changed the edges");
	same_figures(whole, resumed, "a crash changed the figures after it");
	if (w.no_leaps)
		same_state(whole, resumed);
	engine_free(whole);
	engine_free(resumed);
	kit_forget(&kept);
	out_fini(&a);
	out_fini(&b);
}

static void
test_resume(void **state)
{
	struct site site = site_with_all();

	(void)state;
	while (next_walk(30)) {
		site.clock = seed % 5 == 0 ? CLOCK_EVENTS : CLOCK_WALL;
		resume_in(&site, 400);
	}
}

/* ---- damage is seen ---- */

static void
refused(struct engine *e, const struct kit_field *f, const char *value, uint32_t n)
{
	struct state_field field = { { f->key, f->nkey }, { value, n } };

	law(engine_state_put(e, &field) == -1, "a damaged field was taken");
}

static void
damage(struct engine *e, const struct kit_field *f, struct dice *d)
{
	char *value = kit_copy((struct str){ f->value, f->nvalue });
	uint32_t n;

	for (n = 0; n < f->nvalue; n += 1 + n / 64)
		refused(e, f, value, n);
	for (n = 0; n < 64; n++) {
		uint32_t at = roll(d, f->nvalue), bit = roll(d, 8);

		value[at] ^= (char)(1 << bit);
		refused(e, f, value, f->nvalue);
		value[at] ^= (char)(1 << bit);
	}
	free(value);
}

static void
test_damage(void **state)
{
	struct site site = site_with_all();
	struct engine *e, *other;
	struct walk w;
	struct step s;

	(void)state;
	while (next_walk(5)) {
		struct kit_kept kept = { 0 };

		walk_begin(&w, seed);
		e = engine_new(&site);
		other = engine_new(&site);
		for (unsigned i = 0; i < 200; i++) {
			walk_step(&w, &s);
			take(e, &s);
		}
		engine_set_mark(e, STR_LIT("here"), &(struct journal_mark){ .seq = 7 });
		kit_commit(e, &kept);
		law(kept.n > 20, "there is not much to damage");
		for (size_t i = 0; i < kept.n; i++)
			damage(other, &kept.f[i], &w.dice);
		engine_free(e);
		engine_free(other);
		kit_forget(&kept);
	}
}

/* ---- who comes first ---- */

/*
 * Events of two sources that arrive within one instant of the clock, each
 * source's own in their order: which source is heard first does not matter.
 * The agents are there from the start (one not seen before is there from her
 * first event on, whichever that is) and no two events have the same time.
 */
static void
begin_day(struct engine *e, msec_t at)
{
	static const char *const agents[] = { "ann", "bob", "cat", "dan" };
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) | HAS(QUEUES),
		.event = EV_LOGIN,
		.source = STR_LIT("crm"),
		.queues = STR_LIT("sales\nhelp\npost\nextra"),
		.time = at };

	for (size_t i = 0; i < COUNTOF(agents); i++) {
		ev.agent = kit_str(agents[i]);
		engine_apply(e, &ev, at);
	}
}

static bool
is_from(const struct step *s, const char *source)
{
	return str_eq(s->ev.source, kit_str(source));
}

static void
take_burst(struct engine *e, const struct step *steps, size_t n, const char *first, msec_t now)
{
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < n; i++)
			if (is_from(&steps[i], first) == (round == 0))
				engine_apply(e, &steps[i].ev, now);
}

static void
test_order(void **state)
{
	struct site site = site_with_all();
	struct engine *e[2];
	struct step burst[12];
	struct walk w;

	(void)state;
	while (next_walk(20)) {
		walk_begin(&w, seed);
		w.no_leaps = w.in_order = true;
		for (unsigned i = 0; i < 2; i++) {
			e[i] = engine_new(&site);
			begin_day(e[i], KIT_NOON - 1000);
		}
		for (unsigned turn = 0; turn < 20; turn++) {
			for (size_t i = 0; i < COUNTOF(burst);) {
				w.now += 1 + roll(&w.dice, 300);
				walk_step(&w, &burst[i]);
				/* who came back is seen as it arrives */
				burst[i].ev.has &= ~(HAS(SEQ) | HAS(CUSTOMER));
				/* leaving one's last queue ends a login nobody made */
				i += burst[i].ev.event < EV_LOGIN || burst[i].ev.event == EV_STATE;
			}
			take_burst(e[0], burst, COUNTOF(burst), "pbx", w.now);
			take_burst(e[1], burst, COUNTOF(burst), "chat", w.now);
			same_figures(e[0], e[1], "figures depend on which source came first");
		}
		engine_free(e[0]);
		engine_free(e[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_determinism),
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bounds_of_a_contact),
		cmocka_unit_test(test_conservation),
		cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_batching),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_order),
	};

	if (getenv("SEED") != NULL)
		only_seed = strtoull(getenv("SEED"), NULL, 10);
	return cmocka_run_group_tests_name("engine laws", tests, NULL, NULL);
}
