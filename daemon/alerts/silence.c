/* SPDX-License-Identifier: MIT */
/*
 * silence.c: what operators do not want to be told for a while.
 *
 * A silence is matched against an alert's id when either is new, not with
 * every look.
 */
#include "alerts_int.h"

static void
silence_fini(struct alerts *a, struct silence *s)
{
	struct text *const texts[] = { &s->id, &s->match, &s->by, &s->note };

	for (size_t i = 0; i < COUNTOF(texts); i++)
		text_fini(&a->memory, texts[i]);
}

static struct silence *
find(const struct alerts *a, struct str id)
{
	for (size_t i = 0; i < a->nsilences; i++)
		if (str_eq(text_str(&a->silence[i].id), id))
			return &a->silence[i];
	return NULL;
}

struct silence *
silence_add(struct alerts *a, const struct silence_view *v)
{
	struct silence *s = find(a, v->id);

	if (s == NULL) {
		a->silence = memory_grow(
		    &a->memory, a->silence, a->nsilences, &a->silences_cap, sizeof(*a->silence));
		s = &a->silence[a->nsilences++];
		*s = (struct silence){ 0 };
	}
	text_set(&a->memory, &s->id, v->id);
	text_set(&a->memory, &s->match, v->match);
	text_set(&a->memory, &s->by, v->by);
	text_set(&a->memory, &s->note, v->note);
	s->since = v->since;
	s->until = v->until;
	s->unsaved = a->rematch = a->changed = true;
	return s;
}

static void
remove_at(struct alerts *a, size_t i)
{
	struct silence *s = &a->silence[i];

	saving_gone(a, "As:", text_str(&s->id));
	silence_fini(a, s);
	memmove(s, s + 1, (--a->nsilences - i) * sizeof(*s));
	a->rematch = a->changed = true;
}

bool
silence_remove(struct alerts *a, struct str id)
{
	struct silence *s = find(a, id);

	if (s == NULL)
		return false;
	remove_at(a, (size_t)(s - a->silence));
	return true;
}

/* Of several, the one that lasts longest. */
void
silence_match(struct alerts *a, struct alert *al)
{
	al->silence = NONE;
	for (size_t i = 0; i < a->nsilences; i++)
		if (glob_match(a->silence[i].match.p, text_str(&al->id)) &&
		    (al->silence == NONE || a->silence[i].until > a->silence[al->silence].until))
			al->silence = (uint32_t)i;
}

void
silences_match(struct alerts *a)
{
	for (size_t i = 0; a->rematch && i < a->n; i++)
		silence_match(a, a->alert[i]);
	a->rematch = false;
}

void
silences_turn(struct alerts *a, msec_t now)
{
	for (size_t i = a->nsilences; i-- > 0;)
		if (now >= a->silence[i].until)
			remove_at(a, i);
	silences_match(a);
}

void
silences_fini(struct alerts *a)
{
	for (size_t i = 0; i < a->nsilences; i++)
		silence_fini(a, &a->silence[i]);
	memory_free(&a->memory, a->silence, a->silences_cap * sizeof(*a->silence));
}

bool
alerts_silence(const struct alerts *a, size_t i, struct silence_view *v)
{
	const struct silence *s;

	if (i >= a->nsilences)
		return false;
	s = &a->silence[i];
	*v = (struct silence_view){ text_str(&s->id), text_str(&s->match), text_str(&s->by),
		text_str(&s->note), s->since, s->until };
	return true;
}
