/* SPDX-License-Identifier: MIT */
/*
 * journal_int.h: between the files of the journal; nobody else includes it.
 *
 *	journal.c	opened, acknowledged, renewed, looked at
 *	check.c		is the file there one to trust LMDB with?
 *	append.c	blocks to disk, and what to do when that fails
 *	prune.c		what goes
 *	read.c		blocks from disk
 *	memo.c		memos to disk, from disk, and over
 *	file.c		LMDB opened and closed, steps in it, the journal's own record
 */
#ifndef COLLECTORS_JOURNAL_INT_H
#define COLLECTORS_JOURNAL_INT_H

#include "collectors/collector.h"

#include <limits.h>
#include <lmdb.h>

#define FULL_BUDGET	(-1)	/* our own error, among LMDB's and errno's */
#define PRUNE_STEP	256	/* blocks a transaction deletes */

struct journal {
	MDB_env		*env;
	MDB_dbi		 dbi;
	MDB_txn		*reader;	/* reset unless `reading` */
	MDB_cursor	*cursor;	/* of the reader */
	bool		 reading;
	char		 file[PATH_MAX];
	size_t		 map;		/* bytes the file may have */
	int64_t		 budget;	/* bytes of blocks and memos in it */
	msec_t		 keep;

	uint8_t		 id[16];
	uint64_t	 floor, acked, last;
	bool		 head_changed;
	bool		 doubtful;	/* a commit failed: its block may be there */
	int64_t		 bytes, memo_bytes; /* that blocks and memos take */
	uint8_t		 swept[MEMO_KEY]; /* the next memo to look at: is it over? */
	msec_t		 next_turn;

	uint8_t		 state;		/* enum journal_state */
	char		 problem[PATH_MAX + 128];
	char		 damage[128];
	struct log_complaint trouble, early, forgotten;
};

/* All of them return 0, or an error of LMDB's or errno's, unless said. */

/* ---- file.c */

int	journal_file_open(struct journal *) CCMON_CHECK;
void	journal_file_close(struct journal *);
/* The reader's view is given up before anything is written. */
int	journal_begin_read(struct journal *) CCMON_CHECK;
void	journal_end_read(struct journal *);

/* What a value takes on disk: in its leaf, or in pages of its own. */
int64_t	journal_cost(size_t len);
/* A step of the cursor: 0 with number and value, MDB_NOTFOUND, or an error. */
int	journal_step(MDB_cursor *, MDB_cursor_op, uint64_t *number, MDB_val *value) CCMON_CHECK;
/* To this number, or the next there is. */
int	journal_seek(MDB_cursor *, uint64_t *number, MDB_val *value) CCMON_CHECK;
/* The last record of a block; when it is damaged, the most it can be. */
uint64_t journal_last_record(uint64_t first, const MDB_val *value);

int	journal_head_unpack(struct journal *, const MDB_val *value) CCMON_CHECK;
int	journal_head_put(const struct journal *, MDB_txn *) CCMON_CHECK;
int	journal_head_write(struct journal *) CCMON_CHECK;
int	journal_head_make(struct journal *) CCMON_CHECK;

/* ---- check.c */

/* What is in the open file, or a new head where there is nothing. */
int	journal_load(struct journal *) CCMON_CHECK;
/* 0, or the exit code; then the reason was logged. */
int	journal_open_checked(struct journal *, const char *dir) CCMON_CHECK;

/* ---- prune.c */

/* One step of deleting blocks that came before `before`, until there are
 * `enough` bytes; with the head written where it changed.  *n went. */
int	journal_delete(struct journal *, msec_t before, int64_t enough, size_t *n) CCMON_CHECK;
/* Acknowledged blocks go before their time.  Was there any? */
bool	journal_make_room(struct journal *, int64_t wanted);
/* Even deleting takes pages, and a full map has none: lets it grow a little. */
int	journal_grow(struct journal *) CCMON_CHECK;

/* ---- memo.c */

/* What those of a block take on disk, at most. */
int64_t	journal_memos_cost(const struct sealed *);
/* Into the transaction; *grown is by how many bytes there are more. */
int	journal_memos_put(struct journal *, MDB_txn *, const struct sealed *, int64_t *grown)
	    CCMON_CHECK;
/* May LMDB be trusted with changing their pages?  Removes all of them, in
 * transactions that it gives up. */
int	journal_memos_try(struct journal *) CCMON_CHECK;
/* Counts what is there. */
int	journal_memos_load(struct journal *) CCMON_CHECK;
/* A step of the walk round them: removes what is over. */
int	journal_memos_sweep(struct journal *) CCMON_CHECK;

/* ---- append.c */

bool	journal_is_full(int rc);
/* Notes and says it; -1. */
int	journal_write_failed(struct journal *, int rc);

#endif
