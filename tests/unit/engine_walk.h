/* SPDX-License-Identifier: MIT */
/*
 * engine_walk.h: a random walk through a small contact centre: three sources
 * that repeat, lose, delay and contradict themselves.  The dice are a seeded
 * generator, or bytes of a fuzzer.
 */
#ifndef CCMON_TESTS_ENGINE_WALK_H
#define CCMON_TESTS_ENGINE_WALK_H

#include "tests/unit/engine_kit.h"

/* The kit's site where more is owed: calls, chats and mail with responses
 * promised, those two by a calendar with a holiday on the second day, and
 * matters given up after some hours or days. */
static inline void
walk_site(struct site *site)
{
	static struct opening halves[] = { { 8 * 60, 12 * 60 + 30 }, { 13 * 60, 18 * 60 } };
	static struct opening night[] = { { 22 * 60, 30 * 60 } };
	static struct exception holiday = { .date = KIT_NOON / 86400000 + 1 };
	static char office[] = "office";
	static struct calendar calendar = { .name = office,
		.week = { halves, halves, halves, halves, halves, night },
		.nweek = { 2, 2, 2, 2, 2, 1 },
		.exception = &holiday,
		.nexceptions = 1 };

	kit_site(site);
	site->fcr_days = 1; /* walks live to see its end */
	site->calendars = (struct calendars){ &calendar, 1, site->zones };
	site->queues[0].policy.first_response = 30000;
	site->queues[0].policy.max_open = 3600000;
	site->queues[0].policy.wrapup = 25000;
	site->queues[1].policy.resolution = 1200000;
	site->queues[1].policy.max_open = 7200000;
	site->queues[2].policy.next_response = 600000;
	site->queues[2].policy.max_open = INT64_C(259200000);
	site->queues[1].calendar = site->queues[2].calendar = office;
}

struct dice {
	uint64_t	 seed;
	const uint8_t	*p, *end;	/* when p != NULL: these, then zeros */
};

static inline unsigned
roll(struct dice *d, unsigned sides)
{
	uint64_t x;

	if (d->p != NULL) {
		x = d->p < d->end ? *d->p++ : 0;
		if (sides > 256)
			x = x << 8 | (d->p < d->end ? *d->p++ : 0);
		if (sides > 65536)
			x = x << 8 | (d->p < d->end ? *d->p++ : 0);
		return (unsigned)(x % sides);
	}
	x = d->seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((x ^ x >> 31) % sides);
}

static inline bool
chance(struct dice *d, unsigned percent)
{
	return roll(d, 100) < percent;
}

#define WALK_SOURCES	3

struct walk {
	struct dice	 dice;
	msec_t		 now;
	struct { int64_t boot, seq; } source[WALK_SOURCES];
	unsigned	 contacts;	/* how many names are in use */
	bool		 no_future;	/* nothing is ahead of the clock's second */
	bool		 no_leaps;	/* no hour passes in silence */
	bool		 in_order;	/* nothing late, repeated or lost */
};

struct step {
	msec_t		now;
	struct event	ev;
};

static inline void
walk_begin(struct walk *w, uint64_t seed)
{
	*w = (struct walk){ .dice = { .seed = seed }, .now = KIT_NOON, .contacts = 12 };
}

/* How the time goes on: up to so many ms, in so many of 1000 steps. */
static inline msec_t
walk_pause(struct walk *w)
{
	static const struct { unsigned of_1000; unsigned ms; } pauses[] = {
		{ 300, 1 }, { 500, 2000 }, { 150, 20000 }, { 40, 90000 }, { 7, 1200000 },
		{ 2, 9000000 }, { 1, 90000000 },
	};
	unsigned r = roll(&w->dice, 1000), i, n = w->no_leaps ? 5 : COUNTOF(pauses);

	for (i = 0; i + 1 < n && r >= pauses[i].of_1000; i++)
		r -= pauses[i].of_1000;
	return roll(&w->dice, pauses[i].ms);
}

static inline msec_t
walk_time(struct walk *w)
{
	msec_t at = w->now;
	unsigned r = roll(&w->dice, 100);

	if (w->in_order || r < 60)
		return at;
	if (r < 70)
		at -= roll(&w->dice, 3000);
	else if (r < 85)
		at -= roll(&w->dice, 60000);
	else if (r < 88)
		at -= roll(&w->dice, 7200000);
	else if (r < 93 && !w->no_future)
		at += roll(&w->dice, 7000);
	return chance(&w->dice, 50) ? at - at % 1000 : at; /* sources that know seconds only */
}

static inline void
walk_number(struct walk *w, unsigned source, struct event *ev)
{
	unsigned r = roll(&w->dice, 100);
	int64_t *seq = &w->source[source].seq;

	ev->has |= HAS(SEQ) | HAS(BOOT);
	ev->seq = ++*seq;
	if (!w->in_order && r < 3)
		*seq = ev->seq += roll(&w->dice, 9);	/* a hole */
	else if (!w->in_order && r < 6 && *seq > 1)
		ev->seq = *seq - roll(&w->dice, 9 < *seq ? 9 : (unsigned)*seq);
	else if (!w->in_order && r < 7) {
		w->source[source].boot++;
		ev->seq = *seq = 1 + roll(&w->dice, 3);
	}
	ev->boot = w->source[source].boot;
}

#define WALK_GIVE(sym, field, value) (ev->has |= HAS(sym), ev->field = (value))

/* Of matters and outcomes. */
static inline void
walk_owed(struct walk *w, struct event *ev)
{
	static const char *const customers[] = { "k1", "k2", "k3", "k4" };
	static const unsigned scores[] = { [KIND_CSAT] = 5, [KIND_NPS] = 11, [KIND_CES] = 7 };
	struct dice *d = &w->dice;

	if (chance(d, 30))
		WALK_GIVE(CUSTOMER, customer, kit_str(customers[roll(d, 4)]));
	if (ev->event >= EV_SURVEY && chance(d, 40))
		WALK_GIVE(AGENT, agent, kit_str("eve")); /* never seen herself */
	if (ev->event == EV_MESSAGE)
		WALK_GIVE(FROM, from, roll(d, 5) % 4);
	if (ev->event == EV_MESSAGE && chance(d, 20))
		WALK_GIVE(PUBLIC, public, roll(d, 2));
	if (ev->event == EV_STATUS)
		WALK_GIVE(STATUS, status, roll(d, 5) % 3);
	if (ev->event == EV_PROMISED || (ev->event == EV_CALLBACK && chance(d, 60)))
		WALK_GIVE(DUE, due, ev->time - 60000 + roll(d, chance(d, 80) ? 600000 : 20000000));
	if (ev->event == EV_CALLBACK_DONE && chance(d, 80))
		WALK_GIVE(REACHED, reached, roll(d, 2));
	if (ev->event == EV_FEEDBACK)
		WALK_GIVE(KIND, kind, KIND_COMPLAINT + roll(d, 3));
	if (ev->event == EV_REVIEWED)
		WALK_GIVE(SCORE, score, roll(d, 101));
	if (ev->event != EV_SURVEY)
		return;
	WALK_GIVE(KIND, kind, roll(d, 3));
	if (chance(d, 40))
		WALK_GIVE(SENT, sent, 1);
	else
		WALK_GIVE(SCORE, score, (ev->kind != KIND_NPS) + roll(d, scores[ev->kind]));
}

static inline void
walk_member(struct walk *w, struct event *ev)
{
	static const char *const visits[] = { "v1", "v2", "v3" };
	static const char *const reasons[] = { "timeout", "overflow", "key", "closed", "full",
		"no_agent", "withdrawn", "whim" };
	struct dice *d = &w->dice;

	if (chance(d, 30))
		WALK_GIVE(VISIT, visit, kit_str(visits[roll(d, 3)]));
	if (chance(d, 8))
		WALK_GIVE(DIRECTION, direction, DIRECTION_OUT);
	if (chance(d, 25))
		WALK_GIVE(WAIT_MS, wait_ms, roll(d, chance(d, 90) ? 40000 : 4000000));
	if (ev->event == EV_FLOWED_OUT)
		WALK_GIVE(REASON, reason, kit_str(reasons[roll(d, COUNTOF(reasons))]));
	if (ev->event == EV_TRANSFERRED && chance(d, 10))
		WALK_GIVE(TO_EXTERNAL, to_external, kit_str("elsewhere"));
	else if (ev->event == EV_TRANSFERRED && chance(d, 50))
		WALK_GIVE(TO_AGENT, to_agent, kit_str("ann"));
	else if (ev->event == EV_TRANSFERRED)
		WALK_GIVE(TO_QUEUE, to_queue, kit_str("help"));
	if (ev->event == EV_ENDED && chance(d, 50))
		WALK_GIVE(ACW, acw, 1);
	if (chance(d, 10))
		WALK_GIVE(TALK_MS, talk_ms, roll(d, 400000));
	if (chance(d, 10))
		WALK_GIVE(HOLD_MS, hold_ms, roll(d, 40000));
	if (chance(d, 20))
		WALK_GIVE(ACW_MS, acw_ms, roll(d, 90000));
}

static inline void
walk_agent_event(struct walk *w, struct event *ev)
{
	static const char *const lists[] = { "sales", "sales\nhelp", "extra" };
	static const char *const reasons[] = { "", "lunch", "school" };

	if (ev->event == EV_LOGIN && chance(&w->dice, 70))
		WALK_GIVE(QUEUES, queues, kit_str(lists[roll(&w->dice, 3)]));
	if (ev->event == EV_STATE) {
		WALK_GIVE(STATE, state, roll(&w->dice, 2));
		WALK_GIVE(REASON, reason, kit_str(reasons[roll(&w->dice, 3)]));
	}
}

static const uint8_t	walk_kinds[] = {
	EV_QUEUED, EV_QUEUED, EV_QUEUED, EV_QUEUED, EV_QUEUED, EV_QUEUED, EV_ANSWERED, EV_ANSWERED,
	EV_ANSWERED, EV_ANSWERED, EV_ABANDONED, EV_ABANDONED, EV_FLOWED_OUT, EV_CALLBACK,
	EV_CALLBACK_DONE, EV_RINGING, EV_RINGING, EV_MISSED, EV_HELD, EV_HELD, EV_RESUMED, EV_RESUMED,
	EV_ENDED, EV_ENDED, EV_ENDED, EV_TRANSFERRED, EV_ESCALATED, EV_WRAPPED, EV_WRAPPED,
	EV_MESSAGE, EV_MESSAGE, EV_MESSAGE, EV_MESSAGE, EV_STATUS, EV_STATUS, EV_RESOLVED, EV_RESOLVED,
	EV_RESOLVED, EV_REOPENED, EV_REOPENED,
	EV_PROMISED, EV_PROMISED, EV_PROMISE_KEPT, EV_SURVEY, EV_FEEDBACK, EV_REVIEWED, EV_LOGIN, EV_LOGIN, EV_LOGOUT, EV_STATE, EV_STATE, EV_JOINED, EV_LEFT,
	EV_HEARTBEAT, EV_LOST,
};

static inline void
walk_step(struct walk *w, struct step *s)
{
	static const char *const sources[] = { "pbx", "chat", "crm" };
	static const char *const queues[] = { "sales", "help", "post", "extra", "vente" };
	static const uint8_t channels[] = { CHANNEL_CALL, CHANNEL_CHAT, CHANNEL_EMAIL, CHANNEL_CHAT, CHANNEL_CALL };
	static const char *const agents[] = { "ann", "bob", "cat", "dan" };
	static const char *const contacts[] = { "c01", "c02", "c03", "c04", "c05", "c06", "c07", "c08",
		"c09", "c10", "c11", "c12", "c13", "c14", "c15", "c16" };
	struct event *ev = &s->ev;
	unsigned source = roll(&w->dice, WALK_SOURCES), queue = roll(&w->dice, COUNTOF(queues));

	w->now += walk_pause(w);
	*s = (struct step){ .now = w->now };
	ev->event = walk_kinds[roll(&w->dice, COUNTOF(walk_kinds))];
	if (roll(&w->dice, 400) == 0)
		ev->event = EV_RESTARTED;
	WALK_GIVE(SOURCE, source, kit_str(sources[source]));
	WALK_GIVE(TIME, time, walk_time(w));
	if (source > 0 || w->in_order)
		walk_number(w, source, ev);
	if (ev->event == EV_HEARTBEAT || ev->event == EV_RESTARTED)
		return;
	WALK_GIVE(AGENT, agent, kit_str(agents[roll(&w->dice, COUNTOF(agents))]));
	if (!(event_kinds[ev->event].needs & HAS(CONTACT)))
		walk_agent_event(w, ev);
	if (event_kinds[ev->event].needs & HAS(QUEUE))
		WALK_GIVE(QUEUE, queue, kit_str(queues[queue]));
	if (!(event_kinds[ev->event].needs & HAS(CONTACT)))
		return;
	WALK_GIVE(CHANNEL, channel, channels[queue]);
	WALK_GIVE(CONTACT, contact, kit_str(contacts[roll(&w->dice, w->contacts)]));
	walk_member(w, ev);
	walk_owed(w, ev);
	if (!(event_kinds[ev->event].needs & HAS(AGENT)) && roll(&w->dice, 8) == 0) {
		ev->has &= ~HAS(AGENT);
		ev->agent = STR_NONE;
	}
}

#endif
