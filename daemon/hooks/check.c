/* SPDX-License-Identifier: MIT */
/*
 * check.c: may this program be run?
 *
 * Whoever can write a hook, or put another in its place, runs what he likes
 * as us.  So the file and every directory on the way to it must belong to
 * root or to us and be closed to others, and so must every link and what is on
 * the way to where it points.  A sticky directory, as /tmp, may be open: in it
 * nobody can take away what is not his, and what lies there is looked at too.
 *
 * A file of its own, for the doctor wants nothing else of the hooks.
 */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's, path_resolution(7) */

struct verdict {
	char *why;
	size_t len;
};

CCMON_PRINTF(2, 3)
static bool
refuse(const struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(v->why, v->len, fmt, ap);
	va_end(ap);
	return false;
}

static bool
is_ours(const struct verdict *v, const char *path, const struct stat *st)
{
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return true;
	return refuse(v, "%s belongs to user %u; it must belong to root or to user %u", path,
	    (unsigned)st->st_uid, (unsigned)geteuid());
}

/* One component; a link's own mode means nothing. */
static bool
is_closed(const struct verdict *v, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return refuse(v, "%s: %s", path, strerror(errno));
	if (!is_ours(v, path, &st))
		return false;
	if (S_ISLNK(st.st_mode) || (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0))
		return true;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	return refuse(v, "%s has mode %04o, owner %u, group %u: others may write it", path,
	    (unsigned)st.st_mode & 07777, (unsigned)st.st_uid, (unsigned)st.st_gid);
}

/* The path with the link that ends at `end` followed, one step. */
static bool
follow(const struct verdict *v, char path[PATH_MAX], size_t end)
{
	char target[PATH_MAX], rest[PATH_MAX], link[PATH_MAX];
	size_t dir = end;
	ssize_t n;

	memcpy(link, path, end);
	link[end] = '\0';
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return refuse(v, "%s: %s", link, strerror(errno));
	target[n] = '\0';
	(void)snprintf(rest, sizeof(rest), "%s", path + end);
	while (target[0] != '/' && path[dir - 1] != '/')
		dir--;
	path[target[0] == '/' ? 0 : dir] = '\0';
	dir = strlen(path);
	if ((size_t)snprintf(path + dir, PATH_MAX - dir, "%s%s", target, rest) >= PATH_MAX - dir)
		return refuse(v, "%s: the name is too long", link);
	return true;
}

/* Where the first link on the way ends; 0: there is none, and all is closed;
 * -1: something is not. */
static int
first_link(const struct verdict *v, const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (!is_closed(v, part))
			return -1;
		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			return (int)i;
	}
	return 0;
}

/* All the way to the program, as the kernel goes it. */
static bool
is_closed_way(const struct verdict *v, const char *name)
{
	char path[PATH_MAX];
	int at;

	if (strlen(name) >= sizeof(path))
		return refuse(v, "%s: the name is too long", name);
	memcpy(path, name, strlen(name) + 1);
	for (int links = 0; links < LINKS_MAX; links++) {
		if (!is_closed(v, "/") || (at = first_link(v, path)) < 0)
			return false;
		if (at == 0)
			return true;
		if (!follow(v, path, (size_t)at))
			return false;
	}
	return refuse(v, "%s: %s", name, strerror(ELOOP));
}

static bool
is_program(const struct verdict *v, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return refuse(v, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(v, "%s is not a regular file", path);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return refuse(v, "%s cannot be executed by user %u: its mode is %04o, owner %u",
		    path, (unsigned)geteuid(), (unsigned)st.st_mode & 07777, (unsigned)st.st_uid);
	return true;
}

bool
hook_check(const char *path, char *why, size_t why_len)
{
	struct verdict v = { why, why_len };

	if (path[0] != '/')
		return refuse(&v, "%s is not an absolute path", path);
	return is_closed_way(&v, path) && is_program(&v, path);
}
