/* SPDX-License-Identifier: MIT */
/*
 * tail.c: the lines of one file that grows, and a mark that finds the place
 * again, in this file or in a copy of it.
 *
 * A file that was cut and grew again looks as if it had only grown.  So what
 * stands before the place is compared each time: after reading, since then
 * what was read came from a file that was not cut before.
 *
 * Memory is one buffer, whatever is in the file: of a line longer than it, the
 * first bytes are kept to be shown, and all others are passed over.
 */
#include "collectors/inputs/tail.h"
#include "ccmon/event.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM (TAIL_PRINT + 2 * (EVENT_BODY_MAX + 1)) /* bytes; the longest line, twice */
#define NS_PER_SEC INT64_C(1000000000)

struct tail {
	const uint8_t *key;
	int fd;
	uint64_t dev, ino;
	int64_t time; /* of its last change, as of the last reading */
	int64_t base; /* place of buf[0] in the file */
	size_t at, n; /* buf[at .. n) was not given yet; before it at least a print */
	bool is_whole; /* all that the file had is in the buffer */
	bool skips; /* a line that was too long */
	size_t nshown, nhead;
	char shown[TAIL_PRINT]; /* of the line that is passed over */
	char head[TAIL_PRINT]; /* of the file */
	char buf[ROOM];
};

/* ---- marks */

static size_t
print_length(int64_t offset)
{
	return offset < TAIL_PRINT ? (size_t)offset : TAIL_PRINT;
}

/* All n bytes: 1; fewer are there: 0; -1: errno. */
static int
read_all(int fd, char *to, size_t n, int64_t at)
{
	size_t got = 0;
	ssize_t more = 1;

	while (got < n && more > 0) {
		more = pread(fd, to + got, n - got, at + (int64_t)got);
		got += more > 0 ? (size_t)more : 0;
	}
	return more == -1 ? -1 : got == n;
}

static int
says(int fd, int64_t at, size_t n, uint64_t hash, const uint8_t *key)
{
	char bytes[TAIL_PRINT] = { 0 };
	int rc = read_all(fd, bytes, n, at);

	return rc == 1 ? siphash(key, bytes, n) == hash : rc;
}

int
mark_fits(const struct mark *m, int fd, const uint8_t key[SIPHASH_KEY])
{
	size_t n = print_length(m->offset);
	int rc = says(fd, 0, n, m->head, key);

	return rc == 1 ? says(fd, m->offset - (int64_t)n, n, m->print, key) : rc;
}

int
mark_is_past(const struct mark *m, int fd, const uint8_t key[SIPHASH_KEY])
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_size > m->offset || m->offset < TAIL_PRINT)
		return 0;
	return says(fd, 0, TAIL_PRINT, m->head, key);
}

bool
tail_same_head(int a, int b)
{
	char x[TAIL_PRINT], y[TAIL_PRINT];

	return read_all(a, x, TAIL_PRINT, 0) == 1 && read_all(b, y, TAIL_PRINT, 0) == 1 &&
	       memcmp(x, y, TAIL_PRINT) == 0;
}

int64_t
tail_last_line(int fd)
{
	char bytes[4096];
	struct stat st;
	const char *newline = NULL;
	int64_t at;
	size_t n = 0;
	int rc;

	if (fstat(fd, &st) == -1)
		return -1;
	for (at = st.st_size; at > 0 && newline == NULL;) {
		n = at < (int64_t)sizeof(bytes) ? (size_t)at : sizeof(bytes);
		at -= (int64_t)n;
		if ((rc = read_all(fd, bytes, n, at)) != 1) {
			errno = rc == 0 ? ESTALE : errno;
			return -1;
		}
		newline = memrchr(bytes, '\n', n);
	}
	return newline == NULL ? 0 : at + (newline + 1 - bytes);
}

/* ---- reading */

/* Room for the longest line, and what is known of the file before it. */
static void
make_room(struct tail *t)
{
	size_t from = t->at > TAIL_PRINT ? t->at - TAIL_PRINT : 0;

	if (ROOM - t->n > EVENT_BODY_MAX)
		return;
	memmove(t->buf, t->buf + from, t->n - from);
	t->base += (int64_t)from;
	t->at -= from;
	t->n -= from;
}

static int
read_head(struct tail *t)
{
	ssize_t got;

	if (t->nhead == TAIL_PRINT)
		return 0;
	got = pread(t->fd, t->head, TAIL_PRINT, 0);
	t->nhead = got > 0 ? (size_t)got : 0;
	return got == -1 ? -1 : 0;
}

static int
note_time(struct tail *t)
{
	struct stat st;

	if (fstat(t->fd, &st) == -1)
		return -1;
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->time = st.st_mtim.tv_sec * NS_PER_SEC + st.st_mtim.tv_nsec;
	return 0;
}

static int
is_unchanged(const struct tail *t)
{
	size_t n = t->n < TAIL_PRINT ? t->n : TAIL_PRINT;
	char bytes[TAIL_PRINT];
	int rc = read_all(t->fd, bytes, n, t->base + (int64_t)(t->n - n));

	return rc == 1 ? memcmp(bytes, t->buf + t->n - n, n) == 0 : rc;
}

enum tail_got
tail_look(struct tail *t)
{
	ssize_t got = -1;
	int same = -1;

	make_room(t);
	if (note_time(t) == 0)
		got = pread(t->fd, t->buf + t->n, ROOM - t->n, t->base + (int64_t)t->n);
	if (got != -1 && read_head(t) == 0)
		same = is_unchanged(t);
	if (same != 1)
		return same == 0 ? TAIL_CHANGED : TAIL_FAILED;
	t->is_whole = (size_t)got < ROOM - t->n;
	t->n += (size_t)got;
	return got > 0 ? TAIL_LINE : TAIL_END;
}

static void
show(struct tail *t, const char *from, size_t n)
{
	t->nshown = n < TAIL_PRINT ? n : TAIL_PRINT;
	memcpy(t->shown, from, t->nshown);
}

static void
give(struct tail *t, size_t n, struct tail_line *line)
{
	if (!t->skips && n > EVENT_BODY_MAX)
		show(t, t->buf + t->at, n);
	line->is_long = t->skips || n > EVENT_BODY_MAX;
	line->text = line->is_long ? (struct str){ t->shown, (uint32_t)t->nshown }
	                           : (struct str){ t->buf + t->at, (uint32_t)n };
	t->skips = false;
	t->at += n;
}

static bool
take_line(struct tail *t, struct tail_line *line)
{
	const char *newline = memchr(t->buf + t->at, '\n', t->n - t->at);

	if (newline == NULL)
		return false;
	give(t, (size_t)(newline - t->buf) - t->at, line);
	t->at++;
	return true;
}

/* What is there of a line that is too long. */
static bool
drop(struct tail *t)
{
	if (!t->skips && t->n - t->at <= EVENT_BODY_MAX)
		return false;
	if (!t->skips)
		show(t, t->buf + t->at, t->n - t->at);
	t->skips = true;
	t->at = t->n;
	return true;
}

enum tail_got
tail_next(struct tail *t, struct tail_line *line)
{
	while (!take_line(t, line)) {
		bool dropped = drop(t);
		enum tail_got got = tail_look(t);

		if (got != TAIL_LINE)
			return got;
		if (dropped)
			return TAIL_MORE;
	}
	return TAIL_LINE;
}

bool
tail_rest(struct tail *t, struct tail_line *line)
{
	if (t->at == t->n && !t->skips)
		return false;
	give(t, t->n - t->at, line);
	return true;
}

void
tail_mark(const struct tail *t, struct mark *m)
{
	size_t n;

	m->dev = t->dev;
	m->ino = t->ino;
	m->offset = t->base + (int64_t)t->at;
	m->time = t->time - !(t->is_whole && t->at == t->n);
	n = print_length(m->offset);
	m->print = siphash(t->key, t->buf + t->at - n, n);
	m->head = n < TAIL_PRINT ? m->print : siphash(t->key, t->head, n);
}

/* ---- opening and closing */

struct tail *
tail_new(const uint8_t key[SIPHASH_KEY])
{
	struct tail *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->key = key;
	t->fd = -1;
	return t;
}

int
tail_open(struct tail *t, int fd, int64_t offset)
{
	size_t n = print_length(offset);
	int rc;

	tail_close(t);
	t->fd = fd;
	t->base = offset - (int64_t)n;
	t->at = t->n = n;
	t->nhead = 0;
	t->skips = t->is_whole = false;
	rc = read_all(fd, t->buf, n, t->base);
	if (rc == 1 && note_time(t) == 0 && read_head(t) == 0)
		return 0;
	errno = rc == 0 ? ESTALE : errno;
	tail_close(t);
	return -1;
}

void
tail_close(struct tail *t)
{
	int error = errno;

	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
	errno = error;
}

int
tail_fd(const struct tail *t)
{
	return t->fd;
}

void
tail_free(struct tail *t)
{
	if (t != NULL)
		tail_close(t);
	free(t);
}
