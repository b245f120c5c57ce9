/* SPDX-License-Identifier: MIT */
/*
 * codec.c: the fields of each thing the alerts keep, once for both ways.
 *
 * What can be found again is not kept: rules and objects are attached by
 * name, silences matched, inhibitors looked for.
 */
#include "codec.h"

#define STAMP_MAX (INT64_C(1) << 53) /* ms; nothing is further away */
#define MEMBERS_MAX 65536 /* of one page */

/* ---- one number, one text ---- */

static int64_t
number(struct codec *c, int64_t value, int64_t low, int64_t high)
{
	if (c->to == NULL)
		return unpack_within(&c->from, low, high);
	pack_int(c->to, c->memory, value);
	return value;
}

static void
code_time(struct codec *c, msec_t *t)
{
	*t = number(c, *t, -STAMP_MAX, STAMP_MAX);
}

static void
code_figure(struct codec *c, int64_t *value)
{
	*value = number(c, *value, INT64_MIN, INT64_MAX);
}

static void
code_u8(struct codec *c, uint8_t *value, unsigned count)
{
	*value = (uint8_t)number(c, *value, 0, (int64_t)count - 1);
}

static void
code_u16(struct codec *c, uint16_t *value)
{
	*value = (uint16_t)number(c, *value, 0, UINT16_MAX);
}

static void
code_u32(struct codec *c, uint32_t *value)
{
	*value = (uint32_t)number(c, *value, 0, UINT32_MAX);
}

static void
code_bool(struct codec *c, bool *value)
{
	*value = number(c, *value, 0, 1) == 1;
}

static void
code_text(struct codec *c, struct text *t)
{
	if (c->to != NULL)
		pack_str(c->to, c->memory, text_str(t));
	else
		text_set(c->memory, t, unpack_str(&c->from));
}

/* A text in an array of that size, with its NUL. */
static void
code_chars(struct codec *c, char *text, size_t size)
{
	struct str s;

	if (c->to != NULL) {
		pack_str(c->to, c->memory, str_of(text));
		return;
	}
	s = unpack_str(&c->from);
	if (s.n >= size)
		c->from.good = false;
	else if (s.n > 0)
		memcpy(text, s.p, s.n);
	text[s.n < size ? s.n : 0] = '\0';
}

/* ---- things ---- */

void
code_header(struct codec *c, struct alerts *a)
{
	struct storm *s = &a->storm;
	size_t n = (size_t)number(c, (int64_t)s->n, 0, MEMBERS_MAX);
	int64_t next_owed = number(c, (int64_t)a->next_owed, 0, INT64_MAX);

	a->next_owed = (uint64_t)next_owed;
	code_text(c, &a->orders_read);
	code_time(c, &a->note_ms);
	code_u32(c, &a->note_seq);
	code_time(c, &a->tilt_until);
	code_bool(c, &s->on);
	for (size_t i = 0; i < n && (c->to != NULL || c->from.good); i++) {
		s->at = memory_grow(c->memory, s->at, i, &s->cap, sizeof(*s->at));
		code_time(c, &s->at[i]);
		s->n = i + 1;
	}
}

void
code_alert(struct codec *c, struct alert *al)
{
	msec_t *const times[] = { &al->since, &al->clear_since, &al->began, &al->ended,
		&al->last_begin, &al->round_began, &al->next, &al->acked_until, &al->shown_since };
	struct text *const texts[] = { &al->metric, &al->condition, &al->summary, &al->told,
		&al->page, &al->by, &al->note };

	code_u8(c, &al->life, LIFE_COUNT);
	code_u8(c, &al->shown, ALERT_STATE_COUNT);
	code_u8(c, &al->reason, REASON_COUNT);
	code_u8(c, &al->severity, SEVERITY_COUNT);
	code_u8(c, &al->unit, UNIT_NUNITS);
	code_bool(c, &al->blind);
	code_bool(c, &al->flapping);
	code_bool(c, &al->gathered);
	code_u16(c, &al->round);
	code_u16(c, &al->step);
	code_u32(c, &al->repeats);
	code_figure(c, &al->value);
	code_figure(c, &al->threshold);
	code_chars(c, al->episode, sizeof(al->episode));
	for (size_t i = 0; i < COUNTOF(times); i++)
		code_time(c, times[i]);
	for (size_t i = 0; i < COUNTOF(texts); i++)
		code_text(c, texts[i]);
}

void
code_silence(struct codec *c, struct silence *s)
{
	code_text(c, &s->match);
	code_text(c, &s->by);
	code_text(c, &s->note);
	code_time(c, &s->since);
	code_time(c, &s->until);
}

static void
code_member(struct codec *c, struct member *m)
{
	code_text(c, &m->alert);
	code_text(c, &m->summary);
	code_chars(c, m->page, sizeof(m->page));
	code_chars(c, m->episode, sizeof(m->episode));
	code_time(c, &m->began);
	code_time(c, &m->ended);
	code_u16(c, &m->round);
	code_u16(c, &m->step);
	code_u8(c, &m->severity, SEVERITY_COUNT);
	code_figure(c, &m->value);
	code_figure(c, &m->threshold);
}

void
code_owed(struct codec *c, struct alerts *a, struct owed *o)
{
	size_t n = (size_t)number(c, (int64_t)o->n, 1, MEMBERS_MAX);

	code_chars(c, o->id, sizeof(o->id));
	code_u8(c, &o->kind, PAGE_KIND_COUNT);
	code_bool(c, &o->open);
	code_time(c, &o->time);
	code_text(c, &o->hooks);
	for (size_t i = 0; i < n && (c->to != NULL || c->from.good); i++)
		code_member(c, c->to != NULL ? &o->member[i] : owed_member(a, o));
}
