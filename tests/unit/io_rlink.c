/* SPDX-License-Identifier: MIT */
/*
 * io_rlink.c: a link to a redis-server of the test's own, which is killed,
 * stopped, protected and started again under it.
 *
 * Debian's redis-tools has the server without its service: redis-check-rdb
 * is the same program and goes by the name it is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/rlink.h"
#include "ccmon/service.h"
#include "stopwatch.h"

#define MANY 20000
#define PATIENCE_S 120 /* then SIGALRM ends the test */
#define TIMEOUT_MS 400

static char dir[64], server[160], sock[96];
static pid_t server_pid;

static void
turn(void)
{
	assert_true(event_base_loop(service_base(), EVLOOP_ONCE) >= 0);
	clock_turn();
}

/* ---- the server */

static void
exec_server(void)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execl(server, "redis-server", "--port", "0", "--save", "", "--dir", dir, "--unixsocket",
	    sock, (char *)NULL);
	_exit(127);
}

static void
start_server(void)
{
	server_pid = fork();
	assert_true(server_pid >= 0);
	if (server_pid == 0)
		exec_server();
}

static void
kill_server(void)
{
	kill(server_pid, SIGKILL);
	assert_int_equal(waitpid(server_pid, NULL, 0), server_pid);
}

/* ---- a link and what came of it */

struct seen {
	struct rlink *link;
	struct out command;
	unsigned ups, downs;
	unsigned answers, unknown; /* replies; of those NULL */
	char why[256]; /* of the last on_down */
};

static void
on_up(void *arg)
{
	struct seen *s = arg;

	assert_true(rlink_is_up(s->link));
	s->ups++;
}

static void
on_down(void *arg, const char *why)
{
	struct seen *s = arg;

	assert_false(rlink_is_up(s->link));
	assert_int_equal(rlink_in_flight(s->link), 0);
	s->downs++;
	snprintf(s->why, sizeof s->why, "%s", why);
}

static struct rlink_options
options(struct seen *s)
{
	return (struct rlink_options){
		.unix_path = sock,
		.client_name = "io_rlink",
		.timeout = TIMEOUT_MS,
		.on_up = on_up,
		.on_down = on_down,
		.arg = s,
	};
}

static void
wait_up(struct seen *s)
{
	while (!rlink_is_up(s->link))
		turn();
}

static void
open_up(struct seen *s)
{
	struct rlink_options o = options(s);

	s->link = rlink_open(&o);
	assert_non_null(s->link);
	wait_up(s);
}

static void
close_link(struct seen *s)
{
	rlink_close(s->link);
	out_fini(&s->command);
}

static void
build(struct out *o, const char *line)
{
	char text[256], *save = NULL;
	const char *word[8];
	size_t n = 0;

	snprintf(text, sizeof text, "%s", line);
	for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	resp_begin(o, n);
	for (size_t i = 0; i < n; i++)
		resp_text(o, word[i]);
}

static void
ask(struct seen *s, const char *line, reply_fn *fn)
{
	build(&s->command, line);
	assert_int_equal(rlink_send(s->link, &s->command, fn, s), 0);
}

static void
wait_answers(struct seen *s, unsigned n)
{
	while (s->answers < n)
		turn();
}

static void
on_any(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	s->answers++;
	s->unknown += r == NULL;
}

static void
on_ok(void *arg, const struct reply *r)
{
	assert_non_null(r);
	assert_int_equal(r->type, REPLY_STATUS);
	assert_string_equal(r->text.p, "OK");
	on_any(arg, r);
}

/* ---- answers */

static void
on_counted(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	s->answers++;
	assert_int_equal(r->type, REPLY_INT);
	assert_int_equal(r->integer, s->answers);
}

static void
test_pipeline(void **state)
{
	struct seen s = { .ups = 0 };

	(void)state;
	open_up(&s);
	for (unsigned i = 0; i < MANY; i++)
		ask(&s, "INCR pipeline", on_counted);
	assert_int_equal(rlink_in_flight(s.link), MANY);
	wait_answers(&s, MANY);
	assert_int_equal(rlink_in_flight(s.link), 0);
	assert_int_equal(s.ups, 1);
	close_link(&s);
}

static void
on_tree(void *arg, const struct reply *r)
{
	assert_int_equal(r->type, REPLY_ARRAY);
	assert_int_equal(r->n, 5);
	assert_int_equal(r->item[0].integer, 42);
	assert_int_equal(r->item[1].type, REPLY_ARRAY);
	assert_int_equal(r->item[1].n, 2);
	assert_int_equal(r->item[1].item[1].n, 1);
	assert_memory_equal(r->item[1].item[1].item[0].text.p, "deep", 5);
	assert_int_equal(r->item[2].type, REPLY_NIL);
	assert_int_equal(r->item[3].text.n, 3);
	assert_memory_equal(r->item[3].text.p, "a\0b", 3);
	assert_int_equal(r->item[4].n, 0);
	on_any(arg, r);
}

static void
on_wrong_type(void *arg, const struct reply *r)
{
	assert_int_equal(r->type, REPLY_ERROR);
	assert_memory_equal(r->text.p, "WRONGTYPE", 9);
	on_any(arg, r);
}

static void
test_kinds_of_reply(void **state)
{
	struct seen s = { .ups = 0 };

	(void)state;
	open_up(&s);
	resp_begin(&s.command, 3);
	resp_text(&s.command, "EVAL");
	resp_text(&s.command, "return {42, {'x', {'deep'}}, false, 'a\\0b', {}}");
	resp_int(&s.command, 0);
	assert_int_equal(rlink_send(s.link, &s.command, on_tree, &s), 0);
	ask(&s, "SET text x", on_ok);
	ask(&s, "LPUSH text y", on_wrong_type);
	ask(&s, "SET text z", NULL);
	wait_answers(&s, 3);
	close_link(&s);
}

static void
test_timer_spares_a_quiet_link(void **state)
{
	struct seen s = { .ups = 0 };
	msec_t until;

	(void)state;
	open_up(&s);
	ask(&s, "PING", on_any);
	wait_answers(&s, 1);
	clock_turn();
	until = clock_mono() + 2 * TIMEOUT_MS;
	while (clock_mono() < until) { /* always something asked, never long unanswered */
		ask(&s, "PING", on_any);
		wait_answers(&s, s.answers + 1);
	}
	assert_int_equal(s.downs, 0);
	close_link(&s);
}

/* ---- losing it */

static void
test_killed(void **state)
{
	struct seen s = { .ups = 0 };

	(void)state;
	open_up(&s);
	kill(server_pid, SIGSTOP); /* so that none can be answered */
	for (unsigned i = 0; i < 100; i++)
		ask(&s, "INCR killed", on_any);
	kill_server();
	while (s.downs == 0)
		turn();
	assert_int_equal(s.unknown, 100);
	assert_int_equal(rlink_send(s.link, &s.command, on_any, &s), -1);
	assert_int_equal(errno, ENOTCONN);
	start_server();
	wait_up(&s);
	assert_int_equal(s.ups, 2);
	ask(&s, "INCR killed", on_any);
	wait_answers(&s, 101);
	assert_int_equal(s.unknown, 100);
	close_link(&s);
}

static void
test_stopped(void **state)
{
	struct seen s = { .ups = 0 };
	struct stopwatch silence;

	(void)state;
	open_up(&s);
	kill(server_pid, SIGSTOP);
	silence = stopwatch();
	ask(&s, "PING", on_any);
	ask(&s, "PING", on_any);
	wait_answers(&s, 2);
	assert_int_equal(s.unknown, 2);
	assert_took(silence, TIMEOUT_MS - 1, TIMEOUT_MS * 5);
	assert_string_equal(s.why, "no answer in time");
	while (s.downs < 2) /* the socket still takes connections, the greeting is not answered */
		turn();
	assert_string_equal(s.why, "no answer to the greeting in time");
	kill(server_pid, SIGCONT);
	wait_up(&s);
	close_link(&s);
}

static void
on_drop(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	on_any(s, r);
	if (r != NULL)
		rlink_drop(s->link, "because");
}

static void
test_drop(void **state)
{
	struct seen s = { .ups = 0 };

	(void)state;
	open_up(&s);
	ask(&s, "PING", on_drop); /* from a callback */
	ask(&s, "BLPOP nothing 0", on_any);
	wait_answers(&s, 2);
	assert_int_equal(s.unknown, 1);
	while (s.downs < 1)
		turn();
	assert_string_equal(s.why, "because");
	wait_up(&s);
	ask(&s, "PING", on_any); /* and from outside */
	rlink_drop(s.link, "again");
	assert_int_equal(s.unknown, 2);
	assert_int_equal(s.downs, 2);
	wait_up(&s);
	close_link(&s);
}

/* ---- closing it from everywhere */

static void
close_at_reply(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	on_any(s, r);
	rlink_close(s->link);
}

static void
close_at_up(void *arg)
{
	struct seen *s = arg;

	s->ups++;
	rlink_close(s->link);
}

static void
close_at_down(void *arg, const char *why)
{
	struct seen *s = arg;

	(void)why;
	s->downs++;
	rlink_close(s->link);
}

static void
test_close_in_callbacks(void **state)
{
	struct seen s = { .ups = 0 };
	struct rlink_options o = options(&s);

	(void)state;
	open_up(&s);
	ask(&s, "PING", close_at_reply);
	ask(&s, "BLPOP nothing 0", close_at_reply);
	wait_answers(&s, 2);
	assert_int_equal(s.unknown, 1);

	o.on_up = close_at_up;
	s.link = rlink_open(&o);
	while (s.ups < 2)
		turn();

	o.on_up = on_up;
	o.on_down = close_at_down;
	s.link = rlink_open(&o);
	wait_up(&s);
	ask(&s, "PING", on_any);
	rlink_drop(s.link, "the end");
	assert_int_equal(s.downs, 1);
	assert_int_equal(s.unknown, 2);
	out_fini(&s.command);
}

static void
test_close_answers(void **state)
{
	struct seen s = { .ups = 0 };

	(void)state;
	open_up(&s);
	ask(&s, "PING", on_any);
	close_link(&s);
	assert_int_equal(s.unknown, 1);
	assert_int_equal(s.downs, 0);
}

/* ---- not getting there */

static void
wait_down(struct seen *s, const struct rlink_options *o, unsigned times)
{
	s->link = rlink_open(o);
	assert_non_null(s->link);
	while (s->downs < times)
		turn();
	assert_int_equal(s->ups, 0);
	close_link(s);
}

static void
test_no_such_path(void **state)
{
	struct seen s = { .ups = 0 };
	struct rlink_options o = options(&s);
	struct stopwatch tries;

	(void)state;
	o.unix_path = "/nonexistent/redis.sock";
	tries = stopwatch();
	wait_down(&s, &o, 4); /* at 0, 100, 300, 700 ms, a fifth less at best */
	assert_took(tries, 560, 5000);
	assert_string_equal(s.why, "No such file or directory");
}

/* A port of ours that nobody listens on. */
static void
test_refused(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct seen s = { .ups = 0 };
	struct rlink_options o = options(&s);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof a;

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	o.unix_path = NULL;
	o.host = "127.0.0.1";
	o.port = ntohs(a.sin_port);
	wait_down(&s, &o, 2);
	assert_string_equal(s.why, "Connection refused");
	close(fd);
}

static void
test_names_are_refused(void **state)
{
	struct rlink_options o = { .host = "localhost", .port = 6379 };
	char err[128];

	(void)state;
	assert_null(rlink_open(&o));
	assert_int_equal(errno, EINVAL);
	assert_null(rclient_open(&o, err, sizeof err));
	assert_string_equal(err, "localhost is no numeric address");
}

static void
test_password(void **state)
{
	struct seen admin = { .ups = 0 }, s = { .ups = 0 };
	struct rlink_options o = options(&s);

	(void)state;
	open_up(&admin);
	ask(&admin, "CONFIG SET requirepass secret", on_ok);
	wait_answers(&admin, 1);
	wait_down(&s, &o, 1);
	assert_memory_equal(s.why, "NOAUTH", 6);
	o.password = "wrong";
	s.downs = 0;
	wait_down(&s, &o, 1);
	assert_memory_equal(s.why, "WRONGPASS", 9);
	o.username = "default";
	o.password = "secret";
	s.link = rlink_open(&o);
	wait_up(&s);
	ask(&s, "CLIENT GETNAME", on_any);
	wait_answers(&s, 1);
	close_link(&s);
	resp_begin(&admin.command, 4);
	resp_text(&admin.command, "CONFIG");
	resp_text(&admin.command, "SET");
	resp_text(&admin.command, "requirepass");
	resp_word(&admin.command, NULL, 0);
	assert_int_equal(rlink_send(admin.link, &admin.command, on_ok, &admin), 0);
	wait_answers(&admin, 2);
	close_link(&admin);
}

/* ---- for tools */

static void
test_client(void **state)
{
	struct rlink_options o = { .unix_path = sock, .client_name = "tool", .timeout = 300 };
	struct rclient *c;
	struct out command;
	struct reply *r;
	char err[128];

	(void)state;
	out_init(&command);
	c = rclient_open(&o, err, sizeof err);
	assert_non_null(c);
	build(&command, "CLIENT GETNAME");
	r = rclient_ask(c, &command);
	assert_non_null(r);
	assert_int_equal(r->type, REPLY_TEXT);
	assert_string_equal(r->text.p, "tool");
	reply_free(r);
	build(&command, "MGET pipeline nothing");
	r = rclient_ask(c, &command);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->item[1].type, REPLY_NIL);
	reply_free(r);
	kill(server_pid, SIGSTOP);
	assert_null(rclient_ask(c, &command));
	kill(server_pid, SIGCONT);
	rclient_close(c);
	o.unix_path = "/nonexistent/redis.sock";
	assert_null(rclient_open(&o, err, sizeof err));
	assert_string_equal(err, "No such file or directory");
	out_fini(&command);
}

/* Where the server is: on PATH, or under its other name, by a link of ours. */
static bool
find_server(void)
{
	static const char *const places[] = {
		"/usr/bin/redis-server",
		"/usr/local/bin/redis-server",
		"/usr/bin/redis-check-rdb",
	};

	for (size_t i = 0; i < COUNTOF(places); i++)
		if (access(places[i], X_OK) == 0)
			return symlink(places[i], server) == 0;
	return false;
}

static void
skipped_without_redis_server_of_redis_tools(void **state)
{
	(void)state;
	skip();
}

static int
remove_all(void **state)
{
	char command[96];

	(void)state;
	kill_server();
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_kinds_of_reply),
		cmocka_unit_test(test_timer_spares_a_quiet_link),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_close_in_callbacks),
		cmocka_unit_test(test_close_answers),
		cmocka_unit_test(test_no_such_path),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names_are_refused),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_client),
	};
	const struct CMUnitTest none[] = {
		cmocka_unit_test(skipped_without_redis_server_of_redis_tools),
	};

	snprintf(dir, sizeof dir, "/tmp/io_rlink.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(server, sizeof server, "%s/redis-server", dir);
	snprintf(sock, sizeof sock, "%s/redis.sock", dir);
	if (!find_server()) {
		rmdir(dir);
		return cmocka_run_group_tests(none, NULL, NULL);
	}
	alarm(PATIENCE_S);
	start_server();
	return cmocka_run_group_tests(tests, NULL, remove_all);
}
