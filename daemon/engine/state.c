/* SPDX-License-Identifier: MIT */
/*
 * state.c: what must survive, as fields of absolute values: which changed,
 * one by one, and the way back.
 *
 * Samples are the one thing written once and never again: each flush's go
 * into a field of their own, which is dropped when no window covers them.
 * Nothing is noted until somebody asks for the state the first time.
 */
#include <ccmon/wire.h>
#include "state.h"

void
state_init(struct engine *e)
{
	e->saving = memory_new(&e->memory, sizeof(*e->saving));
}

static void
drop_ready(struct engine *e)
{
	struct saving *s = e->saving;

	while (s->nready > 0)
		pack_fini(&s->ready[--s->nready].bytes, &e->memory);
}

static void
drop_gone(struct engine *e)
{
	struct saving *s = e->saving;

	while (s->ngone > 0)
		pack_fini(&s->gone[--s->ngone], &e->memory);
}

void
state_fini(struct engine *e)
{
	struct saving *s = e->saving;

	state_forget_loaded(e);
	drop_ready(e);
	drop_gone(e);
	pack_fini(&s->key, &e->memory);
	pack_fini(&s->value, &e->memory);
	memory_free(&e->memory, s->ready, s->ready_cap * sizeof(*s->ready));
	memory_free(&e->memory, s->parts, s->parts_cap * sizeof(*s->parts));
	memory_free(&e->memory, s->slots, s->slots_cap * sizeof(*s->slots));
	memory_free(&e->memory, s->resolutions, s->resolutions_cap * sizeof(*s->resolutions));
	memory_free(&e->memory, s->gone, s->gone_cap * sizeof(*s->gone));
	memory_free(&e->memory, s, sizeof(*s));
	e->saving = NULL;
}

/* ---- noting what changed ---- */

struct packer *
state_gone(struct engine *e)
{
	struct saving *s = e->saving;

	s->gone = memory_grow(&e->memory, s->gone, s->ngone, &s->gone_cap, sizeof(*s->gone));
	memset(&s->gone[s->ngone], 0, sizeof(*s->gone));
	return &s->gone[s->ngone++];
}

static void
key_text(struct engine *e, struct packer *k, const char *prefix, struct str name)
{
	pack_reset(k);
	pack_bytes(k, &e->memory, prefix, strlen(prefix));
	pack_bytes(k, &e->memory, name.p, name.n);
}

static void
key_number(struct engine *e, struct packer *k, const char *prefix, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	key_text(e, k, prefix, (struct str){ digits + i, (uint32_t)(sizeof(digits) - i) });
}

static void
key_contact(struct engine *e, struct packer *k, const struct contact *c)
{
	const char *source = e->sources[c->source].name;

	key_text(e, k, "k:", str_of(source));
	pack_bytes(k, &e->memory, "\n", 1);
	pack_bytes(k, &e->memory, c->id, c->id_len);
}

void
state_expire(struct engine *e)
{
	struct saving *s = e->saving;

	for (; s->nparts > 0 && state_part_is_over(e, &s->parts[s->first_part]); s->nparts--)
		key_number(e, state_gone(e), "l:", s->parts[s->first_part++].no);
	if (s->first_part < 64 || s->first_part < s->nparts)
		return;
	memmove(s->parts, s->parts + s->first_part, s->nparts * sizeof(*s->parts));
	s->first_part = 0;
}

void
state_contact(struct engine *e, struct contact *c)
{
	struct saving *s = e->saving;

	if (!s->tracking || c->unsaved)
		return;
	c->unsaved = true;
	s->slots = memory_grow(&e->memory, s->slots, s->nslots, &s->slots_cap, sizeof(*s->slots));
	s->slots[s->nslots++] = c->slot;
}

void
state_contact_gone(struct engine *e, const struct contact *c)
{
	if (c->saved && e->saving != NULL)
		key_contact(e, state_gone(e), c);
}

void
state_agent_gone(struct engine *e, const char *name)
{
	if (e->saving->tracking)
		key_text(e, state_gone(e), "a:", str_of(name));
}

void
state_resolution(struct engine *e, struct resolution *r)
{
	struct saving *s = e->saving;

	if (!s->tracking || r->unsaved)
		return;
	r->unsaved = true;
	s->resolutions = memory_grow(&e->memory, s->resolutions, s->nresolutions,
	    &s->resolutions_cap, sizeof(*s->resolutions));
	s->resolutions[s->nresolutions++] = r->slot;
}

void
state_resolution_gone(struct engine *e, const struct resolution *r)
{
	if (r->saved)
		key_number(e, state_gone(e), "o:", r->due.order);
}

/* ---- giving ---- */

typedef bool give_fn(struct engine *, struct packer *key, struct packer *value);

static bool
give_gone(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	(void)value;
	if (s->at >= s->ngone) {
		drop_gone(e);
		return false;
	}
	pack_reset(key);
	pack_bytes(key, &e->memory, s->gone[s->at].p, s->gone[s->at].n);
	s->at++;
	return true;
}

static bool
give_engine(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	if (s->at++ > 0)
		return false;
	key_text(e, key, "e", STR_NONE);
	pack_engine(e, value);
	return true;
}

static bool
give_reasons(struct engine *e, struct packer *key, struct packer *value)
{
	if (e->saving->nreasons == e->nreasons)
		return false;
	e->saving->nreasons = e->nreasons; /* all of them, when there are more */
	key_text(e, key, "r", STR_NONE);
	pack_reasons(e, value);
	return true;
}

static bool
give_log(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;
	struct log_part_bytes *part;

	if (s->at >= s->nready) {
		drop_ready(e);
		return false;
	}
	part = &s->ready[s->at++];
	key_number(e, key, "l:", part->part.no);
	pack_bytes(value, &e->memory, part->bytes.p, part->bytes.n);
	s->parts = memory_grow(
	    &e->memory, s->parts, s->first_part + s->nparts, &s->parts_cap, sizeof(*s->parts));
	s->parts[s->first_part + s->nparts++] = part->part;
	return true;
}

static bool
give_source(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nsources; s->at++)
		if (e->sources[s->at].unsaved) {
			e->sources[s->at].unsaved = false;
			key_text(e, key, "s:", str_of(e->sources[s->at].name));
			pack_source(e, value, (uint32_t)s->at++);
			return true;
		}
	return false;
}

static bool
give_queue(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nqueues; s->at++)
		if (e->queues[s->at].o.unsaved) {
			e->queues[s->at].o.unsaved = false;
			key_text(e, key, "q:", str_of(e->queues[s->at].name));
			pack_queue(e, value, (uint32_t)s->at++);
			return true;
		}
	return false;
}

static bool
give_channel(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at <= CHANNEL_COUNT; s->at++) {
		struct object_data *o = s->at < CHANNEL_COUNT ? &e->channels[s->at].o : &e->site.o;

		if (!o->unsaved)
			continue;
		o->unsaved = false;
		if (s->at < CHANNEL_COUNT)
			key_number(e, key, "c:", s->at);
		else
			key_text(e, key, "S", STR_NONE);
		s->at++;
		pack_object(e, value, o);
		return true;
	}
	return false;
}

/* An agent's record waits so long after the first thing it lacks; on a new
 * day, when all lack something, not all as long. */
#define BEHIND_SECONDS 300

static bool
is_agent_due(const struct engine *e, const struct agent *a)
{
	if (a->name == NULL)
		return false;
	return a->o.unsaved ||
	       (a->o.behind >= 0 &&
	           e->n - a->o.behind >= BEHIND_SECONDS + (a - e->agents) % BEHIND_SECONDS);
}

static bool
give_agent(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nagents; s->at++)
		if (is_agent_due(e, &e->agents[s->at])) {
			e->agents[s->at].o.unsaved = false;
			e->agents[s->at].o.behind = -1;
			key_text(e, key, "a:", str_of(e->agents[s->at].name));
			pack_agent(e, value, (uint32_t)s->at++);
			return true;
		}
	return false;
}

static bool
give_mark(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nmarks; s->at++)
		if (e->marks[s->at].unsaved) {
			e->marks[s->at].unsaved = false;
			key_text(e, key, "m:", str_of(e->marks[s->at].name));
			pack_mark(e, value, &e->marks[s->at++]);
			return true;
		}
	return false;
}

static bool
give_contact(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;
	struct contact *c;

	for (; s->at < s->nslots; s->at++) {
		c = e->contacts[s->slots[s->at]];
		if (c == NULL || !c->unsaved)
			continue;
		c->unsaved = false;
		c->saved = true;
		key_contact(e, key, c);
		pack_contact(e, value, c);
		s->at++;
		return true;
	}
	s->nslots = 0;
	return false;
}

static bool
give_resolution(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;
	struct resolution *r;

	for (; s->at < s->nresolutions; s->at++) {
		r = e->resolutions[s->resolutions[s->at]];
		if (r == NULL || !r->unsaved)
			continue;
		r->unsaved = false;
		r->saved = true;
		key_number(e, key, "o:", r->due.order);
		pack_resolution(e, value, r);
		s->at++;
		return true;
	}
	s->nresolutions = 0;
	return false;
}

/* What is gone goes first: it may be there again. */
static give_fn *const stages[] = { give_gone, give_engine, give_reasons, give_log, give_source,
	give_queue, give_channel, give_agent, give_mark, give_contact, give_resolution };

static void
begin_value(struct engine *e, struct packer *value)
{
	const uint8_t version = STATE_VERSION;

	pack_reset(value);
	pack_bytes(value, &e->memory, &version, 1);
}

static void
end_value(struct engine *e, struct packer *value)
{
	uint32_t crc = crc32c(0, value->p, value->n);

	pack_bytes(value, &e->memory, &crc, sizeof(crc));
}

bool
engine_state(struct engine *e, struct state_field *f)
{
	struct saving *s = e->saving;

	if (!s->tracking)
		engine_state_all(e);
	for (; s->stage < COUNTOF(stages); s->stage++, s->at = 0) {
		begin_value(e, &s->value);
		if (!stages[s->stage](e, &s->key, &s->value))
			continue;
		end_value(e, &s->value);
		f->key = (struct str){ (char *)s->key.p, (uint32_t)s->key.n };
		f->value = (struct str){ (char *)s->value.p, (uint32_t)s->value.n };
		if (stages[s->stage] == give_gone)
			f->value = STR_NONE;
		return true;
	}
	s->stage = 0;
	return false;
}

static void
log_all(struct engine *e)
{
	const struct chunk *c;
	int64_t second;
	uint64_t k;

	for (second = e->n - e->longest + 1; second <= e->n + FUTURE_SECONDS; second++)
		for (c = e->cell[second & e->cell_mask].first; c != NULL; c = c->next)
			for (k = 0; k < c->n; k++)
				state_log(e, second, &c->s[k]);
}

void
engine_state_all(struct engine *e)
{
	struct saving *s = e->saving;
	size_t i;

	s->tracking = true;
	s->stage = 0;
	s->at = 0;
	drop_ready(e);
	for (; s->nparts > 0; s->nparts--)
		key_number(e, state_gone(e), "l:", s->parts[s->first_part++].no);
	s->first_part = 0;
	if (e->nsamples > 0)
		log_all(e);
	s->nreasons = 0;
	for (i = 0; i < e->nsources; i++)
		e->sources[i].unsaved = true;
	for (i = 0; i < e->nqueues; i++)
		e->queues[i].o.unsaved = true;
	for (i = 0; i < CHANNEL_COUNT; i++)
		e->channels[i].o.unsaved = true;
	e->site.o.unsaved = true;
	for (i = 0; i < e->nagents; i++)
		e->agents[i].o.unsaved = true;
	for (i = 0; i < e->nmarks; i++)
		e->marks[i].unsaved = true;
	for (i = 0; i < e->ncontacts; i++)
		if (e->contacts[i] != NULL)
			state_contact(e, e->contacts[i]);
	for (i = 0; i < e->resolved.n; i++)
		state_resolution(e, (struct resolution *)e->resolved.item[i]);
}
