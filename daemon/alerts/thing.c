/* SPDX-License-Identifier: MIT */
/*
 * thing.c: the objects of the engine as the alerts know them.
 *
 * The engine gives an agent's number to another when she has been forgotten,
 * so names are compared once a turn, here, and everybody else compares
 * generations.  What several rules want of an object is asked once a turn.
 */
#include "alerts_int.h"

void
things_bind(struct alerts *a)
{
	struct engine *e = engine_of(a);

	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		struct things *t = &a->things[scope];

		t->degraded = engine_column(e, (enum scope)scope, "degraded");
		t->open = engine_column(e, (enum scope)scope, "open");
		t->channel = engine_column(e, (enum scope)scope, "channel");
	}
}

static void
look(struct alerts *a, struct thing *t, struct object o)
{
	struct str name;

	t->exists = engine_exists(engine_of(a), o);
	if (!t->exists || (t->name.p != NULL && o.scope != SCOPE_AGENT))
		return; /* others keep their name as long as the engine lives */
	name = engine_name(engine_of(a), o);
	if (t->name.p != NULL && str_eq(text_str(&t->name), name))
		return;
	text_set(&a->memory, &t->name, name);
	t->generation++;
}

void
things_look(struct alerts *a)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		struct things *t = &a->things[scope];
		size_t n = engine_count(engine_of(a), (enum scope)scope), i;

		for (i = 0; i < n; i++) {
			t->thing = memory_grow(&a->memory, t->thing, i, &t->cap, sizeof(*t->thing));
			look(a, &t->thing[i], (struct object){ (uint8_t)scope, (uint32_t)i });
		}
		t->n = n;
	}
}

void
things_fini(struct alerts *a)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		struct things *t = &a->things[scope];

		for (size_t i = 0; i < t->cap; i++)
			text_fini(&a->memory, &t->thing[i].name);
		memory_free(&a->memory, t->thing, t->cap * sizeof(*t->thing));
		*t = (struct things){ 0 };
	}
}

static const struct thing *
asked(struct alerts *a, struct object o)
{
	struct things *all = &a->things[o.scope];
	struct thing *t = &all->thing[o.index];

	if (t->asked == a->turn)
		return t;
	t->asked = a->turn;
	t->degraded = all->degraded != NULL && engine_figure(engine_of(a), o, all->degraded) == 1;
	t->closed = all->open != NULL && engine_figure(engine_of(a), o, all->open) == 0;
	return t;
}

bool
thing_is_degraded(struct alerts *a, struct object o)
{
	return asked(a, o)->degraded;
}

bool
thing_is_closed(struct alerts *a, struct object o)
{
	return asked(a, o)->closed;
}
