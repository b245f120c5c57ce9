/* SPDX-License-Identifier: MIT */
/*
 * follow_kit.h: a log in a directory of its own, whoever writes it, and a
 * follower who keeps what it is given.
 */
#ifndef CCMON_TESTS_FOLLOW_KIT_H
#define CCMON_TESTS_FOLLOW_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/inputs/follow.h"
#include "ccmon/clock.h"
#include "ccmon/event.h"
#include "ccmon/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 20000 /* lines a test may write */

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static char dir[64], log_path[96], copy_path[96], errors_path[96];
static struct follow *follow;
static struct mark mark; /* as it would be on disk */
static bool has_mark, is_all;
static char *given[MOST];
static unsigned ngiven;
static bool last_is_long;

/* ---- the follower */

static inline void
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

static inline void
keep(const struct tail_line *line)
{
	assert_true(ngiven < MOST);
	given[ngiven++] = strndup(line->text.p != NULL ? line->text.p : "", line->text.n);
	last_is_long = line->is_long;
}

/* false: there is nothing now. */
static inline bool
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

static inline void
look(void)
{
	clock_turn();
	while (step())
		;
}

static inline void
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

static inline const char *
beside(const char *suffix)
{
	static char text[4][128];
	static unsigned n;

	n = (n + 1) % COUNTOF(text);
	(void)snprintf(text[n], sizeof(text[n]), "%s%s", log_path, suffix);
	return text[n];
}

static inline void
append_bytes(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_true(write(fd, bytes, n) == (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static inline void
append(const char *text)
{
	append_bytes(log_path, text, strlen(text));
}

static inline void
move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

static inline void
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

static inline void
cut(void)
{
	assert_int_equal(truncate(log_path, 0), 0);
}

/* So that the order of what is done is the order of the files' times. */
static inline void
tick(void)
{
	static int64_t s = 1700000000;
	struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };

	s++;
	(void)utimensat(AT_FDCWD, log_path, times, 0);
}

/* ---- around each test */

static inline int
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

static inline int
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
