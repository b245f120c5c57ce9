/* SPDX-License-Identifier: MIT */
/*
 * journal_kit.h: a directory for each test and a journal in it, blocks that
 * can be told to be sound, and the file as bytes.
 */
#ifndef TESTS_JOURNAL_KIT_H
#define TESTS_JOURNAL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ccmon/clock.h"
#include "collectors/collector.h"

#define HOUR INT64_C(3600000) /* ms */
#define SMALL (INT64_C(8) << 20) /* bytes */

static char dir[64];

/* ---- blocks: every record an `answered` whose contact is its number */

static inline struct sealed
make_block(uint64_t first, uint32_t count, msec_t received, size_t reason)
{
	static uint8_t space[WIRE_BLOCK_MAX];
	static char filler[256];
	struct block b;
	char contact[32];
	uint32_t i;

	memset(filler, 'x', sizeof(filler));
	block_begin(&b, space, sizeof(space), first);
	for (i = 0; i < count; i++) {
		struct event ev = { .event = EV_ANSWERED,
			.has = HAS(CONTACT) | HAS(REASON),
			.reason = { filler, (uint32_t)reason } };

		ev.contact.p = contact;
		ev.contact.n = (uint32_t)snprintf(
		    contact, sizeof(contact), "c%llu", (unsigned long long)(first + i));
		assert_int_equal(block_add_event(&b, received, &ev), 0);
	}
	return (struct sealed){ .bytes = { (const char *)space, (uint32_t)block_seal(&b) },
		.first = first,
		.count = count };
}

/* About 230 KiB. */
static inline struct sealed
large_block(uint64_t first)
{
	return make_block(first, 800, clock_wall(), 255);
}

static inline void
assert_sound(const struct sealed *s)
{
	struct block_reader reader;
	struct record r;
	struct block b;
	char contact[32];
	int n, found = 0;

	assert_int_equal(block_open(&b, s->bytes.p, s->bytes.n), 0);
	assert_true(b.first == s->first && b.count == s->count);
	block_read(&b, &reader);
	while (block_next(&reader, &r) == 1) {
		n = snprintf(contact, sizeof(contact), "c%llu", (unsigned long long)r.seq);
		assert_int_equal(r.ev.contact.n, n);
		assert_memory_equal(r.ev.contact.p, contact, (size_t)n);
		found++;
	}
	assert_int_equal(found, s->count);
}

/* ---- the journal under test */

static inline int
try_open(struct journal **j, msec_t keep, int64_t max_bytes)
{
	struct journal_options o = { dir, keep, max_bytes };

	clock_turn();
	return journal_open(j, &o);
}

static inline struct journal *
open_journal(void)
{
	struct journal *j;

	assert_int_equal(try_open(&j, 24 * HOUR, SMALL), 0);
	return j;
}

static inline void
append(struct journal *j, uint64_t first, uint32_t count)
{
	struct sealed b = make_block(first, count, clock_wall(), 20);

	assert_int_equal(journal_append(j, &b), 0);
}

static inline struct journal_facts
facts(struct journal *j)
{
	struct journal_facts f;

	journal_look(j, &f);
	return f;
}

/* Reads everything from seq on; the number of records. */
static inline uint64_t
read_all(struct journal *j, uint64_t seq)
{
	struct sealed s;
	uint64_t n = 0;

	while (journal_read(j, seq, &s) == 1) {
		assert_true(s.first + s.count > seq);
		assert_sound(&s);
		n += s.count;
		seq = s.first + s.count;
	}
	return n;
}

/* A child that looks at a file first may die of it, but cmocka would catch its
 * signal and go on with the tests, in the child, too. */
static inline void
let_children_die(void)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	signal(SIGFPE, SIG_DFL);
	signal(SIGILL, SIG_DFL);
}

/* ---- the directory */

static inline void
path_in(char *path, size_t n, const char *name)
{
	(void)snprintf(path, n, "%s/%s", dir, name);
}

static inline unsigned
count_files(const char *prefix)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(d);
	return n;
}

static inline void
empty_directory(void)
{
	char path[512];
	DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		path_in(path, sizeof(path), e->d_name);
		(void)unlink(path);
	}
	closedir(d);
}

static inline int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-journal-XXXXXX");
	return mkdtemp(dir) == NULL;
}

static inline int
teardown(void **state)
{
	(void)state;
	empty_directory();
	return rmdir(dir);
}

static inline uint8_t *
load_file(size_t *n)
{
	char path[128];
	struct stat st;
	uint8_t *p;
	FILE *f;

	path_in(path, sizeof(path), "journal.mdb");
	assert_int_equal(stat(path, &st), 0);
	*n = (size_t)st.st_size;
	p = malloc(*n);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(p, 1, *n, f), *n);
	fclose(f);
	return p;
}

static inline void
store_file(const uint8_t *p, size_t n)
{
	char path[128];
	FILE *f;

	path_in(path, sizeof(path), "journal.mdb");
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
