/* SPDX-License-Identifier: MIT */
/*
 * test_wire.c: what goes in comes out, and damaged bytes never do.
 */
#include <ccmon/wire.h>

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The CRC's own file once more, to reach the way this processor does not take. */
uint32_t crc32c_again(uint32_t, const void *, size_t);
#define crc32c crc32c_again
#include "lib/crc32c.c"
#undef crc32c

static uint8_t buf[WIRE_BLOCK_MAX + 64];

static struct str
text(const char *s)
{
	return str_of(s);
}

/* RFC 3720 appendix B.4, and the check value of the catalogue of CRCs. */
static void
test_crc_vectors(void **state)
{
	uint8_t zeros[32] = { 0 }, ones[32], up[32], down[32];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < 32; i++) {
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(31 - i);
	}
	assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
	assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
	assert_int_equal(crc32c(0, up, 32), 0x46dd794e);
	assert_int_equal(crc32c(0, down, 32), 0x113fdb5c);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(~by_table(~0u, up, 32), 0x46dd794e);
	assert_int_equal(~by_table(~0u, (const uint8_t *)"123456789", 9), 0xe3069283);
}

static void
test_crc_ways_agree(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		uint32_t whole = crc32c(0, bytes, n);

		assert_int_equal(whole, ~by_table(~0u, bytes, n));
		assert_int_equal(whole, crc32c(crc32c(0, bytes, n / 3), bytes + n / 3, n - n / 3));
	}
}

/* Every member at its highest, longest or last. */
static struct event
full_event(void)
{
	static char longest[ID_MAX_BYTES];
	struct event ev = { .event = EVENT_NKINDS - 1 };

	memset(longest, 'x', sizeof(longest));
	for (int i = 0; i < EVENT_NMEMBERS; i++) {
		const struct event_member_row *row = &event_members[i];
		struct str s = { longest, (uint32_t)row->high };
		unsigned last = 0;

		if (row->type == TYPE_WORD) {
			while (word_name((enum word_set)row->low, last + 1) != NULL)
				last++;
			s = text(word_name((enum word_set)row->low, last));
		}
		if (row->type == TYPE_INT || row->type == TYPE_BOOL)
			assert_int_equal(event_set_int(&ev, i, row->high), REFUSAL_NONE);
		else
			assert_int_equal(event_set_str(&ev, i, s), REFUSAL_NONE);
	}
	return ev;
}

static struct event
small_event(void)
{
	struct event ev = { .event = EV_QUEUED };

	assert_int_equal(event_set_str(&ev, M_SOURCE, text("pbx1")), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_TIME, 1780000000000), REFUSAL_NONE);
	assert_int_equal(event_set_str(&ev, M_CHANNEL, text("chat")), REFUSAL_NONE);
	assert_int_equal(event_set_str(&ev, M_QUEUES, text("a\nb")), REFUSAL_NONE);
	assert_int_equal(event_set_str(&ev, M_REASON, text("")), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_PRIORITY, -3), REFUSAL_NONE);
	return ev;
}

static void
same_event(const struct event *a, const struct event *b)
{
	assert_true(a->has == b->has);
	assert_int_equal(a->event, b->event);
	for (int i = 0; i < EVENT_NMEMBERS; i++) {
		const struct event_member_row *row = &event_members[i];
		const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

		if (row->type == TYPE_INT)
			assert_memory_equal(x, y, sizeof(int64_t));
		else if (row->type == TYPE_BOOL || row->type == TYPE_WORD)
			assert_memory_equal(x, y, sizeof(uint8_t));
		else
			assert_true(str_eq(*(const struct str *)x, *(const struct str *)y));
	}
}

static const struct reject a_reject = {
	.time = 1780000000123,
	.why = REFUSAL_BAD_NAME,
	.source = { "pbx1", 4 },
	.detail = { "queue", 5 },
	.sample = { "{\"a\0b\xff", 7 },
};

/* A block of a full event, a reject and a small event, numbered from 41. */
static size_t
sealed_block(void)
{
	struct event full = full_event(), small = small_event();
	struct block b;

	block_begin(&b, buf, sizeof(buf), 41);
	assert_int_equal(block_add_event(&b, 1000, &full), 0);
	assert_int_equal(block_add_reject(&b, -1, &a_reject), 0);
	assert_int_equal(block_add_event(&b, INT64_MAX, &small), 0);
	assert_int_equal(b.count, 3);
	return block_seal(&b);
}

static void
test_block_there_and_back(void **state)
{
	struct event full = full_event(), small = small_event();
	size_t len = sealed_block();
	struct block_reader r;
	struct record rec;
	struct block b;

	(void)state;
	assert_int_equal(block_open(&b, buf, len), 0);
	assert_int_equal(b.first, 41);
	assert_int_equal(b.count, 3);
	block_read(&b, &r);
	assert_int_equal(block_next(&r, &rec), 1);
	assert_true(rec.seq == 41 && rec.received == 1000 && rec.type == RECORD_EVENT);
	same_event(&rec.ev, &full);
	assert_int_equal(block_next(&r, &rec), 1);
	assert_true(rec.seq == 42 && rec.received == -1 && rec.type == RECORD_REJECT);
	assert_true(rec.reject.time == a_reject.time && rec.reject.why == a_reject.why);
	assert_true(str_eq(rec.reject.source, a_reject.source));
	assert_true(str_eq(rec.reject.detail, a_reject.detail));
	assert_true(str_eq(rec.reject.sample, a_reject.sample));
	assert_int_equal(block_next(&r, &rec), 1);
	assert_true(rec.seq == 43 && rec.received == INT64_MAX && rec.type == RECORD_EVENT);
	same_event(&rec.ev, &small);
	assert_int_equal(block_next(&r, &rec), 0);
	assert_int_equal(block_next(&r, &rec), 0);
}

/* The bytes are on disk: this must not change without a new version. */
static void
test_layout(void **state)
{
	static const uint8_t record[] = {
		29, 0, 0, 0, /* size */
		RECORD_EVENT, /* type */
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* received */
		EV_LOGIN, /* kind */
		0x09, 0, 0, 0, 0, 0, 0, 0, /* has: source, time */
		1, 0, 'p', /* source */
		0xff, 0, 0, 0, 0, 0, 0, 0, /* time */
	};
	struct event ev = { .event = EV_LOGIN };
	struct block b;

	(void)state;
	assert_int_equal(event_set_str(&ev, M_SOURCE, text("p")), REFUSAL_NONE);
	assert_int_equal(event_set_int(&ev, M_TIME, 255), REFUSAL_NONE);
	block_begin(&b, buf, sizeof(buf), 0x0102);
	assert_int_equal(block_add_event(&b, 0x0102030405060708, &ev), 0);
	assert_int_equal(block_seal(&b), WIRE_BLOCK_HEADER + sizeof(record));
	assert_memory_equal(buf, "CCMK", 4);
	assert_memory_equal(buf + 8, "\x02\x01\0\0\0\0\0\0\x01\0\0\0\x21\0\0\0", 16);
	assert_memory_equal(buf + WIRE_BLOCK_HEADER, record, sizeof(record));
}

/* Reads a copy in memory of its own size, so that reading past it shows. */
static int
read_all(const void *bytes, size_t len)
{
	void *copy = malloc(len > 0 ? len : 1);
	struct block_reader r;
	struct record rec;
	struct block b;
	int rc = -1;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	if (block_open(&b, copy, len) == 0) {
		block_read(&b, &r);
		while ((rc = block_next(&r, &rec)) == 1)
			;
	}
	free(copy);
	return rc;
}

static void
test_each_byte_is_guarded(void **state)
{
	size_t len = sealed_block();

	(void)state;
	assert_int_equal(read_all(buf, len), 0);
	for (size_t i = 0; i < len; i++) {
		buf[i] ^= 0x10;
		assert_int_equal(read_all(buf, len), -1);
		buf[i] ^= 0x10;
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(read_all(buf, n), -1);
	assert_int_equal(read_all(buf, len + 1), -1);
}

static void
mend_crc(size_t len)
{
	uint32_t crc = crc32c(0, buf + 8, len - 8);

	memcpy(buf + 4, &crc, sizeof(crc));
}

/* With the CRC mended each changed byte is either seen or harmless; what
 * matters is that nothing is read beyond the end (V=asan) or out of range. */
static void
test_a_forged_block_stays_in_its_bytes(void **state)
{
	size_t len = sealed_block();

	(void)state;
	for (size_t i = 8; i < len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			buf[i] ^= (uint8_t)(1u << bit);
			mend_crc(len);
			assert_in_range(read_all(buf, len) + 1, 0, 1);
			buf[i] ^= (uint8_t)(1u << bit);
		}
	}
}

/* One event with one member, its value overwritten. */
static int
read_forged(enum event_member m, const void *value, size_t n)
{
	struct event ev = { .event = EV_QUEUED };
	struct block b;
	size_t len;

	if (event_members[m].type == TYPE_INT)
		assert_int_equal(event_set_int(&ev, m, event_members[m].high), REFUSAL_NONE);
	else if (event_members[m].type == TYPE_BOOL)
		assert_int_equal(event_set_int(&ev, m, 1), REFUSAL_NONE);
	else
		assert_int_equal(
		    event_set_str(&ev, m, text(m == M_CHANNEL ? "call" : "ab")), REFUSAL_NONE);
	block_begin(&b, buf, sizeof(buf), 1);
	assert_int_equal(block_add_event(&b, 0, &ev), 0);
	len = block_seal(&b);
	memcpy(buf + len - n, value, n);
	mend_crc(len);
	return read_all(buf, len);
}

static void
test_forged_values(void **state)
{
	const int64_t late = TIME_HIGH + 1, negative = -1, fine = TIME_HIGH;

	(void)state;
	assert_int_equal(read_forged(M_TIME, &fine, 8), 0);
	assert_int_equal(read_forged(M_TIME, &late, 8), -1);
	assert_int_equal(read_forged(M_TIME, &negative, 8), -1);
	assert_int_equal(read_forged(M_ACW, "\0", 1), 0);
	assert_int_equal(read_forged(M_ACW, "\2", 1), -1);
	assert_int_equal(read_forged(M_CHANNEL, "\2", 1), 0);
	assert_int_equal(read_forged(M_CHANNEL, "\3", 1), -1);
	assert_int_equal(read_forged(M_SOURCE, "\2\0ab", 4), 0);
	assert_int_equal(read_forged(M_SOURCE, "\1\0ab", 4), -1);
	assert_int_equal(read_forged(M_SOURCE, "\3\0ab", 4), -1);
	assert_int_equal(read_forged(M_SOURCE, "\377\377ab", 4), -1);
	assert_int_equal(read_forged(M_QUEUES, "a\n", 2), -1);
	assert_int_equal(read_forged(M_QUEUES, "\nb", 2), -1);
}

/* The kind and the highest bit of `has` lie at fixed places. */
static void
test_forged_kind_and_members(void **state)
{
	struct event ev = { .event = EVENT_NKINDS - 1 };
	struct block b;
	size_t len;

	(void)state;
	for (int fault = 0; fault < 4; fault++) {
		block_begin(&b, buf, sizeof(buf), 1);
		assert_int_equal(block_add_event(&b, 0, &ev), 0);
		len = block_seal(&b);
		buf[WIRE_BLOCK_HEADER + 13] += fault == 1;
		buf[WIRE_BLOCK_HEADER + 21] |= fault == 2 ? 0x80 : 0;
		buf[WIRE_BLOCK_HEADER + 4] += fault == 3 ? 2 : 0;
		mend_crc(len);
		assert_int_equal(read_all(buf, len), fault == 0 ? 0 : -1);
	}
}

static void
test_a_full_block_is_as_before(void **state)
{
	struct event ev = full_event();
	struct block b, before;
	unsigned n = 0;

	(void)state;
	block_begin(&b, buf, sizeof(buf), 1);
	assert_int_equal(b.cap, WIRE_BLOCK_MAX);
	for (before = b; block_add_event(&b, 0, &ev) == 0; before = b)
		n++;
	assert_memory_equal(&b, &before, sizeof(b));
	assert_int_equal(block_add_event(&b, 0, &ev), -1);
	assert_int_equal(b.count, n);
	assert_int_equal(read_all(buf, block_seal(&b)), 0);

	block_begin(&b, buf, WIRE_BLOCK_HEADER, 1);
	assert_int_equal(block_add_reject(&b, 0, &a_reject), -1);
	assert_int_equal(block_seal(&b), WIRE_BLOCK_HEADER);
	assert_int_equal(read_all(buf, WIRE_BLOCK_HEADER), 0);
}

/* An event of the longest body fits a record, and the record a block. */
static void
test_longest_event(void **state)
{
	static char queues[EVENT_BODY_MAX - 1];
	struct event ev = full_event();
	struct block b;

	(void)state;
	memset(queues, 'q', sizeof(queues));
	for (size_t i = 1; i < sizeof(queues); i += 2)
		queues[i] = '\n';
	assert_int_equal(
	    event_set_str(&ev, M_QUEUES, (struct str){ queues, sizeof(queues) }), REFUSAL_NONE);
	block_begin(&b, buf, sizeof(buf), 1);
	assert_int_equal(block_add_event(&b, 0, &ev), 0);
	assert_int_equal(read_all(buf, block_seal(&b)), 0);
}

static void
test_a_long_reject_is_cut(void **state)
{
	static char bytes[1000];
	struct reject rej = a_reject;
	struct block_reader r;
	struct record rec;
	struct block b;

	(void)state;
	rej.source = rej.detail = rej.sample = (struct str){ bytes, sizeof(bytes) };
	block_begin(&b, buf, sizeof(buf), 1);
	assert_int_equal(block_add_reject(&b, 0, &rej), 0);
	assert_int_equal(block_open(&b, buf, block_seal(&b)), 0);
	block_read(&b, &r);
	assert_int_equal(block_next(&r, &rec), 1);
	assert_int_equal(rec.reject.source.n, ID_MAX_BYTES);
	assert_int_equal(rec.reject.detail.n, ID_MAX_BYTES);
	assert_int_equal(rec.reject.sample.n, REJECT_SAMPLE_MAX);
}

/* ---- the link ---- */

static struct link_msg
message(enum link_type type)
{
	struct link_msg m = { .type = type };

	if (type == LINK_HELLO) {
		m.version = WIRE_VERSION;
		m.name = text("call");
		m.host = text("node1.example");
		m.pid = 4711;
		memcpy(m.journal_id, "0123456789abcdef", 16);
		m.first = 7;
		m.last = UINT64_MAX;
	} else if (type == LINK_BATCH) {
		m.block = text("any bytes");
	} else if (type == LINK_STATUS) {
		m.received = 1, m.refused = 2, m.skipped = 3;
		m.journal_bytes = 4, m.backlog = 5, m.unjournaled = 6, m.clock = 1700000000000;
		m.journal = JOURNAL_FAILED;
		m.problem = text("disk full");
		m.repeats = 7;
	} else {
		m.seq = 0x0102030405060708;
		m.credit = type == LINK_WELCOME ? WIRE_CREDIT : 0;
	}
	return m;
}

static void
same_message(const struct link_msg *a, const struct link_msg *b)
{
	assert_true(a->type == b->type && a->version == b->version && a->pid == b->pid);
	assert_true(str_eq(a->name, b->name) && str_eq(a->host, b->host));
	assert_memory_equal(a->journal_id, b->journal_id, sizeof(a->journal_id));
	assert_true(a->first == b->first && a->last == b->last);
	assert_true(a->seq == b->seq && a->credit == b->credit);
	assert_true(str_eq(a->block, b->block) && str_eq(a->problem, b->problem));
	assert_true(a->received == b->received && a->refused == b->refused);
	assert_true(a->skipped == b->skipped && a->journal_bytes == b->journal_bytes);
	assert_true(a->backlog == b->backlog && a->unjournaled == b->unjournaled);
	assert_int_equal(a->journal, b->journal);
	assert_true(a->repeats == b->repeats);
}

static int
open_copy(const void *bytes, size_t len, struct link_msg *m)
{
	void *copy = malloc(len > 0 ? len : 1);
	int type;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	type = link_open(m, copy, len);
	free(copy);
	return type;
}

/* Does the message make sense without its end? */
static bool
may_end_at(int type, size_t n, size_t len)
{
	return n > 0 && (type == LINK_BATCH || (type == LINK_STATUS && n == len - 8));
}

static void
test_link_there_and_back(void **state)
{
	(void)state;
	for (int type = LINK_HELLO; type < LINK_NTYPES; type++) {
		struct link_msg m = message(type), back;
		size_t len = link_pack(&m, buf, sizeof(buf));

		assert_int_equal(link_open(&back, buf, len), type);
		same_message(&back, &m);
		for (size_t cap = 0; cap < len; cap++)
			assert_int_equal(link_pack(&m, buf, cap), 0);
		for (size_t n = 0; n < len; n++)
			assert_int_equal(
			    open_copy(buf, n, &back), may_end_at(type, n, len) ? type : -1);
		buf[len] = 0;
		assert_int_equal(open_copy(buf, len + 1, &back), type == LINK_BATCH ? type : -1);
	}
}

/* A collector or a daemon of a version without the last member. */
static void
test_link_of_before(void **state)
{
	struct link_msg m = message(LINK_STATUS), back;
	size_t len = link_pack(&m, buf, sizeof(buf));

	(void)state;
	m.repeats = 0;
	assert_int_equal(link_open(&back, buf, len - 8), LINK_STATUS);
	same_message(&back, &m);
	assert_int_equal(link_pack(&m, buf, sizeof(buf)), len - 8);
}

static void
test_link_refuses(void **state)
{
	struct link_msg m = message(LINK_HELLO), back;

	(void)state;
	assert_int_equal(link_open(&back, "\0", 1), -1);
	buf[0] = LINK_NTYPES;
	assert_int_equal(link_open(&back, buf, 9), -1);
	m.name = STR_NONE;
	assert_int_equal(link_open(&back, buf, link_pack(&m, buf, sizeof(buf))), -1);
	m.name = text("a\nb");
	assert_int_equal(link_open(&back, buf, link_pack(&m, buf, sizeof(buf))), -1);
	m = message(LINK_STATUS);
	m.journal = JOURNAL_NSTATES;
	assert_int_equal(link_open(&back, buf, link_pack(&m, buf, sizeof(buf))), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc_vectors),
		cmocka_unit_test(test_crc_ways_agree),
		cmocka_unit_test(test_block_there_and_back),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_each_byte_is_guarded),
		cmocka_unit_test(test_a_forged_block_stays_in_its_bytes),
		cmocka_unit_test(test_forged_values),
		cmocka_unit_test(test_forged_kind_and_members),
		cmocka_unit_test(test_a_full_block_is_as_before),
		cmocka_unit_test(test_longest_event),
		cmocka_unit_test(test_a_long_reject_is_cut),
		cmocka_unit_test(test_link_there_and_back),
		cmocka_unit_test(test_link_of_before),
		cmocka_unit_test(test_link_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
