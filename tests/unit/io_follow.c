/* SPDX-License-Identifier: MIT */
/*
 * io_follow.c: a log that is written, renamed, copied, cut and taken away,
 * while it is followed and while nobody looks.  Each line comes once, in order.
 */
#include "follow_kit.h"

#include <dirent.h>

#define NOBODY 65534 /* Debian's uid of it */

/* ---- what happens while the directory is read */

static void (*meanwhile)(void);

/* Instead of the C library's. */
DIR *
opendir(const char *path)
{
	void (*happens)(void) = meanwhile;
	int fd;

	meanwhile = NULL;
	if (happens != NULL)
		happens();
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? NULL : fdopendir(fd);
}

/* ---- what is logged */

static int stderr_before;

static void
begin_log(void)
{
	int fd = open(errors_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	(void)fflush(stderr);
	stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) != -1);
	(void)close(fd);
}

/* How many lines of the log have these words. */
static unsigned
end_log(const char *words)
{
	char line[1024];
	unsigned n = 0;
	FILE *f = fopen(errors_path, "r");

	(void)fflush(stderr);
	assert_true(dup2(stderr_before, STDERR_FILENO) != -1);
	(void)close(stderr_before);
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, words) != NULL;
	(void)fclose(f);
	return n;
}

/* ---- one file */

static void
test_now(void **state)
{
	(void)state;
	append("old\nhalf");
	reopen();
	look();
	assert_true(has_mark);
	append(" a line\nnext\nun");
	ASSERT_GIVEN("half a line", "next");
	append("finished\n");
	ASSERT_GIVEN("half a line", "next", "unfinished");
}

static void
test_all(void **state)
{
	(void)state;
	is_all = true;
	append("a\na\n\n");
	copy(log_path, beside(".1"));
	reopen();
	ASSERT_GIVEN("a", "a", "");
	reopen();
	append("a\n");
	ASSERT_GIVEN("a", "a", "", "a");
}

static void
test_nothing_was_read_yet(void **state)
{
	(void)state;
	append("old\n");
	reopen();
	look();
	append("a\n");
	reopen();
	ASSERT_GIVEN("a");
}

static void
test_appears_later(void **state)
{
	char moved[96];

	(void)state;
	(void)snprintf(moved, sizeof(moved), "%s.away", dir);
	move(dir, moved);
	reopen();
	look();
	assert_true(has_mark);
	reopen();
	look();
	move(moved, dir);
	look();
	append("a\n");
	ASSERT_GIVEN("a");
	assert_int_equal(unlink(log_path), 0);
	look();
	append("b\n");
	ASSERT_GIVEN("a", "b");
	reopen();
	append("c\n");
	ASSERT_GIVEN("a", "b", "c");
}

/* A disk that is not there yet is no reason to begin anew. */
static void
test_directory_comes_back(void **state)
{
	char moved[96];

	(void)state;
	(void)snprintf(moved, sizeof(moved), "%s.away", dir);
	is_all = true;
	append("a\nb\n");
	reopen();
	look();
	move(dir, moved);
	assert_int_equal(mkdir(dir, 0700), 0);
	reopen();
	look();
	assert_int_equal(rmdir(dir), 0);
	look();
	move(moved, dir);
	append("c\n");
	ASSERT_GIVEN("a", "b", "c");
}

static void
test_long_and_strange_lines(void **state)
{
	static char bytes[3 * EVENT_BODY_MAX];

	(void)state;
	is_all = true;
	memset(bytes, 'x', sizeof(bytes));
	append_bytes(log_path, bytes, EVENT_BODY_MAX);
	append("\n");
	append_bytes(log_path, bytes, EVENT_BODY_MAX + 1);
	append("\n");
	for (int i = 0; i < 40; i++)
		append_bytes(log_path, bytes, sizeof(bytes));
	reopen();
	look();
	assert_int_equal(ngiven, 2);
	assert_true(last_is_long);
	assert_int_equal(strlen(given[0]), EVENT_BODY_MAX);
	assert_int_equal(strlen(given[1]), TAIL_PRINT);
	reopen();
	look();
	assert_int_equal(ngiven, 2);
	append("\n");
	look();
	assert_int_equal(ngiven, 3);
	assert_true(last_is_long);
	append_bytes(log_path, "\0\0\xff|\r\n", 6);
	append("end\n");
	look();
	assert_int_equal(ngiven, 5);
	assert_false(last_is_long);
	assert_string_equal(given[4], "end");
}

static void
test_no_permission(void **state)
{
	uid_t me = geteuid();

	(void)state;
	append("a\n");
	is_all = true;
	assert_int_equal(chmod(log_path, 0), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	begin_log();
	if (me == 0)
		assert_int_equal(seteuid(NOBODY), 0); /* root may read all */
	reopen();
	look();
	look();
	assert_int_equal(seteuid(me), 0);
	assert_int_equal(end_log("Permission denied"), 1);
	assert_int_equal(ngiven, 0);
	assert_int_equal(chmod(log_path, 0600), 0);
	ASSERT_GIVEN("a");
}

static void
test_symlink(void **state)
{
	(void)state;
	is_all = true;
	append_bytes(copy_path, "a\n", 2);
	assert_int_equal(symlink(copy_path, log_path), 0);
	reopen();
	ASSERT_GIVEN("a");
	append_bytes(copy_path, "b\n", 2);
	move(copy_path, beside("x"));
	look();
	append_bytes(copy_path, "c\n", 2);
	ASSERT_GIVEN("a", "b", "c");
}

/* ---- rotation */

/* Its writer holds the old file until it is told to open the new one. */
static void
test_renamed(void **state)
{
	(void)state;
	is_all = true;
	append("a\n");
	reopen();
	look();
	move(log_path, beside(".1"));
	look();
	append_bytes(beside(".1"), "b\n", 2);
	append("");
	look();
	append_bytes(beside(".1"), "c\nhalf", 6);
	ASSERT_GIVEN("a", "b", "c");
	append("d\n");
	ASSERT_GIVEN("a", "b", "c", "half", "d");
	reopen();
	append("e\n");
	ASSERT_GIVEN("a", "b", "c", "half", "d", "e");
}

static void
rotate_twice(void)
{
	move(beside(".1"), beside(".2"));
	move(log_path, beside(".1"));
	append("c\n");
	tick();
	move(beside(".2"), beside(".3"));
	move(beside(".1"), beside(".2"));
	move(log_path, beside(".1"));
	append("d\n");
	tick();
}

/* What was at the path a moment ago may be the last but one by now. */
static void
test_renamed_twice_meanwhile(void **state)
{
	(void)state;
	is_all = true;
	append("a\n");
	tick();
	reopen();
	look();
	move(log_path, beside(".1"));
	append("b\n");
	tick();
	meanwhile = rotate_twice;
	ASSERT_GIVEN("a", "b", "c", "d");
}

static void
test_copied_and_cut(void **state)
{
	(void)state;
	is_all = true;
	append("a\n");
	reopen();
	look();
	append("b\nhalf");
	copy(log_path, beside("-20260101"));
	cut();
	ASSERT_GIVEN("a", "b");
	append("c\n");
	ASSERT_GIVEN("a", "b", "half", "c");
	append("d\n");
	copy(log_path, beside("-20260102"));
	cut();
	append("as much as was there, and more\n");
	ASSERT_GIVEN("a", "b", "half", "c", "d", "as much as was there, and more");
}

/* The copy was made before we read on. */
static void
test_copy_is_older_than_what_was_read(void **state)
{
	char line[TAIL_PRINT + 2] = { 0 };

	(void)state;
	is_all = true;
	memset(line, 'x', TAIL_PRINT);
	line[TAIL_PRINT] = '\n';
	append(line);
	copy(log_path, beside(".1"));
	append("b\n");
	begin_log();
	reopen();
	look();
	cut();
	look();
	append("c\n");
	look();
	reopen();
	look();
	assert_int_equal(end_log("cannot be read"), 0);
	line[TAIL_PRINT] = '\0';
	ASSERT_GIVEN(line, "b", "c");
}

static void
test_down_over_renames(void **state)
{
	(void)state;
	is_all = true;
	tick();
	append("a\n");
	reopen();
	look();
	append("b\n");
	tick();
	move(log_path, beside(".3"));
	append("c\nc\n");
	tick();
	move(log_path, beside(".2"));
	append("d\n");
	tick();
	copy(log_path, beside(".bak")); /* somebody's, and younger */
	move(log_path, beside(".1"));
	reopen();
	ASSERT_GIVEN("a", "b", "c", "c", "d");
	append("e\n");
	ASSERT_GIVEN("a", "b", "c", "c", "d", "e");
}

static void
test_down_over_copies(void **state)
{
	(void)state;
	is_all = true;
	append("a\n");
	reopen();
	look();
	append("b\n");
	copy(log_path, beside(".2"));
	cut();
	append("c\n");
	copy(log_path, beside(".1"));
	cut();
	append("d, which is longer than it was\n");
	reopen();
	ASSERT_GIVEN("a", "b", "c", "d, which is longer than it was");
}

/* Something that makes a new file of the whole log: sed -i, rsync. */
static void
test_same_in_a_new_file(void **state)
{
	(void)state;
	is_all = true;
	for (int i = 0; i < 100; i++)
		append("a line of the log\n");
	for (int down = 0; down < 2; down++) {
		reopen();
		look();
		assert_int_equal(ngiven, 100 + down);
		copy(log_path, copy_path);
		append_bytes(copy_path, "b\n", 2);
		move(copy_path, log_path);
		if (down == 1)
			reopen();
		look();
		assert_int_equal(ngiven, 101 + down);
	}
}

/* ---- what is lost is said */

static void
test_cut_by_hand(void **state)
{
	(void)state;
	is_all = true;
	append("a\nhalf");
	reopen();
	look();
	begin_log();
	cut();
	look();
	append("b\n");
	look();
	look();
	assert_int_equal(end_log("was cut, and there is no copy of it"), 1);
	ASSERT_GIVEN("a", "half", "b");
}

static void
test_gone(void **state)
{
	(void)state;
	is_all = true;
	append("a\n");
	reopen();
	look();
	append("unseen\n");
	move(log_path, copy_path);
	append("b\n");
	begin_log();
	reopen();
	look();
	assert_int_equal(end_log("error file: "), 1);
	ASSERT_GIVEN("a", "b");
}

static void
compressed(bool was_written)
{
	is_all = true;
	append("a\n");
	tick();
	reopen();
	look();
	if (was_written) {
		append("unseen\n");
		tick();
	}
	move(log_path, beside(".1.gz")); /* with its time, as gzip keeps it */
	append("b\n");
	begin_log();
	reopen();
	look();
	reopen();
	look();
	assert_int_equal(end_log("error file: "), was_written);
	ASSERT_GIVEN("a", "b");
}

static void
test_compressed(void **state)
{
	(void)state;
	compressed(true);
}

static void
test_compressed_after_it_was_read(void **state)
{
	(void)state;
	compressed(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_now),
		TEST(test_all),
		TEST(test_nothing_was_read_yet),
		TEST(test_appears_later),
		TEST(test_directory_comes_back),
		TEST(test_long_and_strange_lines),
		TEST(test_no_permission),
		TEST(test_symlink),
		TEST(test_renamed),
		TEST(test_renamed_twice_meanwhile),
		TEST(test_copied_and_cut),
		TEST(test_copy_is_older_than_what_was_read),
		TEST(test_down_over_renames),
		TEST(test_down_over_copies),
		TEST(test_same_in_a_new_file),
		TEST(test_cut_by_hand),
		TEST(test_gone),
		TEST(test_compressed),
		TEST(test_compressed_after_it_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
