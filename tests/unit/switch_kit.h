/* SPDX-License-Identifier: MIT */
/*
 * switch_kit.h: an input that listens to a switch, and the switch: a server in
 * the same process, which says what the test says.  The dialect is the kit's
 * own, it writes down what it is given, by the link line (Makefile, --wrap);
 * and the monotonic clock is put forward where time must pass.
 */
#ifndef TESTS_SWITCH_KIT_H
#define TESTS_SWITCH_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "collectors/inputs/inputs.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"

#include "tests/unit/loop.h"

/* ---- time */

static msec_t ahead; /* of the real clock */

/* For libevent's timers as well. */
int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (syscall(SYS_clock_gettime, clock, ts) != 0)
		return -1;
	if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)
		ts->tv_sec += ahead / MSEC_PER_SEC;
	return 0;
}

static void
time_passes(msec_t seconds)
{
	ahead += seconds * MSEC_PER_SEC;
	clock_turn();
}

/* ---- the dialect: each message, and a bar */

static struct out given;
static long flood_taken = -1; /* messages, which are only counted; -1: they are not */

static void
kit_decode(void *nothing, const char *msg, size_t len, msec_t received, struct dialect_result *r)
{
	(void)nothing, (void)received;
	r->n = 0;
	r->why = REFUSAL_NONE;
	if (flood_taken >= 0) {
		flood_taken++;
		return;
	}
	out_bytes(&given, msg, len);
	out_bytes(&given, "|", 1);
}

static const struct dialect kit_dialect = { .name = "kit", .decode = kit_decode };

const struct dialect *__wrap_dialect_find(const char *);

const struct dialect *
__wrap_dialect_find(const char *name)
{
	(void)name;
	return &kit_dialect;
}

/* ---- the switch */

static struct evconnlistener *listener;
static struct bufferevent *peer; /* who called, or NULL */
static struct out heard; /* since it called */
static int calls;
static const char *greeting;

static void
kit_on_read(struct bufferevent *bev, void *arg)
{
	char text[4096];
	size_t n;

	(void)arg;
	while ((n = bufferevent_read(bev, text, sizeof(text))) > 0)
		out_bytes(&heard, text, n);
}

static void
switch_hangs_up(void)
{
	if (peer != NULL)
		bufferevent_free(peer);
	peer = NULL;
}

static void
kit_on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)arg;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		switch_hangs_up();
}

static void
switch_says(const char *text)
{
	assert_non_null(peer);
	assert_int_equal(bufferevent_write(peer, text, strlen(text)), 0);
}

static void
kit_on_call(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *a, int n, void *arg)
{
	(void)l, (void)a, (void)n, (void)arg;
	switch_hangs_up();
	calls++;
	out_reset(&heard);
	peer = bufferevent_socket_new(service_base(), fd, BEV_OPT_CLOSE_ON_FREE);
	assert_non_null(peer);
	bufferevent_setcb(peer, kit_on_read, NULL, kit_on_event, NULL);
	assert_int_equal(bufferevent_enable(peer, EV_READ | EV_WRITE), 0);
	switch_says(greeting);
}

/* ---- a switch that says more than anybody wants to hear */

#define FLOOD 200000 /* messages */

static const char *flood_message;
static long flood_said;
static long flood_memory; /* kB of this process when it began */

static long
memory(void)
{
	long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &ignored, &pages), 2);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
flood_more(struct bufferevent *bev, void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000 && flood_said < FLOOD; i++, flood_said++)
		(void)bufferevent_write(bev, flood_message, strlen(flood_message));
}

static void
flood_begins(const char *message)
{
	flood_message = message;
	flood_said = flood_taken = 0;
	flood_memory = memory();
	bufferevent_setcb(peer, kit_on_read, flood_more, kit_on_event, NULL);
	flood_more(peer, NULL);
}

static bool
is_flood_over(void *nothing)
{
	(void)nothing;
	return flood_taken == FLOOD;
}

/* The sanitizers keep what was freed. */
static void
assert_nothing_stayed(void)
{
#ifndef __SANITIZE_ADDRESS__
	assert_true(memory() - flood_memory < 4096);
#endif
	flood_taken = -1;
}

/* ---- the collector's side */

static const uint8_t kit_key[SIPHASH_KEY] = "0123456789abcdef";
static struct counters counters;
static char address[40], secret_path[64], kit_source[] = "pbx";
static char kit_username[] = "ccmon";
static struct input_settings settings;
static struct input *input;
static int rejects;
static bool gate_shuts; /* after the next message */

static void
kit_on_reject(void *arg, const struct reject *r)
{
	(void)arg, (void)r;
	rejects++;
}

static void
kit_on_settle(void *arg)
{
	(void)arg;
	if (gate_shuts)
		input_pause(input);
	gate_shuts = false;
}

static void
write_secret(const char *secret)
{
	FILE *f = fopen(secret_path, "w");

	assert_non_null(f);
	assert_true(fputs(secret, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(secret_path, 0600), 0);
}

static int
open_input(void)
{
	struct input_options o = { .settings = &settings,
		.collector = "call",
		.key = kit_key,
		.customer_key = kit_key,
		.counters = &counters,
		.reject = kit_on_reject,
		.settle = kit_on_settle };

	return input_open(&input, &o);
}

static void
listen_here(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	listener = evconnlistener_new_bind(service_base(), kit_on_call, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1, (struct sockaddr *)&a, sizeof(a));
	assert_non_null(listener);
	assert_int_equal(
	    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&a, &len), 0);
	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(a.sin_port));
}

static void
kit_begin(enum input_type type, const char *words)
{
	clock_turn();
	out_init(&given);
	out_init(&heard);
	counters = (struct counters){ 0 };
	calls = rejects = 0;
	greeting = words;
	listen_here();
	(void)snprintf(secret_path, sizeof(secret_path), "/tmp/ccmon-switch-%d", (int)getpid());
	write_secret("s3cret\n");
	settings = (struct input_settings){ .type = (uint8_t)type,
		.dialect = kit_source,
		.source = kit_source,
		.address = address,
		.username = kit_username,
		.secret_file = secret_path };
}

static void
kit_end(void)
{
	input_close(input);
	input = NULL;
	switch_hangs_up();
	evconnlistener_free(listener);
	unlink(secret_path);
	out_fini(&given);
	out_fini(&heard);
}

/* ---- waiting */

static bool
ends_with(struct out *o, const char *words)
{
	size_t n = strlen(words);

	return o->len >= n && memcmp(o->buf + o->len - n, words, n) == 0;
}

static bool
is_heard(void *words)
{
	return ends_with(&heard, words);
}

static bool
is_given(void *words)
{
	return ends_with(&given, words);
}

static bool
is_called(void *n)
{
	return calls == *(int *)n && peer != NULL;
}

static bool
is_alone(void *nothing)
{
	(void)nothing;
	return peer == NULL;
}

/* What the switch heard last; then it answers. */
static void
hears_and_says(const char *words, const char *answer)
{
	loop_until(is_heard, (void *)(uintptr_t)words);
	out_reset(&heard);
	if (answer != NULL)
		switch_says(answer);
}

/* What the dialect was given last. */
static void
until_given(const char *words)
{
	loop_until(is_given, (void *)(uintptr_t)words);
	out_reset(&given);
}

static void
until_called(int n)
{
	loop_until(is_called, &n);
}

static void
until_alone(void)
{
	loop_until(is_alone, NULL);
}

/* The loop has nothing to do, now and then. */
static void
assert_nothing_is_due(void)
{
	size_t before = given.len + heard.len;
	int had = calls;

	for (int i = 0; i < 20; i++) {
		event_base_loop(service_base(), EVLOOP_NONBLOCK);
		clock_turn();
	}
	assert_int_equal(calls, had);
	assert_int_equal(given.len + heard.len, before);
}

/* ---- what is logged */

static int log_file = -1, log_before;

static void
log_begins(void)
{
	log_before = dup(STDERR_FILENO);
	log_file = memfd_create("log", MFD_CLOEXEC);
	assert_true(log_file != -1 && dup2(log_file, STDERR_FILENO) != -1);
}

/* How often the words are there. */
static int
times_logged(const char *words)
{
	static char text[65536];
	ssize_t n = pread(log_file, text, sizeof(text) - 1, 0);
	int times = 0;

	assert_true(n >= 0);
	text[n] = '\0';
	for (const char *p = text; (p = strstr(p, words)) != NULL; p++)
		times++;
	return times;
}

static void
log_ends(void)
{
	assert_true(dup2(log_before, STDERR_FILENO) != -1);
	close(log_file);
	close(log_before);
}

#endif
