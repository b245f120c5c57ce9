/* SPDX-License-Identifier: MIT */
/*
 * io_maildir.c: a Maildir that is written to, read from, moved about and
 * filled while nobody looks.
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
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE INT64_C(10000) /* ms a condition may take to come true */
#define BEFORE 1600000000 /* s; the time of files from before */

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static struct input *input;
static struct counters counters;
static struct memos memos;
static unsigned queued, events, rejects, pause_after;
static bool in_order; /* mail 1, 2, 3 ... is expected */
static char last_customer[SIPHASH_HEX];
static char dir[64];
static char *folders[] = { (char *)(uintptr_t) ".Sent", NULL };

/* The last mail was this one. */
static void
assert_customer(unsigned id)
{
	char name[64], want[SIPHASH_HEX];
	int n = snprintf(name, sizeof(name), "customer%u@example.org", id);

	siphash_hex(want, key, (struct str){ name, (uint32_t)n });
	assert_memory_equal(last_customer, want, SIPHASH_HEX);
}

/* ---- what the input asks for */

static void
on_event(void *arg, msec_t received, const struct event *ev)
{
	(void)arg;
	(void)received;
	events++;
	if (ev->event != EV_QUEUED)
		return;
	queued++;
	assert_true((ev->has & HAS(CUSTOMER)) != 0);
	memcpy(last_customer, ev->customer.p, SIPHASH_HEX);
	if (in_order)
		assert_customer(queued);
}

static void
on_reject(void *arg, const struct reject *r)
{
	(void)arg;
	assert_int_equal(r->why, REFUSAL_NOT_MAIL);
	rejects++;
}

static void
on_settle(void *arg)
{
	(void)arg;
	if (pause_after > 0 && --pause_after == 0)
		input_pause(input);
}

static void
on_remember(void *arg, const struct memo *memo)
{
	(void)arg;
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

/* ---- a Maildir */

static const char *
path(const char *part, const char *name)
{
	static char text[4][256];
	static unsigned n;

	n = (n + 1) % 4;
	(void)snprintf(
	    text[n], sizeof(text[n]), "%s/%s%s%s", dir, part, *name == '\0' ? "" : "/", name);
	return text[n];
}

static void
make_dirs(void)
{
	static const char *const parts[] = { "box", "box/tmp", "box/new", "box/cur", "box/.Sent",
		"box/.Sent/new", "box/.Sent/cur" };

	for (size_t i = 0; i < COUNTOF(parts); i++)
		assert_int_equal(mkdir(path(parts[i], ""), 0700), 0);
}

static void
write_file(const char *at, const char *text)
{
	FILE *f = fopen(at, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *
a_mail(unsigned id)
{
	static char text[256];

	(void)snprintf(text, sizeof(text),
	    "From: customer%u@example.org\nMessage-ID: <%u@example.org>\n\nbody\n", id, id);
	return text;
}

static void
age(const char *at)
{
	struct timespec times[2] = { { .tv_sec = BEFORE }, { .tv_sec = BEFORE } };

	assert_int_equal(utimensat(AT_FDCWD, at, times, 0), 0);
}

static void
deliver_text(const char *name, const char *text)
{
	write_file(path("box/tmp", name), text);
	assert_int_equal(rename(path("box/tmp", name), path("box/new", name)), 0);
}

static void
deliver(unsigned id)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "1700000000.M%06uP1.host", id);
	deliver_text(name, a_mail(id));
}

/* ---- waiting */

static void
turn(void)
{
	struct timeval tick = { 0, 5000 };

	(void)event_base_loopexit(service_base(), &tick);
	(void)event_base_loop(service_base(), EVLOOP_ONCE);
	clock_turn();
}

static void
await(const unsigned *what, unsigned n)
{
	msec_t limit;

	clock_turn();
	for (limit = ran() + PATIENCE; *what < n; turn())
		assert_true(ran() < limit);
	assert_int_equal(*what, n);
}

/* What is delivered now has been read, and all before it. */
static void
await_all_and_one(unsigned n)
{
	static unsigned id = 900000;

	deliver(id++);
	await(&queued, n + 1);
}

/* ---- around each test */

static int
open_from(enum mail_start start)
{
	static char where[256];
	struct input_settings s = { .type = INPUT_MAILDIR,
		.path = where,
		.source = (char *)(uintptr_t) "support",
		.queue = (char *)(uintptr_t) "post",
		.folders = folders,
		.start = (uint8_t)start };
	static struct input_settings kept;
	struct input_options o = { .settings = &kept,
		.collector = "mail",
		.key = key,
		.customer_key = key,
		.counters = &counters,
		.event = on_event,
		.reject = on_reject,
		.settle = on_settle,
		.remember = on_remember,
		.recall = on_recall };

	kept = s;
	(void)snprintf(where, sizeof(where), "%s/box", dir);
	clock_turn();
	return input_open(&input, &o);
}

static int
setup(void **state)
{
	(void)state;
	counters = (struct counters){ 0 };
	queued = events = rejects = pause_after = 0;
	in_order = false;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-maildir.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	make_dirs();
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	input_close(input);
	input = NULL;
	memos_fini(&memos);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command);
}

/* ---- tests */

static void
delivered_read_and_flagged(void **state)
{
	(void)state;
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	deliver(1);
	await(&queued, 1);
	assert_customer(1);
	assert_int_equal(rename(path("box/new", "1700000000.M000001P1.host"),
	                     path("box/cur", "1700000000.M000001P1.host:2,")),
	    0);
	assert_int_equal(rename(path("box/cur", "1700000000.M000001P1.host:2,"),
	                     path("box/cur", "1700000000.M000001P1.host:2,RS")),
	    0);
	await_all_and_one(1);
	assert_int_equal(counters.received, 2);
	assert_int_equal(counters.skipped, 0);
}

/* All was looked through, and nothing was there. */
static void
empty_at_first(void **state)
{
	(void)state;
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	for (int looks = 0; looks < 60; looks++) /* four directories, more than once */
		turn();
	deliver(1);
	await(&queued, 1);
}

static void
there_before_the_start(void **state)
{
	(void)state;
	write_file(path("box/cur", "1500000000.1.host:2,S"), a_mail(1));
	age(path("box/cur", "1500000000.1.host:2,S"));
	assert_int_equal(open_from(MAIL_START_NOW), 0);
	await_all_and_one(0);
	assert_int_equal(counters.received, 2);
	assert_int_equal(counters.skipped, 1);
}

static void
all_from_the_start(void **state)
{
	(void)state;
	write_file(path("box/cur", "1500000000.1.host:2,S"), a_mail(1));
	write_file(path("box/.Sent/cur", "1500000000.2.host:2,S"), a_mail(2));
	age(path("box/cur", "1500000000.1.host:2,S"));
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&queued, 2);
}

static void
not_twice_after_a_restart(void **state)
{
	(void)state;
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	deliver(1);
	await(&queued, 1);
	input_close(input);
	deliver(2);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&queued, 2);
	await_all_and_one(2);
	assert_int_equal(counters.received, 3);
}

/* In the order in which they came, whatever the order of the directory: an
 * answer read before its question would be no answer. */
static void
in_order_of_arrival(void **state)
{
	(void)state;
	in_order = true;
	for (unsigned i = 300; i > 0; i--)
		deliver(i * 11 % 301);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&queued, 300);
}

static void
paused_and_resumed(void **state)
{
	(void)state;
	pause_after = 10;
	for (unsigned i = 1; i <= 30; i++)
		deliver(i);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&queued, 10);
	deliver(31);
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(queued, 10);
	input_resume(input);
	await(&queued, 31);
}

/* More happens than the kernel keeps for us, and a mail comes last. */
static void
overflowed(void **state)
{
	char there[256], back[256];

	(void)state;
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	deliver(1);
	await(&queued, 1);
	(void)snprintf(there, sizeof(there), "%s", path("box/new", "1700000000.M000001P1.host"));
	(void)snprintf(back, sizeof(back), "%s", path("box/cur", "1700000000.M000001P1.host:2,"));
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(rename(there, back), 0);
		assert_int_equal(rename(back, there), 0);
	}
	deliver(2);
	await(&queued, 2);
	assert_int_equal(counters.received, 2);
}

/* Written slowly, by something that knows nothing of tmp. */
static void
written_in_place(void **state)
{
	FILE *f;

	(void)state;
	assert_int_equal(open_from(MAIL_START_NOW), 0);
	f = fopen(path("box/new", "1700000000.1.host"), "w");
	assert_non_null(f);
	assert_true(fputs("From: customer1@example.org\n", f) >= 0);
	assert_int_equal(fflush(f), 0);
	await_all_and_one(0);
	assert_true(fputs("Message-ID: <1@example.org>\n\nbody\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	await(&queued, 2);
	assert_int_equal(counters.received, 2);
}

static void
what_is_no_mail(void **state)
{
	(void)state;
	deliver_text("1.host", "nothing that looks like one\n");
	age(path("box/new", "1.host"));
	assert_int_equal(symlink("/etc/passwd", path("box/new", "2.host")), 0);
	assert_int_equal(mkfifo(path("box/new", "3.host"), 0600), 0);
	assert_int_equal(mkdir(path("box/new", "4.host"), 0700), 0);
	deliver_text(".hidden", a_mail(5));
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&rejects, 3);
	await_all_and_one(0);
	assert_int_equal(counters.refused, 3);
	input_close(input);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await_all_and_one(1);
	assert_int_equal(counters.refused, 3); /* once */
}

/* Headers without end: as many as are read, and none that was cut. */
static void
endless_headers(void **state)
{
	FILE *f = fopen(path("box/tmp", "1.host"), "w");

	(void)state;
	assert_non_null(f);
	assert_true(fputs(a_mail(1), f) >= 0);
	assert_int_equal(fseek(f, -6, SEEK_CUR), 0); /* before its empty line */
	for (int i = 0; i < 40000; i++)
		assert_true(fputs("X-Long: endless\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(path("box/tmp", "1.host"), path("box/new", "1.host")), 0);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	await(&queued, 1);
}

static void
away_and_back(void **state)
{
	(void)state;
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	deliver(1);
	await(&queued, 1);
	assert_int_equal(rename(path("box", ""), path("away", "")), 0);
	make_dirs();
	deliver(2);
	await(&queued, 2);
	deliver(3);
	await(&queued, 3);
	assert_int_equal(unlink(path("box/new", "1700000000.M000002P1.host")), 0);
	assert_int_equal(unlink(path("box/new", "1700000000.M000003P1.host")), 0);
	assert_int_equal(rmdir(path("box/new", "")), 0);
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(mkdir(path("box/new", ""), 0700), 0);
	deliver(4);
	await(&queued, 4);
}

static void
not_there_at_the_start(void **state)
{
	(void)state;
	assert_int_equal(rename(path("box", ""), path("away", "")), 0);
	assert_int_equal(open_from(MAIL_START_ALL), 0);
	for (int i = 0; i < 5; i++)
		turn();
	make_dirs();
	deliver(1);
	await(&queued, 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(delivered_read_and_flagged),
		WITH(empty_at_first),
		WITH(there_before_the_start),
		WITH(all_from_the_start),
		WITH(not_twice_after_a_restart),
		WITH(in_order_of_arrival),
		WITH(paused_and_resumed),
		WITH(overflowed),
		WITH(written_in_place),
		WITH(what_is_no_mail),
		WITH(endless_headers),
		WITH(away_and_back),
		WITH(not_there_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
