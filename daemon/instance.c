/* SPDX-License-Identifier: MIT */
/*
 * instance.c: who this daemon is, from one start to the next.
 *
 * A daemon that was killed finds its own lease in Redis and need not wait for
 * its end.  By what it knows itself is a random name in daemon.state_dir, and
 * the host's, as somebody may copy that directory to the second machine.  The
 * file is locked for as long as the process lives: one process a state_dir.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/log.h>

#define ID_BYTES 16
#define ID_TEXT (2 * ID_BYTES) /* hex digits */

static int
cannot(const char *path)
{
	log_error("instance", "%s cannot be used: %s", path, strerror(errno));
	return -1;
}

/* The process that was killed a moment ago may not be gone: its lock goes with
 * it, and whoever starts us waits for that. */
static int
lock(int fd, const char *path)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return cannot(path);
	log_error("instance",
	    "another ccmond runs with this daemon.state_dir (it holds %s): "
	    "give each daemon one of its own",
	    path);
	return -1;
}

static bool
is_id(const char *id, ssize_t n)
{
	return n == ID_TEXT + 1 && strspn(id, "0123456789abcdef") == ID_TEXT && id[ID_TEXT] == '\n';
}

/* Made once; anew where a power cut left half of it. */
static int
make_id(int fd, char id[ID_TEXT + 2])
{
	unsigned char random[ID_BYTES];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
	id[ID_TEXT] = '\n';
	if (ftruncate(fd, 0) != 0 || pwrite(fd, id, ID_TEXT + 1, 0) != ID_TEXT + 1)
		return -1;
	return fsync(fd);
}

static void
put_name(char name[INSTANCE_MAX], const char *id)
{
	char host[INSTANCE_MAX - ID_TEXT - 1] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "localhost");
	for (char *p = host; *p != '\0'; p++) /* it is one word of several */
		if (*p <= ' ')
			*p = '_';
	(void)snprintf(name, INSTANCE_MAX, "%.*s %s", ID_TEXT, id, host);
}

int
instance_open(const char *state_dir, char name[INSTANCE_MAX])
{
	char path[PATH_MAX], id[ID_TEXT + 2] = "";
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/instance", state_dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return cannot(state_dir);
	}
	if (mkdir(state_dir, 0700) != 0 && errno != EEXIST)
		return cannot(state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cannot(path);
	if (lock(fd, path) != 0) {
		close(fd);
		return -1;
	}
	n = pread(fd, id, sizeof(id), 0);
	if (n < 0 || (!is_id(id, n) && make_id(fd, id) != 0)) {
		(void)cannot(path);
		close(fd);
		return -1;
	}
	put_name(name, id);
	return fd;
}
