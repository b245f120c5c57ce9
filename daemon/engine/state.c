/* SPDX-License-Identifier: MIT */
/*
 * state.c: what must survive, as fields of absolute values: which changed,
 * one by one, and the way back.
 *
 * Samples are the one thing written once and never again: each flush's go
 * into a field of their own, which is dropped when no window covers them.
 * Nothing is noted until somebody asks for the state the first time.
 */
#include <stdlib.h>
#include <ccmon/wire.h>
#include "state.h"


void
state_init(struct engine *e)
{
	e->saving = memory_new(&e->memory, sizeof(*e->saving));
}

static void
forget_loaded(struct engine *e)
{
	struct saving *s = e->saving;
	size_t i;

	for (i = 0; i < s->nloaded; i++) {
		pack_fini(&s->loaded[i].key, &e->memory);
		pack_fini(&s->loaded[i].value, &e->memory);
	}
	memory_free(&e->memory, s->loaded, s->loaded_cap * sizeof(*s->loaded));
	memory_free(&e->memory, s->queue_map, s->queue_map_cap * sizeof(*s->queue_map));
	memory_free(&e->memory, s->agent_map, s->agent_map_cap * sizeof(*s->agent_map));
	memory_free(&e->memory, s->source_map, s->source_map_cap * sizeof(*s->source_map));
	s->loaded = NULL;
	s->queue_map = s->agent_map = s->source_map = NULL;
	s->nloaded = s->loaded_cap = s->nqueue_map = s->queue_map_cap = s->nagent_map =
	    s->agent_map_cap = s->nsource_map = s->source_map_cap = 0;
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

	forget_loaded(e);
	drop_ready(e);
	drop_gone(e);
	pack_fini(&s->key, &e->memory);
	pack_fini(&s->value, &e->memory);
	memory_free(&e->memory, s->ready, s->ready_cap * sizeof(*s->ready));
	memory_free(&e->memory, s->parts, s->parts_cap * sizeof(*s->parts));
	memory_free(&e->memory, s->slots, s->slots_cap * sizeof(*s->slots));
	memory_free(&e->memory, s->gone, s->gone_cap * sizeof(*s->gone));
	memory_free(&e->memory, s, sizeof(*s));
	e->saving = NULL;
}

/* ---- noting what changed ---- */

static struct packer *
gone(struct engine *e)
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

	key_text(e, k, "k:", (struct str){ source, (uint32_t)strlen(source) });
	pack_bytes(k, &e->memory, "\n", 1);
	pack_bytes(k, &e->memory, c->id, c->id_len);
}

void
state_expire(struct engine *e)
{
	struct saving *s = e->saving;

	for (; s->nparts > 0 && state_part_is_over(e, &s->parts[s->first_part]); s->nparts--)
		key_number(e, gone(e), "l:", s->parts[s->first_part++].no);
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
		key_contact(e, gone(e), c);
}

void
state_agent_gone(struct engine *e, const char *name)
{
	if (e->saving->tracking)
		key_text(e, gone(e), "a:", (struct str){ name, (uint32_t)strlen(name) });
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
	s->parts = memory_grow(&e->memory, s->parts, s->first_part + s->nparts, &s->parts_cap,
	    sizeof(*s->parts));
	s->parts[s->first_part + s->nparts++] = part->part;
	return true;
}

static struct str
name_of(const char *name)
{
	return (struct str){ name, (uint32_t)strlen(name) };
}

static bool
give_source(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nsources; s->at++)
		if (e->sources[s->at].unsaved) {
			e->sources[s->at].unsaved = false;
			key_text(e, key, "s:", name_of(e->sources[s->at].name));
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
			key_text(e, key, "q:", name_of(e->queues[s->at].name));
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
#define BEHIND_SECONDS	300

static bool
is_agent_due(const struct engine *e, const struct agent *a)
{
	if (a->name == NULL)
		return false;
	return a->o.unsaved || (a->o.behind >= 0 && e->n - a->o.behind >= BEHIND_SECONDS + (a - e->agents) % BEHIND_SECONDS);
}

static bool
give_agent(struct engine *e, struct packer *key, struct packer *value)
{
	struct saving *s = e->saving;

	for (; s->at < e->nagents; s->at++)
		if (is_agent_due(e, &e->agents[s->at])) {
			e->agents[s->at].o.unsaved = false;
			e->agents[s->at].o.behind = -1;
			key_text(e, key, "a:", name_of(e->agents[s->at].name));
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
			key_text(e, key, "m:", name_of(e->marks[s->at].name));
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

/* What is gone goes first: it may be there again. */
static give_fn *const stages[] = { give_gone, give_engine, give_reasons, give_log, give_source,
	give_queue, give_channel, give_agent, give_mark, give_contact };

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
		key_number(e, gone(e), "l:", s->parts[s->first_part++].no);
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
}

/* ---- the way back ---- */

static uint64_t
number_of(struct str digits)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < digits.n && digits.p[i] >= '0' && digits.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(digits.p[i] - '0');
	return n;
}

static struct unpacker
reader(const struct packer *k)
{
	return (struct unpacker){ k->p, k->n > 0 ? k->p + k->n : k->p, true };
}

/* Sources, queues and agents say their number first; a part of the log has
 * it in its key. */
static int64_t
loaded_number(const struct loaded *l)
{
	struct unpacker u = reader(&l->value);

	switch (l->key.p[0]) {
	case 'l':
		return (int64_t)number_of((struct str){ (char *)l->key.p + 2, (uint32_t)l->key.n - 2 });
	case 's':
	case 'q':
	case 'a':
		return unpack_int(&u);
	}
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct loaded *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* All but what is one a site have a name or a number after the colon. */
static bool
is_key(struct str key)
{
	if (key.n == 0 || memchr(key.p, '\0', key.n) != NULL)
		return false;
	return key.n > 2 || key.p[0] == 'e' || key.p[0] == 'r' || key.p[0] == 'S';
}

int
engine_state_put(struct engine *e, const struct state_field *f)
{
	struct saving *s = e->saving;
	uint32_t crc;

	struct loaded *l;

	if (!is_key(f->key) || f->value.n < 1 + sizeof(crc) || f->value.p[0] != STATE_VERSION)
		return -1;
	memcpy(&crc, f->value.p + f->value.n - sizeof(crc), sizeof(crc));
	if (crc != crc32c(0, f->value.p, f->value.n - sizeof(crc)))
		return -1;
	s->loaded = memory_grow(&e->memory, s->loaded, s->nloaded, &s->loaded_cap, sizeof(*s->loaded));
	l = &s->loaded[s->nloaded++];
	memset(l, 0, sizeof(*l));
	pack_bytes(&l->key, &e->memory, f->key.p, f->key.n);
	pack_bytes(&l->value, &e->memory, f->value.p + 1, f->value.n - 1 - sizeof(crc));
	l->number = loaded_number(l);
	return 0;
}

static void
load_channel(struct engine *e, struct unpacker *u, struct str name)
{
	uint64_t i = number_of(name);

	if (i < CHANNEL_COUNT)
		unpack_object(e, u, &e->channels[i].o);
}

static void
load_one(struct engine *e, char kind, struct unpacker *u, struct str name)
{
	switch (kind) {
	case 'e':
		unpack_engine(e, u);
		break;
	case 'r':
		unpack_reasons(e, u);
		break;
	case 's':
		unpack_source(e, u, name);
		break;
	case 'q':
		unpack_queue(e, u, name);
		break;
	case 'c':
		load_channel(e, u, name);
		break;
	case 'S':
		unpack_object(e, u, &e->site.o);
		break;
	case 'a':
		unpack_agent(e, u, name);
		break;
	case 'm':
		unpack_mark(e, u, name);
		break;
	case 'l':
		unpack_log(e, u, number_of(name));
		break;
	case 'k':
		unpack_contact(e, u);
		break;
	}
}

static bool
load_kind(struct engine *e, char kind)
{
	struct saving *s = e->saving;
	struct unpacker u;
	struct str name;
	size_t i;

	for (i = 0; i < s->nloaded; i++) {
		if (s->loaded[i].key.p[0] != (uint8_t)kind)
			continue;
		name = STR_NONE;
		if (s->loaded[i].key.n > 2)
			name = (struct str){ (char *)s->loaded[i].key.p + 2, (uint32_t)s->loaded[i].key.n - 2 };
		u = reader(&s->loaded[i].value);
		load_one(e, kind, &u, name);
		if (!u.good)
			return false;
	}
	return true;
}

static int
by_touched(const void *a, const void *b)
{
	const struct contact *x = *(struct contact *const *)a, *y = *(struct contact *const *)b;

	return x->touched < y->touched ? -1 : x->touched > y->touched;
}

/* Heap and list of the quiet ones, oldest first. */
static void
settle_contacts(struct engine *e)
{
	size_t size = e->ncontacts * sizeof(*e->contacts), n = 0, i;
	struct contact **c = memory_new(&e->memory, size);

	for (i = 0; i < e->ncontacts; i++)
		if (e->contacts[i] != NULL)
			c[n++] = e->contacts[i];
	qsort(c, n, sizeof(*c), by_touched);
	for (i = 0; i < n; i++)
		contact_settle(e, c[i]);
	memory_free(&e->memory, c, size);
}

int
engine_state_done(struct engine *e)
{
	struct saving *s = e->saving;
	const char *kind;
	bool good = true;

	if (s->nloaded > 0)
		qsort(s->loaded, s->nloaded, sizeof(*s->loaded), by_number);
	if (!load_kind(e, 'e'))
		return -1;
	e->n = second_of(e->now);
	if (e->now >= 0)
		days_set(e);
	for (kind = "rsqcSamlk"; *kind != '\0' && good; kind++)
		good = load_kind(e, *kind);
	forget_loaded(e);
	if (!good || (e->now < 0 && (e->nsamples > 0 || e->ncontacts > 0)))
		return -1;
	if (e->ncontacts > 0)
		settle_contacts(e);
	window_rebuild(e);
	if (e->now >= 0)
		feeds_expect(e);
	s->nreasons = e->nreasons;
	s->tracking = true;
	if (s->renumbered)
		engine_state_all(e);
	engine_dirty_all(e);
	return 0;
}
