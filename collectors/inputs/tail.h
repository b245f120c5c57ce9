/* SPDX-License-Identifier: MIT */
/*
 * tail.h: the lines of one file that grows, and a mark that finds the place
 * again, in this file or in a copy of it.
 */
#ifndef COLLECTORS_TAIL_H
#define COLLECTORS_TAIL_H

#include "ccmon/base.h"
#include "ccmon/siphash.h"

#include <sys/types.h>

#define TAIL_PRINT	256	/* bytes before a place by which it is known */

/* Behind which byte of which file we are.  Goes to disk as it is. */
struct mark {
	uint64_t	dev, ino;
	int64_t		offset;
	uint64_t	head;	/* of the first TAIL_PRINT bytes, or as many as are before */
	uint64_t	print;	/* of the last ones before the offset */
	int64_t		time;	/* ns; when the file was written last; less by one where
				   there was more to be read */
};

struct tail_line {
	struct str	text;	/* without its newline; borrowed until the next call */
	bool		is_long;	/* than EVENT_BODY_MAX: its first bytes alone */
};

enum tail_got {
	TAIL_LINE,
	TAIL_END,	/* no whole line now */
	TAIL_MORE,	/* a part of a line too long was passed over */
	TAIL_CHANGED,	/* the file no longer says what was read */
	TAIL_FAILED,	/* errno */
};

struct tail;

struct tail *tail_new(const uint8_t key[SIPHASH_KEY]);	/* NULL: no memory */
void	tail_free(struct tail *);
/* Takes the descriptor over.  -1: errno. */
int	tail_open(struct tail *, int fd, int64_t offset) CCMON_CHECK;
void	tail_close(struct tail *);	/* the rest may still be asked for */
int	tail_fd(const struct tail *);	/* -1: none */
/* Reads on without giving anything.  TAIL_LINE: there was something. */
enum tail_got tail_look(struct tail *) CCMON_CHECK;
enum tail_got tail_next(struct tail *, struct tail_line *) CCMON_CHECK;
/* What stands behind the last newline, when no newline will come any more. */
bool	tail_rest(struct tail *, struct tail_line *);
/* Behind the last line given. */
void	tail_mark(const struct tail *, struct mark *);

/* Does the file say before the mark what was read there?  Or does it end
 * before, and begins as that one did?  -1: errno. */
int	mark_fits(const struct mark *, int fd, const uint8_t key[SIPHASH_KEY]);
int	mark_is_past(const struct mark *, int fd, const uint8_t key[SIPHASH_KEY]);
/* Do both files begin with the same TAIL_PRINT bytes? */
bool	tail_same_head(int, int);
/* The place behind the file's last newline.  -1: errno. */
int64_t	tail_last_line(int fd);

#endif
