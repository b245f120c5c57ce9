/* SPDX-License-Identifier: MIT */
/*
 * io_log.c: the very lines, read back from a file that stands in for stderr.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ccmon/clock.h"
#include "ccmon/log.h"

static int file, terminal;

static int
begin(void **state)
{
	(void)state;
	file = memfd_create("stderr", MFD_CLOEXEC);
	terminal = dup(STDERR_FILENO);
	log_set_level(LOG_INFO);
	return file < 0 || terminal < 0 || dup2(file, STDERR_FILENO) < 0;
}

static int
end(void **state)
{
	(void)state;
	dup2(terminal, STDERR_FILENO);
	close(terminal);
	close(file);
	unsetenv("JOURNAL_STREAM");
	log_open("test");
	return 0;
}

/* All that was logged since the last time. */
static const char *
logged(void)
{
	static char text[8192];
	ssize_t n = pread(file, text, sizeof text - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	return text;
}

static void
test_line(void **state)
{
	(void)state;
	errno = ENOENT;
	log_warn("link", "lost name=%s, retrying in %d s", "call", 5);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(logged(), "test: warn link: lost name=call, retrying in 5 s\n");
}

static void
test_level(void **state)
{
	(void)state;
	log_debug("a", "unheard");
	assert_string_equal(logged(), "");
	log_set_level(LOG_DEBUG);
	log_debug("a", "heard");
	assert_string_equal(logged(), "test: debug a: heard\n");
	log_set_level(LOG_ERROR);
	log_warn("a", "unheard");
	log_error("a", "heard");
	assert_string_equal(logged(), "test: error a: heard\n");
}

static void
test_journald(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("test");
	log_info("a", "b");
	log_error("a", "b");
	assert_string_equal(logged(), "<6>info a: b\n<3>error a: b\n");
	setenv("JOURNAL_STREAM", "1:2", 1); /* inherited, but stderr went elsewhere */
	log_open("test");
	log_info("a", "b");
	assert_string_equal(logged(), "test: info a: b\n");
}

static void
test_always_one_line(void **state)
{
	static char big[10000];
	const char *text;

	(void)state;
	log_info("a", "two\nlines\r\x1b[2J");
	assert_string_equal(logged(), "test: info a: two?lines??[2J\n");
	memset(big, 'x', sizeof big - 1);
	log_info("a", "%s", big);
	text = logged();
	assert_int_equal(strlen(text), 2047);
	assert_string_equal(text + 2047 - 5, "x...\n");
	log_info("a", "next");
	assert_string_equal(logged(), "test: info a: next\n");
}

static void
test_quote(void **state)
{
	char text[260];
	const char *quoted[8];

	(void)state;
	assert_string_equal(log_quote(STR_LIT("plain")), "\"plain\"");
	assert_string_equal(log_quote(STR_NONE), "\"\"");
	assert_null(strchr(log_quote(STR_LIT("a\nb")), '\n'));
	memset(text, 'x', sizeof text);
	assert_int_equal(strlen(log_quote((struct str){ text, 200 })), 202);
	assert_int_equal(strlen(log_quote((struct str){ text, 201 })), 205);
	memcpy(text + 198, "\xe2\x82\xac", 3); /* a character across the cut stays out */
	assert_int_equal(strlen(log_quote((struct str){ text, 250 })), 198 + 5);
	for (size_t i = 0; i < COUNTOF(quoted); i++)
		quoted[i] = log_quote((struct str){ &"01234567"[i], 1 });
	for (size_t i = 0; i < COUNTOF(quoted); i++)
		assert_int_equal(quoted[i][1], '0' + (int)i);
}

static void
test_complaint(void **state)
{
	struct log_complaint c = { 0 };
	unsigned said = 0;

	(void)state;
	log_release(&c, "redis", "back");
	assert_string_equal(logged(), "");
	log_complain(&c, 0, "redis", "gone");
	assert_string_equal(logged(), "test: warn redis: gone\n");
	for (msec_t now = 1; now < 1000; now++)
		log_complain(&c, now, "redis", "gone");
	assert_string_equal(logged(), "");
	log_complain(&c, 1000, "redis", "gone");
	assert_string_equal(logged(), "test: warn redis: gone (999 more left out)\n");
	log_complain(&c, 2999, "redis", "gone"); /* the interval is now 2 s */
	log_release(&c, "redis", "back");
	assert_string_equal(logged(), "test: info redis: back (1 more left out)\n");
	log_release(&c, "redis", "back");
	assert_string_equal(logged(), "");
	for (msec_t now = 0; now < 100 * 3600; now++) { /* 100 h, a complaint each second */
		log_complain(&c, now * 1000, "redis", "gone");
		said += *logged() != '\0';
	}
	assert_in_range(said, 100, 112);
}

static void
test_unwritable_is_counted(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	dup2(full, STDERR_FILENO);
	log_info("a", "lost");
	log_info("a", "lost");
	dup2(file, STDERR_FILENO);
	close(full);
	log_info("a", "found");
	assert_string_equal(
	    logged(), "test: info a: found (2 lines before this could not be written)\n");
}

static void
test_clock(void **state)
{
	msec_t wall = clock_wall(), mono = clock_mono();

	(void)state;
	assert_true(wall > INT64_C(1600000000000)); /* ms; 2020 */
	while (clock_mono() == mono) {
		assert_int_equal(clock_wall(), wall); /* only a turn moves them */
		clock_turn();
		wall = clock_wall();
	}
	assert_true(clock_mono() > mono);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, begin, end),
		cmocka_unit_test_setup_teardown(test_level, begin, end),
		cmocka_unit_test_setup_teardown(test_journald, begin, end),
		cmocka_unit_test_setup_teardown(test_always_one_line, begin, end),
		cmocka_unit_test_setup_teardown(test_quote, begin, end),
		cmocka_unit_test_setup_teardown(test_complaint, begin, end),
		cmocka_unit_test_setup_teardown(test_unwritable_is_counted, begin, end),
		cmocka_unit_test(test_clock),
	};

	log_open("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
