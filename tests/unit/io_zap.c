/* SPDX-License-Identifier: MIT */
/*
 * io_zap.c: who gets in at a tcp socket, and who does not.  Somebody is in
 * when his message came through.  That somebody is not is seen once the door
 * has said so (the question was asked), or once he tried for longer than any
 * handshake takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/zev_int.h"
#include "loop.h"

#define PATIENCE_S 120
#define TRIED_MS 1500 /* a handshake takes some 10 ms, and is tried anew after 100 */

static char dir[] = "peers"; /* a name, for the log */

/* A bound ROUTER that knows "call" and "chat", and what it heard. */
static struct house {
	struct keys keys;
	struct key_peer peer[2];
	struct zev *socket;
	char endpoint[64];
	unsigned heard;
	char user[NAME_MAX_BYTES + 1], text[64];
} house;

static struct caller {
	struct keys keys;
	struct zev *socket;
} call, chat;

static bool
on_message(void *arg, const struct zev_frames *m)
{
	(void)arg;
	snprintf(house.user, sizeof(house.user), "%.*s", STR_ARG(m->user));
	snprintf(house.text, sizeof(house.text), "%.*s", STR_ARG(m->frame[0]));
	house.heard++;
	return true;
}

static bool
has_heard(void *arg)
{
	return house.heard >= *(unsigned *)arg;
}

static void
wait_heard(unsigned n)
{
	loop_until(has_heard, &n);
}

static bool
is_over(void *arg)
{
	return clock_mono() >= *(msec_t *)arg;
}

/* Nobody gets through, for long enough. */
static void
expect_silence(void)
{
	msec_t until = clock_mono() + TRIED_MS;
	unsigned before = house.heard;

	loop_until(is_over, &until);
	assert_int_equal(house.heard, before);
}

/* At an address of this process's own, and each time another: a port that was
 * free a moment ago may be somebody's by now. */
static void
own_endpoint(char *buf, size_t len)
{
	static unsigned port = 20000; /* below those the system gives */
	unsigned pid = (unsigned)getpid();

	snprintf(buf, len, "tcp://127.%u.%u.2:%u", pid >> 8 & 255, pid & 255, port++);
}

static void
caller_open(struct caller *c)
{
	struct zev_options o = { .type = ZEV_DEALER, .keys = &c->keys };

	c->socket = zev_open(&o);
	assert_non_null(c->socket);
	assert_int_equal(zev_connect(c->socket, house.endpoint), 0);
}

static void
caller_say(struct caller *c, const char *text)
{
	assert_int_equal(zev_send(c->socket, STR_NONE, str_of(text)), 0);
}

static bool
has_heard_or_says(void *arg)
{
	static msec_t next;

	if (house.heard == 0 && clock_mono() >= next) {
		caller_say(arg, "again");
		next = clock_mono() + 20;
	}
	return house.heard > 0;
}

/* What was on its way when the socket was closed is lost: so until it is heard. */
static void
get_through(struct caller *c)
{
	house.heard = 0;
	loop_until(has_heard_or_says, c);
}

static void
let_in(const char *name, const struct caller *c)
{
	struct key_peer *p = &house.peer[house.keys.peers.n++];

	snprintf(p->name, sizeof(p->name), "%s", name);
	memcpy(p->key, c->keys.own.public, sizeof(p->key));
}

static void
make_caller(struct caller *c)
{
	*c = (struct caller){ .socket = NULL };
	assert_int_equal(key_pair_make(&c->keys.own), 0);
	memcpy(c->keys.server, house.keys.own.public, KEY_TEXT_MAX);
}

static int
begin(void **state)
{
	struct zev_options o = {
		.type = ZEV_ROUTER, .on_message = on_message, .keys = &house.keys
	};

	(void)state;
	clock_turn();
	house = (struct house){ .keys = { .peers_dir = dir, .peers = { house.peer, 0 } } };
	assert_int_equal(key_pair_make(&house.keys.own), 0);
	own_endpoint(house.endpoint, sizeof(house.endpoint));
	make_caller(&call);
	make_caller(&chat);
	let_in("call", &call);
	house.socket = zev_open(&o);
	assert_non_null(house.socket);
	assert_int_equal(zev_bind(house.socket, house.endpoint), 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	zev_end();
	return 0;
}

/* ---- who comes */

static void
test_known(void **state)
{
	(void)state;
	caller_open(&call);
	caller_say(&call, "hello");
	wait_heard(1);
	assert_string_equal(house.text, "hello");
	assert_string_equal(house.user, "call");
}

static void
test_unknown(void **state)
{
	(void)state;
	caller_open(&chat);
	caller_say(&chat, "hello");
	expect_silence();
	caller_open(&call);
	caller_say(&call, "still there?");
	wait_heard(1);
}

/* He is told nothing, and gets in by himself as soon as he is known. */
static void
test_new_peer(void **state)
{
	(void)state;
	caller_open(&chat);
	caller_say(&chat, "hello");
	expect_silence();
	let_in("chat", &chat);
	wait_heard(1);
	assert_string_equal(house.user, "chat");
}

static void
test_plaintext(void **state)
{
	struct zev_options o = { .type = ZEV_DEALER, .plaintext = true };
	struct zev *plain = zev_open(&o);

	(void)state;
	assert_int_equal(zev_connect(plain, house.endpoint), 0);
	assert_int_equal(zev_send(plain, STR_NONE, STR_LIT("hello")), 0);
	expect_silence();
}

/* Who takes somebody else for us learns nothing from us. */
static void
test_wrong_server_key(void **state)
{
	(void)state;
	memcpy(call.keys.server, chat.keys.own.public, KEY_TEXT_MAX);
	caller_open(&call);
	caller_say(&call, "secret");
	expect_silence();
}

static void
test_nobody_answers(void **state)
{
	(void)state;
	zap_close();
	caller_open(&call);
	caller_say(&call, "hello");
	expect_silence();
	assert_int_equal(zap_open(zev_context), 0);
	wait_heard(1); /* it was that, and nothing else */
}

/* ---- who is to go */

static void
test_cut_off(void **state)
{
	(void)state;
	let_in("chat", &chat);
	caller_open(&call);
	caller_open(&chat);
	caller_say(&chat, "one");
	wait_heard(1);
	caller_say(&call, "two");
	wait_heard(2);
	house.keys.peers.n = 1;
	zev_reopen(house.socket);
	caller_say(&chat, "three");
	expect_silence();
	caller_say(&call, "four");
	wait_heard(3);
	assert_string_equal(house.user, "call");
}

/* That he is not known any more is not enough: this is what reopening is for. */
static void
test_stays_in_without(void **state)
{
	(void)state;
	caller_open(&call);
	caller_say(&call, "one");
	wait_heard(1);
	house.keys.peers.n = 0;
	caller_say(&call, "two");
	wait_heard(2);
}

static void
test_reopened_often(void **state)
{
	(void)state;
	caller_open(&call);
	for (unsigned i = 0; i < 20; i++) {
		get_through(&call);
		zev_reopen(house.socket);
	}
	get_through(&call);
}

static void
test_paused_stays_paused(void **state)
{
	(void)state;
	caller_open(&call);
	zev_pause(house.socket);
	zev_reopen(house.socket);
	expect_silence();
	caller_say(&call, "hello");
	expect_silence();
	zev_resume(house.socket);
	get_through(&call);
}

/* ---- the question itself */

static void
ask(void *req, size_t n, const struct str *part, const char *wanted)
{
	char status[8] = "";
	int more, i = 0;
	size_t len = sizeof(more);

	for (size_t k = 0; k < n; k++)
		assert_int_equal(
		    zmq_send(req, part[k].p, part[k].n, k + 1 < n ? ZMQ_SNDMORE : 0), part[k].n);
	for (unsigned tries = 0; status[0] == '\0' && tries < 1000; tries++) {
		event_base_loop(service_base(), EVLOOP_ONCE);
		i = zmq_recv(req, status, sizeof(status), ZMQ_DONTWAIT);
	}
	assert_int_equal(i, 3);
	assert_memory_equal(status, "1.0", 3);
	for (int k = 1; k < 6; k++) {
		memset(status, 0, sizeof(status));
		assert_true(zmq_recv(req, status, sizeof(status), 0) >= 0);
		if (k == 2)
			assert_string_equal(status, wanted);
		assert_int_equal(zmq_getsockopt(req, ZMQ_RCVMORE, &more, &len), 0);
		assert_int_equal(more, k < 5);
	}
}

/* Each is refused, and the next one is answered as well. */
static void
test_strange_questions(void **state)
{
	void *req = zmq_socket(zev_context, ZMQ_REQ);
	char key[32];
	struct str good[] = { STR_LIT("1.0"), STR_LIT("7"), STR_LIT(""), STR_LIT("127.0.0.1"),
		STR_LIT(""), STR_LIT("CURVE"), { key, sizeof(key) }, STR_LIT("more"),
		STR_LIT("x") };
	static const struct {
		unsigned part;
		struct str text;
	} bent[] = {
		{ 0, STR_LIT("2.0") },
		{ 0, STR_LIT("") },
		{ 2, STR_LIT("ccmon") },
		{ 2, STR_LIT("") },
		{ 5, STR_LIT("NULL") },
		{ 5, STR_LIT("PLAIN") },
		{ 6, STR_LIT("") },
		{ 6, STR_LIT("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7") },
	};
	char domain[32];
	struct str asked[7];
	int linger = 0;

	(void)state;
	zmq_setsockopt(req, ZMQ_LINGER, &linger, sizeof(linger));
	assert_int_equal(zmq_connect(req, "inproc://zeromq.zap.01"), 0);
	assert_non_null(zmq_z85_decode((uint8_t *)key, call.keys.own.public));
	size_t n = sizeof(domain);
	assert_int_equal(zmq_getsockopt(house.socket->socket, ZMQ_ZAP_DOMAIN, domain, &n), 0);
	good[2] = str_of(domain);
	ask(req, 7, good, "200");
	key[0] ^= 1;
	ask(req, 7, good, "300");
	key[0] ^= 1;
	for (size_t i = 0; i < COUNTOF(bent); i++) {
		memcpy(asked, good, sizeof(asked));
		asked[bent[i].part] = bent[i].text;
		ask(req, 7, asked, "400");
	}
	for (size_t i = 1; i <= COUNTOF(good); i++)
		if (i != 7)
			ask(req, i, good, "400");
	ask(req, 7, good, "200");
	zmq_close(req);
}

/* ---- sockets without keys */

static void
test_no_keys(void **state)
{
	struct zev_options o = { .type = ZEV_DEALER };
	struct zev *z = zev_open(&o);

	(void)state;
	assert_int_equal(zev_bind(z, "tcp://127.0.0.1:9"), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(zev_connect(z, house.endpoint), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(zev_connect(z, "inproc://x"), -1);
	assert_int_equal(errno, EPROTONOSUPPORT);
	assert_int_equal(zev_bind(z, "ws://127.0.0.1:9"), -1);
	assert_int_equal(errno, EPROTONOSUPPORT);
}

/* Keys of nobody, or broken ones, are no reason to be open. */
static void
test_broken_keys(void **state)
{
	struct keys none = { .peers_dir = dir };
	struct zev_options o = { .type = ZEV_ROUTER, .keys = &none };
	struct zev *z = zev_open(&o);
	char where[64];

	(void)state;
	own_endpoint(where, sizeof(where));
	assert_int_equal(zev_bind(z, where), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(zev_connect(z, where), -1);
	assert_int_equal(errno, EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),
		TEST(test_unknown),
		TEST(test_new_peer),
		TEST(test_plaintext),
		TEST(test_wrong_server_key),
		TEST(test_nobody_answers),
		TEST(test_cut_off),
		TEST(test_stays_in_without),
		TEST(test_reopened_often),
		TEST(test_paused_stays_paused),
		TEST(test_strange_questions),
		TEST(test_no_keys),
		TEST(test_broken_keys),
	};

	alarm(PATIENCE_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
