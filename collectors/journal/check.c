/* SPDX-License-Identifier: MIT */
/*
 * check.c: an existing file: is it sound, and what is in it?
 *
 * LMDB neither checks its pages nor survives a broken one: it follows what it
 * reads.  So a child process walks an existing file first, and when it does
 * not come back well the file is moved aside and a new journal begins, under
 * a new identity.
 */
#include "journal_int.h"
#include "ccmon/clock.h"
#include "ccmon/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is in it */

static int
walk_blocks(struct journal *j)
{
	uint64_t number = 1, newest = 0;
	MDB_val value, end = { 0, NULL };
	int rc;

	j->bytes = 0;
	j->last = 0;
	for (rc = journal_seek(j->cursor, &number, &value); rc == 0;
	     rc = journal_step(j->cursor, MDB_NEXT, &number, &value)) {
		if (number <= newest)
			return MDB_CORRUPTED;
		newest = number;
		end = value;
		j->bytes += journal_cost(value.mv_size);
	}
	if (rc != MDB_NOTFOUND)
		return rc;
	if (newest != 0)
		j->last = journal_last_record(newest, &end);
	if (j->last + 1 < j->floor)
		j->last = j->floor - 1;
	return 0;
}

int
journal_load(struct journal *j)
{
	uint64_t number = 0;
	MDB_val value;
	int rc;

	if ((rc = journal_begin_read(j)) != 0)
		return rc;
	rc = journal_seek(j->cursor, &number, &value);
	if (rc == MDB_NOTFOUND)
		rc = journal_head_make(j);
	else if (rc == 0)
		rc = number == 0 ? journal_head_unpack(j, &value) : MDB_CORRUPTED;
	if (rc == 0 && (rc = journal_begin_read(j)) == 0)
		rc = walk_blocks(j);
	if (rc == 0)
		rc = journal_memos_load(j);
	journal_end_read(j);
	return rc;
}

/* ---- is it sound? */

/* Every list of free pages, and whether the file is as long as it says. */
static int
walk_free_pages(struct journal *j)
{
	MDB_val key, value;
	MDB_cursor *c;
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	int rc;

	if ((rc = mdb_env_info(j->env, &info)) != 0 || (rc = mdb_env_stat(j->env, &stat)) != 0)
		return rc;
	if (lstat(j->file, &st) != 0)
		return errno;
	if ((uint64_t)st.st_size < (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize)
		return MDB_CORRUPTED;
	if ((rc = journal_begin_read(j)) != 0 || (rc = mdb_cursor_open(j->reader, 0, &c)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)) == 0)
		;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static bool
is_damage(int rc)
{
	return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
	       rc == MDB_PANIC || rc == MDB_BAD_TXN;
}

enum probe { PROBE_GOOD, PROBE_DAMAGED = 1, PROBE_OTHER = 3 };

/* In the child: looks at everything LMDB will rely on. */
static int
look_around(void *arg)
{
	struct journal *j = arg;
	int rc = journal_file_open(j);

	if (rc == 0)
		rc = walk_free_pages(j);
	if (rc == 0)
		rc = journal_load(j);
	if (rc == 0)
		rc = journal_memos_try(j);
	journal_file_close(j);
	return rc == 0 ? PROBE_GOOD : is_damage(rc) ? PROBE_DAMAGED : PROBE_OTHER;
}

/* Is the file one LMDB can be trusted with? */
static bool
is_sound(struct journal *j)
{
	int found;

	if (access(j->file, F_OK) != 0)
		return true;
	found = journal_look_first(look_around, j);
	return found == PROBE_GOOD || found == PROBE_OTHER;
}

static int
move_aside(struct journal *j, const char *dir)
{
	char aside[PATH_MAX + 64], lock[PATH_MAX + 8];

	(void)snprintf(
	    aside, sizeof(aside), "%s/damaged-%" PRId64 JOURNAL_SUFFIX, dir, clock_wall());
	(void)snprintf(lock, sizeof(lock), "%s-lock", j->file);
	if (rename(j->file, aside) != 0) {
		log_error("journal", "%s is damaged and cannot be moved aside: %s", j->file,
		    strerror(errno));
		return EXIT_TROUBLE;
	}
	(void)unlink(lock); /* of the old one; a missing lock is made anew */
	log_error("journal_damaged",
	    "%s cannot be read; it is now %s, and a new journal begins: "
	    "what the daemon had not yet acknowledged is lost, and what messages were seen "
	    "before is forgotten: one that is sent again counts again",
	    j->file, aside);
	return 0;
}

static int
cannot_open(const struct journal *j, int rc)
{
	if (rc == MDB_VERSION_MISMATCH) {
		log_error("journal", "%s was written by another version of ccmon", j->file);
		return EXIT_CONFIG;
	}
	log_error("journal", "cannot open %s: %s", j->file, mdb_strerror(rc));
	return rc == EACCES || rc == EROFS || rc == EPERM ? EXIT_CONFIG : EXIT_TROUBLE;
}

int
journal_open_checked(struct journal *j, const char *dir)
{
	int rc;

	if (!is_sound(j) && (rc = move_aside(j, dir)) != 0)
		return rc;
	if ((rc = journal_file_open(j)) == 0)
		rc = journal_load(j);
	return rc == 0 ? 0 : cannot_open(j, rc);
}
