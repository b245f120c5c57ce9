/* SPDX-License-Identifier: MIT */
/*
 * gather.c: pages on their way to the runner, and storms.
 *
 * A page is owed until the runner has said what became of it.  The first
 * new episodes of a minute are told one by one; those after them wait for each
 * other, in an open page for each kind and set of hooks, and so does all that
 * is told of them later.
 *
 * An alert waits in one open page at most: what it waits in goes out before
 * it joins another.  So no end is told before its begin.
 */
#include <stdio.h>

#include "alerts_int.h"

/* ---- pages that are owed ---- */

struct owed *
owed_new(struct alerts *a)
{
	struct owed *o = memory_new(&a->memory, sizeof(*o));

	a->owed = memory_grow(&a->memory, a->owed, a->nowed, &a->owed_cap, sizeof(struct owed *));
	a->owed[a->nowed++] = o;
	o->unsaved = a->unsaved = true;
	return o;
}

struct member *
owed_member(struct alerts *a, struct owed *o)
{
	o->member = memory_grow(&a->memory, o->member, o->n, &o->cap, sizeof(*o->member));
	o->member[o->n] = (struct member){ 0 };
	return &o->member[o->n++];
}

static void
member_fini(struct alerts *a, struct member *m)
{
	text_fini(&a->memory, &m->alert);
	text_fini(&a->memory, &m->summary);
}

static void
owed_free(struct alerts *a, struct owed *o)
{
	for (size_t i = 0; i < o->n; i++)
		member_fini(a, &o->member[i]);
	memory_free(&a->memory, o->member, o->cap * sizeof(*o->member));
	text_fini(&a->memory, &o->hooks);
	memory_free(&a->memory, o, sizeof(*o));
}

static void
wait_no_more(struct alerts *a, const struct owed *o, size_t i)
{
	struct alert *al = roster_find(a, text_str(&o->member[i].alert));

	if (al != NULL && al->waits_in == o)
		al->waits_in = NULL;
}

static size_t
index_of(const struct alerts *a, const struct owed *o)
{
	size_t i = 0;

	while (a->owed[i] != o)
		i++;
	return i;
}

static void
forget_saved(struct alerts *a, struct owed *o)
{
	char key[OWED_KEY_MAX];

	owed_key(o, key);
	if (o->saved)
		saving_gone(a, key, STR_NONE);
	o->saved = false;
}

void
owed_drop(struct alerts *a, struct owed *o)
{
	size_t i = index_of(a, o);

	memmove(a->owed + i, a->owed + i + 1, (--a->nowed - i) * sizeof(struct owed *));
	forget_saved(a, o);
	for (i = 0; i < o->n; i++)
		wait_no_more(a, o, i);
	owed_free(a, o);
}

void
owed_fini(struct alerts *a)
{
	while (a->nowed > 0)
		owed_free(a, a->owed[--a->nowed]);
	memory_free(&a->memory, a->owed, a->owed_cap * sizeof(struct owed *));
	memory_free(&a->memory, a->storm.at, a->storm.cap * sizeof(*a->storm.at));
	memory_free(&a->memory, a->cancelled, a->cancelled_cap * sizeof(*a->cancelled));
}

struct owed *
owed_find(const struct alerts *a, struct str id)
{
	for (size_t i = 0; i < a->nowed; i++)
		if (!a->owed[i]->open && str_is(id, a->owed[i]->id))
			return a->owed[i];
	return NULL;
}

void
owed_remove(struct alerts *a, struct owed *o, size_t i)
{
	wait_no_more(a, o, i);
	member_fini(a, &o->member[i]);
	memmove(o->member + i, o->member + i + 1, (--o->n - i) * sizeof(*o->member));
	o->unsaved = true;
}

/* ---- putting alerts in them ---- */

static void
add_member(
    struct alerts *a, struct owed *o, const struct alert *al, const char *page, uint16_t step)
{
	struct member *m = owed_member(a, o);

	text_set(&a->memory, &m->alert, text_str(&al->id));
	text_set(&a->memory, &m->summary, text_str(&al->summary));
	snprintf(m->page, sizeof(m->page), "%s", page);
	memcpy(m->episode, al->episode, sizeof(m->episode));
	m->began = al->began;
	m->ended = al->ended;
	m->round = al->round;
	m->step = step;
	m->severity = al->severity;
	m->value = al->value;
	m->threshold = al->threshold;
	o->unsaved = true;
}

/* Their names with a blank between. */
static void
note_hooks(struct alerts *a, struct alert_note *n, const struct owed *o)
{
	struct out *names = &a->scratch;

	out_reset(names);
	out_bytes(names, o->hooks.p, o->hooks.n - 1);
	assert(!names->failed);
	for (char *p = names->buf;
	     (p = memchr(p, '\n', (size_t)(names->buf + names->len - p))) != NULL;)
		*p = ' ';
	note_text(a, &n->hooks, (struct str){ names->buf, (uint32_t)names->len });
}

static void
note_page(struct alerts *a, const struct owed *o, msec_t now)
{
	const struct alert *al = roster_find(a, text_str(&o->member[0].alert));
	struct alert_note *n;

	if (o->n == 1 && al != NULL)
		note_alert(a, al, "page", now);
	n = o->n == 1 && al != NULL ? &a->noted[a->nnoted - 1].n : note_new(a, "page", now);
	if (o->n > 1) {
		out_reset(&a->scratch);
		owed_summary(o, &a->scratch);
		note_text(a, &n->summary, (struct str){ a->scratch.buf, (uint32_t)a->scratch.len });
		note_text(a, &n->alert, STR_LIT("storm/site"));
		n->severity = owed_worst(o)->severity;
	}
	note_text(a, &n->page, str_of(o->id));
	note_hooks(a, n, o);
}

/* The id the page has for ever: its only member's, or that of the first of
 * many with an s before it. */
static void
name_page(struct owed *o)
{
	snprintf(o->id, sizeof(o->id), "%s%.*s", o->n > 1 ? "s" : "", PAGE_ID_MAX - 2,
	    o->member[0].page);
}

/* The last step of its members was told by this page. */
static void
remember_page(struct alerts *a, const struct owed *o)
{
	struct alert *al;

	for (size_t i = 0; i < o->n; i++) {
		al = roster_find(a, text_str(&o->member[i].alert));
		if (al == NULL)
			continue;
		if (al->waits_in == o)
			al->waits_in = NULL;
		if (strcmp(al->episode, o->member[i].episode) != 0)
			continue;
		text_set(&a->memory, &al->page, str_of(o->id));
		al->unsaved = true;
	}
}

/* Nothing is added to it any more: it is the newest page now. */
static void
close_page(struct alerts *a, struct owed *o, msec_t now)
{
	size_t i = index_of(a, o);

	memmove(a->owed + i, a->owed + i + 1, (a->nowed - i - 1) * sizeof(struct owed *));
	a->owed[a->nowed - 1] = o;
	forget_saved(a, o);
	o->no = a->next_owed++;
	o->open = false;
	o->time = now;
	o->unsaved = a->unsaved = true;
	name_page(o);
	remember_page(a, o);
	note_page(a, o, now);
}

/* ---- storms ---- */

static bool
is_storm(const struct alerts *a, msec_t now)
{
	size_t limit = (size_t)a->rules->paging.storm;

	return a->storm.n >= limit && now - a->storm.at[a->storm.n - limit] < STORM_MS;
}

static void
note_storm(struct alerts *a, msec_t now)
{
	struct alert_note *n = note_new(a, "storm", now);

	out_reset(&a->scratch);
	out_printf(&a->scratch, "more than %d new episodes in a minute: told together",
	    a->rules->paging.storm);
	note_text(a, &n->summary, (struct str){ a->scratch.buf, (uint32_t)a->scratch.len });
}

bool
storm_count(struct alerts *a, msec_t now)
{
	struct storm *s = &a->storm;
	bool was = s->on;

	s->on = is_storm(a, now);
	if (s->on && !was)
		note_storm(a, now);
	s->at = memory_grow(&a->memory, s->at, s->n, &s->cap, sizeof(*s->at));
	s->at[s->n++] = now;
	a->unsaved = true;
	return s->on;
}

/* Forgets what is over, and what a wrong clock said. */
void
storm_turn(struct alerts *a, msec_t now)
{
	struct storm *s = &a->storm;
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->at[i] > now - STORM_MS && s->at[i] < now + STORM_MS)
			s->at[kept++] = s->at[i];
	a->unsaved |= kept < s->n;
	s->n = kept;
	if (s->on && !is_storm(a, now)) {
		s->on = false;
		a->unsaved = true;
	}
}

/* The open page of that kind to these hooks. */
static struct owed *
open_page(struct alerts *a, enum page_kind kind, struct str hooks, msec_t now)
{
	struct owed *o;

	for (size_t i = 0; i < a->nowed; i++) {
		o = a->owed[i];
		if (o->open && o->kind == kind && str_eq(text_str(&o->hooks), hooks))
			return o;
	}
	o = owed_new(a);
	o->no = a->next_owed++;
	o->open = true;
	o->kind = (uint8_t)kind;
	o->time = now + GROUP_MS;
	text_set(&a->memory, &o->hooks, hooks);
	return o;
}

static void
gather(struct alerts *a, struct alert *al, enum page_kind kind, const char *page, uint16_t step,
    struct str hooks, msec_t now)
{
	struct owed *o = open_page(a, kind, hooks, now);

	if (al->waits_in != NULL && al->waits_in != o)
		close_page(a, al->waits_in, now);
	add_member(a, o, al, page, step);
	al->waits_in = o;
}

/* ---- for the ladder ---- */

static void
tell_alone(struct alerts *a, struct alert *al, enum page_kind kind, const char *page, uint16_t step,
    struct str hooks, msec_t now)
{
	struct owed *o;

	if (al->waits_in != NULL)
		close_page(a, al->waits_in, now);
	o = owed_new(a);
	o->kind = (uint8_t)kind;
	text_set(&a->memory, &o->hooks, hooks);
	add_member(a, o, al, page, step);
	close_page(a, o, now);
}

void
page_post(struct alerts *a, struct alert *al, enum page_kind kind, const char *page, uint16_t step,
    struct str hooks, msec_t now)
{
	struct text whom = { 0 }; /* hooks may lie in scratch, where notes are written */

	if (hooks.n == 0)
		return;
	text_set(&a->memory, &whom, hooks);
	if (kind == PAGE_FIRE && storm_count(a, now))
		al->gathered = true;
	if (al->gathered)
		gather(a, al, kind, page, step, text_str(&whom), now);
	else
		tell_alone(a, al, kind, page, step, text_str(&whom), now);
	text_fini(&a->memory, &whom);
}

void
gather_turn(struct alerts *a, msec_t now)
{
	for (size_t i = 0; i < a->nowed;)
		if (a->owed[i]->open && now >= a->owed[i]->time)
			close_page(a, a->owed[i], now); /* and is the last one now */
		else
			i++;
}

/* Nobody wants to hear of the episode any more.  It has not ended yet. */
void
owed_strike(struct alerts *a, const char *episode)
{
	for (size_t i = a->nowed; i-- > 0;) {
		struct owed *o = a->owed[i];

		for (size_t j = o->n; j-- > 0;)
			if (strcmp(o->member[j].episode, episode) == 0)
				owed_remove(a, o, j);
		if (o->n == 0)
			owed_drop(a, o);
	}
}

/* ---- for the runner ---- */

void
alerts_offer_again(struct alerts *a)
{
	for (size_t i = 0; i < a->nowed; i++)
		a->owed[i]->given = a->owed[i]->stored;
}

void
alerts_stored(struct alerts *a, struct str id)
{
	struct owed *o = owed_find(a, id);

	if (o != NULL)
		o->given = o->stored = true;
}

bool
alerts_owes(const struct alerts *a, struct str id)
{
	return owed_find(a, id) != NULL;
}

/* ---- for the commits ---- */

/* Numbers are given when a page is closed, so one closed later has a higher
 * one. */
void
alerts_commit_begins(struct alerts *a)
{
	a->committing = a->next_owed;
}

void
alerts_committed(struct alerts *a)
{
	a->committed = a->committing;
}

bool
alerts_want_commit(const struct alerts *a)
{
	size_t i = a->nowed;

	while (i > 0 && a->owed[i - 1]->no >= a->committed)
		if (!a->owed[--i]->open && !a->owed[i]->given)
			return true;
	return false;
}
