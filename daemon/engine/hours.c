/* SPDX-License-Identifier: MIT */
/*
 * hours.c: which of the site's calendars are open, second by second.
 *
 * A calendar is asked when it changes next, and then left alone until that
 * second.  So a site's hours cost a comparison a second and calendar, however
 * many queues live by them.  One that will not change for as long as it can
 * see is asked again a day later.
 */
#include "engine_int.h"

#define ASK_AGAIN 86400 /* s */
#define WEEK 7

/* ---- a copy of what was configured ---- */

static struct opening *
copy_openings(struct engine *e, const struct opening *from, size_t n)
{
	struct opening *o = memory_new(&e->memory, n * sizeof(*o));

	if (n > 0)
		memcpy(o, from, n * sizeof(*o));
	return o;
}

static void
copy_calendar(struct engine *e, struct calendar *c, const struct calendar *from)
{
	*c = *from;
	c->name = engine_copy(e, str_of(from->name));
	for (int day = 0; day < WEEK; day++)
		c->week[day] = copy_openings(e, from->week[day], from->nweek[day]);
	c->exception = memory_new(&e->memory, c->nexceptions * sizeof(*c->exception));
	for (size_t i = 0; i < c->nexceptions; i++) {
		c->exception[i] = from->exception[i];
		c->exception[i].open =
		    copy_openings(e, from->exception[i].open, from->exception[i].nopen);
	}
}

void
hours_init(struct engine *e, const struct calendars *from)
{
	e->nhours = from->n;
	e->hours = memory_new(&e->memory, e->nhours * sizeof(*e->hours));
	for (size_t i = 0; i < e->nhours; i++)
		copy_calendar(e, &e->hours[i].calendar, &from->calendar[i]);
}

static void
free_calendar(struct engine *e, struct calendar *c)
{
	struct memory *m = &e->memory;

	memory_free(m, c->name, strlen(c->name) + 1);
	for (int day = 0; day < WEEK; day++)
		memory_free(m, c->week[day], c->nweek[day] * sizeof(*c->week[day]));
	for (size_t i = 0; i < c->nexceptions; i++)
		memory_free(
		    m, c->exception[i].open, c->exception[i].nopen * sizeof(*c->exception[i].open));
	memory_free(m, c->exception, c->nexceptions * sizeof(*c->exception));
}

void
hours_fini(struct engine *e)
{
	for (size_t i = 0; i < e->nhours; i++)
		free_calendar(e, &e->hours[i].calendar);
	memory_free(&e->memory, e->hours, e->nhours * sizeof(*e->hours));
}

uint32_t
hours_find(const struct engine *e, const char *name)
{
	for (uint32_t i = 0; name != NULL && i < e->nhours; i++)
		if (strcmp(e->hours[i].calendar.name, name) == 0)
			return i;
	return NONE;
}

/* ---- time ---- */

static void
ask(struct engine *e, struct hours *h)
{
	msec_t now = e->n * MSEC_PER_SEC;

	h->closed = !calendar_is_open(&h->calendar, e->zones, now);
	h->change = calendar_next_change(&h->calendar, e->zones, now);
	h->ask = h->change == MSEC_NEVER ? e->n + ASK_AGAIN : second_of(h->change);
}

/* Its queues are to be published, and what they are part of. */
static void
tell_queues(struct engine *e, uint32_t hours)
{
	for (size_t i = 0; i < e->nqueues; i++)
		if (e->queues[i].hours == hours)
			queue_to_publish(e, &e->queues[i]);
}

void
hours_roll(struct engine *e)
{
	for (uint32_t i = 0; i < e->nhours; i++)
		if (e->n >= e->hours[i].ask) {
			ask(e, &e->hours[i]);
			tell_queues(e, i);
		}
}

void
hours_set(struct engine *e)
{
	for (size_t i = 0; i < e->nhours; i++)
		e->hours[i].ask = e->n;
	hours_roll(e);
}

bool
queue_is_closed(const struct engine *e, const struct queue *q)
{
	return q->hours != NONE && e->hours[q->hours].closed;
}

msec_t
queue_opens(const struct engine *e, const struct queue *q)
{
	return queue_is_closed(e, q) ? e->hours[q->hours].change : MSEC_NEVER;
}
