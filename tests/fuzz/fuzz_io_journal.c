/* SPDX-License-Identifier: MIT */
/*
 * fuzz_io_journal.c: any bytes as what a journal has on disk.  The input is
 * values, each after a byte that says what it is to be: one with its key as
 * the bytes say, or the journal's own record, a block or a memo with a key, a
 * size and a CRC that fit.
 *
 * A journal that opens gives each of its blocks once and in order, is read as
 * a recording to the same records, and takes and keeps what comes next.
 */
#include <ccmon/journal.h>
#include "collectors/collector.h"

#include <endian.h>

#include "bytes.h"
#include "raw_lmdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define BLOCK_MOST 4096 /* bytes of a value; more would tell nothing new */
#define CRC_FROM 8 /* of a block: where its CRC begins to count, wire.h */
#define MEMO_PLACE (8 + MEMO_KEY) /* bytes of its key, memo.c */
#define MEMO_HEAD 14 /* bytes before its value */

/* ---- on disk */

static struct str
number_key(char key[8], uint64_t number)
{
	number = htobe64(number);
	memcpy(key, &number, sizeof(number));
	return (struct str){ key, sizeof(number) };
}

static void
put_head(struct raw *r, struct bytes *b)
{
	struct journal_head h = { .magic = JOURNAL_MAGIC, .format = htole32(JOURNAL_FORMAT) };
	char key[8];

	h.floor = htole64(take_number(b, 2));
	h.acked = htole64(take_number(b, 2));
	h.crc = htole32(crc32c(0, h.id, sizeof(h) - offsetof(struct journal_head, id)));
	raw_put(r, 0, number_key(key, 0), (struct str){ (const char *)&h, sizeof(h) });
}

/* Its records as they come; their number and their first one's as said. */
static void
put_block(struct raw *r, struct bytes *b)
{
	static uint8_t value[WIRE_BLOCK_HEADER + BLOCK_MOST];
	uint64_t first = take_number(b, 2), be = htole64(first);
	uint32_t count = htole32((uint32_t)take_number(b, 1)), size, crc;
	struct str records = take_text(b, 2);
	char key[8];

	records.n = records.n < BLOCK_MOST ? records.n : BLOCK_MOST;
	size = htole32(records.n);
	memcpy(value, "CCMK", 4);
	memcpy(value + 8, &be, 8);
	memcpy(value + 16, &count, 4);
	memcpy(value + 20, &size, 4);
	memcpy(value + WIRE_BLOCK_HEADER, records.p, records.n);
	crc = htole32(crc32c(0, value + CRC_FROM, WIRE_BLOCK_HEADER - CRC_FROM + records.n));
	memcpy(value + 4, &crc, sizeof(crc));
	raw_put(r, 0, number_key(key, first),
	    (struct str){ (const char *)value, WIRE_BLOCK_HEADER + records.n });
}

static void
put_memo(struct raw *r, struct bytes *b)
{
	char key[MEMO_PLACE] = { 0 }, value[MEMO_HEAD + UINT8_MAX] = { 0 };
	struct str name = take_text(b, 1), text = take_text(b, 1);
	uint16_t len = htole16((uint16_t)text.n);
	uint64_t until = htole64(take_number(b, 8));
	uint32_t crc;

	memcpy(key + 8, name.p, name.n < MEMO_KEY ? name.n : MEMO_KEY);
	memcpy(value + 4, &len, sizeof(len));
	memcpy(value + 6, &until, sizeof(until));
	memcpy(value + MEMO_HEAD, text.p, text.n);
	crc = crc32c(crc32c(0, key + 8, MEMO_KEY), value + 4, MEMO_HEAD - 4 + text.n);
	crc = htole32(crc);
	memcpy(value, &crc, sizeof(crc));
	raw_put(r, 0, (struct str){ key, sizeof(key) }, (struct str){ value, MEMO_HEAD + text.n });
}

static void
put_any(struct raw *r, struct bytes *b)
{
	struct str key = take_text(b, 1);

	raw_put(r, 0, key, take_text(b, 2));
}

static void
write_journal(struct bytes b)
{
	static void (*const put[])(
	    struct raw *, struct bytes *) = { put_any, put_head, put_block, put_memo };
	struct raw r;

	raw_open(&r, JOURNAL_FILE, NULL, 0);
	while (bytes_left(&b))
		put[take_number(&b, 1) % COUNTOF(put)](&r, &b);
	raw_close(&r);
}

/* ---- read back */

static void
read_blocks(struct journal *j)
{
	struct block_reader br;
	struct sealed s;
	struct record rec;
	struct block b;
	int rc;

	for (uint64_t from = 0; journal_read(j, from, &s) == 1; from = s.first + s.count) {
		assert(s.first + s.count > from);
		rc = block_open(&b, s.bytes.p, s.bytes.n);
		assert(rc == 0 && b.first == s.first && b.count == s.count);
		block_read(&b, &br);
		while (block_next(&br, &rec) == 1)
			assert(rec.seq >= s.first && rec.seq - s.first < s.count);
	}
}

/* To its end, each record after the one before. */
static void
read_recording(void)
{
	char why[JOURNAL_WHY_MAX];
	struct journal_reader *r = journal_reader_open(scratch, why);
	struct record rec;
	uint64_t last = 0;
	int rc;

	assert(r != NULL);
	for (; (rc = journal_reader_next(r, &rec, why)) == 1; last = rec.seq)
		assert(rec.seq > last);
	assert(rc == 0);
	journal_reader_close(r);
}

static struct journal *
open_journal(void)
{
	struct journal_options o = { .dir = scratch, .keep = INT64_C(86400000), .max_bytes = 0 };
	struct journal *j = NULL;

	clock_turn();
	return journal_open(&j, &o) == 0 ? j : NULL;
}

/* ---- goes on */

/* One more record, and a memo with it. */
static void
append(struct journal *j, uint64_t seq)
{
	static uint8_t space[512];
	static const uint8_t key[MEMO_KEY] = { 1 };
	struct event ev = { .event = EV_ANSWERED, .has = HAS(CONTACT), .contact = STR_LIT("c") };
	struct memo memo = { .value = STR_LIT("m"), .until = INT64_MAX };
	struct sealed s = { .first = seq, .count = 1, .memo = &memo, .nmemos = 1 };
	char value[MEMO_VALUE_MAX];
	struct block b;
	int rc;

	memcpy(memo.key, key, sizeof(key));
	block_begin(&b, space, sizeof(space), seq);
	rc = block_add_event(&b, 1, &ev);
	assert(rc == 0);
	s.bytes = (struct str){ (const char *)space, (uint32_t)block_seal(&b) };
	rc = journal_append(j, &s);
	assert(rc == 0);
	rc = journal_recall(j, key, value);
	assert(rc == 1 && value[0] == 'm');
}

static void
live(struct journal *j)
{
	struct journal_facts f;
	uint64_t last;
	struct sealed s;
	int rc;

	journal_look(j, &f);
	(void)journal_turn(j);
	last = f.last + 1;
	append(j, last);
	rc = journal_read(j, last, &s);
	assert(rc == 1 && s.first == last && s.count == 1);
	journal_ack(j, last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal *j;

	scratch_begin();
	write_journal((struct bytes){ data, data + size });
	if ((j = open_journal()) == NULL)
		return 0;
	read_blocks(j);
	live(j);
	read_blocks(j);
	journal_close(j);
	j = open_journal();
	assert(j != NULL);
	journal_close(j);
	read_recording();
	return 0;
}
