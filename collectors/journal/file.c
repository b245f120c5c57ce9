/* SPDX-License-Identifier: MIT */
/*
 * file.c: the journal's file through LMDB: opened and closed, one reader, steps
 * from block to block, and the journal's own record.
 *
 * It knows what is where, and nothing of when a block may come or go.
 */
#include "journal_int.h"
#include "ccmon/journal.h"

#include <endian.h>
#include <errno.h>
#include <sys/random.h>

#define RECORD_LEAST 13 /* bytes; size, type and received: wire.h */

/* ---- keys and sizes */

/* That of a memo, whose key is longer, is 0. */
static int
number_of(const MDB_val *key, uint64_t *number)
{
	uint64_t be;

	if (key->mv_size < sizeof(be))
		return MDB_CORRUPTED;
	memcpy(&be, key->mv_data, sizeof(be));
	*number = be64toh(be);
	if (*number > JOURNAL_NUMBER_MAX || (be != 0 && key->mv_size != sizeof(be)))
		return MDB_CORRUPTED;
	return 0;
}

/* What a value takes on disk: in its leaf, or in pages of its own. */
int64_t
journal_cost(size_t len)
{
	size_t page = 4096, overhead = 16;

	if (len < page / 2 - 64)
		return (int64_t)(len + 2 * overhead);
	return (int64_t)((len + overhead + page - 1) / page * page + 2 * overhead);
}

/* A step of the cursor: 0 with key and value, MDB_NOTFOUND, or an error. */
int
journal_step(MDB_cursor *c, MDB_cursor_op op, uint64_t *number, MDB_val *value)
{
	uint64_t be = htobe64(*number);
	MDB_val key = { sizeof(be), &be };
	int rc = mdb_cursor_get(c, &key, value, op);

	if (rc != 0 || (rc = number_of(&key, number)) != 0)
		return rc;
	return *number != 0 && value->mv_size < WIRE_BLOCK_HEADER ? MDB_CORRUPTED : 0;
}

int
journal_seek(MDB_cursor *c, uint64_t *number, MDB_val *value)
{
	return journal_step(c, MDB_SET_RANGE, number, value);
}

/* The last record of the newest block.  When that block is damaged nobody
 * knows how many it had, but not more than fit; numbers after those are safe. */
uint64_t
journal_last_record(uint64_t first, const MDB_val *value)
{
	struct block b;

	if (block_open(&b, value->mv_data, value->mv_size) == 0 && b.first == first)
		return first + b.count - 1;
	return first + (value->mv_size - WIRE_BLOCK_HEADER) / RECORD_LEAST;
}

/* ---- open and closed */

void
journal_file_close(struct journal *j)
{
	if (j->cursor != NULL)
		mdb_cursor_close(j->cursor);
	if (j->reader != NULL)
		mdb_txn_abort(j->reader);
	if (j->env != NULL)
		mdb_env_close(j->env);
	j->cursor = NULL;
	j->reader = NULL;
	j->env = NULL;
	j->reading = false;
}

int
journal_file_open(struct journal *j)
{
	MDB_txn *txn = NULL;
	int rc, dead;

	if ((rc = mdb_env_create(&j->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(j->env, j->map)) != 0 ||
	    (rc = mdb_env_open(j->env, j->file, MDB_NOSUBDIR | MDB_NOTLS, 0600)) != 0 ||
	    (rc = mdb_reader_check(j->env, &dead)) != 0 ||
	    (rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		goto fail;
	if ((rc = mdb_dbi_open(txn, NULL, 0, &j->dbi)) != 0) {
		mdb_txn_abort(txn);
		goto fail;
	}
	if ((rc = mdb_txn_commit(txn)) != 0 ||
	    (rc = mdb_txn_begin(j->env, NULL, MDB_RDONLY, &j->reader)) != 0 ||
	    (rc = mdb_cursor_open(j->reader, j->dbi, &j->cursor)) != 0)
		goto fail;
	j->reading = true;
	return 0;
fail:
	journal_file_close(j);
	return rc;
}

/* The reader's view must be given up before anything is written, or LMDB
 * could not use again the pages it shows. */
void
journal_end_read(struct journal *j)
{
	if (j->reading)
		mdb_txn_reset(j->reader);
	j->reading = false;
}

int
journal_begin_read(struct journal *j)
{
	int rc;

	if (j->reading)
		return 0;
	if ((rc = mdb_txn_renew(j->reader)) != 0 ||
	    (rc = mdb_cursor_renew(j->reader, j->cursor)) != 0)
		return rc;
	j->reading = true;
	return 0;
}

/* ---- the journal's own record */

static void
head_pack(const struct journal *j, struct journal_head *h)
{
	*h = (struct journal_head){ .magic = JOURNAL_MAGIC,
		.format = htole32(JOURNAL_FORMAT),
		.floor = htole64(j->floor),
		.acked = htole64(j->acked) };
	memcpy(h->id, j->id, sizeof(h->id));
	h->crc = htole32(crc32c(0, h->id, sizeof(*h) - offsetof(struct journal_head, id)));
}

int
journal_head_unpack(struct journal *j, const MDB_val *value)
{
	struct journal_head h;

	if (value->mv_size != sizeof(h))
		return MDB_CORRUPTED;
	memcpy(&h, value->mv_data, sizeof(h));
	if (memcmp(h.magic, JOURNAL_MAGIC, sizeof(h.magic)) != 0)
		return MDB_CORRUPTED;
	if (le32toh(h.format) != JOURNAL_FORMAT)
		return MDB_VERSION_MISMATCH;
	if (le32toh(h.crc) != crc32c(0, h.id, sizeof(h) - offsetof(struct journal_head, id)))
		return MDB_CORRUPTED;
	memcpy(j->id, h.id, sizeof(j->id));
	j->floor = le64toh(h.floor);
	j->acked = le64toh(h.acked);
	return 0;
}

int
journal_head_put(const struct journal *j, MDB_txn *txn)
{
	uint64_t zero = 0;
	struct journal_head h;
	MDB_val key = { sizeof(zero), &zero }, value = { sizeof(h), &h };

	head_pack(j, &h);
	return mdb_put(txn, j->dbi, &key, &value, 0);
}

int
journal_head_write(struct journal *j)
{
	MDB_txn *txn;
	int rc;

	journal_end_read(j);
	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	if ((rc = journal_head_put(j, txn)) != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) == 0)
		j->head_changed = false;
	return rc;
}

int
journal_head_make(struct journal *j)
{
	if (getrandom(j->id, sizeof(j->id), 0) != sizeof(j->id))
		return errno;
	j->floor = 1;
	j->acked = 0;
	return journal_head_write(j);
}
