/* SPDX-License-Identifier: MIT */
/*
 * raw_lmdb.h: an LMDB file written value by value, past those who know what
 * belongs into it.
 */
#ifndef CCMON_TESTS_FUZZ_RAW_LMDB_H
#define CCMON_TESTS_FUZZ_RAW_LMDB_H

#include <lmdb.h>

#include "scratch.h"

#define RAW_TABLES 8

struct raw {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table[RAW_TABLES];
};

static inline void
raw_check(int rc)
{
	if (rc != 0)
		abort();
}

/* Names of tables, or none: the one without a name. */
static inline void
raw_open(struct raw *r, const char *name, const char *const *tables, unsigned n)
{
	char path[PATH_MAX];

	scratch_path(path, name);
	raw_check(mdb_env_create(&r->env));
	raw_check(mdb_env_set_mapsize(r->env, 8 << 20));
	raw_check(mdb_env_set_maxdbs(r->env, RAW_TABLES));
	raw_check(mdb_env_open(r->env, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600));
	raw_check(mdb_txn_begin(r->env, NULL, 0, &r->txn));
	if (n == 0)
		raw_check(mdb_dbi_open(r->txn, NULL, 0, &r->table[0]));
	for (unsigned i = 0; i < n; i++)
		raw_check(mdb_dbi_open(r->txn, tables[i], MDB_CREATE, &r->table[i]));
}

/* What LMDB does not take, as an empty key, is left out. */
static inline void
raw_put(struct raw *r, unsigned table, struct str key, struct str value)
{
	MDB_val k = { key.n, (void *)(uintptr_t)key.p }, v = { value.n, (void *)(uintptr_t)value.p };
	int rc = mdb_put(r->txn, r->table[table], &k, &v, 0);

	raw_check(rc == MDB_BAD_VALSIZE ? 0 : rc);
}

static inline void
raw_close(struct raw *r)
{
	raw_check(mdb_txn_commit(r->txn));
	mdb_env_close(r->env);
}

#endif
