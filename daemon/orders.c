/* SPDX-License-Identifier: MIT */
/*
 * orders.c: what operators put into P commands, read in order.
 *
 * Asked for a few times a second, not waited for: BLOCK would want a
 * connection of its own, and nobody who acknowledges a page notices half a
 * second.  How far was read is part of the alerts' state, so that an order is
 * taken once whatever dies; this file remembers nothing.
 */
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

#define EVERY_MS 300
#define ORDERS_AT_ONCE "100"

struct orders {
	struct orders_options o;
	struct out command;
	bool asked;
	msec_t next; /* monotonic */
	struct log_complaint trouble;
};

struct orders *
orders_new(const struct orders_options *o)
{
	struct orders *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->o = *o;
	out_init(&s->command);
	return s;
}

void
orders_free(struct orders *s)
{
	if (s == NULL)
		return;
	out_fini(&s->command);
	free(s);
}

struct str
order_field(const struct order_entry *e, const char *name)
{
	for (size_t i = 0; i < e->nfields; i++)
		if (str_is(e->field[i].name, name))
			return e->field[i].value;
	return STR_NONE;
}

/* An entry as XRANGE gives it: its id, then names and values. */
static bool
read_entry(const struct reply *r, struct order_entry *e)
{
	const struct reply *words;

	*e = (struct order_entry){ 0 };
	if (r->type != REPLY_ARRAY || r->n != 2 || r->item[0].type != REPLY_TEXT ||
	    r->item[1].type != REPLY_ARRAY)
		return false;
	e->id = r->item[0].text;
	words = &r->item[1];
	for (size_t i = 0; i + 1 < words->n && e->nfields < ORDER_FIELDS_MAX; i += 2) {
		e->field[e->nfields].name = words->item[i].text;
		e->field[e->nfields++].value = words->item[i + 1].text;
	}
	return true;
}

static void
on_entries(void *arg, const struct reply *r)
{
	struct orders *s = arg;
	struct order_entry e;

	s->asked = false;
	if (r == NULL)
		return;
	if (r->type != REPLY_ARRAY) {
		log_complain(&s->trouble, clock_mono(), "orders",
		    "Redis does not let us read them: %s", log_quote(r->text));
		return;
	}
	log_release(&s->trouble, "orders", "they are read again");
	for (size_t i = 0; i < r->n; i++)
		if (read_entry(&r->item[i], &e))
			s->o.order(s->o.arg, &e);
}

msec_t
orders_turn(struct orders *s, msec_t mono)
{
	struct str from = s->o.position(s->o.arg);
	char text[PREFIX_MAX + 64]; /* bytes with NUL; a key, or "(" and an id */

	if (s->asked || mono < s->next)
		return s->next > mono ? s->next : mono + EVERY_MS;
	s->next = mono + EVERY_MS;
	resp_begin(&s->command, 6);
	resp_text(&s->command, "XRANGE");
	snprintf(text, sizeof(text), "%scommands", s->o.prefix);
	resp_text(&s->command, text);
	snprintf(text, sizeof(text), "(%.*s", STR_ARG(from));
	resp_text(&s->command, text);
	resp_text(&s->command, "+");
	resp_text(&s->command, "COUNT");
	resp_text(&s->command, ORDERS_AT_ONCE);
	s->asked = rlink_send(s->o.redis, &s->command, on_entries, s) == 0;
	return s->next;
}
