/* SPDX-License-Identifier: MIT */
/*
 * outbox.c: pages on disk.  The one file here that knows LMDB.
 *
 *	pages       number (big-endian, so that it sorts) -> head, PAGE fields
 *	ids         page id -> number
 *	deliveries  number, n of the hook (both big-endian) -> how far
 *	hooks       hook name -> its totals
 *	meta        "format" -> FORMAT
 *
 * One transaction a turn of the runner, durable when it returns; a crash
 * leaves it whole or not there.  A commit that failed may be there all the
 * same, so everything is put again under the same numbers: nothing here is
 * an increment.
 *
 * LMDB neither checks its pages nor survives a broken one, so a child looks at
 * an existing file first, and a damaged one is moved aside: paging goes on,
 * with what the daemon still knows.  A value carries its own CRC.
 */
#include "outbox.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/wire.h>

#include "frame.h"
#include "lanes.h"

#define FORMAT 1
#define MAP (INT64_C(1) << 30) /* bytes the file may have; it grows as needed */
#define PRUNE_LOOKS 1024 /* pages a transaction looks at */
#define PRUNE_STEP 64 /* and removes */
#define ID_LONGEST 400 /* bytes; LMDB takes keys of 511 */

enum table { PAGES, IDS, DELIVERIES, HOOKS, META, NTABLES };
static const char *const table_names[NTABLES] = { "pages", "ids", "deliveries", "hooks", "meta" };

struct outbox {
	MDB_env *env;
	MDB_dbi table[NTABLES];
	MDB_txn *txn; /* between begin and commit */
	int rc; /* the first error in it */
	char file[PATH_MAX];
	char problem[PATH_MAX + 128];
	uint64_t last;
	bool torn; /* a commit failed: what LMDB knows of the file is doubtful */
};

/* Before a page's fields; numbers little-endian. */
struct head {
	uint32_t crc; /* of all after it */
	uint8_t finished, delivered;
	uint8_t spare[2];
	uint64_t arrived, ended;
};
static_assert(sizeof(struct head) == 24, "is on disk");

/* ---- keys and values */

struct delivery_key {
	uint64_t seq;
	uint32_t n;
} __attribute__((packed));

static struct delivery_key
delivery_key(uint64_t seq, unsigned n)
{
	return (struct delivery_key){ htobe64(seq), htobe32(n) };
}

static MDB_val
value_of(const void *p, size_t n)
{
	return (MDB_val){ n, (void *)(uintptr_t)p };
}

static int
page_unpack(const MDB_val *key, const MDB_val *value, struct outbox_page *p)
{
	struct head h;
	uint64_t be;

	*p = (struct outbox_page){ .ended = -1 };
	if (key->mv_size != sizeof(be) || value->mv_size < sizeof(h))
		return -1;
	memcpy(&be, key->mv_data, sizeof(be));
	memcpy(&h, value->mv_data, sizeof(h));
	*p = (struct outbox_page){ .seq = be64toh(be),
		.arrived = (msec_t)le64toh(h.arrived),
		.ended = h.finished ? (msec_t)le64toh(h.ended) : -1,
		.delivered = h.delivered != 0,
		.fields = { (const char *)value->mv_data + sizeof(h),
		    (uint32_t)(value->mv_size - sizeof(h)) } };
	return le32toh(h.crc) == crc32c(0, (const char *)value->mv_data + sizeof(h.crc),
	                             value->mv_size - sizeof(h.crc))
	           ? 0
	           : -1;
}

static void
page_pack(const struct outbox_page *p, char *to)
{
	struct head h = { .finished = p->ended >= 0,
		.delivered = p->delivered,
		.arrived = htole64((uint64_t)p->arrived),
		.ended = htole64((uint64_t)p->ended) };
	size_t size = sizeof(h) + p->fields.n;

	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), p->fields.p, p->fields.n);
	h.crc = htole32(crc32c(0, to + sizeof(h.crc), size - sizeof(h.crc)));
	memcpy(to, &h.crc, sizeof(h.crc));
}

/* ---- open and closed */

static void
env_close(struct outbox *o)
{
	if (o->txn != NULL)
		mdb_txn_abort(o->txn);
	if (o->env != NULL)
		mdb_env_close(o->env);
	o->txn = NULL;
	o->env = NULL;
}

static int
check_format(struct outbox *o, MDB_txn *txn)
{
	uint32_t format = htole32(FORMAT);
	MDB_val key = value_of("format", 6), value;
	int rc = mdb_get(txn, o->table[META], &key, &value);

	if (rc == MDB_NOTFOUND) {
		value = value_of(&format, sizeof(format));
		return mdb_put(txn, o->table[META], &key, &value, 0);
	}
	if (rc == 0 && (value.mv_size != sizeof(format) ||
	                   memcmp(value.mv_data, &format, sizeof(format)) != 0))
		return MDB_VERSION_MISMATCH;
	return rc;
}

static int
open_tables(struct outbox *o)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(o->env, NULL, 0, &txn);

	for (int i = 0; rc == 0 && i < NTABLES; i++)
		rc = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &o->table[i]);
	if (rc == 0)
		rc = check_format(o, txn);
	if (rc == 0)
		return mdb_txn_commit(txn);
	if (txn != NULL)
		mdb_txn_abort(txn);
	return rc;
}

static int
env_open(struct outbox *o)
{
	int rc, dead;

	if ((rc = mdb_env_create(&o->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(o->env, MAP)) != 0 ||
	    (rc = mdb_env_set_maxdbs(o->env, NTABLES)) != 0 ||
	    (rc = mdb_env_open(o->env, o->file, MDB_NOSUBDIR | MDB_NOTLS, 0600)) != 0 ||
	    (rc = mdb_reader_check(o->env, &dead)) != 0 || (rc = open_tables(o)) != 0)
		env_close(o);
	o->torn = false;
	return rc;
}

/* ---- looking at it */

/* A cursor over one table, in a reading transaction of its own. */
static int
cursor_open(struct outbox *o, enum table t, MDB_txn **txn, MDB_cursor **c)
{
	int rc = o->env != NULL ? mdb_txn_begin(o->env, NULL, MDB_RDONLY, txn) : MDB_PANIC;

	if (rc == 0 && (rc = mdb_cursor_open(*txn, o->table[t], c)) != 0)
		mdb_txn_abort(*txn);
	return rc;
}

static void
cursor_close(MDB_txn *txn, MDB_cursor *c)
{
	mdb_cursor_close(c);
	mdb_txn_abort(txn);
}

static int
touch_table(struct outbox *o, enum table t)
{
	MDB_val key, value;
	MDB_cursor *c;
	MDB_txn *txn;
	int rc = cursor_open(o, t, &txn, &c);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)) == 0)
		(void)crc32c(0, value.mv_data, value.mv_size);
	cursor_close(txn, c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* In the child, which may die of it. */
static int
look_around(struct outbox *o)
{
	int rc = env_open(o);

	for (enum table t = 0; rc == 0 && t < NTABLES; t++)
		rc = touch_table(o, t);
	env_close(o);
	return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
	       rc == MDB_PANIC;
}

/* When no child can be had we go on as if it were. */
static bool
is_sound(struct outbox *o)
{
	int status = 0;
	pid_t pid;

	if (access(o->file, F_OK) != 0 || (pid = fork()) < 0)
		return true;
	if (pid == 0)
		_exit(look_around(o));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
move_aside(struct outbox *o, const char *dir)
{
	char aside[PATH_MAX + 64], lock[PATH_MAX + 8];

	(void)snprintf(aside, sizeof(aside), "%s/damaged-%" PRId64 ".mdb", dir, clock_wall());
	(void)snprintf(lock, sizeof(lock), "%s-lock", o->file);
	if (rename(o->file, aside) != 0) {
		log_error("outbox", "%s is damaged and cannot be moved aside: %s", o->file,
		    strerror(errno));
		return -1;
	}
	(void)unlink(lock);
	log_error("outbox_damaged",
	    "%s cannot be read; it is now %s, and a new outbox begins: "
	    "pages that only it knew are lost",
	    o->file, aside);
	return 0;
}

static int
find_last(struct outbox *o)
{
	MDB_val key, value;
	MDB_cursor *c;
	MDB_txn *txn;
	int rc = cursor_open(o, PAGES, &txn, &c);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_get(c, &key, &value, MDB_LAST);
	if (rc == 0 && key.mv_size == sizeof(o->last)) {
		memcpy(&o->last, key.mv_data, sizeof(o->last));
		o->last = be64toh(o->last);
	}
	cursor_close(txn, c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

struct outbox *
outbox_open(const char *dir)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int rc;

	if (o == NULL) {
		log_error("outbox", "out of memory");
		return NULL;
	}
	(void)snprintf(o->file, sizeof(o->file), "%s/outbox.mdb", dir);
	if (!is_sound(o) && move_aside(o, dir) != 0)
		goto fail;
	if ((rc = env_open(o)) == 0 && (rc = find_last(o)) == 0)
		return o;
	log_error("outbox", "cannot open %s: %s", o->file,
	    rc == MDB_VERSION_MISMATCH ? "it was written by another version of ccmon"
	                               : mdb_strerror(rc));
fail:
	outbox_close(o);
	return NULL;
}

void
outbox_close(struct outbox *o)
{
	if (o == NULL)
		return;
	env_close(o);
	free(o);
}

uint64_t
outbox_last(const struct outbox *o)
{
	return o->last;
}

/* ---- reading */

int
outbox_walk(struct outbox *o, void (*page)(void *arg, const struct outbox_page *), void *arg)
{
	struct outbox_page p;
	MDB_val key, value;
	MDB_cursor *c;
	MDB_txn *txn;
	int rc = cursor_open(o, PAGES, &txn, &c);

	if (rc == 0) {
		while ((rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)) == 0)
			if (page_unpack(&key, &value, &p) == 0)
				page(arg, &p);
			else
				log_error("outbox_damaged",
				    "page %" PRIu64 " of %s is damaged and lost", p.seq, o->file);
		cursor_close(txn, c);
	}
	if (rc == MDB_NOTFOUND)
		return 0;
	log_error("outbox", "cannot read %s: %s", o->file, mdb_strerror(rc));
	return -1;
}

/* Copies a value of at most `size` bytes; its length, or 0. */
static size_t
get(struct outbox *o, enum table t, const void *key, size_t nkey, void *to, size_t size)
{
	MDB_val k = value_of(key, nkey), v = { 0, NULL };
	MDB_txn *txn;
	size_t n = 0;

	if (o->env == NULL || mdb_txn_begin(o->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_get(txn, o->table[t], &k, &v) == 0 && v.mv_size <= size)
		memcpy(to, v.mv_data, n = v.mv_size);
	mdb_txn_abort(txn);
	return n;
}

static bool
is_page_of(struct str fields, struct str id)
{
	return str_eq(frame_page_id(fields), id);
}

/* The number under the id has no CRC: it is right when the page there is. */
bool
outbox_has(struct outbox *o, struct str id)
{
	MDB_val key = value_of(id.p, id.n), number, value;
	struct outbox_page p;
	MDB_txn *txn;
	bool has;

	if (id.n > ID_LONGEST || o->env == NULL ||
	    mdb_txn_begin(o->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	has = mdb_get(txn, o->table[IDS], &key, &number) == 0 &&
	      mdb_get(txn, o->table[PAGES], &number, &value) == 0 &&
	      page_unpack(&number, &value, &p) == 0 && is_page_of(p.fields, id);
	mdb_txn_abort(txn);
	return has;
}

/* Our own machine writes and reads these two: their bytes are its structs.
 * They have no CRC; what could not have been written is as if it were not there. */
bool
outbox_delivery(struct outbox *o, uint64_t seq, unsigned n, struct outbox_delivery *d)
{
	struct delivery_key key = delivery_key(seq, n);
	struct outbox_delivery found;

	if (get(o, DELIVERIES, &key, sizeof(key), &found, sizeof(found)) != sizeof(found) ||
	    found.outcome >= HOOK_OUTCOME_COUNT || found.doom < HOOK_GIVEN_UP ||
	    found.doom > NO_DOOM)
		return false;
	*d = found;
	return true;
}

bool
outbox_hook(struct outbox *o, const char *name, struct outbox_hook *h)
{
	struct outbox_hook found;

	if (get(o, HOOKS, name, strlen(name), &found, sizeof(found)) != sizeof(found) ||
	    found.last_outcome >= HOOK_OUTCOME_COUNT ||
	    memchr(found.last_why, '\0', sizeof(found.last_why)) == NULL)
		return false;
	*h = found;
	return true;
}

/* ---- writing */

void
outbox_begin(struct outbox *o)
{
	if (o->torn)
		env_close(o);
	o->rc = o->env == NULL ? env_open(o) : 0;
	if (o->rc == 0)
		o->rc = mdb_txn_begin(o->env, NULL, 0, &o->txn);
}

static void
put(struct outbox *o, enum table t, const void *key, size_t nkey, const void *p, size_t n)
{
	MDB_val k = value_of(key, nkey), v = value_of(p, n);

	if (o->rc == 0)
		o->rc = mdb_put(o->txn, o->table[t], &k, &v, 0);
}

static void
drop(struct outbox *o, enum table t, const void *key, size_t nkey)
{
	MDB_val k = value_of(key, nkey);
	int rc = o->rc == 0 ? mdb_del(o->txn, o->table[t], &k, NULL) : 0;

	if (rc != 0 && rc != MDB_NOTFOUND)
		o->rc = rc;
}

void
outbox_put_page(struct outbox *o, const struct outbox_page *p, struct str id)
{
	uint64_t be = htobe64(p->seq);
	MDB_val key = value_of(&be, sizeof(be)),
	        value = { sizeof(struct head) + p->fields.n, NULL };
	char *bytes;

	if (o->rc == 0 && id.n > ID_LONGEST)
		o->rc = MDB_BAD_VALSIZE;
	if (o->rc != 0)
		return;
	if ((bytes = malloc(value.mv_size)) == NULL) {
		o->rc = ENOMEM;
		return;
	}
	page_pack(p, bytes);
	value.mv_data = bytes;
	o->rc = mdb_put(o->txn, o->table[PAGES], &key, &value, 0);
	free(bytes);
	put(o, IDS, id.p, id.n, &be, sizeof(be));
}

void
outbox_put_delivery(struct outbox *o, uint64_t seq, unsigned n, const struct outbox_delivery *d)
{
	struct delivery_key key = delivery_key(seq, n);

	put(o, DELIVERIES, &key, sizeof(key), d, sizeof(*d));
}

void
outbox_put_finished(
    struct outbox *o, const struct outbox_page *p, struct str id, unsigned ndeliveries)
{
	outbox_put_page(o, p, id);
	for (unsigned n = 0; n < ndeliveries; n++) {
		struct delivery_key key = delivery_key(p->seq, n);

		drop(o, DELIVERIES, &key, sizeof(key));
	}
}

void
outbox_put_hook(struct outbox *o, const char *name, const struct outbox_hook *h)
{
	size_t n = strlen(name);

	if (n > 0 && n <= ID_LONGEST)
		put(o, HOOKS, name, n, h, sizeof(*h));
}

/* LMDB calls a short write, as of a disk with no room, an input/output error. */
static int
failed(struct outbox *o)
{
	(void)snprintf(o->problem, sizeof(o->problem), "cannot write %s: %s%s", o->file,
	    mdb_strerror(o->rc), o->rc == EIO ? ", or no space left on the disk" : "");
	o->torn = true;
	return -1;
}

int
outbox_commit(struct outbox *o)
{
	if (o->rc == 0)
		o->rc = mdb_txn_commit(o->txn);
	else if (o->txn != NULL)
		mdb_txn_abort(o->txn);
	o->txn = NULL;
	return o->rc == 0 ? 0 : failed(o);
}

const char *
outbox_problem(const struct outbox *o)
{
	return o->problem;
}

/* ---- removing */

/* An id is kept that stands for another page: one taken again, as this one was
 * damaged. */
static int
remove_id(struct outbox *o, struct str page_id, const MDB_val *number)
{
	MDB_val id = value_of(page_id.p, page_id.n), found;
	int rc = page_id.n > 0 ? mdb_get(o->txn, o->table[IDS], &id, &found) : MDB_NOTFOUND;

	if (rc != 0 || found.mv_size != number->mv_size ||
	    memcmp(found.mv_data, number->mv_data, found.mv_size) != 0)
		return rc;
	return mdb_del(o->txn, o->table[IDS], &id, NULL);
}

static int
remove_page(struct outbox *o, MDB_cursor *c, const MDB_val *number, struct str fields)
{
	int rc = remove_id(o, frame_page_id(fields), number);

	return rc == 0 || rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE ? mdb_cursor_del(c, 0) : rc;
}
/* Removes from the oldest on, while there are too many or they are too old;
 * and what is damaged, for nobody can read it. */
static size_t
remove_some(struct outbox *o, MDB_cursor *c, msec_t before, size_t too_many)
{
	struct outbox_page p;
	MDB_val key, value;
	size_t removed = 0;
	bool whole;

	for (int i = 0; i < PRUNE_LOOKS && removed < PRUNE_STEP && o->rc == 0; i++) {
		if (mdb_cursor_get(c, &key, &value, MDB_NEXT) != 0)
			break;
		whole = page_unpack(&key, &value, &p) == 0;
		if (whole && p.ended < 0)
			continue;
		if (whole && removed >= too_many && p.ended >= before)
			break;
		o->rc = remove_page(o, c, &key, p.fields);
		removed += o->rc == 0;
	}
	return removed;
}

bool
outbox_prune(struct outbox *o, msec_t now, size_t keep)
{
	MDB_cursor *c = NULL;
	MDB_stat stat;
	size_t removed = 0;

	outbox_begin(o);
	if (o->rc == 0)
		o->rc = mdb_stat(o->txn, o->table[PAGES], &stat);
	if (o->rc == 0)
		o->rc = mdb_cursor_open(o->txn, o->table[PAGES], &c);
	if (o->rc == 0) {
		removed = remove_some(o, c, now - OUTBOX_KEEP_MS,
		    stat.ms_entries > keep ? stat.ms_entries - keep : 0);
		mdb_cursor_close(c);
	}
	return outbox_commit(o) == 0 && removed == PRUNE_STEP;
}
