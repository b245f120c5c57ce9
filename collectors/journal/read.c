/* SPDX-License-Identifier: MIT */
/*
 * read.c: blocks from the journal, by the number of a record.
 *
 * A block has a checksum of its own: a damaged one is reported with its exact
 * numbers and skipped.
 */
#include "journal_int.h"

#include <inttypes.h>
#include <stdio.h>

static void
report_damage(struct journal *j, uint64_t first, uint64_t last)
{
	(void)snprintf(j->damage, sizeof(j->damage),
	    "the journal's records %" PRIu64 " to %" PRIu64 " are damaged and lost", first, last);
	log_error("journal_damaged", "%s; file=%s", j->damage, j->file);
}

/* The cursor is on a block: gives it when it is sound.  Else 0, and *next is
 * where to go on. */
static int
take_block(
    struct journal *j, uint64_t first, const MDB_val *value, struct sealed *out, uint64_t *next)
{
	MDB_val after;
	struct block b;

	if (block_open(&b, value->mv_data, value->mv_size) == 0 && b.first == first) {
		*out = (struct sealed){ .bytes = { value->mv_data, (uint32_t)value->mv_size },
			.first = first,
			.count = b.count };
		return 1;
	}
	if (journal_step(j->cursor, MDB_NEXT, next, &after) != 0)
		*next = journal_last_record(first, value) + 1;
	report_damage(j, first, *next - 1);
	return 0;
}

/* Puts the cursor on the block that may hold seq, or on the one after. */
static int
find_block(struct journal *j, uint64_t seq, uint64_t *first, MDB_val *value)
{
	int rc;

	*first = seq;
	rc = journal_seek(j->cursor, first, value);
	if (rc == 0 && *first == seq)
		return 0;
	rc = journal_step(j->cursor, rc == 0 ? MDB_PREV : MDB_LAST, first, value);
	if (rc != 0 || *first == 0) /* the head or a memo: nothing before seq */
		return journal_step(j->cursor, MDB_NEXT, first, value);
	return 0;
}

int
journal_read(struct journal *j, uint64_t seq, struct sealed *out)
{
	uint64_t first, next = 0;
	MDB_val value;

	if (seq < j->floor)
		seq = j->floor;
	if (journal_begin_read(j) != 0)
		return 0;
	while (seq <= j->last && find_block(j, seq, &first, &value) == 0) {
		if (take_block(j, first, &value, out, &next) == 1) {
			if (out->first + out->count > seq)
				return 1;
			next = out->first + out->count; /* ends before it: a hole */
			if (journal_step(j->cursor, MDB_NEXT, &next, &value) != 0)
				return 0;
		}
		seq = next > seq ? next : seq + 1;
	}
	return 0;
}
