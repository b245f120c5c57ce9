/* SPDX-License-Identifier: MIT */
/*
 * state_load.c: the fields of state.c on their way back, and what is always
 * true of the alerts.
 *
 * A sum that fits does not make a thing sound: it may be another program's,
 * or that of a mistake of ours.  So what alerts_check asserts is asked of
 * each thing that is loaded, and one that is not sound is refused.
 */
#include <stdlib.h>

#include <ccmon/wire.h>

#include "codec.h"

/* ---- what is sound ---- */

static bool
is_episode(const char *id)
{
	return strlen(id) == EPISODE_MAX - 1;
}

/* A line each, none of them without its end. */
static bool
is_lines(const struct text *t)
{
	return t->n == 0 || t->p[t->n - 1] == '\n';
}

static bool
alert_is_sound(const struct alert *al)
{
	bool has_episode = al->life == LIFE_FIRING || al->life == LIFE_RESOLVED;

	if (has_episode && (al->began < 0 || !is_episode(al->episode)))
		return false;
	if (al->life != LIFE_QUIET && (al->life == LIFE_RESOLVED) != (al->ended >= 0))
		return false;
	return (al->acked_until < 0 || al->life == LIFE_FIRING) && is_lines(&al->told);
}

static bool
owed_is_sound(const struct owed *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->member[i].page[0] == '\0' || !is_episode(o->member[i].episode))
			return false;
	return o->n > 0 && o->hooks.n > 0 && is_lines(&o->hooks) && (o->open || o->id[0] != '\0');
}

/* ---- taking ---- */

typedef void put_fn(struct alerts *, struct codec *, struct str name);

static void
put_header(struct alerts *a, struct codec *c, struct str name)
{
	msec_t note_ms = a->note_ms;
	uint32_t note_seq = a->note_seq;

	c->from.good &= name.n == 0;
	code_header(c, a);
	if (a->note_ms > note_ms || (a->note_ms == note_ms && a->note_seq >= note_seq))
		return;
	a->note_ms = note_ms;
	a->note_seq = note_seq;
}

/*
 * With Redis away the alerts have begun to live before their state came: from
 * what the outbox told, and from what the daemon knows of itself.  The state
 * knows more of what both know, but for what has happened since.  false: what
 * is there is newer.
 */
static bool
merge(struct alerts *a, struct alert *al, struct alert *old)
{
	if (old->began >= 0 && old->began > al->last_begin) {
		old->unsaved = old->saved = true;
		return false;
	}
	al->not_before = old->not_before;
	if (strcmp(old->episode, al->episode) != 0 || al->life != LIFE_FIRING)
		return true;
	ladder_catch_up(a, al, old);
	if (old->life == LIFE_RESOLVED)
		alert_end(a, al, (enum reason)old->reason, old->ended);
	al->just_ended = false;
	al->unsaved = true;
	return true;
}

static void
put_alert(struct alerts *a, struct codec *c, struct str name)
{
	const char *slash = name.n == 0 ? NULL : memchr(name.p, '/', name.n);
	struct alert *al, *old = roster_find(a, name);

	if (slash == NULL) {
		c->from.good = false;
		return;
	}
	al = alert_new(a, name, (struct str){ name.p, (uint32_t)(slash - name.p) });
	code_alert(c, al);
	al->saved = true;
	c->from.good &= alert_is_sound(al);
	if (old != NULL && !merge(a, al, old))
		alert_free(a, al);
	else
		roster_replace(a, al);
}

static void
put_silence(struct alerts *a, struct codec *c, struct str name)
{
	struct silence *s = silence_add(a, &(struct silence_view){ .id = name });

	code_silence(c, s);
	s->unsaved = false;
}

/* A number as owed_key writes it; false: it is none. */
static bool
read_number(struct str text, uint64_t *no)
{
	*no = 0;
	for (uint32_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*no = *no * 10 + (uint64_t)(text.p[i] - '0');
	}
	return text.n > 0 && text.n <= 18 && (text.p[0] != '0' || text.n == 1);
}

static bool
is_taken(const struct alerts *a, uint64_t no)
{
	for (size_t i = 0; i < a->nowed; i++)
		if (a->owed[i]->saved && a->owed[i]->no == no)
			return true;
	return false;
}

static void
put_owed(struct alerts *a, struct codec *c, struct str name)
{
	uint64_t no;
	bool good = read_number(name, &no) && !is_taken(a, no);
	struct owed *o = owed_new(a);

	o->no = no;
	o->saved = true;
	o->unsaved = false;
	code_owed(c, a, o);
	c->from.good &= good && owed_is_sound(o);
}

static const struct {
	const char *prefix;
	put_fn *put;
} things[] = { { "Aa:", put_alert }, { "As:", put_silence }, { "Ao:", put_owed },
	{ "A", put_header } };

/* The thing between the version and the sum; false: damaged, or another's. */
static bool
open_value(struct str value, struct unpacker *u)
{
	uint32_t crc, n = value.n - (uint32_t)sizeof(crc);

	if (value.n < 1 + sizeof(crc) || value.p[0] != ALERTS_STATE_VERSION)
		return false;
	memcpy(&crc, value.p + n, sizeof(crc));
	*u = (struct unpacker){ (const uint8_t *)value.p + 1, (const uint8_t *)value.p + n, true };
	return crc == crc32c(0, value.p, n);
}

int
alerts_state_put(struct alerts *a, const struct state_field *f)
{
	struct codec c = { .memory = &a->memory };

	if (!open_value(f->value, &c.from))
		return -1;
	for (size_t i = 0; i < COUNTOF(things); i++) {
		uint32_t n = (uint32_t)strlen(things[i].prefix);

		if (f->key.n < n || memcmp(f->key.p, things[i].prefix, n) != 0)
			continue;
		things[i].put(a, &c, (struct str){ f->key.p + n, f->key.n - n });
		return c.from.good && c.from.p == c.from.end ? 0 : -1;
	}
	return -1;
}

static int
by_number(const void *x, const void *y)
{
	const struct owed *const *a = x, *const *b = y;

	return ((*a)->no > (*b)->no) - ((*a)->no < (*b)->no);
}

/* Who waits in which open page. */
static void
find_waiting(struct alerts *a)
{
	struct alert *al;

	for (size_t i = 0; i < a->nowed; i++)
		for (size_t j = 0; j < a->owed[i]->n && a->owed[i]->open; j++)
			if ((al = roster_find(a, text_str(&a->owed[i]->member[j].alert))) != NULL)
				al->waits_in = a->owed[i];
}

/* Pages that were owed before the state came stand behind those it has. */
static void
number_owed(struct alerts *a)
{
	for (size_t i = 0; i < a->nowed; i++)
		if (a->owed[i]->saved && a->owed[i]->no >= a->next_owed)
			a->next_owed = a->owed[i]->no + 1;
	for (size_t i = 0; i < a->nowed; i++)
		if (!a->owed[i]->saved)
			a->owed[i]->no = a->next_owed++;
	if (a->nowed > 0)
		qsort(a->owed, a->nowed, sizeof(struct owed *), by_number);
}

/* What came with the state is committed. */
static uint64_t
first_unsaved(const struct alerts *a)
{
	size_t i = 0;

	while (i < a->nowed && a->owed[i]->saved)
		i++;
	return i < a->nowed ? a->owed[i]->no : a->next_owed;
}

void
alerts_state_done(struct alerts *a)
{
	number_owed(a);
	a->committed = first_unsaved(a);
	find_waiting(a);
	a->rematch = a->changed = a->told_new = true;
	a->now = -1; /* what was missed is gone through in its own time */
	silences_match(a);
	a->loaded = engine_now(engine_of(a));
	alerts_rebind(a);
	alerts_bind(a);
	told_apply(a);
}

/* ---- invariants ---- */

void
alerts_check(const struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct alert *al = a->alert[i];

		assert(alert_is_sound(al) && al->life < LIFE_COUNT);
		assert(al->shown < ALERT_STATE_COUNT);
		assert(al->waits_in == NULL || al->waits_in->open);
		assert(al->silence == NONE || al->silence < a->nsilences);
		assert(roster_find(a, text_str(&al->id)) == al);
	}
	for (size_t i = 0; i < a->nowed; i++) {
		assert(owed_is_sound(a->owed[i]) && a->owed[i]->no < a->next_owed);
		assert(i == 0 || a->owed[i - 1]->no < a->owed[i]->no);
	}
}
