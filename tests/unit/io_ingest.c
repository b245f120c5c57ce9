/* SPDX-License-Identifier: MIT */
/*
 * io_ingest.c: the daemon's end of the link, spoken to over real sockets by
 * collectors that behave, forget, skip and lie.
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

#include "loop.h"

static char endpoint[64];

/* The daemon behind it: what was handed over, and one collector's position. */
static struct {
	struct ingest *ingest;
	struct journal_mark mark;
	bool known;
	uint64_t last; /* record handed over */
	unsigned records, late;
	unsigned room; /* records it takes before it has enough; 0: all */
} house;

/* A collector, and what it was told last. */
static struct {
	struct zev *socket;
	struct link_msg told;
	unsigned ntold;
} collector;

static bool
position(void *arg, struct str name, struct journal_mark *mark)
{
	(void)arg;
	assert_true(str_is(name, "call"));
	*mark = house.mark;
	return house.known;
}

static bool
record(void *arg, const struct record *r, bool catching_up)
{
	(void)arg;
	assert_true(r->seq > house.last);
	house.last = r->seq;
	house.records++;
	house.late += catching_up;
	return house.room == 0 || house.records % house.room != 0;
}

static void
applied(void *arg, struct str name, const struct journal_mark *mark)
{
	(void)arg, (void)name;
	house.mark = *mark;
	house.known = true;
}

static bool
on_told(void *arg, const struct zev_frames *f)
{
	(void)arg;
	assert_true(link_open(&collector.told, f->frame[0].p, f->frame[0].n) > 0);
	collector.ntold++;
	return true;
}

static void
collector_open(void)
{
	struct zev_options o = { .type = ZEV_DEALER, .on_message = on_told };

	collector.socket = zev_open(&o);
	assert_non_null(collector.socket);
	assert_int_equal(zev_connect(collector.socket, endpoint), 0);
	collector.ntold = 0;
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
	snprintf(endpoint, sizeof(endpoint), "ipc:///tmp/ccmon-ingest-%d.ipc", (int)getpid());
	house.ingest = ingest_open(&o);
	assert_non_null(house.ingest);
	collector_open();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	zev_close(collector.socket);
	ingest_close(house.ingest);
	zev_end();
	return 0;
}

/* ---- the collector speaks */

static void
say(const struct link_msg *m)
{
	char buf[4096];
	size_t n = link_pack(m, buf, sizeof(buf));

	assert_true(n > 0);
	assert_int_equal(zev_send(collector.socket, STR_NONE, (struct str){ buf, (uint32_t)n }), 0);
}

static void
hello(uint8_t journal, uint64_t first, uint64_t last)
{
	say(&(struct link_msg){ .type = LINK_HELLO,
	    .version = WIRE_VERSION,
	    .name = STR_LIT("call"),
	    .host = STR_LIT("here"),
	    .pid = 1,
	    .journal_id = { journal },
	    .first = first,
	    .last = last });
}

static void
batch(uint64_t first, uint32_t count, bool bent)
{
	char buf[4096];
	struct block b;
	struct event heartbeat = { .event = EV_HEARTBEAT,
		.has = HAS(SOURCE) | HAS(TIME),
		.source = STR_LIT("pbx"),
		.time = 1000 };
	size_t n;

	block_begin(&b, buf, sizeof(buf), first);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(block_add_event(&b, 1000, &heartbeat), 0);
	n = block_seal(&b);
	buf[n - 1] ^= bent;
	say(&(struct link_msg){ .type = LINK_BATCH, .block = { buf, (uint32_t)n } });
}

static bool
was_told(void *arg)
{
	(void)arg;
	return collector.ntold > 0;
}

/* Waits for the next word, which must be this one. */
static void
expect(unsigned type, uint64_t seq)
{
	loop_until(was_told, NULL);
	assert_int_equal(collector.ntold, 1);
	assert_int_equal(collector.told.type, type);
	assert_int_equal(collector.told.seq, seq);
	collector.ntold = 0;
}

/* All sent before has been looked at, and answered by nothing. */
static void
expect_nothing_before(uint64_t wanted)
{
	hello(1, 1, wanted - 1);
	expect(LINK_WELCOME, wanted);
}

static void
commit(void)
{
	ingest_commit_begins(house.ingest);
	ingest_committed(house.ingest);
}

/* ---- the tests */

static void
test_a_good_collector(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	assert_int_equal(collector.told.credit, WIRE_CREDIT);
	batch(1, 3, false);
	expect(LINK_CREDIT, 3);
	assert_int_equal(house.records, 3);
	assert_int_equal(house.late, 0);
	assert_int_equal(house.mark.seq, 3);
	commit();
	expect(LINK_ACK, 3);
	commit(); /* nothing new: nothing said */
	batch(4, 1, false);
	expect(LINK_CREDIT, 4);
}

/* What is applied after a commit began is not in it. */
static void
test_ack_is_of_the_commit(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	batch(1, 2, false);
	expect(LINK_CREDIT, 2);
	ingest_commit_begins(house.ingest);
	batch(3, 2, false);
	expect(LINK_CREDIT, 4);
	ingest_committed(house.ingest);
	expect(LINK_ACK, 2);
}

static bool
is_over(void *arg)
{
	return clock_mono() >= *(msec_t *)arg;
}

/* That nothing comes can only be seen by giving it time to. */
static void
test_no_answer_before_loaded(void **state)
{
	msec_t over = clock_mono() + 300;

	(void)state;
	hello(1, 1, 0);
	loop_until(is_over, &over);
	assert_int_equal(collector.ntold, 0);
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
}

static void
test_known_journal(void **state)
{
	(void)state;
	house.known = true;
	house.mark = (struct journal_mark){ .id = { 1 }, .seq = 70 };
	ingest_ready(house.ingest, clock_mono());
	hello(1, 5, 90);
	expect(LINK_WELCOME, 71);
	assert_true(ingest_catching_up(house.ingest, clock_mono()));
	assert_false(ingest_catching_up(house.ingest, clock_mono() + 5000));
	batch(69, 10, false); /* 69, 70 were seen */
	expect(LINK_CREDIT, 78);
	assert_int_equal(house.records, 8);
	assert_int_equal(house.late, 8);
	batch(79, 12, false);
	expect(LINK_CREDIT, 90);
	assert_false(ingest_catching_up(house.ingest, clock_mono()));
	batch(91, 1, false);
	expect(LINK_CREDIT, 91);
	assert_int_equal(house.late, 20);
}

static void
test_new_journal(void **state)
{
	(void)state;
	house.known = true;
	house.mark = (struct journal_mark){ .id = { 1 }, .seq = 70 };
	ingest_ready(house.ingest, clock_mono());
	hello(2, 1, 3);
	expect(LINK_WELCOME, 1);
	assert_int_equal(house.mark.id[0], 2);
	assert_int_equal(house.mark.seq, 0);
}

static void
test_journal_without_begin_or_end(void **state)
{
	(void)state;
	house.known = true;
	house.mark = (struct journal_mark){ .id = { 1 }, .seq = 70 };
	ingest_ready(house.ingest, clock_mono());
	hello(1, 80, 90); /* 71..79 were pruned */
	expect(LINK_WELCOME, 80);
	assert_int_equal(house.mark.seq, 79);
	hello(1, 1, 60); /* 61..79 come again as others */
	expect(LINK_WELCOME, 61);
	assert_int_equal(house.mark.seq, 60);
}

static void
test_hole(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	batch(3, 1, false);
	expect(LINK_REWIND, 1);
	batch(4, 1, false); /* it was under way: said once is enough */
	expect_nothing_before(1);
	batch(1, 4, false);
	expect(LINK_CREDIT, 4);
	batch(6, 1, false);
	expect(LINK_REWIND, 5);
}

static void
test_damaged_block(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	batch(1, 2, true);
	expect(LINK_REWIND, 1);
	assert_int_equal(house.records, 0);
	batch(1, 2, false);
	expect(LINK_CREDIT, 2);
}

static void
test_stranger(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	batch(1, 1, false);
	expect(LINK_REWIND, 0);
	assert_int_equal(house.records, 0);
}

static void
test_nonsense(void **state)
{
	(void)state;
	ingest_ready(house.ingest, clock_mono());
	assert_int_equal(zev_send(collector.socket, STR_NONE, STR_LIT("GET / HTTP/1.1")), 0);
	assert_int_equal(zev_send(collector.socket, STR_LIT("two"), STR_LIT("frames")), 0);
	say(&(struct link_msg){ .type = LINK_ACK, .seq = 9 });
	say(&(struct link_msg){
	    .type = LINK_HELLO, .version = WIRE_VERSION + 1, .name = STR_LIT("call") });
	expect_nothing_before(1);
}

static void
test_newer_hello_wins(void **state)
{
	struct zev *former;

	(void)state;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	batch(1, 2, false);
	expect(LINK_CREDIT, 2);
	former = collector.socket;
	collector_open();
	hello(1, 1, 2);
	expect(LINK_WELCOME, 3);
	assert_int_equal(ingest_collectors(house.ingest), 1);
	batch(3, 1, false);
	expect(LINK_CREDIT, 3);
	zev_close(former);
}

static bool
has_status(void *arg)
{
	return ingest_report(house.ingest, 0, arg) &&
	       ((struct collector_report *)arg)->status.received > 0;
}

static void
test_status(void **state)
{
	struct collector_report r;

	(void)state;
	ingest_ready(house.ingest, clock_mono());
	assert_false(ingest_report(house.ingest, 0, &r));
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	say(&(struct link_msg){ .type = LINK_STATUS,
	    .received = 12,
	    .backlog = 3,
	    .journal = JOURNAL_FULL,
	    .problem = STR_LIT("no room") });
	expect(LINK_ACK, 0); /* the daemon lives */
	loop_until(has_status, &r);
	assert_string_equal(r.state, "live");
	assert_int_equal(r.status.backlog, 3);
	assert_int_equal(r.status.journal, JOURNAL_FULL);
	assert_true(str_is(r.problem, "no room"));
	assert_true(str_is(r.host, "here"));
}

/* Who takes the records has enough in the middle of a block: the rest waits,
 * the collector hears that we live, and credit is of whole blocks only. */
static void
test_enough_for_a_turn(void **state)
{
	(void)state;
	house.room = 4;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	(void)ingest_turn(house.ingest, clock_mono()); /* nobody else comes: all is live */
	batch(1, 6, false);
	batch(7, 3, false);
	say(&(struct link_msg){ .type = LINK_STATUS });
	expect(LINK_ACK, 0);
	assert_int_equal(house.records, 4);
	assert_int_equal(house.mark.seq, 4);
	assert_true(ingest_turn(house.ingest, clock_mono()) <= clock_mono());
	expect(LINK_CREDIT, 6);
	assert_int_equal(house.records, 8);
	ingest_hold(house.ingest, true);
	assert_int_equal(ingest_turn(house.ingest, clock_mono()), MSEC_NEVER);
	assert_int_equal(house.records, 8);
	ingest_hold(house.ingest, false);
	assert_int_equal(ingest_turn(house.ingest, clock_mono()), MSEC_NEVER);
	expect(LINK_CREDIT, 9);
	assert_int_equal(house.records, 9);
	assert_int_equal(house.late, 0);
	batch(10, 1, false); /* nothing waits: as it comes */
	expect(LINK_CREDIT, 10);
}

/* What waited of a collector that goes comes again, from its middle. */
static void
test_gone_in_the_middle_of_a_block(void **state)
{
	(void)state;
	house.room = 4;
	ingest_ready(house.ingest, clock_mono());
	hello(1, 1, 0);
	expect(LINK_WELCOME, 1);
	batch(1, 6, false);
	hello(1, 1, 6);
	expect(LINK_WELCOME, 5);
	(void)ingest_turn(house.ingest, clock_mono());
	assert_int_equal(house.records, 4);
	batch(1, 6, false);
	expect(LINK_CREDIT, 6);
	assert_int_equal(house.records, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_good_collector, begin, end),
		cmocka_unit_test_setup_teardown(test_ack_is_of_the_commit, begin, end),
		cmocka_unit_test_setup_teardown(test_no_answer_before_loaded, begin, end),
		cmocka_unit_test_setup_teardown(test_known_journal, begin, end),
		cmocka_unit_test_setup_teardown(test_new_journal, begin, end),
		cmocka_unit_test_setup_teardown(test_journal_without_begin_or_end, begin, end),
		cmocka_unit_test_setup_teardown(test_hole, begin, end),
		cmocka_unit_test_setup_teardown(test_damaged_block, begin, end),
		cmocka_unit_test_setup_teardown(test_stranger, begin, end),
		cmocka_unit_test_setup_teardown(test_nonsense, begin, end),
		cmocka_unit_test_setup_teardown(test_newer_hello_wins, begin, end),
		cmocka_unit_test_setup_teardown(test_status, begin, end),
		cmocka_unit_test_setup_teardown(test_enough_for_a_turn, begin, end),
		cmocka_unit_test_setup_teardown(test_gone_in_the_middle_of_a_block, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
