/* SPDX-License-Identifier: MIT */
/*
 * line.h: one end of the line: frames over a stream socket.
 */
#ifndef CCMON_HOOKS_LINE_H
#define CCMON_HOOKS_LINE_H

#include "frame.h"

struct line_options {
	int		fd;		/* becomes the line's */
	/* Bytes came: take all whole frames of them.  The line stays open. */
	void		(*on_frames)(void *arg);
	/* The other end is gone, or what it said is no frame. */
	void		(*on_end)(void *arg, const char *why);
	void		*arg;
};

struct line;
struct line	*line_open(const struct line_options *);	/* NULL: said why */
void		 line_close(struct line *);
/* The next frame, to be closed by the caller; false: no more now. */
bool		 line_take(struct line *, struct frame *);
/* Where frames are written, and their way out. */
struct out	*line_out(struct line *);
void		 line_send(struct line *);
void		 line_send_soon(struct line *);	/* in one go with what comes this turn */
/* Nothing more will be said; the other end may go on. */
void		 line_finish(struct line *);

#endif
