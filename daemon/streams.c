/* SPDX-License-Identifier: MIT */
/*
 * streams.c: stream entries on their way into a commit: closed intervals,
 * breaches, refused input, and the log of alerts and hooks.
 *
 * An entry is written by the commit that holds the state it came from, so
 * that both are there or neither.  Entries lie in segments; the segments a
 * commit took stay at the front until it is known to be done.  When they are
 * many, main takes no more records until some are committed: they are safe in
 * the collectors' journals.  Only what the clock makes by itself while Redis
 * is away for days is bounded by force: the oldest segment goes, and is
 * counted.
 */
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#define SEGMENT_ENTRIES 1000
#define SEGMENT_BYTES (1 << 20)
/* From here on no more records are taken: others wait while Redis does it,
 * some 30 ms. */
#define ENTRIES_FULL 5000
#define BYTES_FULL (4 << 20)
#define ENTRIES_MAX 1000000 /* what the clock alone makes while Redis is away */
#define BYTES_MAX (256 << 20)
#define BREACHES_KEPT "10000" /* contract section 4 */
#define REJECTS_KEPT "1000"
#define ALERTS_KEPT "10000"

struct segment {
	TAILQ_ENTRY(segment) link;
	struct writes writes;
	size_t entries;
	bool taken; /* it is in the commit that is outstanding */
};

struct streams {
	const char *prefix;
	TAILQ_HEAD(segment_list, segment) segments;
	size_t entries, bytes; /* in all segments */
	uint64_t dropped;
};

struct streams *
streams_new(const char *prefix)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->prefix = prefix;
	TAILQ_INIT(&s->segments);
	return s;
}

static void
remove_segment(struct streams *s, struct segment *g)
{
	TAILQ_REMOVE(&s->segments, g, link);
	s->entries -= g->entries;
	s->bytes -= writes_size(&g->writes);
	writes_fini(&g->writes);
	free(g);
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->segments))
		remove_segment(s, TAILQ_FIRST(&s->segments));
	free(s);
}

static struct segment *
add_segment(struct streams *s)
{
	struct segment *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	writes_init(&g->writes, s->prefix);
	TAILQ_INSERT_TAIL(&s->segments, g, link);
	return g;
}

/* The segment that takes the next entry, or NULL. */
static struct segment *
open_segment(struct streams *s)
{
	struct segment *g = TAILQ_LAST(&s->segments, segment_list);

	if (g == NULL || g->taken || g->entries >= SEGMENT_ENTRIES ||
	    writes_size(&g->writes) >= SEGMENT_BYTES)
		g = add_segment(s);
	return g;
}

static void
drop_oldest(struct streams *s)
{
	struct segment *g;

	for (g = TAILQ_FIRST(&s->segments); g != NULL && g->taken;)
		g = TAILQ_NEXT(g, link);
	if (g == NULL)
		return;
	s->dropped += g->entries;
	remove_segment(s, g);
}

static void
write_id(struct writes *w, const struct edge *e)
{
	char id[48]; /* bytes with NUL; two numbers of 20 digits */
	int n = snprintf(id, sizeof(id), "%lld-%u", (long long)e->id_ms, e->id_seq);

	write_word(w, (struct str){ id, (uint32_t)n });
}

static void
trim_count(struct writes *w, const char *kept)
{
	write_text(w, "MAXLEN");
	write_text(w, "~");
	write_text(w, kept);
}

static void
pair(struct writes *w, const char *name, struct str value)
{
	write_text(w, name);
	write_word(w, value);
}

static void
pair_figure(struct writes *w, const char *name, int64_t value, enum unit unit)
{
	write_text(w, name);
	write_figure(w, value, unit);
}

static void
put_breach(struct writes *w, const struct engine *engine, const struct edge *e)
{
	(void)engine;
	write_begin(w, "XADD", "breaches");
	trim_count(w, BREACHES_KEPT);
	write_id(w, e);
	pair_figure(w, "time_epoch_ms", e->time, UNIT_EPOCH_MS);
	pair(w, "kind", str_of(e->kind));
	pair(w, "queue", e->queue);
	pair(w, "contact", e->contact);
	pair(w, "visit", e->visit);
	pair(w, "agent", e->agent);
	pair(w, "source", e->source);
	pair_figure(w, "waited_seconds", e->waited_ms, UNIT_SECONDS);
	write_end(w);
}

static void
put_reject(struct writes *w, const struct engine *engine, const struct edge *e)
{
	const char *why = refusal_name(e->reject.why);

	(void)engine;
	write_begin(w, "XADD", "rejects");
	trim_count(w, REJECTS_KEPT);
	write_id(w, e);
	pair_figure(w, "time_epoch_ms", e->reject.time, UNIT_EPOCH_MS);
	pair(w, "source", e->reject.source);
	pair(w, "reason", str_of(why));
	pair(w, "detail", e->reject.detail);
	pair(w, "sample", e->reject.sample);
	write_end(w);
}

static const struct {
	const char *name;
	int64_t seconds;
	msec_t kept;
} histories[HISTORY_COUNT] = {
#define H(sym, name, seconds, kept) { name, seconds, kept },
	HISTORIES(H)
#undef H
};

static void
begin_history(struct writes *w, const struct engine *engine, const struct edge *e)
{
	struct str name = engine_name(engine, e->object);
	const char *scope = scope_name(e->object.scope);
	const char *history = histories[e->history].name;

	if (e->object.scope == SCOPE_SITE)
		write_begin(w, "XADD", "history:%s:%s", scope, history);
	else
		write_begin(w, "XADD", "history:%s:%.*s:%s", scope, STR_ARG(name), history);
}

static void
put_history(struct writes *w, const struct engine *engine, const struct edge *e)
{
	const struct column *column;
	size_t i, n = engine_history_columns(engine, &column);
	msec_t oldest = e->id_ms - histories[e->history].kept;

	begin_history(w, engine, e);
	write_text(w, "MINID");
	write_text(w, "~");
	write_int(w, oldest > 0 ? oldest : 0);
	write_id(w, e);
	pair_figure(w, "start_epoch_ms", e->start, UNIT_EPOCH_MS);
	pair_figure(w, "interval_seconds", histories[e->history].seconds, UNIT_COUNT);
	for (i = 0; i < n; i++)
		if (!column[i].is_text)
			pair_figure(w, column[i].name, e->values[i], column[i].unit);
	write_end(w);
}

/* ---- the log of alerts ---- */

/* Nobody else writes there, and what is lost of the state is lost of the log:
 * Redis may number its entries. */
static void
begin_log(struct writes *w, const char *kind, msec_t time)
{
	write_begin(w, "XADD", "alerts:log");
	trim_count(w, ALERTS_KEPT);
	write_text(w, "*");
	pair_figure(w, "time_epoch_ms", time, UNIT_EPOCH_MS);
	pair(w, "kind", str_of(kind));
}

static struct str
text(const char *s)
{
	return (struct str){ s, s == NULL ? 0 : (uint32_t)strlen(s) };
}

/* What is empty is left out: the log says what there is to say. */
static void
pair_if(struct writes *w, const char *name, struct str value)
{
	if (value.n > 0)
		pair(w, name, value);
}

static void
put_note(struct writes *w, const void *what)
{
	const struct alert_note *n = what;

	begin_log(w, n->kind, n->time);
	pair_if(w, "alert", n->alert);
	pair_if(w, "rule", n->rule);
	pair_if(w, "scope", n->scope);
	if (n->alert.n > 0) {
		pair(w, "severity", text(severity_name(n->severity)));
		pair_figure(w, "value", n->value, n->unit);
	}
	pair_if(w, "episode", n->episode);
	pair_if(w, "by", n->by);
	pair_if(w, "note", n->note);
	pair_if(w, "order", n->order);
	pair_if(w, "outcome", text(n->outcome));
	pair_if(w, "why", n->why);
	pair_if(w, "page", n->page);
	pair_if(w, "hooks", n->hooks);
	pair_if(w, "summary", n->summary);
	write_end(w);
}

struct run {
	const struct hook_result *result;
	struct str order;
	msec_t now;
};

static void
put_run(struct writes *w, const void *what)
{
	const struct run *run = what;
	const struct hook_result *r = run->result;

	begin_log(w, "hook", run->now);
	pair(w, "page", r->page);
	pair(w, "hook", r->hook);
	pair(w, "page_kind", text(page_kind_name(r->kind)));
	pair_if(w, "alert", r->alert);
	pair_figure(w, "attempt", r->attempt, UNIT_COUNT);
	pair(w, "outcome", text(hook_outcome_name(r->outcome)));
	pair_figure(w, "code", r->code, UNIT_COUNT);
	pair_figure(w, "took_seconds", r->took, UNIT_SECONDS);
	pair_if(w, "why", r->why);
	pair_if(w, "output", r->output);
	pair_if(w, "order", run->order);
	write_end(w);
}

struct answer {
	struct str order;
	const char *outcome, *why;
	msec_t now;
};

static void
put_answer(struct writes *w, const void *what)
{
	const struct answer *a = what;

	begin_log(w, "order", a->now);
	pair(w, "order", a->order);
	pair(w, "outcome", text(a->outcome));
	pair_if(w, "why", text(a->why));
	write_end(w);
}

/* ---- taking them ---- */

/* One entry more, which ends in the segment that was open. */
static void
added(struct streams *s, struct segment *g, size_t before)
{
	g->entries++;
	s->entries++;
	s->bytes += writes_size(&g->writes) - before;
	if (s->entries > ENTRIES_MAX || s->bytes > BYTES_MAX)
		drop_oldest(s);
}

static void
add(struct streams *s, void (*put)(struct writes *, const void *), const void *what)
{
	struct segment *g = open_segment(s);
	size_t before;

	if (g == NULL) {
		s->dropped++;
		return;
	}
	before = writes_size(&g->writes);
	put(&g->writes, what);
	added(s, g, before);
}

void
streams_note(struct streams *s, const struct alert_note *note)
{
	add(s, put_note, note);
}

void
streams_hook(struct streams *s, const struct hook_result *result, struct str order, msec_t now)
{
	add(s, put_run, &(struct run){ result, order, now });
}

void
streams_order(struct streams *s, struct str order, const char *outcome, const char *why, msec_t now)
{
	add(s, put_answer, &(struct answer){ order, outcome, why, now });
}

void
streams_edge(struct streams *s, const struct engine *engine, const struct edge *e)
{
	static void (*const put[])(struct writes *, const struct engine *, const struct edge *) = {
		[EDGE_BREACH] = put_breach,
		[EDGE_HISTORY] = put_history,
		[EDGE_REJECT] = put_reject,
	};
	struct segment *g = open_segment(s);
	size_t before;

	if (g == NULL) {
		s->dropped++;
		return;
	}
	before = writes_size(&g->writes);
	put[e->type](&g->writes, engine, e);
	added(s, g, before);
}

size_t
streams_take(struct streams *s, struct writes *w)
{
	struct segment *g;
	size_t n = 0;

	for (g = TAILQ_FIRST(&s->segments); g != NULL; g = TAILQ_NEXT(g, link)) {
		writes_add(w, &g->writes);
		g->taken = true;
		n += g->entries;
	}
	return n;
}

void
streams_done(struct streams *s)
{
	struct segment *g;

	while ((g = TAILQ_FIRST(&s->segments)) != NULL && g->taken)
		remove_segment(s, g);
}

void
streams_undone(struct streams *s)
{
	struct segment *g;

	for (g = TAILQ_FIRST(&s->segments); g != NULL; g = TAILQ_NEXT(g, link))
		g->taken = false;
}

size_t
streams_pending(const struct streams *s)
{
	return s->entries;
}

bool
streams_full(const struct streams *s)
{
	return s->entries >= ENTRIES_FULL || s->bytes >= BYTES_FULL;
}

uint64_t
streams_dropped(const struct streams *s)
{
	return s->dropped;
}
