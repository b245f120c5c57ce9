/* SPDX-License-Identifier: MIT */
/*
 * follow.c: the lines of a log, each once, whatever is done to its files.
 *
 * A log is one row of lines in many files.  The one at its path grows; it is
 * renamed, and another begins there (rename), or it is copied, and cut to
 * nothing (copytruncate).  For us both are the same: what we read has become a
 * sibling (siblings.c), whose rest is read, then all siblings that were written
 * after it, then the file at the path.  And it is the same whether we were
 * there when it happened or come back a week later: where we are is said by
 * the mark, not by what we hold open.
 *
 * We go on to the next file only when that has something in it: until then
 * the log's writer still holds the one before, and may write there.
 *
 * Nothing is known of what lines mean.  Two equal ones are two.  What cannot be
 * read any more, because it is compressed or gone, is said as an error, once.
 */
#include "collectors/inputs/follow.h"
#include "collectors/inputs/siblings.h"
#include "ccmon/clock.h"
#include "ccmon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define NS_PER_MSEC INT64_C(1000000)
#define COARSE INT64_C(20) /* ms; so far the kernel's time of files is behind, at most */

struct follow {
	struct follow_options options;
	struct tail *tail; /* of the file being read */
	struct mark mark; /* behind the last line given */
	bool has_mark;
	bool is_sought; /* the mark was looked for; where nothing is open, in vain */
	bool is_moved; /* the mark, without a line */
	struct tail *ahead; /* the file after it, its first bytes read */
	bool is_ahead; /* it is known which one that is */
	int64_t told; /* compressed files written until then were complained of */
	struct log_complaint complaint;
};

/* What became of a search. */
enum search {
	SEARCH_FOUND,
	SEARCH_NONE,
	SEARCH_LATER, /* something is in the way; the reason was logged */
};

/* The files of the log, all at one time. */
struct scene {
	int fd; /* of the file at its path, or -1; it is that of ahead */
	struct stat st; /* of that */
	bool is_empty; /* that */
	struct siblings siblings;
};

static enum search
complain(struct follow *f, const char *path)
{
	int error = errno;

	log_complain(&f->complaint, clock_mono(), "file",
	    "collector %s: cannot read %s: %s; trying again", f->options.collector, path,
	    strerror(error));
	return SEARCH_LATER;
}

/* ---- the scene */

static bool
is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

static bool
is_same_file(const struct stat *a, uint64_t dev, uint64_t ino)
{
	return a->st_dev == dev && a->st_ino == ino;
}

/* A FIFO would stop us, and a directory has no lines. */
static int
open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd != -1 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	if (fd != -1) {
		close(fd);
		errno = EINVAL;
	}
	return -1;
}

static void
leave(struct follow *f, struct scene *s)
{
	if (!f->is_ahead)
		tail_close(f->ahead);
	siblings_free(&s->siblings);
}

static int
open_path(struct follow *f, struct scene *s)
{
	enum tail_got got = TAIL_FAILED;

	s->fd = open_file(f->options.path, &s->st);
	if (s->fd == -1)
		return is_absence(errno) ? 0 : -1;
	if (tail_open(f->ahead, s->fd, 0) == 0)
		got = tail_look(f->ahead);
	s->is_empty = got != TAIL_LINE;
	return got == TAIL_FAILED ? -1 : 0;
}

/* What was opened at the path, and read, before the siblings were listed is
 * one of us, whatever is done to it meanwhile. */
static enum search
enter(struct follow *f, struct scene *s)
{
	*s = (struct scene){ .fd = -1 };
	if (open_path(f, s) == -1) {
		tail_close(f->ahead);
		return complain(f, f->options.path);
	}
	if (siblings_list(&s->siblings, f->options.path) == 0)
		return SEARCH_FOUND;
	if (!is_absence(errno) && errno != EAGAIN)
		log_complain(&f->complaint, clock_mono(), "file",
		    "collector %s: cannot look for files beside %s: %s; trying again",
		    f->options.collector, f->options.path, strerror(errno));
	leave(f, s);
	return SEARCH_LATER;
}

/* ---- where we were */

/* Goes on in that file, and has it. */
static enum search
settle_in(struct follow *f, int fd, int64_t offset)
{
	struct mark before = f->mark;

	f->is_sought = true;
	if (tail_open(f->tail, fd, offset) == -1) {
		f->is_sought = false;
		return complain(f, f->options.path);
	}
	tail_mark(f->tail, &f->mark);
	f->is_moved = f->mark.ino != before.ino || f->mark.dev != before.dev ||
	              f->mark.offset != before.offset;
	return SEARCH_FOUND;
}

typedef int claim(const struct mark *, int fd, const uint8_t key[SIPHASH_KEY]);

/* The descriptor, or -1. */
static int
open_if(const struct follow *f, const struct sibling *s, claim *is_it)
{
	struct stat st;
	int fd = s->is_packed ? -1 : open_file(s->path, &st);

	if (fd == -1 || is_it(&f->mark, fd, f->options.key) == 1)
		return fd;
	close(fd);
	return -1;
}

static int
open_newest(const struct follow *f, const struct siblings *all, claim *is_it)
{
	int fd = -1;

	for (size_t i = all->n; i > 0 && fd == -1; i--)
		fd = open_if(f, &all->s[i - 1], is_it);
	return fd;
}

/* The very file.  Its number may be another one's by now. */
static int
open_same(const struct follow *f, const struct siblings *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_same_file(&all->s[i].st, f->mark.dev, f->mark.ino))
			return open_if(f, &all->s[i], mark_fits);
	return -1;
}

/* Is it at the path, perhaps as a new file with all that was in the old one?
 * A few bytes may be the same by chance. */
static bool
is_at_path(const struct follow *f, const struct scene *s)
{
	return s->fd != -1 &&
	       (is_same_file(&s->st, f->mark.dev, f->mark.ino) || f->mark.offset >= TAIL_PRINT) &&
	       mark_fits(&f->mark, s->fd, f->options.key) == 1;
}

/* A copy that ends before the mark was made before its lines were written, and
 * has nothing for us. */
static enum search
seek(struct follow *f, struct scene *s)
{
	int fd = open_same(f, &s->siblings);
	int64_t offset = f->mark.offset;

	if (fd == -1 && is_at_path(f, s))
		fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		fd = open_newest(f, &s->siblings, mark_fits);
	if (fd == -1 && (fd = open_newest(f, &s->siblings, mark_is_past)) != -1)
		offset = lseek(fd, 0, SEEK_END);
	return fd == -1 ? SEARCH_NONE : settle_in(f, fd, offset);
}

/* A compressed file that was not written after we read it holds nothing new;
 * of a younger one find_next will tell. */
static bool
is_told_elsewhere(const struct follow *f, const struct siblings *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->s[i].is_packed && all->s[i].is_rotated &&
		    siblings_time(&all->s[i].st) >= f->mark.time)
			return true;
	return false;
}

static void
tell_gone(struct follow *f, const struct scene *s)
{
	bool is_cut = is_same_file(&s->st, f->mark.dev, f->mark.ino);

	if (is_told_elsewhere(f, &s->siblings))
		return;
	log_error("file",
	    "collector %s: %s %s: what was written there after byte %" PRId64 " of inode %" PRIu64
	    " cannot be read any more, and is not counted",
	    f->options.collector, f->options.path,
	    is_cut ? "was cut, and there is no copy of it"
	           : "is another file, and the one before is gone",
	    f->mark.offset, f->mark.ino);
}

/* Without a file at the path nothing is said to be gone: it may be on a disk
 * that comes later. */
static enum search
find_mark(struct follow *f)
{
	struct scene s;
	enum search found;

	if (f->mark.offset == 0) {
		f->is_sought = true;
		return SEARCH_NONE;
	}
	if ((found = enter(f, &s)) != SEARCH_FOUND)
		return found;
	found = seek(f, &s);
	if (found == SEARCH_NONE && s.fd == -1) {
		errno = ENOENT;
		found = complain(f, f->options.path);
	} else if (found == SEARCH_NONE) {
		tell_gone(f, &s);
		f->is_sought = true;
	}
	leave(f, &s);
	return found;
}

/* ---- what comes then */

static void
tell_packed(struct follow *f, const struct sibling *s)
{
	if (siblings_time(&s->st) <= f->told)
		return;
	f->told = siblings_time(&s->st);
	log_error("file",
	    "collector %s: %s is compressed and cannot be read: what was written there after we "
	    "read last is not counted",
	    f->options.collector, s->path);
}

/* The first of the siblings that may follow the file we are in. */
static size_t
first_after(const struct follow *f, const struct siblings *all)
{
	int64_t at = f->mark.time;
	struct stat here;
	size_t i;

	if (tail_fd(f->tail) != -1 && fstat(tail_fd(f->tail), &here) == 0) {
		for (i = 0; i < all->n; i++)
			if (is_same_file(&all->s[i].st, here.st_dev, here.st_ino))
				return i + 1;
		at = siblings_time(&here);
	}
	for (i = 0; i < all->n && siblings_time(&all->s[i].st) <= at; i++)
		;
	return i;
}

/* Somebody's copy of what is here, or at the path? */
static bool
is_copy(const struct follow *f, const struct scene *s, int fd)
{
	return (tail_fd(f->tail) != -1 && tail_same_head(tail_fd(f->tail), fd)) ||
	       (s->fd != -1 && tail_same_head(s->fd, fd));
}

/* Its first bytes are read at once: by them it is seen when it is cut before
 * its turn has come. */
static enum search
look_ahead(struct follow *f, int fd, int64_t offset)
{
	if (fd == -1 || tail_open(f->ahead, fd, offset) == -1 || tail_look(f->ahead) == TAIL_FAILED)
		return complain(f, f->options.path);
	f->is_ahead = true;
	return SEARCH_FOUND;
}

static enum search
try_path(struct follow *f, struct scene *s)
{
	struct stat here;

	if (s->fd == -1) {
		errno = ENOENT;
		return tail_fd(f->tail) == -1 ? complain(f, f->options.path) : SEARCH_NONE;
	}
	log_release(&f->complaint, "file", "%s can be read again", f->options.path);
	if (s->is_empty || (tail_fd(f->tail) != -1 && fstat(tail_fd(f->tail), &here) == 0 &&
	                       is_same_file(&s->st, here.st_dev, here.st_ino)))
		return SEARCH_NONE;
	if (tail_fd(f->tail) != -1 && is_at_path(f, s))
		return look_ahead(f, fcntl(s->fd, F_DUPFD_CLOEXEC, 0), f->mark.offset);
	f->is_ahead = true;
	return SEARCH_FOUND;
}

/* The file that was at the path may have become a sibling since, and no more
 * the last. */
static enum search
try_sibling(struct follow *f, struct scene *s, const struct sibling *it)
{
	struct stat st;
	int fd;

	if (s->fd != -1 && is_same_file(&it->st, s->st.st_dev, s->st.st_ino))
		return s->is_empty && it->st.st_size > 0 ? SEARCH_LATER : try_path(f, s);
	if (!it->is_rotated || it->st.st_size == 0)
		return SEARCH_NONE;
	if (it->is_packed) {
		tell_packed(f, it);
		return SEARCH_NONE;
	}
	if ((fd = open_file(it->path, &st)) == -1)
		return is_absence(errno) ? SEARCH_LATER : complain(f, it->path);
	if (!is_same_file(&st, it->st.st_dev, it->st.st_ino) || is_copy(f, s, fd)) {
		close(fd);
		return is_same_file(&st, it->st.st_dev, it->st.st_ino) ? SEARCH_NONE : SEARCH_LATER;
	}
	return look_ahead(f, fd, 0);
}

static enum search
find_next(struct follow *f)
{
	struct scene s;
	enum search found = enter(f, &s);

	if (found != SEARCH_FOUND)
		return found;
	found = SEARCH_NONE;
	for (size_t i = first_after(f, &s.siblings); i < s.siblings.n && found == SEARCH_NONE; i++)
		found = try_sibling(f, &s, &s.siblings.s[i]);
	if (found == SEARCH_NONE)
		found = try_path(f, &s);
	leave(f, &s);
	return found;
}

/* ---- the first start */

static enum search
begin(struct follow *f)
{
	struct stat st;
	int fd = open_file(f->options.path, &st);
	int64_t offset;

	if (fd == -1 && !is_absence(errno))
		return complain(f, f->options.path);
	f->has_mark = f->is_sought = f->is_moved = true;
	if (fd == -1 || st.st_size == 0) { /* whatever is written from now on is new */
		f->mark.time = (clock_wall() - COARSE) * NS_PER_MSEC;
		if (fd != -1)
			close(fd);
		return SEARCH_NONE;
	}
	offset = f->options.is_all ? 0 : tail_last_line(fd);
	if (offset == -1)
		close(fd);
	else if (settle_in(f, fd, offset) == SEARCH_FOUND && tail_look(f->tail) != TAIL_FAILED) {
		f->is_moved = true;
		return SEARCH_FOUND;
	}
	f->has_mark = f->is_moved = false;
	return SEARCH_LATER;
}

/* ---- the way from file to file */

static void
drop_ahead(struct follow *f)
{
	tail_close(f->ahead);
	f->is_ahead = false;
}

/* The mark stays where it is until there is a line. */
static enum follow_got
go_over(struct follow *f)
{
	struct tail *done = f->tail;

	f->tail = f->ahead;
	f->ahead = done;
	drop_ahead(f);
	return FOLLOW_MORE;
}

static enum follow_got
open_some(struct follow *f)
{
	enum search found = f->has_mark ? SEARCH_NONE : begin(f);

	if (found == SEARCH_NONE && !f->is_sought)
		found = find_mark(f);
	if (found == SEARCH_FOUND)
		return FOLLOW_MORE;
	return found == SEARCH_NONE && find_next(f) == SEARCH_FOUND ? go_over(f) : FOLLOW_NONE;
}

static enum follow_got
give(struct follow *f)
{
	tail_mark(f->tail, &f->mark);
	f->is_moved = false;
	return FOLLOW_LINE;
}

/* All of it was read; so a compressed copy of it need not be missed. */
static void
note_end(struct follow *f)
{
	struct mark m;

	tail_mark(f->tail, &m);
	if (m.ino != f->mark.ino || m.offset != f->mark.offset || m.time == f->mark.time)
		return;
	f->mark = m;
	f->is_moved = true;
}

static enum follow_got
at_end(struct follow *f, struct tail_line *line)
{
	struct stat here, st;

	if (f->is_ahead)
		return tail_rest(f->tail, line) ? give(f) : go_over(f);
	note_end(f);
	if (fstat(tail_fd(f->tail), &here) == 0 && stat(f->options.path, &st) == 0 &&
	    is_same_file(&st, here.st_dev, here.st_ino)) {
		log_release(&f->complaint, "file", "%s can be read again", f->options.path);
		return FOLLOW_NONE;
	}
	return find_next(f) == SEARCH_FOUND ? FOLLOW_MORE : FOLLOW_NONE;
}

/* The place is sought as if we had just come. */
static enum follow_got
at_change(struct follow *f, struct tail_line *line)
{
	enum search found;

	drop_ahead(f);
	f->is_sought = false;
	if ((found = find_mark(f)) == SEARCH_LATER)
		return FOLLOW_NONE;
	if (found == SEARCH_FOUND)
		return FOLLOW_MORE;
	tail_close(f->tail);
	if (f->mark.offset == 0) /* all of it is read again, wherever it is */
		return FOLLOW_MORE;
	return tail_rest(f->tail, line) ? give(f) : FOLLOW_MORE;
}

static enum follow_got
at_failure(struct follow *f)
{
	(void)complain(f, f->options.path);
	drop_ahead(f);
	tail_close(f->tail);
	f->is_sought = false;
	return FOLLOW_NONE;
}

enum follow_got
follow_next(struct follow *f, struct tail_line *line)
{
	if (tail_fd(f->tail) == -1)
		return open_some(f);
	switch (tail_next(f->tail, line)) {
	case TAIL_LINE:
		return give(f);
	case TAIL_MORE:
		return FOLLOW_MORE;
	case TAIL_END:
		return at_end(f, line);
	case TAIL_CHANGED:
		return at_change(f, line);
	case TAIL_FAILED:
		break;
	}
	return at_failure(f);
}

bool
follow_mark(struct follow *f, struct mark *m)
{
	bool is_moved = f->is_moved;

	*m = f->mark;
	f->is_moved = false;
	return is_moved;
}

void
follow_close(struct follow *f)
{
	if (f == NULL)
		return;
	tail_free(f->tail);
	tail_free(f->ahead);
	free(f);
}

struct follow *
follow_open(const struct follow_options *o)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->options = *o;
	f->tail = tail_new(o->key);
	f->ahead = tail_new(o->key);
	if (f->tail == NULL || f->ahead == NULL) {
		follow_close(f);
		return NULL;
	}
	f->has_mark = o->mark != NULL;
	if (f->has_mark)
		f->mark = *o->mark;
	return f;
}
