/* SPDX-License-Identifier: MIT */
/*
 * io_file.c: the lines of a log on their way to the spool: the place goes
 * with them, a shut gate stops them, and they come before what others have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/memos.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"
#include "stopwatch.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE INT64_C(10000) /* ms a condition may take to come true */
#define LINE "1700000000|1.1|sales|NONE|ENTERQUEUE||5550100|1\n"

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static struct input *input;
static struct counters counters;
static struct memos memos;
static unsigned events, rejects, memos_put_since, unplaced, pause_after;
static char dir[64], path[80];

/* ---- what the input asks for */

static void
on_event(void *arg, msec_t received, const struct event *ev)
{
	(void)arg;
	(void)received;
	(void)ev;
	events++;
	unplaced += memos_put_since == 0;
}

static void
on_reject(void *arg, const struct reject *r)
{
	(void)arg;
	(void)r;
	rejects++;
	unplaced += memos_put_since == 0;
}

/* Here a block may end. */
static void
on_settle(void *arg)
{
	(void)arg;
	memos_put_since = 0;
	if (pause_after > 0 && --pause_after == 0)
		input_pause(input);
}

static void
on_remember(void *arg, const struct memo *memo)
{
	(void)arg;
	memos_put_since++;
	assert_int_equal(memos_put(&memos, memo), 0);
}

static int
on_recall(void *arg, const uint8_t name[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	const struct memo *memo = memos_find(&memos, name);

	(void)arg;
	if (memo == NULL)
		return -1;
	memcpy(value, memo->value.p, memo->value.n);
	return (int)memo->value.n;
}

/* ---- around each test */

static void
open_input(void)
{
	static struct input_settings s = { .type = INPUT_FILE,
		.path = path,
		.dialect = (char *)(uintptr_t) "queue_log",
		.source = (char *)(uintptr_t) "pbx" };
	struct input_options o = { .settings = &s,
		.collector = "call",
		.key = key,
		.customer_key = key,
		.counters = &counters,
		.event = on_event,
		.reject = on_reject,
		.settle = on_settle,
		.remember = on_remember,
		.recall = on_recall };

	clock_turn();
	assert_int_equal(input_open(&input, &o), 0);
}

static void
append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
turn(void)
{
	struct timeval tick = { 0, 5000 };

	(void)event_base_loopexit(service_base(), &tick);
	(void)event_base_loop(service_base(), EVLOOP_ONCE);
	clock_turn();
}

static void
await_events(unsigned n)
{
	msec_t limit;

	clock_turn();
	for (limit = ran() + PATIENCE; events < n; turn())
		assert_true(ran() < limit);
	assert_int_equal(events, n);
}

static int
setup(void **state)
{
	(void)state;
	counters = (struct counters){ 0 };
	events = rejects = memos_put_since = unplaced = pause_after = 0;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-file.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/queue_log", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	input_close(input);
	input = NULL;
	memos_fini(&memos);
	memos = (struct memos){ 0 };
	(void)unlink(path);
	return rmdir(dir);
}

/* ---- the tests */

/* What is there at the first start is not counted, and known at once. */
static void
test_place_goes_with_its_line(void **state)
{
	(void)state;
	append(LINE);
	open_input();
	assert_int_equal(memos.n, 1);
	append(LINE LINE "no line\n" LINE);
	await_events(3);
	assert_int_equal(rejects, 1);
	assert_int_equal(unplaced, 0);
	assert_int_equal(memos.n, 1);
	assert_true(counters.received == 4);
	input_close(input);
	append(LINE);
	open_input();
	await_events(4);
}

/* As when the journal is full: in the middle, and for as long as it takes. */
static void
test_paused_and_resumed(void **state)
{
	(void)state;
	open_input();
	pause_after = 3;
	append(LINE LINE LINE LINE LINE);
	for (msec_t limit = ran() + PATIENCE; pause_after > 0; turn())
		assert_true(ran() < limit);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(events, 3);
	append(LINE);
	input_resume(input);
	await_events(6);
}

static unsigned events_before_other;

static void
on_other(evutil_socket_t fd, short what, void *arg)
{
	char byte;

	(void)what;
	(void)arg;
	assert_true(read(fd, &byte, 1) == 1);
	events_before_other = events;
}

/* Another input's message is ready first, and its turn comes second. */
static void
test_goes_before_others(void **state)
{
	int ends[2];
	struct event *other;

	(void)state;
	append("");
	open_input();
	append(LINE);
	await_events(1);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	other = event_new(service_base(), ends[0], EV_READ | EV_PERSIST, on_other, NULL);
	assert_non_null(other);
	assert_int_equal(event_add(other, NULL), 0);
	for (int i = 0; i < 5; i++)
		turn();
	for (unsigned n = 1; n <= 20; n++) {
		events_before_other = 0;
		assert_true(write(ends[1], "x", 1) == 1);
		append(LINE);
		for (msec_t limit = ran() + PATIENCE; events_before_other == 0; turn())
			assert_true(ran() < limit);
		assert_int_equal(events_before_other, n + 1);
		for (int i = 0; i < 5; i++)
			turn();
	}
	event_free(other);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_place_goes_with_its_line),
		TEST(test_paused_and_resumed),
		TEST(test_goes_before_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
