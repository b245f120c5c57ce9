/* SPDX-License-Identifier: MIT */
/*
 * trial.c: the daemon's engine and alerts, led through time by the events
 * themselves, or by when they came, and a list of what they told.
 *
 * No hook is run.  Every page is taken as given at once, nobody acknowledges,
 * and between two events every second is looked at, so that time alone can
 * fire a rule.  After a day without an event a look a minute must do: a log
 * may have a year's hole, and what happens in it is that things end.
 */
#include "trial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/alerts/alerts.h"
#include "recording.h"

#define QUIET INT64_C(86400000) /* ms without an event; then once a minute */
#define SLOW INT64_C(60000) /* ms */

/* ---- what was told */

static bool
is_called(const char *name, struct str s)
{
	return strlen(name) == s.n && memcmp(name, s.p, s.n) == 0;
}

static struct trial_episode *
find_open(struct trial *t, struct str alert, struct str episode)
{
	struct trial_episode *e;

	for (size_t i = 0; i < t->nopen; i++) {
		e = &t->episode[t->open[i]];
		if (is_called(e->alert, alert) && is_called(e->episode, episode))
			return e;
	}
	return NULL;
}

static const struct rule_def *
rule_of(const struct trial *t, struct str name)
{
	for (size_t i = 0; i < t->rules.nrules; i++)
		if (is_called(t->rules.rule[i].name, name))
			return &t->rules.rule[i];
	assert(!"an alert without a rule");
	return NULL;
}

static struct trial_episode *
begin_episode(struct trial *t, const struct alert_note *n)
{
	struct trial_episode *e;

	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? 2 * t->cap : 64;
		t->episode = reallocarray(t->episode, t->cap, sizeof(*t->episode));
		t->open = reallocarray(t->open, t->cap, sizeof(*t->open));
	}
	assert(t->episode != NULL && t->open != NULL);
	t->open[t->nopen++] = t->n;
	e = &t->episode[t->n++];
	*e = (struct trial_episode){ .began = n->time, .ended = -1, .paged = -1 };
	e->rule = rule_of(t, n->rule);
	e->worst = FIGURE_NAN;
	e->unit = n->unit;
	snprintf(e->alert, sizeof(e->alert), "%.*s", STR_ARG(n->alert));
	snprintf(e->episode, sizeof(e->episode), "%.*s", STR_ARG(n->episode));
	return e;
}

static void
end_episode(struct trial *t, struct trial_episode *e, msec_t at)
{
	size_t i = 0;

	e->ended = at;
	while (&t->episode[t->open[i]] != e)
		i++;
	t->open[i] = t->open[--t->nopen];
}

/* Pages are notes too, and the last one comes after the end. */
static void
take_notes(struct trial *t)
{
	struct trial_episode *e;
	struct alert_note n;

	while (alerts_note(t->alerts, &n)) {
		if (n.episode.n == 0 || strcmp(n.kind, "page") == 0)
			continue;
		if ((e = find_open(t, n.alert, n.episode)) == NULL)
			e = begin_episode(t, &n);
		if (strcmp(n.kind, "flapping") == 0)
			e->flapping = true;
		else if (strcmp(n.kind, alert_state_name(ALERT_RESOLVED)) == 0)
			end_episode(t, e, n.time);
	}
}

static void
take_ref(struct trial *t, const struct page *p, const struct page_ref *ref)
{
	struct trial_episode *e = NULL;

	for (size_t i = t->n; i-- > 0 && e == NULL;)
		if (is_called(t->episode[i].episode, ref->episode))
			e = &t->episode[i];
	assert(e != NULL);
	if (p->kind != PAGE_RESOLVE) {
		e->pages++;
		e->paged = e->paged == -1 ? p->time : e->paged;
	}
}

static void
take_pages(struct trial *t)
{
	char copy[PAGE_ID_MAX]; /* the page is gone with the next call */
	struct page p;
	struct str id;

	while (alerts_page(t->alerts, &p)) {
		for (size_t i = 0; i < p.nrefs; i++)
			take_ref(t, &p, &p.refs[i]);
		*(p.kind == PAGE_RESOLVE ? &t->ends : &t->sent) += 1;
		snprintf(copy, sizeof(copy), "%.*s", STR_ARG(p.id));
		id = (struct str){ copy, p.id.n };
		alerts_stored(t->alerts, id);
		alerts_finished(t->alerts, id, true, t->now);
	}
}

/* ---- how bad it got */

static bool
smaller_is_worse(const struct rule_def *r)
{
	return r->when[0].comparison == COMPARE_LT || r->when[0].comparison == COMPARE_LE;
}

static void
watch(struct trial *t)
{
	struct trial_episode *e;
	struct alert_view v;

	for (size_t i = 0; i < t->nopen; i++) {
		e = &t->episode[t->open[i]];
		if (!alerts_find(t->alerts, str_of(e->alert), &v) || v.value == FIGURE_NAN)
			continue;
		e->unit = v.unit;
		if (e->worst == FIGURE_NAN ||
		    (smaller_is_worse(e->rule) ? v.value < e->worst : v.value > e->worst))
			e->worst = v.value;
	}
}

/* ---- time */

static void
drain(struct trial *t)
{
	struct edge edge;

	while (engine_edge(t->engine, &edge))
		;
}

static void
look(struct trial *t, msec_t now)
{
	t->now = now;
	engine_tick(t->engine, now);
	drain(t);
	alerts_turn(t->alerts, now);
	take_notes(t);
	take_pages(t);
	watch(t);
}

void
trial_until(struct trial *t, msec_t now)
{
	msec_t next = t->now + MSEC_PER_SEC;

	if (t->began == -1)
		return;
	for (; next <= now; next = t->now + (t->now - t->heard < QUIET ? MSEC_PER_SEC : SLOW))
		look(t, next);
}

/* That second is looked at when all of it has come. */
static void
live_until(struct trial *t, msec_t now)
{
	if (t->now == -1) {
		t->heard = now;
		t->began = now - now % MSEC_PER_SEC;
		look(t, t->began);
	}
	trial_until(t, now - 1);
	if (now > t->heard)
		t->heard = now;
}

enum engine_rc
trial_event(struct trial *t, const struct event *e, msec_t now)
{
	enum engine_rc rc;

	live_until(t, now);
	rc = engine_apply(t->engine, e, t->heard);
	drain(t);
	return rc;
}

/* The second after the last event shows what that did. */
void
trial_end(struct trial *t)
{
	trial_until(t, t->heard + MSEC_PER_SEC - 1);
}

void
trial_refused(struct trial *t, const struct reject *refused, msec_t now)
{
	if (now != -1)
		live_until(t, now);
	engine_reject(t->engine, refused, now == -1 ? engine_now(t->engine) : t->heard);
	drain(t);
}

/* ---- begin and end */

/* Where nobody is to be told of a page yet, somebody is: the question is
 * what would be told, not whether the hooks are written already. */
static void
need_a_hook(struct paging *p)
{
	static char nobody[] = "nobody";
	static char *hooks[] = { nobody, NULL };

	if (p->hooks == NULL || p->hooks[0] == NULL)
		p->hooks = hooks;
	p->watchdog_hook = NULL;
}

struct trial *
trial_new(const struct settings *s, enum site_clock clock)
{
	struct trial *t = calloc(1, sizeof(*t));
	struct alerts_options options = { .site = s->site.name, .calendars = &s->site.calendars };
	struct site site = s->site;

	if (t == NULL)
		return NULL;
	t->began = t->now = -1;
	t->rules = s->rules;
	need_a_hook(&t->rules.paging);
	site.clock = clock;
	site.limits = RECORDING_LIMITS;
	options.rules = &t->rules;
	options.engine = &t->engine;
	t->engine = engine_new(&site);
	t->alerts = t->engine == NULL ? NULL : alerts_new(&options);
	if (t->alerts != NULL)
		return t;
	engine_free(t->engine);
	free(t);
	return NULL;
}

void
trial_free(struct trial *t)
{
	if (t == NULL)
		return;
	alerts_free(t->alerts);
	engine_free(t->engine);
	free(t->episode);
	free(t->open);
	free(t);
}
