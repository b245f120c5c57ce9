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
 * A value is a version byte, the thing, and a CRC-32C of both.  The way back
 * is in state_load.c.
 */
#include <stdio.h>

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
	a->committed = 0;
	for (size_t i = 0; i < a->n; i++)
		a->alert[i]->unsaved = true;
	for (size_t i = 0; i < a->nsilences; i++)
		a->silence[i].unsaved = true;
	for (size_t i = 0; i < a->nowed; i++)
		a->owed[i]->unsaved = true;
}
