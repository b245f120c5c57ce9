/* SPDX-License-Identifier: MIT */
/*
 * test_stanza.c: bytes of a switch's line into stanzas.  Each text is read at
 * once, a byte at a time and in odd pieces: what comes out is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "collectors/inputs/stanza.h"
#include "ccmon/out.h"

static const char letters[] = "-WNOB"; /* by enum stanza_kind */
static const size_t pieces[] = { 1, 2, 3, 7, 1000, SIZE_MAX };

/* One line a stanza: its letter, its head in brackets and its body in braces. */
static void
tell(struct out *o, const struct stanza *st)
{
	out_printf(o, "%c[", letters[st->kind]);
	out_bytes(o, st->head.p, st->head.n);
	out_str(o, "]");
	if (st->body.n > 0) {
		out_str(o, "{");
		out_bytes(o, st->body.p, st->body.n);
		out_str(o, "}");
	}
}

static size_t
feed(struct stanzas *s, struct str text, size_t most)
{
	size_t room, n;
	char *to = stanzas_room(s, &room);

	assert_non_null(to);
	assert_true(room > 0);
	n = most < room ? most : room;
	if (n > text.n)
		n = text.n;
	memcpy(to, text.p, n);
	stanzas_fill(s, n);
	return n;
}

static void
read_in_pieces(struct out *o, const struct stanzas_options *options, struct str text, size_t most)
{
	struct stanzas *s = stanzas_new(options);
	struct stanza st;
	size_t n;

	assert_non_null(s);
	out_reset(o);
	for (st.kind = STANZA_NONE; text.n > 0 && st.kind != STANZA_BROKEN; text.n -= n) {
		n = feed(s, text, most);
		text.p += n;
		while (stanzas_next(s, &st) != STANZA_NONE && st.kind != STANZA_BROKEN)
			tell(o, &st);
		if (st.kind == STANZA_BROKEN)
			tell(o, &st);
	}
	out_bytes(o, "", 1);
	assert_false(o->failed);
	stanzas_free(s);
}

static void
assert_read(const struct stanzas_options *options, struct str text, const char *want)
{
	struct out o;

	out_init(&o);
	for (size_t i = 0; i < COUNTOF(pieces); i++) {
		read_in_pieces(&o, options, text, pieces[i]);
		assert_string_equal(o.buf, want);
	}
	out_fini(&o);
}

static const struct stanzas_options plain, greets = { .greets = true },
                                           bodies = { .has_bodies = true };

static const struct {
	const struct stanzas_options *options;
	const char *text, *want;
} readings[] = {
	{ &plain, "A: 1\r\nB: 2\r\n\r\nC: 3\r\n\r\n", "W[A: 1\r\nB: 2\r\n]W[C: 3\r\n]" },
	{ &plain, "A: 1\nB: 2\n\nC: 3\n\n", "W[A: 1\nB: 2\n]W[C: 3\n]" },
	{ &plain, "A: 1\r\nB: 2\n\r\nC: 3\n\n", "W[A: 1\r\nB: 2\n]W[C: 3\n]" },
	{ &plain, "\r\n\n\r\nA: 1\r\n\r\n\r\n\r\nB: 2\n\n", "W[A: 1\r\n]W[B: 2\n]" },
	{ &plain, "A: 1\r\nhalf", "" },
	{ &plain, "A: 1\r\n\r", "" },
	{ &plain, "what is this\r\nA: 1\r\n\r\n", "N[what is this]W[A: 1\r\n]" },
	{ &plain, "A: 1\r\nno colon\r\n\r\n", "W[A: 1\r\nno colon\r\n]" },
	{ &plain, "A: 1\r\n\r\r\n\r\n", "W[A: 1\r\n\r\r\n]" },
	{ &plain, "Content-Length: 3\n\nA: 1\n\n", "W[Content-Length: 3\n]W[A: 1\n]" },
	{ &greets, "Asterisk Call Manager/9.0.0\r\nA: 1\r\n\r\n",
	    "W[Asterisk Call Manager/9.0.0]W[A: 1\r\n]" },
	{ &greets, "\r\nA: 1\r\n\r\n", "W[]W[A: 1\r\n]" },
	{ &bodies, "T: x\nContent-Length: 3\n\nabcT: y\n\n",
	    "W[T: x\nContent-Length: 3\n]{abc}W[T: y\n]" },
	{ &bodies, "content-length:5 \r\n\r\n\n\n: \nT: y\n\n",
	    "W[content-length:5 \r\n]{\n\n: \n}W[T: y\n]" },
	{ &bodies, "Content-Length: 0\n\nT: y\n\n", "W[Content-Length: 0\n]W[T: y\n]" },
	{ &bodies, "Content-Length: 3\n\nab", "" },
	{ &bodies, "Content-Length: -3\n\nabc", "B[Content-Length: -3\n]" },
	{ &bodies, "Content-Length:\n\nabc", "B[Content-Length:\n]" },
	{ &bodies, "Content-Length: 1x\n\nabc", "B[Content-Length: 1x\n]" },
	{ &bodies, "Content-Length: 1234567890123456\n\nabc",
	    "B[Content-Length: 1234567890123456\n]" },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(readings); i++)
		assert_read(readings[i].options, str_of(readings[i].text), readings[i].want);
}

/* ---- what is too long */

static void
put_many(struct out *o, const char *text, size_t bytes)
{
	for (size_t n = 0; n < bytes; n += strlen(text))
		out_bytes(o, text, strlen(text) < bytes - n ? strlen(text) : bytes - n);
}

/* A stanza whose head has so many bytes, and one after it. */
static void
long_head(struct out *o, const char *line, size_t bytes, const char *end)
{
	out_reset(o);
	put_many(o, line, bytes - 5);
	out_str(o, "z: z\n");
	out_str(o, end);
	out_str(o, "T: y\n\n");
	assert_false(o->failed);
}

static enum stanza_kind
first_kind(const struct stanzas_options *options, const struct out *o, size_t most)
{
	struct out told;
	const char *letter;

	out_init(&told);
	read_in_pieces(&told, options, (struct str){ o->buf, (uint32_t)o->len }, most);
	letter = strchr(letters, told.buf[0]);
	assert_non_null(letter);
	if (*letter != 'B')
		assert_non_null(strstr(told.buf, "W[T: y\n]")); /* and on it goes */
	out_fini(&told);
	return (enum stanza_kind)(letter - letters);
}

static void
a_head_has_a_limit(void **state)
{
	static const char *const ends[] = { "\n", "\r\n" };
	struct out o;

	(void)state;
	out_init(&o);
	for (size_t e = 0; e < COUNTOF(ends); e++)
		for (size_t i = 0; i < COUNTOF(pieces); i++) {
			size_t most = pieces[i];

			long_head(&o, "a: b\n", STANZA_HEAD_MAX, ends[e]);
			assert_int_equal(first_kind(&plain, &o, most), STANZA_WHOLE);
			assert_int_equal(first_kind(&bodies, &o, most), STANZA_WHOLE);
			long_head(&o, "a: b\n", STANZA_HEAD_MAX + 2, ends[e]);
			assert_int_equal(first_kind(&plain, &o, most), STANZA_OVERSIZED);
			assert_int_equal(first_kind(&bodies, &o, most), STANZA_BROKEN);
			long_head(&o, "a line without an end ", 5 * STANZA_HEAD_MAX, ends[e]);
			assert_int_equal(first_kind(&plain, &o, most), STANZA_OVERSIZED);
			assert_int_equal(first_kind(&greets, &o, most), STANZA_OVERSIZED);
		}
	out_fini(&o);
}

static void
with_body(struct out *o, size_t bytes)
{
	out_reset(o);
	out_printf(o, "Content-Length: %zu\n\n", bytes);
	put_many(o, "x: y\n\n", bytes);
	out_str(o, "T: y\n\n");
}

static void
a_body_has_a_limit(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	for (size_t i = 2; i < COUNTOF(pieces); i++) {
		with_body(&o, STANZA_BODY_MAX);
		assert_int_equal(first_kind(&bodies, &o, pieces[i]), STANZA_WHOLE);
		with_body(&o, STANZA_BODY_MAX + 1);
		assert_int_equal(first_kind(&bodies, &o, pieces[i]), STANZA_OVERSIZED);
		with_body(&o, 3 * STANZA_BODY_MAX);
		assert_int_equal(first_kind(&bodies, &o, pieces[i]), STANZA_OVERSIZED);
	}
	out_fini(&o);
}

static void
a_connection_begins_anew(void **state)
{
	struct stanzas *s = stanzas_new(&greets);
	struct stanza st;

	(void)state;
	feed(s, str_of("Hello\nA: 1\n"), SIZE_MAX);
	assert_int_equal(stanzas_next(s, &st), STANZA_WHOLE);
	assert_int_equal(stanzas_next(s, &st), STANZA_NONE);
	stanzas_reset(s);
	feed(s, str_of("Hello again\nB: 1\n\n"), SIZE_MAX);
	assert_int_equal(stanzas_next(s, &st), STANZA_WHOLE);
	assert_memory_equal(st.head.p, "Hello again", st.head.n);
	assert_int_equal(stanzas_next(s, &st), STANZA_WHOLE);
	assert_memory_equal(st.head.p, "B: 1\n", st.head.n);
	stanzas_free(s);
}

/* ---- values */

static const struct {
	const char *head, *key, *want;
} values[] = {
	{ "Event: Hangup\r\nQueue: sales\r\n", "Event", "Hangup" },
	{ "Event: Hangup\r\nQueue: sales\r\n", "queue", "sales" },
	{ "Event: Hangup\r\nQueue: a b : c \r\n", "Queue", "a b : c" },
	{ "Event: Hangup\nQueue:\n", "Queue", "" },
	{ "Queue: sales", "Queue", "sales" },
	{ "Queue:", "Queue", "" },
	{ "Queue", "Queue", NULL },
	{ "Queue: a\nQueue: b\n", "Queue", "a" },
	{ "Queues: a\n", "Queue", NULL },
	{ "MyQueue: a\n", "Queue", NULL },
	{ "", "Queue", NULL },
};

static void
values_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(values); i++) {
		struct str v = stanza_value(str_of(values[i].head), values[i].key);

		if (values[i].want == NULL) {
			assert_null(v.p);
			continue;
		}
		assert_non_null(v.p);
		assert_int_equal(v.n, strlen(values[i].want));
		assert_memory_equal(v.p, values[i].want, v.n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(a_head_has_a_limit),
		cmocka_unit_test(a_body_has_a_limit),
		cmocka_unit_test(a_connection_begins_anew),
		cmocka_unit_test(values_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
