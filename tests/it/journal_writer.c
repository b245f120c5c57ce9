/* SPDX-License-Identifier: MIT */
/*
 * journal_writer.c: a collector's journal of another day.
 *
 *	journal_writer DIRECTORY <LINES
 *
 * A line is when the event was received (epoch ms), a blank, and the event as
 * JSON of the native dialect.  Each becomes a block of its own, so a test
 * knows to the record what the daemon is handed and in which order.  A line
 * it does not understand ends it with a message and exit code 2.
 */
#include <ccmon/clock.h>
#include <ccmon/dialect.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "collectors/collector.h"

static void
check(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "journal_writer: cannot %s\n", what);
	exit(2);
}

static void
write_event(struct journal *j, uint64_t seq, msec_t received, const struct event *ev)
{
	static uint8_t space[WIRE_BLOCK_MAX];
	struct sealed s = { .first = seq, .count = 1 };
	struct block b;

	block_begin(&b, space, sizeof(space), seq);
	check(block_add_event(&b, received, ev) == 0, "fill a block");
	s.bytes = (struct str){ (const char *)space, (uint32_t)block_seal(&b) };
	check(journal_append(j, &s) == 0, "write the journal");
}

static void
write_all(struct journal *j)
{
	const struct dialect *native = dialect_find("native");
	void *decoder = native->open(NULL);
	struct dialect_result r;
	char *line = NULL, *json;
	size_t cap = 0;
	msec_t received;

	check(decoder != NULL, "open the dialect");
	for (uint64_t seq = 1; getline(&line, &cap, stdin) > 0; seq++) {
		received = strtoll(line, &json, 10);
		native->decode(decoder, json, strlen(json), 0, &r);
		check(r.n == 1, line);
		write_event(j, seq, received, &r.ev[0]);
	}
	free(line);
	native->close(decoder);
}

int
main(int argc, char **argv)
{
	struct journal_options o = { .keep = INT64_C(86400000), .max_bytes = INT64_C(1) << 30 };
	struct journal *j;

	log_open("journal_writer");
	check(argc == 2 && mkdir(argv[1], 0700) == 0, "make the directory");
	o.dir = argv[1];
	clock_turn();
	check(journal_open(&j, &o) == 0, "open the journal");
	write_all(j);
	journal_close(j);
	return 0;
}
