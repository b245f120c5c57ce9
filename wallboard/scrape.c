/* SPDX-License-Identifier: MIT */
/*
 * scrape.c: /metrics: reads what metrics.h names, kind after kind, and serves
 * the text.
 *
 * There is one reading at a time, whichever format it was begun for; who wants
 * the other waits for the same.  With Redis away the text says so, and that is
 * an answer, not an error: it is what somebody is to be paged for.
 */
#include "wallboard.h"

#include <ccmon/clock.h>

#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEP SECOND_OLD

struct scrape {
	struct source *source;
	struct metrics *metrics;
	struct metrics_self self;
	struct dish *dish[METRICS_OPENMETRICS + 1]; /* by format; NULL: nobody wants it */
	bool reading;
	enum metrics_kind kind; /* that is being read */
};

static void read_next(struct scrape *s);

/* ---- the end */

static void
serve(struct scrape *s, enum metrics_format format)
{
	struct dish *dish = s->dish[format];
	struct out text;

	if (dish == NULL)
		return;
	s->dish[format] = NULL;
	out_init(&text);
	metrics_write(s->metrics, &s->self, format, &text);
	dish_serve(dish, metrics_content_type(format), &text);
	out_fini(&text);
}

static void
finish(struct scrape *s, bool is_up)
{
	s->reading = false;
	s->self.redis_up = is_up;
	if (!is_up) /* half of them would look like a house that shrank */
		metrics_begin(s->metrics);
	serve(s, METRICS_PROMETHEUS);
	serve(s, METRICS_OPENMETRICS);
}

/* ---- kind after kind */

static void
on_hash(void *arg, const struct reply *r)
{
	struct scrape *s = arg;

	clock_turn();
	if (r == NULL || r->type == REPLY_ERROR) {
		finish(s, false);
		return;
	}
	metrics_add(s->metrics, s->kind, STR_NONE, r);
	s->kind++;
	read_next(s);
}

static void
on_named(void *arg, struct str name, const struct reply *r)
{
	struct scrape *s = arg;

	metrics_add(s->metrics, s->kind, name, r);
}

static void
on_kind(void *arg, bool good)
{
	struct scrape *s = arg;

	clock_turn();
	s->kind++;
	if (good)
		read_next(s);
	else
		finish(s, false);
}

#define PLAN(s, k)                                                                                 \
	{                                                                                          \
		.set = s, .kind = k, .verb = "HGETALL", .each = on_named, .done = on_kind          \
	}

/* A hash of its own, or one for each name of a set. */
static const struct {
	const char *key;
	struct fan_plan plan;
} kinds[METRICS_NKINDS] = {
	[METRICS_META] = { "meta", { 0 } },
	[METRICS_QUEUE] = { NULL, PLAN("queues", "queue:") },
	[METRICS_FEED] = { NULL, PLAN("feeds", "feed:") },
	[METRICS_COLLECTOR] = { NULL, PLAN("collectors", "collector:") },
	[METRICS_HOOKS] = { "hooks", { 0 } },
	[METRICS_ALERTS] = { "alerts", { 0 } },
};

static void
read_next(struct scrape *s)
{
	if (s->kind == METRICS_NKINDS)
		finish(s, true);
	else if (kinds[s->kind].key != NULL)
		source_ask(s->source, on_hash, s, "HGETALL", str_of(kinds[s->kind].key), NULL);
	else
		fan_out(s->source, &kinds[s->kind].plan, s);
}

void
scrape_serve(struct board *b, struct request *r, struct str rest)
{
	static const struct str keys[] = { STR_LIT("metrics"), STR_LIT("openmetrics") };
	struct scrape *s = b->scrape;
	enum metrics_format format = metrics_format_of(request_header(r, "Accept").p);
	struct dish *dish = cache_want(b->cache, keys[format], KEEP, r);

	(void)rest;
	if (dish == NULL)
		return;
	s->dish[format] = dish;
	if (s->reading)
		return;
	s->reading = true;
	s->kind = 0;
	metrics_begin(s->metrics);
	read_next(s);
}

/* ---- opening and closing */

struct scrape *
scrape_new(struct source *source, const struct settings *settings)
{
	struct scrape *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->source = source;
	s->self.version = str_of(CCMON_VERSION);
	s->self.site = str_of(settings->site.name);
	s->self.started = clock_wall();
	if ((s->metrics = metrics_new()) != NULL)
		return s;
	free(s);
	return NULL;
}

void
scrape_free(struct scrape *s)
{
	if (s == NULL)
		return;
	metrics_free(s->metrics);
	free(s);
}
