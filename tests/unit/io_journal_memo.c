/* SPDX-License-Identifier: MIT */
/*
 * io_journal_memo.c: memos beside the blocks on a real disk: both or neither,
 * over, swept, full, failing, torn and bent.
 */
#include "journal_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "ccmon/journal.h"
#include "collectors/journal/journal_int.h"

#define MANY 1500 /* memos; several steps of a sweep */
#define STEP 512 /* memos a sweep looks at: memo.c */
#define NOBODY 65534

static const uint8_t secret[SIPHASH_KEY] = "0123456789abcdef";

/* ---- memos: the n-th is called mN and holds its name `times` times */

static void
key_of(uint8_t out[MEMO_KEY], unsigned n)
{
	char name[16];

	memo_key(out, secret, (struct str)STR_LIT("shop"),
	    (struct str){ name, (uint32_t)snprintf(name, sizeof(name), "m%u", n) });
}

static struct memo
make_memo(unsigned n, unsigned times, msec_t until, char space[MEMO_VALUE_MAX])
{
	struct memo m = { .value = { space, 0 }, .until = until };

	key_of(m.key, n);
	for (unsigned i = 0; i < times; i++)
		m.value.n +=
		    (uint32_t)snprintf(space + m.value.n, MEMO_VALUE_MAX - m.value.n, "m%u", n);
	return m;
}

/* The length of what is known of it, or -1; asserts that it is its own. */
static int
recall(struct journal *j, unsigned n)
{
	char value[MEMO_VALUE_MAX], name[16];
	int len, size = snprintf(name, sizeof(name), "m%u", n);
	uint8_t key[MEMO_KEY];

	key_of(key, n);
	len = journal_recall(j, key, value);
	for (int i = 0; i < len; i++)
		assert_int_equal(value[i], name[i % size]);
	return len;
}

/* A block of `count` records (none: 0) with the memos from..from+n-1. */
static int
append_memos(struct journal *j, uint64_t first, uint32_t count, unsigned from, unsigned n,
    unsigned times, msec_t until)
{
	static char values[MANY][MEMO_VALUE_MAX];
	static struct memo memos[MANY];
	struct sealed b = { .first = first };

	assert_in_range(n, 0, MANY);
	if (count > 0)
		b = make_block(first, count, clock_wall(), 20);
	for (unsigned i = 0; i < n; i++)
		memos[i] = make_memo(from + i, times, until, values[i]);
	b.memo = memos;
	b.nmemos = n;
	return journal_append(j, &b);
}

static void
remember(struct journal *j, unsigned from, unsigned n, unsigned times)
{
	assert_int_equal(append_memos(j, 0, 0, from, n, times, clock_wall() + HOUR), 0);
}

static unsigned
count_known(struct journal *j, unsigned from, unsigned n)
{
	unsigned known = 0;

	for (unsigned i = 0; i < n; i++)
		known += recall(j, from + i) >= 0;
	return known;
}

/* All there are, over or not. */
static unsigned
count_on_disk(struct journal *j)
{
	unsigned n = 0;
	MDB_val key, value;
	int rc;

	assert_int_equal(journal_begin_read(j), 0);
	for (rc = mdb_cursor_get(j->cursor, &key, &value, MDB_FIRST); rc == 0;
	     rc = mdb_cursor_get(j->cursor, &key, &value, MDB_NEXT))
		n += key.mv_size == 8 + MEMO_KEY;
	assert_int_equal(rc, MDB_NOTFOUND);
	return n;
}

static struct journal *
open_again(struct journal *j)
{
	journal_close(j);
	return open_journal();
}

/* ---- there and back */

static void
with_their_block(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(append_memos(j, 1, 10, 10, 3, 4, clock_wall() + HOUR), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(recall(j, 10), 12);
		assert_int_equal(recall(j, 12), 12);
		assert_int_equal(recall(j, 13), -1);
		assert_true(read_all(j, 1) == 10);
		j = open_again(j);
	}
	journal_close(j);
}

static void
of_any_length(void **state)
{
	static char longest[MEMO_VALUE_MAX];
	char value[MEMO_VALUE_MAX];
	struct memo m[2] = { { .value = { longest, sizeof(longest) }, .until = MSEC_NEVER },
		{ .value = STR_NONE, .until = MSEC_NEVER } };
	struct sealed b = { .memo = m, .nmemos = 2 };
	struct journal *j = open_journal();

	(void)state;
	memset(longest, 'l', sizeof(longest));
	key_of(m[0].key, 1);
	key_of(m[1].key, 2);
	assert_int_equal(journal_append(j, &b), 0);
	j = open_again(j);
	assert_int_equal(journal_recall(j, m[0].key, value), MEMO_VALUE_MAX);
	assert_memory_equal(value, longest, sizeof(longest));
	assert_int_equal(journal_recall(j, m[1].key, value), 0);
	journal_close(j);
}

/* They are no records: the numbers go on as if there were none. */
static void
memos_alone(void **state)
{
	struct journal *j = open_journal();
	struct sealed s;

	(void)state;
	remember(j, 1, 5, 1);
	assert_true(facts(j).first == 1 && facts(j).last == 0);
	assert_int_equal(journal_read(j, 1, &s), 0);
	j = open_again(j);
	assert_true(facts(j).last == 0);
	append(j, 1, 7);
	remember(j, 6, 5, 1);
	j = open_again(j);
	assert_true(facts(j).last == 7);
	assert_int_equal(count_known(j, 1, 20), 10);
	journal_close(j);
}

static void
later_one_replaces(void **state)
{
	struct journal *j = open_journal();
	int64_t bytes;

	(void)state;
	remember(j, 10, 5, 4);
	bytes = facts(j).bytes;
	for (int i = 0; i < 20; i++)
		remember(j, 10, 5, 4);
	assert_true(facts(j).bytes == bytes);
	remember(j, 12, 1, 1);
	assert_true(facts(j).bytes < bytes);
	bytes = facts(j).bytes;
	j = open_again(j);
	assert_int_equal(recall(j, 12), 3);
	assert_int_equal(recall(j, 11), 12);
	assert_true(facts(j).bytes == bytes);
	journal_close(j);
}

/* Whoever walks the blocks does not see them. */
static void
blocks_are_read_past_them(void **state)
{
	struct journal *j = open_journal();
	struct sealed s;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(
		    append_memos(j, 11 + 10 * i, 5, 10 * i, 10, 9, clock_wall() + HOUR), 0);
	for (int again = 0; again < 2; again++) {
		assert_true(facts(j).first == 11 && facts(j).last == 205);
		assert_int_equal(journal_read(j, 1, &s), 1);
		assert_true(s.first == 11);
		assert_int_equal(journal_read(j, 17, &s), 1);
		assert_true(s.first == 21);
		assert_true(read_all(j, 1) == 100);
		j = open_again(j);
	}
	journal_ack(j, 205);
	assert_true(journal_make_room(j, INT64_MAX));
	assert_true(facts(j).first == 201);
	assert_int_equal(count_known(j, 0, 200), 200);
	journal_close(j);
}

/* ---- over */

static void
over_is_not_found(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(append_memos(j, 0, 0, 1, 1, 1, clock_wall() - 1), 0);
	assert_int_equal(append_memos(j, 0, 0, 2, 1, 1, clock_wall()), 0);
	assert_int_equal(recall(j, 1), -1);
	assert_int_equal(recall(j, 2), 2); /* until then, and with it */
	assert_int_equal(count_on_disk(j), 2);
	journal_close(j);
}

/* A turn of the journal takes a step, and only of what is over. */
static void
swept_step_by_step(void **state)
{
	struct journal *j = open_journal();
	unsigned left = MANY, before, turns = 0;
	int64_t alone;

	(void)state;
	remember(j, MANY, MANY, 2);
	alone = facts(j).bytes;
	assert_int_equal(append_memos(j, 1, 5, 0, MANY, 2, clock_wall() - HOUR), 0);
	append(j, 6, 5);
	j->next_turn = 0;
	(void)journal_turn(j);
	before = count_on_disk(j);
	assert_in_range(before, 2 * MANY - STEP, 2 * MANY - 1);
	while (left > 0) {
		assert_int_equal(journal_memos_sweep(j), 0);
		left = count_on_disk(j) - MANY;
		assert_in_range(before - left - MANY, 0, STEP);
		before = left + MANY;
		assert_in_range(++turns, 1, 2 * MANY / STEP + 1);
	}
	assert_int_equal(count_known(j, MANY, MANY), MANY);
	assert_true(facts(j).bytes - alone < 1000); /* the two blocks */
	assert_true(read_all(j, 1) == 10);
	j = open_again(j);
	assert_int_equal(count_on_disk(j), MANY);
	journal_close(j);
}

/* Round and round: what is over later is found later. */
static void
swept_again(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		assert_int_equal(append_memos(j, 0, 0, 0, 100, 1, clock_wall() - 1), 0);
		for (int i = 0; i < 2 && count_on_disk(j) > 0; i++)
			assert_int_equal(journal_memos_sweep(j), 0);
		assert_int_equal(count_on_disk(j), 0);
		assert_int_equal(facts(j).bytes, 0);
	}
	journal_close(j);
}

/* ---- full, failing */

/* As many as fit: none of them is lost for the next. */
static unsigned
fill(struct journal *j, msec_t until)
{
	unsigned n = 0;

	while (append_memos(j, 0, 0, n, 100, 10, until) == 0) {
		n += 100;
		assert_in_range(n, 0, 1000000);
	}
	assert_int_equal(facts(j).state, JOURNAL_FULL);
	return n;
}

static void
assert_file_within(off_t limit)
{
	char path[128];
	struct stat st;

	path_in(path, sizeof(path), JOURNAL_FILE);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 1, limit);
}

static void
full_of_memos(void **state)
{
	struct journal *j = open_journal();
	struct sealed b;
	unsigned n;

	(void)state;
	append(j, 1, 10);
	n = fill(j, clock_wall() + HOUR);
	assert_true(n > 30000);
	assert_non_null(strstr(facts(j).problem, "raise max_size"));
	assert_file_within(SMALL);
	b = large_block(11);
	assert_int_equal(journal_append(j, &b), -1);
	for (int i = 0; i < 200; i++)
		assert_int_equal(journal_memos_sweep(j), 0);
	assert_int_equal(count_known(j, 0, n + 100), n);
	assert_true(read_all(j, 1) == 10);
	j = open_again(j);
	assert_int_equal(count_known(j, 0, n + 100), n);
	journal_close(j);
}

/* Blocks that are acknowledged go for them; those that are not, never. */
static void
room_is_made_for_memos(void **state)
{
	struct journal *j = open_journal();
	uint64_t next = 1;
	struct sealed b = large_block(next);

	(void)state;
	while (journal_append(j, &b) == 0) {
		next += b.count;
		b = large_block(next);
	}
	while (append_memos(j, 0, 0, 0, MANY, 50, clock_wall() + HOUR) == 0)
		j->budget -= 1 << 16; /* what is left is less than a block */
	assert_int_equal(facts(j).state, JOURNAL_FULL);
	assert_true(read_all(j, 1) == next - 1);
	journal_ack(j, 4000);
	remember(j, 0, MANY, 50);
	assert_int_equal(facts(j).state, JOURNAL_OK);
	assert_int_equal(count_known(j, 0, MANY), MANY);
	assert_true(facts(j).first > 1 && facts(j).first <= 4001);
	journal_close(j);
}

/* The file's own limit, met before ours: nothing is lost, and even there what
 * is over can be removed. */
static void
map_full(void **state)
{
	struct journal *j = open_journal();
	unsigned n;

	(void)state;
	j->budget = INT64_MAX;
	n = fill(j, clock_wall() - 1);
	assert_non_null(strstr(facts(j).problem, "MAP_FULL"));
	assert_int_equal(count_on_disk(j), n);
	while (count_on_disk(j) > 0)
		assert_int_equal(journal_memos_sweep(j), 0);
	remember(j, 0, 100, 10);
	assert_int_equal(count_known(j, 0, 100), 100);
	assert_file_within(SMALL + (1 << 20));
	journal_close(j);
}

/* The file's size is limited to so much more than it has; returns the limit
 * there was. */
static struct rlimit
limit_file(rlim_t more)
{
	struct rlimit before, limit;
	char path[128];
	struct stat st;

	path_in(path, sizeof(path), JOURNAL_FILE);
	assert_int_equal(stat(path, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)st.st_size + more;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	return before;
}

/* Neither the block nor its memos, then both. */
static void
disk_full(void **state)
{
	struct journal *j = open_journal();
	struct rlimit before;

	(void)state;
	append(j, 1, 10);
	before = limit_file(8192);
	assert_int_equal(append_memos(j, 11, 500, 0, MANY, 50, clock_wall() + HOUR), -1);
	assert_int_not_equal(facts(j).state, JOURNAL_OK);
	assert_int_equal(count_known(j, 0, MANY), 0);
	assert_true(facts(j).last == 10);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(append_memos(j, 11, 500, 0, MANY, 50, clock_wall() + HOUR), 0);
	assert_int_equal(facts(j).state, JOURNAL_OK);
	j = open_again(j);
	assert_int_equal(count_known(j, 0, MANY), MANY);
	assert_true(read_all(j, 1) == 510);
	journal_close(j);
}

/* What LMDB has open can no longer be written, as when a disk with errors is
 * mounted anew for reading. */
static void
make_unwritable(void)
{
	char path[128], link[64], target[256];
	int fd, to;

	path_in(path, sizeof(path), JOURNAL_FILE);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	for (to = 3; to < fd; to++) {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", to);
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0 && (size_t)n == strlen(path) && memcmp(target, path, (size_t)n) == 0)
			assert_int_equal(dup2(fd, to), to);
	}
	close(fd);
}

/* A file that can be opened anew goes on. */
static void
opened_anew(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(append_memos(j, 1, 10, 0, 10, 1, clock_wall() + HOUR), 0);
	make_unwritable();
	assert_int_equal(append_memos(j, 11, 10, 10, 10, 1, clock_wall() + HOUR), 0);
	assert_int_equal(count_known(j, 0, 30), 20);
	j = open_again(j);
	assert_true(read_all(j, 1) == 20);
	assert_int_equal(count_known(j, 0, 30), 20);
	journal_close(j);
}

/* One that cannot ends the collector, which says so and begins anew. */
static void
read_only(void **state)
{
	uid_t me = geteuid();
	struct journal *j;
	char path[128];

	(void)state;
	if (me == 0) /* may write everywhere */
		assert_int_equal(chown(dir, NOBODY, NOBODY) | seteuid(NOBODY), 0);
	j = open_journal();
	assert_int_equal(append_memos(j, 1, 10, 0, 10, 1, clock_wall() + HOUR), 0);
	make_unwritable();
	path_in(path, sizeof(path), JOURNAL_FILE);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(append_memos(j, 11, 10, 10, 10, 1, clock_wall() + HOUR), -2);
	journal_close(j);
	assert_int_equal(chmod(path, 0600), 0);
	j = open_journal();
	assert_true(read_all(j, 1) == 10);
	assert_int_equal(count_known(j, 0, 30), 10);
	journal_close(j);
	assert_int_equal(seteuid(me), 0);
}

/* ---- damaged, renewed */

static unsigned
bend_text(const char *text)
{
	size_t n, at, len = strlen(text);
	uint8_t *p = load_file(&n);
	unsigned found = 0;

	for (at = 0; at + len <= n; at++)
		if (memcmp(p + at, text, len) == 0) {
			p[at] ^= 4;
			found++;
		}
	store_file(p, n);
	free(p);
	return found;
}

/* It is not believed, the others are, and the sweep takes it away. */
static void
damaged_memo(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(append_memos(j, 1, 10, 10, 5, 3, clock_wall() + HOUR), 0);
	journal_close(j);
	assert_true(bend_text("m12m12m12") > 0);
	j = open_journal();
	assert_int_equal(recall(j, 12), -1);
	assert_int_equal(count_known(j, 10, 5), 4);
	assert_int_equal(journal_memos_sweep(j), 0);
	assert_int_equal(count_on_disk(j), 4);
	assert_true(read_all(j, 1) == 10);
	remember(j, 12, 1, 2);
	assert_int_equal(recall(j, 12), 6);
	journal_close(j);
}

/* Whatever bit is bent: a memo is what it was or not there, and what is
 * written next is kept. */
static void
bent_anywhere(void **state)
{
	struct journal *j = open_journal();
	size_t n, at, tries = 150, whole = 0;
	uint8_t *p;

	(void)state;
	let_children_die();
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(
		    append_memos(j, 1 + 10 * i, 10, 100 * i, 100, 9, clock_wall() + HOUR), 0);
	journal_close(j);
	p = load_file(&n);
	for (size_t i = 0; i < tries; i++) {
		at = i * 2654435761u % (n * 8);
		empty_directory();
		p[at / 8] ^= (uint8_t)(1 << at % 8);
		store_file(p, n);
		p[at / 8] ^= (uint8_t)(1 << at % 8);
		j = open_journal();
		whole += count_known(j, 0, 2000) == 2000;
		for (int step = 0; step < 5; step++)
			assert_int_equal(journal_memos_sweep(j), 0);
		remember(j, 5000, 10, 3);
		assert_int_equal(count_known(j, 5000, 10), 10);
		journal_close(j);
	}
	free(p);
	assert_in_range(whole, 1, tries - 1);
}

/* What a source sends again has the name it had, whatever the daemon's store
 * was put back to. */
static void
renewed_keeps_them(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(append_memos(j, 1, 10, 0, 10, 1, clock_wall() + HOUR), 0);
	assert_int_equal(journal_renew(j, 11), 0);
	j = open_again(j);
	assert_int_equal(count_known(j, 0, 10), 10);
	journal_close(j);
}

static void
moved_aside_forgets_them(void **state)
{
	struct journal *j = open_journal();
	uint8_t *p;
	size_t n;

	(void)state;
	remember(j, 0, MANY, 2);
	journal_close(j);
	p = load_file(&n);
	store_file(p, n / 2);
	free(p);
	j = open_journal();
	assert_int_equal(count_files("damaged-"), 1);
	assert_int_equal(count_known(j, 0, MANY), 0);
	remember(j, 0, 10, 2);
	assert_int_equal(count_known(j, 0, MANY), 10);
	journal_close(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(with_their_block),
		IN_DIRECTORY(of_any_length),
		IN_DIRECTORY(memos_alone),
		IN_DIRECTORY(later_one_replaces),
		IN_DIRECTORY(blocks_are_read_past_them),
		IN_DIRECTORY(over_is_not_found),
		IN_DIRECTORY(swept_step_by_step),
		IN_DIRECTORY(swept_again),
		IN_DIRECTORY(full_of_memos),
		IN_DIRECTORY(room_is_made_for_memos),
		IN_DIRECTORY(map_full),
		IN_DIRECTORY(disk_full),
		IN_DIRECTORY(opened_anew),
		IN_DIRECTORY(read_only),
		IN_DIRECTORY(damaged_memo),
		IN_DIRECTORY(bent_anywhere),
		IN_DIRECTORY(renewed_keeps_them),
		IN_DIRECTORY(moved_aside_forgets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
