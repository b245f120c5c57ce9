/* SPDX-License-Identifier: MIT */
/*
 * io_uplink.c: the uplink against a daemon played by this file.  Whatever the
 * daemon does, each record must arrive, and count once where the daemon skips
 * what it has.
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

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE INT64_C(10000) /* ms a condition may take to come true */
#define RECORDS_MAX 4096

/* ---- the daemon */

struct daemon {
	struct zev *zev;
	char peer[256]; /* who said HELLO; "" nobody */
	uint32_t peer_len;
	uint64_t next; /* wanted */
	uint64_t credit; /* to give in the WELCOME */
	bool mute; /* answers nothing */
	bool holds_credit; /* gives no CREDIT */
	bool jumps; /* takes HELLO's `first` when that is later */
	unsigned hellos, batches, statuses, too_early;
	size_t batch_bytes;
	uint64_t batch_first; /* of the last one */
	struct link_msg hello, status;
	bool has_id;
	uint8_t id[16];
	unsigned applied[RECORDS_MAX]; /* how often, by number */
	unsigned seen[RECORDS_MAX];
};

static char dir[64], endpoint[64];
static struct daemon daemon_;
static char other_endpoint[72];
static struct daemon other; /* of the same site; it is only there in some tests */
static struct journal *journal;
static struct uplink *uplink_;
static struct counters counters;
static uint8_t space[WIRE_BLOCK_MAX];

static void
say_to(struct daemon *d, struct str peer, const struct link_msg *m)
{
	char buf[128];
	size_t n = link_pack(m, buf, sizeof(buf));

	assert_true(n > 0);
	assert_int_equal(zev_send(d->zev, peer, (struct str){ buf, (uint32_t)n }), 0);
}

static void
say(struct daemon *d, uint8_t type, uint64_t seq)
{
	struct link_msg m = { .type = type, .seq = seq, .credit = d->credit };

	say_to(d, (struct str){ d->peer, d->peer_len }, &m);
}

static void
take_batch(struct daemon *d, const struct link_msg *m)
{
	struct block_reader reader;
	struct record r;
	struct block b;

	assert_int_equal(block_open(&b, m->block.p, m->block.n), 0);
	d->batches++;
	d->batch_bytes += m->block.n;
	d->batch_first = b.first;
	if (b.first > d->next) {
		d->too_early++;
		return;
	}
	block_read(&b, &reader);
	while (block_next(&reader, &r) == 1) {
		assert_true(r.seq < RECORDS_MAX);
		d->seen[r.seq]++;
		if (r.seq < d->next)
			continue;
		d->applied[r.seq]++;
		d->next = r.seq + 1;
	}
	if (!d->holds_credit)
		say(d, LINK_CREDIT, d->next - 1);
}

static void
take_hello(struct daemon *d, const struct link_msg *m, struct str peer)
{
	d->hellos++;
	d->hello = *m;
	if (d->mute)
		return;
	if (d->has_id && memcmp(d->id, m->journal_id, sizeof(d->id)) != 0)
		d->next = m->first; /* a journal it does not know */
	memcpy(d->id, m->journal_id, sizeof(d->id));
	d->has_id = true;
	memcpy(d->peer, peer.p, peer.n);
	d->peer_len = peer.n;
	if (d->jumps && m->first > d->next)
		d->next = m->first;
	say(d, LINK_WELCOME, d->next);
}

static bool
on_message(void *arg, const struct zev_frames *f)
{
	struct daemon *d = arg;
	struct link_msg m;
	int type = link_open(&m, f->frame[0].p, f->frame[0].n);

	assert_int_equal(f->n, 1);
	if (type == LINK_HELLO) {
		take_hello(d, &m, f->peer);
	} else if (f->peer.n != d->peer_len || memcmp(f->peer.p, d->peer, f->peer.n) != 0) {
		if (!d->mute)
			say_to(d, f->peer, &(struct link_msg){ .type = LINK_REWIND });
	} else if (type == LINK_BATCH) {
		take_batch(d, &m);
	} else if (type == LINK_STATUS) {
		d->statuses++;
		d->status = m;
	}
	return true;
}

static void
other_starts(bool mute)
{
	struct zev_options o = {
		.type = ZEV_ROUTER, .hwm = 1000, .on_message = on_message, .arg = &other
	};

	other.mute = mute;
	other.zev = zev_open(&o);
	assert_non_null(other.zev);
	assert_int_equal(zev_bind(other.zev, other_endpoint), 0);
}

static void
daemon_dies(void)
{
	zev_close(daemon_.zev);
	daemon_.zev = NULL;
	daemon_.peer_len = 0;
}

/* ---- the collector */

static int
read_block(void *arg, uint64_t seq, struct sealed *out)
{
	(void)arg;
	return journal_read(journal, seq, out);
}

static void
note_ack(void *arg, uint64_t seq)
{
	(void)arg;
	journal_ack(journal, seq);
}

static int
renew(void *arg, uint64_t from)
{
	(void)arg;
	return journal_renew(journal, from);
}

static void
look(void *arg, struct journal_facts *f)
{
	(void)arg;
	journal_look(journal, f);
}

static struct journal_facts
facts(void)
{
	struct journal_facts f;

	journal_look(journal, &f);
	return f;
}

static void
journal_starts(void)
{
	struct journal_options o = { dir, INT64_C(86400000), INT64_C(8) << 20 };

	assert_int_equal(journal_open(&journal, &o), 0);
}

static void
uplink_starts(void)
{
	char *endpoints[] = { endpoint, other.zev != NULL ? other_endpoint : NULL, NULL };
	struct uplink_options o = { .endpoints = endpoints,
		.name = "call",
		.read = read_block,
		.ack = note_ack,
		.renew = renew,
		.look = look,
		.counters = &counters };

	uplink_ = uplink_open(&o);
	assert_non_null(uplink_);
}

/* A block of `count` records, kept and offered as the spool would. */
static uint32_t
write_records(uint32_t count)
{
	struct event ev = { .event = EV_HEARTBEAT };
	uint64_t first = facts().last + 1;
	struct sealed s;
	struct block b;
	uint32_t i;

	block_begin(&b, space, sizeof(space), first);
	for (i = 0; i < count; i++)
		assert_int_equal(block_add_event(&b, clock_wall(), &ev), 0);
	s = (struct sealed){ .bytes = { (const char *)space, (uint32_t)block_seal(&b) },
		.first = first,
		.count = count };
	assert_int_equal(journal_append(journal, &s), 0);
	if (uplink_ != NULL)
		uplink_offer(uplink_, &s);
	return s.bytes.n;
}

/* ---- waiting */

static void
turn(void)
{
	struct timeval tick = { 0, 5000 };

	(void)event_base_loopexit(service_base(), &tick);
	(void)event_base_loop(service_base(), EVLOOP_ONCE);
	clock_turn();
	if (uplink_ != NULL)
		(void)uplink_turn(uplink_);
}

static bool
has_applied(uint64_t last)
{
	return daemon_.next == last + 1;
}

static bool
has_said_hello(uint64_t n)
{
	return daemon_.hellos >= n;
}

static bool
has_batches(uint64_t n)
{
	return daemon_.batches >= n;
}

static bool
has_status(uint64_t n)
{
	return daemon_.statuses >= n;
}

static bool
is_acked(uint64_t seq)
{
	return facts().acked == seq;
}

static bool
is_welcome(uint64_t arg)
{
	(void)arg;
	return uplink_is_welcome(uplink_);
}

static void
await(bool (*condition)(uint64_t), uint64_t arg)
{
	msec_t limit;

	clock_turn();
	for (limit = ran() + PATIENCE; !condition(arg); turn())
		assert_true(ran() < limit);
}

/* libzmq closes a socket on a thread of its own: the place of one that died in
 * this process may be taken for a moment. */
static bool
is_bound(uint64_t arg)
{
	(void)arg;
	if (zev_bind(daemon_.zev, endpoint) == 0)
		return true;
	assert_int_equal(errno, EADDRINUSE);
	return false;
}

static void
daemon_starts(void)
{
	struct zev_options o = {
		.type = ZEV_ROUTER, .hwm = 1000, .on_message = on_message, .arg = &daemon_
	};

	daemon_.zev = zev_open(&o);
	assert_non_null(daemon_.zev);
	await(is_bound, 0);
}

static void
assert_each_once(uint64_t first, uint64_t last)
{
	uint64_t i;

	for (i = first; i <= last; i++)
		assert_int_equal(daemon_.applied[i], 1);
}

/* ---- around each test */

static int
setup(void **state)
{
	static unsigned n;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/ccmon-uplink-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://@ccmon-uplink-%d-%u", (int)getpid(), n++);
	(void)snprintf(other_endpoint, sizeof(other_endpoint), "%s-other", endpoint);
	clock_turn();
	daemon_ = other = (struct daemon){ .next = 1, .credit = WIRE_CREDIT };
	counters = (struct counters){ 0 };
	uplink_ = NULL;
	journal_starts();
	return 0;
}

static int
teardown(void **state)
{
	char path[128];

	(void)state;
	uplink_close(uplink_);
	uplink_ = NULL;
	zev_close(daemon_.zev);
	zev_close(other.zev);
	journal_close(journal);
	(void)snprintf(path, sizeof(path), "%s/journal.mdb", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/journal.mdb-lock", dir);
	(void)unlink(path);
	return rmdir(dir);
}

/* ---- tests */

static void
old_ones_then_live_ones(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		write_records(10);
	daemon_starts();
	uplink_starts();
	await(has_applied, 50);
	assert_true(daemon_.hello.first == 1 && daemon_.hello.last == 50);
	assert_int_equal(daemon_.hello.version, WIRE_VERSION);
	assert_int_equal(daemon_.hello.pid, getpid());
	for (i = 0; i < 5; i++)
		write_records(7);
	await(has_applied, 85);
	assert_each_once(1, 85);
	assert_int_equal(daemon_.batches, 10); /* and none twice */
}

static void
resumes_where_the_daemon_is(void **state)
{
	(void)state;
	write_records(10);
	write_records(10);
	write_records(10);
	daemon_.next = 15;
	daemon_starts();
	uplink_starts();
	await(has_applied, 30);
	assert_int_equal(daemon_.seen[10], 0);
	assert_int_equal(daemon_.seen[11], 1); /* in the block of 15 */
	assert_int_equal(daemon_.applied[14], 0);
	assert_each_once(15, 30);
}

static void
no_more_than_credit(void **state)
{
	uint32_t size = write_records(100);
	int i;

	(void)state;
	for (i = 1; i < 20; i++)
		assert_int_equal(write_records(100), size);
	daemon_.credit = 3 * size + size / 2;
	daemon_.holds_credit = true;
	daemon_starts();
	uplink_starts();
	await(has_batches, 3);
	await(has_status, 1); /* as good a time as any for a fourth to come */
	assert_int_equal(daemon_.batches, 3);
	say(&daemon_, LINK_CREDIT, 100);
	await(has_batches, 4);
	await(has_status, 2);
	assert_int_equal(daemon_.batches, 4);
	daemon_.holds_credit = false;
	say(&daemon_, LINK_CREDIT, 400);
	await(has_applied, 2000);
	assert_each_once(1, 2000);
}

static void
block_beyond_all_credit(void **state)
{
	(void)state;
	write_records(100);
	write_records(100);
	daemon_.credit = 1;
	daemon_starts();
	uplink_starts();
	await(has_applied, 200);
	assert_each_once(1, 200);
}

static void
rewound(void **state)
{
	(void)state;
	daemon_starts();
	uplink_starts();
	await(is_welcome, 0);
	write_records(10);
	write_records(10);
	await(has_applied, 20);
	say(&daemon_, LINK_ACK, 20);
	await(is_acked, 20);
	daemon_.next = 11; /* its store was put back */
	say(&daemon_, LINK_REWIND, 11);
	await(has_applied, 20);
	assert_int_equal(daemon_.seen[10], 1);
	assert_int_equal(daemon_.seen[11], 2);
	assert_true(facts().acked == 10);
	write_records(10);
	await(has_applied, 30);
}

static void
late_ack_changes_nothing(void **state)
{
	(void)state;
	daemon_starts();
	uplink_starts();
	write_records(10);
	await(has_applied, 10);
	say(&daemon_, LINK_ACK, 10);
	say(&daemon_, LINK_ACK, 4);
	await(has_status, 1);
	await(is_acked, 10);
}

/* A new daemon at the same place, which knows how far the old one was. */
static void
daemon_replaced(void **state)
{
	(void)state;
	daemon_starts();
	uplink_starts();
	await(is_welcome, 0);
	write_records(10);
	await(has_applied, 10);
	daemon_dies();
	write_records(10);
	write_records(10);
	daemon_.hellos = 0;
	daemon_starts();
	await(has_applied, 30);
	write_records(10);
	await(has_applied, 40);
	assert_each_once(1, 40);
	assert_true(daemon_.hellos >= 1);
}

static void
silence_means_hello(void **state)
{
	struct stopwatch silence;

	(void)state;
	daemon_starts();
	uplink_starts();
	await(is_welcome, 0);
	silence = stopwatch();
	daemon_.hellos = 0;
	await(has_said_hello, 1);
	assert_took(silence, 2500, 4500); /* SILENCE is 3 s */
	await(is_welcome, 0);
}

static void
hello_until_answered(void **state)
{
	(void)state;
	write_records(10);
	daemon_.mute = true;
	daemon_starts();
	uplink_starts();
	await(has_said_hello, 3);
	assert_int_equal(daemon_.batches, 0);
	daemon_.mute = false;
	await(has_applied, 10);
	assert_int_equal(daemon_.batches, 1);
}

static void
status_tells(void **state)
{
	(void)state;
	counters = (struct counters){
		.received = 100, .refused = 7, .skipped = 5, .repeats = 2, .unjournaled = 3
	};
	daemon_starts();
	uplink_starts();
	write_records(10);
	await(has_applied, 10);
	say(&daemon_, LINK_ACK, 4);
	await(is_acked, 4);
	daemon_.statuses = 0;
	await(has_status, 2); /* the first may have been on its way before the ACK */
	assert_true(daemon_.status.received == 100 && daemon_.status.refused == 7);
	assert_true(daemon_.status.skipped == 5 && daemon_.status.unjournaled == 3);
	assert_int_equal(daemon_.status.repeats, 2);
	assert_true(daemon_.status.backlog == 6 && daemon_.status.journal_bytes > 0);
	assert_int_equal(daemon_.status.journal, JOURNAL_OK);
}

/* The journal lost its last blocks, and has new ones with the same numbers. */
static void
journal_put_back(void **state)
{
	uint8_t old[16];

	(void)state;
	write_records(10);
	memcpy(old, facts().id, sizeof(old));
	memcpy(daemon_.id, old, sizeof(old));
	daemon_.has_id = true;
	daemon_.next = 26; /* it has 11 to 25 of the life that was lost */
	daemon_.mute = true;
	daemon_starts();
	uplink_starts();
	await(has_said_hello, 1);
	write_records(30); /* new ones, before the daemon could say so */
	daemon_.mute = false;
	await(has_applied, 40);
	assert_each_once(11, 40);
	assert_true(daemon_.hello.first == 11);
	assert_memory_not_equal(daemon_.id, old, sizeof(old));
	assert_memory_equal(daemon_.id, facts().id, sizeof(old));
}

/* Records that cannot be read are told, not passed over in silence. */
static void
hole_in_the_journal(void **state)
{
	struct event ev = { .event = EV_HEARTBEAT };
	struct sealed s;
	struct block b;

	(void)state;
	write_records(10);
	block_begin(&b, space, sizeof(space), 11);
	assert_int_equal(block_add_event(&b, clock_wall(), &ev), 0);
	assert_int_equal(block_add_event(&b, clock_wall(), &ev), 0);
	s = (struct sealed){
		.bytes = { (const char *)space, (uint32_t)block_seal(&b) }, .first = 11, .count = 2
	};
	space[s.bytes.n - 1] ^= 1; /* as a bad disk would */
	assert_int_equal(journal_append(journal, &s), 0);
	write_records(10);
	daemon_.jumps = true;
	daemon_starts();
	uplink_starts();
	await(has_applied, 22);
	assert_each_once(1, 10);
	assert_each_once(13, 22);
	assert_true(daemon_.hello.first == 13);
	assert_int_equal(daemon_.too_early, 0);
}

static void
nonsense_is_no_answer(void **state)
{
	struct str peer;

	(void)state;
	daemon_starts();
	uplink_starts();
	await(is_welcome, 0);
	peer = (struct str){ daemon_.peer, daemon_.peer_len };
	assert_int_equal(zev_send(daemon_.zev, peer, STR_LIT("nonsense")), 0);
	assert_int_equal(zev_send(daemon_.zev, peer, STR_LIT("")), 0);
	say(&daemon_, LINK_STATUS, 0);
	say(&daemon_, LINK_WELCOME, 900); /* not asked for */
	write_records(10);
	await(has_applied, 10);
	assert_each_once(1, 10);
}

/* ---- two daemons, one has the site */

static bool
other_has_applied(uint64_t last)
{
	return other.next == last + 1;
}

static bool
other_has_said_hello(uint64_t n)
{
	return other.hellos >= n;
}

static void
only_one_answers(void **state)
{
	(void)state;
	daemon_.mute = true;
	daemon_starts();
	other_starts(false);
	uplink_starts();
	await(is_welcome, 0);
	write_records(10);
	await(other_has_applied, 10);
	assert_int_equal(daemon_.batches + daemon_.statuses, 0);
	assert_true(daemon_.hellos > 0);
}

/* It hangs, the other takes over where it committed; then it goes on. */
static void
the_other_takes_over(void **state)
{
	(void)state;
	daemon_starts();
	other_starts(true);
	uplink_starts();
	write_records(10);
	await(has_applied, 10);
	say(&daemon_, LINK_ACK, 6);
	await(is_acked, 6);
	daemon_.mute = daemon_.holds_credit = true;
	other.hellos = 0;
	await(other_has_said_hello, 1); /* it is missed */
	assert_false(uplink_is_welcome(uplink_));
	other.mute = false;
	other.next = 7;
	write_records(10);
	await(other_has_applied, 20);
	for (uint64_t i = 7; i <= 20; i++)
		assert_int_equal(other.applied[i], 1);
	say(&daemon_, LINK_WELCOME, 1);
	say(&daemon_, LINK_ACK, 20);
	say(&daemon_, LINK_REWIND, 1);
	say(&daemon_, LINK_REWIND, 0);
	write_records(10);
	await(other_has_applied, 30);
	assert_int_equal(facts().acked, 6); /* of what ours did not say */
	assert_int_equal(other.applied[6], 0);
	for (uint64_t i = 11; i <= 30; i++)
		assert_int_equal(daemon_.applied[i], 0);
}

/* It takes all and commits nothing: cut off from Redis, which the other has. */
static void
one_that_does_not_commit_is_doubted(void **state)
{
	(void)state;
	daemon_starts();
	other_starts(true);
	uplink_starts();
	await(is_welcome, 0);
	write_records(10);
	await(has_applied, 10);
	other.hellos = 0;
	say(&daemon_, LINK_CREDIT, 10); /* alive */
	daemon_.credit = 0;
	other.mute = false;
	for (unsigned heard = 0; other.next != 11; turn()) {
		if (daemon_.statuses == heard)
			continue;
		heard = daemon_.statuses;
		assert_true(heard < 12);
		say(&daemon_, LINK_CREDIT, 10);
	}
	assert_true(daemon_.statuses >= 4); /* not at once */
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(other.applied[i], 1);
}

#define LINKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINKED(old_ones_then_live_ones),
		LINKED(resumes_where_the_daemon_is),
		LINKED(no_more_than_credit),
		LINKED(block_beyond_all_credit),
		LINKED(rewound),
		LINKED(late_ack_changes_nothing),
		LINKED(daemon_replaced),
		LINKED(silence_means_hello),
		LINKED(hello_until_answered),
		LINKED(status_tells),
		LINKED(journal_put_back),
		LINKED(hole_in_the_journal),
		LINKED(nonsense_is_no_answer),
		LINKED(only_one_answers),
		LINKED(the_other_takes_over),
		LINKED(one_that_does_not_commit_is_doubted),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	zev_end();
	return rc;
}
