/* SPDX-License-Identifier: MIT */
/*
 * crashat.c: preloaded into a program, it kills it with signal 9 at the n-th
 * point at which the world outside could notice a difference (crashes.py).
 *
 * There are two points at each call that writes, sends, syncs or renames: just
 * before it, and just after, when it is done and nobody here knows.  CRASH_AT is
 * n.  The call is named on standard error, so that a failure can be found.
 * Programs that this one starts are left alone.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long left;

__attribute__((constructor)) static void
begin(void)
{
	const char *n = getenv("CRASH_AT");

	left = n != NULL ? atol(n) : 0;
	unsetenv("CRASH_AT");
	unsetenv("LD_PRELOAD");
}

static void
point(const char *where, const char *call)
{
	char line[64];
	int n;

	if (left <= 0 || atomic_fetch_sub(&left, 1) != 1)
		return;
	n = snprintf(line, sizeof(line), "crashat: %s %s()\n", where, call);
	if (syscall(SYS_write, STDERR_FILENO, line, n) == n)
		kill(getpid(), SIGKILL);
	abort(); /* not reached, or it cannot be said */
}

/* One call, with its two points. */
#define CALL(type, name, params, args)                                                             \
	type name params;                                                                          \
	type name params                                                                           \
	{                                                                                          \
		type(*real) params = (type(*) params)dlsym(RTLD_NEXT, #name);                      \
		type rc;                                                                           \
                                                                                                   \
		point("before", #name);                                                            \
		rc = real args;                                                                    \
		point("after", #name);                                                             \
		return rc;                                                                         \
	}

CALL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
CALL(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, msync, (void *p, size_t n, int flags), (p, n, flags))
CALL(int, ftruncate, (int fd, off_t n), (fd, n))
CALL(int, rename, (const char *from, const char *to), (from, to))
CALL(int, unlink, (const char *path), (path))
