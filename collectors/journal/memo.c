/* SPDX-License-Identifier: MIT */
/*
 * memo.c: what inputs must not forget, in the transaction of the block whose
 * events it is about: after any crash there are both or neither.
 *
 * A memo's key on disk is eight zeros and its own sixteen bytes.  So all of
 * them sort behind the journal's own record, which is eight zeros, and before
 * block 1: blocks are appended at the end as ever, and who walks the blocks,
 * from number 1, meets no memo; nor does a version of ccmon that knows none,
 * here or in lib/journal_read.c.  A database of its own, with a name, would
 * have put a record among the blocks that such a version takes for a damaged
 * one, and would have cost two more pages a commit.
 *
 * What is over is not found, and a slow walk round all of them removes it.
 * One that is not over is never removed to make room: then the journal is
 * full, and says so.
 */
#include "journal_int.h"
#include "ccmon/clock.h"

#include <assert.h>
#include <endian.h>

#define SWEEP_LOOKS 512 /* memos a turn; some 10 pages, perhaps not in memory */

struct memo_place {
	uint64_t zero;
	uint8_t key[MEMO_KEY];
};
static_assert(sizeof(struct memo_place) == 24, "is on disk");

/* Before the value; numbers little-endian. */
struct memo_head {
	uint32_t crc; /* of key and what follows */
	uint16_t len; /* of the value; LMDB's own may be bent */
	uint64_t until;
} __attribute__((packed));
static_assert(sizeof(struct memo_head) == 14, "is on disk");

struct memo_disk {
	struct memo_head head;
	char value[MEMO_VALUE_MAX];
};

/* ---- keys and values */

static struct memo_place
place_of(const uint8_t key[MEMO_KEY])
{
	struct memo_place p = { .zero = 0 };

	memcpy(p.key, key, MEMO_KEY);
	return p;
}

static MDB_val
key_of(struct memo_place *p)
{
	return (MDB_val){ sizeof(*p), p };
}

static bool
is_memo(const MDB_val *key)
{
	static const uint64_t zero = 0;

	return key->mv_size == sizeof(struct memo_place) &&
	       memcmp(key->mv_data, &zero, sizeof(zero)) == 0;
}

/* A place in the tree, its key and value, and what splitting leaves free: by
 * random keys a page is filled to seven tenths, and to half at the worst. */
static int64_t
cost_of(size_t len)
{
	return (int64_t)(10 + sizeof(struct memo_place) + len) * 3 / 2;
}

static uint32_t
checksum(const uint8_t *key, const struct memo_disk *d, size_t len)
{
	const size_t skip = sizeof(d->head.crc);

	return crc32c(crc32c(0, key, MEMO_KEY), (const char *)d + skip, len - skip);
}

static size_t
pack(const struct memo *m, struct memo_disk *d)
{
	size_t len = sizeof(d->head) + m->value.n;

	assert(m->value.n <= MEMO_VALUE_MAX);
	d->head.len = htole16((uint16_t)m->value.n);
	d->head.until = htole64((uint64_t)m->until);
	if (m->value.n > 0)
		memcpy(d->value, m->value.p, m->value.n);
	d->head.crc = htole32(checksum(m->key, d, len));
	return len;
}

/* Is its length one LMDB can be trusted with? */
static bool
is_whole(const MDB_val *value)
{
	struct memo_head h;

	if (value->mv_size < sizeof(h) || value->mv_size > sizeof(struct memo_disk))
		return false;
	memcpy(&h, value->mv_data, sizeof(h));
	return value->mv_size == sizeof(h) + le16toh(h.len);
}

/* The length of its value, or -1: it is damaged. */
static int
unpack(const uint8_t *key, const MDB_val *value, struct memo_disk *d)
{
	size_t len = value->mv_size;

	if (!is_whole(value))
		return -1;
	memcpy(d, value->mv_data, len);
	return le32toh(d->head.crc) == checksum(key, d, len) ? (int)(len - sizeof(d->head)) : -1;
}

static bool
is_over(const struct memo_disk *d)
{
	return (msec_t)le64toh(d->head.until) < clock_wall();
}

static void
report_damage(struct journal *j)
{
	log_complain(&j->forgotten, clock_mono(), "journal_damaged",
	    "%s: what was kept of a message seen before is damaged: sent again it counts again",
	    j->file);
}

/* ---- written with a block */

int64_t
journal_memos_cost(const struct sealed *b)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < b->nmemos; i++)
		bytes += cost_of(sizeof(struct memo_head) + b->memo[i].value.n);
	return bytes;
}

static int
put(struct journal *j, MDB_txn *txn, const struct memo *m, int64_t *grown)
{
	struct memo_place p = place_of(m->key);
	struct memo_disk d;
	size_t len = pack(m, &d);
	MDB_val key = key_of(&p), value = { len, &d };
	int rc = mdb_put(txn, j->dbi, &key, &value, MDB_NOOVERWRITE);

	*grown += cost_of(len);
	if (rc != MDB_KEYEXIST)
		return rc;
	*grown -= cost_of(value.mv_size); /* of the one before */
	value = (MDB_val){ len, &d };
	return mdb_put(txn, j->dbi, &key, &value, 0);
}

int
journal_memos_put(struct journal *j, MDB_txn *txn, const struct sealed *b, int64_t *grown)
{
	int rc = 0;

	*grown = 0;
	for (size_t i = 0; rc == 0 && i < b->nmemos; i++)
		rc = put(j, txn, &b->memo[i], grown);
	return rc;
}

/* ---- read */

int
journal_recall(struct journal *j, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	struct memo_place p = place_of(key);
	MDB_val k = key_of(&p), v;
	struct memo_disk d;
	int n, rc = journal_begin_read(j);

	if (rc == 0)
		rc = mdb_get(j->reader, j->dbi, &k, &v);
	if (rc == MDB_NOTFOUND)
		return -1;
	if (rc != 0 || (n = unpack(key, &v, &d)) < 0) {
		report_damage(j);
		return -1;
	}
	if (is_over(&d))
		return -1;
	memcpy(value, d.value, (size_t)n);
	return n;
}

/* ---- one after the other */

/* A step of the cursor.  MDB_NOTFOUND: there are no more, but blocks. */
static int
go(MDB_cursor *c, MDB_cursor_op op, MDB_val *key, MDB_val *value)
{
	int rc = mdb_cursor_get(c, key, value, op);

	if (rc != 0)
		return rc;
	if (!is_memo(key))
		return key->mv_size == sizeof(uint64_t) ? MDB_NOTFOUND : MDB_CORRUPTED;
	return is_whole(value) ? 0 : MDB_CORRUPTED;
}

/* To the memo of this key, or the next. */
static int
go_to(MDB_cursor *c, struct memo_place *p, MDB_val *key, MDB_val *value)
{
	*key = key_of(p);
	return go(c, MDB_SET_RANGE, key, value);
}

int
journal_memos_load(struct journal *j)
{
	struct memo_place p = { 0 }, newest = p;
	MDB_val key, value;
	int rc;

	j->memo_bytes = 0;
	for (rc = go_to(j->cursor, &p, &key, &value); rc == 0;
	     rc = go(j->cursor, MDB_NEXT, &key, &value)) {
		if (j->memo_bytes > 0 && memcmp(key.mv_data, &newest, sizeof(newest)) <= 0)
			return MDB_CORRUPTED;
		memcpy(&newest, key.mv_data, sizeof(newest));
		j->memo_bytes += cost_of(value.mv_size);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Removes some, from p on; what is left of them begins at p. */
static int
remove_some(MDB_cursor *c, struct memo_place *p)
{
	MDB_val key, value;
	int rc = go_to(c, p, &key, &value);

	for (size_t i = 0; rc == 0 && i < SWEEP_LOOKS; i++)
		if ((rc = mdb_cursor_del(c, 0)) == 0)
			rc = go(c, MDB_GET_CURRENT, &key, &value);
	if (rc == 0)
		memcpy(p, key.mv_data, sizeof(*p));
	return rc;
}

int
journal_memos_try(struct journal *j)
{
	struct memo_place p = { 0 };
	MDB_cursor *c;
	MDB_txn *txn;
	int rc = 0;

	journal_end_read(j);
	while (rc == 0) {
		if ((rc = mdb_txn_begin(j->env, NULL, 0, &txn)) != 0)
			return rc;
		if ((rc = mdb_cursor_open(txn, j->dbi, &c)) == 0)
			rc = remove_some(c, &p);
		mdb_txn_abort(txn); /* and its cursor */
	}
	return rc == MDB_NOTFOUND || rc == MDB_MAP_FULL ? 0 : rc;
}

/* ---- forgotten */

struct over {
	struct memo_place place[SWEEP_LOOKS];
	size_t n;
	int64_t bytes;
};

static void
judge(struct journal *j, const MDB_val *key, const MDB_val *value, struct over *o)
{
	struct memo_place p;
	struct memo_disk d;
	int n;

	memcpy(&p, key->mv_data, sizeof(p));
	n = unpack(p.key, value, &d);
	if (n < 0)
		report_damage(j);
	else if (!is_over(&d))
		return;
	o->place[o->n++] = p;
	o->bytes += cost_of(value->mv_size);
}

/* From where the turn before stopped; at the end it begins anew. */
static int
look_for_over(struct journal *j, struct over *o)
{
	struct memo_place p = place_of(j->swept);
	MDB_val key, value;
	int rc = journal_begin_read(j);

	if (rc == 0)
		rc = go_to(j->cursor, &p, &key, &value);
	for (size_t i = 0; rc == 0 && i < SWEEP_LOOKS; i++) {
		judge(j, &key, &value, o);
		rc = go(j->cursor, MDB_NEXT, &key, &value);
	}
	if (rc == 0)
		memcpy(j->swept, (uint8_t *)key.mv_data + sizeof(p.zero), MEMO_KEY);
	else
		memset(j->swept, 0, MEMO_KEY);
	journal_end_read(j);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
forget(struct journal *j, struct over *o)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(j->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < o->n; i++) {
		MDB_val key = key_of(&o->place[i]);

		rc = mdb_del(txn, j->dbi, &key, NULL);
		if (rc == MDB_NOTFOUND) /* a bent key on the way: nobody will find it */
			rc = 0;
	}
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	if ((rc = mdb_txn_commit(txn)) == 0)
		j->memo_bytes -= o->bytes;
	return rc;
}

int
journal_memos_sweep(struct journal *j)
{
	struct over o = { .n = 0 };
	int rc = look_for_over(j, &o);

	if (rc != 0 || o.n == 0)
		return rc;
	rc = forget(j, &o);
	if (rc == MDB_MAP_FULL && (rc = journal_grow(j)) == 0)
		rc = forget(j, &o);
	return rc;
}
