/* SPDX-License-Identifier: MIT */
/*
 * keys.c: the bytes of a terminal as keys.
 *
 * Function keys come as escape sequences, and Esc alone is the beginning of
 * each: what is unfinished waits for more, until whoever reads says that
 * nothing came for a while.  A sequence nobody knows is taken whole, so that
 * its letters do nothing.
 */
#include "top.h"

#define SEQUENCE_MAX 32 /* bytes; a longer one is no key */

static const struct {
	const char *bytes;
	uint8_t code; /* enum key_code */
} sequences[] = {
	{ "\033[A", KEY_UP },
	{ "\033OA", KEY_UP },
	{ "\033[B", KEY_DOWN },
	{ "\033OB", KEY_DOWN },
	{ "\033[C", KEY_RIGHT },
	{ "\033OC", KEY_RIGHT },
	{ "\033[D", KEY_LEFT },
	{ "\033OD", KEY_LEFT },
	{ "\033[5~", KEY_PAGE_UP },
	{ "\033[6~", KEY_PAGE_DOWN },
	{ "\033[H", KEY_HOME },
	{ "\033OH", KEY_HOME },
	{ "\033[1~", KEY_HOME },
	{ "\033[7~", KEY_HOME },
	{ "\033[F", KEY_END },
	{ "\033OF", KEY_END },
	{ "\033[4~", KEY_END },
	{ "\033[8~", KEY_END },
	{ "\033[Z", KEY_BACK_TAB },
	{ "\033OM", KEY_ENTER },
};

static const struct {
	char byte;
	uint8_t code;
} controls[] = {
	{ '\r', KEY_ENTER },
	{ '\n', KEY_ENTER },
	{ '\t', KEY_TAB },
	{ '\b', KEY_BACKSPACE },
	{ '\x7f', KEY_BACKSPACE },
	{ 'C' & 0x1f, KEY_INTERRUPT },
	{ 'Z' & 0x1f, KEY_SUSPEND },
	{ 'L' & 0x1f, KEY_REDRAW },
};

/* Bytes of the sequence that begins here; 0: it has no end yet. */
static size_t
sequence_length(const char *bytes, size_t n)
{
	if (n < 2)
		return 0;
	if (bytes[1] == 'O')
		return n < 3 ? 0 : 3;
	if (bytes[1] != '[')
		return 1; /* Esc, and then another key */
	for (size_t i = 2; i < n && i < SEQUENCE_MAX; i++)
		if (bytes[i] >= 0x40 && bytes[i] <= 0x7e)
			return i + 1;
		else if (bytes[i] < 0x20)
			return i; /* cut off by another key */
	return n < SEQUENCE_MAX ? 0 : SEQUENCE_MAX;
}

static size_t
next_sequence(struct key *k, const char *bytes, size_t n, bool last)
{
	size_t used = sequence_length(bytes, n);

	if (used == 0 && !last)
		return 0;
	if (used <= 1) {
		k->code = KEY_ESCAPE;
		return used == 0 && n > 1 ? n : 1;
	}
	for (size_t i = 0; i < COUNTOF(sequences); i++)
		if (strlen(sequences[i].bytes) == used &&
		    memcmp(sequences[i].bytes, bytes, used) == 0)
			k->code = sequences[i].code;
	return used;
}

/* Bytes a character has that begins so; 0: none begins so. */
static size_t
char_bytes(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static size_t
next_char(struct key *k, const char *bytes, size_t n, bool last)
{
	size_t want = char_bytes((unsigned char)bytes[0]);

	if (want == 0)
		return 1;
	if (n < want)
		return last ? n : 0;
	if (out_harmless((struct str){ bytes, (uint32_t)want }) != want)
		return 1;
	k->code = KEY_CHAR;
	k->n = (uint8_t)want;
	memcpy(k->text, bytes, want);
	return want;
}

size_t
key_next(struct key *k, const char *bytes, size_t n, bool last)
{
	*k = (struct key){ .code = KEY_UNKNOWN };
	if (n == 0)
		return 0;
	if (bytes[0] == '\033')
		return next_sequence(k, bytes, n, last);
	for (size_t i = 0; i < COUNTOF(controls); i++)
		if (controls[i].byte == bytes[0]) {
			k->code = controls[i].code;
			return 1;
		}
	return next_char(k, bytes, n, last);
}
