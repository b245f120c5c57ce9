/* SPDX-License-Identifier: MIT */
/*
 * append.c: a block and its memos to disk, in one durable transaction, so that
 * a crash leaves all of it or nothing.
 *
 * There is room, or room is made, or nothing is written and the journal says
 * that it is full.
 */
#include "journal_int.h"
#include "ccmon/clock.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static int
put_block(struct journal *j, MDB_txn *txn, const struct sealed *b)
{
	uint64_t be = htobe64(b->first);
	MDB_val key = { sizeof(be), &be }, value = { b->bytes.n, (void *)(uintptr_t)b->bytes.p };

	if (b->count == 0)
		return 0;
	return mdb_put(txn, j->dbi, &key, &value, j->doubtful ? 0 : MDB_APPEND);
}

static int
put_all(struct journal *j, MDB_txn *txn, const struct sealed *b, int64_t *memos)
{
	int rc = put_block(j, txn, b);

	if (rc == 0)
		rc = journal_memos_put(j, txn, b, memos);
	if (rc == 0 && j->head_changed)
		rc = journal_head_put(j, txn);
	return rc;
}

static int64_t
block_cost(const struct sealed *b)
{
	return b->count == 0 ? 0 : journal_cost(b->bytes.n);
}

static int
append_once(struct journal *j, const struct sealed *b)
{
	int64_t memos = 0;
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	rc = put_all(j, txn, b, &memos);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) != 0)
		return rc;
	j->head_changed = false;
	j->memo_bytes += memos;
	j->bytes += block_cost(b);
	if (b->count == 0)
		return 0;
	j->doubtful = false;
	j->last = b->first + b->count - 1;
	return 0;
}

static int
append_within_limit(struct journal *j, const struct sealed *b)
{
	int64_t size = block_cost(b) + journal_memos_cost(b), over;
	int rc;

	while ((over = j->bytes + j->memo_bytes + size - j->budget) > 0)
		if (!journal_make_room(j, over))
			return FULL_BUDGET;
	/* Room, but not in one piece: each try frees more beside the holes. */
	while ((rc = append_once(j, b)) == MDB_MAP_FULL)
		if (!journal_make_room(j, 4 * size))
			return rc;
	return rc;
}

bool
journal_is_full(int rc)
{
	return rc == FULL_BUDGET || rc == MDB_MAP_FULL || rc == ENOSPC || rc == EDQUOT ||
	       rc == EFBIG;
}

/* After a failed commit LMDB's view of the file is not to be trusted, and the
 * block may be there after all.  What was acknowledged we know best. */
static int
reopen(struct journal *j)
{
	uint64_t acked = j->acked;
	int rc;

	journal_file_close(j);
	if ((rc = journal_file_open(j)) != 0 || (rc = journal_load(j)) != 0)
		return rc;
	j->acked = acked;
	j->head_changed = j->doubtful = true;
	return 0;
}

/* Nothing may go: what the daemon does not have, nor what would make a message
 * that is sent again count twice. */
static void
say_full(struct journal *j)
{
	char memos[96] = "";

	if (j->memo_bytes > j->budget / 4)
		(void)snprintf(memos, sizeof(memos),
		    "; what messages were seen before takes %" PRId64 " MiB: raise max_size",
		    j->memo_bytes >> 20);
	(void)snprintf(j->problem, sizeof(j->problem),
	    "%s is full: the daemon has acknowledged nothing that could be deleted%s", j->file,
	    memos);
}

/* LMDB calls a short write, as of a disk with no room, an input/output error. */
int
journal_write_failed(struct journal *j, int rc)
{
	j->state = journal_is_full(rc) ? JOURNAL_FULL : JOURNAL_FAILED;
	if (rc == FULL_BUDGET)
		say_full(j);
	else
		(void)snprintf(j->problem, sizeof(j->problem), "cannot write %s: %s%s", j->file,
		    mdb_strerror(rc), rc == EIO ? ", or no space left on the disk" : "");
	log_complain(
	    &j->trouble, clock_mono(), "journal", "%s; trying again every second", j->problem);
	return -1;
}

int
journal_append(struct journal *j, const struct sealed *b)
{
	int rc;

	assert(b->count == 0 || b->first > j->last || j->doubtful);
	journal_end_read(j);
	rc = append_within_limit(j, b);
	if (rc != 0 && !journal_is_full(rc)) {
		log_debug("journal", "%s: %s; opening it anew", j->file, mdb_strerror(rc));
		if ((rc = reopen(j)) != 0) {
			log_error("journal", "cannot open %s again: %s", j->file, mdb_strerror(rc));
			return -2;
		}
		rc = append_within_limit(j, b);
	}
	if (rc != 0)
		return journal_write_failed(j, rc);
	if (j->state != JOURNAL_OK)
		log_release(&j->trouble, "journal", "%s is written again", j->file);
	j->state = JOURNAL_OK;
	return 0;
}
