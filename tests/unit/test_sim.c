/* SPDX-License-Identifier: MIT */
/*
 * test_sim.c: the simulated contact center: the same seed gives the same
 * bytes, time never goes back, chance has the means it should, and no contact
 * or agent ever does what doc/counting.md calls inconsistent.
 *
 * The last is judged by a referee of its own, which knows one contact's visits
 * and one agent's hands and nothing of the simulator.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/dialect.h>
#include <ccmon/out.h>

#include "ctl/feed/draw.h"
#include "ctl/feed/encode.h"
#include "ctl/feed/sim.h"
#include "event_text.h"
#include "tests/fuzz/same_event.h"

#define MONDAY INT64_C(1772409600000) /* 2026-03-02T00:00:00Z */
#define HOUR INT64_C(3600000)

/* ---- the same seed ---- */

static struct sim *
day(uint64_t seed, msec_t start, msec_t length)
{
	struct sim *sim = sim_new(
	    &(struct sim_options){ .seed = seed, .start = start, .length = length, .rate = 1 });

	assert_non_null(sim);
	return sim;
}

static void
written(uint64_t seed, struct out *out)
{
	struct sim *sim = day(seed, MONDAY + 9 * HOUR, 2 * HOUR);
	struct event ev;

	out_init(out);
	while (sim_next(sim, &ev)) {
		encode_topic(out, &ev);
		encode_event(out, &ev);
	}
	assert_false(sim_failed(sim));
	assert_false(out->failed);
	sim_free(sim);
}

static void
same_seed_same_bytes(void **state)
{
	struct out a, b, c;

	(void)state;
	written(7, &a);
	written(7, &b);
	written(8, &c);
	assert_true(a.len > 100000);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.buf, b.buf, a.len);
	assert_false(a.len == c.len && memcmp(a.buf, c.buf, a.len) == 0);
	out_fini(&a);
	out_fini(&b);
	out_fini(&c);
}

/* ---- order and form ---- */

static void
in_order_and_without_holes(void **state)
{
	static const char *const names[] = { "pbx1", "chat1", "mail1" };
	int64_t seq[COUNTOF(names)] = { 0 };
	msec_t last = MONDAY, beat[COUNTOF(names)];
	struct sim *sim = day(1, MONDAY, 24 * HOUR);
	struct event ev;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(names); i++)
		beat[i] = MONDAY - 5000;
	while (sim_next(sim, &ev)) {
		assert_true(ev.time >= last && ev.time < MONDAY + 24 * HOUR);
		last = ev.time;
		for (i = 0; i < COUNTOF(names); i++)
			if (str_is(ev.source, names[i]))
				break;
		assert_true(i < COUNTOF(names));
		assert_int_equal(ev.seq, ++seq[i]);
		assert_int_equal(ev.boot, MONDAY);
		if (ev.event != EV_HEARTBEAT)
			continue;
		assert_int_equal(ev.time, beat[i] + 5000);
		beat[i] = ev.time;
	}
	sim_free(sim);
}

/* Each event is whole, and the native dialect reads it back as it was. */
static void
read_back(void **state)
{
	static struct dialect_result res;
	const struct dialect *native = dialect_find("native");
	void *reader = native->open(NULL);
	struct sim *sim = day(3, MONDAY + 8 * HOUR, 16 * HOUR);
	bool seen[EVENT_NKINDS] = { false };
	enum event_member member;
	struct event ev;
	struct out out;
	int kind;

	(void)state;
	out_init(&out);
	while (sim_next(sim, &ev)) {
		assert_int_equal(event_check(&ev, &member), REFUSAL_NONE);
		out_reset(&out);
		encode_event(&out, &ev);
		native->decode(reader, out.buf, out.len, 0, &res);
		assert_int_equal(res.why, REFUSAL_NONE);
		assert_int_equal(res.n, 1);
		assert_true(same_event(&res.ev[0], &ev));
		seen[ev.event] = true;
	}
	/* Every way of the contract is taken; a source that restarts or loses
	 * calls would take them with it. */
	for (kind = 0; kind < EVENT_NKINDS; kind++)
		if (!seen[kind] && kind != EV_RESTARTED && kind != EV_LOST)
			fail_msg("no %s", event_kinds[kind].name);
	out_fini(&out);
	sim_free(sim);
	native->close(reader);
}

/* ---- chance ---- */

#define DRAWS 200000

static void
means(void **state)
{
	double exponential = 0, lognormal = 0, unit = 0, below = 0, normal = 0, square = 0, x;
	unsigned hits = 0;
	struct draw d;
	int i;

	(void)state;
	draw_init(&d, 42);
	for (i = 0; i < DRAWS; i++) {
		exponential += draw_exponential(&d, 20);
		lognormal += draw_lognormal(&d, 300, 0.8);
		unit += draw_unit(&d);
		below += draw_below(&d, 7);
		hits += draw_chance(&d, 0.05);
		x = draw_normal(&d);
		normal += x;
		square += x * x;
	}
	/* Five standard errors of each mean, or a little more. */
	assert_true(fabs(exponential / DRAWS - 20) < 0.25);
	assert_true(fabs(lognormal / DRAWS - 300) < 4);
	assert_true(fabs(unit / DRAWS - 0.5) < 0.004);
	assert_true(fabs(below / DRAWS - 3) < 0.025);
	assert_true(fabs(hits / (double)DRAWS - 0.05) < 0.0025);
	assert_true(fabs(normal / DRAWS) < 0.012);
	assert_true(fabs(square / DRAWS - 1) < 0.02);
}

static void
bounds(void **state)
{
	struct draw d;
	double u;
	int i;

	(void)state;
	draw_init(&d, 0);
	for (i = 0; i < DRAWS; i++) {
		u = draw_unit(&d);
		assert_true(u >= 0 && u < 1);
		assert_true(draw_below(&d, 3) < 3);
		assert_int_equal(draw_below(&d, 1), 0);
		assert_true(draw_exponential_ms(&d, 1) >= 1);
	}
}

/* Emails that came in. */
static unsigned
offered(msec_t from, msec_t length, bool flat, double rate)
{
	struct sim *sim = sim_new(&(struct sim_options){
	    .seed = 5, .start = from, .length = length, .rate = rate, .flat = flat });
	struct event ev;
	unsigned n = 0;

	assert_non_null(sim);
	while (sim_next(sim, &ev))
		n += ev.event == EV_QUEUED && ev.direction == DIRECTION_IN &&
		     str_is(ev.queue, "mail");
	sim_free(sim);
	return n;
}

/* At four times 60 first emails an hour in the busiest, some of which come
 * again; at night a twentieth. */
static void
arrivals_follow_the_day(void **state)
{
	unsigned busy = offered(MONDAY + 9 * HOUR, 2 * HOUR, false, 4);
	unsigned night = offered(MONDAY + 2 * HOUR, 2 * HOUR, false, 4);
	unsigned flat = offered(MONDAY + 2 * HOUR, 2 * HOUR, true, 4);

	(void)state;
	assert_in_range(busy, 440, 700);
	assert_in_range(night, 5, 60);
	assert_in_range(flat, 440, 700);
}

/* ---- the referee ---- */

enum where { NOWHERE, WAITING, HANDLING, BETWEEN, OVER };

struct visit { /* the last of a contact in a queue */
	char key[96]; /* contact and queue */
	enum where where;
	bool held, wants_wrap, wants_callback;
	bool resolved, promised;
	bool rings;
	char agent[NAME_MAX_BYTES + 1], ringing[NAME_MAX_BYTES + 1];
};

struct person {
	char name[NAME_MAX_BYTES + 1];
	bool here, paused;
	int hands; /* ringing, talking and wrapping */
	int slots;
};

#define VISITS 65536 /* a power of two, twice what a day has */
#define PEOPLE 512

static struct visit visits[VISITS];
static struct person people[PEOPLE];

static struct visit *
visit_of(const struct event *ev)
{
	char key[sizeof visits[0].key];
	uint64_t h = 14695981039346656037u;
	const char *p;

	snprintf(key, sizeof key, "%.*s %.*s", STR_ARG(ev->contact), STR_ARG(ev->queue));
	for (p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	while (visits[h % VISITS].key[0] != '\0' && strcmp(visits[h % VISITS].key, key) != 0)
		h++;
	memcpy(visits[h % VISITS].key, key, sizeof key);
	return &visits[h % VISITS];
}

static struct person *
person_of(struct str name)
{
	unsigned i;

	for (i = 0; i < PEOPLE - 1 && people[i].name[0] != '\0'; i++)
		if (strlen(people[i].name) == name.n && memcmp(people[i].name, name.p, name.n) == 0)
			return &people[i];
	memcpy(people[i].name, name.p, name.n);
	people[i].slots = 1;
	return &people[i];
}

static bool
is_hers(const char *who, struct str agent)
{
	return strlen(who) == agent.n && memcmp(who, agent.p, agent.n) == 0;
}

/* Another contact in her hands: she must be there, not paused, and have room. */
static void
takes(const struct event *ev, char who[NAME_MAX_BYTES + 1])
{
	struct person *a = person_of(ev->agent);

	if (ev->channel == CHANNEL_CHAT)
		a->slots = 3;
	assert_true(a->here && !a->paused);
	assert_true(++a->hands <= a->slots);
	snprintf(who, NAME_MAX_BYTES + 1, "%.*s", STR_ARG(ev->agent));
}

static void
lets_go(char who[NAME_MAX_BYTES + 1])
{
	struct person *a = person_of(str_of(who));

	assert_true(--a->hands >= 0);
	who[0] = '\0';
}

static void
stops_ringing(struct visit *v)
{
	if (v->rings)
		lets_go(v->ringing);
	v->rings = false;
}

static void
judge_queue(struct visit *v, const struct event *ev)
{
	switch (ev->event) {
	case EV_QUEUED:
		assert_true(v->where == NOWHERE || v->where == OVER);
		assert_false(v->wants_wrap);
		v->where = WAITING;
		break;
	case EV_RINGING:
		assert_true((v->where == WAITING || v->where == BETWEEN) && !v->rings);
		takes(ev, v->ringing);
		v->rings = true;
		break;
	case EV_MISSED:
		assert_true(v->where == WAITING && v->rings && is_hers(v->ringing, ev->agent));
		stops_ringing(v);
		break;
	case EV_ABANDONED:
	case EV_FLOWED_OUT:
	case EV_CALLBACK:
		assert_int_equal(v->where, WAITING);
		stops_ringing(v);
		v->wants_callback = ev->event == EV_CALLBACK;
		v->where = OVER;
		break;
	case EV_CALLBACK_DONE:
		assert_true(v->wants_callback);
		v->wants_callback = false;
		break;
	}
}

static void
judge_handling(struct visit *v, const struct event *ev)
{
	switch (ev->event) {
	case EV_ANSWERED:
		assert_true(v->where == WAITING || v->where == BETWEEN);
		if (v->rings)
			assert_true(is_hers(v->ringing, ev->agent));
		stops_ringing(v);
		takes(ev, v->agent);
		v->where = HANDLING;
		v->held = false;
		break;
	case EV_HELD:
	case EV_RESUMED:
		assert_true(v->where == HANDLING && is_hers(v->agent, ev->agent));
		assert_int_equal(v->held, ev->event == EV_RESUMED);
		v->held = !v->held;
		break;
	case EV_TRANSFERRED:
	case EV_ENDED:
		assert_true(v->where == HANDLING && is_hers(v->agent, ev->agent) && !v->held);
		v->wants_wrap = ev->acw;
		v->where = ev->has & HAS(TO_AGENT) ? BETWEEN : OVER;
		if (!v->wants_wrap)
			lets_go(v->agent);
		break;
	case EV_WRAPPED:
		assert_true(v->wants_wrap && is_hers(v->agent, ev->agent));
		v->wants_wrap = false;
		lets_go(v->agent);
		break;
	case EV_ESCALATED:
		assert_int_equal(v->where, HANDLING);
		break;
	}
}

/* Nothing is solved twice, comes back unsolved, or is kept without a promise. */
static void
judge_matter(struct visit *v, const struct event *ev)
{
	switch (ev->event) {
	case EV_QUEUED:
		v->resolved = false;
		break;
	case EV_RESOLVED:
		assert_false(v->resolved);
		v->resolved = true;
		break;
	case EV_REOPENED:
		assert_true(v->resolved);
		v->resolved = false;
		break;
	case EV_PROMISED:
		assert_false(v->resolved || v->promised);
		v->promised = true;
		break;
	case EV_PROMISE_KEPT:
		assert_true(v->promised);
		v->promised = false;
		break;
	}
}

static void
judge_agent(const struct event *ev)
{
	struct person *a = person_of(ev->agent);

	switch (ev->event) {
	case EV_LOGIN:
		assert_true(!a->here && (ev->has & HAS(QUEUES)));
		a->here = true;
		break;
	case EV_LOGOUT:
		assert_true(a->here && a->hands == 0);
		a->here = a->paused = false;
		break;
	case EV_STATE:
		assert_true(a->here && a->hands == 0);
		assert_int_equal(a->paused, ev->state == STATE_AVAILABLE);
		a->paused = !a->paused;
		break;
	case EV_JOINED:
	case EV_LEFT:
		assert_true(a->here && a->hands == 0);
		break;
	}
}

static unsigned
judged(const struct sim_options *opt)
{
	struct sim *sim = sim_new(opt);
	struct event ev;
	struct visit *v;
	unsigned i, over = 0;

	memset(visits, 0, sizeof visits);
	memset(people, 0, sizeof people);
	assert_non_null(sim);
	while (sim_next(sim, &ev)) {
		if (ev.has & HAS(CONTACT)) {
			v = visit_of(&ev);
			judge_queue(v, &ev);
			judge_handling(v, &ev);
			judge_matter(v, &ev);
		} else if (ev.has & HAS(AGENT))
			judge_agent(&ev);
	}
	sim_free(sim);
	for (i = 0; i < VISITS; i++)
		over += visits[i].where == OVER;
	return over;
}

static void
nothing_inconsistent(void **state)
{
	struct sim_options usual = { .seed = 11, .start = MONDAY, .length = 30 * HOUR, .rate = 1 };
	struct sim_options story = {
		.start = MONDAY, .past = HOUR, .length = 11 * HOUR, .rate = 1, .story = true
	};

	(void)state;
	assert_true(judged(&usual) > 4000);
	for (story.seed = 1; story.seed <= 3; story.seed++)
		assert_true(judged(&story) > 4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_bytes),
		cmocka_unit_test(in_order_and_without_holes),
		cmocka_unit_test(read_back),
		cmocka_unit_test(means),
		cmocka_unit_test(bounds),
		cmocka_unit_test(arrivals_follow_the_day),
		cmocka_unit_test(nothing_inconsistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
