/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wire.c: any bytes as a block and as a message of the link.
 *
 * Whatever is taken must pack to the very same bytes again: there is one way
 * to write a thing, and nothing is read that could not have been written.  As
 * no fuzzer guesses a CRC, the bytes are tried as they are and once more with
 * a header that fits them.
 */
#include <ccmon/wire.h>

#include <assert.h>
#include <stdlib.h>

#define CRC_FROM 8 /* bytes; where the CRC begins to count, wire.h */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_repack(const struct block *b, uint8_t *again)
{
	struct block_reader r;
	struct block copy;
	struct record rec;
	int rc;

	block_begin(&copy, again, b->len, b->first);
	block_read(b, &r);
	while ((rc = block_next(&r, &rec)) == 1) {
		assert(rec.seq == b->first + copy.count);
		if (rec.type == RECORD_EVENT)
			rc = block_add_event(&copy, rec.received, &rec.ev);
		else
			rc = block_add_reject(&copy, rec.received, &rec.reject);
		assert(rc == 0);
	}
	if (rc == 0) {
		assert(copy.count == b->count && block_seal(&copy) == b->len);
		assert(memcmp(again, b->buf, b->len) == 0);
	}
}

static void
try_block(const uint8_t *data, size_t size)
{
	uint8_t *again = malloc(size + WIRE_BLOCK_HEADER);
	struct block b;

	assert(again != NULL);
	if (block_open(&b, data, size) == 0)
		check_repack(&b, again);
	free(again);
}

/* The same records, with a magic, a size and a CRC that are right. */
static void
try_mended(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size);
	uint32_t rest = (uint32_t)(size - WIRE_BLOCK_HEADER), crc;

	assert(bytes != NULL);
	memcpy(bytes, data, size);
	memcpy(bytes, "CCMK", 4);
	memcpy(bytes + WIRE_BLOCK_HEADER - sizeof(rest), &rest, sizeof(rest));
	crc = crc32c(0, bytes + CRC_FROM, size - CRC_FROM);
	memcpy(bytes + 4, &crc, sizeof(crc));
	try_block(bytes, size);
	free(bytes);
}

static void
try_link(const uint8_t *data, size_t size)
{
	uint8_t *again = malloc(size + 1);
	struct link_msg m;
	int type = link_open(&m, data, size);

	assert(again != NULL);
	assert(type == -1 || (type >= LINK_HELLO && type < LINK_NTYPES));
	if (type != -1) {
		assert(link_pack(&m, again, size) == size);
		assert(memcmp(again, data, size) == 0);
	}
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_block(data, size);
	if (size >= WIRE_BLOCK_HEADER && size <= WIRE_BLOCK_MAX)
		try_mended(data, size);
	try_link(data, size);
	return 0;
}
