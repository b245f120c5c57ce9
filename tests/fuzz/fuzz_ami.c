/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ami.c: any bytes as messages of Asterisk's manager, one after the other,
 * with an empty line between them.  An empty message is a death: the notes are
 * recalled by a new one.  A few bytes at the front are the notes of the first.
 */
#include <stdio.h>

#include "fuzz_dialect.h"

#define NOTES_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct dialect *dialect;
static void *state;
static struct {
	size_t len;
	char text[DIALECT_NOTE_MAX];
} notes[NOTES_MAX];

static void
keep_notes(void)
{
	struct str note;
	unsigned i;

	while (dialect->memory->changed(state, &i, &note)) {
		assert(note.n <= DIALECT_NOTE_MAX);
		if (i >= NOTES_MAX)
			continue;
		notes[i].len = note.n;
		if (note.n > 0)
			memcpy(notes[i].text, note.p, note.n);
	}
}

static void
live_again(void)
{
	if (state != NULL)
		dialect->close(state);
	state = dialect->open("pbx1");
	assert(state != NULL);
	for (unsigned i = 0; i < NOTES_MAX; i++)
		if (notes[i].len > 0)
			dialect->memory->recall(
			    state, i, (struct str){ notes[i].text, (uint32_t)notes[i].len });
}

/* "#" and a digit: what follows, to the end of the message, is that note. */
static bool
take_note(const uint8_t *data, size_t len)
{
	unsigned i;

	if (len < 2 || data[0] != '#' || data[1] < '0' || data[1] > '9')
		return false;
	i = data[1] - '0';
	notes[i].len = len - 2 < DIALECT_NOTE_MAX ? len - 2 : DIALECT_NOTE_MAX;
	memcpy(notes[i].text, data + 2, notes[i].len);
	return true;
}

static void
take_message(const uint8_t *data, size_t len)
{
	if (len == 0)
		live_again();
	else if (!take_note(data, len)) {
		check_decode(dialect, state, data, len);
		keep_notes();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	size_t len;

	dialect = dialect_find("ami");
	memset(notes, 0, sizeof(notes));
	live_again();
	while (size > 0) {
		end = memmem(data, size, "\n\n", 2);
		len = end != NULL ? (size_t)(end - data) : size;
		take_message(data, len);
		len += end != NULL ? 2 : 0;
		data += len;
		size -= len;
	}
	dialect->close(state);
	state = NULL;
	return 0;
}
