/* SPDX-License-Identifier: MIT */
/*
 * prune.c: what goes from the journal, a few blocks at a time.
 *
 * A block goes when it is acknowledged and older than `keep`; when the journal
 * is at its limit acknowledged ones go sooner, and those not acknowledged
 * never.  The newest block always stays, for it holds the numbering.  Memos
 * go by their own time (memo.c).
 */
#include "journal_int.h"
#include "ccmon/clock.h"

#include <endian.h>
#include <inttypes.h>

/* When its first record came.  Not checked: reading a day-old block back from
 * disk only to throw it away would cost more than writing it did. */
static msec_t
block_time(uint64_t first, const MDB_val *value)
{
	struct block b = { .buf = value->mv_data,
		.len = value->mv_size,
		.cap = value->mv_size,
		.first = first,
		.count = 1 };
	struct block_reader reader;
	struct record record;

	block_read(&b, &reader);
	return block_next(&reader, &record) == 1 ? record.received : 0;
}

struct harvest {
	uint64_t number[PRUNE_STEP];
	size_t n;
	int64_t bytes;
};

/* The oldest blocks that may go: acknowledged, not the newest, and came before
 * `before`; until there are `enough` bytes. */
static int
collect(const struct journal *j, MDB_cursor *c, msec_t before, int64_t enough, struct harvest *h)
{
	uint64_t number = 1, next = 0;
	MDB_val value;
	int rc = journal_seek(c, &number, &value);

	while (rc == 0 && h->n < PRUNE_STEP && h->bytes < enough &&
	       (before == MSEC_NEVER || block_time(number, &value) < before)) {
		size_t size = value.mv_size;

		rc = journal_step(c, MDB_NEXT, &next, &value);
		if (rc != 0 || next - 1 > j->acked)
			break;
		h->number[h->n++] = number;
		h->bytes += journal_cost(size);
		number = next;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
delete_in(struct journal *j, MDB_txn *txn, msec_t before, int64_t enough, struct harvest *h)
{
	MDB_cursor *c;
	size_t i;
	int rc;

	if ((rc = mdb_cursor_open(txn, j->dbi, &c)) != 0)
		return rc;
	rc = collect(j, c, before, enough, h);
	mdb_cursor_close(c);
	for (i = 0; rc == 0 && i < h->n; i++) {
		uint64_t be = htobe64(h->number[i]);
		MDB_val key = { sizeof(be), &be };

		rc = mdb_del(txn, j->dbi, &key, NULL);
	}
	return rc;
}

/* One step of deleting, with the head written where it changed.  *n is how
 * many blocks went. */
int
journal_delete(struct journal *j, msec_t before, int64_t enough, size_t *n)
{
	struct harvest h = { .n = 0 };
	MDB_txn *txn;
	int rc;

	*n = 0;
	journal_end_read(j);
	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	rc = delete_in(j, txn, before, enough, &h);
	if (rc == 0 && j->head_changed)
		rc = journal_head_put(j, txn);
	if (rc != 0 || (h.n == 0 && !j->head_changed)) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) != 0)
		return rc;
	j->head_changed = false;
	j->bytes -= h.bytes;
	*n = h.n;
	return 0;
}

int
journal_grow(struct journal *j)
{
	j->map += (size_t)1 << 20;
	return mdb_env_set_mapsize(j->env, j->map);
}

static int
delete_when_full(struct journal *j, msec_t before, int64_t enough, size_t *n)
{
	int rc = journal_delete(j, before, enough, n);

	if (rc != MDB_MAP_FULL)
		return rc;
	if ((rc = journal_grow(j)) != 0)
		return rc;
	return journal_delete(j, before, enough, n);
}

/* Acknowledged blocks go before their time.  Was there any?  A reader that
 * was killed while it read would hold the pages for ever. */
bool
journal_make_room(struct journal *j, int64_t wanted)
{
	size_t n;
	int dead;

	(void)mdb_reader_check(j->env, &dead);
	if (delete_when_full(j, MSEC_NEVER, wanted, &n) != 0 || n == 0)
		return false;
	log_complain(&j->early, clock_mono(), "journal_keep",
	    "%s is at its limit of %" PRId64
	    " MiB: acknowledged records go before they are %" PRId64
	    " s old; raise max_size or lower keep",
	    j->file, j->budget >> 20, j->keep / 1000);
	return true;
}
