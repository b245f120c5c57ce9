/* SPDX-License-Identifier: MIT */
/*
 * io_input.c: messages over real sockets, made events, refused or skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/collector.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"
#include "ccmon/zev.h"
#include "stopwatch.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#define PATIENCE INT64_C(10000) /* ms a condition may take to come true */
#define EVENT_OF(contact)                                                                          \
	"{\"source\":\"pbx1\",\"time\":1700000000000,\"event\":\"queued\","                        \
	"\"channel\":\"call\",\"queue\":\"sales\",\"contact\":\"" contact "\""

static const uint8_t key[SIPHASH_KEY] = "0123456789abcdef";
static struct input *input;
static struct counters counters;
static void *context, *sender;
static char endpoint[64];
static unsigned events, rejects, messages, pause_after;
static char contact[64], customer[64], source[64], detail[64];
static struct reject reject;

static void
keep(char to[64], struct str s)
{
	(void)snprintf(to, 64, "%.*s", STR_ARG(s));
}

static void
on_event(void *arg, msec_t received, const struct event *ev)
{
	(void)arg;
	assert_true(received == clock_wall());
	events++;
	keep(contact, ev->contact);
	keep(customer, ev->customer);
	keep(source, ev->source);
}

static void
on_reject(void *arg, const struct reject *r)
{
	(void)arg;
	rejects++;
	reject = *r;
	keep(source, r->source);
	keep(detail, r->detail);
}

static void
on_settle(void *arg)
{
	(void)arg;
	if (++messages == pause_after)
		input_pause(input);
}

/* ---- waiting */

static bool
has_messages(unsigned n)
{
	return messages >= n;
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
await_messages(unsigned n)
{
	msec_t limit;

	clock_turn();
	for (limit = ran() + PATIENCE; !has_messages(n); turn())
		assert_true(ran() < limit);
	assert_int_equal(messages, n);
	assert_int_equal(counters.received, n);
}

/* ---- around each test */

static int
begin(const char *dialect, enum input_type type)
{
	static unsigned n;
	static char empty[] = "";
	static char *bind[] = { endpoint, NULL }, *all[] = { empty, NULL };
	static struct input_settings s; /* the input looks at it all its life */
	struct input_options o = { .settings = &s,
		.collector = "call",
		.key = key,
		.customer_key = key,
		.counters = &counters,
		.event = on_event,
		.reject = on_reject,
		.settle = on_settle };

	s = (struct input_settings){ .type = (uint8_t)type,
		.bind = bind,
		.subscribe = all,
		.dialect = (char *)(uintptr_t)dialect,
		.source = (char *)(uintptr_t) "pbx1",
		.hwm = 1000 };
	clock_turn();
	counters = (struct counters){ 0 };
	events = rejects = messages = pause_after = 0;
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://@ccmon-input-%d-%u", (int)getpid(), n++);
	return input_open(&input, &o);
}

static int
connect_sender(int type)
{
	int linger = 0;

	context = zmq_ctx_new();
	sender = zmq_socket(context, type);
	(void)zmq_setsockopt(sender, ZMQ_LINGER, &linger, sizeof(linger));
	return zmq_connect(sender, endpoint);
}

static int
setup(void **state)
{
	(void)state;
	return begin("native", INPUT_ZMQ_PULL) != 0 || connect_sender(ZMQ_PUSH) != 0;
}

static int
setup_queue_log(void **state)
{
	(void)state;
	return begin("queue_log", INPUT_ZMQ_PULL) != 0 || connect_sender(ZMQ_PUSH) != 0;
}

static int
setup_sub(void **state)
{
	(void)state;
	return begin("native", INPUT_ZMQ_SUB) != 0 || connect_sender(ZMQ_XPUB) != 0;
}

static int
teardown(void **state)
{
	(void)state;
	input_close(input);
	zmq_close(sender);
	zmq_ctx_term(context);
	return 0;
}

static void
send_text(const char *s, int flags)
{
	assert_int_equal(zmq_send(sender, s, strlen(s), flags), strlen(s));
}

/* ---- tests */

static void
events_with_and_without_topic(void **state)
{
	(void)state;
	send_text(EVENT_OF("c1") "}", 0);
	await_messages(1);
	assert_string_equal(contact, "c1");
	send_text("call.sales", ZMQ_SNDMORE);
	send_text(EVENT_OF("c2") "}", 0);
	await_messages(2);
	assert_string_equal(contact, "c2");
	assert_string_equal(source, "pbx1");
	assert_int_equal(events, 2);
	assert_int_equal(counters.refused, 0);
}

static void
customer_is_hashed(void **state)
{
	char want[SIPHASH_HEX + 1] = "";

	(void)state;
	siphash_hex(want, key, STR_LIT("+4722225555"));
	send_text(EVENT_OF("c1") ",\"customer\":\"+4722225555\"}", 0);
	await_messages(1);
	assert_string_equal(customer, want);
}

static void
refused_with_reason_and_sample(void **state)
{
	(void)state;
	send_text("this is no JSON", 0);
	await_messages(1);
	assert_int_equal(reject.why, REFUSAL_NOT_JSON);
	assert_string_equal(source, "call"); /* the collector's name */
	assert_int_equal(reject.sample.n, 15);
	send_text("{\"source\":\"pbx1\",\"time\":1700000000000,\"event\":\"queued\","
	          "\"channel\":\"call\",\"queue\":\"sales\"}",
	    0);
	await_messages(2);
	assert_int_equal(reject.why, REFUSAL_MISSING);
	assert_string_equal(source, "pbx1");
	assert_string_equal(detail, "contact");
	assert_int_equal(counters.refused, 2);
	assert_int_equal(events, 0);
}

static void
oversized_is_told_and_not_cut_off(void **state)
{
	static char body[EVENT_BODY_MAX + 1];

	(void)state;
	memset(body, '{', sizeof(body));
	assert_int_equal(zmq_send(sender, body, sizeof(body), 0), sizeof(body));
	send_text(EVENT_OF("c1") "}", 0);
	await_messages(2);
	assert_int_equal(reject.why, REFUSAL_OVERSIZED);
	assert_int_equal(reject.sample.n, REJECT_SAMPLE_MAX);
	assert_int_equal(events, 1);
}

static void
three_frames(void **state)
{
	(void)state;
	send_text("call.sales", ZMQ_SNDMORE);
	send_text(EVENT_OF("c1") "}", ZMQ_SNDMORE);
	send_text("more", 0);
	await_messages(1);
	assert_int_equal(reject.why, REFUSAL_BAD_FRAMES);
	assert_int_equal(events, 0);
}

static void
skipped_is_counted(void **state)
{
	(void)state;
	send_text("1700000000|NONE|NONE|NONE|CONFIGRELOAD|", 0);
	await_messages(1);
	assert_int_equal(counters.skipped, 1);
	assert_int_equal(rejects, 0);
	assert_int_equal(events, 0);
}

/* Paused in the middle of a run: none is lost, none comes twice. */
static void
paused_and_resumed(void **state)
{
	char body[256];

	(void)state;
	pause_after = 10;
	for (unsigned i = 1; i <= 50; i++) {
		(void)snprintf(body, sizeof(body), EVENT_OF("c%u") "}", i);
		send_text(body, 0);
	}
	await_messages(10);
	for (unsigned i = 0; i < 5; i++)
		turn();
	assert_int_equal(messages, 10);
	assert_string_equal(contact, "c10");
	input_resume(input);
	await_messages(50);
	assert_string_equal(contact, "c50");
	assert_int_equal(events, 50);
}

static void
subscribes(void **state)
{
	char subscription[8];

	(void)state;
	while (zmq_recv(sender, subscription, sizeof(subscription), ZMQ_DONTWAIT) < 0)
		turn();
	send_text("call.sales", ZMQ_SNDMORE);
	send_text(EVENT_OF("c1") "}", 0);
	await_messages(1);
	assert_int_equal(events, 1);
}

static void
unknown_dialect(void **state)
{
	(void)state;
	assert_int_equal(begin("nativ", INPUT_ZMQ_PULL), EXIT_CONFIG);
}

/* Its lines do not say who wrote them. */
static void
nameless_source(void **state)
{
	struct input_settings s = {
		.type = INPUT_ZMQ_PULL, .dialect = (char *)(uintptr_t) "queue_log", .hwm = 10
	};
	struct input_options o = { .settings = &s, .collector = "call", .counters = &counters };

	(void)state;
	assert_int_equal(input_open(&input, &o), EXIT_CONFIG);
}

static void
bad_endpoint(void **state)
{
	char *bind[] = { (char *)(uintptr_t) "tcp://nowhere", NULL };
	struct input_settings s = { .type = INPUT_ZMQ_PULL,
		.bind = bind,
		.dialect = (char *)(uintptr_t) "native",
		.hwm = 10 };
	struct input_options o = { .settings = &s, .collector = "call", .counters = &counters };

	(void)state;
	assert_int_not_equal(input_open(&input, &o), 0);
}

#define PULLING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PULLING(events_with_and_without_topic),
		PULLING(customer_is_hashed),
		PULLING(refused_with_reason_and_sample),
		PULLING(oversized_is_told_and_not_cut_off),
		PULLING(three_frames),
		PULLING(paused_and_resumed),
		cmocka_unit_test_setup_teardown(skipped_is_counted, setup_queue_log, teardown),
		cmocka_unit_test_setup_teardown(subscribes, setup_sub, teardown),
		cmocka_unit_test(unknown_dialect),
		cmocka_unit_test(nameless_source),
		cmocka_unit_test(bad_endpoint),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	zev_end();
	return rc;
}
