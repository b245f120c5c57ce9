/* SPDX-License-Identifier: MIT */
/*
 * out.h: writing numbers and JSON, always the same way, in the C locale.
 *
 * A figure is a whole number in its unit's smallest step; FIGURE_NAN is "no
 * sample".  Redis and terminals get the literal NaN, JSON gets null
 * (contract, conventions).
 */
#ifndef CCMON_OUT_H
#define CCMON_OUT_H

#include "base.h"

#define FIGURE_NAN	INT64_MIN

enum unit {
	UNIT_COUNT,	/* integers */
	UNIT_SECONDS,	/* held as ms, written as seconds with three decimals */
	UNIT_RATIO,	/* held as 1/10000, written 0.0000 .. 1.0000 */
	UNIT_RATE,	/* held as 1/1000, written with three decimals */
	UNIT_EPOCH_MS,	/* integers */
	UNIT_FLAG,	/* 0, 1 */
	UNIT_NUMBER,	/* held as 1/10000, written with four decimals */
	UNIT_NUNITS
};

#define FIGURE_TEXT_MAX	32	/* bytes with NUL */

/* Writes the figure's text; returns its length.  nan is "NaN" or "null". */
size_t	figure_format(char buf[FIGURE_TEXT_MAX], int64_t value, enum unit, const char *nan);

/* n/d in 1/one, rounded half up; FIGURE_NAN when d <= 0.  n may be negative. */
int64_t	ratio(int64_t n, int64_t d, int64_t one);

/* Growing text.  out_init with NULL storage grows by malloc; `failed` stays
 * set after the first allocation that failed, and later writes do nothing. */
struct out {
	char	*buf;
	size_t	 len, cap;
	bool	 failed;
};
void	out_init(struct out *);
void	out_fini(struct out *);
void	out_reset(struct out *);
void	out_bytes(struct out *, const void *, size_t);
void	out_str(struct out *, const char *);
void	out_printf(struct out *, const char *fmt, ...) CCMON_PRINTF(2, 3);

/* JSON.  Commas are put by the writer. */
void	json_open(struct out *, char bracket);	/* '{' or '[' */
void	json_close(struct out *, char bracket);	/* '}' or ']' */
void	json_key(struct out *, const char *);
void	json_text(struct out *, struct str);	/* quoted and escaped */
void	json_int(struct out *, int64_t);
void	json_figure(struct out *, int64_t value, enum unit);
void	json_bool(struct out *, bool);
void	json_none(struct out *);		/* null */
void	json_time(struct out *, msec_t);	/* "2026-11-22T02:00:00.000Z"; RFC 3339 */
void	json_raw(struct out *, struct str);	/* a value already written */

/* Bytes of the first character, when it is safe to show; 0: it is none, or it
 * moves a cursor, ends a line, turns the text round or is not seen. */
uint32_t out_harmless(struct str);

/* The text with all others, quotes and backslashes as \xNN, for a terminal or
 * a log. */
void	out_escaped(struct out *, struct str);
/* The same, with quotes and backslashes as they are: within words for people. */
void	out_shown(struct out *, struct str);

#endif
