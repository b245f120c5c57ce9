/* SPDX-License-Identifier: MIT */
/*
 * shell.h: the files of the live terminal that touch the world.
 */
#ifndef CTL_TOP_SHELL_H
#define CTL_TOP_SHELL_H

#include "ctl/ctl.h"
#include "top.h"

/* ---- term.c: the terminal, of which there is one ---- */

/* Why nothing can be drawn there, in words; NULL: it can. */
const char *term_why_not(void);
/* Draws on a screen of its own, takes keys as they are typed; and the terminal
 * as it was before.  It is left also when the program crashes. */
bool	term_enter(void) CCMON_CHECK;
void	term_leave(void);
bool	term_is_utf8(void);
bool	term_has_colours(void);
void	term_size(int *w, int *h);

/* What came meanwhile, as bits. */
enum term_news { TERM_KEYS = 1, TERM_RESIZED = 2, TERM_STOP = 4, TERM_BACK = 8, TERM_END = 16,
	TERM_GONE = 32 };
unsigned term_wait(msec_t ms);
/* Bytes typed; 0: the terminal is gone. */
size_t	term_read(char *buf, size_t n);
bool	term_write(const struct out *) CCMON_CHECK;
/* Stops as Ctrl-Z does, with the terminal as it was; returns when continued. */
bool	term_suspend(void) CCMON_CHECK;
/* Ends by the signal that came, with the terminal as it was. */
void	term_die(void) __attribute__((noreturn));

/* ---- reader.c: the board from Redis ---- */

#define READ_MS		1000	/* ms; between two looks */
#define PATIENCE_MS	1000	/* ms; an answer that takes longer is none */

/* Looks once.  What failed stands in the signs; the board is then as before. */
void	reader_look(struct ctl *, struct board *, struct signs *, const char *window);
/* When those who wait longest are due, epoch ms; how many. */
size_t	reader_due(struct ctl *, const char *queue, double due[LONGEST_MAX]);

#endif
