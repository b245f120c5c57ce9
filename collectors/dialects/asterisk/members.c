/* SPDX-License-Identifier: MIT */
/*
 * members.c: the table of members of queues.  It keeps, finds and notes them;
 * what a message does to a row, and what is told of an agent, is its dialect's
 * business.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "members.h"

enum member_word { MEMBER_AGENT, MEMBER_INTERFACE };

bool
members_init(struct members *members)
{
	members->row = malloc(MEMBERS_MAX * sizeof(*members->row)); /* touched when used */
	if (members->row == NULL)
		return false;
	if (slots_init(&members->slots, MEMBERS_MAX))
		return true;
	free(members->row);
	return false;
}

void
members_fini(struct members *members)
{
	slots_fini(&members->slots);
	free(members->row);
}

static uint32_t
place(const struct members *members, const struct member *member)
{
	return (uint32_t)(member - members->row);
}

static void
copy(char *to, size_t max, struct str text)
{
	assert(text.n <= max);
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	to[text.n] = '\0';
}

static void
index_words(struct members *members, uint32_t i)
{
	slots_word(&members->slots, i, MEMBER_AGENT, str_of(members->row[i].agent));
	slots_word(&members->slots, i, MEMBER_INTERFACE, str_of(members->row[i].interface));
}

struct member *
members_add(struct members *members, struct str queue, struct str interface, struct str agent)
{
	uint32_t i = slots_take(&members->slots);
	struct member *member;

	if (i == SLOT_NONE)
		return NULL;
	member = &members->row[i];
	memset(member, 0, sizeof(*member));
	copy(member->queue, NAME_MAX_BYTES, queue);
	copy(member->interface, INTERFACE_MAX, interface);
	copy(member->agent, NAME_MAX_BYTES, agent);
	index_words(members, i);
	members_change(members, member);
	return member;
}

void
members_change(struct members *members, const struct member *member)
{
	slots_change(&members->slots, place(members, member));
}

void
members_drop(struct members *members, struct member *member)
{
	slots_free(&members->slots, place(members, member));
}

struct member *
members_walk(struct members *members, uint32_t *i)
{
	for (; *i < members->slots.high; (*i)++)
		if (slots_taken(&members->slots, *i))
			return &members->row[(*i)++];
	return NULL;
}

struct member *
members_find(struct members *members, struct str queue, struct str interface)
{
	struct member *member;
	uint32_t i = 0;

	for (; (i = slots_find(&members->slots, i, MEMBER_INTERFACE, interface)) != SLOT_NONE;
	     i++) {
		member = &members->row[i];
		if (str_is(interface, member->interface) && str_is(queue, member->queue))
			return member;
	}
	return NULL;
}

struct member *
members_of(struct members *members, struct str agent, uint32_t *i)
{
	while ((*i = slots_find(&members->slots, *i, MEMBER_AGENT, agent)) != SLOT_NONE) {
		struct member *member = &members->row[(*i)++];

		if (str_is(agent, member->agent))
			return member;
	}
	return NULL;
}

struct member *
members_in(struct members *members, struct str agent, struct str queue)
{
	struct member *member;
	uint32_t i = 0;

	while ((member = members_of(members, agent, &i)) != NULL)
		if (str_is(queue, member->queue))
			return member;
	return NULL;
}

/* Of several pauses the first one's reason is given, so that it does not
 * change with every message about another. */
void
members_standing(struct members *members, struct str agent, struct standing *s)
{
	const struct member *member;
	uint32_t i = 0;

	*s = (struct standing){ 0 };
	while ((member = members_of(members, agent, &i)) != NULL) {
		s->there = s->there || !member->away;
		if (member->paused && !s->paused)
			memcpy(s->reason, member->reason, sizeof(s->reason));
		s->paused = s->paused || member->paused;
	}
}

bool
standing_same(const struct standing *a, const struct standing *b)
{
	return a->there == b->there && a->paused == b->paused && strcmp(a->reason, b->reason) == 0;
}

/* A Local channel "Local/7@house/n" has two ends, "Local/7@house-00000001;1". */
static bool
is_at(const char *interface, struct str channel)
{
	size_t n = strlen(interface);

	if (n > 2 && strcmp(interface + n - 2, "/n") == 0)
		n -= 2;
	return n > 0 && channel.n > n && channel.p[n] == '-' &&
	       memcmp(channel.p, interface, n) == 0 &&
	       memchr(channel.p + n + 1, '-', channel.n - n - 1) == NULL;
}

bool
member_has_channel(const struct member *member, struct str channel)
{
	return is_at(member->interface, channel) || is_at(member->phone, channel);
}

/* ---- notes */

#define NUMBERS "member %u %u %" PRId64

bool
members_changed(struct members *members, uint32_t *i, struct jot *note)
{
	const struct member *m;

	if (!slots_changed(&members->slots, i))
		return false;
	note->len = 0;
	if (!slots_taken(&members->slots, *i))
		return true;
	m = &members->row[*i];
	jot_begin(note, NUMBERS, m->away, m->paused, m->wrapup);
	(void)jot_line(note, m->queue);
	(void)jot_line(note, m->interface);
	(void)jot_line(note, m->agent);
	(void)jot_line(note, m->reason);
	(void)jot_line(note, m->phone);
	return true;
}

static bool
is_name(const char *text, size_t low, size_t high)
{
	return name_check(str_of(text), low, high) == REFUSAL_NONE;
}

static bool
read_note(struct member *m, struct str note)
{
	char line[DIALECT_NOTE_MAX + 1];
	unsigned away, paused;

	if (!jot_take(&note, line, DIALECT_NOTE_MAX) ||
	    sscanf(line, NUMBERS, &away, &paused, &m->wrapup) != 3)
		return false;
	m->away = away != 0;
	m->paused = paused != 0;
	return m->wrapup >= 0 && m->wrapup <= LENGTH_HIGH &&
	       jot_take(&note, m->queue, NAME_MAX_BYTES) &&
	       jot_take(&note, m->interface, INTERFACE_MAX) &&
	       jot_take(&note, m->agent, NAME_MAX_BYTES) &&
	       jot_take(&note, m->reason, PAUSE_REASON_MAX) &&
	       jot_take(&note, m->phone, INTERFACE_MAX) && is_name(m->queue, 1, NAME_MAX_BYTES) &&
	       is_name(m->interface, 1, INTERFACE_MAX) && is_name(m->agent, 1, NAME_MAX_BYTES) &&
	       is_name(m->reason, 0, PAUSE_REASON_MAX);
}

bool
members_recall(struct members *members, uint32_t i, struct str note)
{
	struct member m = { 0 };

	if (!read_note(&m, note) || slots_take_at(&members->slots, i) == SLOT_NONE)
		return false;
	members->row[i] = m;
	index_words(members, i);
	return true;
}
