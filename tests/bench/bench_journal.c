/* SPDX-License-Identifier: MIT */
/*
 * bench_journal.c: what one event costs the collector from the dialect's
 * result to a safe disk, and how fast a journal is read again.
 *
 * Saturated: blocks go to disk when they are full.  Paced: a block for every
 * 10 ms of events at a rate, as many as come in ten seconds, written one
 * after the other without the waits, so the cost of each durable commit is
 * in the figure.  Reading is what a daemon that begins anew asks for: every
 * block, with its checksum, and every record.
 *
 *	bench_journal [DIRECTORY]	(default: the current one)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ccmon/clock.h"
#include "collectors/collector.h"

#define SATURATED 3000000 /* events */
#define BLOCK (256 * 1024) /* bytes; as the spool fills them */
#define EVENTS 4096 /* different ones */
#define GIB (INT64_C(1) << 30)

static struct event events[EVENTS];
static uint8_t space[WIRE_BLOCK_MAX];
static char dir[256];

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As an Asterisk would say them; made before anything is timed. */
static void
make_events(void)
{
	static char contact[EVENTS][24];
	uint32_t i;

	for (i = 0; i < EVENTS; i++)
		events[i] = (struct event){ .event = EV_ANSWERED,
			.has = HAS(SOURCE) | HAS(BOOT) | HAS(SEQ) | HAS(TIME) | HAS(CHANNEL) |
			       HAS(QUEUE) | HAS(CONTACT) | HAS(AGENT) | HAS(WAIT_MS),
			.source = STR_LIT("pbx1"),
			.boot = INT64_C(1767607200000),
			.seq = i + 1,
			.time = INT64_C(1767607200000) + i,
			.channel = CHANNEL_CALL,
			.queue = STR_LIT("sales"),
			.contact = { contact[i], (uint32_t)snprintf(contact[i], sizeof(contact[i]),
			                             "1767607200.%07" PRIu32, i) },
			.agent = STR_LIT("agent042"),
			.wait_ms = 12345 };
}

static void
must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench_journal: cannot %s\n", what);
	exit(1);
}

static void
write_block(struct journal *j, struct block *b)
{
	struct sealed s = { .first = b->first, .count = b->count };

	s.bytes = (struct str){ (const char *)space, (uint32_t)block_seal(b) };
	must(journal_append(j, &s), "write the journal");
	block_begin(b, space, sizeof(space), s.first + s.count);
}

/* So many of them, at most `group` to a block. */
static void
write_all(struct journal *j, uint64_t n, uint32_t group)
{
	struct block b;
	uint64_t i;

	block_begin(&b, space, sizeof(space), 1);
	for (i = 0; i < n; i++) {
		must(block_add_event(&b, 1, &events[i % EVENTS]), "fill a block");
		if (b.len >= BLOCK || b.count >= group)
			write_block(j, &b);
	}
	if (b.count > 0)
		write_block(j, &b);
}

static uint64_t
read_all(struct journal *j)
{
	struct block_reader reader;
	struct record record;
	struct sealed s = { .first = 1 };
	struct block b;
	uint64_t n = 0;

	while (journal_read(j, s.first + s.count, &s) == 1) {
		must(block_open(&b, s.bytes.p, s.bytes.n), "read a block");
		block_read(&b, &reader);
		while (block_next(&reader, &record) == 1)
			n++;
	}
	return n;
}

static void
forget(void)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/journal.mdb", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/journal.mdb-lock", dir);
	(void)unlink(path);
}

static struct journal *
begin(void)
{
	struct journal_options o = { dir, INT64_C(86400000), 4 * GIB };
	struct journal *j;

	clock_turn();
	must(journal_open(&j, &o), "open the journal");
	return j;
}

static void
run(const char *name, uint64_t count, uint32_t group)
{
	struct journal *j = begin();
	struct journal_facts f;
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
	double read;
	uint64_t n;

	write_all(j, count, group);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	journal_look(j, &f);
	journal_close(j);

	read = seconds(CLOCK_MONOTONIC);
	j = begin();
	n = read_all(j);
	read = seconds(CLOCK_MONOTONIC) - read;
	journal_close(j);
	forget();
	must(n == count ? 0 : -1, "read back what was written");
	printf("journal %-10s %8" PRIu64 " events  %.3f us CPU, %.3f us wall, %.0f bytes an event  "
	       "read again: %.1f M/s\n",
	    name, count, cpu / (double)count * 1e6, wall / (double)count * 1e6,
	    (double)f.bytes / (double)count, (double)count / read / 1e6);
}

int
main(int argc, char **argv)
{
	(void)snprintf(dir, sizeof(dir), "%s/bench-journal-XXXXXX", argc > 1 ? argv[1] : ".");
	make_events();
	must(mkdtemp(dir) == NULL ? -1 : 0, "make a directory");
	run("saturated", SATURATED, UINT32_MAX);
	run("200k/s", 2000000, 2000);
	run("10k/s", 100000, 100);
	run("1k/s", 10000, 10);
	return rmdir(dir);
}
