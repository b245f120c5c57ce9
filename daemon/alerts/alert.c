/* SPDX-License-Identifier: MIT */
/*
 * alert.c: the life of one alert.
 *
 * What was found by a look and the life the alert is in choose a function;
 * `lives` below is doc/alerting.md's table of states.  Nothing is told here,
 * only noted in just_began and just_ended: telling follows when all alerts
 * have been looked at.
 *
 * The hours, the object or the rule may end an alert although its figures
 * cannot be trusted: none of the three is a figure.
 */
#include <ccmon/siphash.h>

#include "alerts_int.h"

typedef void life_fn(struct alerts *, struct alert *, msec_t now);

static void
enter(struct alert *al, enum life life, msec_t now)
{
	al->life = (uint8_t)life;
	al->since = now;
	al->unsaved = true;
}

/* Sixteen digits that stand for the text, the same for ever. */
void
hash_hex(char out[EPISODE_MAX], struct str text)
{
	static const uint8_t key[SIPHASH_KEY] = "ccmon episode id";

	siphash_hex(out, key, text);
	out[SIPHASH_HEX] = '\0';
}

static void
name_episode(struct alerts *a, struct alert *al)
{
	struct str rule = alert_rule(al), scope = alert_scope(al);

	out_reset(&a->scratch);
	out_printf(&a->scratch, "%s\n%.*s\n%.*s\n%lld", a->site.p, STR_ARG(rule), STR_ARG(scope),
	    (long long)al->began);
	assert(!a->scratch.failed);
	hash_hex(al->episode, (struct str){ a->scratch.buf, (uint32_t)a->scratch.len });
}

/* Everything that belonged to the episode before. */
static void
forget_episode(struct alerts *a, struct alert *al)
{
	al->episode[0] = '\0';
	al->began = al->ended = al->clear_since = -1;
	al->flapping = al->gathered = false;
	al->reason = REASON_CLEAR;
	al->round = al->step = al->repeats = 0;
	al->round_began = al->next = al->acked_until = -1;
	text_set(&a->memory, &al->told, STR_NONE);
	text_set(&a->memory, &al->page, STR_NONE);
	text_set(&a->memory, &al->by, STR_NONE);
	text_set(&a->memory, &al->note, STR_NONE);
}

void
alert_begin_episode(struct alerts *a, struct alert *al, msec_t began)
{
	forget_episode(a, al);
	enter(al, LIFE_FIRING, began);
	al->began = began;
	al->flapping = al->last_begin >= 0 && began - al->last_begin < FLAP_MS;
	al->last_begin = began;
	al->just_began = true;
	name_episode(a, al);
}

void
alert_end(struct alerts *a, struct alert *al, enum reason reason, msec_t at)
{
	(void)a;
	enter(al, LIFE_RESOLVED, at);
	al->ended = at;
	al->reason = (uint8_t)reason;
	al->next = al->acked_until = -1;
	al->just_ended = true;
}

/* ---- what the table is made of ---- */

static void
stay(struct alerts *a, struct alert *al, msec_t now)
{
	(void)a;
	(void)al;
	(void)now;
}

static void
begin(struct alerts *a, struct alert *al, msec_t now)
{
	if (al->rule->def->hold == 0) {
		alert_begin_episode(a, al, now);
		return;
	}
	forget_episode(a, al);
	enter(al, LIFE_PENDING, now);
}

/* An episode begins when its `for` is over, not when somebody looked: so its
 * id does not depend on how often that is. */
static void
wait_on(struct alerts *a, struct alert *al, msec_t now)
{
	msec_t due = al->since + al->rule->def->hold;

	if (now >= due)
		alert_begin_episode(a, al, due);
}

static void
wait_anew(struct alerts *a, struct alert *al, msec_t now)
{
	(void)a;
	enter(al, LIFE_PENDING, now);
}

static void
drop(struct alerts *a, struct alert *al, msec_t now)
{
	(void)a;
	enter(al, LIFE_QUIET, now);
}

static void
go_on(struct alerts *a, struct alert *al, msec_t now)
{
	(void)a;
	(void)now;
	al->unsaved |= al->clear_since >= 0;
	al->clear_since = -1;
}

static msec_t
clear_for(const struct alert *al)
{
	msec_t own = al->rule->def->clear_for;

	return al->flapping && own < FLAP_MS ? FLAP_MS : own;
}

static void
clear(struct alerts *a, struct alert *al, msec_t now)
{
	if (al->clear_since < 0) {
		al->clear_since = now;
		al->unsaved = true;
	}
	if (now - al->clear_since >= clear_for(al))
		alert_end(a, al, REASON_CLEAR, now);
}

static void
close_up(struct alerts *a, struct alert *al, msec_t now)
{
	alert_end(a, al, REASON_CLOSED, now);
}

static void
lose(struct alerts *a, struct alert *al, msec_t now)
{
	alert_end(a, al, REASON_GONE, now);
}

static void
remove_rule(struct alerts *a, struct alert *al, msec_t now)
{
	alert_end(a, al, REASON_REMOVED, now);
}

static void
fade(struct alerts *a, struct alert *al, msec_t now)
{
	(void)a;
	if (now - al->since >= RESOLVED_MS)
		enter(al, LIFE_QUIET, now);
}

/* clang-format off */
static life_fn *const lives[LIFE_COUNT][FACT_COUNT] = {
	/*		    holds    fails  undefined  blind      closed    gone  removed */
	[LIFE_QUIET]	= { begin,   stay,  stay,      stay,      stay,     stay, stay },
	[LIFE_PENDING]	= { wait_on, drop,  drop,      wait_anew, drop,     drop, drop },
	[LIFE_FIRING]	= { go_on,   clear, go_on,     go_on,     close_up, lose, remove_rule },
	[LIFE_RESOLVED]	= { begin,   fade,  fade,      fade,      fade,     fade, fade },
};
/* clang-format on */

/* After a jump of the clock nothing begins or ends; what breaks is seen. */
static void
look_tilted(struct alerts *a, struct alert *al, enum fact fact, msec_t now)
{
	if (al->life == LIFE_PENDING && fact != FACT_HOLDS)
		wait_anew(a, al, now);
	if (al->life == LIFE_FIRING && fact != FACT_FAILS)
		go_on(a, al, now);
}

/* The outbox told of a later moment: until then it fires, whatever is found;
 * since when it is clear is found again. */
static void
look_again(struct alerts *a, struct alert *al, enum fact fact, msec_t now)
{
	if (al->life != LIFE_FIRING || now < al->began)
		return;
	if (fact != FACT_FAILS)
		go_on(a, al, now);
	else if (al->clear_since < 0)
		al->clear_since = now;
}

void
alert_look(struct alerts *a, struct alert *al, enum fact fact, msec_t now)
{
	al->blind = fact == FACT_BLIND;
	if (now <= al->not_before)
		look_again(a, al, fact, now);
	else if (now < a->tilt_until)
		look_tilted(a, al, fact, now);
	else
		lives[al->life][fact](a, al, now);
}

/* How an earlier episode bears on the next one is remembered a while. */
bool
alert_is_over(const struct alert *al, msec_t now)
{
	return al->life == LIFE_QUIET && (al->last_begin < 0 || now - al->last_begin >= FLAP_MS);
}

msec_t
alert_next(const struct alert *al)
{
	if (al->rule == NULL || al->blind)
		return MSEC_NEVER;
	if (al->life == LIFE_PENDING)
		return al->since + al->rule->def->hold;
	if (al->life == LIFE_FIRING && al->clear_since >= 0)
		return al->clear_since + clear_for(al);
	return MSEC_NEVER;
}
