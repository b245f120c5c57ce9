/* SPDX-License-Identifier: MIT */
/*
 * order.c: what operators want, done or refused with a reason; either is noted.
 *
 * An operator lives by the wall, the alerts while a journal is handed over by
 * its records.  So an order moves no time: what it changes is shown, and told,
 * by the next turn, in the time that has.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alerts_int.h"

typedef int order_fn(struct alerts *, const struct order *, msec_t now, char *why, size_t why_len);

static int
refuse(char *why, size_t why_len, const char *text)
{
	snprintf(why, why_len, "%s", text);
	return -1;
}

/* By its id or by the episode's. */
static struct alert *
find(const struct alerts *a, struct str what)
{
	struct alert *al = roster_find(a, what);

	for (size_t i = 0; al == NULL && i < a->n; i++)
		if (a->alert[i]->episode[0] != '\0' && str_is(what, a->alert[i]->episode))
			al = a->alert[i];
	return al;
}

void
order_strike(struct alerts *a, const char *episode)
{
	a->cancelled = memory_grow(
	    &a->memory, a->cancelled, a->ncancelled, &a->cancelled_cap, sizeof(*a->cancelled));
	memcpy(a->cancelled[a->ncancelled++], episode, EPISODE_MAX);
}

void
order_cancel(struct alerts *a, struct alert *al)
{
	owed_strike(a, al->episode);
	order_strike(a, al->episode);
}

static int
order_ack(struct alerts *a, const struct order *o, msec_t now, char *why, size_t why_len)
{
	struct alert *al = find(a, o->what);

	if (al == NULL || al->life == LIFE_QUIET)
		return refuse(why, why_len, "no such alert");
	if (al->life != LIFE_FIRING)
		return refuse(why, why_len, "it does not fire");
	al->acked_until = now + a->rules->paging.ack_timeout;
	text_set(&a->memory, &al->by, o->by);
	text_set(&a->memory, &al->note, o->note);
	al->unsaved = a->changed = true;
	order_cancel(a, al);
	return 0;
}

static int
order_silence(struct alerts *a, const struct order *o, msec_t now, char *why, size_t why_len)
{
	if (o->what.n == 0)
		return refuse(why, why_len, "no alerts are named");
	if (o->until <= now)
		return refuse(why, why_len, "it would be over already");
	if (o->until - now > SILENCE_MAX_MS)
		return refuse(why, why_len, "a silence lasts at most 30 days");
	silence_add(a, &(struct silence_view){ o->id, o->what, o->by, o->note, now, o->until });
	return 0;
}

static int
order_unsilence(struct alerts *a, const struct order *o, msec_t now, char *why, size_t why_len)
{
	(void)now;
	return silence_remove(a, o->what) ? 0 : refuse(why, why_len, "no such silence");
}

static const struct {
	order_fn *give;
	const char *verb;
} orders[ORDER_COUNT] = {
	[ORDER_ACK] = { order_ack, "ack" },
	[ORDER_SILENCE] = { order_silence, "silence" },
	[ORDER_UNSILENCE] = { order_unsilence, "unsilence" },
};

/* The stream's id begins with when it was given: "1700000000000-0". */
static bool
is_stale(const struct order *o, msec_t now)
{
	msec_t given = 0;
	uint32_t i;

	for (i = 0; i < o->id.n && i < 18 && o->id.p[i] >= '0' && o->id.p[i] <= '9'; i++)
		given = given * 10 + (o->id.p[i] - '0');
	return i > 0 && now - given > ORDER_MAX_MS;
}

/* Anybody may write to the stream; what is taken is kept in the state. */
static bool
is_too_long(struct str text)
{
	return text.n > ORDER_TEXT_MAX;
}

static struct str
short_or_none(struct str text)
{
	return is_too_long(text) ? STR_NONE : text;
}

static void
note_order(struct alerts *a, const struct order *o, msec_t now, const char *refusal)
{
	const struct alert *al = o->verb == ORDER_ACK ? find(a, o->what) : NULL;
	struct str what = short_or_none(o->what);
	struct alert_note *n;

	if (al != NULL)
		note_alert(a, al, "order", now);
	n = al != NULL ? &a->noted[a->nnoted - 1].n : note_new(a, "order", now);
	out_reset(&a->scratch);
	out_printf(&a->scratch, "%s %.*s", orders[o->verb].verb, STR_ARG(what));
	if (refusal != NULL)
		out_printf(&a->scratch, ": refused, %s", refusal);
	note_text(a, &n->summary, (struct str){ a->scratch.buf, (uint32_t)a->scratch.len });
	note_text(a, &n->by, short_or_none(o->by));
	note_text(a, &n->note, short_or_none(o->note));
	note_text(a, &n->order, o->id);
	note_text(a, &n->why, str_of(refusal));
	n->outcome = refusal == NULL ? "done" : "refused";
}

int
alerts_order(struct alerts *a, const struct order *o, msec_t now, char *why, size_t why_len)
{
	int rc;

	assert(o->verb < ORDER_COUNT && why_len > 0);
	alerts_bind(a);
	told_apply(a); /* the operator may have been told of it before we began */
	now = now > a->now ? now : a->now;
	if (is_too_long(o->what) || is_too_long(o->by) || is_too_long(o->note))
		rc = refuse(why, why_len, "a text is longer than 1000 bytes");
	else if (is_stale(o, now))
		rc = refuse(why, why_len, "it is older than an hour");
	else
		rc = orders[o->verb].give(a, o, now, why, why_len);
	note_order(a, o, now, rc == 0 ? NULL : why);
	silences_match(a);
	return rc;
}
