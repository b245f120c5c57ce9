/* SPDX-License-Identifier: MIT */
/*
 * state.c: what must survive, as fields of absolute values, as the engine's
 * state.c has it.  The keys:
 *
 *	A            what is one a site: orders read, the storm, ids
 *	Aa:ID        an alert
 *	As:ID        a silence
 *	Ao:NUMBER    a page nobody has stored yet
 *
 * A value is a version byte, the thing, and a CRC-32C of both.
 */
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/wire.h>

#include "codec.h"

struct saving {
	bool tracking; /* somebody takes the state */
	struct packer key, value;
	unsigned stage;
	size_t at;
	struct text *gone; /* keys of what is not there any more */
	size_t ngone, gone_cap;
};

/* ---- what is gone ---- */

static struct saving *
saving_of(struct alerts *a)
{
	if (a->saving == NULL)
		a->saving = memory_new(&a->memory, sizeof(*a->saving));
	return a->saving;
}

void
saving_gone(struct alerts *a, const char *prefix, struct str name)
{
	struct saving *s = saving_of(a);
	struct out key;

	out_init(&key);
	out_printf(&key, "%s%.*s", prefix, STR_ARG(name));
	assert(!key.failed);
	s->gone = memory_grow(&a->memory, s->gone, s->ngone, &s->gone_cap, sizeof(*s->gone));
	s->gone[s->ngone] = (struct text){ 0 };
	text_set(&a->memory, &s->gone[s->ngone++], (struct str){ key.buf, (uint32_t)key.len });
	out_fini(&key);
}

static void
forget_gone(struct alerts *a)
{
	struct saving *s = a->saving;

	while (s->ngone > 0)
		text_fini(&a->memory, &s->gone[--s->ngone]);
}

void
saving_fini(struct alerts *a)
{
	struct saving *s = saving_of(a);

	forget_gone(a);
	memory_free(&a->memory, s->gone, s->gone_cap * sizeof(*s->gone));
	pack_fini(&s->key, &a->memory);
	pack_fini(&s->value, &a->memory);
	memory_free(&a->memory, s, sizeof(*s));
	a->saving = NULL;
}

void
owed_key(const struct owed *o, char key[OWED_KEY_MAX])
{
	snprintf(key, OWED_KEY_MAX, "Ao:%llu", (unsigned long long)o->no);
}

/* ---- giving ---- */

static void
set_key(struct alerts *a, const char *prefix, struct str name)
{
	struct packer *key = &a->saving->key;

	pack_reset(key);
	pack_bytes(key, &a->memory, prefix, strlen(prefix));
	pack_bytes(key, &a->memory, name.p, name.n);
}

typedef bool give_fn(struct alerts *, struct codec *);

static bool
give_gone(struct alerts *a, struct codec *c)
{
	struct saving *s = a->saving;

	(void)c;
	if (s->at >= s->ngone) {
		forget_gone(a);
		return false;
	}
	set_key(a, "", text_str(&s->gone[s->at++]));
	return true;
}

static bool
give_header(struct alerts *a, struct codec *c)
{
	if (!a->unsaved)
		return false;
	a->unsaved = false;
	set_key(a, "A", STR_NONE);
	code_header(c, a);
	return true;
}

static bool
give_alert(struct alerts *a, struct codec *c)
{
	for (size_t *i = &a->saving->at; *i < a->n; ++*i) {
		struct alert *al = a->alert[*i];

		if (!al->unsaved)
			continue;
		al->unsaved = false;
		al->saved = true;
		set_key(a, "Aa:", text_str(&al->id));
		code_alert(c, al);
		return true;
	}
	return false;
}

static bool
give_silence(struct alerts *a, struct codec *c)
{
	for (size_t *i = &a->saving->at; *i < a->nsilences; ++*i) {
		struct silence *s = &a->silence[*i];

		if (!s->unsaved)
			continue;
		s->unsaved = false;
		set_key(a, "As:", text_str(&s->id));
		code_silence(c, s);
		return true;
	}
	return false;
}

static bool
give_owed(struct alerts *a, struct codec *c)
{
	char key[OWED_KEY_MAX];

	for (size_t *i = &a->saving->at; *i < a->nowed; ++*i) {
		struct owed *o = a->owed[*i];

		if (!o->unsaved)
			continue;
		o->unsaved = false;
		o->saved = true;
		owed_key(o, key);
		set_key(a, key, STR_NONE);
		code_owed(c, a, o);
		return true;
	}
	return false;
}

/* What is gone goes first: it may be there again. */
static give_fn *const stages[] = { give_gone, give_header, give_alert, give_silence, give_owed };

static void
give_field(struct alerts *a, struct state_field *f, bool gone)
{
	struct saving *s = a->saving;
	uint32_t crc = crc32c(0, s->value.p, s->value.n);

	pack_bytes(&s->value, &a->memory, &crc, sizeof(crc));
	f->key = (struct str){ (char *)s->key.p, (uint32_t)s->key.n };
	f->value = (struct str){ (char *)s->value.p, (uint32_t)s->value.n };
	if (gone)
		f->value = STR_NONE;
}

bool
alerts_state(struct alerts *a, struct state_field *f)
{
	const uint8_t version = ALERTS_STATE_VERSION;
	struct saving *s = saving_of(a);
	struct codec c = { .memory = &a->memory, .to = &s->value };

	if (!s->tracking)
		alerts_state_all(a);
	for (; s->stage < COUNTOF(stages); s->stage++, s->at = 0) {
		pack_reset(&s->value);
		pack_bytes(&s->value, &a->memory, &version, 1);
		if (!stages[s->stage](a, &c))
			continue;
		give_field(a, f, stages[s->stage] == give_gone);
		return true;
	}
	s->stage = 0;
	return false;
}

void
alerts_state_all(struct alerts *a)
{
	struct saving *s = saving_of(a);

	s->tracking = true;
	s->stage = 0;
	s->at = 0;
	a->unsaved = true;
	for (size_t i = 0; i < a->n; i++)
		a->alert[i]->unsaved = true;
	for (size_t i = 0; i < a->nsilences; i++)
		a->silence[i].unsaved = true;
	for (size_t i = 0; i < a->nowed; i++)
		a->owed[i]->unsaved = true;
}

/* ---- and the way back ---- */

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
	if (old != NULL && !merge(a, al, old))
		alert_free(a, al);
	else
		roster_replace(a, al);
}

static void
put_silence(struct alerts *a, struct codec *c, struct str name)
{
	struct silence *s;

	silence_add(a, &(struct silence_view){ .id = name });
	s = &a->silence[a->nsilences - 1];
	code_silence(c, s);
	s->unsaved = false;
}

static void
put_owed(struct alerts *a, struct codec *c, struct str name)
{
	struct owed *o;
	uint64_t no = 0;

	for (uint32_t i = 0; i < name.n && i < 18; i++)
		no = no * 10 + (uint64_t)(name.p[i] - '0');
	o = owed_new(a);
	o->no = no;
	o->saved = true;
	o->unsaved = false;
	code_owed(c, a, o);
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

void
alerts_state_done(struct alerts *a)
{
	number_owed(a);
	find_waiting(a);
	a->rematch = a->changed = a->told_new = true;
	a->now = -1; /* what was missed is gone through in its own time */
	silences_match(a);
	alerts_rebind(a);
	alerts_bind(a);
	told_apply(a);
}

/* ---- invariants ---- */

static void
check_alert(const struct alerts *a, const struct alert *al)
{
	bool has_episode = al->life == LIFE_FIRING || al->life == LIFE_RESOLVED;

	assert(al->life < LIFE_COUNT && al->shown < ALERT_STATE_COUNT);
	assert(!has_episode || (al->began >= 0 && strlen(al->episode) == EPISODE_MAX - 1));
	assert((al->life == LIFE_RESOLVED) == (al->ended >= 0) || al->life == LIFE_QUIET);
	assert(al->acked_until < 0 || al->life == LIFE_FIRING);
	assert(al->waits_in == NULL || al->waits_in->open);
	assert(al->silence == NONE || al->silence < a->nsilences);
	assert(al->told.n == 0 || al->told.p[al->told.n - 1] == '\n');
}

void
alerts_check(const struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		check_alert(a, a->alert[i]);
		assert(roster_find(a, text_str(&a->alert[i]->id)) == a->alert[i]);
	}
	for (size_t i = 0; i < a->nowed; i++) {
		assert(a->owed[i]->n > 0 && a->owed[i]->hooks.n > 0);
		assert(a->owed[i]->no < a->next_owed);
		assert(i == 0 || a->owed[i - 1]->no < a->owed[i]->no);
		assert(a->owed[i]->open || a->owed[i]->id[0] != '\0');
	}
}
