/* SPDX-License-Identifier: MIT */
/*
 * io_journal_read.c: a journal as a recording: whole, while the collector
 * writes and deletes, by readers that die, and bent anywhere.
 *
 * A process may have an LMDB file open once, so who reads beside the writer
 * is a child.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/collector.h"
#include "ccmon/clock.h"
#include "ccmon/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT (INT64_C(8) << 20) /* bytes */
#define TURNS 400 /* blocks of 64 KiB or more: three times the limit */

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-read-XXXXXX");
	clock_turn();
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char path[512];
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	closedir(d);
	return rmdir(dir);
}

/* ---- the writer */

static struct journal *
open_writer(void)
{
	struct journal_options o = { dir, 1000, LIMIT };
	struct journal *j;

	assert_int_equal(journal_open(&j, &o), 0);
	return j;
}

/* A block of so many records, each received at its own number. */
static int
append(struct journal *j, uint64_t first, uint32_t count, size_t reason)
{
	static uint8_t space[WIRE_BLOCK_MAX];
	static char filler[255];
	struct event ev = {
		.event = EV_ANSWERED, .has = HAS(REASON), .reason = { filler, (uint32_t)reason }
	};
	struct sealed s = { .first = first, .count = count };
	struct block b;

	memset(filler, 'x', sizeof(filler));
	block_begin(&b, space, sizeof(space), first);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(block_add_event(&b, (msec_t)(first + i), &ev), 0);
	s.bytes = (struct str){ (const char *)space, (uint32_t)block_seal(&b) };
	return journal_append(j, &s);
}

static off_t
file_size(void)
{
	char file[128];
	struct stat st;

	(void)snprintf(file, sizeof(file), "%s/" JOURNAL_FILE, dir);
	assert_int_equal(stat(file, &st), 0);
	return st.st_size;
}

/* Appends more than fits, and forgets what was there.  A journal that cannot
 * use its pages again grows each time. */
static void
go_round(struct journal *j, uint64_t first)
{
	for (unsigned i = 0; i < TURNS; i++, first += 250) {
		assert_int_equal(append(j, first, 250, 255), 0);
		journal_ack(j, first + 249);
	}
	assert_in_range(file_size(), 1, LIMIT + (2 << 20));
}

static void
write_some(void)
{
	struct journal *j = open_writer();

	for (uint64_t first = 1; first <= 2000; first += 50)
		assert_int_equal(append(j, first, 50, first % 100 == 1 ? 255 : 5), 0);
	journal_close(j);
}

/* ---- the reader */

static char why[JOURNAL_WHY_MAX];

static struct journal_reader *
open_reader(void)
{
	struct journal_reader *r = journal_reader_open(dir, why);

	if (r == NULL)
		print_message("%s\n", why);
	assert_non_null(r);
	return r;
}

/* Numbers grow, and a record is what was written.  Returns what next did last. */
static int
read_all(struct journal_reader *r, uint64_t *n)
{
	struct record record;
	uint64_t last = 0;
	int rc;

	for (*n = 0; (rc = journal_reader_next(r, &record, why)) == 1; ++*n) {
		assert_true(record.seq > last);
		assert_true(record.received == (msec_t)record.seq);
		last = record.seq;
	}
	return rc;
}

/* ---- a child that tells when it is ready and waits to be told to go on */

struct child {
	pid_t pid;
	int said, go;
};

static void
say(int fd)
{
	assert_int_equal(write(fd, "", 1), 1);
}

static void
hear(int fd)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
}

static struct child
begin_child(int (*run)(int said, int go))
{
	int said[2], go[2];
	struct child c;

	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(go), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0)
		_exit(run(said[1], go[0]));
	c.said = said[0];
	c.go = go[1];
	close(said[1]);
	close(go[0]);
	hear(c.said);
	return c;
}

static int
end_child(const struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->said);
	close(c->go);
	return status;
}

/* ---- tests */

static void
from_first_to_last(void **state)
{
	struct journal_reader *r;
	uint64_t n;

	(void)state;
	write_some();
	r = open_reader();
	assert_int_equal(read_all(r, &n), 0);
	assert_int_equal(n, 2000);
	assert_true(journal_reader_losses(r)->damaged == 0);
	assert_true(journal_reader_losses(r)->missing == 0);
	journal_reader_close(r);
}

static void
numbers_that_are_missing(void **state)
{
	struct journal *j = open_writer();
	struct journal_reader *r;
	uint64_t n;

	(void)state;
	assert_int_equal(append(j, 11, 10, 5), 0); /* what came before was deleted */
	assert_int_equal(append(j, 31, 10, 5), 0);
	assert_int_equal(append(j, 46, 5, 5), 0);
	journal_close(j);
	r = open_reader();
	assert_int_equal(read_all(r, &n), 0);
	assert_int_equal(n, 25);
	assert_true(journal_reader_losses(r)->missing == 15);
	assert_true(journal_reader_losses(r)->first_missing == 21);
	journal_reader_close(r);
}

/* What inputs remember is no record. */
static void
memos_are_passed_by(void **state)
{
	struct memo memos[100];
	struct sealed alone = { .memo = memos, .nmemos = COUNTOF(memos) };
	struct journal *j;
	struct journal_reader *r;
	uint64_t n;

	(void)state;
	for (unsigned blocks = 0; blocks < 3; blocks++) {
		j = open_writer();
		if (blocks > 0)
			assert_int_equal(append(j, 10 * blocks, 10, 5), 0);
		for (unsigned i = 0; i < COUNTOF(memos); i++) {
			memos[i] = (struct memo){ .value = STR_LIT("any"), .until = MSEC_NEVER };
			memset(memos[i].key, (int)(100 * blocks + i) & 0xff, MEMO_KEY);
		}
		assert_int_equal(journal_append(j, &alone), 0);
		journal_close(j);
		r = open_reader();
		assert_int_equal(read_all(r, &n), 0);
		assert_int_equal(n, 10 * blocks);
		assert_true(journal_reader_losses(r)->damaged == 0);
		assert_true(journal_reader_losses(r)->missing == 0);
		journal_reader_close(r);
	}
}

static int
read_slowly(int said, int go)
{
	struct journal_reader *r = journal_reader_open(dir, why);
	struct record record;
	uint64_t n;

	if (r == NULL || journal_reader_next(r, &record, why) != 1)
		return 1;
	say(said);
	hear(go);
	if (read_all(r, &n) != 0 || journal_reader_losses(r)->missing == 0)
		return 2;
	journal_reader_close(r);
	return 0;
}

/* The writer goes three times round while a reader is at its first block:
 * nothing is held for it, and it ends with what is left. */
static void
the_writer_notices_nothing(void **state)
{
	struct journal *j;
	struct child c;

	(void)state;
	write_some();
	c = begin_child(read_slowly);
	j = open_writer();
	go_round(j, 2001);
	assert_int_equal(append(j, 1000001, 1, 5), 0);
	say(c.go);
	assert_int_equal(end_child(&c), 0);
	journal_close(j);
}

/* As of a reader that is killed while it copies a block. */
static int
die_reading(int said, int go)
{
	char file[128];
	MDB_env *env;
	MDB_txn *txn;

	(void)go;
	(void)snprintf(file, sizeof(file), "%s/" JOURNAL_FILE, dir);
	if (mdb_env_create(&env) != 0 ||
	    mdb_env_open(env, file, MDB_RDONLY | MDB_NOSUBDIR, 0600) != 0 ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
		return 1;
	say(said);
	return raise(SIGKILL);
}

static void
a_reader_that_died_holds_nothing(void **state)
{
	struct journal *j;
	struct child c;

	(void)state;
	write_some();
	j = open_writer();
	c = begin_child(die_reading);
	assert_true(WIFSIGNALED(end_child(&c)));
	go_round(j, 2001);
	journal_close(j);
}

static void
bend(off_t at)
{
	char file[128];
	uint8_t byte;
	int fd;

	(void)snprintf(file, sizeof(file), "%s/" JOURNAL_FILE, dir);
	fd = open(file, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x24;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* Whatever is bent, there is an answer, and no record that was not written.
 * The same bend again mends it. */
static void
bent_anywhere(void **state)
{
	struct journal_reader *r;
	uint64_t n;
	off_t size;

	(void)state;
	write_some();
	size = file_size();
	for (off_t at = 0; at < size; at += at < 8192 ? 29 : 997) {
		bend(at);
		why[0] = '\0';
		r = journal_reader_open(dir, why);
		if (r != NULL) {
			assert_true(read_all(r, &n) == 0 || why[0] != '\0');
			assert_true(n <= 2000);
		} else
			assert_true(why[0] != '\0');
		journal_reader_close(r);
		bend(at);
	}
	r = open_reader();
	assert_int_equal(read_all(r, &n), 0);
	assert_int_equal(n, 2000);
	journal_reader_close(r);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(from_first_to_last),
		IN_DIRECTORY(numbers_that_are_missing),
		IN_DIRECTORY(memos_are_passed_by),
		IN_DIRECTORY(the_writer_notices_nothing),
		IN_DIRECTORY(a_reader_that_died_holds_nothing),
		IN_DIRECTORY(bent_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
