/* SPDX-License-Identifier: MIT */
/*
 * figure_texts.c: what is told in words: names, states; status and why are in
 * figure_health.c.
 */
#include "figures.h"

/* ---- putting a text together in the engine's scratch ---- */

struct draft
draft_begin(struct engine *e)
{
	return (struct draft){ e->text, 0 };
}

void
draft_add(struct draft *d, const char *s)
{
	size_t n = strlen(s);

	if (n > TEXT_SIZE - 1 - d->n)
		n = TEXT_SIZE - 1 - d->n;
	memcpy(d->p + d->n, s, n);
	d->n += (uint32_t)n;
}

void
draft_figure(struct draft *d, int64_t value, enum unit unit)
{
	char text[FIGURE_TEXT_MAX];

	figure_format(text, value, unit, "NaN");
	draft_add(d, text);
}

struct str
draft_end(const struct draft *d)
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
	return str_of(word_name(WORDS_CHANNEL, v->q->channel));
}

struct str
text_sl_formula(const struct view *v)
{
	return str_of(sl_formula_name(formula_of(v)));
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
	return str_of(view_knows_states(v) ? state_words[agent_state(v->e, v->a)] : "several");
}

struct str
text_state_reason(const struct view *v)
{
	struct standing s;

	if (!timeline_at(&v->a->line, v->e->now, &s) || standing_state(&s) != AGENT_PAUSED ||
	    s.why == 0)
		return str_of("");
	return str_of(v->e->reasons[s.why - 1]);
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
	struct draft d = draft_begin(v->e);
	const char *name = NULL;
	struct standing s;

	if (!timeline_at(&v->a->line, v->e->now, &s))
		return draft_end(&d);
	while ((name = next_queue(v, s.login_at, name)) != NULL) {
		draft_add(&d, d.n > 0 ? " " : "");
		draft_add(&d, name);
	}
	return draft_end(&d);
}
