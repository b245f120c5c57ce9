/* SPDX-License-Identifier: MIT */
/*
 * notes.c: what is known of the switch, its callers and agents, and
 * the notes of it.
 *
 * A note is a line of fields between tabs, which no name holds; its first says
 * what it is.  It is given out when all events are that led to it, so that a
 * crash between two parts of a long listing tells the rest again and forgets
 * none.  Numbers of things that were forgotten are used again.
 */
#include <assert.h>
#include <ccmon/event.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "freeswitch.h"

struct fs_slot *
fs_next(struct freeswitch *fs, enum fs_kind kind, struct fs_slot *last)
{
	struct fs_slot *slot = last == NULL ? fs->slots : last + 1;

	for (; slot < fs->slots + fs->nslots; slot++)
		if (slot->kind == kind)
			return slot;
	return NULL;
}

struct fs_slot *
fs_find(struct freeswitch *fs, enum fs_kind kind, fs_is *is, const void *key)
{
	for (unsigned i = 1; i <= fs->nslots; i++) {
		unsigned at = (fs->found[kind] + i) % fs->nslots;

		if (fs->slots[at].kind == kind && is(&fs->slots[at], key)) {
			fs->found[kind] = at;
			return &fs->slots[at];
		}
	}
	return NULL;
}

/* Whether a note of what was there before is still owed does not change. */
struct fs_slot *
fs_new(struct freeswitch *fs, enum fs_kind kind)
{
	struct fs_slot *slot;
	unsigned i = fs->first_free;

	while (i < fs->nslots && fs->slots[i].kind != FS_FREE)
		i++;
	fs->first_free = i;
	if (i == FS_SLOTS_MAX) {
		fs_refuse(fs, REFUSAL_OVERSIZED, "members, agents and tiers");
		return NULL;
	}
	if (i == fs->nslots)
		fs->slots[fs->nslots++] = (struct fs_slot){ .kind = FS_FREE };
	slot = &fs->slots[i];
	*slot = (struct fs_slot){
		.kind = (uint8_t)kind, .changed = slot->changed, .after = slot->after
	};
	return slot;
}

/* And with it the last of the events it was changed by. */
void
fs_changed(struct freeswitch *fs, struct fs_slot *slot)
{
	slot->changed = fs->slots[0].changed = true;
	slot->after = fs->slots[0].after = fs->n;
}

void
fs_forget(struct freeswitch *fs, struct fs_slot *slot)
{
	unsigned i = (unsigned)(slot - fs->slots);

	slot->kind = FS_FREE;
	if (fs->first_free > i)
		fs->first_free = i;
	fs_changed(fs, slot);
}

void
fs_slots_init(struct freeswitch *fs)
{
	fs->nslots = 1;
	fs->slots[0].kind = FS_SWITCH;
	fs->sw = &fs->slots[0].sw;
}

/* ---- what a note holds */

enum type { END, NAME, TEXT, TIME, NUMBER, BYTE, FLAG }; /* a name is not empty, a text may be */

struct field {
	uint8_t type; /* enum type */
	uint8_t most; /* of a byte */
	uint16_t offset;
};

#define FIELD(type, kind, field)                                                                   \
	{                                                                                          \
		type, 1, offsetof(struct fs_slot, kind.field)                                      \
	}
#define FIELD_BYTE(kind, field, most)                                                              \
	{                                                                                          \
		BYTE, most, offsetof(struct fs_slot, kind.field)                                   \
	}

static const struct field of_switch[] = { FIELD(TEXT, sw, core), FIELD(NUMBER, sw, highest),
	FIELD(FLAG, sw, tells_states), FIELD(TIME, sw, now), { END } };
static const struct field of_member[] = { FIELD(NAME, member, uuid), FIELD(NAME, member, session),
	FIELD(NAME, member, queue), FIELD(TEXT, member, agent), FIELD(TEXT, member, agent_uuid),
	FIELD(TIME, member, again), FIELD(TIME, member, joined), FIELD(TIME, member, answered),
	FIELD(TIME, member, wait), FIELD(TIME, member, hold_since), FIELD(TIME, member, held),
	FIELD(TIME, member, gone), FIELD(TIME, member, missing), FIELD(TIME, member, heard),
	FIELD_BYTE(member, by, FS_BY_SYSTEM), FIELD(FLAG, member, told),
	FIELD(FLAG, member, listed), FIELD(FLAG, member, begun), { END } };
static const struct field of_agent[] = { FIELD(NAME, agent, name),
	FIELD_BYTE(agent, status, FS_ON_BREAK), FIELD(TIME, agent, wrap_up), { END } };
static const struct field of_tier[] = { FIELD(NAME, tier, agent), FIELD(NAME, tier, queue),
	{ END } };

static const struct {
	char letter;
	const struct field *fields;
} kinds[] = {
	[FS_SWITCH] = { 's', of_switch },
	[FS_MEMBER] = { 'm', of_member },
	[FS_AGENT] = { 'a', of_agent },
	[FS_TIER] = { 't', of_tier },
};

/* ---- writing */

static void
put(struct freeswitch *fs, size_t *n, const char *p, size_t len)
{
	assert(*n + len <= DIALECT_NOTE_MAX);
	memcpy(fs->note + *n, p, len);
	*n += len;
}

static void
put_field(struct freeswitch *fs, size_t *n, const struct fs_slot *slot, const struct field *f)
{
	const char *at = (const char *)slot + f->offset;
	const struct fs_name *name = (const struct fs_name *)(const void *)at;
	char number[24] = "";
	int64_t value = (unsigned char)*at;

	put(fs, n, "\t", 1);
	if (f->type == NAME || f->type == TEXT) {
		put(fs, n, name->p, name->n);
		return;
	}
	if (f->type == TIME || f->type == NUMBER)
		memcpy(&value, at, sizeof(value));
	put(fs, n, number, (size_t)snprintf(number, sizeof(number), "%" PRId64, value));
}

static bool
fs_note_changed(void *state, unsigned *number, struct str *note)
{
	struct freeswitch *fs = state;
	struct fs_slot *slot;
	size_t n = 0;

	for (slot = fs->slots + fs->next_note; slot < fs->slots + fs->nslots; slot++)
		if (slot->changed && slot->after <= fs->given)
			break;
	fs->next_note = *number = (unsigned)(slot - fs->slots);
	if (slot == fs->slots + fs->nslots)
		return false;
	slot->changed = false;
	if (slot->kind != FS_FREE) {
		put(fs, &n, &kinds[slot->kind].letter, 1);
		for (const struct field *f = kinds[slot->kind].fields; f->type != END; f++)
			put_field(fs, &n, slot, f);
	}
	*note = (struct str){ fs->note, (uint32_t)n };
	return true;
}

/* ---- reading */

/* Takes the next field off the front of rest. */
static bool
take(struct str *rest, struct str *field)
{
	const char *tab;

	if (rest->n == 0 || rest->p[0] != '\t')
		return false;
	*rest = (struct str){ rest->p + 1, rest->n - 1 };
	tab = rest->n > 0 ? memchr(rest->p, '\t', rest->n) : NULL;
	*field = *rest;
	if (tab != NULL)
		field->n = (uint32_t)(tab - rest->p);
	*rest = (struct str){ rest->p + field->n, rest->n - field->n };
	return true;
}

static bool
set_number(struct fs_slot *slot, const struct field *f, int64_t number)
{
	char *at = (char *)slot + f->offset;
	int64_t most = f->type == TIME ? TIME_HIGH : f->type == NUMBER ? INT64_MAX : f->most;

	if (number < 0 || number > most)
		return false;
	if (f->type == TIME || f->type == NUMBER)
		memcpy(at, &number, sizeof(number));
	else
		*(uint8_t *)at = (uint8_t)number;
	return true;
}

static bool
set_field(struct fs_slot *slot, const struct field *f, struct str text)
{
	struct fs_name *name = (struct fs_name *)(void *)((char *)slot + f->offset);

	if (f->type == TEXT && text.n == 0)
		return true;
	if (f->type == NAME || f->type == TEXT)
		return fs_name_set(name, text);
	return set_number(slot, f, fs_number(text));
}

static bool
parse(struct fs_slot *slot, struct str note)
{
	const struct field *f;
	struct str text;

	for (f = kinds[slot->kind].fields; f->type != END; f++)
		if (!take(&note, &text) || !set_field(slot, f, text))
			return false;
	return note.n == 0;
}

static void
fs_note_recall(void *state, unsigned number, struct str note)
{
	struct freeswitch *fs = state;
	struct fs_slot slot = { .kind = FS_SWITCH };

	if (number >= FS_SLOTS_MAX || note.n == 0)
		return;
	while (slot.kind < COUNTOF(kinds) && kinds[slot.kind].letter != note.p[0])
		slot.kind++;
	if (slot.kind == COUNTOF(kinds) || (slot.kind == FS_SWITCH) != (number == 0) ||
	    !parse(&slot, (struct str){ note.p + 1, note.n - 1 }))
		return;
	fs->slots[number] = slot;
	if (fs->nslots <= number)
		fs->nslots = number + 1;
	fs->old = fs->sw->highest;
	fs->due = 0;
}

const struct dialect_memory fs_memory = {
	.changed = fs_note_changed,
	.recall = fs_note_recall,
};
