/* SPDX-License-Identifier: MIT */
/*
 * blast.c: the bench's publisher.  Sends COUNT events of 314 bytes, as fast
 * as its one subscriber takes them or at a given rate, and loses none.
 *
 *	blast ENDPOINT COUNT [RATE [QUEUES [BURST [FIRST]]]]
 *
 * It must be faster than any receiver, so that what is measured is the
 * receiver.  So all messages are written beforehand; what has to differ (seq,
 * time, the contact's number) is patched in place, digits over digits, and
 * the bytes are lent to libzmq, not copied.  A slot is used again only after
 * RING more messages, and libzmq holds at most HWM of them.
 *
 * The events are the lives of contacts: queued, ringing, answered, ended, 16
 * contacts at a time, spread over QUEUES (100) queues and 100 agents.  A run
 * that goes on where another ended says so by FIRST, the other's COUNT.
 *
 * The last line says how often the subscriber was not ready: none at full
 * speed means that the publisher was the slower one.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define BODY 314 /* bytes; the size the decoders were compared at */
#define RING 4096 /* messages; a power of two, of whole groups */
#define HWM 1000 /* messages */
#define GROUP 16 /* contacts that live at the same time */
#define STEPS 4 /* events in a life */
#define SEQ_DIGITS 10
#define TIME_DIGITS 13 /* epoch ms, until 2286 */
#define SEQ_FIRST INT64_C(1000000001) /* no leading zeros: not JSON */

struct slot {
	char topic[24];
	size_t topic_len;
	char body[BODY + 1];
	char *seq, *time, *contact;
};

static struct slot ring[RING];

static void
fatal(const char *what)
{
	fprintf(stderr, "blast: %s: %s\n", what, zmq_strerror(zmq_errno()));
	exit(1);
}

static int64_t
wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
digits(char *to, int n, int64_t value)
{
	while (n-- > 0) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Which contact of the ring, and which step of its life, is in slot i. */
static int
contact_of(int i)
{
	return i / (GROUP * STEPS) * GROUP + i % GROUP;
}

static int
step_of(int i)
{
	return i / GROUP % STEPS;
}

/* Appends to a body being written. */
static void __attribute__((format(printf, 2, 3))) add(struct slot *s, const char *fmt, ...)
{
	size_t n = strlen(s->body);
	va_list ap;
	int added;

	va_start(ap, fmt);
	added = vsnprintf(s->body + n, sizeof(s->body) - n, fmt, ap);
	va_end(ap);
	assert(added >= 0 && (size_t)added < sizeof(s->body) - n);
}

static void
write_slot(struct slot *s, int i, int queues)
{
	static const struct {
		const char *event;
		bool agent;
		const char *length; /* the member that has one, in ms */
	} steps[STEPS] = {
		{ "queued", false, NULL },
		{ "ringing", true, NULL },
		{ "answered", true, "wait_ms" },
		{ "ended", true, "talk_ms" },
	};
	int c = contact_of(i), queue = c * 7 % queues, step = step_of(i);
	size_t n;

	s->topic_len = (size_t)snprintf(s->topic, sizeof(s->topic), "call.q%d", queue);
	add(s, "{\"source\":\"bench\",\"seq\":%0*d,\"time\":%0*d", SEQ_DIGITS, 0, TIME_DIGITS, 0);
	add(s, ",\"channel\":\"call\",\"queue\":\"q%d\",\"contact\":\"c-%0*d\"", queue, SEQ_DIGITS,
	    0);
	add(s, ",\"event\":\"%s\"", steps[step].event);
	if (steps[step].agent)
		add(s, ",\"agent\":\"a%d\"", c % 100);
	if (steps[step].length != NULL)
		add(s, ",\"%s\":%d", steps[step].length, 1000 + c * 37 % 40000);
	add(s, ",\"note\":\"");
	n = strlen(s->body);
	memset(s->body + n, 'x', BODY - 2 - n);
	memcpy(s->body + BODY - 2, "\"}", 3);
	s->seq = strstr(s->body, "\"seq\":") + 6;
	s->time = strstr(s->body, "\"time\":") + 7;
	s->contact = strstr(s->body, "\"c-") + 3;
}

/* Patches slot of message i and sends it; returns 1 if it had to wait. */
static int
send_one(void *pub, int64_t i, int64_t now)
{
	struct slot *s = &ring[i % RING];
	int flags = ZMQ_DONTWAIT, waited = 0;

	digits(s->seq, SEQ_DIGITS, SEQ_FIRST + i);
	digits(s->time, TIME_DIGITS, now);
	digits(s->contact, SEQ_DIGITS, i / RING * (RING / STEPS) + contact_of((int)(i % RING)));
	while (zmq_send(pub, s->topic, s->topic_len, flags | ZMQ_SNDMORE) == -1) {
		if (zmq_errno() != EAGAIN)
			fatal("send");
		flags = 0;
		waited = 1;
	}
	if (zmq_send_const(pub, s->body, BODY, 0) == -1)
		fatal("send");
	return waited;
}

static int64_t
blast(void *pub, int64_t first, int64_t count)
{
	int64_t i, now = wall_ms(), waited = 0;

	for (i = first; i < first + count; i++) {
		if (i % 64 == 0)
			now = wall_ms();
		waited += send_one(pub, i, now);
	}
	return waited;
}

static int64_t
pace(void *pub, int64_t first, int64_t count, int64_t rate, int64_t burst)
{
	int64_t i, waited = 0, step = burst * 1000000000 / rate;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	for (i = first; i < first + count; i++) {
		if ((i - first) % burst == 0) {
			t.tv_nsec += step;
			t.tv_sec += t.tv_nsec / 1000000000;
			t.tv_nsec %= 1000000000;
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		}
		waited += send_one(pub, i, wall_ms());
	}
	return waited;
}

static void *
open_publisher(void *ctx, const char *endpoint)
{
	int one = 1, hwm = HWM, linger = -1;
	char subscription[256];
	void *pub = zmq_socket(ctx, ZMQ_XPUB);

	if (pub == NULL || zmq_setsockopt(pub, ZMQ_XPUB_NODROP, &one, sizeof(one)) == -1 ||
	    zmq_setsockopt(pub, ZMQ_SNDHWM, &hwm, sizeof(hwm)) == -1 ||
	    zmq_setsockopt(pub, ZMQ_LINGER, &linger, sizeof(linger)) == -1 ||
	    zmq_bind(pub, endpoint) == -1)
		fatal(endpoint);
	if (zmq_recv(pub, subscription, sizeof(subscription), 0) == -1)
		fatal("waiting for a subscriber");
	return pub;
}

static int64_t
number(int argc, char **argv, int i, int64_t otherwise)
{
	return i < argc ? strtoll(argv[i], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	int64_t count = number(argc, argv, 2, 0), rate = number(argc, argv, 3, 0);
	int64_t queues = number(argc, argv, 4, 100), burst = number(argc, argv, 5, 1);
	int64_t waited, first = number(argc, argv, 6, 0);
	int i;
	void *ctx, *pub;
	struct timespec a, b;

	if (count <= 0 || rate < 0 || queues <= 0 || burst <= 0) {
		fprintf(stderr, "usage: blast ENDPOINT COUNT [RATE [QUEUES [BURST [FIRST]]]]\n");
		return 64;
	}
	for (i = 0; i < RING; i++)
		write_slot(&ring[i], i, (int)queues);
	ctx = zmq_ctx_new();
	pub = open_publisher(ctx, argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &a);
	waited = rate > 0 ? pace(pub, first, count, rate, burst) : blast(pub, first, count);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%" PRId64 " events in %.3f s, waited %" PRId64 " times\n", count,
	    (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, waited);
	zmq_close(pub);
	zmq_ctx_term(ctx);
	return 0;
}
