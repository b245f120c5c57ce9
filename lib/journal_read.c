/* SPDX-License-Identifier: MIT */
/*
 * journal_read.c: a collector's journal as a recording.  Knows LMDB, as the
 * collector's journal/ does, which is the one that writes.
 *
 * The collector must not notice.  What LMDB shows a reader it cannot use
 * again, and a journal that cannot use its pages again is full some day; so
 * each block is a transaction of its own, gone before its records are looked
 * at.  A reader signs in the lock file, and so must be able to write there.
 * Where there is no lock file nobody writes, and none is made: it would
 * belong to whoever reads, and the collector could not open it.
 *
 * Read is what was there at the beginning, or a journal in use would have no
 * end.  What the collector deletes meanwhile is missing.
 */
#include "ccmon/journal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static_assert(sizeof(struct journal_head) == 48, "is on disk");

struct journal_reader {
	MDB_env *env;
	MDB_dbi dbi;
	char file[PATH_MAX];
	dev_t dev;
	ino_t ino;
	uint64_t next; /* number of the next block, or before it */
	uint64_t last; /* of the last block; 0: there is none */
	uint64_t bad; /* first record of the damaged block before; 0: it was sound */
	struct block_reader records; /* of the block in bytes */
	uint64_t end; /* past its last record */
	struct journal_losses losses;
	uint8_t bytes[WIRE_BLOCK_MAX];
};

/* ---- in a transaction */

/* LMDB's error for a file that has grown beyond what we mapped. */
static int
begin(struct journal_reader *r, MDB_txn **txn)
{
	int rc = mdb_txn_begin(r->env, NULL, MDB_RDONLY, txn);

	if (rc != MDB_MAP_RESIZED)
		return rc;
	if ((rc = mdb_env_set_mapsize(r->env, 0)) != 0)
		return rc;
	return mdb_txn_begin(r->env, NULL, MDB_RDONLY, txn);
}

/* That of a collector's memo, whose key is longer, is 0. */
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

static int
find(struct journal_reader *r, MDB_txn *txn, MDB_cursor_op op, uint64_t *number, MDB_val *value)
{
	uint64_t be = htobe64(*number);
	MDB_val key = { sizeof(be), &be };
	MDB_cursor *c;
	int rc;

	if ((rc = mdb_cursor_open(txn, r->dbi, &c)) != 0)
		return rc;
	if ((rc = mdb_cursor_get(c, &key, value, op)) == 0)
		rc = number_of(&key, number);
	mdb_cursor_close(c);
	return rc;
}

/* A copy of the value at this number or the next; *len is its size, of which
 * at most WIRE_BLOCK_MAX bytes are copied. */
static int
copy(struct journal_reader *r, uint64_t *number, size_t *len)
{
	MDB_txn *txn;
	MDB_val value;
	int rc = begin(r, &txn);

	if (rc != 0)
		return rc;
	if ((rc = find(r, txn, MDB_SET_RANGE, number, &value)) == 0) {
		*len = value.mv_size;
		memcpy(r->bytes, value.mv_data, *len < WIRE_BLOCK_MAX ? *len : WIRE_BLOCK_MAX);
	}
	mdb_txn_abort(txn);
	return rc;
}

/* ---- open */

static int
check_head(struct journal_reader *r)
{
	struct journal_head h;
	uint64_t number = 0;
	size_t len;
	int rc = copy(r, &number, &len);

	if (rc != 0)
		return rc == MDB_NOTFOUND ? MDB_INCOMPATIBLE : rc;
	memcpy(&h, r->bytes, sizeof(h));
	if (number != 0 || len != sizeof(h) || memcmp(h.magic, JOURNAL_MAGIC, sizeof(h.magic)) != 0)
		return MDB_INCOMPATIBLE;
	return le32toh(h.format) == JOURNAL_FORMAT ? 0 : MDB_VERSION_MISMATCH;
}

/* The database, and which block is the last. */
static int
find_last(struct journal_reader *r)
{
	MDB_txn *txn;
	MDB_val value;
	int rc = begin(r, &txn);

	if (rc != 0)
		return rc;
	if ((rc = mdb_dbi_open(txn, NULL, 0, &r->dbi)) == 0)
		rc = find(r, txn, MDB_LAST, &r->last, &value);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc == MDB_NOTFOUND ? MDB_INCOMPATIBLE : rc;
	}
	return mdb_txn_commit(txn); /* keeps the database open */
}

static void
lock_of(const struct journal_reader *r, char *lock, size_t len)
{
	(void)snprintf(lock, len, "%s-lock", r->file);
}

static int
open_env(struct journal_reader *r)
{
	char lock[PATH_MAX + 8];
	unsigned flags = MDB_RDONLY | MDB_NOSUBDIR | MDB_NOTLS;
	int rc;

	lock_of(r, lock, sizeof(lock));
	if (access(lock, F_OK) != 0)
		flags |= MDB_NOLOCK;
	if ((rc = mdb_env_create(&r->env)) != 0 ||
	    (rc = mdb_env_open(r->env, r->file, flags, 0600)) != 0 || (rc = find_last(r)) != 0)
		return rc;
	return check_head(r);
}

static void
close_env(struct journal_reader *r)
{
	if (r->env != NULL)
		mdb_env_close(r->env);
	r->env = NULL;
}

/* ---- blocks */

/* What is not there between the block before and this one. */
static void
count_losses(struct journal_reader *r, uint64_t first)
{
	struct journal_losses *l = &r->losses;

	if (r->bad != 0) {
		l->damaged += first - r->bad;
		l->first_damaged = l->first_damaged == 0 ? r->bad : l->first_damaged;
	} else if (r->end != 0 && first > r->end) {
		l->missing += first - r->end;
		l->first_missing = l->first_missing == 0 ? r->end : l->first_missing;
	}
	r->bad = 0;
}

/* The last block of all; nobody knows how many records it had. */
static int
end_of_blocks(struct journal_reader *r)
{
	r->losses.more = r->bad != 0;
	if (r->bad != 0)
		count_losses(r, r->bad + 1);
	return MDB_NOTFOUND;
}

/* 0: the next sound block is in bytes. */
static int
next_block(struct journal_reader *r)
{
	struct block b;
	uint64_t number;
	size_t len;
	int rc = 0;

	while ((number = r->next) <= r->last && (rc = copy(r, &number, &len)) == 0 &&
	       number >= r->next) {
		count_losses(r, number);
		r->next = number + 1;
		if (block_open(&b, r->bytes, len) == 0 && b.first == number && b.count > 0) {
			block_read(&b, &r->records);
			r->end = r->next = b.first + b.count;
			return 0;
		}
		r->bad = number;
	}
	if (r->next > r->last || rc == MDB_NOTFOUND)
		return end_of_blocks(r);
	return rc == 0 ? MDB_CORRUPTED : rc;
}

/* Its checksum is right and its content is not: of a version with other
 * events, perhaps. */
static void
skip_rest(struct journal_reader *r)
{
	struct journal_losses *l = &r->losses;

	l->damaged += r->end - r->records.seq;
	l->first_damaged = l->first_damaged == 0 ? r->records.seq : l->first_damaged;
	r->records.p = r->records.end;
}

/* ---- may it be read? */

int
journal_look_first(int (*look)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return 0;
	if (pid == 0)
		_exit(look(arg));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) < 128 ? WEXITSTATUS(status) : -1;
}

/* In the child: all of it.  Its errors are ours to find again. */
static int
read_through(void *arg)
{
	struct journal_reader *r = arg;

	if (open_env(r) == 0)
		while (next_block(r) == 0)
			;
	close_env(r);
	return 0;
}

/* Whose file that is, or its directory where it cannot be seen. */
static const char *
owner_of(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const struct passwd *owner;
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
	    slash == NULL ? "." : path);
	if (stat(path, &st) != 0 && stat(dir, &st) != 0)
		return NULL;
	owner = getpwuid(st.st_uid);
	return owner == NULL ? NULL : owner->pw_name;
}

static bool
refuse(int error, const char *what, const char *path, char why[JOURNAL_WHY_MAX])
{
	const char *owner = error == EACCES || error == EPERM ? owner_of(path) : NULL;

	(void)snprintf(why, JOURNAL_WHY_MAX, "cannot %s %s: %s%s%s", what, path, strerror(error),
	    owner == NULL ? "" : "; run this as the collector's user, ",
	    owner == NULL ? "" : owner);
	return false;
}

static bool
may_read(struct journal_reader *r, char why[JOURNAL_WHY_MAX])
{
	char lock[PATH_MAX + 8];
	struct stat st;

	lock_of(r, lock, sizeof(lock));
	if (stat(r->file, &st) != 0 || access(r->file, R_OK) != 0)
		return refuse(errno, "read", r->file, why);
	if (access(lock, R_OK | W_OK) != 0 && errno != ENOENT && errno != EROFS)
		return refuse(errno, "sign as a reader in", lock, why);
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	return true;
}

static void
say_error(const struct journal_reader *r, int rc, char why[JOURNAL_WHY_MAX])
{
	const char *text = mdb_strerror(rc);

	if (rc == MDB_INCOMPATIBLE || rc == MDB_INVALID)
		text = "it is not a collector's journal";
	else if (rc == MDB_VERSION_MISMATCH)
		text = "it was written by another version of ccmon";
	(void)snprintf(why, JOURNAL_WHY_MAX, "cannot read %s: %s", r->file, text);
}

static bool
open_file(struct journal_reader *r, char why[JOURNAL_WHY_MAX])
{
	int rc;

	if (!may_read(r, why))
		return false;
	if (journal_look_first(read_through, r) != 0) {
		(void)snprintf(why, JOURNAL_WHY_MAX,
		    "cannot read %s: it is damaged, or was copied while the collector wrote",
		    r->file);
		return false;
	}
	if ((rc = open_env(r)) != 0)
		say_error(r, rc, why);
	return rc == 0;
}

/* ---- what others see */

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
journal_is_named(const char *path)
{
	size_t n = strlen(path), tail = strlen(JOURNAL_SUFFIX);

	return (n > tail && strcmp(path + n - tail, JOURNAL_SUFFIX) == 0) || is_directory(path);
}

struct journal_reader *
journal_reader_open(const char *path, char why[JOURNAL_WHY_MAX])
{
	struct journal_reader *r = calloc(1, sizeof(*r));
	int n;

	if (r == NULL) {
		(void)snprintf(why, JOURNAL_WHY_MAX, "out of memory");
		return NULL;
	}
	r->next = 1;
	n = snprintf(
	    r->file, sizeof(r->file), "%s%s", path, is_directory(path) ? "/" JOURNAL_FILE : "");
	if (n >= (int)sizeof(r->file))
		(void)snprintf(why, JOURNAL_WHY_MAX, "the name of the journal is too long");
	else if (open_file(r, why))
		return r;
	journal_reader_close(r);
	return NULL;
}

void
journal_reader_close(struct journal_reader *r)
{
	if (r != NULL)
		close_env(r);
	free(r);
}

int
journal_reader_next(struct journal_reader *r, struct record *record, char why[JOURNAL_WHY_MAX])
{
	int rc;

	for (;;) {
		while (r->records.p == r->records.end)
			if ((rc = next_block(r)) == MDB_NOTFOUND)
				return 0;
			else if (rc != 0) {
				say_error(r, rc, why);
				return -1;
			}
		if (block_next(&r->records, record) == 1)
			return 1;
		skip_rest(r);
	}
}

const struct journal_losses *
journal_reader_losses(const struct journal_reader *r)
{
	return &r->losses;
}

const char *
journal_reader_name(const struct journal_reader *r)
{
	return r->file;
}

bool
journal_reader_same(const struct journal_reader *a, const struct journal_reader *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}
