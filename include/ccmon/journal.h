/* SPDX-License-Identifier: MIT */
/*
 * journal.h: a collector's journal as it is on disk, and as a recording.
 *
 * An LMDB file of one database.  Keys are eight bytes, big-endian so that
 * they sort: key n is the block (wire.h) whose first record has number n, key
 * 0 the journal's own record.  Between these two are the inputs' memos, with
 * longer keys that begin with 0; they are the collector's alone.  It alone
 * writes (its journal/); any number of programs may read meanwhile.
 */
#ifndef CCMON_JOURNAL_H
#define CCMON_JOURNAL_H

#include "base.h"
#include "wire.h"

#define JOURNAL_FILE	"journal.mdb"	/* in its directory */
#define JOURNAL_SUFFIX	".mdb"		/* also of those moved aside */
#define JOURNAL_FORMAT	1
#define JOURNAL_MAGIC	"ccmonjn"
/* A million records a second reach it in 146,000 years; a larger one is damage. */
#define JOURNAL_NUMBER_MAX	(UINT64_C(1) << 62)

/* The record at key 0; numbers little-endian. */
struct journal_head {
	char		magic[8];
	uint32_t	format;
	uint32_t	crc;		/* of what follows */
	uint8_t		id[16];
	uint64_t	floor;		/* records below it had another identity */
	uint64_t	acked;
};

/* ---- reading one, from its first record to the last it has now */

struct journal_reader;

struct journal_losses {
	uint64_t	damaged;	/* records in blocks that cannot be read */
	uint64_t	missing;	/* numbers no block has */
	uint64_t	first_damaged, first_missing;
	bool		more;		/* the newest block is damaged: there may
					   have been more in it */
};

#define JOURNAL_WHY_MAX	5120	/* bytes with NUL; a path and what is wrong */

/* Is that the name of a journal, rather than of a log: a directory, or a file
 * that ends in JOURNAL_SUFFIX? */
bool	journal_is_named(const char *path);
/* By its directory or its file.  NULL: why says what is wrong, and what to do.
 * It may be in use; one file may be open but once. */
struct journal_reader *journal_reader_open(const char *path, char why[JOURNAL_WHY_MAX]);
void	journal_reader_close(struct journal_reader *);
/* 1 and the next record, whose texts live until the next call; 0 at the end;
 * -1: no more can be read, and why says so. */
int	journal_reader_next(struct journal_reader *, struct record *,
	    char why[JOURNAL_WHY_MAX]) CCMON_CHECK;
/* Lost among what was read. */
const struct journal_losses *journal_reader_losses(const struct journal_reader *);
/* Its file's name; and are these the same file? */
const char *journal_reader_name(const struct journal_reader *);
bool	journal_reader_same(const struct journal_reader *, const struct journal_reader *);

/*
 * LMDB neither checks its pages nor survives a broken one: it follows what it
 * reads.  So look(arg) is run in a child process first.  Returns what it
 * returned, 0 to 127, or -1 when it died of it; 0 when no child can be had.
 */
int	journal_look_first(int (*look)(void *arg), void *arg);

#endif
