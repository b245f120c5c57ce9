/* SPDX-License-Identifier: MIT */
/*
 * io_ingest_merge.c: two collectors hand over what they kept, over real
 * sockets, and what each does in between: wait, die, come back, come late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/daemon.h"

#include <stdio.h>
#include <unistd.h>

#include <ccmon/zev.h>

#include "daemon/merge.h"
#include "loop.h"

#define NEVER_MS 60000 /* longer than a test takes */
#define RECORDS_MAX 64

static char endpoint[64];

/* What was handed over, in that order. */
static struct {
	struct ingest *ingest;
	msec_t received[RECORDS_MAX];
	bool late[RECORDS_MAX];
	unsigned records;
	msec_t later; /* the clock is ahead by this */
} house;

static struct collector {
	struct str name;
	struct zev *socket;
	uint64_t credit, welcome, rewind; /* said last */
	unsigned welcomes, acks;
} call, chat;

/* ---- the daemon ---- */

static bool
position(void *arg, struct str name, struct journal_mark *mark)
{
	(void)arg, (void)name, (void)mark;
	return false;
}

static bool
record(void *arg, const struct record *r, bool catching_up)
{
	(void)arg;
	assert_true(house.records < RECORDS_MAX);
	house.late[house.records] = catching_up;
	house.received[house.records++] = r->received;
	return true;
}

static void
applied(void *arg, struct str name, const struct journal_mark *mark)
{
	(void)arg, (void)name, (void)mark;
}

/* ---- a collector ---- */

static bool
on_told(void *arg, const struct zev_frames *f)
{
	struct collector *c = arg;
	struct link_msg m;

	assert_true(link_open(&m, f->frame[0].p, f->frame[0].n) > 0);
	if (m.type == LINK_WELCOME) {
		c->welcome = m.seq;
		c->welcomes++;
	} else if (m.type == LINK_CREDIT) {
		c->credit = m.seq;
	} else if (m.type == LINK_REWIND) {
		c->rewind = m.seq;
	} else if (m.type == LINK_ACK) {
		c->acks++;
	}
	return true;
}

static void
connect_as(struct collector *c, struct str name)
{
	struct zev_options o = { .type = ZEV_DEALER, .on_message = on_told, .arg = c };

	*c = (struct collector){ .name = name, .socket = zev_open(&o) };
	assert_non_null(c->socket);
	assert_int_equal(zev_connect(c->socket, endpoint), 0);
}

static void
say(struct collector *c, const struct link_msg *m)
{
	char buf[4096];
	size_t n = link_pack(m, buf, sizeof(buf));

	assert_true(n > 0);
	assert_int_equal(zev_send(c->socket, STR_NONE, (struct str){ buf, (uint32_t)n }), 0);
}

/* A block of one record. */
static void
batch(struct collector *c, uint64_t seq, msec_t received)
{
	char buf[256];
	struct block b;
	struct reject reject = { .why = REFUSAL_NOT_JSON };
	size_t n;

	block_begin(&b, buf, sizeof(buf), seq);
	assert_int_equal(block_add_reject(&b, received, &reject), 0);
	n = block_seal(&b);
	say(c, &(struct link_msg){ .type = LINK_BATCH, .block = { buf, (uint32_t)n } });
}

/* ---- waiting ---- */

static bool
turn(void)
{
	(void)ingest_turn(house.ingest, clock_mono() + house.later);
	return true;
}

static bool
was_welcomed(void *arg)
{
	struct collector *c = arg;

	return turn() && c->welcomes > 0;
}

/* It has a journal that ends there. */
static void
hello(struct collector *c, uint64_t last)
{
	c->welcomes = 0;
	say(c, &(struct link_msg){ .type = LINK_HELLO,
	           .version = WIRE_VERSION,
	           .name = c->name,
	           .journal_id = { 1 },
	           .first = 1,
	           .last = last });
	loop_until(was_welcomed, c);
}

/* Their journals end there, and nobody else will come. */
static void
both_hello(uint64_t call_last, uint64_t chat_last)
{
	hello(&call, call_last);
	hello(&chat, chat_last);
	ingest_all_met(house.ingest);
}

static bool
are_so_many(void *arg)
{
	return turn() && house.records >= *(unsigned *)arg;
}

/* These were handed over, and no others. */
static void
expect(const msec_t *received, unsigned n)
{
	loop_until(are_so_many, &n);
	turn();
	assert_int_equal(house.records, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(house.received[i], received[i]);
}

#define EXPECT(...) expect((msec_t[]){ __VA_ARGS__ }, COUNTOF(((msec_t[]){ __VA_ARGS__ })))

static bool
was_acked(void *arg)
{
	struct collector *c = arg;

	return turn() && c->acks > 0;
}

/* All it sent has been looked at, and it heard what was said to that. */
static void
look_at_all_of(struct collector *c)
{
	c->acks = 0;
	say(c, &(struct link_msg){ .type = LINK_STATUS });
	loop_until(was_acked, c);
}

static bool
has_credit(void *arg)
{
	struct collector *c = arg;

	return turn() && c->credit > 0;
}

static int
begin(void **state)
{
	struct ingest_options o = {
		.endpoint = endpoint, .position = position, .record = record, .applied = applied
	};

	(void)state;
	clock_turn();
	memset(&house, 0, sizeof(house));
	snprintf(endpoint, sizeof(endpoint), "ipc:///tmp/ccmon-merge-%d.ipc", (int)getpid());
	house.ingest = ingest_open(&o);
	assert_non_null(house.ingest);
	connect_as(&call, STR_LIT("call"));
	connect_as(&chat, STR_LIT("chat"));
	ingest_ready(house.ingest, clock_mono() + NEVER_MS);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	zev_close(call.socket);
	zev_close(chat.socket);
	ingest_close(house.ingest);
	zev_end();
	return 0;
}

/* ---- the tests ---- */

static void
test_interleaved(void **state)
{
	(void)state;
	hello(&call, 3);
	batch(&call, 1, 100);
	batch(&call, 2, 300);
	batch(&call, 3, 500);
	look_at_all_of(&call);
	assert_int_equal(house.records, 0); /* the other has not said what it has */
	assert_true(ingest_catching_up(house.ingest, clock_mono()));
	hello(&chat, 2);
	ingest_all_met(house.ingest);
	look_at_all_of(&call);
	assert_int_equal(house.records, 0);
	batch(&chat, 1, 200);
	EXPECT(100, 200);
	batch(&chat, 2, 400);
	EXPECT(100, 200, 300, 400, 500);
	assert_false(ingest_catching_up(house.ingest, clock_mono()));
	for (unsigned i = 0; i < house.records; i++)
		assert_true(house.late[i]);
}

static void
test_credit_and_ack_as_ever(void **state)
{
	(void)state;
	both_hello(1, 1);
	batch(&call, 1, 100);
	look_at_all_of(&call);
	assert_int_equal(call.credit, 0); /* it is not applied */
	batch(&chat, 1, 200);
	loop_until(has_credit, &call);
	loop_until(has_credit, &chat);
	assert_int_equal(call.credit, 1);
	assert_int_equal(chat.credit, 1);
}

static void
test_live_waits(void **state)
{
	(void)state;
	both_hello(1, 0);
	batch(&chat, 1, 900);
	look_at_all_of(&chat);
	assert_int_equal(house.records, 0);
	batch(&call, 1, 100);
	EXPECT(100, 900);
	assert_true(house.late[1]); /* its time was then */
	batch(&chat, 2, 950);
	batch(&chat, 3, 960);
	EXPECT(100, 900, 950, 960);
	assert_false(house.late[3]);
}

static void
test_stalled(void **state)
{
	(void)state;
	both_hello(2, 2);
	batch(&chat, 1, 50);
	batch(&call, 1, 100);
	EXPECT(50); /* chat may have older ones than call's */
	house.later = MERGE_STALLED_MS;
	EXPECT(50, 100);
	house.later = 0;
	batch(&chat, 2, 60); /* late */
	EXPECT(50, 100, 60);
}

/* Who says HELLO anew sends anew, and is not waited for anew. */
static void
test_hello_again(void **state)
{
	(void)state;
	hello(&call, 2);
	batch(&call, 1, 100);
	batch(&call, 2, 300);
	look_at_all_of(&call);
	hello(&call, 2);
	assert_int_equal(call.welcome, 1);
	hello(&chat, 1);
	ingest_all_met(house.ingest);
	batch(&chat, 1, 200);
	look_at_all_of(&chat);
	assert_int_equal(house.records, 0); /* what call sent before is gone */
	batch(&call, 1, 100);
	EXPECT(100);
	batch(&call, 2, 300);
	EXPECT(100, 200, 300);
}

static void
test_dead(void **state)
{
	struct zev *former = chat.socket;

	(void)state;
	both_hello(1, 2);
	batch(&chat, 1, 200);
	look_at_all_of(&chat);
	connect_as(&chat, STR_LIT("chat"));
	zev_close(former);
	hello(&chat, 2); /* another process, the same journal */
	assert_int_equal(chat.welcome, 1);
	batch(&call, 1, 300);
	look_at_all_of(&call);
	assert_int_equal(house.records, 0);
	batch(&chat, 1, 200);
	batch(&chat, 2, 400);
	EXPECT(200, 300, 400);
}

/* It cannot be told that its last block is done, and nobody looks for that
 * block any more. */
static void
test_dead_with_a_block_that_waits(void **state)
{
	(void)state;
	both_hello(1, 1);
	batch(&chat, 1, 200);
	look_at_all_of(&chat);
	zev_close(chat.socket);
	connect_as(&chat, STR_LIT("third"));
	hello(&chat, 0); /* what is heard of it comes after that end */
	batch(&call, 1, 100);
	EXPECT(100, 200);
}

static void
test_hole_while_waiting(void **state)
{
	(void)state;
	both_hello(4, 1);
	batch(&call, 1, 100);
	batch(&call, 3, 300); /* 2 did not come */
	look_at_all_of(&call);
	assert_int_equal(call.rewind, 1); /* what waits is not applied */
	batch(&chat, 1, 200);
	look_at_all_of(&chat);
	assert_int_equal(house.records, 0);
	for (unsigned i = 1; i <= 4; i++)
		batch(&call, i, 100 * i);
	EXPECT(100, 200, 200, 300, 400);
}

static void
test_one_never_comes(void **state)
{
	(void)state;
	hello(&call, 1);
	batch(&call, 1, 100);
	batch(&call, 2, 110);
	look_at_all_of(&call);
	assert_int_equal(house.records, 0);
	ingest_ready(house.ingest, clock_mono()); /* the greeting is over */
	EXPECT(100, 110);
	assert_false(ingest_catching_up(house.ingest, clock_mono()));
}

static void
test_one_comes_late(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(&call, 1);
	batch(&call, 1, 500);
	EXPECT(500);
	hello(&chat, 2);
	assert_true(ingest_catching_up(house.ingest, clock_mono()));
	batch(&call, 2, 900); /* live: does not wait, the clock is there */
	EXPECT(500, 900);
	batch(&chat, 1, 100);
	EXPECT(500, 900, 100);
	assert_false(house.late[1]);
	assert_true(house.late[2]);
}

static void
test_held(void **state)
{
	(void)state;
	both_hello(1, 0);
	batch(&chat, 1, 900);
	look_at_all_of(&chat);
	batch(&call, 1, 100);
	ingest_hold(house.ingest, true);
	(void)ingest_turn(house.ingest, clock_mono() + MERGE_STALLED_MS);
	assert_int_equal(house.records, 0);
	assert_false(ingest_catching_up(house.ingest, clock_mono() + MERGE_STALLED_MS));
	ingest_hold(house.ingest, false);
	EXPECT(100, 900);
}

static void
test_stopped(void **state)
{
	(void)state;
	both_hello(1, 0);
	batch(&chat, 1, 900);
	look_at_all_of(&chat);
	ingest_stop(house.ingest);
	(void)ingest_turn(house.ingest, clock_mono() + MERGE_STALLED_MS);
	assert_int_equal(house.records, 0); /* it is in the journal */
}

/* A collector may send ahead as far as its credit goes; who sends more is
 * asked for all of it again, once it may. */
static void
test_more_than_its_credit(void **state)
{
	static char buf[WIRE_BLOCK_MAX], message[WIRE_BLOCK_MAX + 64];
	struct reject reject = { .why = REFUSAL_NOT_JSON };
	struct block b;
	uint64_t seq = 1;

	(void)state;
	hello(&call, 1000000);
	for (size_t sent = 0; sent <= WIRE_CREDIT; sent += b.len) {
		struct link_msg m = { .type = LINK_BATCH };
		uint32_t n;

		block_begin(&b, buf, sizeof(buf), seq);
		while (block_add_reject(&b, 100, &reject) == 0)
			seq++;
		m.block = (struct str){ buf, (uint32_t)block_seal(&b) };
		n = (uint32_t)link_pack(&m, message, sizeof(message));
		assert_int_equal(zev_send(call.socket, STR_NONE, (struct str){ message, n }), 0);
	}
	look_at_all_of(&call);
	assert_int_equal(call.rewind, 1);
	assert_int_equal(house.records, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_interleaved),
		TEST(test_credit_and_ack_as_ever),
		TEST(test_live_waits),
		TEST(test_stalled),
		TEST(test_hello_again),
		TEST(test_dead),
		TEST(test_dead_with_a_block_that_waits),
		TEST(test_hole_while_waiting),
		TEST(test_one_never_comes),
		TEST(test_one_comes_late),
		TEST(test_held),
		TEST(test_stopped),
		TEST(test_more_than_its_credit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
