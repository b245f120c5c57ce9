/* SPDX-License-Identifier: MIT */
/*
 * order.c: things in order of time, linked through themselves.  Each is put
 * in from the end, where new ones belong: most cost one comparison.
 */
#include "engine_int.h"

void
order_put(struct order *o, struct link *l, msec_t at)
{
	struct link *before = o->last;

	l->at = at;
	while (before != NULL && before->at > at)
		before = before->before;
	l->before = before;
	l->after = before == NULL ? o->first : before->after;
	*(before == NULL ? &o->first : &before->after) = l;
	*(l->after == NULL ? &o->last : &l->after->before) = l;
	o->n++;
}

void
order_take(struct order *o, struct link *l)
{
	*(l->before == NULL ? &o->first : &l->before->after) = l->after;
	*(l->after == NULL ? &o->last : &l->after->before) = l->before;
	l->before = l->after = NULL;
	o->n--;
}

void
order_check(const struct order *o)
{
	const struct link *l, *before = NULL;
	uint32_t n = 0;

	for (l = o->first; l != NULL; before = l, l = l->after, n++)
		assert(l->before == before && (before == NULL || before->at <= l->at));
	assert(n == o->n && o->last == before);
}
