/* SPDX-License-Identifier: MIT */
/*
 * pulse.c: what everybody wants to know each second: does Redis answer, does
 * the daemon live, what does the board say?
 *
 * Streams, single questions and the check of readiness share one look, at most
 * one a second, and none when nobody asks.  Redis being away is an answer, too.
 */
#include "wallboard.h"

#include "walk.h"

#include <ccmon/clock.h>
#include <ccmon/event.h>
#include <ccmon/log.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct waiter {
	facts_fn *fn;
	void *arg;
};

struct pulse {
	struct source *source;
	struct picture_rules rules;
	struct facts facts;
	msec_t looked; /* monotonic; MSEC_NEVER: never */
	bool looking;
	struct waiter *waiter; /* for the look that is under way */
	size_t nwaiters, cap;
	struct log_complaint complaint;
};

struct pulse *
pulse_new(struct source *source, const struct settings *s)
{
	const struct wallboard_settings *w = &s->wallboard;
	struct pulse *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->source = source;
	p->rules = (struct picture_rules){
		.title = w->title,
		.timezone = s->site.zones[0].name,
		.day_start = s->site.day_start,
		.stale_after = w->stale_after,
		.agents = w->agents,
	};
	p->looked = MSEC_NEVER;
	return p;
}

void
pulse_free(struct pulse *p)
{
	if (p == NULL)
		return;
	body_release(p->facts.snapshot);
	free(p->waiter);
	free(p);
}

/* ---- what was found */

static void
forget_snapshot(struct facts *f)
{
	body_release(f->snapshot);
	f->snapshot = NULL;
	f->version = FIGURE_NAN;
}

static void
tell(struct pulse *p)
{
	struct waiter *waiter = p->waiter;
	size_t n = p->nwaiters;

	p->looking = false;
	p->looked = clock_mono();
	p->waiter = NULL; /* who is told may ask again */
	p->nwaiters = p->cap = 0;
	for (size_t i = 0; i < n; i++)
		waiter[i].fn(waiter[i].arg, &p->facts);
	free(waiter);
}

static void
take_snapshot(struct pulse *p, struct str text)
{
	struct out frame;
	int64_t version;

	out_init(&frame);
	if (picture_write(&frame, &p->rules, text, &version)) {
		forget_snapshot(&p->facts);
		p->facts.snapshot = body_new(&frame);
		p->facts.version = version;
		log_release(&p->complaint, "snapshot", "the snapshot can be read again");
	} else {
		forget_snapshot(&p->facts);
		log_complain(&p->complaint, clock_mono(), "snapshot",
		    "what is in Redis as the snapshot is none, or memory is short");
	}
	out_fini(&frame);
}

/* A time of our own daemon's. */
static int64_t
time_of(const struct reply *r)
{
	int64_t time = r->type == REPLY_TEXT ? walk_whole(r->text) : -1;

	return time < 0 ? FIGURE_NAN : time;
}

static void
on_meta(void *arg, const struct reply *r)
{
	struct facts *f = &((struct pulse *)arg)->facts;
	bool is_there =
	    r != NULL && r->type == REPLY_ARRAY && r->n == 3 && r->item[0].type == REPLY_TEXT;
	struct str state = is_there ? r->item[0].text : STR_LIT("none");

	(void)snprintf(f->state, sizeof(f->state), "%.*s", STR_ARG(state));
	f->updated = is_there ? time_of(&r->item[1]) : FIGURE_NAN;
	f->started = is_there ? time_of(&r->item[2]) : FIGURE_NAN;
}

/* The second of the two answers. */
static void
on_snapshot(void *arg, const struct reply *r)
{
	struct pulse *p = arg;

	clock_turn();
	p->facts.redis = r != NULL && r->type != REPLY_ERROR;
	if (r == NULL) /* it went between the two */
		on_meta(p, NULL);
	if (r != NULL && r->type == REPLY_TEXT)
		take_snapshot(p, r->text);
	else
		forget_snapshot(&p->facts);
	if (r != NULL && r->type == REPLY_ERROR)
		log_complain(&p->complaint, clock_mono(), "redis", "%.*s", STR_ARG(r->text));
	tell(p);
}

/* ---- asking */

static bool
add_waiter(struct pulse *p, facts_fn *fn, void *arg)
{
	if (p->nwaiters == p->cap) {
		size_t cap = p->cap > 0 ? 2 * p->cap : 16;
		struct waiter *w = realloc(p->waiter, cap * sizeof(*w));

		if (w == NULL)
			return false;
		p->waiter = w;
		p->cap = cap;
	}
	p->waiter[p->nwaiters++] = (struct waiter){ fn, arg };
	return true;
}

void
pulse_ask(struct pulse *p, msec_t age, facts_fn *fn, void *arg)
{
	static const char *const fields[] = { "state", "updated_epoch_ms", "started", NULL };

	/* without memory to remember who asks, what was known last will do */
	if ((!p->looking && p->looked != MSEC_NEVER && clock_mono() - p->looked < age) ||
	    !add_waiter(p, fn, arg)) {
		fn(arg, &p->facts);
		return;
	}
	if (p->looking)
		return;
	p->looking = true;
	source_ask(p->source, on_meta, p, "HMGET", STR_LIT("meta"), fields);
	source_ask(p->source, on_snapshot, p, "GET", STR_LIT("snapshot"), NULL);
}

const char *
facts_problem(const struct facts *f, const struct wallboard_settings *w)
{
	if (!f->redis)
		return "Redis does not answer";
	if (strcmp(f->state, "none") == 0 || f->updated == FIGURE_NAN)
		return "there are no figures: ccmond was never here";
	if (clock_wall() - f->updated > w->stale_after)
		return "the figures are old: ccmond does not run, or cannot write";
	return f->snapshot == NULL ? "there is no snapshot" : NULL;
}
