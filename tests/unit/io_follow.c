/* SPDX-License-Identifier: MIT */
/*
 * io_follow.c: a log that is written, renamed, copied, cut and taken away,
 * while it is followed and while nobody looks.  Each line comes once, in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/inputs/follow.h"
#include "ccmon/clock.h"
#include "ccmon/event.h"
#include "ccmon/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 20000 /* lines a test may write */
#define SEEDS 300 /* walks; the environment may say another number */
#define STEPS 120 /* of a walk */
#define NOBODY 65534 /* Debian's uid of it */

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static char dir[64], log_path[96], copy_path[96], errors_path[96];
static struct follow *follow;
static struct mark mark; /* as it would be on disk */
static bool has_mark, is_all;
static char *given[MOST];
static unsigned ngiven;
static bool last_is_long;

/* ---- the follower */

static void
reopen(void)
{
	struct follow_options o = { .path = log_path,
		.collector = "call",
		.key = key,
		.mark = has_mark ? &mark : NULL,
		.is_all = is_all };

	follow_close(follow);
	clock_turn();
	follow = follow_open(&o);
	assert_non_null(follow);
}

static void
keep(const struct tail_line *line)
{
	assert_true(ngiven < MOST);
	given[ngiven++] = strndup(line->text.p != NULL ? line->text.p : "", line->text.n);
	last_is_long = line->is_long;
}

/* false: there is nothing now. */
static bool
step(void)
{
	struct tail_line line;
	enum follow_got got = follow_next(follow, &line);
	struct mark m;

	if (got == FOLLOW_LINE)
		keep(&line);
	if (follow_mark(follow, &m) || got == FOLLOW_LINE) {
		mark = m;
		has_mark = true;
	}
	return got != FOLLOW_NONE;
}

static void
look(void)
{
	clock_turn();
	while (step())
		;
}

static void
assert_given(const char *const *lines)
{
	unsigned n = 0;

	look();
	for (; lines[n] != NULL; n++) {
		assert_true(n < ngiven);
		assert_string_equal(given[n], lines[n]);
	}
	assert_int_equal(ngiven, n);
}
#define ASSERT_GIVEN(...) assert_given((const char *const[]){ __VA_ARGS__, NULL })

/* ---- files */

static const char *
beside(const char *suffix)
{
	static char text[4][128];
	static unsigned n;

	n = (n + 1) % COUNTOF(text);
	(void)snprintf(text[n], sizeof(text[n]), "%s%s", log_path, suffix);
	return text[n];
}

static void
append_bytes(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_true(write(fd, bytes, n) == (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static void
append(const char *text)
{
	append_bytes(log_path, text, strlen(text));
}

static void
move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

static void
copy(const char *from, const char *to)
{
	char bytes[4096];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd != -1);
	append_bytes(to, "", 0);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		append_bytes(to, bytes, (size_t)n);
	assert_int_equal(n, 0);
	assert_int_equal(close(fd), 0);
}

static void
cut(void)
{
	assert_int_equal(truncate(log_path, 0), 0);
}

/* So that the order of what is done is the order of the files' times. */
static void
tick(void)
{
	static int64_t s = 1700000000;
	struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };

	s++;
	(void)utimensat(AT_FDCWD, log_path, times, 0);
}

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

/* ---- around each test */

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-follow.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(log_path, sizeof(log_path), "%s/queue_log", dir);
	(void)snprintf(copy_path, sizeof(copy_path), "%s/elsewhere", dir);
	(void)snprintf(errors_path, sizeof(errors_path), "%s/errors", dir);
	mark = (struct mark){ 0 };
	has_mark = is_all = false;
	follow = NULL;
	return 0;
}

static int
teardown(void **state)
{
	char command[192];

	(void)state;
	follow_close(follow);
	follow = NULL;
	while (ngiven > 0)
		free(given[--ngiven]);
	(void)snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -r %s", dir, dir);
	return system(command) == 0 ? 0 : -1; /* NOLINT: a path of our own */
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

/* ---- any order of all that */

static struct {
	uint64_t dice;
	int writer; /* the log's, or -1 */
	bool is_cuttable; /* what it writes is at the path */
	bool by_date;
	unsigned nfiles;
	char *want[MOST];
	unsigned nwant;
	char half[64]; /* behind the last newline of the writer's file */
	struct mark mark; /* as it was when the disk was written last */
	bool has_mark;
	unsigned ngiven;
} walk;

static unsigned
dice(unsigned sides)
{
	walk.dice ^= walk.dice << 13;
	walk.dice ^= walk.dice >> 7;
	walk.dice ^= walk.dice << 17;
	return (unsigned)(walk.dice % sides);
}

static void
want(void)
{
	assert_true(walk.nwant < MOST);
	walk.want[walk.nwant++] = strdup(walk.half);
	walk.half[0] = '\0';
}

static void
write_text(const char *text)
{
	assert_true(write(walk.writer, text, strlen(text)) == (ssize_t)strlen(text));
}

static void
write_half(void)
{
	char text[32];

	if (strlen(walk.half) > 32)
		return;
	(void)snprintf(text, sizeof(text), "%u.", dice(1000000));
	write_text(text);
	(void)strcat(walk.half, text); /* NOLINT: there is room */
}

/* Now and then the same line again; but a file that begins with nothing but
 * the very bytes of the one that was cut is, to anybody, the one that was. */
static void
write_line(void)
{
	if (walk.half[0] == '\0' && lseek(walk.writer, 0, SEEK_END) > 0 && dice(4) == 0) {
		(void)snprintf(walk.half, sizeof(walk.half), "%s", walk.want[walk.nwant - 1]);
		write_text(walk.half);
	} else
		write_half();
	write_text("\n");
	want();
}

static void
open_writer(void)
{
	if (walk.writer != -1)
		(void)close(walk.writer);
	if (walk.half[0] != '\0') /* nobody will end it */
		want();
	walk.writer = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	assert_true(walk.writer != -1);
	walk.is_cuttable = true;
}

/* Where the log goes; the older ones go further. */
static const char *
next_name(void)
{
	char from[16], to[16];

	walk.nfiles++;
	if (walk.by_date) {
		(void)snprintf(to, sizeof(to), "-%u", 20260000 + walk.nfiles);
		return beside(to);
	}
	for (unsigned i = walk.nfiles; i > 1; i--) {
		(void)snprintf(from, sizeof(from), ".%u", i - 1);
		(void)snprintf(to, sizeof(to), ".%u", i);
		move(beside(from), beside(to));
	}
	return beside(".1");
}

static void
rotate_by_rename(void)
{
	if (!walk.is_cuttable)
		return; /* the writer has yet to come */
	move(log_path, next_name());
	walk.is_cuttable = false;
	if (dice(2) == 0)
		append("");
	if (dice(2) == 0)
		open_writer();
}

static void
rotate_by_copy(void)
{
	if (!walk.is_cuttable)
		return;
	copy(log_path, next_name());
	cut();
	if (walk.half[0] != '\0')
		want();
}

/* What was given since the last write to disk is forgotten with its mark. */
static void
crash(void)
{
	while (ngiven > walk.ngiven)
		free(given[--ngiven]);
	mark = walk.mark;
	has_mark = walk.has_mark;
	reopen();
}

static void
sync_to_disk(void)
{
	walk.mark = mark;
	walk.has_mark = has_mark;
	walk.ngiven = ngiven;
}

static void
look_a_little(void)
{
	clock_turn();
	for (unsigned n = dice(8); n > 0 && step(); n--)
		;
}

static void
one_step(void)
{
	static void (*const steps[])(void) = { write_line, write_line, write_line, write_half, look,
		look_a_little, look_a_little, rotate_by_rename, rotate_by_copy, open_writer,
		sync_to_disk, sync_to_disk, crash };
	unsigned which = dice(COUNTOF(steps));

	if (steps[which] == open_writer && walk.is_cuttable)
		return; /* it has it open */
	steps[which]();
}

static void
compare(uint64_t seed)
{
	for (unsigned i = 0; i < walk.nwant || i < ngiven; i++) {
		const char *w = i < walk.nwant ? walk.want[i] : "nothing";
		const char *g = i < ngiven ? given[i] : "nothing";

		if (strcmp(w, g) != 0)
			print_error("seed %u, line %u of %u: wanted %s, got %s\n", (unsigned)seed,
			    i, walk.nwant, w, g);
		assert_string_equal(w, g);
	}
}

static void
take_a_walk(uint64_t seed)
{
	walk.dice = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	walk.writer = -1;
	walk.by_date = dice(2) == 0;
	walk.nfiles = walk.nwant = walk.ngiven = 0;
	walk.half[0] = '\0';
	walk.has_mark = false;
	is_all = true;
	open_writer();
	reopen();
	look();
	sync_to_disk();
	for (int i = 0; i < STEPS; i++)
		one_step();
	if (!walk.is_cuttable)
		open_writer();
	write_line();
	look();
	compare(seed);
	(void)close(walk.writer);
	while (walk.nwant > 0)
		free(walk.want[--walk.nwant]);
}

static void
test_walks(void **state)
{
	const char *seeds = getenv("SEEDS"), *first = getenv("SEED");
	uint64_t n = seeds != NULL ? strtoull(seeds, NULL, 10) : SEEDS;
	uint64_t begin = first != NULL ? strtoull(first, NULL, 10) : 1;

	for (uint64_t seed = begin; seed < begin + n; seed++) {
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		take_a_walk(seed);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(test_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
