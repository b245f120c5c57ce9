/* SPDX-License-Identifier: MIT */
/*
 * fuzz_stanza.c: any bytes on the line of a switch.
 *
 * The first byte chooses a kind of line, and how the rest is cut.  It is read
 * at once and in pieces: both give the same stanzas.  What is handed out lies
 * within what came, in its order, and within its limits.  And so that a short
 * input finds a head's limit as well, a byte 0xff stands for thousands of the
 * one after it, three times.
 */
#include <collectors/inputs/stanza.h>
#include <ccmon/out.h>
#include <ccmon/siphash.h>

#include <assert.h>
#include <stdlib.h>

#define MANY 23000 /* bytes; three of them are too many for a head */
#define FOLDS 3 /* more is only slower; of long bodies the unit test knows */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct stanzas_options lines[] = {
	{ .greets = false, .has_bodies = false },
	{ .greets = true, .has_bodies = false },
	{ .greets = false, .has_bodies = true },
};

static const size_t cuts[] = { 1, 2, 3, 5, 64, 4096, 16384, SIZE_MAX };

static void
unfold(struct out *o, const uint8_t *data, size_t size)
{
	char many[MANY];
	int folds = 0;

	for (size_t i = 0; i < size; i++)
		if (data[i] != 0xff || i + 1 == size || folds++ >= FOLDS)
			out_bytes(o, &data[i], 1);
		else {
			memset(many, data[i + 1], sizeof(many));
			out_bytes(o, many, sizeof(many));
		}
	assert(!o->failed);
}

/* What was said, as a number; and that it is sane. */
static void
note(uint64_t *sum, const struct stanza *st)
{
	static const uint8_t key[SIPHASH_KEY] = "stanza";
	uint64_t parts[] = { *sum, st->kind, siphash(key, st->head.p, st->head.n), st->head.n,
		siphash(key, st->body.p, st->body.n), st->body.n };

	assert(st->head.n <= STANZA_HEAD_MAX + 1);
	assert(st->body.n <= STANZA_BODY_MAX);
	assert(st->body.n == 0 || st->kind == STANZA_WHOLE);
	if (st->kind == STANZA_NOISE)
		assert(st->head.n > 0 && memchr(st->head.p, ':', st->head.n) == NULL);
	assert(stanza_value(st->head, "Event").n <= st->head.n);
	*sum = siphash(key, parts, sizeof(parts));
}

static size_t
feed(struct stanzas *s, struct str text, size_t cut)
{
	size_t n;
	char *room = stanzas_room(s, &n);

	assert(room != NULL && n > 0);
	n = n < cut ? n : cut;
	n = n < text.n ? n : text.n;
	memcpy(room, text.p, n);
	stanzas_fill(s, n);
	return n;
}

static uint64_t
read_all(const struct stanzas_options *o, struct str text, size_t cut)
{
	struct stanzas *s = stanzas_new(o);
	struct stanza st = { .kind = STANZA_NONE };
	uint64_t sum = 0;
	size_t n;

	assert(s != NULL);
	for (; text.n > 0 && st.kind != STANZA_BROKEN; text.p += n, text.n -= (uint32_t)n) {
		n = feed(s, text, cut);
		while (st.kind != STANZA_BROKEN && stanzas_next(s, &st) != STANZA_NONE)
			note(&sum, &st);
	}
	stanzas_free(s);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stanzas_options *line;
	struct str text;
	struct out o;
	size_t cut;

	if (size == 0)
		return 0;
	line = &lines[data[0] % COUNTOF(lines)];
	cut = cuts[data[0] / COUNTOF(lines) % COUNTOF(cuts)];
	out_init(&o);
	unfold(&o, data + 1, size - 1);
	text = (struct str){ o.buf, (uint32_t)o.len };
	if (o.len > MANY && cut < 64)
		cut = 64; /* for the sake of time */
	assert(read_all(line, text, SIZE_MAX) == read_all(line, text, cut));
	out_fini(&o);
	return 0;
}
