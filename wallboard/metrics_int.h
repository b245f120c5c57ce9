/* SPDX-License-Identifier: MIT */
/*
 * metrics_int.h: what the files of the metrics share: metrics.c (a reading,
 * and writing it family by family), metrics_subjects.c (what was read, and the
 * highest of each counter), metrics_wanted.c (which fields matter),
 * metrics_table.c (the families there are), metrics_emit.c and metrics_alerts.c (how one's samples come about) and
 * metrics_text.c (the lines).
 */
#ifndef CCMON_METRICS_INT_H
#define CCMON_METRICS_INT_H

#include <ccmon/json.h>

#include "metrics.h"

/* Beside the kinds that are read: the wall-board itself. */
enum { KIND_SELF = METRICS_NKINDS, NKINDS };

/* Every number here is held in UNIT_NUMBER's steps: no figure of ours has more
 * than four decimals, and 900 billion are enough. */
#define ONE	INT64_C(10000)

enum family_type { GAUGE, COUNTER, HISTOGRAM, SUMMARY, INFO };

/* One of several fields or words that are samples of one family. */
struct part {
	const char	*label;		/* its value; of an INFO the label's name */
	const char	*field;
};

struct writing;
struct subject;
struct family {
	const char	*name;		/* without _total, _info */
	uint8_t		 type;		/* enum family_type */
	uint8_t		 kind;		/* whose: enum metrics_kind, or KIND_SELF */
	bool		 steady;	/* a counter of the site's state: it never falls */
	/* One: of each subject of its kind; all: of them together. */
	void		(*one)(struct writing *, const struct family *, struct subject *);
	void		(*all)(struct writing *, const struct family *);
	const char	*field;		/* of Redis */
	const char	*label;		/* whose values the parts are */
	const struct part *part;	/* up to one without a label */
	const char	*help;		/* NULL: what metrics.def says of the field */
};

extern const struct family metrics_families[];
extern const size_t metrics_nfamilies;
/* NULL: neither the row nor metrics.def says anything. */
const char *family_help(const struct family *);

/* ---- what of a hash is read at all: metrics_wanted.c */

struct wanted {
	struct str	*name;		/* owns; in order */
	size_t		 n;
};

int	wanted_init(struct wanted *) CCMON_CHECK;
void	wanted_fini(struct wanted *);
bool	is_wanted(const struct wanted *, struct str field);
/* By their bytes, a shorter one before those it begins. */
int	text_order(struct str, struct str);

/* ---- what was read: metrics_subjects.c */

struct field {
	struct str	 name, value;
};

struct held {			/* the highest of a counter that was written */
	const struct family *family;
	char		 part[16];	/* which sample of it */
	int64_t		 value;
};

struct subject {			/* a queue, a feed ... */
	uint8_t		 kind;
	bool		 seen;		/* in this reading */
	struct str	 name;		/* in the subject itself */
	struct field	*field;		/* owns; the texts stand behind them */
	size_t		 nfields;
	struct held	*held;		/* owns */
	size_t		 nheld, cap;
};

struct subjects {
	struct subject	**subject;	/* owns; by kind, then name */
	size_t		 n, cap;
	bool		 failed;	/* no memory for one of this reading */
};

void	subjects_fini(struct subjects *);
/* Nothing is seen; the highest stay. */
void	subjects_begin(struct subjects *);
/* Copied; replaces what it was. */
void	subjects_put(struct subjects *, unsigned kind, struct str name,
	    const struct field *, size_t n);
/* Those that are gone while others of their kind are there. */
void	subjects_forget(struct subjects *);
void	subjects_forget_highest(struct subjects *);
/* The next that was seen of a kind; NULL: that was all. */
struct subject *subjects_next(const struct subjects *, unsigned kind, size_t *i);

struct str subject_text(const struct subject *, const char *field);
/* FIGURE_NAN for NaN; false: it is not there, or no number. */
bool	subject_number(const struct subject *, const char *field, int64_t *);
bool	number_parse(struct str, int64_t *);
/* Makes it no less than it ever was.  -1: no memory to know that next time. */
int	subject_hold(struct subject *, const struct family *, const char *part,
	    int64_t *value) CCMON_CHECK;

/* ---- writing: metrics_text.c */

struct label {
	const char	*name;
	struct str	 value;
};

struct writing {
	const struct subjects *subjects;
	struct out	*o;
	enum metrics_format format;
	bool		 headed;	/* the family's lines of words are there */
};

/* One line; the subject's own labels come first, it may be NULL.  suffix:
 * "_bucket" ..., NULL: that of the family's type. */
void	text_sample(struct writing *, const struct family *, const char *suffix,
	    const struct subject *, const struct label *, size_t nlabels, int64_t value);

/* ---- how samples come about: metrics_emit.c, metrics_alerts.c */

typedef void emit_one_fn(struct writing *, const struct family *, struct subject *);
emit_one_fn emit_figure;	/* the field as it is */
emit_one_fn emit_time;		/* epoch ms as seconds */
emit_one_fn emit_oldest;	/* since when the oldest waits; 0: nobody does */
emit_one_fn emit_parts;		/* a sample a field */
emit_one_fn emit_sum;		/* the parts' fields added up */
emit_one_fn emit_difference;	/* the first part's field less the second's */
emit_one_fn emit_words;		/* 1 for the word the field says, 0 for the others */
emit_one_fn emit_windows;	/* FIELD_15m ...: a sample a window */
emit_one_fn emit_info;		/* 1, with the fields as labels */
emit_one_fn emit_histogram;	/* field: the buckets; the first part's: the sum */
emit_one_fn emit_summary;	/* field: the sum; the first part's: the count */
void	emit_firing(struct writing *, const struct family *);
void	emit_alerts(struct writing *, const struct family *);

#endif
