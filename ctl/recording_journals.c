/* SPDX-License-Identifier: MIT */
/*
 * recording_journals.c: collectors' journals as a recording.
 *
 * A record says when it came, so the row is the one the daemon had, and late
 * events are as late as they were: the journals are merged record by record,
 * whichever came first, by the collectors' clocks.
 */
#include "recording.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/journal.h>

#include "ctl.h"

/* A journal, and the record of it that is next. */
struct lane {
	struct journal_reader *reader;
	struct record record;
	bool has; /* or it is at its end */
};

struct journals {
	struct lane *lane;
	size_t n;
};

/* ---- open */

static bool
complain(const char *why)
{
	fprintf(stderr, "ccmonctl: %s\n", why);
	return false;
}

static bool
add(struct journals *j, const char *path)
{
	char why[JOURNAL_WHY_MAX];
	struct journal_reader *reader = journal_reader_open(path, why);

	if (reader == NULL)
		return complain(why);
	j->lane[j->n++].reader = reader;
	for (size_t i = 0; i + 1 < j->n; i++)
		if (journal_reader_same(j->lane[i].reader, reader)) {
			fprintf(stderr, "ccmonctl: %s is given twice\n", path);
			return false;
		}
	return true;
}

struct journals *
journals_open(char **paths)
{
	struct journals *j = calloc(1, sizeof(*j));
	size_t n = 0;
	bool good;

	while (paths[n] != NULL)
		n++;
	if (j != NULL)
		j->lane = calloc(n + 1, sizeof(*j->lane));
	good = (j != NULL && j->lane != NULL) || complain("out of memory");
	for (size_t i = 0; i < n && good; i++)
		good = add(j, paths[i]);
	if (good)
		return j;
	journals_close(j);
	return NULL;
}

void
journals_close(struct journals *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->n; i++)
		journal_reader_close(j->lane[i].reader);
	free(j->lane);
	free(j);
}

/* ---- read */

static bool
advance(struct lane *l)
{
	char why[JOURNAL_WHY_MAX];
	int rc = journal_reader_next(l->reader, &l->record, why);

	l->has = rc == 1;
	return rc >= 0 || complain(why);
}

static struct lane *
next_lane(const struct journals *j)
{
	struct lane *next = NULL;

	for (struct lane *l = j->lane; l < j->lane + j->n; l++)
		if (l->has && (next == NULL || l->record.received < next->record.received))
			next = l;
	return next;
}

static void
give(struct recording *r, const struct record *record)
{
	bool by_events = r->clock == CLOCK_EVENTS;

	r->lines++;
	if (record->type == RECORD_REJECT) {
		recording_refuse(r, &record->reject, by_events ? -1 : record->received);
		return;
	}
	r->on_event(r->arg, &record->ev, by_events ? record->ev.time : record->received);
	r->events++;
}

static void
print_lost(const char *name, const char *how, uint64_t n, uint64_t first, bool more)
{
	if (n > 0)
		fprintf(stderr,
		    "ccmonctl: %s: %" PRIu64 " records%s are %s; the first has number %" PRIu64
		    "\n",
		    name, n, more ? " or more" : "", how, first);
}

static void
add_losses(struct recording *r, const struct journal_reader *reader)
{
	const struct journal_losses *l = journal_reader_losses(reader);
	const char *name = journal_reader_name(reader);

	r->damaged += l->damaged;
	r->missing += l->missing;
	print_lost(name, "damaged", l->damaged, l->first_damaged, l->more);
	print_lost(name, "missing", l->missing, l->first_missing, false);
}

bool
journals_read(struct journals *j, struct recording *r)
{
	struct lane *l;
	bool good = true;

	for (size_t i = 0; i < j->n && good; i++)
		good = advance(&j->lane[i]);
	while (good && (l = next_lane(j)) != NULL) {
		give(r, &l->record);
		good = advance(l);
	}
	for (size_t i = 0; i < j->n; i++)
		add_losses(r, j->lane[i].reader);
	return good;
}
