/* SPDX-License-Identifier: MIT */
/*
 * test_redact.c: what may be kept of a refused message, and what may not.
 */
#include "ccmon/redact.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
	const char *said, *kept;
} lines[] = {
	{ "{\"event\":\"queued\",\"source\":\"pbx1\",\"time\":1700000000000}",
	    "{\"event\":\"queued\",\"source\":\"pbx1\",\"time\":1700000000000}" },
	{ "{ \"customer\" : \"+4722225555\" , \"queue\":\"sales\" }",
	    "{\"customer\":\"<11>\",\"queue\":\"sales\"}" },
	{ "{\"customer\":4722225555,\"public\":true,\"talk_ms\":-1.5e3}",
	    "{\"customer\":#,\"public\":true,\"talk_ms\":#}" },
	{ "{\"agent\":\"Anna Smith\",\"phone\":\"22225555\"}",
	    "{\"agent\":\"<10>\",\"<5>\":\"<8>\"}" },
	{ "{\"queues\":[\"a\",\"b\"],\"time\":\"now 22225555\"}",
	    "{\"queues\":[\"<1>\",\"<1>\"],\"time\":\"now 22225555\"}" },
	{ "{\"+4722225555\":{\"Smith\":[null]}}", "{\"<11>\":{\"<5>\":[null]}}" },
	{ "{\"queue\":\"a\\\"b\",\"queue\":\"\xc3\xa6\",\"queue\":\"a\nb\"}",
	    "{\"queue\":\"<4>\",\"queue\":\"<2>\",\"queue\":\"<3>\"}" },
	/* broken: nothing stands where it should */
	{ "{\"customer\":\"22\"225555\",\"Smith\":1", "{\"customer\":\"<2>\"#\"<1>\"#\"<2>\"" },
	{ "{\"queue\":\"sales", "{\"queue\":\"sales\"" },
	{ "{\"event\":22225555x, Smith", "{\"event\":#,#" },
	{ "[\"22225555\"", "[\"<8>\"" },
	{ "{\"a\\", "{\"<2>\"" },
	/* not JSON */
	{ "1366720340|pbx|q|SIP/8007|ANSWER|22225555|x", "##########|pbx|q|SIP/####|ANSWER" },
	{ "tel \xe2\x80\xae\x1b[31m9", "tel ....[##m#" },
	{ "  ", "" },
	{ "", "" },
};

static void
test_lines(void **state)
{
	char out[256];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		n = redact(str_of(lines[i].said), out, sizeof(out) - 1);
		out[n] = '\0';
		assert_string_equal(out, lines[i].kept);
	}
}

/* Whatever is left out of a message, or stands twice: no number gets through. */
static void
test_broken(void **state)
{
	static const char whole[] =
	    "{\"v\":1,\"event\":\"queued\",\"customer\":\"22225555\","
	    "\"to_external\":\"22225555\",\"x\":22225555,\"tag\":[22225555]}";
	char broken[sizeof(whole) + 1], out[257];
	size_t n;

	(void)state;
	for (size_t at = 0; at < sizeof(whole) - 1; at++)
		for (unsigned twice = 0; twice < 2; twice++) {
			memcpy(broken, whole, at + twice);
			memcpy(
			    broken + at + twice, whole + at + !twice, sizeof(whole) - at - !twice);
			n = redact(str_of(broken), out, sizeof(out) - 1);
			out[n] = '\0';
			assert_null(strstr(out, "2222"));
		}
}

/* No byte past the end is written or read, and what comes out is ASCII. */
static void
test_bounds(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = (size_t)random() % 64, size = (size_t)random() % 40, kept;
		char *message = malloc(n + 1), *out = malloc(size + 1);

		assert_true(message != NULL && out != NULL);
		for (size_t i = 0; i < n; i++)
			message[i] = "{}[]:,\"\\ \nav1\x80\xff"[(size_t)random() % 16];
		out[size] = '!';
		kept = redact((struct str){ message, (uint32_t)n }, out, size);
		assert_true(kept <= size && out[size] == '!');
		for (size_t i = 0; i < kept; i++)
			assert_true(out[i] >= ' ' && out[i] <= '~');
		free(message);
		free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
