/* SPDX-License-Identifier: MIT */
/*
 * io_rlink_slow.c: what the link takes for silence, against a server that
 * reads and answers as slowly as the test wants, on the test's own loop.
 *
 * The server knows its commands only by their bytes: it says PONG to what
 * greets it, then counts, and answers when it is told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/rlink.h"
#include "ccmon/service.h"
#include "stopwatch.h"

#define PATIENCE_S 60 /* then SIGALRM ends the test */
#define TIMEOUT_MS 400
#define BIG (4 << 20) /* bytes: many socket buffers */
#define SIP 65536 /* bytes the server reads at once */

static char dir[64], sock[96];

struct slow {
	int listener, fd; /* fd: the link's connection, or -1 */
	struct event *tick;
	bool greeted;
	size_t read; /* bytes since the greeting */
	void (*step)(struct slow *); /* each tick, once greeted */
	msec_t every; /* between two ticks */
	struct rlink *link;
	struct out command;
	unsigned ups, downs, answers, unknown;
	char why[256];
};

static void
turn(void)
{
	assert_true(event_base_loop(service_base(), EVLOOP_ONCE) >= 0);
	clock_turn();
}

/* ---- the server */

static void
say(struct slow *s, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);

	assert_int_equal(write(s->fd, text, n), n);
}

static size_t
sip(struct slow *s)
{
	static char buf[SIP];
	ssize_t n = recv(s->fd, buf, sizeof buf, MSG_DONTWAIT);

	assert_true(n > 0 || (n < 0 && errno == EAGAIN));
	return n > 0 ? (size_t)n : 0;
}

static void
greet(struct slow *s)
{
	if (s->fd < 0)
		s->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
	if (s->fd >= 0 && sip(s) > 0) {
		say(s, "+PONG\r\n");
		s->greeted = true;
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct slow *s = arg;
	struct timeval tv = { 0, (s->greeted ? s->every : 1) * 1000 };

	(void)fd, (void)what;
	if (!s->greeted)
		greet(s);
	else if (s->downs == 0)
		s->step(s);
	event_add(s->tick, &tv);
}

/* ---- the link */

static void
on_up(void *arg)
{
	((struct slow *)arg)->ups++;
}

static void
on_down(void *arg, const char *why)
{
	struct slow *s = arg;

	s->downs++;
	snprintf(s->why, sizeof s->why, "%s", why);
}

static void
on_answer(void *arg, const struct reply *r)
{
	struct slow *s = arg;

	s->answers++;
	s->unknown += r == NULL;
}

static void
ask(struct slow *s)
{
	resp_begin(&s->command, 1);
	resp_text(&s->command, "PING");
	assert_int_equal(rlink_send(s->link, &s->command, on_answer, s), 0);
}

static size_t
ask_big(struct slow *s)
{
	char *text = calloc(1, BIG);

	assert_non_null(text);
	resp_begin(&s->command, 2);
	resp_text(&s->command, "ECHO");
	resp_word(&s->command, text, BIG);
	free(text);
	assert_int_equal(rlink_send(s->link, &s->command, on_answer, s), 0);
	return s->command.len;
}

static void
begin(struct slow *s, void (*step)(struct slow *), msec_t every)
{
	struct rlink_options o = { .unix_path = sock, .timeout = TIMEOUT_MS };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval now = { 0, 0 };

	*s = (struct slow){ .fd = -1, .step = step, .every = every };
	snprintf(a.sun_path, sizeof a.sun_path, "%s", sock);
	unlink(sock);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	s->tick = evtimer_new(service_base(), on_tick, s);
	event_add(s->tick, &now);
	out_init(&s->command);
	o.on_up = on_up;
	o.on_down = on_down;
	o.arg = s;
	s->link = rlink_open(&o);
	assert_non_null(s->link);
	while (s->ups == 0)
		turn();
}

static void
end(struct slow *s)
{
	rlink_close(s->link);
	event_free(s->tick);
	close(s->listener);
	close(s->fd);
	out_fini(&s->command);
}

/* Milliseconds until the link is dropped. */
static void
assert_drop_took(struct slow *s, msec_t low, msec_t high)
{
	struct stopwatch w = stopwatch();

	while (s->downs == 0)
		turn();
	assert_string_equal(s->why, "no answer in time");
	assert_took(w, low, high);
}

/* ---- alive */

static void
read_slowly(struct slow *s)
{
	s->read += sip(s);
	if (s->read == s->command.len)
		say(s, "+OK\r\n");
}

static void
read_all(struct slow *s)
{
	s->read += sip(s);
}

/* Nothing is heard of who works on 4 MiB: four looks more, so 600 ms in all. */
static void
test_slow_worker(void **state)
{
	struct slow s;
	msec_t until;

	(void)state;
	begin(&s, read_all, 1);
	ask_big(&s);
	while (s.read < s.command.len)
		turn();
	clock_turn();
	until = clock_mono() + TIMEOUT_MS * 2;
	while (clock_mono() < until) /* the server's ticks turn the loop */
		turn();
	say(&s, "+OK\r\n");
	while (s.answers == 0)
		turn();
	assert_int_equal(s.unknown, 0);
	assert_int_equal(s.downs, 0);
	end(&s);
}

static void
test_worker_that_never_ends(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, read_all, 1);
	ask_big(&s);
	while (s.read < s.command.len)
		turn();
	assert_drop_took(&s, TIMEOUT_MS * 5 / 2, TIMEOUT_MS * 10);
	end(&s);
}

/* 65 sips of a tenth of the limit each: more than six times the limit. */
static void
test_slow_reader(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, read_slowly, TIMEOUT_MS / 10);
	ask_big(&s);
	while (s.answers == 0)
		turn();
	assert_int_equal(s.read, s.command.len);
	assert_int_equal(s.unknown, 0);
	assert_int_equal(s.downs, 0);
	end(&s);
}

static void
answer_slowly(struct slow *s)
{
	s->read += sip(s);
	say(s, "+OK\r\n");
}

static void
test_slow_answers(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, answer_slowly, TIMEOUT_MS / 2);
	for (unsigned i = 0; i < 8; i++)
		ask(&s);
	while (s.answers < 8)
		turn();
	assert_int_equal(s.unknown, 0);
	assert_int_equal(s.downs, 0);
	end(&s);
}

/* ---- silent */

static void
do_nothing(struct slow *s)
{
	(void)s;
}

static void
test_reads_nothing(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, do_nothing, TIMEOUT_MS / 10);
	ask_big(&s);
	assert_drop_took(&s, TIMEOUT_MS / 2, TIMEOUT_MS * 10);
	assert_int_equal(s.unknown, 1);
	end(&s);
}

static void
read_a_little(struct slow *s)
{
	if (s->read < BIG / 4)
		s->read += sip(s);
}

static void
test_stops_reading(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, read_a_little, 1);
	ask_big(&s);
	while (s.read < BIG / 4)
		turn();
	assert_drop_took(&s, TIMEOUT_MS / 2, TIMEOUT_MS * 10);
	assert_int_equal(s.unknown, 1);
	end(&s);
}

static void
ask_again(struct slow *s)
{
	ask(s);
}

/* What goes into the socket behind an unanswered command is no sign of life. */
static void
test_later_commands_prove_nothing(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, ask_again, TIMEOUT_MS / 20);
	ask(&s);
	assert_drop_took(&s, TIMEOUT_MS / 2, TIMEOUT_MS * 10);
	assert_true(s.unknown > 4);
	end(&s);
}

/* ---- it was us */

/* Busy outside the loop for five times the limit. */
static void
stall(void)
{
	msec_t until;

	clock_turn();
	until = clock_mono() + TIMEOUT_MS * 5;
	while (clock_mono() < until)
		clock_turn();
}

static void
test_own_stall_with_the_answer_there(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, do_nothing, 1);
	ask(&s);
	while (s.read == 0) {
		turn();
		s.read += sip(&s);
	}
	say(&s, "+OK\r\n");
	stall();
	while (s.answers == 0)
		turn();
	assert_int_equal(s.unknown, 0);
	end(&s);
}

/* The whole machine stood still: the server answers a little after we wake. */
static void
test_stall_of_both(void **state)
{
	struct slow s;

	(void)state;
	begin(&s, do_nothing, 1);
	ask(&s);
	while (s.read == 0) {
		turn();
		s.read += sip(&s);
	}
	stall();
	turn(); /* the look that comes late */
	say(&s, "+OK\r\n");
	while (s.answers == 0)
		turn();
	assert_int_equal(s.unknown, 0);
	end(&s);
}

static int
remove_all(void **state)
{
	(void)state;
	unlink(sock);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_slow_answers),
		cmocka_unit_test(test_slow_worker),
		cmocka_unit_test(test_worker_that_never_ends),
		cmocka_unit_test(test_reads_nothing),
		cmocka_unit_test(test_stops_reading),
		cmocka_unit_test(test_later_commands_prove_nothing),
		cmocka_unit_test(test_own_stall_with_the_answer_there),
		cmocka_unit_test(test_stall_of_both),
	};

	snprintf(dir, sizeof dir, "/tmp/io_rlink_slow.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(sock, sizeof sock, "%s/redis.sock", dir);
	alarm(PATIENCE_S);
	return cmocka_run_group_tests(tests, NULL, remove_all);
}
