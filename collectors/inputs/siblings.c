/* SPDX-License-Identifier: MIT */
/*
 * siblings.c: the files beside a log that it was before.
 *
 * A sibling's name begins with the log's and '.' or '-'.  Which of them came
 * after which is told by when they were written last: names are of too many
 * kinds, and newer ones have the lower number here and the higher one there.
 *
 * Files are renamed while a directory is read, and one may then be seen twice
 * or not at all.  So it is read again until it says the same twice.
 */
#include "collectors/inputs/siblings.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_SEC INT64_C(1000000000)
#define TRIES 5
#define COUNT_MAX 10000 /* a higher number is a date, and dates grow */

static const char *const packed[] = { ".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z", ".zip" };

int64_t
siblings_time(const struct stat *st)
{
	return st->st_mtim.tv_sec * NS_PER_SEC + st->st_mtim.tv_nsec;
}

/* ---- names */

/* How much of the name there is before an ending of a compressed file. */
static size_t
plain_length(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < COUNTOF(packed); i++) {
		size_t ending = strlen(packed[i]);

		if (n > ending && strcmp(name + n - ending, packed[i]) == 0)
			return n - ending;
	}
	return n;
}

/* "1", "20260101", "2026-01-01T00:00:00", and nothing that was made by hand. */
static bool
looks_rotated(const char *suffix, size_t n)
{
	return n > 0 && strspn(suffix, "0123456789-.:_T") >= n;
}

/* What comes behind the log's own name, or NULL. */
static const char *
suffix_of(const char *name, const char *log)
{
	size_t n = strlen(log);

	if (strncmp(name, log, n) != 0 || (name[n] != '.' && name[n] != '-') || name[n + 1] == '\0')
		return NULL;
	return name + n + 1;
}

/* ---- order */

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* For two of the same instant: ".1" is newer than ".2", "-20260102" than
 * "-20260101".  (When they were renamed says nothing: one half of them may have
 * been, and the other not yet.) */
static int64_t
newness(const char *path)
{
	size_t n = plain_length(path);
	int64_t number;

	while (n > 0 && path[n - 1] >= '0' && path[n - 1] <= '9')
		n--;
	number = strtoll(path + n, NULL, 10);
	return number < COUNT_MAX ? -number : number;
}

static int
by_age(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;
	int order = compare(siblings_time(&x->st), siblings_time(&y->st));

	if (order == 0)
		order = compare(newness(x->path), newness(y->path));
	return order != 0 ? order : strcmp(x->path, y->path);
}

/* ---- listing */

static bool
is_listed(const struct siblings *all, const struct stat *st)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->s[i].st.st_ino == st->st_ino && all->s[i].st.st_dev == st->st_dev)
			return true;
	return false;
}

static int
add(struct siblings *all, const char *dir, const char *name, const char *suffix)
{
	struct sibling new = { 0 }, *s;

	if (asprintf(&new.path, "%s%s", dir, name) == -1)
		return -1;
	if (stat(new.path, &new.st) == -1 || !S_ISREG(new.st.st_mode) || is_listed(all, &new.st)) {
		free(new.path);
		return 0;
	}
	new.is_packed = suffix[plain_length(suffix)] != '\0';
	new.is_rotated = looks_rotated(suffix, plain_length(suffix));
	s = realloc(all->s, (all->n + 1) * sizeof(*s));
	if (s == NULL) {
		free(new.path);
		return -1;
	}
	all->s = s;
	all->s[all->n++] = new;
	return 0;
}

/* Those beside the file at path. */
static int
look_beside(struct siblings *all, const char *path)
{
	const char *log = strrchr(path, '/') + 1, *suffix;
	char *dir = strndup(path, (size_t)(log - path));
	DIR *d = dir == NULL ? NULL : opendir(dir);
	const struct dirent *e;
	int rc = d == NULL ? -1 : 0, error;

	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		if ((suffix = suffix_of(e->d_name, log)) != NULL)
			rc = add(all, dir, e->d_name, suffix);
	error = errno;
	if (error != 0)
		rc = -1;
	if (d != NULL)
		closedir(d);
	free(dir);
	errno = error;
	return rc;
}

/* A link is followed: its siblings are there, or here, or in both places. */
static int
look(struct siblings *all, const char *path)
{
	char real[PATH_MAX];
	int rc = look_beside(all, path);

	if (rc == 0 && realpath(path, real) != NULL && strcmp(real, path) != 0)
		rc = look_beside(all, real);
	if (all->n > 1)
		qsort(all->s, all->n, sizeof(*all->s), by_age);
	return rc;
}

static bool
is_same(const struct siblings *a, const struct siblings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->s[i].st.st_ino != b->s[i].st.st_ino ||
		    strcmp(a->s[i].path, b->s[i].path) != 0)
			return false;
	return true;
}

void
siblings_free(struct siblings *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->s[i].path);
	free(all->s);
	*all = (struct siblings){ 0 };
}

int
siblings_list(struct siblings *all, const char *path)
{
	struct siblings before = { 0 };
	int rc, tries = 0;
	bool same = false;

	*all = (struct siblings){ 0 };
	rc = look(all, path);
	while (rc == 0 && !same && tries++ < TRIES) {
		siblings_free(&before);
		before = *all;
		*all = (struct siblings){ 0 };
		rc = look(all, path);
		same = is_same(&before, all);
	}
	siblings_free(&before);
	if (rc == 0 && same)
		return 0;
	if (rc == 0)
		errno = EAGAIN;
	siblings_free(all);
	return -1;
}
