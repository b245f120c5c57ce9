/* SPDX-License-Identifier: MIT */
/*
 * figure_texts.c: what is told in words: names, states, status and why.
 */
#include "figures.h"

static struct str
text_of(const char *s)
{
	return (struct str){ s, (uint32_t)strlen(s) };
}

/* ---- putting a text together in the engine's scratch ---- */

struct draft {
	char *p;
	uint32_t n;
};

static void
add(struct draft *d, const char *s)
{
	size_t n = strlen(s);

	if (n > TEXT_SIZE - 1 - d->n)
		n = TEXT_SIZE - 1 - d->n;
	memcpy(d->p + d->n, s, n);
	d->n += (uint32_t)n;
}

static void
add_figure(struct draft *d, int64_t value, enum unit unit)
{
	char text[FIGURE_TEXT_MAX];

	figure_format(text, value, unit, "NaN");
	add(d, text);
}

static struct str
done(const struct draft *d)
{
	d->p[d->n] = '\0';
	return (struct str){ d->p, d->n };
}

/* ---- who ---- */

struct str
text_name(const struct view *v)
{
	return engine_name(v->e, v->object);
}

struct str
text_channel(const struct view *v)
{
	return text_of(word_name(WORDS_CHANNEL, v->q->channel));
}

struct str
text_sl_formula(const struct view *v)
{
	return text_of(sl_formula_name(formula_of(v)));
}

/* ---- health ---- */

static const char *const feed_words[] = {
	[FEED_OK] = "ok", [FEED_SILENT] = "silent", [FEED_GAP] = "gap"
};
static const char *const health_words[] = { [HEALTH_OK] = "ok",
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_WARN] = "warn",
	[HEALTH_CRIT] = "crit" };

static bool
is_blind(const struct engine *e, const struct queue *q)
{
	for (uint8_t i = 0; i < q->fed.n; i++)
		if (source_status(e, &e->sources[q->fed.source[i]]) == FEED_SILENT)
			return true;
	return false;
}

enum health
queue_health(const struct engine *e, const struct queue *q)
{
	int64_t n, level;

	if (is_blind(e, q))
		return HEALTH_UNKNOWN;
	level = sl_of(&q->o.win[e->quarter], q->policy.formula, &n);
	if (q->policy.threshold == 0 || n < SL_MIN_N || level >= q->policy.target)
		return HEALTH_OK;
	return level >= q->policy.target - RATIO_ONE / 10 ? HEALTH_WARN : HEALTH_CRIT;
}

static const struct queue *
worst_queue(const struct view *v, enum health *health)
{
	const struct queue *q, *worst = NULL;
	enum health h;
	size_t i = 0;

	*health = HEALTH_OK;
	while ((q = view_queue(v, &i)) != NULL) {
		h = queue_health(v->e, q);
		if (worst == NULL || h > *health) {
			worst = q;
			*health = h;
		}
	}
	return worst;
}

struct str
text_status(const struct view *v)
{
	enum health health;

	if (v->s != NULL)
		return text_of(feed_words[source_status(v->e, v->s)]);
	if (v->a != NULL)
		return text_of(feed_with(v, FEED_SILENT) != NULL ? "unknown" : "ok");
	worst_queue(v, &health);
	return text_of(health_words[health]);
}

static void
say_feed(struct draft *d, const struct source *s, const char *what)
{
	add(d, "feed ");
	add(d, s->name);
	add(d, what);
}

static void
say_level(struct draft *d, const struct engine *e, const struct queue *q)
{
	int64_t n, level = sl_of(&q->o.win[e->quarter], q->policy.formula, &n);

	if (q->policy.threshold == 0) {
		add(d, "no service level is promised");
		return;
	}
	if (n < SL_MIN_N) {
		add(d, "too few visits in 15 minutes to judge");
		return;
	}
	add(d, "service level ");
	add_figure(d, level, UNIT_RATIO);
	add(d, " of ");
	add_figure(d, n, UNIT_COUNT);
	add(d, " in 15 minutes, target ");
	add_figure(d, q->policy.target, UNIT_RATIO);
}

static struct str
feed_reason(const struct view *v)
{
	struct draft d = { v->e->text, 0 };

	switch (source_status(v->e, v->s)) {
	case FEED_OK:
		add(&d, "events arrive");
		break;
	case FEED_SILENT:
		add(&d, "nothing heard for ");
		add_figure(&d, (v->e->now - v->s->heard) / MSEC_PER_SEC, UNIT_COUNT);
		add(&d, " s");
		break;
	case FEED_GAP:
		add_figure(&d, (int64_t)source_missing(v->e, v->s), UNIT_COUNT);
		add(&d, " events lost in the last 60 minutes");
		break;
	}
	return done(&d);
}

struct str
text_status_reason(const struct view *v)
{
	struct draft d = { v->e->text, 0 };
	const struct source *silent;
	const struct queue *q;
	enum health health;

	if (v->s != NULL)
		return feed_reason(v);
	silent = feed_with(v, FEED_SILENT);
	q = v->a == NULL ? worst_queue(v, &health) : NULL;
	if (v->q == NULL && q != NULL && (health != HEALTH_OK)) {
		add(&d, "queue ");
		add(&d, q->name);
		add(&d, ": ");
	}
	if (silent != NULL && (v->a != NULL || health == HEALTH_UNKNOWN))
		say_feed(&d, silent, " is silent");
	else if (q != NULL && (v->q != NULL || health != HEALTH_OK))
		say_level(&d, v->e, q);
	return done(&d);
}

struct str
text_degraded_reason(const struct view *v)
{
	struct draft d = { v->e->text, 0 };
	const struct source *s;

	if ((s = feed_with(v, FEED_SILENT)) != NULL)
		say_feed(&d, s, " is silent");
	else if ((s = feed_with(v, FEED_GAP)) != NULL)
		say_feed(&d, s, " lost events");
	return done(&d);
}

/* ---- one agent ---- */

static const char *const state_words[AGENT_NSTATES] = {
	[AGENT_OFFLINE] = "offline",
	[AGENT_AVAILABLE] = "available",
	[AGENT_RINGING] = "ringing",
	[AGENT_ON_CONTACT] = "on_contact",
	[AGENT_ON_HOLD] = "on_hold",
	[AGENT_ACW] = "acw",
	[AGENT_PAUSED] = "paused",
};

struct str
text_state(const struct view *v)
{
	return text_of(state_words[agent_state(v->e, v->a)]);
}

struct str
text_state_reason(const struct view *v)
{
	struct standing s;

	if (!timeline_at(&v->a->line, v->e->now, &s) || standing_state(&s) != AGENT_PAUSED ||
	    s.why == 0)
		return text_of("");
	return text_of(v->e->reasons[s.why - 1]);
}

/* Her queue that comes next after that one by name, or NULL. */
static const char *
next_queue(const struct view *v, msec_t login_at, const char *after)
{
	const char *name, *next = NULL;
	size_t i;

	for (i = 0; i < v->a->nmembers; i++) {
		name = v->e->queues[v->a->member[i].queue].name;
		if (agent_belongs(&v->a->member[i], login_at) &&
		    (after == NULL || strcmp(name, after) > 0) &&
		    (next == NULL || strcmp(name, next) < 0))
			next = name;
	}
	return next;
}

struct str
text_agent_queues(const struct view *v)
{
	struct draft d = { v->e->text, 0 };
	const char *name = NULL;
	struct standing s;

	if (!timeline_at(&v->a->line, v->e->now, &s))
		return done(&d);
	while ((name = next_queue(v, s.login_at, name)) != NULL) {
		add(&d, d.n > 0 ? " " : "");
		add(&d, name);
	}
	return done(&d);
}
