/* SPDX-License-Identifier: MIT */
/*
 * house.c: one queue, callers who come by chance, talk by chance and hang up
 * by chance, all exponential, and agents who answer the one who waited
 * longest.  What its service is in the long run is known exactly (Erlang A), so a
 * rule's false alarms on it are the rule's own.
 *
 * A caller's patience and talk are drawn when she comes, so that losing
 * agents changes what happens to her and not who she is.  Agents go home when
 * their call is over, never in the middle of it.
 */
#include "house.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/feed/draw.h"

#define WAITING_MAX 4096 /* callers; with patience there is no more than load * patience */

struct caller {
	uint64_t id;
	msec_t gives_up;
	msec_t talk; /* ms; what she needs */
};

struct desk {
	uint64_t caller; /* 0: nobody */
	msec_t free_at; /* the call's end */
	msec_t idle_since;
	bool gone;
};

struct house {
	struct house_plan plan;
	struct draw draw;
	msec_t begin, now, next_call;
	unsigned staff; /* desks not gone */
	uint64_t callers; /* so far */
	struct desk desk[HOUSE_AGENTS];
	struct caller waiting[WAITING_MAX]; /* the oldest first */
	unsigned nwaiting;
	house_fn *give;
	void *arg;
};

/* ---- telling */

static struct str
text(char *buf, size_t len, char letter, uint64_t n)
{
	return (struct str){ buf, (uint32_t)snprintf(buf, len, "%c%" PRIu64, letter, n) };
}

static void
tell_agent(struct house *h, enum event_kind kind, unsigned desk)
{
	char agent[24];
	struct event e = { .event = (uint8_t)kind, .source = STR_LIT("pbx"), .time = h->now };

	e.agent = text(agent, sizeof(agent), 'a', desk);
	e.queues = (struct str)STR_LIT("calls");
	e.has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) | (kind == EV_LOGIN ? HAS(QUEUES) : 0);
	if (kind != EV_LOGIN)
		e.queues = STR_NONE;
	h->give(h->arg, &e);
}

static void
tell_call(struct house *h, enum event_kind kind, uint64_t caller, const struct desk *desk)
{
	char agent[24], contact[24];
	struct event e = { .event = (uint8_t)kind, .source = STR_LIT("pbx"), .time = h->now };

	e.channel = CHANNEL_CALL;
	e.queue = (struct str)STR_LIT("calls");
	e.contact = text(contact, sizeof(contact), 'c', caller);
	e.has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT);
	if (desk != NULL) {
		e.agent = text(agent, sizeof(agent), 'a', (uint64_t)(desk - h->desk));
		e.has |= HAS(AGENT);
	}
	h->give(h->arg, &e);
}

/* ---- what happens */

static void
take_call(struct house *h, struct desk *desk, const struct caller *c)
{
	desk->caller = c->id;
	desk->free_at = h->now + c->talk;
	tell_call(h, EV_ANSWERED, c->id, desk);
}

static void
leave_line(struct house *h, unsigned i)
{
	h->nwaiting--;
	memmove(h->waiting + i, h->waiting + i + 1, (h->nwaiting - i) * sizeof(*h->waiting));
}

/* The desk that has been idle longest, or NULL. */
static struct desk *
idle_desk(struct house *h)
{
	struct desk *best = NULL;

	for (struct desk *d = h->desk; d < h->desk + h->plan.agents; d++)
		if (!d->gone && d->caller == 0 &&
		    (best == NULL || d->idle_since < best->idle_since))
			best = d;
	return best;
}

static void
go_home(struct house *h, struct desk *desk)
{
	desk->gone = true;
	h->staff--;
	tell_agent(h, EV_LOGOUT, (unsigned)(desk - h->desk));
}

static unsigned
wanted(const struct house *h)
{
	return h->now >= h->plan.cut_at ? h->plan.cut_to : h->plan.agents;
}

static void
call_comes(struct house *h)
{
	struct caller c = { .id = ++h->callers };
	struct desk *desk = idle_desk(h);

	c.gives_up = h->now + draw_exponential_ms(&h->draw, h->plan.patience);
	c.talk = draw_exponential_ms(&h->draw, h->plan.handle);
	h->next_call = h->now + draw_exponential_ms(&h->draw, (msec_t)(3600000 / h->plan.per_hour));
	tell_call(h, EV_QUEUED, c.id, NULL);
	if (desk != NULL)
		take_call(h, desk, &c);
	else {
		assert(h->nwaiting < WAITING_MAX);
		h->waiting[h->nwaiting++] = c;
	}
}

static void
call_ends(struct house *h, struct desk *desk)
{
	struct caller next;

	tell_call(h, EV_ENDED, desk->caller, desk);
	desk->caller = 0;
	desk->idle_since = h->now;
	if (h->staff > wanted(h)) {
		go_home(h, desk);
	} else if (h->nwaiting > 0) {
		next = h->waiting[0];
		leave_line(h, 0);
		take_call(h, desk, &next);
	}
}

static void
cut(struct house *h)
{
	struct desk *desk;

	while (h->staff > wanted(h) && (desk = idle_desk(h)) != NULL)
		go_home(h, desk);
}

/* ---- time */

/* What is next: a call's end, a caller who gives up, the cut, a call. */
struct next {
	msec_t at;
	struct desk *desk;
	int waiting; /* -1: nobody */
	bool cut;
};

static struct next
find_next(struct house *h)
{
	struct next n = { .at = h->next_call, .waiting = -1 };

	if (h->plan.cut_at > h->now && h->plan.cut_at <= n.at)
		n = (struct next){ .at = h->plan.cut_at, .waiting = -1, .cut = true };
	for (unsigned i = 0; i < h->nwaiting; i++)
		if (h->waiting[i].gives_up < n.at)
			n = (struct next){ .at = h->waiting[i].gives_up, .waiting = (int)i };
	for (struct desk *d = h->desk; d < h->desk + h->plan.agents; d++)
		if (d->caller != 0 && d->free_at < n.at)
			n = (struct next){ .at = d->free_at, .desk = d, .waiting = -1 };
	return n;
}

void
house_until(struct house *h, msec_t then)
{
	struct next n;

	while ((n = find_next(h)).at <= then) {
		h->now = n.at;
		if (n.desk != NULL)
			call_ends(h, n.desk);
		else if (n.waiting >= 0) {
			tell_call(h, EV_ABANDONED, h->waiting[n.waiting].id, NULL);
			leave_line(h, (unsigned)n.waiting);
		} else if (n.cut)
			cut(h);
		else
			call_comes(h);
	}
}

struct house *
house_open(const struct house_plan *plan, uint64_t seed, msec_t begin, house_fn *give, void *arg)
{
	struct house *h = calloc(1, sizeof(*h));

	assert(plan->agents <= HOUSE_AGENTS);
	if (h == NULL)
		return NULL;
	h->plan = *plan;
	if (plan->cut_at != MSEC_NEVER)
		h->plan.cut_at += begin;
	draw_init(&h->draw, seed);
	h->begin = h->now = begin;
	h->give = give;
	h->arg = arg;
	h->staff = plan->agents;
	for (unsigned i = 0; i < plan->agents; i++) {
		h->desk[i].idle_since = begin;
		tell_agent(h, EV_LOGIN, i);
	}
	h->next_call = begin + draw_exponential_ms(&h->draw, (msec_t)(3600000 / plan->per_hour));
	return h;
}

void
house_close(struct house *h)
{
	free(h);
}
