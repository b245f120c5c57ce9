/* SPDX-License-Identifier: MIT */
/*
 * log.h: one line to stderr, `level token: text key=value ...`, after
 * journald's <N> when under systemd, else after the program's name.  Values
 * from outside are quoted and escaped.
 */
#ifndef CCMON_LOG_H
#define CCMON_LOG_H

#include "base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void	log_open(const char *program);		/* reads JOURNAL_STREAM */
void	log_set_level(enum log_level);		/* default LOG_INFO */
void	log_debug(const char *token, const char *fmt, ...) CCMON_PRINTF(2, 3);
void	log_info(const char *token, const char *fmt, ...) CCMON_PRINTF(2, 3);
void	log_warn(const char *token, const char *fmt, ...) CCMON_PRINTF(2, 3);
void	log_error(const char *token, const char *fmt, ...) CCMON_PRINTF(2, 3);

/* For "%s": the text escaped and in quotes, in one of eight buffers that take
 * turns; cut with "..." at 200 bytes. */
const char *log_quote(struct str);

/* A line that may repeat: said at once, then at most every interval that
 * doubles from 1 s to 1 h, with the number left out; log_release says once
 * that it is over. */
struct log_complaint {
	msec_t		next, interval;
	uint64_t	left_out;
	bool		active;
};
void	log_complain(struct log_complaint *, msec_t now, const char *token,
	    const char *fmt, ...) CCMON_PRINTF(4, 5);
void	log_release(struct log_complaint *, const char *token,
	    const char *fmt, ...) CCMON_PRINTF(3, 4);

#endif
