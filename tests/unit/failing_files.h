/* SPDX-License-Identifier: MIT */
/*
 * failing_files.h: what failing.h says of writes, and of LMDB's memory.
 */
#ifndef TESTS_FAILING_FILES_H
#define TESTS_FAILING_FILES_H

#include "failing.h"

#include <lmdb.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- writes */

static inline int
failing_errno(void)
{
	errno = failing.kind == FAIL_ENOSPC ? ENOSPC : EIO;
	return -1;
}

/* A short write takes half of it. */
static inline ssize_t
failing_pwrite(int fd, const void *p, size_t n, off_t at)
{
	return failing.kind == FAIL_SHORT ? syscall(SYS_pwrite64, fd, p, n / 2, at)
	                                  : failing_errno();
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return failing_now(false) ? failing_pwrite(fd, p, n, at)
	                          : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (!failing_now(false))
		return syscall(SYS_writev, fd, v, n);
	return failing.kind == FAIL_SHORT ? syscall(SYS_writev, fd, v, n / 2) : failing_errno();
}

/* Nobody pulls the plug in here: it need not be waited for. */
int
fdatasync(int fd)
{
	(void)fd;
	return failing_now(false) ? failing_errno() : 0;
}

int
ftruncate(int fd, off_t n)
{
	return failing_now(false) ? failing_errno() : (int)syscall(SYS_ftruncate, fd, n);
}

/* ---- LMDB's memory: a call that wants some says that there is none */

#define FAILING_LMDB(name, params, args)                                                           \
	int __real_##name params;                                                                  \
	int __wrap_##name params;                                                                  \
	int __wrap_##name params                                                                   \
	{                                                                                          \
		return failing_now(true) ? ENOMEM : __real_##name args;                            \
	}

FAILING_LMDB(mdb_env_create, (MDB_env **e), (e))
FAILING_LMDB(mdb_env_open, (MDB_env *e, const char *path, unsigned flags, mdb_mode_t mode),
    (e, path, flags, mode))
FAILING_LMDB(mdb_dbi_open, (MDB_txn *t, const char *name, unsigned flags, MDB_dbi *d),
    (t, name, flags, d))
FAILING_LMDB(mdb_txn_begin, (MDB_env *e, MDB_txn *parent, unsigned flags, MDB_txn **t),
    (e, parent, flags, t))
FAILING_LMDB(mdb_cursor_open, (MDB_txn *t, MDB_dbi d, MDB_cursor **c), (t, d, c))
FAILING_LMDB(mdb_put, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned flags),
    (t, d, k, v, flags))
FAILING_LMDB(mdb_del, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v), (t, d, k, v))

/* One that fails is the end of its transaction, too. */
int __real_mdb_txn_commit(MDB_txn *);
int __wrap_mdb_txn_commit(MDB_txn *);
int
__wrap_mdb_txn_commit(MDB_txn *t)
{
	if (!failing_now(true))
		return __real_mdb_txn_commit(t);
	mdb_txn_abort(t);
	return ENOMEM;
}

#endif
