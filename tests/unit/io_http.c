/* SPDX-License-Identifier: MIT */
/*
 * io_http.c: an HTTP input over real sockets.  The disk is the test: it says
 * when records are written.  What takes ten seconds is in tests/it/test_http.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/collector.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/loop.h"

#define PORT 8790
#define EVENT(contact)                                                                             \
	"{\"source\":\"w\",\"time\":1700000000000,\"event\":\"queued\",\"channel\":\"chat\","      \
	"\"queue\":\"q\",\"contact\":\"" contact "\"}"

/* ---- the collector's side */

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static struct counters counters;
static uint64_t position;
static char contacts[64], host[20], listen_at[32], secret_path[64];
static uint8_t memos[8][MEMO_KEY];
static size_t nmemos;
static struct reject reject;

static void
on_event(void *arg, msec_t received, const struct event *ev)
{
	(void)arg, (void)received;
	position++;
	(void)snprintf(contacts + strlen(contacts), sizeof(contacts) - strlen(contacts), "%.*s ",
	    STR_ARG(ev->contact));
}

static void
on_reject(void *arg, const struct reject *r)
{
	(void)arg;
	position++;
	reject = *r;
}

static void
on_settle(void *arg)
{
	(void)arg;
}

static void
on_remember(void *arg, const struct memo *memo)
{
	(void)arg;
	assert_true(nmemos < COUNTOF(memos));
	memcpy(memos[nmemos++], memo->key, MEMO_KEY);
}

static int
on_recall(void *arg, const uint8_t k[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	(void)arg, (void)value;
	for (size_t i = 0; i < nmemos; i++)
		if (memcmp(memos[i], k, MEMO_KEY) == 0)
			return 0;
	return -1;
}

static uint64_t
on_position(void *arg)
{
	(void)arg;
	return position;
}

static char native[] = "native", path[] = "/in";
static struct input_settings settings, more_settings;
static struct input *input, *more;

static struct input_options
options_of(const struct input_settings *s)
{
	return (struct input_options){ .settings = s,
		.collector = "chat",
		.key = key,
		.customer_key = key,
		.counters = &counters,
		.event = on_event,
		.reject = on_reject,
		.settle = on_settle,
		.remember = on_remember,
		.recall = on_recall,
		.position = on_position };
}

static int
setup(void **state)
{
	struct input_options o = options_of(&settings);

	(void)state;
	counters = (struct counters){ 0 };
	position = 7; /* of an earlier life */
	contacts[0] = '\0';
	nmemos = 0;
	/* an address of this process's own */
	(void)snprintf(host, sizeof(host), "127.%d.%d.1", getpid() >> 8 & 0xff, getpid() & 0xff);
	(void)snprintf(listen_at, sizeof(listen_at), "%s:%d", host, PORT);
	settings = (struct input_settings){ .type = INPUT_HTTP,
		.dialect = native,
		.listen = listen_at,
		.path = path,
		.max_connections = 4 };
	return input_open(&input, &o);
}

static int
setup_secret(void **state)
{
	FILE *f;
	struct input_options o;

	if (setup(state) != 0)
		return -1;
	input_close(input);
	(void)snprintf(secret_path, sizeof(secret_path), "/tmp/ccmon-http-%d", (int)getpid());
	if ((f = fopen(secret_path, "w")) == NULL || fputs("s3cret\n", f) < 0 || fclose(f) != 0 ||
	    chmod(secret_path, 0600) != 0)
		return -1;
	settings.secret_file = secret_path;
	o = options_of(&settings);
	return input_open(&input, &o);
}

static int
teardown(void **state)
{
	(void)state;
	input_close(more);
	input_close(input);
	more = input = NULL;
	if (settings.secret_file != NULL)
		unlink(secret_path);
	return 0;
}

/* ---- the clients' side */

struct client {
	int fd;
	size_t n;
	bool ended, wants_end;
	const char *wants;
	char got[4096];
};

static struct client clients[8];

static void
call(struct client *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	*c = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

static void
put_bytes(struct client *c, const char *bytes, size_t n)
{
	ssize_t sent;

	while (n > 0) {
		sent = send(c->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent == -1 && errno != EAGAIN)
			return; /* it was closed: the answer is looked at */
		if (sent == -1) {
			event_base_loop(service_base(), EVLOOP_NONBLOCK);
			continue;
		}
		bytes += sent;
		n -= (size_t)sent;
	}
}

static void
put(struct client *c, const char *text)
{
	put_bytes(c, text, strlen(text));
}

static void
post(struct client *c, const char *to, const char *headers, const char *body)
{
	char request[1024];

	(void)snprintf(request, sizeof(request),
	    "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n%s", to, headers,
	    strlen(body), body);
	put(c, request);
}

static bool
has_heard(void *arg)
{
	struct client *c = arg;
	ssize_t n;

	n = recv(c->fd, c->got + c->n, sizeof(c->got) - 1 - c->n, MSG_DONTWAIT);
	if (n > 0)
		c->got[c->n += (size_t)n] = '\0';
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		c->ended = true;
	return (c->wants == NULL || strstr(c->got, c->wants) != NULL) &&
	       (!c->wants_end || c->ended);
}

/* Waits for an answer of that status that ends so. */
static void
expect(struct client *c, int status, const char *words)
{
	char line[32], end[256];

	(void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	(void)snprintf(end, sizeof(end), "\r\n\r\n%s\n", words);
	c->wants = end;
	c->wants_end = false;
	loop_until(has_heard, c);
	if (strncmp(c->got, line, strlen(line)) != 0)
		fail_msg("%d wanted: %s", status, c->got);
	c->n = (size_t)(c->got + c->n - strstr(c->got, end)) - strlen(end);
	memmove(c->got, strstr(c->got, end) + strlen(end), c->n + 1);
}

static void
expect_end(struct client *c)
{
	c->wants = NULL;
	c->wants_end = true;
	loop_until(has_heard, c);
	close(c->fd);
}

static bool
is_received(void *n)
{
	return counters.received >= *(uint64_t *)n;
}

static void
await_received(uint64_t n)
{
	loop_until(is_received, &n);
	assert_int_equal(counters.received, n);
}

static void
assert_silent(struct client *c)
{
	event_base_loop(service_base(), EVLOOP_NONBLOCK);
	c->wants = "HTTP";
	assert_false(has_heard(c));
	assert_false(c->ended);
}

/* ---- tests: the disk */

/* 200 is said when it is on disk, not before; the connection is kept. */
static void
test_written(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	call(c);
	post(c, "/in", "", EVENT("c1"));
	await_received(1);
	assert_string_equal(contacts, "c1 ");
	assert_silent(c);
	input_written(input, 7);
	assert_silent(c);
	input_written(input, 8);
	expect(c, 200, "taken");
	post(c, "/in", "", EVENT("c2"));
	await_received(2);
	input_written(input, 9);
	expect(c, 200, "taken");
	assert_int_equal(c->n, 0);
	close(c->fd);
}

static void
test_written_in_part(void **state)
{
	struct client *a = &clients[0], *b = &clients[1];

	(void)state;
	call(a);
	call(b);
	post(a, "/in", "", EVENT("a"));
	await_received(1);
	post(b, "/in", "", EVENT("b"));
	await_received(2);
	input_written(input, 8);
	expect(a, 200, "taken");
	assert_silent(b);
	input_written(input, 20);
	expect(b, 200, "taken");
	close(a->fd);
	close(b->fd);
}

/* Two requests in one breath are answered one after the other. */
static void
test_pipelined(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	call(c);
	put(c, "GET /in HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\n");
	expect(c, 200,
	    "ccmon's collector chat takes events here: POST them, as the dialect native has them");
	expect(c, 404, "nothing is taken here");
	close(c->fd);
}

static void
test_client_goes(void **state)
{
	struct client *a = &clients[0], *b = &clients[1];
	struct linger now = { 1, 0 };

	(void)state;
	call(a);
	call(b);
	post(a, "/in", "", EVENT("a"));
	await_received(1);
	/* this one leaves with a reset, and one byte of the next request */
	put(a, "P");
	assert_int_equal(setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(a->fd);
	post(b, "/in", "", EVENT("b"));
	await_received(2);
	input_written(input, 9);
	expect(b, 200, "taken");
	close(b->fd);
}

static void
test_gate(void **state)
{
	struct client *a = &clients[0], *b = &clients[1];

	(void)state;
	call(a);
	call(b);
	post(a, "/in", "", EVENT("a"));
	await_received(1);
	input_pause(input);
	post(b, "/in", "", EVENT("b"));
	b->wants = "\r\nRetry-After: 5\r\n";
	loop_until(has_heard, b);
	expect(b, 503, "the disk refuses; please send it again");
	assert_int_equal(counters.received, 1);
	input_resume(input);
	input_written(input, 8);
	expect(a, 200, "taken");
	post(b, "/in", "", EVENT("b"));
	await_received(2);
	input_written(input, 9);
	expect(b, 200, "taken");
	close(a->fd);
	close(b->fd);
}

/* Who waits when we end is told so, and not that it was taken. */
static void
test_end(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	call(c);
	post(c, "/in", "", EVENT("c1"));
	await_received(1);
	input_close(input);
	input = NULL;
	expect(c, 503, "the collector has stopped; please send it again");
	close(c->fd);
}

/* ---- tests: requests */

static void
test_refused_by_dialect(void **state)
{
	static const char head[] = "POST /in HTTP/1.1\r\nContent-Length: 65537\r\n\r\n";
	static char long_body[65537];
	struct client *c = &clients[0];

	(void)state;
	call(c);
	post(c, "/in", "", "{");
	expect(c, 400, "not_json: the body is not one JSON object in UTF-8");
	post(c, "/in", "", "");
	expect(c, 400, "not_json: the body is not one JSON object in UTF-8");
	post(c, "/in", "", "{\"source\":\"w\",\"time\":1}");
	expect(c, 400, "missing_member: a needed member is not there (event)");
	memset(long_body, ' ', sizeof(long_body));
	put(c, head);
	put_bytes(c, long_body, sizeof(long_body));
	expect(c, 413, "oversized: the body is longer than 64 KiB");
	assert_int_equal(counters.refused, 4);
	assert_int_equal(counters.turned_away, 0);
	assert_int_equal(reject.why, REFUSAL_OVERSIZED);
	close(c->fd);
}

static void
test_skipped(void **state)
{
	static char queue_log[] = "queue_log", source[] = "pbx1", log_path[] = "/log";
	struct client *c = &clients[0];
	struct input_options o;

	(void)state;
	more_settings = settings;
	more_settings.dialect = queue_log;
	more_settings.source = source;
	more_settings.path = log_path;
	o = options_of(&more_settings);
	assert_int_equal(input_open(&more, &o), 0);
	call(c);
	post(c, "/log", "", "1700000000|NONE|NONE|NONE|CONFIGRELOAD|");
	expect(c, 200, "nothing in it for us");
	post(c, "/in", "", EVENT("c1"));
	await_received(2);
	assert_string_equal(contacts, "c1 ");
	close(c->fd);
}

#define LONG 20000
static char junk[LONG + 1];

static const struct {
	const char *request;
	int status;
	const char *words;
} faults[] = {
	{ "GET /\r\n\r\n", 400, "this is not a request of HTTP/1.0 or 1.1" },
	{ "GET /in HTTP/2.0\r\n\r\n", 400, "this is not a request of HTTP/1.0 or 1.1" },
	{ "\x16\x03\x01\x02\x01\n", 400, "this is not a request of HTTP/1.0 or 1.1" },
	{ "\r\n\r\n\r\n", 400, "this is not a request of HTTP/1.0 or 1.1" },
	{ "POST /in HTTP/1.1\r\nno header\r\n\r\n", 400,
	    "this is not a request of HTTP/1.0 or 1.1" },
	{ "POST /in HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400,
	    "this is not a request of HTTP/1.0 or 1.1" },
	{ "POST /in HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400,
	    "this is not a request of HTTP/1.0 or 1.1" },
	{ "POST /in HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413,
	    "the body is longer than is taken here, or not in proper chunks" },
	{ "POST /in HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", 413,
	    "the body is longer than is taken here, or not in proper chunks" },
	{ "POST /in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", 413,
	    "the body is longer than is taken here, or not in proper chunks" },
	{ "POST /in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 413,
	    "the body is longer than is taken here, or not in proper chunks" },
	{ "POST /in HTTP/1.1\r\nExpect: cake\r\nContent-Length: 1\r\n\r\nx", 417,
	    "only 100-continue can be expected" },
	{ junk, 431, "the head of the request is longer than 8 KiB" },
};

/* Each is told why, and its connection ends. */
static void
test_faults(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	memset(junk, 'x', LONG);
	for (size_t i = 0; i < COUNTOF(faults); i++) {
		call(c);
		put(c, faults[i].request);
		expect(c, faults[i].status, faults[i].words);
		expect_end(c);
		assert_int_equal(counters.turned_away, i + 1);
	}
	assert_int_equal(position, 7);
	assert_int_equal(counters.received, 0);
}

static const struct {
	const char *request;
	int status;
	const char *words;
} methods[] = {
	{ "PUT /in HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405,
	    "events are posted: POST, and nothing else" },
	{ "MAKE /in HTTP/1.1\r\n\r\n", 405, "events are posted: POST, and nothing else" },
	{ "DELETE /in HTTP/1.1\r\n\r\n", 405, "events are posted: POST, and nothing else" },
	{ "POST /in/ HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 404, "nothing is taken here" },
	{ "POST /i HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 404, "nothing is taken here" },
	{ "POST http://localhost/in HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", 400,
	    "not_json: the body is not one JSON object in UTF-8" },
	{ "POST /in?a=b HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", 400,
	    "not_json: the body is not one JSON object in UTF-8" },
	{ "POST /in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n", 400,
	    "not_json: the body is not one JSON object in UTF-8" },
};

static void
test_methods(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	for (size_t i = 0; i < COUNTOF(methods); i++) {
		call(c);
		put(c, methods[i].request);
		expect(c, methods[i].status, methods[i].words);
		close(c->fd);
	}
	call(c);
	put(c, "HEAD /in HTTP/1.0\r\n\r\n");
	expect_end(c);
	assert_memory_equal(c->got, "HTTP/1.0 200 OK\r\n", 17);
	assert_memory_equal(c->got + c->n - 4, "\r\n\r\n", 4);
}

/* Each byte by itself, and each is looked at. */
static void
test_trickle(void **state)
{
	static const char request[] =
	    "POST /in HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n";
	struct client *c = &clients[0];

	(void)state;
	call(c);
	for (const char *p = request; *p != '\0'; p++) {
		put_bytes(c, p, 1);
		event_base_loop(service_base(), EVLOOP_NONBLOCK);
	}
	c->wants = "HTTP/1.1 100 Continue\r\n\r\n";
	loop_until(has_heard, c);
	assert_string_equal(c->got, c->wants);
	c->n = 0;
	put(c, "{\"event\":1}");
	expect(c, 400, "wrong_type: a member has the wrong type (event)");
	close(c->fd);
}

/* ---- tests: who is meant */

#define WHAT_IT_IS                                                                                 \
	"ccmon's collector chat takes events here: POST them, as the dialect native has them"

static void
test_host(void **state)
{
	static const struct {
		const char *host;
		bool ours;
	} calls[] = {
		{ "localhost", true },
		{ "LocalHost.:8790", true },
		{ "127.0.0.1", true },
		{ "127.9.9.9:1", true },
		{ "[::1]:8790", true },
		{ "cc.example.org", true },
		{ "CC.example.org:80", true },
		{ "192.0.2.1:8790", false },
		{ "[2001:db8::1]", false },
		{ "evil.example.org", false },
		{ "localhost.evil.example.org", false },
		{ "127.0.0.1.evil.example.org", false },
		{ "xcc.example.org", false },
		{ "[", false },
		{ "127.1", false },
		{ ":80", false },
	};
	static char name[] = "cc.example.org";
	static char *names[] = { name, NULL };
	struct client *c = &clients[0];
	char request[256];

	(void)state;
	settings.hosts = names;
	call(c);
	for (size_t i = 0; i < COUNTOF(calls); i++) {
		(void)snprintf(request, sizeof(request), "GET /in HTTP/1.1\r\nHost: %s\r\n\r\n",
		    calls[i].host);
		put(c, request);
		expect(c, calls[i].ours ? 200 : 421,
		    calls[i].ours ? WHAT_IT_IS : "this is not the host it calls: see hosts");
	}
	put(c, "POST http://evil.example.org/in HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
	expect(c, 421, "this is not the host it calls: see hosts");
	close(c->fd); /* after such a first line evhttp keeps no connection */
	assert_int_equal(counters.received, 0);
	call(c);
	(void)snprintf(request, sizeof(request), "GET /in HTTP/1.1\r\nHost: %s\r\n\r\n", listen_at);
	put(c, request);
	expect(c, 200, WHAT_IT_IS);
	close(c->fd);
}

/* ---- tests: who may */

static void
test_secret(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	call(c);
	post(c, "/in", "", EVENT("c1"));
	c->wants = "\r\nWWW-Authenticate: Bearer\r\n";
	loop_until(has_heard, c);
	expect(c, 401, "a secret is needed: Authorization: Bearer SECRET, or ?secret=SECRET");
	post(c, "/in", "Authorization: Bearer secret\r\n", EVENT("c1"));
	expect(c, 403, "the secret is not ours");
	post(c, "/in?x=1&secret=s3cre", "", EVENT("c1"));
	expect(c, 403, "the secret is not ours");
	assert_int_equal(position, 7);
	assert_int_equal(counters.turned_away, 3);
	assert_int_equal(counters.received, 0);
	post(c, "/in", "Authorization: Bearer s3cret\r\n", EVENT("c1"));
	await_received(1);
	input_written(input, 8);
	expect(c, 200, "taken");
	post(c, "/in?x=1&secret=s3%63ret", "", EVENT("c2"));
	await_received(2);
	input_written(input, 9);
	expect(c, 200, "taken");
	put(c, "GET /in HTTP/1.1\r\n\r\n");
	expect(c, 200,
	    "ccmon's collector chat takes events here: POST them, as the dialect native has them");
	close(c->fd);
}

/* ---- tests: too many */

static void
test_crowd(void **state)
{
	struct client *c;

	(void)state;
	for (c = clients; c < clients + 4; c++) {
		call(c);
		put(c, "GET /in HTTP/1.1\r\n\r\n");
		expect(c, 200,
		    "ccmon's collector chat takes events here: "
		    "POST them, as the dialect native has them");
	}
	for (; c < clients + 8; c++) {
		call(c);
		expect(c, 503, "there are too many connections");
		expect_end(c);
	}
	post(&clients[0], "/in", "", EVENT("c1"));
	await_received(1);
	input_written(input, 8);
	expect(&clients[0], 200, "taken");
	/* one goes, one may come */
	close(clients[1].fd);
	c = &clients[1];
	do {
		call(c);
		put(c, "GET /no HTTP/1.1\r\n\r\n");
		c->wants = "\r\n\r\n";
		loop_until(has_heard, c);
		if (strncmp(c->got, "HTTP/1.1 503", 12) == 0)
			close(c->fd);
	} while (strncmp(c->got, "HTTP/1.1 503", 12) == 0);
	expect(c, 404, "nothing is taken here");
	for (c = clients; c < clients + 4; c++)
		close(c->fd);
}

/* ---- tests: opening */

static void
test_cannot_open(void **state)
{
	static char nowhere[] = "/tmp/ccmon-no-such-secret", other[] = "192.0.2.1:1";
	struct input_settings s = settings;
	struct input_options o = options_of(&s);
	struct client *c = &clients[0];

	(void)state;
	s.secret_file = nowhere;
	assert_int_equal(input_open(&more, &o), EXIT_CONFIG);
	s.secret_file = NULL;
	s.listen = other; /* an address nobody has: RFC 5737 */
	assert_int_equal(input_open(&more, &o), EXIT_TROUBLE);
	call(c);
	put(c, "GET /no HTTP/1.1\r\n\r\n");
	expect(c, 404, "nothing is taken here");
	close(c->fd);
}

#define AROUND(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AROUND(test_written),
		AROUND(test_written_in_part),
		AROUND(test_pipelined),
		AROUND(test_client_goes),
		AROUND(test_gate),
		AROUND(test_end),
		AROUND(test_refused_by_dialect),
		AROUND(test_skipped),
		AROUND(test_faults),
		AROUND(test_methods),
		AROUND(test_trickle),
		AROUND(test_host),
		cmocka_unit_test_setup_teardown(test_secret, setup_secret, teardown),
		AROUND(test_crowd),
		AROUND(test_cannot_open),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
