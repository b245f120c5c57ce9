/* SPDX-License-Identifier: MIT */
/*
 * journal.c: blocks on disk, and these are the files that write them there;
 * journal_int.h lists them.
 *
 * A block is a value, byte for byte as the spool sealed it (ccmon/journal.h).
 * Others may read the same file meanwhile (lib/journal_read.c).
 *
 * A new identity changes nothing for the memos: it tells the daemon of other
 * numbers, while what a source sends again has the names it had.
 */
#include "journal_int.h"
#include "ccmon/clock.h"
#include "ccmon/journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define LEAST_BYTES (INT64_C(8) << 20) /* several of the largest blocks */
#define TURN INT64_C(1000) /* ms between looks at what is old */
#define TURN_BUSY INT64_C(100) /* ms, when there was more than one step */

int
journal_open(struct journal **out, const struct journal_options *o)
{
	struct journal *j = calloc(1, sizeof(*j));
	int64_t limit = o->max_bytes < LEAST_BYTES ? LEAST_BYTES : o->max_bytes;
	int rc = EXIT_CONFIG;

	if (j == NULL) {
		log_error("journal", "out of memory");
		return EXIT_TROUBLE;
	}
	j->keep = o->keep;
	/* LMDB needs loose pages: a tree is copied where it changes, and what was
	 * freed can be used again two commits later. */
	j->map = (size_t)limit & ~(size_t)4095;
	j->budget = limit - limit / 8;
	if (snprintf(j->file, sizeof(j->file), "%s/" JOURNAL_FILE, o->dir) >= (int)sizeof(j->file))
		log_error("journal", "%s: the name is too long", o->dir);
	else
		rc = journal_open_checked(j, o->dir);
	if (rc != 0) {
		journal_close(j);
		return rc;
	}
	*out = j;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->env != NULL && j->head_changed && journal_head_write(j) != 0)
		log_warn(
		    "journal", "the last acknowledgement was not written; the daemon knows it too");
	journal_file_close(j);
	free(j);
}

void
journal_ack(struct journal *j, uint64_t seq)
{
	if (seq > j->last)
		seq = j->last;
	if (seq == j->acked || seq + 1 < j->floor)
		return;
	j->acked = seq;
	j->head_changed = true;
}

int
journal_renew(struct journal *j, uint64_t from)
{
	int rc;

	assert(from <= j->last + 1);
	if (getrandom(j->id, sizeof(j->id), 0) != sizeof(j->id))
		return -1;
	j->floor = from;
	j->acked = from - 1;
	j->head_changed = true;
	rc = journal_head_write(j);
	return rc == 0 ? 0 : journal_write_failed(j, rc);
}

msec_t
journal_turn(struct journal *j)
{
	msec_t now = clock_mono();
	size_t n = 0;
	int rc;

	if (now < j->next_turn)
		return j->next_turn;
	rc = journal_delete(j, clock_wall() - j->keep, INT64_MAX, &n);
	if (rc == 0 || journal_is_full(rc))
		rc = journal_memos_sweep(j);
	if (rc != 0 && !journal_is_full(rc)) /* the next append will open the file anew */
		(void)journal_write_failed(j, rc);
	j->next_turn = now + (n == PRUNE_STEP ? TURN_BUSY : TURN);
	return j->next_turn;
}

void
journal_look(struct journal *j, struct journal_facts *f)
{
	uint64_t first = 1;
	MDB_val value;

	*f = (struct journal_facts){ .first = j->last + 1,
		.last = j->last,
		.acked = j->acked,
		.bytes = j->bytes + j->memo_bytes,
		.state = j->state,
		.problem = j->state == JOURNAL_OK ? j->damage : j->problem };
	memcpy(f->id, j->id, sizeof(f->id));
	if (journal_begin_read(j) == 0 && journal_seek(j->cursor, &first, &value) == 0)
		f->first = first;
	if (f->first < j->floor)
		f->first = j->floor;
}
