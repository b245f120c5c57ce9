/* SPDX-License-Identifier: MIT */
/*
 * alerts.c: the order of work.
 *
 * A turn looks at every rule and object first, then brings what is shown and
 * told up to that; see alerts_int.h.  Rules times objects are many and nearly
 * all of them quiet, so the way through a look that finds nothing is short:
 * one question to the engine, no text, no memory.
 */
#include "alerts_int.h"

const char *
alert_state_name(enum alert_state state)
{
	static const char *const names[] = {
#define ALERT_STATE(sym, name) name,
		ALERT_STATES(ALERT_STATE)
#undef ALERT_STATE
	};

	assert(state < ALERT_STATE_COUNT);
	return names[state];
}

struct alerts *
alerts_new(const struct alerts_options *options)
{
	struct memory m = { 0 };
	struct alerts *a = memory_new(&m, sizeof(*a));

	a->memory = m;
	text_set(&a->memory, &a->site, str_of(options->site));
	text_set(&a->memory, &a->orders_read, STR_LIT("0-0"));
	a->rules = options->rules;
	a->calendars = options->calendars;
	a->engine = options->engine;
	a->now = -1;
	out_init(&a->env);
	out_init(&a->body);
	out_init(&a->scratch);
	return a;
}

void
alerts_free(struct alerts *a)
{
	struct memory m;

	if (a == NULL)
		return;
	rules_unbind(a);
	roster_fini(a);
	things_fini(a);
	silences_fini(a);
	owed_fini(a);
	notes_fini(a);
	told_fini(a);
	saving_fini(a);
	for (size_t i = 0; i < MONITOR_COUNT; i++)
		text_fini(&a->memory, &a->detail[i]);
	text_fini(&a->memory, &a->site);
	text_fini(&a->memory, &a->orders_read);
	memory_free(&a->memory, a->words, a->words_cap * sizeof(*a->words));
	memory_free(&a->memory, a->refs, a->refs_cap * sizeof(*a->refs));
	out_fini(&a->env);
	out_fini(&a->body);
	out_fini(&a->scratch);
	m = a->memory;
	memory_free(&m, a, sizeof(*a));
	memory_fini(&m);
}

/* ---- rules and engine ---- */

static void
unbind(struct alerts *a)
{
	rules_unbind(a);
	roster_detach(a);
	things_fini(a);
	a->bound = false;
}

void
alerts_bind(struct alerts *a)
{
	if (a->bound)
		return;
	things_bind(a);
	rules_bind(a);
	things_look(a);
	for (size_t i = 0; i < a->n; i++)
		roster_attach(a, a->alert[i]);
	alarm_all(a);
	a->bound = true;
}

void
alerts_rebind(struct alerts *a)
{
	unbind(a);
}

/* ---- looking ---- */

static void
take_values(struct alerts *a, struct alert *al)
{
	int64_t value, threshold;

	rule_values(a, al->rule, al->object, &value, &threshold);
	if (value == al->value && threshold == al->threshold && al->summary.p != NULL)
		return;
	al->value = value;
	al->threshold = threshold;
	summary_write(a, al);
	a->changed = true;
}

static enum fact
fact_of(struct alerts *a, const struct rule *r, uint32_t object, enum answer answer)
{
	static const enum fact facts[] = { [ANSWER_NO] = FACT_FAILS,
		[ANSWER_YES] = FACT_HOLDS,
		[ANSWER_UNDEFINED] = FACT_UNDEFINED };

	if (r->asks_engine && engine_now(engine_of(a)) < 0)
		return FACT_BLIND; /* its state is not loaded yet */
	if (r->asleep || (r->own_hours && thing_is_closed(a, object_of(r, object))))
		return FACT_CLOSED;
	if (r->asks_engine && r->def->scope != SCOPE_FEED &&
	    thing_is_degraded(a, object_of(r, object)))
		return FACT_BLIND;
	return facts[answer];
}

static void
look_at(struct alerts *a, struct alert *al, enum fact fact, msec_t now)
{
	if (al->object != NONE &&
	    (al->life == LIFE_PENDING || al->life == LIFE_FIRING || fact == FACT_HOLDS))
		take_values(a, al);
	alert_look(a, al, fact, now);
}

static void
look(struct alerts *a, struct rule *r, uint32_t object, msec_t now)
{
	struct place *p = rule_place(a, r, object);
	enum life life = p->alert == NULL ? LIFE_QUIET : (enum life)p->alert->life;
	enum answer answer;
	enum fact fact;

	if (!p->matches)
		return;
	answer = rule_ask(a, r, object, life == LIFE_FIRING);
	if (life == LIFE_QUIET && answer != ANSWER_YES)
		return;
	fact = fact_of(a, r, object, answer);
	if (life != LIFE_QUIET || (fact == FACT_HOLDS && now >= a->tilt_until))
		look_at(a, roster_of(a, r, object), fact, now);
}

static void
look_all(struct alerts *a, msec_t now)
{
	for (size_t i = 0; i < a->nrules; i++) {
		struct rule *r = &a->rule[i];
		const struct things *t = &a->things[r->def->scope];

		for (uint32_t j = 0; j < t->n; j++)
			if (t->thing[j].exists)
				look(a, r, j, now);
	}
}

/* Nobody knows who is there before the engine's state is loaded. */
static enum fact
fact_of_orphan(const struct alerts *a, const struct alert *al)
{
	if (al->rule == NULL)
		return FACT_REMOVED;
	return engine_now(engine_of(a)) < 0 ? FACT_BLIND : FACT_GONE;
}

/* Alerts whose rule or object is not there any more. */
static void
look_at_orphans(struct alerts *a, msec_t now)
{
	for (size_t i = 0; i < a->n; i++) {
		struct alert *al = a->alert[i];

		if (!roster_is_attached(a, al))
			roster_attach(a, al);
		if (al->object == NONE || !a->things[al->rule->def->scope].thing[al->object].exists)
			look_at(a, al, fact_of_orphan(a, al), now);
	}
}

/* ---- the turn ---- */

/* What is due and was not done waits for something else than the time. */
static void
earlier(msec_t *next, msec_t now, msec_t at)
{
	if (at > now && at < *next)
		*next = at;
}

static msec_t
next_turn(const struct alerts *a, msec_t now)
{
	msec_t next = (now / MSEC_PER_SEC + 1) * MSEC_PER_SEC;

	for (size_t i = 0; i < a->n; i++) {
		earlier(&next, now, alert_next(a->alert[i]));
		earlier(&next, now, a->alert[i]->next);
		earlier(&next, now, a->alert[i]->acked_until);
	}
	for (size_t i = 0; i < a->nsilences; i++)
		earlier(&next, now, a->silence[i].until);
	for (size_t i = 0; i < a->nowed; i++)
		if (a->owed[i]->open)
			earlier(&next, now, a->owed[i]->time);
	return next;
}

/* From one time to the next; small steps back are none.  A tilt that would last
 * longer than one does is of a clock that was wrong before a restart. */
static msec_t
go_to(struct alerts *a, msec_t now)
{
	if (now > a->now)
		a->now = now;
	if (a->tilt_until > a->now + TILT_MS)
		a->tilt_until = a->now + TILT_MS;
	return a->now;
}

/* The rules are others since the turn before. */
static void
replan(struct alerts *a, msec_t now)
{
	for (size_t i = 0; a->replan && i < a->n; i++)
		ladder_replan(a->alert[i], now);
	a->replan = false;
}

msec_t
alerts_turn(struct alerts *a, msec_t now)
{
	now = go_to(a, now);
	a->turn++;
	alerts_bind(a);
	replan(a, now);
	things_look(a);
	told_apply(a);
	rules_wake(a, now);
	look_at_orphans(a, now);
	look_all(a, now);
	silences_turn(a, now);
	show_all(a, now);
	storm_turn(a, now);
	gather_turn(a, now);
	roster_sweep(a, now);
	return next_turn(a, now);
}

/* What time it is for them is not known here: what follows is the next turn's. */
void
alerts_set_rules(struct alerts *a, const struct rules *rules, const struct calendars *calendars)
{
	unbind(a);
	a->rules = rules;
	a->calendars = calendars;
	alerts_bind(a);
	a->replan = true;
}

/* ---- the clock's jumps ---- */

static void
move(msec_t *t, msec_t by)
{
	if (*t >= 0)
		*t += by;
}

static void
tilt_alert(struct alert *al, msec_t by)
{
	msec_t *const counted[] = { &al->since, &al->clear_since, &al->last_begin, &al->round_began,
		&al->next, &al->acked_until, &al->shown_since, &al->not_before };

	for (size_t i = 0; i < COUNTOF(counted); i++)
		move(counted[i], by);
	al->unsaved = true;
}

void
alerts_tilt(struct alerts *a, msec_t by, msec_t now)
{
	for (size_t i = 0; i < a->n; i++)
		tilt_alert(a->alert[i], by);
	for (size_t i = 0; i < a->nowed; i++)
		if (a->owed[i]->open) {
			move(&a->owed[i]->time, by);
			a->owed[i]->unsaved = true;
		}
	for (size_t i = 0; i < a->storm.n; i++)
		move(&a->storm.at[i], by);
	a->now = now;
	a->tilt_until = now + TILT_MS;
	a->unsaved = a->changed = true;
}

/* ---- small things ---- */

void
alerts_monitor(struct alerts *a, enum monitor m, int64_t value, const char *detail)
{
	struct str text = str_of(detail);

	a->monitor[m] = value;
	if (!str_eq(text_str(&a->detail[m]), text))
		text_set(&a->memory, &a->detail[m], text);
}

bool
alerts_changed(struct alerts *a)
{
	bool changed = a->changed;

	a->changed = false;
	return changed;
}

struct str
alerts_orders_read(const struct alerts *a)
{
	return text_str(&a->orders_read);
}

void
alerts_set_orders_read(struct alerts *a, struct str id)
{
	text_set(&a->memory, &a->orders_read, id);
	a->unsaved = true;
}

bool
alerts_cancelled(struct alerts *a, struct str *episode)
{
	if (a->cancelled_at == a->ncancelled) {
		a->ncancelled = a->cancelled_at = 0;
		return false;
	}
	*episode = str_of(a->cancelled[a->cancelled_at++]);
	return true;
}
