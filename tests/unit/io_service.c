/* SPDX-License-Identifier: MIT */
/*
 * io_service.c: a service in a child process, watched from outside: what it
 * tells systemd's socket (one of the test's own), what it does at a signal,
 * and how it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ccmon/clock.h"
#include "ccmon/service.h"

#define PATIENCE_S 30 /* then a wait for the child's word fails */

static int listener; /* what systemd would hold */

/* The child says what happened the way it tells systemd. */
static void
say(const char *what)
{
	service_notify(what);
}

static void
expect(const char *what)
{
	char text[64];
	ssize_t n = TEMP_FAILURE_RETRY(recv(listener, text, sizeof text - 1, 0));

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, what);
}

static void
expect_exit(pid_t pid, int code)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

struct child {
	unsigned turns;
	bool is_drained;
	bool stands; /* and gets nothing done */
	msec_t due;
};

static msec_t
turn_idle(void *arg, msec_t now)
{
	struct child *c = arg;

	(void)now;
	if (c->turns++ == 0)
		say("READY=1");
	return MSEC_NEVER;
}

static void
say_reload(void *arg)
{
	(void)arg;
	say("reload");
}

static void
say_dump(void *arg)
{
	(void)arg;
	say("dump");
}

static void
say_stop(void *arg)
{
	(void)arg;
	say(service_stopping() ? "stop" : "stop, but not stopping");
}

static bool
ask_drained(void *arg)
{
	const struct child *c = arg;

	return c->is_drained;
}

/* Runs s in a child, which exits with the code service_run gives. */
static pid_t
start(struct service s, struct child c)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	close(STDERR_FILENO); /* the log is not what is tested */
	s.name = "child";
	s.arg = &c;
	s.drained = ask_drained;
	_exit(service_run(&s));
}

static void
test_signals(void **state)
{
	pid_t pid = start((struct service){ .turn = turn_idle,
	                      .reload = say_reload,
	                      .dump = say_dump,
	                      .stop = say_stop,
	                      .drain_ms = 10000 },
	    (struct child){ .is_drained = true });

	(void)state;
	expect("READY=1");
	kill(pid, SIGHUP);
	expect("reload");
	kill(pid, SIGUSR1);
	expect("dump");
	kill(pid, SIGPIPE); /* ignored */
	kill(pid, SIGTERM);
	expect("STOPPING=1");
	expect("stop");
	expect_exit(pid, 0);
}

static void
test_second_signal_ends(void **state)
{
	pid_t pid =
	    start((struct service){ .turn = turn_idle, .stop = say_stop, .drain_ms = 600000 },
	        (struct child){ .is_drained = false });

	(void)state;
	expect("READY=1");
	kill(pid, SIGINT);
	expect("STOPPING=1");
	expect("stop");
	kill(pid, SIGTERM);
	expect_exit(pid, 1);
}

static void
test_drain_is_limited(void **state)
{
	pid_t pid = start((struct service){ .turn = turn_idle, .stop = say_stop, .drain_ms = 50 },
	    (struct child){ .is_drained = false });

	(void)state;
	expect("READY=1");
	kill(pid, SIGTERM);
	expect("STOPPING=1");
	expect("stop");
	expect_exit(pid, 0);
}

static msec_t
turn_quit(void *arg, msec_t now)
{
	(void)arg, (void)now;
	service_quit(7);
	return MSEC_NEVER;
}

static void
test_quit(void **state)
{
	(void)state;
	expect_exit(start((struct service){ .turn = turn_quit }, (struct child){ 0 }), 7);
}

/* Exit codes of the deadline tests: 0 as it should be. */
enum { IN_TIME = 0, EARLY = 2, LATE = 3, SPUN = 4 };

/* Waits for one deadline of 300 ms. */
static msec_t
turn_deadline(void *arg, msec_t now)
{
	struct child *c = arg;

	if (c->turns++ == 0)
		return c->due = now + 300;
	if (now < c->due && c->turns > 3)
		service_quit(EARLY);
	else if (now > c->due + 250)
		service_quit(LATE);
	else if (now >= c->due)
		service_quit(c->turns > 3 ? SPUN : IN_TIME);
	return c->due;
}

static void
test_deadline(void **state)
{
	(void)state;
	expect_exit(start((struct service){ .turn = turn_deadline }, (struct child){ 0 }), IN_TIME);
}

/* Deadlines in the past, and service_wake: turns without waiting.  A hundred
 * of them that each waited would take the longest wait a hundred times. */
static msec_t
turn_at_once(void *arg, msec_t now)
{
	struct child *c = arg;

	if (c->turns == 0)
		c->due = clock_mono() + 20000;
	if (++c->turns == 100)
		service_quit(clock_mono() < c->due ? IN_TIME : LATE);
	if (c->turns % 2 == 0)
		return now - 1;
	service_wake();
	return MSEC_NEVER;
}

static void
test_without_waiting(void **state)
{
	(void)state;
	expect_exit(start((struct service){ .turn = turn_at_once }, (struct child){ 0 }), IN_TIME);
}

/* Its loop turns and turns, and tells when it was asked whether it goes on. */
static bool
say_advances(void *arg)
{
	const struct child *c = arg;

	if (c->stands)
		say("asked");
	return !c->stands;
}

static void
test_watchdog(void **state)
{
	pid_t pid;

	(void)state;
	setenv("WATCHDOG_USEC", "90000", 1);
	pid = start(
	    (struct service){ .turn = turn_idle, .advances = say_advances }, (struct child){ 0 });
	unsetenv("WATCHDOG_USEC");
	expect("READY=1");
	for (int i = 0; i < 5; i++)
		expect("WATCHDOG=1");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static msec_t
turn_stuck(void *arg, msec_t now)
{
	(void)arg, (void)now;
	say("stuck");
	pause(); /* until it is killed */
	return MSEC_NEVER;
}

/* No turn, no food. */
static void
test_watchdog_starves(void **state)
{
	struct timeval soon = { 0, 200000 }, long_enough = { PATIENCE_S, 0 };
	char text[64];
	pid_t pid;

	(void)state;
	setenv("WATCHDOG_USEC", "30000", 1);
	pid = start((struct service){ .turn = turn_stuck }, (struct child){ 0 });
	unsetenv("WATCHDOG_USEC");
	expect("stuck");
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	assert_int_equal(recv(listener, text, sizeof text, 0), -1);
	assert_int_equal(errno, EAGAIN);
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A loop that gets nothing done is not fed either, and does not spin. */
static void
test_watchdog_standstill(void **state)
{
	struct service s = { .turn = turn_idle, .advances = say_advances };
	char left[64];
	pid_t pid;

	(void)state;
	setenv("WATCHDOG_USEC", "90000", 1);
	pid = start(s, (struct child){ .stands = true });
	expect("READY=1");
	for (int i = 0; i < 5; i++)
		expect("asked"); /* and never WATCHDOG=1 between */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	unsetenv("WATCHDOG_USEC");
	while (recv(listener, left, sizeof(left), MSG_DONTWAIT) > 0)
		; /* what it said before it died */
}

/* An abstract socket of a name the kernel chooses, so nothing is left behind. */
static int
listen_for_words(void **state)
{
	struct timeval long_enough = { PATIENCE_S, 0 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = sizeof a;
	char name[64];

	(void)state;
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof a.sun_family) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &n) != 0)
		return -1;
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough);
	n -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
	snprintf(name, sizeof name, "@%.*s", (int)n - 1, a.sun_path + 1);
	return setenv("NOTIFY_SOCKET", name, 1);
}

static int
close_listener(void **state)
{
	(void)state;
	return close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_second_signal_ends),
		cmocka_unit_test(test_drain_is_limited),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_without_waiting),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_watchdog_starves),
		cmocka_unit_test(test_watchdog_standstill),
	};

	return cmocka_run_group_tests(tests, listen_for_words, close_listener);
}
