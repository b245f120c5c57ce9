/* SPDX-License-Identifier: MIT */
/*
 * io_rlink_way.c: the link on its way to the Redis that has our keys, past
 * nodes and sentinels that say what the test wants, on the test's own loop.
 *
 * Each has one thing to say to every command.  The clusters and sentinels
 * that are real are in tests/it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/rlink.h"
#include "ccmon/service.h"

#define PATIENCE_S 60 /* then SIGALRM ends the test */
#define TIMEOUT_MS 300
#define GUESTS_MAX 64 /* connections to one place, in one test */

struct place {
	int fd, port;
	char address[32], says[128];
	struct event *door, *guest[GUESTS_MAX];
	unsigned guests; /* there have been so many */
};

struct seen {
	struct rlink *link;
	unsigned ups, downs, answers, unknown;
	char why[256]; /* of the last on_down */
};

static void
turn(void)
{
	assert_true(event_base_loop(service_base(), EVLOOP_ONCE) >= 0);
	clock_turn();
}

/* ---- places */

static void
on_words(evutil_socket_t fd, short what, void *arg)
{
	struct place *p = arg;
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof buf);

	(void)what;
	for (ssize_t i = 0; i < n; i++) /* each command begins with one, and has no other */
		if (buf[i] == '*')
			(void)!write(fd, p->says, strlen(p->says));
	if (n <= 0) /* read again it would be at every turn */
		for (unsigned i = 0; i < p->guests; i++)
			if (event_get_fd(p->guest[i]) == fd)
				event_del(p->guest[i]);
}

static void
on_guest(evutil_socket_t fd, short what, void *arg)
{
	struct place *p = arg;
	int guest = accept(fd, NULL, NULL);

	(void)what;
	assert_true(guest >= 0);
	assert_true(p->guests < GUESTS_MAX);
	p->guest[p->guests] = event_new(service_base(), guest, EV_READ | EV_PERSIST, on_words, p);
	event_add(p->guest[p->guests++], NULL);
}

static void
bind_any(struct place *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;

	*p = (struct place){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(p->fd, (struct sockaddr *)&a, &n), 0);
	p->port = ntohs(a.sin_port);
	snprintf(p->address, sizeof p->address, "127.0.0.1:%d", p->port);
}

static void
open_place(struct place *p)
{
	bind_any(p);
	assert_int_equal(listen(p->fd, 16), 0);
	p->door = event_new(service_base(), p->fd, EV_READ | EV_PERSIST, on_guest, p);
	event_add(p->door, NULL);
}

static void
close_place(struct place *p)
{
	for (unsigned i = 0; i < p->guests; i++) {
		close(event_get_fd(p->guest[i]));
		event_free(p->guest[i]);
	}
	if (p->door != NULL)
		event_free(p->door);
	close(p->fd);
}

static void
sends_to(struct place *p, const struct place *to)
{
	snprintf(p->says, sizeof p->says, "-MOVED 866 %s\r\n", to->address);
}

static void
has_keys(struct place *p)
{
	snprintf(p->says, sizeof p->says, ":1\r\n");
}

static void
names(struct place *sentinel, const struct place *master)
{
	char port[8];

	snprintf(port, sizeof port, "%d", master->port);
	snprintf(sentinel->says, sizeof sentinel->says, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n",
	    strlen(port), port);
}

static void
has_role(struct place *p, const char *role)
{
	snprintf(p->says, sizeof p->says, "*1\r\n$%zu\r\n%s\r\n", strlen(role), role);
}

/* ---- the link */

static void
on_up(void *arg)
{
	((struct seen *)arg)->ups++;
}

static void
on_down(void *arg, const char *why)
{
	struct seen *s = arg;

	s->downs++;
	snprintf(s->why, sizeof s->why, "%s", why);
}

static void
on_answer(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	s->answers++;
	s->unknown += r == NULL;
}

static void
ask(struct seen *s)
{
	struct out command;

	out_init(&command);
	resp_begin(&command, 1);
	resp_text(&command, "PING");
	assert_int_equal(rlink_send(s->link, &command, on_answer, s), 0);
	out_fini(&command);
}

static void
open_link(struct seen *s, struct rlink_options o)
{
	*s = (struct seen){ .ups = 0 };
	o.timeout = TIMEOUT_MS;
	o.on_up = on_up;
	o.on_down = on_down;
	o.arg = s;
	s->link = rlink_open(&o);
	assert_non_null(s->link);
}

static void
open_cluster(struct seen *s, const struct place *a, const struct place *b)
{
	const char *nodes[] = { a->address, b->address, NULL };

	open_link(s, (struct rlink_options){ .nodes = nodes, .key = "key" });
}

static void
wait_up(struct seen *s, const struct place *at)
{
	while (!rlink_is_up(s->link))
		turn();
	assert_string_equal(rlink_where(s->link), at->address);
}

/* ---- a cluster */

static void
test_moved_at_first_and_later(void **state)
{
	struct place a, b;
	struct seen s;

	(void)state;
	open_place(&a);
	open_place(&b);
	sends_to(&a, &b);
	has_keys(&b);
	open_cluster(&s, &a, &b);
	wait_up(&s, &b);
	assert_int_equal(s.downs, 0); /* being sent on is no failure */
	sends_to(&b, &a);
	has_keys(&a);
	for (unsigned i = 0; i < 3; i++)
		ask(&s);
	while (s.answers < 3)
		turn();
	assert_int_equal(s.unknown, 3);
	wait_up(&s, &a);
	assert_int_equal(s.downs, 1);
	assert_non_null(strstr(s.why, ": MOVED 866 "));
	assert_int_equal(a.guests, 2);
	assert_int_equal(b.guests, 1);
	rlink_close(s.link);
	close_place(&a);
	close_place(&b);
}

/* Two nodes that each say it is the other: a pause after every sixth. */
static void
test_circles_make_no_storm(void **state)
{
	struct place a, b;
	struct seen s;
	msec_t began;

	(void)state;
	open_place(&a);
	open_place(&b);
	sends_to(&a, &b);
	sends_to(&b, &a);
	clock_turn();
	began = clock_mono();
	open_cluster(&s, &a, &b);
	while (s.downs < 4)
		turn();
	assert_int_equal(a.guests + b.guests, 4 * 6);
	assert_true(clock_mono() - began >= (100 + 200 + 400) * 4 / 5);
	assert_non_null(strstr(s.why, "circles"));
	assert_int_equal(s.ups, 0);
	rlink_close(s.link);
	close_place(&a);
	close_place(&b);
}

static void
test_sent_to_the_dead(void **state)
{
	struct place a, dead;
	struct seen s;

	(void)state;
	open_place(&a);
	bind_any(&dead); /* a port of ours that nobody listens on */
	sends_to(&a, &dead);
	open_cluster(&s, &dead, &a);
	while (s.downs < 3) /* dead; a sent us to the dead; dead */
		turn();
	assert_int_equal(a.guests, 1);
	has_keys(&a); /* it took over */
	wait_up(&s, &a);
	rlink_close(s.link);
	close_place(&a);
	close_place(&dead);
}

static void
test_cut_off_from_the_cluster(void **state)
{
	struct place a, b;
	struct seen s;

	(void)state;
	open_place(&a);
	open_place(&b);
	has_keys(&a);
	has_keys(&b);
	open_cluster(&s, &a, &b);
	wait_up(&s, &a);
	snprintf(a.says, sizeof a.says, "-CLUSTERDOWN The cluster is down\r\n");
	ask(&s);
	while (s.downs == 0)
		turn();
	assert_int_equal(s.unknown, 1);
	wait_up(&s, &b);
	rlink_close(s.link);
	close_place(&a);
	close_place(&b);
}

/* While keys are carried away the node still has the slot: who asked is told. */
static void
test_ask_is_an_answer(void **state)
{
	struct place a, b;
	struct seen s;

	(void)state;
	open_place(&a);
	open_place(&b);
	snprintf(a.says, sizeof a.says, "-ASK 866 %s\r\n", b.address);
	open_cluster(&s, &a, &b);
	wait_up(&s, &a);
	ask(&s);
	while (s.answers == 0)
		turn();
	assert_int_equal(s.unknown, 0);
	assert_int_equal(s.downs, 0);
	assert_int_equal(b.guests, 0);
	rlink_close(s.link);
	close_place(&a);
	close_place(&b);
}

/* ---- sentinels */

static void
test_sentinels_and_their_master(void **state)
{
	struct place silent, sentinel, master;
	const char *sentinels[] = { silent.address, sentinel.address, NULL };
	struct seen s;

	(void)state;
	open_place(&silent);
	open_place(&sentinel);
	open_place(&master);
	names(&sentinel, &master);
	has_role(&master, "slave");
	open_link(&s, (struct rlink_options){ .sentinels = sentinels, .master = "main" });
	while (s.downs < 2)
		turn();
	assert_int_equal(silent.guests, 1);
	assert_int_equal(master.guests, 1);
	assert_non_null(strstr(s.why, "is not one"));
	has_role(&master, "master");
	wait_up(&s, &master);
	assert_int_equal(silent.guests, 2);
	assert_int_equal(sentinel.guests, 2);
	rlink_close(s.link);
	close_place(&silent);
	close_place(&sentinel);
	close_place(&master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved_at_first_and_later),
		cmocka_unit_test(test_circles_make_no_storm),
		cmocka_unit_test(test_sent_to_the_dead),
		cmocka_unit_test(test_cut_off_from_the_cluster),
		cmocka_unit_test(test_ask_is_an_answer),
		cmocka_unit_test(test_sentinels_and_their_master),
	};

	alarm(PATIENCE_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
