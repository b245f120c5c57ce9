/* SPDX-License-Identifier: MIT */
/*
 * told.c: what the outbox told before this process began.
 *
 * With Redis away, or killed between a page and the commit, the state is
 * older than what somebody's telephone has shown already.  The outbox is then
 * right: what it knows and the state does not is taken over, what the state
 * still owes and the outbox has is not given again, and an alert sleeps
 * through the moments it was told of.
 *
 * An outbox that stood by is the older one: what it did not get out before the
 * end that the state knows of is struck off.  A state that has forgotten the
 * alert, a quarter of an hour after the page, has seen its end, too.
 */
#include <stdlib.h>

#include "alerts_int.h"

/* In the order of time, whatever the outbox's own is. */
static struct told *
insert(struct alerts *a, msec_t time)
{
	size_t i = a->ntold;

	a->told = memory_grow(&a->memory, a->told, a->ntold, &a->told_cap, sizeof(*a->told));
	while (i > 0 && a->told[i - 1].time > time)
		i--;
	memmove(a->told + i + 1, a->told + i, (a->ntold++ - i) * sizeof(*a->told));
	a->told[i] = (struct told){ .time = time };
	return &a->told[i];
}

void
alerts_told(struct alerts *a, const struct told_page *page)
{
	for (size_t i = 0; i < page->nrefs; i++) {
		const struct page_ref *ref = &page->refs[i];
		struct told *t;

		if (ref->episode.n != EPISODE_MAX - 1)
			continue; /* the watchdog, a test: no episode */
		t = insert(a, page->time);
		text_set(&a->memory, &t->alert, ref->alert);
		text_set(&a->memory, &t->page, page->id);
		memcpy(t->episode, ref->episode.p, ref->episode.n);
		t->kind = page->kind;
		t->finished = page->finished;
		t->delivered = page->delivered;
		t->began = ref->began;
		t->round = ref->round;
		t->step = ref->step;
		a->told_new = true;
	}
}

/* ---- what is not owed any more ---- */

static bool
is_told(const struct told *t, const struct owed *o, const struct member *m)
{
	if (o->kind != t->kind || strcmp(m->episode, t->episode) != 0)
		return false;
	if (o->kind == PAGE_REPEAT) /* several have the same step */
		return str_is(text_str(&t->page), m->page);
	return o->kind == PAGE_RESOLVE || (m->round == t->round && m->step == t->step);
}

static void
settle_owed(struct alerts *a, const struct told *t)
{
	struct owed *o, *same = owed_find(a, text_str(&t->page));

	if (same != NULL && t->finished) {
		owed_drop(a, same);
		same = NULL;
	} else if (same != NULL)
		alerts_stored(a, text_str(&t->page));
	for (size_t i = a->nowed; i-- > 0;) {
		o = a->owed[i];
		for (size_t j = o->n; o != same && j-- > 0;)
			if (is_told(t, o, &o->member[j]))
				owed_remove(a, o, j);
		if (o->n == 0)
			owed_drop(a, o);
	}
}

/* ---- what is known now ---- */

static struct alert *
alert_of(struct alerts *a, const struct told *t)
{
	struct str id = text_str(&t->alert), rule = id;
	const char *slash = id.n == 0 ? NULL : memchr(id.p, '/', id.n);
	struct alert *al = roster_find(a, id);

	if (al != NULL || slash == NULL)
		return al;
	rule.n = (uint32_t)(slash - id.p);
	if (rule_find(a, rule) == NULL)
		return NULL; /* nobody is left who could say whom to tell */
	al = roster_get(a, id, rule);
	roster_attach(a, al);
	return al;
}

static bool
is_same(const struct alert *al, const struct told *t)
{
	return strcmp(al->episode, t->episode) == 0;
}

static bool
is_newer(const struct alert *al, const struct told *t)
{
	return !is_same(al, t) && t->began > al->last_begin;
}

static void
take_over(struct alerts *a, struct alert *al, const struct told *t)
{
	alert_begin_episode(a, al, t->began);
	memcpy(al->episode, t->episode, sizeof(al->episode));
	storm_count(a, t->time);
	summary_write(a, al);
}

/* The n of "<episode>.<round>.r<n>". */
static uint32_t
repeat_of(const struct told *t)
{
	const char *r = strrchr(t->page.p, 'r');

	return r == NULL ? 0 : (uint32_t)strtoul(r + 1, NULL, 10);
}

/* Does the ladder stand there, or higher? */
static bool
is_behind(const struct alert *al, const struct told *t)
{
	if (t->round != al->round)
		return t->round < al->round;
	if (t->kind == PAGE_REPEAT)
		return repeat_of(t) <= al->repeats;
	return t->step < al->step;
}

/* The last step the state knows of was gathered, and is told by now. */
static void
name_last(struct alerts *a, struct alert *al, const struct told *t)
{
	if (t->kind == PAGE_REPEAT || t->round != al->round || t->step + 1 != al->step ||
	    al->repeats > 0)
		return;
	text_set(&a->memory, &al->page, text_str(&t->page));
	al->unsaved = true;
}

/* Up to where that page was. */
static void
move_on(struct alerts *a, struct alert *al, const struct told *t)
{
	const struct rule_def *def = al->rule->def;
	msec_t began = t->step < def->nsteps ? t->time - def->steps[t->step].after : t->time;

	if (t->round > al->round)
		al->acked_until = al->round_began = -1;
	al->round = t->round;
	al->step = (uint16_t)(t->step + 1);
	al->repeats = t->kind == PAGE_REPEAT ? repeat_of(t) : 0;
	al->gathered |= t->page.p[0] == 's';
	if (began > al->round_began && (t->kind != PAGE_REPEAT || al->round_began < 0))
		al->round_began = began; /* a step that was late moved those after it */
	for (size_t i = 0; i < al->step && i < def->nsteps; i++)
		ladder_add_told(a, al, i);
	al->next = def->repeat > 0 ? t->time + def->repeat : -1;
	ladder_plan(al);
	text_set(&a->memory, &al->page, text_str(&t->page));
	al->unsaved = true;
}

static void
apply_step(struct alerts *a, struct alert *al, const struct told *t)
{
	if (is_newer(al, t))
		take_over(a, al, t);
	if (!is_same(al, t) || al->life != LIFE_FIRING)
		return;
	if (al->acked_until >= 0 && t->round <= al->round && !t->finished)
		order_cancel(a, al);
	if (is_behind(al, t))
		name_last(a, al, t);
	else if (al->rule != NULL)
		move_on(a, al, t);
}

static void
apply_end(struct alerts *a, struct alert *al, const struct told *t)
{
	if (is_newer(al, t))
		take_over(a, al, t);
	if (!is_same(al, t) || al->life != LIFE_FIRING)
		return;
	alert_end(a, al, REASON_CLEAR, t->time);
	al->just_ended = false;
	summary_write(a, al);
}

/* ---- what nobody need be told any more ---- */

/* The state is so much later that the alert, had it fired on, would be there. */
static bool
is_forgotten(const struct alerts *a, const struct told *t)
{
	return a->loaded - t->time > RESOLVED_MS && roster_find(a, text_str(&t->alert)) == NULL;
}

/* Has the state seen its end? */
static bool
is_over(const struct alerts *a, const struct told *t)
{
	const struct alert *al = roster_find(a, text_str(&t->alert));

	if (al == NULL)
		return is_forgotten(a, t);
	return !is_newer(al, t) && !(is_same(al, t) && al->life == LIFE_FIRING);
}

/* The end has its begin with it: who is owed that alone lacks nothing. */
static bool
owes_before_end(const struct alerts *a, const char *episode)
{
	for (size_t i = 0; i < a->nowed; i++)
		for (size_t j = 0; a->owed[i]->kind != PAGE_RESOLVE && j < a->owed[i]->n; j++)
			if (strcmp(a->owed[i]->member[j].episode, episode) == 0)
				return true;
	return false;
}

/* Told here now, it would come after its end. */
static void
strike_late(struct alerts *a)
{
	for (size_t i = 0; i < a->ntold; i++) {
		const struct told *t = &a->told[i];

		if (!t->finished && t->kind != PAGE_RESOLVE && is_over(a, t) &&
		    !owes_before_end(a, t->episode))
			order_strike(a, t->episode);
	}
}

/* ---- all of it ---- */

typedef void apply_fn(struct alerts *, struct alert *, const struct told *);

static void
apply(struct alerts *a, const struct told *t, apply_fn *fn)
{
	struct alert *al = is_forgotten(a, t) ? NULL : alert_of(a, t);

	settle_owed(a, t);
	if (al == NULL)
		return;
	if (t->time > al->not_before)
		al->not_before = t->time;
	fn(a, al, t);
	a->changed = true;
}

/* Begins and steps first, then ends: an episode with an end is over. */
void
told_apply(struct alerts *a)
{
	if (!a->told_new)
		return;
	a->told_new = false;
	strike_late(a);
	for (size_t i = 0; i < a->ntold; i++)
		if (a->told[i].kind != PAGE_RESOLVE)
			apply(a, &a->told[i], apply_step);
	for (size_t i = 0; i < a->ntold; i++)
		if (a->told[i].kind == PAGE_RESOLVE)
			apply(a, &a->told[i], apply_end);
	for (size_t i = 0; i < a->ntold; i++)
		if (a->told[i].finished && !a->told[i].delivered)
			alerts_finished(a, text_str(&a->told[i].page), false, a->told[i].time);
	if (engine_now(engine_of(a)) >= 0)
		told_fini(a); /* else the state comes later, and it is told to that, too */
}

void
told_fini(struct alerts *a)
{
	for (size_t i = 0; i < a->ntold; i++) {
		text_fini(&a->memory, &a->told[i].alert);
		text_fini(&a->memory, &a->told[i].page);
	}
	memory_free(&a->memory, a->told, a->told_cap * sizeof(*a->told));
	a->told = NULL;
	a->ntold = a->told_cap = 0;
}
