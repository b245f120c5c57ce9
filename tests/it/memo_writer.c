/* SPDX-License-Identifier: MIT */
/*
 * memo_writer.c: a collector that only takes named events, to be killed.
 *
 *	memo_writer DIRECTORY
 *
 * First it looks at what is there: each record must have its memo, each memo
 * its record, and the memo that says where the last one was must be of the
 * last block.  When that is not so it ends with a message and exit code 2.
 * Else it prints "N records" and goes on for ever: blocks of some events with
 * their memos, a line each when it is on disk.
 */
#include <ccmon/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "collectors/collector.h"

#define BLOCK_MOST 200 /* events */
#define BEYOND 10000 /* numbers after the last that nobody may know */
#define LIMIT (INT64_C(1) << 30) /* bytes */
#define HOUR INT64_C(3600000) /* ms */

static const uint8_t secret[SIPHASH_KEY] = "0123456789abcdef";
static struct journal *journal;

static void
check(bool is_so, const char *what, uint64_t n)
{
	if (is_so)
		return;
	fprintf(stderr, "memo_writer: %s %" PRIu64 "\n", what, n);
	exit(2);
}

static void
key_of(uint8_t key[MEMO_KEY], const char *kind, uint64_t n)
{
	char name[32];

	memo_key(key, secret, (struct str)STR_LIT("shop"),
	    (struct str){ name, (uint32_t)snprintf(name, sizeof(name), "%s %" PRIu64, kind, n) });
}

/* The number in it, or -1 where there is none. */
static int64_t
recall(const char *kind, uint64_t n)
{
	char value[MEMO_VALUE_MAX + 1];
	uint8_t key[MEMO_KEY];
	int len;

	key_of(key, kind, n);
	len = journal_recall(journal, key, value);
	if (len < 0)
		return -1;
	value[len] = '\0';
	return strtoll(value, NULL, 10);
}

/* ---- what is there */

static void
look_at(uint64_t first, uint64_t last)
{
	struct sealed s = { .first = 1 };
	uint64_t next = first;

	for (; journal_read(journal, next, &s) == 1; next = s.first + s.count)
		check(s.first == next, "a hole before", s.first);
	check(next == last + 1, "there should be more than", next - 1);
	for (uint64_t n = first; n <= last; n++)
		check(recall("event", n) == (int64_t)n, "no memo of", n);
	for (uint64_t n = last + 1; n <= last + BEYOND; n++)
		check(recall("event", n) == -1, "a memo without its event:", n);
	check(recall("last", 0) == (int64_t)last || last == 0, "not the last one:", last);
}

/* ---- more of it */

static int
write_block(void *arg, const struct sealed *b)
{
	(void)arg;
	check(journal_append(journal, b) == 0, "cannot write", b->first);
	printf("%" PRIu64 "\n", b->first + b->count - 1);
	return 0;
}

static void
no_gate(void *arg, bool open)
{
	(void)arg, (void)open;
}

static void
remember(struct spool *spool, const char *kind, uint64_t n, uint64_t what)
{
	char text[MEMO_VALUE_MAX];
	struct memo m = { .value = { text, 0 }, .until = clock_wall() + HOUR };

	key_of(m.key, kind, n);
	m.value.n =
	    (uint32_t)snprintf(text, sizeof(text), "%" PRIu64 "%*s", what, (int)(what % 100), "");
	spool_remember(spool, &m);
}

static void
write_for_ever(uint64_t last)
{
	struct spool_options o = { .first = last + 1, .write = write_block, .gate = no_gate };
	struct spool *spool = spool_open(&o);
	struct event ev = { .event = EV_HEARTBEAT };

	check(spool != NULL, "no memory after", last);
	for (;;) {
		clock_turn();
		for (long n = random() % BLOCK_MOST; n >= 0; n--) {
			spool_event(spool, clock_wall(), &ev);
			remember(spool, "event", spool_position(spool), spool_position(spool));
		}
		remember(spool, "last", 0, spool_position(spool));
		check(spool_flush(spool) == 0, "cannot write after", last);
		(void)journal_turn(journal);
	}
}

int
main(int argc, char **argv)
{
	struct journal_options o = { .keep = HOUR, .max_bytes = LIMIT };
	struct journal_facts f;

	log_open("memo_writer");
	setvbuf(stdout, NULL, _IOLBF, 0);
	check(argc == 2, "a directory is wanted, not arguments:", (uint64_t)argc);
	o.dir = argv[1];
	(void)mkdir(o.dir, 0700);
	clock_turn();
	srandom((unsigned)clock_wall());
	check(journal_open(&journal, &o) == 0, "cannot open the journal", 0);
	journal_look(journal, &f);
	look_at(1, f.last);
	printf("%" PRIu64 " records\n", f.last);
	write_for_ever(f.last);
}
