/* SPDX-License-Identifier: MIT */
/*
 * calls.c: the table of open calls.  It keeps, finds and notes them; what a
 * message does to one, and what is told of it, is its dialect's business.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"

bool
calls_init(struct calls *calls)
{
	calls->row = malloc(CALLS_MAX * sizeof(*calls->row)); /* touched when used */
	if (calls->row == NULL)
		return false;
	if (slots_init(&calls->slots, CALLS_MAX))
		return true;
	free(calls->row);
	return false;
}

void
calls_fini(struct calls *calls)
{
	slots_fini(&calls->slots);
	free(calls->row);
}

static uint32_t
place(const struct calls *calls, const struct call *call)
{
	return (uint32_t)(call - calls->row);
}

void
calls_name(char *to, size_t max, struct str text)
{
	assert(text.n <= max);
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	to[text.n] = '\0';
}

static char *
word_of(struct call *call, enum call_word word)
{
	switch (word) {
	case CALL_CONTACT:
		return call->contact;
	case CALL_PEER:
		return call->peer;
	case CALL_LINKED:
		return call->linked;
	}
	return NULL;
}

void
calls_set(struct calls *calls, struct call *call, enum call_word word, struct str text)
{
	calls_name(word_of(call, word), ID_MAX_BYTES, text);
	slots_word(&calls->slots, place(calls, call), word, text);
	calls_change(calls, call);
}

bool
calls_full(const struct calls *calls)
{
	return calls->slots.n == CALLS_MAX;
}

struct call *
calls_add(struct calls *calls, struct str contact, struct str queue)
{
	uint32_t i = slots_take(&calls->slots);
	struct call *call;

	assert(i != SLOT_NONE);
	call = &calls->row[i];
	memset(call, 0, sizeof(*call));
	call->wait_ms = call->talk_ms = -1;
	calls_name(call->queue, NAME_MAX_BYTES, queue);
	calls_set(calls, call, CALL_CONTACT, contact);
	return call;
}

void
calls_change(struct calls *calls, const struct call *call)
{
	slots_change(&calls->slots, place(calls, call));
}

void
calls_drop(struct calls *calls, struct call *call)
{
	slots_free(&calls->slots, place(calls, call));
}

void
calls_drop_all(struct calls *calls)
{
	struct call *call;
	uint32_t i = 0;

	while ((call = calls_walk(calls, &i)) != NULL)
		calls_drop(calls, call);
}

struct call *
calls_walk(struct calls *calls, uint32_t *i)
{
	for (; *i < calls->slots.high; (*i)++)
		if (slots_taken(&calls->slots, *i))
			return &calls->row[(*i)++];
	return NULL;
}

struct call *
calls_oldest(struct calls *calls)
{
	struct call *call, *oldest = NULL;
	uint32_t i = 0;

	while ((call = calls_walk(calls, &i)) != NULL)
		if (oldest == NULL || call->begun < oldest->begun)
			oldest = call;
	return oldest;
}

static bool
is_in(const struct call *call, unsigned phases, struct str queue)
{
	return (phases >> call->phase & 1) != 0 && (queue.n == 0 || str_is(queue, call->queue));
}

static struct call *
find_from(struct calls *calls, uint32_t i, unsigned phases, enum call_word word, struct str text,
    struct str queue)
{
	struct call *call;

	for (; (i = slots_find(&calls->slots, i, word, text)) != SLOT_NONE; i++) {
		call = &calls->row[i];
		if (is_in(call, phases, queue) && str_is(text, word_of(call, word)))
			return call;
	}
	return NULL;
}

struct call *
calls_find(
    struct calls *calls, unsigned phases, enum call_word word, struct str text, struct str queue)
{
	return find_from(calls, 0, phases, word, text, queue);
}

struct call *
calls_find_next(struct calls *calls, const struct call *call, unsigned phases, enum call_word word,
    struct str text, struct str queue)
{
	return find_from(calls, place(calls, call) + 1, phases, word, text, queue);
}

struct call *
calls_of_agent(struct calls *calls, struct str agent, struct str queue)
{
	struct call *call, *found = NULL;
	uint32_t i = 0;

	while ((call = calls_walk(calls, &i)) != NULL) {
		if (!is_in(call, PHASE(TALKING), queue) || !str_is(agent, call->agent))
			continue;
		if ((call->facts & (FACT_GONE | FACT_AGENT_GONE)) != 0)
			return call;
		if (found == NULL)
			found = call;
	}
	return found;
}

/* ---- notes */

#define NUMBERS                                                                                    \
	"call %u %u %u %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64       \
	" %" PRId64

/* The longest ids leave no room for what helps to find a call again, or names
 * where it went: without it more is left to the listing. */
static void
write_note(const struct call *c, struct jot *note)
{
	jot_begin(note, NUMBERS, c->phase, c->facts, c->held, c->begun, c->since, c->due,
	    c->held_at, c->held_ms, c->wait_ms, c->talk_ms);
	(void)jot_line(note, c->contact);
	(void)jot_line(note, c->queue);
	(void)jot_line(note, c->agent);
	(void)jot_line(note, c->peer);
	(void)jot_line(note, c->target);
	(void)jot_line(note, c->linked);
}

bool
calls_changed(struct calls *calls, uint32_t *i, struct jot *note)
{
	if (!slots_changed(&calls->slots, i))
		return false;
	note->len = 0;
	if (slots_taken(&calls->slots, *i))
		write_note(&calls->row[*i], note);
	return true;
}

static bool
is_time(msec_t at)
{
	return at >= TIME_LOW && at <= TIME_HIGH;
}

static bool
is_length(int64_t ms)
{
	return ms >= -1 && ms <= LENGTH_HIGH; /* -1: not known */
}

static bool
read_numbers(struct call *c, const char *line)
{
	unsigned phase, facts, held;

	if (sscanf(line, NUMBERS, &phase, &facts, &held, &c->begun, &c->since, &c->due, &c->held_at,
	        &c->held_ms, &c->wait_ms, &c->talk_ms) != 10)
		return false;
	c->phase = (uint8_t)phase;
	c->facts = (uint8_t)facts;
	c->held = (uint8_t)held;
	return phase < CALL_NPHASES && is_time(c->begun) && is_time(c->since) &&
	       is_time(c->held_at) && is_length(c->held_ms) && is_length(c->wait_ms) &&
	       is_length(c->talk_ms);
}

static bool
is_name(const char *text, size_t low, size_t high)
{
	return name_check(str_of(text), low, high) == REFUSAL_NONE;
}

static bool
read_note(struct call *c, struct str note)
{
	char line[DIALECT_NOTE_MAX + 1];

	if (!jot_take(&note, line, DIALECT_NOTE_MAX) || !read_numbers(c, line))
		return false;
	if (!jot_take(&note, c->contact, ID_MAX_BYTES) ||
	    !jot_take(&note, c->queue, NAME_MAX_BYTES) ||
	    !jot_take(&note, c->agent, NAME_MAX_BYTES))
		return false;
	(void)jot_take(&note, c->peer, ID_MAX_BYTES);
	(void)jot_take(&note, c->target, ID_MAX_BYTES);
	(void)jot_take(&note, c->linked, ID_MAX_BYTES);
	return is_name(c->contact, 1, ID_MAX_BYTES) && is_name(c->queue, 1, NAME_MAX_BYTES) &&
	       is_name(c->agent, c->phase >= CALL_TALKING, NAME_MAX_BYTES) &&
	       is_name(c->target, 0, ID_MAX_BYTES);
}

bool
calls_recall(struct calls *calls, uint32_t i, struct str note)
{
	struct call c = { 0 };

	if (!read_note(&c, note) || slots_take_at(&calls->slots, i) == SLOT_NONE)
		return false;
	calls->row[i] = c;
	slots_word(&calls->slots, i, CALL_CONTACT, str_of(c.contact));
	slots_word(&calls->slots, i, CALL_PEER, str_of(c.peer));
	slots_word(&calls->slots, i, CALL_LINKED, str_of(c.linked));
	return true;
}
