/* SPDX-License-Identifier: MIT */
/*
 * powercut.c: preloaded into a program, it remembers how much of each file
 * was safe, so that the harness can act out a power cut: it kills the program
 * and cuts every file back to the size that was last synced (power.py).
 *
 * A line "device inode bytes" for each fsync() and fdatasync() goes to the
 * file POWERCUT_LOG names.  The size is taken before the sync: what is written
 * meanwhile by another thread is not promised.  It knows nothing of bytes
 * that are overwritten in place, so it serves files that only grow, such as
 * the append-only file of Redis; and renames are taken for done.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void
remember(const struct stat *st)
{
	const char *path = getenv("POWERCUT_LOG");
	char line[96];
	int n, fd;

	if (path == NULL || !S_ISREG(st->st_mode))
		return;
	n = snprintf(line, sizeof(line), "%llu %llu %lld\n", (unsigned long long)st->st_dev,
	    (unsigned long long)st->st_ino, (long long)st->st_size);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort(); /* a harness that forgets proves nothing */
	close(fd);
}

static int
sync_as(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	struct stat st;
	int known = fstat(fd, &st), rc = real(fd);

	if (rc == 0 && known == 0)
		remember(&st);
	return rc;
}

int
fsync(int fd)
{
	return sync_as("fsync", fd);
}

int
fdatasync(int fd)
{
	return sync_as("fdatasync", fd);
}
