/* SPDX-License-Identifier: MIT */
/*
 * io_zev.c: sockets over ipc in a directory of the test's own.  A pump that
 * loses an edge does not lose messages, it stalls until it looks by itself
 * after 100 ms: so the tests count such pauses.  A busy machine makes a few, a
 * wrong pump makes one in a hundred messages, hundreds in all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <zmq.h>

#include "ccmon/clock.h"
#include "ccmon/service.h"
#include "ccmon/zev.h"
#include "stopwatch.h"

#define MANY 100000
#define ROUNDS 20000
#define STALL_MS 95
#define STALLS_MAX 40
#define PATIENCE_S 120 /* then SIGALRM ends the test */

static char dir[64];

/* A fresh endpoint. */
static const char *
endpoint(void)
{
	static char text[128];
	static unsigned n;

	snprintf(text, sizeof text, "ipc://%s/%u.ipc", dir, n++);
	return text;
}

static void
on_interrupt(int sig)
{
	(void)sig;
}

/* From now on every call is interrupted sooner or later. */
static timer_t
interrupt_often(void)
{
	struct sigaction action = { .sa_handler = on_interrupt }; /* without SA_RESTART */
	struct sigevent how = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct itimerspec often = { { 0, 50000 }, { 0, 50000 } };
	timer_t timer;

	assert_int_equal(sigaction(SIGUSR2, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &how, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	return timer;
}

static struct zev *
open_bound(const struct zev_options *o, const char *where)
{
	struct zev *z = zev_open(o);

	assert_non_null(z);
	assert_int_equal(zev_bind(z, where), 0);
	return z;
}

static struct zev *
open_connected(const struct zev_options *o, const char *where)
{
	struct zev *z = zev_open(o);

	assert_non_null(z);
	assert_int_equal(zev_connect(z, where), 0);
	return z;
}

static void
turn(void)
{
	assert_true(event_base_loop(service_base(), EVLOOP_ONCE) >= 0);
	clock_turn();
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Lets the loop run for so long; returns how often it woke. */
static unsigned
turn_for(msec_t ms)
{
	struct timeval tv = { 0, ms * 1000 };
	unsigned turns = 0;
	bool over = false;

	assert_int_equal(event_base_once(service_base(), -1, EV_TIMEOUT, on_timer, &over, &tv), 0);
	for (; !over; turns++)
		turn();
	return turns;
}

static struct str
text_of(const unsigned *number)
{
	return (struct str){ (const char *)number, sizeof *number };
}

/* ---- a numbered stream from PUSH to PULL */

struct stream {
	struct zev *push, *pull;
	unsigned total, sent, got, runs;
	unsigned refuse_every; /* do not take each so-many-th at first */
	bool refused; /* and is not to be given again before */
	bool resumed;
	unsigned pause_every;
	unsigned stalls;
	msec_t last;
};

static bool
on_number(void *arg, const struct zev_frames *m)
{
	struct stream *s = arg;
	unsigned number;

	assert_int_equal(m->n, 1);
	assert_int_equal(m->frame[0].n, sizeof number);
	memcpy(&number, m->frame[0].p, sizeof number);
	assert_int_equal(number, s->got);
	assert_true(!s->refused || s->resumed);
	if (s->refuse_every > 0 && number % s->refuse_every == 0 && !s->refused) {
		s->refused = true;
		s->resumed = false;
		return false;
	}
	s->refused = false;
	s->got++;
	if (s->pause_every > 0 && s->got % s->pause_every == 0)
		zev_pause(s->pull);
	if (s->last > 0 && clock_mono() - s->last >= STALL_MS)
		s->stalls++;
	s->last = clock_mono();
	return true;
}

static void
on_drained(void *arg, unsigned taken)
{
	struct stream *s = arg;

	assert_true(taken > 0);
	s->runs++;
}

static void
send_on(void *arg)
{
	struct stream *s = arg;

	while (s->sent < s->total && zev_send(s->push, STR_NONE, text_of(&s->sent)) == 0)
		s->sent++;
	assert_true(s->sent == s->total || errno == EAGAIN);
}

static void
stream_open(struct stream *s, struct zev_options o)
{
	const char *where = endpoint();

	o.type = ZEV_PULL;
	o.hwm = 1000;
	o.on_message = on_number;
	o.on_drained = on_drained;
	o.arg = s;
	s->pull = open_bound(&o, where);
	s->push = open_connected(
	    &(struct zev_options){ .type = ZEV_PUSH, .hwm = 100, .on_writable = send_on, .arg = s },
	    where);
}

static void
stream_close(struct stream *s)
{
	zev_close(s->push);
	zev_close(s->pull);
	assert_int_equal(s->got, s->total);
	assert_in_range(s->stalls, 0, STALLS_MAX);
}

static void
stream_run(struct stream *s, struct zev_options o)
{
	stream_open(s, o);
	send_on(s);
	while (s->got < s->total) {
		turn();
		if (s->refused || s->pause_every > 0) {
			s->resumed = true;
			zev_resume(s->pull);
		}
	}
	stream_close(s);
}

static void
test_drain(void **state)
{
	struct stream s = { .total = MANY };

	(void)state;
	stream_run(&s, (struct zev_options){ .budget = 0 });
	assert_in_range(s.runs, 1, MANY / 2);
}

static void
test_budget_of_one(void **state)
{
	struct stream s = { .total = MANY };

	(void)state;
	stream_run(&s, (struct zev_options){ .budget = 1 });
	assert_int_equal(s.runs, MANY);
}

static void
test_pauses(void **state)
{
	struct stream s = { .total = MANY, .pause_every = 7 };

	(void)state;
	stream_run(&s, (struct zev_options){ .budget = 0 });
}

static void
test_not_taken(void **state)
{
	struct stream s = { .total = MANY, .refuse_every = 13 };

	(void)state;
	stream_run(&s, (struct zev_options){ .budget = 0 });
}

static void
test_paused_takes_nothing(void **state)
{
	struct stream s = { .total = 10 };

	(void)state;
	stream_open(&s, (struct zev_options){ .budget = 0 });
	zev_pause(s.pull);
	send_on(&s);
	turn_for(150); /* longer than it takes to look by itself */
	assert_int_equal(s.got, 0);
	zev_resume(s.pull);
	while (s.got < s.total)
		turn();
	stream_close(&s);
}

static void
test_coalescing_loses_nothing(void **state)
{
	struct stream s = { .total = MANY };

	(void)state;
	stream_run(&s, (struct zev_options){ .coalesce_ms = 2, .coalesce_below = 64 });
}

static void
on_pace(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd, (void)what;
	if (s->sent < s->total && zev_send(s->push, STR_NONE, text_of(&s->sent)) == 0)
		s->sent++;
}

/* One message each fifth of a millisecond, but never two looks within five. */
static void
test_coalescing_wakes_less(void **state)
{
	struct stream s = { .total = 2000 };
	struct timeval pace = { 0, 200 };
	struct event *timer;
	msec_t began;

	(void)state;
	stream_open(&s, (struct zev_options){ .coalesce_ms = 5, .coalesce_below = 256 });
	timer = event_new(service_base(), -1, EV_PERSIST, on_pace, &s);
	assert_non_null(timer);
	event_add(timer, &pace);
	clock_turn();
	began = clock_mono();
	while (s.got < s.total)
		turn();
	event_free(timer);
	assert_in_range(s.runs, 1, (clock_mono() - began) / 5 + 2);
	stream_close(&s);
}

/* After a rest the descriptor is listened to again, and speaks up at once. */
static void
test_wakes_after_rest(void **state)
{
	struct stream s = { .total = 0 };

	(void)state;
	stream_open(&s, (struct zev_options){ .coalesce_ms = 3, .coalesce_below = 64 });
	for (unsigned i = 0; i < 100; i++) {
		s.total++;
		s.last = clock_mono();
		send_on(&s);
		while (s.got < s.total)
			turn();
		turn_for(8);
	}
	assert_in_range(turn_for(90), 1, 5); /* at rest: not every 3 ms */
	stream_close(&s);
}

static void
test_interrupted(void **state)
{
	struct stream s = { .total = MANY };
	timer_t timer = interrupt_often();

	(void)state;
	stream_run(&s, (struct zev_options){ .budget = 0 });
	timer_delete(timer);
}

/* ---- ROUTER and DEALER, answering from within the callback */

struct rally {
	struct zev *router, *dealer;
	unsigned rounds, stalls;
	msec_t last;
};

static bool
on_ping(void *arg, const struct zev_frames *m)
{
	struct rally *r = arg;

	assert_int_equal(m->n, 1);
	assert_true(m->peer.n > 0);
	assert_int_equal(zev_send(r->router, m->peer, m->frame[0]), 0);
	return true;
}

static bool
on_pong(void *arg, const struct zev_frames *m)
{
	struct rally *r = arg;

	assert_memory_equal(m->frame[0].p, "ball", 4);
	r->stalls += clock_mono() - r->last >= STALL_MS;
	r->last = clock_mono();
	if (++r->rounds < ROUNDS)
		assert_int_equal(zev_send(r->dealer, STR_NONE, STR_LIT("ball")), 0);
	return true;
}

static void
rally_open(struct rally *r)
{
	const char *where = endpoint();

	r->router = open_bound(
	    &(struct zev_options){
	        .type = ZEV_ROUTER, .hwm = 1000, .on_message = on_ping, .arg = r },
	    where);
	r->dealer = open_connected(
	    &(struct zev_options){
	        .type = ZEV_DEALER, .hwm = 1000, .on_message = on_pong, .arg = r },
	    where);
}

static void
test_rally(void **state)
{
	struct rally r = { .last = clock_mono() };

	(void)state;
	rally_open(&r);
	for (unsigned balls = 0; balls < 3; balls++)
		assert_int_equal(zev_send(r.dealer, STR_NONE, STR_LIT("ball")), 0);
	while (r.rounds < ROUNDS)
		turn();
	assert_in_range(r.stalls, 0, STALLS_MAX);
	zev_close(r.router);
	zev_close(r.dealer);
}

static void
test_unknown_peer(void **state)
{
	struct rally r = { .rounds = 0 };

	(void)state;
	rally_open(&r);
	assert_int_equal(zev_send(r.router, STR_LIT("nobody"), STR_LIT("x")), -1);
	assert_int_equal(errno, EHOSTUNREACH);
	zev_close(r.router);
	zev_close(r.dealer);
}

/* ---- frames */

static bool
on_frames(void *arg, const struct zev_frames *m)
{
	struct zev_frames *last = arg;

	assert_memory_equal(m->frame[0].p, "topic", 5);
	assert_memory_equal(m->frame[1].p, "body", 4);
	last->n = m->n;
	return true;
}

/* A sender that keeps no rules: more frames than two are counted. */
static void
test_many_frames(void **state)
{
	void *context = zmq_ctx_new(), *raw = zmq_socket(context, ZMQ_PUSH);
	struct zev_frames last = { .n = 0 };
	const char *where = endpoint();
	struct zev *pull = open_bound(
	    &(struct zev_options){ .type = ZEV_PULL, .on_message = on_frames, .arg = &last },
	    where);

	(void)state;
	assert_int_equal(zmq_connect(raw, where), 0);
	zmq_send(raw, "topic", 5, ZMQ_SNDMORE);
	zmq_send(raw, "body", 4, ZMQ_SNDMORE);
	for (int i = 0; i < 9; i++)
		zmq_send(raw, "more", 4, ZMQ_SNDMORE);
	zmq_send(raw, "last", 4, 0);
	while (last.n == 0)
		turn();
	assert_int_equal(last.n, 12);
	zmq_close(raw);
	zmq_ctx_term(context);
	zev_close(pull);
}

static bool
on_close_me(void *arg, const struct zev_frames *m)
{
	struct zev **z = arg;

	(void)m;
	zev_close(*z);
	*z = NULL;
	return true;
}

static void
test_close_in_callback(void **state)
{
	const char *where = endpoint();
	struct zev *pull, *push;

	(void)state;
	pull = open_bound(
	    &(struct zev_options){ .type = ZEV_PULL, .on_message = on_close_me, .arg = &pull },
	    where);
	push = open_connected(&(struct zev_options){ .type = ZEV_PUSH }, where);
	assert_int_equal(zev_send(push, STR_NONE, STR_LIT("x")), 0);
	while (pull != NULL)
		turn();
	zev_close(push);
}

/* ---- binding */

static void
test_second_bind(void **state)
{
	struct zev_options o = { .type = ZEV_PULL };
	const char *where = endpoint();
	struct zev *first = open_bound(&o, where), *second = zev_open(&o);

	(void)state;
	assert_non_null(second);
	assert_int_equal(zev_bind(second, where), -1);
	assert_int_equal(errno, EADDRINUSE);
	zev_close(first);
	zev_close(second);
}

static void
test_long_path(void **state)
{
	struct zev *z = zev_open(&(struct zev_options){ .type = ZEV_PULL });
	char where[256];

	(void)state;
	assert_non_null(z);
	snprintf(where, sizeof where, "ipc://%s/%0120d", dir, 0);
	assert_int_equal(zev_bind(z, where), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	zev_close(z);
}

/* ---- programs without a loop, here one that is interrupted all the time */

static void
feed(const char *where, unsigned total)
{
	struct zev *xpub = zev_open(&(struct zev_options){ .type = ZEV_XPUB, .hwm = 100 });

	interrupt_often();
	if (xpub == NULL || zev_bind(xpub, where) != 0 || zev_wait_subscribers(xpub, 1, 20000) != 0)
		_exit(1);
	for (unsigned i = 0; i < total; i++)
		if (zev_send_wait(xpub, STR_LIT("t"), text_of(&i)) != 0)
			_exit(2);
	zev_close(xpub);
	zev_end();
	_exit(0);
}

static bool
on_fed(void *arg, const struct zev_frames *m)
{
	unsigned *got = arg;

	assert_int_equal(m->n, 2);
	assert_memory_equal(m->frame[1].p, got, sizeof *got);
	++*got;
	return true;
}

/*
 * First of all tests: libzmq does not survive a fork.  The subscriber has no
 * high-water mark: libzmq 4.3.4, when it is at it while an ipc sender goes,
 * forgets what the kernel still holds.
 */
static void
test_feed(void **state)
{
	const char *where = endpoint();
	struct zev *sub;
	unsigned got = 0;
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		feed(where, MANY);
	sub = zev_open(&(struct zev_options){ .type = ZEV_SUB, .on_message = on_fed, .arg = &got });
	assert_non_null(sub);
	assert_int_equal(zev_subscribe(sub, "t"), 0);
	assert_int_equal(zev_connect(sub, where), 0);
	while (got < MANY)
		turn();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	zev_close(sub);
}

/* Sent before anybody is there, closed, and still delivered. */
static void
test_lingers(void **state)
{
	const char *where = endpoint();
	unsigned zero = 0, got = 0;
	struct zev *push, *pull;

	(void)state;
	push = open_connected(&(struct zev_options){ .type = ZEV_PUSH }, where);
	assert_int_equal(zev_send_wait(push, STR_LIT("t"), text_of(&zero)), 0);
	zev_close(push);
	pull = open_bound(
	    &(struct zev_options){ .type = ZEV_PULL, .on_message = on_fed, .arg = &got }, where);
	for (int i = 0; i < 20 && got == 0; i++)
		turn_for(90);
	assert_int_equal(got, 1);
	zev_close(pull);
}

static void
test_no_subscribers(void **state)
{
	struct zev *xpub = open_bound(&(struct zev_options){ .type = ZEV_XPUB }, endpoint());

	(void)state;
	assert_int_equal(zev_wait_subscribers(xpub, 1, 50), -1);
	assert_int_equal(errno, ETIMEDOUT);
	zev_close(xpub);
}

/* Last: ends with an open socket and an undelivered message, well in time;
 * then the paths can be bound again. */
static void
test_end(void **state)
{
	struct zev_options o = { .type = ZEV_PUSH };
	const char *where = endpoint();
	struct zev *z = open_bound(&o, where), *stuck = open_connected(&o, "ipc:///nonexistent/x");
	struct stopwatch end;

	(void)state;
	(void)z;
	assert_int_equal(zev_send_wait(stuck, STR_NONE, STR_LIT("x")), 0);
	end = stopwatch();
	zev_end();
	assert_took(end, 0, 3000);
	zev_close(open_bound(&o, where));
	zev_end();
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/io_zev.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_budget_of_one),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_paused_takes_nothing),
		cmocka_unit_test(test_coalescing_loses_nothing),
		cmocka_unit_test(test_coalescing_wakes_less),
		cmocka_unit_test(test_wakes_after_rest),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_rally),
		cmocka_unit_test(test_unknown_peer),
		cmocka_unit_test(test_many_frames),
		cmocka_unit_test(test_close_in_callback),
		cmocka_unit_test(test_second_bind),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_lingers),
		cmocka_unit_test(test_no_subscribers),
		cmocka_unit_test(test_end),
	};

	alarm(PATIENCE_S);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
