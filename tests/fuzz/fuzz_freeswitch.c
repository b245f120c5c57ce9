/* SPDX-License-Identifier: MIT */
/*
 * fuzz_freeswitch.c: any bytes as what FreeSWITCH says, message after message,
 * divided by form feeds; one that begins with "note " is what a collector kept
 * from before, its number a letter.
 *
 * What must be true of every dialect is; and whatever it keeps fits, and it
 * can be gone on from.
 */
#include <stddef.h>

#include "collectors/dialects/freeswitch/freeswitch.h"
#include "fuzz_dialect.h"

#define NOTES 64 /* of more than so many things the rest is not looked at */
#define NOTE "note "

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct kept {
	size_t n;
	char p[DIALECT_NOTE_MAX];
};

/* A state as it is after it was opened, which takes too long each time: the
 * large tables are last, and are not looked at before they are written. */
static struct freeswitch *
open_anew(struct freeswitch **state)
{
	static struct freeswitch old; /* too large for the stack */

	if (*state == NULL)
		*state = dialect_find("freeswitch")->open("pbx1");
	assert(*state != NULL);
	memcpy(&old, *state, offsetof(struct freeswitch, events));
	memset(*state, 0, offsetof(struct freeswitch, events));
	memcpy((*state)->source, old.source, sizeof(old.source));
	(*state)->source_len = old.source_len;
	(*state)->tree = old.tree;
	(*state)->clean = old.clean;
	(*state)->slots[0] = (struct fs_slot){ 0 };
	fs_slots_init(*state);
	return *state;
}

/* "note aTEXT": of number 0. */
static bool
is_note(const uint8_t *data, size_t size)
{
	return size > sizeof(NOTE) && size - sizeof(NOTE) <= DIALECT_NOTE_MAX &&
	       memcmp(data, NOTE, sizeof(NOTE) - 1) == 0;
}

static void
recall(const struct dialect *dialect, void *state, const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data + sizeof(NOTE), (uint32_t)(size - sizeof(NOTE)) };

	dialect->memory->recall(state, data[sizeof(NOTE) - 1] - (unsigned)'a', text);
}

static void
keep_notes(const struct dialect *dialect, void *state, struct kept *kept)
{
	struct str note;
	unsigned number;

	while (dialect->memory->changed(state, &number, &note)) {
		assert(note.n <= DIALECT_NOTE_MAX);
		if (number >= NOTES)
			continue;
		kept[number].n = note.n;
		if (note.n > 0)
			memcpy(kept[number].p, note.p, note.n);
	}
}

/* Long after: nothing of what was kept is in the way. */
static void
start_again(const struct dialect *dialect, const struct kept *kept)
{
	static const char beat[] = "{\"Event-Name\":\"HEARTBEAT\","
	                           "\"Event-Date-Timestamp\":\"4000000000000000\"}";
	static struct freeswitch *again;
	void *state = open_anew(&again);

	for (unsigned i = 0; i < NOTES; i++)
		if (kept[i].n > 0)
			dialect->memory->recall(
			    state, i, (struct str){ kept[i].p, (uint32_t)kept[i].n });
	check_decode(dialect, state, (const uint8_t *)beat, sizeof(beat) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kept kept[NOTES];
	const struct dialect *dialect = dialect_find("freeswitch");
	static struct freeswitch *first;
	void *state = open_anew(&first);

	memset(kept, 0, sizeof(kept));
	while (size > 0) {
		const uint8_t *end = memchr(data, '\f', size);
		size_t n = end != NULL ? (size_t)(end - data) : size;

		if (is_note(data, n))
			recall(dialect, state, data, n);
		else {
			check_decode(dialect, state, data, n);
			keep_notes(dialect, state, kept);
		}
		data += end != NULL ? n + 1 : n;
		size -= end != NULL ? n + 1 : n;
	}
	start_again(dialect, kept);
	return 0;
}
