/* SPDX-License-Identifier: MIT */
/*
 * state_load.c: the way back: fields, in any order, into an engine that is
 * equal to the one that gave them.  They are kept until all are there, then
 * taken kind by kind, since a contact speaks of queues, agents and sources by
 * their numbers.
 */
#include <stdlib.h>
#include <ccmon/wire.h>
#include "state.h"

void
state_forget_loaded(struct engine *e)
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

/* Sources, queues and agents say their number first; a part of the log and a
 * resolution have it in their keys. */
static int64_t
loaded_number(const struct loaded *l)
{
	struct unpacker u = reader(&l->value);

	switch (l->key.p[0]) {
	case 'l':
	case 'o':
		return (int64_t)number_of(
		    (struct str){ (char *)l->key.p + 2, (uint32_t)l->key.n - 2 });
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
	s->loaded =
	    memory_grow(&e->memory, s->loaded, s->nloaded, &s->loaded_cap, sizeof(*s->loaded));
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
	case 'o':
		unpack_resolution(e, u, number_of(name));
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
			name = (struct str){ (char *)s->loaded[i].key.p + 2,
				(uint32_t)s->loaded[i].key.n - 2 };
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

/* Heap, what is owed, and the quiet ones, oldest first. */
static void
settle_contacts(struct engine *e)
{
	size_t size = e->ncontacts * sizeof(*e->contacts), n = 0, i;
	struct contact **c = memory_new(&e->memory, size);

	for (i = 0; i < e->ncontacts; i++)
		if (e->contacts[i] != NULL)
			c[n++] = e->contacts[i];
	qsort(c, n, sizeof(*c), by_touched);
	for (i = 0; i < n; i++) {
		if (c[i]->matter != NULL)
			matter_link(e, c[i]->matter);
		contact_settle(e, c[i]);
	}
	memory_free(&e->memory, c, size);
}

/* A thing has another number now, two became one, or there is no room for one:
 * no field that was put may be found again beside what is given from now on. */
static void
drop_loaded(struct engine *e)
{
	struct saving *s = e->saving;

	for (size_t i = 0; i < s->nloaded; i++) {
		*state_gone(e) = s->loaded[i].key;
		s->loaded[i].key = (struct packer){ 0 };
	}
	engine_state_all(e);
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
	if (e->now >= 0) {
		days_set(e);
		hours_set(e);
	}
	for (kind = "rsqcSamlko"; *kind != '\0' && good; kind++)
		good = load_kind(e, *kind);
	if (!good || (e->now < 0 && (e->nsamples > 0 || e->ncontacts > 0 || e->resolved.n > 0)))
		return -1;
	if (e->ncontacts > 0)
		settle_contacts(e);
	window_rebuild(e);
	if (e->now >= 0)
		feeds_expect(e);
	s->nreasons = e->nreasons;
	s->tracking = true;
	if (s->differs)
		drop_loaded(e);
	state_forget_loaded(e);
	engine_dirty_all(e);
	return 0;
}
