/* SPDX-License-Identifier: MIT */
/*
 * ladder.c: who is told what of an episode, and when next.
 *
 *	round_began        the first step of this round; -1: it is still to come
 *	step               steps taken
 *	next               when the next step or repeat is due
 *
 * A ladder that was held (silenced, inhibited) or slept (the daemon was away)
 * goes on with one step, and those after it keep their distance to that one:
 * nobody is called by all steps at once.
 */
#include <stdio.h>

#include "alerts_int.h"

uint16_t
ladder_steps(const struct alert *al)
{
	return al->rule == NULL ? al->step : (uint16_t)al->rule->def->nsteps;
}

static const struct rule_step *
step_of(const struct alert *al, unsigned step)
{
	return step < al->rule->def->nsteps ? &al->rule->def->steps[step] : NULL;
}

void
ladder_plan(struct alert *al)
{
	const struct rule_step *s = step_of(al, al->step);

	if (s != NULL)
		al->next = al->round_began < 0 ? -1 : al->round_began + s->after;
	else if (al->rule->def->repeat == 0)
		al->next = -1;
}

/* The rule may be another now.  What is due stays so. */
void
ladder_replan(struct alert *al, msec_t now)
{
	if (al->life != LIFE_FIRING || al->rule == NULL || al->round_began < 0 ||
	    (al->next >= 0 && al->next <= now))
		return;
	if (al->next < 0)
		al->next = now + al->rule->def->repeat;
	ladder_plan(al);
	al->unsaved = true;
}

/* The hooks of a step, a line each.  The first of a rule that pages and names
 * nobody has those of `paging`. */
static struct str
hooks_of(struct alerts *a, const struct alert *al, size_t step)
{
	char **hooks = al->rule->def->steps[step].hooks;
	struct out *out = &a->scratch;

	if (step == 0 && al->severity == SEVERITY_PAGE && *hooks == NULL)
		hooks = a->rules->paging.hooks;
	out_reset(out);
	for (; *hooks != NULL; hooks++)
		out_printf(out, "%s\n", *hooks);
	assert(!out->failed);
	return (struct str){ out->buf, (uint32_t)out->len };
}

static bool
has_line(const struct text *lines, const char *line, size_t n)
{
	const char *p = lines->p, *end = p + lines->n, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if ((size_t)(nl - p) == n && memcmp(p, line, n) == 0)
			return true;
	}
	return false;
}

static void
add_line(struct alerts *a, struct text *lines, const char *line, size_t n)
{
	struct text longer = { memory_new(&a->memory, lines->n + n + 2),
		(uint32_t)(lines->n + n + 1) };

	if (lines->n > 0)
		memcpy(longer.p, lines->p, lines->n);
	memcpy(longer.p + lines->n, line, n);
	longer.p[lines->n + n] = '\n';
	text_fini(&a->memory, lines);
	*lines = longer;
}

void
ladder_add_told(struct alerts *a, struct alert *al, size_t step)
{
	struct str hooks = hooks_of(a, al, step);
	const char *p = hooks.p, *end = p + hooks.n, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!has_line(&al->told, p, (size_t)(nl - p)))
			add_line(a, &al->told, p, (size_t)(nl - p));
	}
}

/* ---- taking steps ---- */

static void
post(struct alerts *a, struct alert *al, enum page_kind kind, const char *page, size_t step,
    msec_t now)
{
	ladder_add_told(a, al, step);
	page_post(a, al, kind, page, (uint16_t)step, hooks_of(a, al, step), now);
}

/* When what is due counts as taken: then, if that is not long ago. */
static msec_t
time_of(const struct alert *al, msec_t now)
{
	return now - al->next > LATE_MS ? now : al->next;
}

static void
take_step(struct alerts *a, struct alert *al, msec_t now)
{
	msec_t when = al->step == 0 ? now : time_of(al, now);
	char page[PAGE_ID_MAX];
	unsigned step = al->step;

	if (step == 0)
		al->round_began = now;
	else if (when > al->next)
		al->round_began += when - al->next;
	al->step++;
	al->next = when + al->rule->def->repeat; /* after the last */
	ladder_plan(al);
	snprintf(page, sizeof(page), "%s.%u.%u", al->episode, al->round, step);
	post(a, al, step == 0 ? PAGE_FIRE : PAGE_ESCALATE, page, step, when);
}

static void
take_repeat(struct alerts *a, struct alert *al, msec_t now)
{
	msec_t when = time_of(al, now);
	char page[PAGE_ID_MAX];

	al->next = when + al->rule->def->repeat;
	al->repeats++;
	snprintf(page, sizeof(page), "%s.%u.r%u", al->episode, al->round, al->repeats);
	post(a, al, PAGE_REPEAT, page, al->rule->def->nsteps - 1, when);
}

static void
climb(struct alerts *a, struct alert *al, msec_t now)
{
	while (al->round_began < 0 || (al->next >= 0 && now >= al->next)) {
		if (step_of(al, al->step) != NULL)
			take_step(a, al, now);
		else if (al->rule->def->repeat > 0)
			take_repeat(a, al, now);
		else {
			al->next = -1;
			break;
		}
		al->unsaved = true;
	}
}

/* An acknowledgement is over: from the first step again. */
void
ladder_renew(struct alert *al, msec_t now)
{
	if (al->life != LIFE_FIRING || al->acked_until < 0 || now < al->acked_until)
		return;
	al->acked_until = -1;
	al->round++;
	al->step = al->repeats = 0;
	al->round_began = al->next = -1;
	al->unsaved = true;
}

static bool
is_higher(const struct alert *x, const struct alert *y)
{
	if (x->round != y->round)
		return x->round > y->round;
	return x->step != y->step ? x->step > y->step : x->repeats > y->repeats;
}

void
ladder_catch_up(struct alerts *a, struct alert *al, const struct alert *ahead)
{
	if (!is_higher(ahead, al))
		return;
	if (ahead->round > al->round)
		al->acked_until = -1;
	al->round = ahead->round;
	al->step = ahead->step;
	al->repeats = ahead->repeats;
	al->round_began = ahead->round_began;
	al->next = ahead->next;
	al->gathered |= ahead->gathered;
	text_set(&a->memory, &al->told, text_str(&ahead->told));
	text_set(&a->memory, &al->page, text_str(&ahead->page));
}

static void
tell_end(struct alerts *a, struct alert *al, msec_t now)
{
	char page[PAGE_ID_MAX];

	snprintf(page, sizeof(page), "%s.end", al->episode);
	page_post(a, al, PAGE_RESOLVE, page, al->step, text_str(&al->told), now);
}

void
ladder_turn(struct alerts *a, struct alert *al, msec_t now)
{
	if (al->just_ended)
		tell_end(a, al, now);
	if (al->life != LIFE_FIRING || al->rule == NULL || now <= al->not_before)
		return;
	if (!alert_is_held(al))
		climb(a, al, now);
}

/* ---- what became of a page ---- */

void
alerts_finished(struct alerts *a, struct str id, bool delivered, msec_t now)
{
	struct owed *o = owed_find(a, id);

	if (o != NULL)
		owed_drop(a, o);
	for (size_t i = 0; i < a->n && !delivered; i++) {
		struct alert *al = a->alert[i];

		if (al->life != LIFE_FIRING || !str_eq(text_str(&al->page), id) ||
		    al->next <= now || al->step >= ladder_steps(al))
			continue;
		al->next = now;
		al->unsaved = a->changed = true;
	}
}
