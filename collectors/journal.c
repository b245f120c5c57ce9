/* SPDX-License-Identifier: MIT */
/*
 * journal.c: blocks on disk, and the one file that writes them there.
 *
 * A block is a value, byte for byte as the spool sealed it (ccmon/journal.h),
 * and appending it one durable transaction, so a crash leaves the block whole
 * or not there.  Others may read the same file meanwhile (journal_read.c).
 *
 * A block goes when it is acknowledged and older than `keep`, a few at a time;
 * when the journal is at its limit acknowledged ones go sooner, and those not
 * acknowledged never: then appending fails until the daemon has caught up.
 * The newest block always stays, for it holds the numbering.
 *
 * LMDB neither checks its pages nor survives a broken one: it follows what it
 * reads.  So a child process walks an existing file first, and when it does
 * not come back well the file is moved aside and a new journal begins, under
 * a new identity.  The blocks have a checksum of their own: a damaged one is
 * reported with its exact numbers and skipped.
 */
#include "collector.h"
#include "ccmon/clock.h"
#include "ccmon/journal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_BYTES (INT64_C(8) << 20) /* several of the largest blocks */
#define PRUNE_STEP 256 /* blocks a transaction deletes */
#define TURN INT64_C(1000) /* ms between looks at what is old */
#define TURN_BUSY INT64_C(100) /* ms, when there was more than one step */
#define RECORD_LEAST 13 /* bytes; size, type and received: wire.h */
#define FULL_BUDGET (-1) /* our own error, among LMDB's and errno's */

struct journal {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *reader; /* reset unless `reading` */
	MDB_cursor *cursor; /* of the reader */
	bool reading;
	char file[PATH_MAX];
	size_t map; /* bytes the file may have */
	int64_t budget; /* bytes of blocks in it */
	msec_t keep;

	uint8_t id[16];
	uint64_t floor, acked, last;
	bool head_changed;
	bool doubtful; /* a commit failed: its block may be there */
	int64_t bytes; /* that our blocks take */
	msec_t next_turn;

	uint8_t state; /* enum journal_state */
	char problem[PATH_MAX + 128];
	char damage[128];
	struct log_complaint trouble, early;
};

/* ---- keys and sizes */

static uint64_t
number_of(const MDB_val *key)
{
	uint64_t be = 0;

	if (key->mv_size == sizeof(be))
		memcpy(&be, key->mv_data, sizeof(be));
	return be64toh(be);
}

/* What a value takes on disk: in its leaf, or in pages of its own. */
static int64_t
cost(size_t len)
{
	size_t page = 4096, overhead = 16;

	if (len < page / 2 - 64)
		return (int64_t)(len + 2 * overhead);
	return (int64_t)((len + overhead + page - 1) / page * page + 2 * overhead);
}

/* A step of the cursor: 0 with key and value, MDB_NOTFOUND, or an error. */
static int
step(MDB_cursor *c, MDB_cursor_op op, uint64_t *number, MDB_val *value)
{
	uint64_t be = htobe64(*number);
	MDB_val key = { sizeof(be), &be };
	int rc = mdb_cursor_get(c, &key, value, op);

	if (rc != 0)
		return rc;
	if (key.mv_size != sizeof(be))
		return MDB_CORRUPTED;
	*number = number_of(&key);
	return *number != 0 && value->mv_size < WIRE_BLOCK_HEADER ? MDB_CORRUPTED : 0;
}

static int
seek(MDB_cursor *c, uint64_t *number, MDB_val *value)
{
	return step(c, MDB_SET_RANGE, number, value);
}

/* ---- open and closed */

static void
env_close(struct journal *j)
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

static int
env_open(struct journal *j)
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
	env_close(j);
	return rc;
}

/* The reader's view must be given up before anything is written, or LMDB
 * could not use again the pages it shows. */
static void
end_read(struct journal *j)
{
	if (j->reading)
		mdb_txn_reset(j->reader);
	j->reading = false;
}

static int
begin_read(struct journal *j)
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

static int
head_unpack(struct journal *j, const MDB_val *value)
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

static int
head_put(const struct journal *j, MDB_txn *txn)
{
	uint64_t zero = 0;
	struct journal_head h;
	MDB_val key = { sizeof(zero), &zero }, value = { sizeof(h), &h };

	head_pack(j, &h);
	return mdb_put(txn, j->dbi, &key, &value, 0);
}

static int
head_write(struct journal *j)
{
	MDB_txn *txn;
	int rc;

	end_read(j);
	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	if ((rc = head_put(j, txn)) != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) == 0)
		j->head_changed = false;
	return rc;
}

static int
head_make(struct journal *j)
{
	if (getrandom(j->id, sizeof(j->id), 0) != sizeof(j->id))
		return errno;
	j->floor = 1;
	j->acked = 0;
	return head_write(j);
}

/* ---- reading an existing file */

/* The last record of the newest block.  When that block is damaged nobody
 * knows how many it had, but not more than fit; numbers after those are safe. */
static uint64_t
last_record(uint64_t first, const MDB_val *value)
{
	struct block b;

	if (block_open(&b, value->mv_data, value->mv_size) == 0 && b.first == first)
		return first + b.count - 1;
	return first + (value->mv_size - WIRE_BLOCK_HEADER) / RECORD_LEAST;
}

static int
walk_blocks(struct journal *j)
{
	uint64_t number = 1, newest = 0;
	MDB_val value, end = { 0, NULL };
	int rc;

	j->bytes = 0;
	j->last = 0;
	for (rc = seek(j->cursor, &number, &value); rc == 0;
	     rc = step(j->cursor, MDB_NEXT, &number, &value)) {
		if (number <= newest)
			return MDB_CORRUPTED;
		newest = number;
		end = value;
		j->bytes += cost(value.mv_size);
	}
	if (rc != MDB_NOTFOUND)
		return rc;
	if (newest != 0)
		j->last = last_record(newest, &end);
	if (j->last + 1 < j->floor)
		j->last = j->floor - 1;
	return 0;
}

static int
load(struct journal *j)
{
	uint64_t number = 0;
	MDB_val value;
	int rc;

	if ((rc = begin_read(j)) != 0)
		return rc;
	rc = seek(j->cursor, &number, &value);
	if (rc == MDB_NOTFOUND)
		rc = head_make(j);
	else if (rc == 0)
		rc = number == 0 ? head_unpack(j, &value) : MDB_CORRUPTED;
	if (rc == 0 && (rc = begin_read(j)) == 0)
		rc = walk_blocks(j);
	end_read(j);
	return rc;
}

/* Every list of free pages, and whether the file is as long as it says. */
static int
walk_free_pages(struct journal *j)
{
	MDB_val key, value;
	MDB_cursor *c;
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	int rc;

	if ((rc = mdb_env_info(j->env, &info)) != 0 || (rc = mdb_env_stat(j->env, &stat)) != 0)
		return rc;
	if (lstat(j->file, &st) != 0)
		return errno;
	if ((uint64_t)st.st_size < (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize)
		return MDB_CORRUPTED;
	if ((rc = begin_read(j)) != 0 || (rc = mdb_cursor_open(j->reader, 0, &c)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)) == 0)
		;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static bool
is_damage(int rc)
{
	return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
	       rc == MDB_PANIC || rc == MDB_BAD_TXN;
}

enum probe { PROBE_GOOD, PROBE_DAMAGED = 1, PROBE_OTHER = 3 };

/* In the child: looks at everything LMDB will rely on. */
static int
look_around(void *arg)
{
	struct journal *j = arg;
	int rc = env_open(j);

	if (rc == 0)
		rc = walk_free_pages(j);
	if (rc == 0)
		rc = load(j);
	env_close(j);
	return rc == 0 ? PROBE_GOOD : is_damage(rc) ? PROBE_DAMAGED : PROBE_OTHER;
}

/* Is the file one LMDB can be trusted with? */
static bool
is_sound(struct journal *j)
{
	int found;

	if (access(j->file, F_OK) != 0)
		return true;
	found = journal_look_first(look_around, j);
	return found == PROBE_GOOD || found == PROBE_OTHER;
}

static int
move_aside(struct journal *j, const char *dir)
{
	char aside[PATH_MAX + 64], lock[PATH_MAX + 8];

	(void)snprintf(
	    aside, sizeof(aside), "%s/damaged-%" PRId64 JOURNAL_SUFFIX, dir, clock_wall());
	(void)snprintf(lock, sizeof(lock), "%s-lock", j->file);
	if (rename(j->file, aside) != 0) {
		log_error("journal", "%s is damaged and cannot be moved aside: %s", j->file,
		    strerror(errno));
		return EXIT_TROUBLE;
	}
	(void)unlink(lock); /* of the old one; a missing lock is made anew */
	log_error("journal_damaged",
	    "%s cannot be read; it is now %s, and a new journal begins: "
	    "what the daemon had not yet acknowledged is lost",
	    j->file, aside);
	return 0;
}

static int
cannot_open(const struct journal *j, int rc)
{
	if (rc == MDB_VERSION_MISMATCH) {
		log_error("journal", "%s was written by another version of ccmon", j->file);
		return EXIT_CONFIG;
	}
	log_error("journal", "cannot open %s: %s", j->file, mdb_strerror(rc));
	return rc == EACCES || rc == EROFS || rc == EPERM ? EXIT_CONFIG : EXIT_TROUBLE;
}

static int
open_file(struct journal *j, const char *dir)
{
	int rc;

	if (!is_sound(j) && (rc = move_aside(j, dir)) != 0)
		return rc;
	if ((rc = env_open(j)) == 0)
		rc = load(j);
	return rc == 0 ? 0 : cannot_open(j, rc);
}

int
journal_open(struct journal **out, const struct journal_options *o)
{
	struct journal *j = calloc(1, sizeof(*j));
	int64_t limit = o->max_bytes < LEAST_BYTES ? LEAST_BYTES : o->max_bytes;
	int rc = EXIT_CONFIG;

	if (j == NULL) {
		log_error("journal", "out of memory");
		return EXIT_TROUBLE;
	}
	j->keep = o->keep;
	/* LMDB needs loose pages: a tree is copied where it changes, and what was
	 * freed can be used again two commits later. */
	j->map = (size_t)limit & ~(size_t)4095;
	j->budget = limit - limit / 8;
	if (snprintf(j->file, sizeof(j->file), "%s/" JOURNAL_FILE, o->dir) >= (int)sizeof(j->file))
		log_error("journal", "%s: the name is too long", o->dir);
	else
		rc = open_file(j, o->dir);
	if (rc != 0) {
		journal_close(j);
		return rc;
	}
	*out = j;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->env != NULL && j->head_changed && head_write(j) != 0)
		log_warn(
		    "journal", "the last acknowledgement was not written; the daemon knows it too");
	env_close(j);
	free(j);
}

/* ---- deleting */

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
	int rc = seek(c, &number, &value);

	while (rc == 0 && h->n < PRUNE_STEP && h->bytes < enough &&
	       (before == MSEC_NEVER || block_time(number, &value) < before)) {
		size_t size = value.mv_size;

		rc = step(c, MDB_NEXT, &next, &value);
		if (rc != 0 || next - 1 > j->acked)
			break;
		h->number[h->n++] = number;
		h->bytes += cost(size);
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
static int
delete_blocks(struct journal *j, msec_t before, int64_t enough, size_t *n)
{
	struct harvest h = { .n = 0 };
	MDB_txn *txn;
	int rc;

	*n = 0;
	end_read(j);
	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	rc = delete_in(j, txn, before, enough, &h);
	if (rc == 0 && j->head_changed)
		rc = head_put(j, txn);
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

/* Even deleting takes pages, and a full map has none: let it grow a little. */
static int
delete_when_full(struct journal *j, msec_t before, int64_t enough, size_t *n)
{
	int rc = delete_blocks(j, before, enough, n);

	if (rc != MDB_MAP_FULL)
		return rc;
	j->map += (size_t)1 << 20;
	if ((rc = mdb_env_set_mapsize(j->env, j->map)) != 0)
		return rc;
	return delete_blocks(j, before, enough, n);
}

/* Acknowledged blocks go before their time.  Was there any?  A reader that
 * was killed while it read would hold the pages for ever. */
static bool
make_room(struct journal *j, int64_t wanted)
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

/* ---- appending */

static int
append_once(struct journal *j, const struct sealed *b)
{
	uint64_t be = htobe64(b->first);
	MDB_val key = { sizeof(be), &be }, value = { b->bytes.n, (void *)(uintptr_t)b->bytes.p };
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
		return rc;
	rc = mdb_put(txn, j->dbi, &key, &value, j->doubtful ? 0 : MDB_APPEND);
	if (rc == 0 && j->head_changed)
		rc = head_put(j, txn);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) != 0)
		return rc;
	j->head_changed = j->doubtful = false;
	j->bytes += cost(b->bytes.n);
	j->last = b->first + b->count - 1;
	return 0;
}

static int
append_within_limit(struct journal *j, const struct sealed *b)
{
	int64_t size = cost(b->bytes.n);
	int rc;

	while (j->bytes + size > j->budget)
		if (!make_room(j, j->bytes + size - j->budget))
			return FULL_BUDGET;
	/* Room, but not in one piece: each try frees more beside the holes. */
	while ((rc = append_once(j, b)) == MDB_MAP_FULL)
		if (!make_room(j, 4 * size))
			return rc;
	return rc;
}

static bool
is_full(int rc)
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

	env_close(j);
	if ((rc = env_open(j)) != 0 || (rc = load(j)) != 0)
		return rc;
	j->acked = acked;
	j->head_changed = j->doubtful = true;
	return 0;
}

/* LMDB calls a short write, as of a disk with no room, an input/output error. */
static int
write_failed(struct journal *j, int rc)
{
	j->state = is_full(rc) ? JOURNAL_FULL : JOURNAL_FAILED;
	if (rc == FULL_BUDGET)
		(void)snprintf(j->problem, sizeof(j->problem),
		    "%s is full: the daemon has acknowledged nothing that could be deleted",
		    j->file);
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

	assert(b->count > 0 && (b->first > j->last || j->doubtful));
	end_read(j);
	rc = append_within_limit(j, b);
	if (rc != 0 && !is_full(rc)) {
		log_debug("journal", "%s: %s; opening it anew", j->file, mdb_strerror(rc));
		if ((rc = reopen(j)) != 0) {
			log_error("journal", "cannot open %s again: %s", j->file, mdb_strerror(rc));
			return -2;
		}
		rc = append_within_limit(j, b);
	}
	if (rc != 0)
		return write_failed(j, rc);
	if (j->state != JOURNAL_OK)
		log_release(&j->trouble, "journal", "%s is written again", j->file);
	j->state = JOURNAL_OK;
	return 0;
}

/* ---- reading */

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
	if (step(j->cursor, MDB_NEXT, next, &after) != 0)
		*next = last_record(first, value) + 1;
	report_damage(j, first, *next - 1);
	return 0;
}

/* Puts the cursor on the block that may hold seq, or on the one after. */
static int
find_block(struct journal *j, uint64_t seq, uint64_t *first, MDB_val *value)
{
	int rc;

	*first = seq;
	rc = seek(j->cursor, first, value);
	if (rc == 0 && *first == seq)
		return 0;
	rc = step(j->cursor, rc == 0 ? MDB_PREV : MDB_LAST, first, value);
	if (rc != 0 || *first == 0) /* the head: nothing before seq */
		return step(j->cursor, MDB_NEXT, first, value);
	return 0;
}

int
journal_read(struct journal *j, uint64_t seq, struct sealed *out)
{
	uint64_t first, next = 0;
	MDB_val value;

	if (seq < j->floor)
		seq = j->floor;
	if (begin_read(j) != 0)
		return 0;
	while (seq <= j->last && find_block(j, seq, &first, &value) == 0) {
		if (take_block(j, first, &value, out, &next) == 1) {
			if (out->first + out->count > seq)
				return 1;
			next = out->first + out->count; /* ends before it: a hole */
			if (step(j->cursor, MDB_NEXT, &next, &value) != 0)
				return 0;
		}
		seq = next > seq ? next : seq + 1;
	}
	return 0;
}

/* ---- the rest */

void
journal_ack(struct journal *j, uint64_t seq)
{
	if (seq > j->last)
		seq = j->last;
	if (seq == j->acked || seq + 1 < j->floor)
		return;
	j->acked = seq;
	j->head_changed = true;
}

int
journal_renew(struct journal *j, uint64_t from)
{
	int rc;

	assert(from <= j->last + 1);
	if (getrandom(j->id, sizeof(j->id), 0) != sizeof(j->id))
		return -1;
	j->floor = from;
	j->acked = from - 1;
	j->head_changed = true;
	rc = head_write(j);
	return rc == 0 ? 0 : write_failed(j, rc);
}

msec_t
journal_turn(struct journal *j)
{
	msec_t now = clock_mono();
	size_t n = 0;
	int rc;

	if (now < j->next_turn)
		return j->next_turn;
	rc = delete_blocks(j, clock_wall() - j->keep, INT64_MAX, &n);
	if (rc != 0 && !is_full(rc)) /* the next append will open the file anew */
		(void)write_failed(j, rc);
	j->next_turn = now + (n == PRUNE_STEP ? TURN_BUSY : TURN);
	return j->next_turn;
}

void
journal_look(struct journal *j, struct journal_facts *f)
{
	uint64_t first = 1;
	MDB_val value;

	*f = (struct journal_facts){ .first = j->last + 1,
		.last = j->last,
		.acked = j->acked,
		.bytes = j->bytes,
		.state = j->state,
		.problem = j->state == JOURNAL_OK ? j->damage : j->problem };
	memcpy(f->id, j->id, sizeof(f->id));
	if (begin_read(j) == 0 && seek(j->cursor, &first, &value) == 0)
		f->first = first;
	if (f->first < j->floor)
		f->first = j->floor;
}
