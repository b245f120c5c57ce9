/* SPDX-License-Identifier: MIT */
/*
 * io_journal.c: the journal on a real disk: appended, read, pruned, filled,
 * torn and bent, and the directory it lives in.
 */
#include "journal_kit.h"

#include <fcntl.h>
#include <sys/resource.h>

/* Bends one bit of the record of this number, wherever it lies. */
static void
bend_record(uint64_t seq)
{
	char contact[32];
	size_t n, at,
	    len = (size_t)snprintf(contact, sizeof(contact), "c%llu", (unsigned long long)seq);
	uint8_t *p = load_file(&n);
	bool found = false;

	for (at = 2; at + len < n; at++)
		if (p[at - 2] == len && p[at - 1] == 0 && memcmp(p + at, contact, len) == 0) {
			p[at] ^= 4;
			found = true;
		}
	assert_true(found);
	store_file(p, n);
	free(p);
}

/* ---- tests */

static void
appended_and_read_again(void **state)
{
	struct journal *j = open_journal();
	struct journal_facts before, after;
	struct sealed want, got;

	(void)state;
	assert_true(facts(j).first == 1 && facts(j).last == 0);
	append(j, 1, 10);
	append(j, 11, 1);
	want = make_block(12, 500, clock_wall(), 30);
	assert_int_equal(journal_append(j, &want), 0);
	before = facts(j);
	journal_close(j);

	j = open_journal();
	after = facts(j);
	assert_true(after.first == 1 && after.last == 511 && after.acked == 0);
	assert_memory_equal(after.id, before.id, sizeof(after.id));
	assert_true(after.bytes == before.bytes);
	assert_int_equal(journal_read(j, 12, &got), 1);
	assert_int_equal(got.bytes.n, want.bytes.n);
	assert_memory_equal(got.bytes.p, want.bytes.p, want.bytes.n);
	assert_int_equal(read_all(j, 1), 511);
	journal_close(j);
}

static void
read_from_the_middle(void **state)
{
	struct journal *j = open_journal();
	struct sealed s;

	(void)state;
	assert_int_equal(journal_read(j, 1, &s), 0);
	append(j, 1, 10);
	append(j, 11, 10);
	assert_int_equal(journal_read(j, 10, &s), 1);
	assert_true(s.first == 1);
	assert_int_equal(journal_read(j, 20, &s), 1);
	assert_true(s.first == 11);
	assert_int_equal(journal_read(j, 21, &s), 0);
	append(j, 31, 5); /* the numbers jumped */
	assert_int_equal(journal_read(j, 21, &s), 1);
	assert_true(s.first == 31);
	journal_close(j);
}

static void
acknowledged_is_remembered(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	append(j, 1, 10);
	journal_ack(j, 7);
	journal_close(j);
	j = open_journal();
	assert_true(facts(j).acked == 7);
	journal_ack(j, 4); /* the daemon's store was put back */
	append(j, 11, 1);
	journal_close(j);
	j = open_journal();
	assert_true(facts(j).acked == 4);
	journal_ack(j, 1000);
	assert_true(facts(j).acked == 11);
	journal_close(j);
}

static void
old_and_acknowledged_goes(void **state)
{
	struct journal *j;
	struct sealed b;
	msec_t old;
	uint64_t seq;

	(void)state;
	assert_int_equal(try_open(&j, HOUR, SMALL), 0);
	old = clock_wall() - 2 * HOUR;
	for (seq = 1; seq <= 40; seq += 10) {
		b = make_block(seq, 10, seq < 30 ? old : clock_wall(), 20);
		assert_int_equal(journal_append(j, &b), 0);
	}
	journal_ack(j, 19); /* the second block is not whole */
	(void)journal_turn(j);
	assert_true(facts(j).first == 11);
	journal_close(j);

	assert_int_equal(try_open(&j, HOUR, SMALL), 0);
	journal_ack(j, 40);
	(void)journal_turn(j);
	assert_true(facts(j).first == 31); /* younger than an hour */
	assert_true(facts(j).last == 40);
	journal_close(j);
}

static void
newest_stays(void **state)
{
	struct journal *j;
	struct sealed b;

	(void)state;
	assert_int_equal(try_open(&j, HOUR, SMALL), 0);
	b = make_block(1, 10, clock_wall() - 5 * HOUR, 20);
	assert_int_equal(journal_append(j, &b), 0);
	journal_ack(j, 10);
	(void)journal_turn(j);
	journal_close(j);
	j = open_journal();
	assert_true(facts(j).last == 10);
	journal_close(j);
}

static void
full_until_acknowledged(void **state)
{
	struct journal *j = open_journal();
	uint64_t next = 1, kept;
	struct sealed b = large_block(next);

	(void)state;
	while (journal_append(j, &b) == 0) {
		next += b.count;
		b = large_block(next);
		assert_true(next < 100000);
	}
	kept = next - 1;
	assert_true(kept * 290 > SMALL / 2);
	assert_int_equal(facts(j).state, JOURNAL_FULL);
	assert_true(strstr(facts(j).problem, "full") != NULL);
	assert_int_equal(journal_append(j, &b), -1);
	assert_true(read_all(j, 1) == kept);

	journal_ack(j, 1600); /* two blocks */
	assert_int_equal(journal_append(j, &b), 0);
	assert_int_equal(facts(j).state, JOURNAL_OK);
	assert_string_equal(facts(j).problem, "");
	assert_true(read_all(j, 1601) == kept + 800 - 1600);
	journal_close(j);
}

/* Ten times through the file, blocks of all sizes, the daemon a little behind:
 * holes must not add up to a full journal, nor the file outgrow its limit. */
static void
round_and_round(void **state)
{
	struct journal *j = open_journal();
	uint64_t next = 1, written = 0;
	struct sealed b;
	char path[128];
	struct stat st;
	unsigned i;

	(void)state;
	for (i = 0; written < 10 * SMALL; i++) {
		b = make_block(next, 1 + i * 7919 % 800, clock_wall(), i * 31 % 255);
		assert_int_equal(journal_append(j, &b), 0);
		written += b.bytes.n;
		next += b.count;
		if (next > 3000)
			journal_ack(j, next - 3000);
	}
	assert_true(read_all(j, facts(j).acked + 1) >= 2999);
	path_in(path, sizeof(path), "journal.mdb");
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 1, SMALL);
	journal_close(j);
	j = open_journal();
	assert_true(facts(j).last == next - 1);
	journal_close(j);
}

/* A disk that takes no more: the same as a full journal, and it recovers. */
static void
disk_full(void **state)
{
	struct rlimit limit, before;
	struct journal *j = open_journal();
	uint64_t next = 1;
	struct sealed b = large_block(next);
	char path[128];
	struct stat st;

	(void)state;
	assert_int_equal(journal_append(j, &b), 0);
	path_in(path, sizeof(path), "journal.mdb");
	assert_int_equal(stat(path, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)st.st_size + 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	b = large_block(801);
	assert_int_equal(journal_append(j, &b), -1);
	assert_int_not_equal(facts(j).state, JOURNAL_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	b = large_block(801);
	assert_int_equal(journal_append(j, &b), 0);
	assert_int_equal(facts(j).state, JOURNAL_OK);
	journal_close(j);
	j = open_journal();
	assert_int_equal(read_all(j, 1), 1600);
	journal_close(j);
}

static void
damaged_block_is_skipped(void **state)
{
	struct journal *j = open_journal();
	struct sealed s;

	(void)state;
	append(j, 1, 10);
	append(j, 11, 10);
	append(j, 21, 10);
	journal_close(j);
	bend_record(15);
	j = open_journal();
	assert_true(facts(j).last == 30);
	assert_int_equal(journal_read(j, 5, &s), 1);
	assert_true(s.first == 1);
	assert_int_equal(journal_read(j, 11, &s), 1);
	assert_true(s.first == 21);
	assert_non_null(strstr(facts(j).problem, "11 to 20"));
	assert_int_equal(facts(j).state, JOURNAL_OK);
	journal_close(j);
}

/* Nobody knows how many records a damaged last block had: its numbers must
 * not come again. */
static void
damaged_last_block(void **state)
{
	struct journal *j = open_journal();
	uint64_t last;
	struct sealed s;

	(void)state;
	append(j, 1, 10);
	append(j, 11, 10);
	journal_close(j);
	bend_record(20);
	j = open_journal();
	last = facts(j).last;
	assert_true(last >= 20);
	assert_int_equal(journal_read(j, 11, &s), 0);
	append(j, last + 1, 5);
	assert_int_equal(journal_read(j, 11, &s), 1);
	assert_true(s.first == last + 1);
	journal_close(j);
}

static void
fill_a_little(uint8_t id[16])
{
	struct journal *j = open_journal();
	uint64_t seq;

	for (seq = 1; seq <= 2000; seq += 50)
		append(j, seq, 50);
	journal_ack(j, 1000);
	memcpy(id, facts(j).id, 16);
	journal_close(j);
}

static void
torn_file_is_moved_aside(void **state)
{
	uint8_t id[16], *p;
	struct journal *j;
	size_t n;

	(void)state;
	fill_a_little(id);
	p = load_file(&n);
	store_file(p, n / 2);
	free(p);
	j = open_journal();
	assert_int_equal(count_files("damaged-"), 1);
	assert_true(facts(j).last == 0);
	assert_memory_not_equal(facts(j).id, id, sizeof(id));
	append(j, 1, 5);
	assert_int_equal(read_all(j, 1), 5);
	journal_close(j);
}

static void
not_a_journal(void **state)
{
	uint8_t noise[20000];
	struct journal *j;

	(void)state;
	memset(noise, 0xa5, sizeof(noise));
	store_file(noise, sizeof(noise));
	j = open_journal();
	assert_int_equal(count_files("damaged-"), 1);
	append(j, 1, 5);
	journal_close(j);
}

/* Whatever bit is bent: it opens, what it gives is sound, and it can be
 * written to. */
static void
bent_anywhere(void **state)
{
	uint8_t id[16], *p;
	struct journal *j;
	size_t n, i, at, whole = 0, tries = 150;

	(void)state;
	let_children_die();
	fill_a_little(id);
	p = load_file(&n);
	for (i = 0; i < tries; i++) {
		at = i * 2654435761u % (n * 8);
		empty_directory();
		p[at / 8] ^= (uint8_t)(1 << at % 8);
		store_file(p, n);
		p[at / 8] ^= (uint8_t)(1 << at % 8);
		j = open_journal();
		whole += read_all(j, 1) == 2000;
		append(j, facts(j).last + 1, 3);
		journal_close(j);
	}
	free(p);
	assert_in_range(whole, 1, tries - 1);
}

static void
renewed(void **state)
{
	struct journal *j = open_journal();
	struct journal_facts before = facts(j), after;
	struct sealed s;

	(void)state;
	append(j, 1, 10);
	append(j, 11, 10);
	assert_int_equal(journal_renew(j, 11), 0);
	journal_close(j);
	j = open_journal();
	after = facts(j);
	assert_memory_not_equal(after.id, before.id, sizeof(after.id));
	assert_true(after.first == 11 && after.last == 20 && after.acked == 10);
	assert_int_equal(journal_read(j, 1, &s), 1);
	assert_true(s.first == 11);
	journal_close(j);
}

/* ---- place.c */

static void
one_at_a_time(void **state)
{
	struct place a, b;

	(void)state;
	assert_int_equal(place_open(&a, dir), 0);
	assert_int_equal(place_open(&b, dir), EXIT_TROUBLE);
	place_close(&a);
	assert_int_equal(place_open(&b, dir), 0);
	place_close(&b);
}

static void
key_is_made_once(void **state)
{
	uint8_t zero[SIPHASH_KEY] = { 0 };
	struct place a, b;
	char path[128];
	struct stat st;

	(void)state;
	assert_int_equal(place_open(&a, dir), 0);
	place_close(&a);
	assert_int_equal(place_open(&b, dir), 0);
	place_close(&b);
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	assert_memory_not_equal(a.key, zero, sizeof(zero));
	path_in(path, sizeof(path), "customer.key");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(truncate(path, 3), 0);
	assert_int_equal(place_open(&a, dir), EXIT_CONFIG);
}

static int
with_customer_key(struct place *p, const char *digits, mode_t mode)
{
	char path[128];
	FILE *f;
	int code;

	path_in(path, sizeof(path), "site.key");
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(digits, f) >= 0);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(place_open(p, dir), 0);
	code = place_customer_key(p, path);
	place_close(p);
	assert_int_equal(unlink(path), 0);
	return code;
}

/* The customers' key may be the site's; all else stays by the place's own. */
static void
customers_key_is_shared(void **state)
{
	static const uint8_t want[SIPHASH_KEY] = { 0x00, 0x11, 0x2a, 0xbc, 0xde, 0xff };
	static const char digits[] = "00112aBCdeff00000000000000000000";
	struct place own, shared;

	(void)state;
	assert_int_equal(place_open(&own, dir), 0);
	place_close(&own);
	assert_memory_equal(own.customer_key, own.key, sizeof(own.key));
	assert_int_equal(with_customer_key(&shared, digits, 0600), 0);
	assert_memory_equal(shared.customer_key, want, sizeof(want));
	assert_memory_equal(shared.key, own.key, sizeof(own.key));
	assert_int_equal(with_customer_key(&shared, digits, 0644), EXIT_CONFIG);
	assert_int_equal(with_customer_key(&shared, digits + 1, 0600), EXIT_CONFIG);
	assert_int_equal(
	    with_customer_key(&shared, "g0112aBCdeff00000000000000000000", 0600), EXIT_CONFIG);
	assert_int_equal(with_customer_key(&shared, "", 0600), EXIT_CONFIG);
	assert_int_equal(place_open(&own, dir), 0);
	assert_int_equal(place_customer_key(&own, "/nowhere/site.key"), EXIT_CONFIG);
	place_close(&own);
}

static void
directory_is_made(void **state)
{
	char path[128];
	struct place p;
	struct stat st;

	(void)state;
	path_in(path, sizeof(path), "new");
	assert_int_equal(place_open(&p, path), 0);
	place_close(&p);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	path_in(path, sizeof(path), "new/lock");
	(void)unlink(path);
	path_in(path, sizeof(path), "new/customer.key");
	(void)unlink(path);
	path_in(path, sizeof(path), "new");
	assert_int_equal(rmdir(path), 0);
}

static void
unfit_directories(void **state)
{
	struct place p;
	char path[128];

	(void)state;
	assert_int_equal(place_open(&p, "/nonexistent/journal"), EXIT_CONFIG);
	assert_int_equal(place_open(&p, "/dev/null"), EXIT_CONFIG);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(place_open(&p, dir), EXIT_CONFIG);
	assert_int_equal(chmod(dir, 0700), 0);
	path_in(path, sizeof(path), "lock");
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(appended_and_read_again),
		IN_DIRECTORY(read_from_the_middle),
		IN_DIRECTORY(acknowledged_is_remembered),
		IN_DIRECTORY(old_and_acknowledged_goes),
		IN_DIRECTORY(newest_stays),
		IN_DIRECTORY(full_until_acknowledged),
		IN_DIRECTORY(round_and_round),
		IN_DIRECTORY(disk_full),
		IN_DIRECTORY(damaged_block_is_skipped),
		IN_DIRECTORY(damaged_last_block),
		IN_DIRECTORY(torn_file_is_moved_aside),
		IN_DIRECTORY(not_a_journal),
		IN_DIRECTORY(bent_anywhere),
		IN_DIRECTORY(renewed),
		IN_DIRECTORY(one_at_a_time),
		IN_DIRECTORY(key_is_made_once),
		IN_DIRECTORY(customers_key_is_shared),
		IN_DIRECTORY(directory_is_made),
		IN_DIRECTORY(unfit_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
