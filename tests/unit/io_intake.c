/* SPDX-License-Identifier: MIT */
/*
 * io_intake.c: events that were here before, through a real spool to a real
 * disk: known while their block is filled, when it is written, and by the
 * collector that starts next.
 *
 * The dialect is the test's own: each character of a message is an event, and
 * its id; a small letter is of the shop, a capital of the web, a digit of the
 * shop without an id, and a blank is nothing.  Another makes as many events of
 * a message as it is told, without ids.  The time is the test's own, too.
 */
#include "journal_kit.h"

#include <ctype.h>
#include <stdlib.h>

#include "collectors/inputs/inputs.h"

#define DAY (24 * HOUR)

static msec_t passed; /* of the test's time, before the clock's */

msec_t __real_clock_wall(void);
msec_t __wrap_clock_wall(void);

msec_t
__wrap_clock_wall(void)
{
	return __real_clock_wall() + passed;
}

static const uint8_t secret[SIPHASH_KEY] = "0123456789abcdef";
static struct counters counters;
static struct journal *journal;
static struct spool *spool;
static struct intake intake;
static struct input_options options;
static struct input_settings settings;

static void
letters_decode(
    void *nothing, const char *msg, size_t len, msec_t received, struct dialect_result *r)
{
	(void)nothing, (void)received;
	assert_in_range(len, 0, DIALECT_EVENTS_MAX);
	r->n = 0;
	for (const char *letter = msg; letter < msg + len; letter++) {
		if (*letter == ' ')
			continue;
		r->ev[r->n] = (struct event){ .event = EV_ANSWERED,
			.has = HAS(SOURCE) | HAS(CONTACT),
			.source = isupper(*letter) ? (struct str)STR_LIT("web")
			                           : (struct str)STR_LIT("shop"),
			.contact = { letter, 1 } };
		if (isalpha(*letter))
			r->id[r->n] = (struct str){ isupper(*letter) ? "w" : letter, 1 };
		r->n++;
	}
	r->why = REFUSAL_NONE;
}

static const struct dialect letters = { .name = "letters", .decode = letters_decode };

/* The same, of a source that tells all of a contact again as long as it lives. */
static const struct dialect stories = {
	.name = "stories", .decode = letters_decode, .known_for = 100 * DAY
};

/* ---- a dialect that says one kind of event by its number */

static void
kinds_decode(void *nothing, const char *msg, size_t len, msec_t received, struct dialect_result *r)
{
	(void)nothing, (void)len, (void)received;
	r->ev[0] = (struct event){ .event = (uint8_t)atoi(msg), .has = HAS(SOURCE) };
	r->ev[0].source = (struct str)STR_LIT("pbx");
	r->n = 1;
	r->why = REFUSAL_NONE;
}

static const struct dialect kinds = { .name = "kinds", .decode = kinds_decode };

static unsigned crowd_left; /* events still to come of the crowd's message */

static void
crowd_decode(void *nothing, const char *msg, size_t len, msec_t received, struct dialect_result *r)
{
	(void)nothing, (void)msg, (void)len, (void)received;
	r->why = REFUSAL_NONE;
	for (r->n = 0; r->n < DIALECT_EVENTS_MAX && crowd_left > 0; r->n++, crowd_left--)
		r->ev[r->n] = (struct event){ .event = EV_ANSWERED,
			.has = HAS(SOURCE) | HAS(CONTACT),
			.source = STR_LIT("shop"),
			.contact = STR_LIT("c") };
	r->more = crowd_left > 0;
}

static const struct dialect crowd = { .name = "crowd", .decode = crowd_decode };

/* ---- a collector without its sockets */

static bool disk_refuses;

static int
write_block(void *arg, const struct sealed *b)
{
	(void)arg;
	return disk_refuses ? -1 : journal_append(journal, b);
}

static int
recall_written(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	(void)arg;
	return journal_recall(journal, key, value);
}

static void
on_gate(void *arg, bool open)
{
	(void)arg;
	if (open)
		intake_resume(&intake);
	else
		intake_hold(&intake);
}

static void
on_event(void *arg, msec_t received, const struct event *ev)
{
	(void)arg;
	spool_event(spool, received, ev);
}

static void
on_settle(void *arg)
{
	(void)arg;
	spool_settle(spool);
}

static void
on_remember(void *arg, const struct memo *memo)
{
	(void)arg;
	spool_remember(spool, memo);
}

static int
on_recall(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	(void)arg;
	return spool_recall(spool, key, value);
}

static void
collector_starts(void)
{
	struct spool_options o = {
		.sync = HOUR, .write = write_block, .recall = recall_written, .gate = on_gate
	};

	journal = open_journal();
	o.first = facts(journal).last + 1;
	spool = spool_open(&o);
	assert_non_null(spool);
	counters = (struct counters){ 0 };
	disk_refuses = false;
	settings = (struct input_settings){ .gives = GIVES_ALL };
	options = (struct input_options){ .settings = &settings,
		.collector = "chat",
		.key = secret,
		.customer_key = secret,
		.counters = &counters,
		.event = on_event,
		.settle = on_settle,
		.remember = on_remember,
		.recall = on_recall };
	intake = (struct intake){ .options = &options, .dialect = &letters };
}

/* As by kill -9: what was not written is gone. */
static void
collector_dies(void)
{
	spool_close(spool);
	journal_close(journal);
}

/* Days later it starts again, with that dialect. */
static void
collector_restarts(const struct dialect *dialect, unsigned days)
{
	assert_int_equal(spool_flush(spool), 0);
	collector_dies();
	passed += days * DAY;
	collector_starts();
	intake.dialect = dialect;
}

/* The number of its events that went on. */
static unsigned
send(const char *message)
{
	struct taken taken;

	intake_message(&intake, str_of(message), &taken);
	assert_int_equal(taken.why, REFUSAL_NONE);
	return taken.events;
}

/* The contacts of all records on disk. */
static void
assert_written(const char *contacts)
{
	struct block_reader reader;
	struct record r;
	struct sealed s = { .first = 1 };
	struct block b;

	while (journal_read(journal, s.first + s.count, &s) == 1) {
		assert_int_equal(block_open(&b, s.bytes.p, s.bytes.n), 0);
		block_read(&b, &reader);
		while (block_next(&reader, &r) == 1)
			assert_int_equal(*r.ev.contact.p, *contacts++);
	}
	assert_int_equal(*contacts, '\0');
}

/* ---- tests */

static void
before_the_block_is_written(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("a"), 1);
	assert_int_equal(send("a"), 0);
	assert_int_equal(send("b"), 1);
	assert_int_equal(spool_flush(spool), 0);
	assert_written("ab");
	assert_true(counters.received == 3 && counters.repeats == 1 && counters.skipped == 0);
	collector_dies();
}

static void
after_the_block_is_written(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("ab"), 2);
	assert_int_equal(spool_flush(spool), 0);
	assert_int_equal(send("b"), 0);
	assert_int_equal(send("c"), 1);
	assert_int_equal(spool_flush(spool), 0);
	assert_written("abc");
	assert_int_equal(counters.repeats, 1);
	collector_dies();
}

static void
after_a_restart(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("abc"), 3);
	assert_int_equal(spool_flush(spool), 0);
	collector_dies();
	collector_starts();
	assert_int_equal(send("abc"), 0);
	assert_int_equal(send("d"), 1);
	assert_int_equal(spool_flush(spool), 0);
	assert_written("abcd");
	assert_int_equal(counters.repeats, 1);
	collector_dies();
}

/* What was never written was never here: sent again, it is taken. */
static void
lost_with_its_event(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("a"), 1);
	assert_int_equal(spool_flush(spool), 0);
	assert_int_equal(send("b"), 1);
	collector_dies();
	collector_starts();
	assert_int_equal(send("b"), 1);
	assert_int_equal(send("a"), 0);
	assert_int_equal(spool_flush(spool), 0);
	assert_written("ab");
	collector_dies();
}

/* While the disk refuses, a source that sends again is known, too. */
static void
while_the_disk_refuses(void **state)
{
	(void)state;
	collector_starts();
	disk_refuses = true;
	assert_int_equal(send("a"), 1);
	assert_int_equal(spool_flush(spool), 1);
	assert_int_equal(send("a"), 0);
	assert_int_equal(send("b"), 1);
	disk_refuses = false;
	assert_int_equal(spool_flush(spool), 0);
	assert_int_equal(send("ab"), 0);
	assert_written("ab");
	collector_dies();
}

/* A message is a repeat when nothing in it is new. */
static void
partly_new(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("abc"), 3);
	assert_int_equal(send("bcd"), 1);
	assert_int_equal(counters.repeats, 0);
	assert_int_equal(send("dcba"), 0);
	assert_int_equal(counters.repeats, 1);
	assert_int_equal(send("  "), 0);
	assert_true(counters.skipped == 1 && counters.repeats == 1);
	assert_int_equal(spool_flush(spool), 0);
	assert_written("abcd");
	collector_dies();
}

/* The same name at another source is another's. */
static void
of_another_source(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("w"), 1);
	assert_int_equal(send("W"), 1);
	assert_int_equal(send("W"), 0);
	collector_dies();
}

static void
without_a_name(void **state)
{
	(void)state;
	collector_starts();
	assert_int_equal(send("1"), 1);
	assert_int_equal(send("1"), 1);
	assert_int_equal(counters.repeats, 0);
	collector_dies();
}

/* More events than the spool has room for, while the disk refuses: the rest
 * waits, and comes when the disk takes them. */
static void
in_the_middle_of_a_message(void **state)
{
	const unsigned all = 40000;
	struct taken t;

	(void)state;
	collector_starts();
	intake.dialect = &crowd;
	crowd_left = all;
	disk_refuses = true;
	intake_message(&intake, (struct str)STR_LIT("x"), &t);
	assert_true(t.unfinished && t.events > 0 && crowd_left > 0);
	disk_refuses = false;
	while (spool_flush(spool) > 0)
		; /* what was written made room for more */
	assert_false(intake.unfinished);
	assert_int_equal(facts(journal).last, all);
	assert_int_equal(counters.received, 1);
	collector_dies();
}

static void
for_a_week(void **state)
{
	(void)state;
	passed = 0;
	collector_starts();
	assert_int_equal(send("a"), 1);
	collector_restarts(&letters, 6);
	assert_int_equal(send("a"), 0);
	collector_restarts(&letters, 8);
	assert_int_equal(send("a"), 1);
	collector_dies();
}

/* A name that comes again is remembered anew, at half of its time. */
static void
as_long_as_it_is_told(void **state)
{
	(void)state;
	passed = 0;
	collector_starts();
	intake.dialect = &stories;
	assert_int_equal(send("ab"), 2);
	collector_restarts(&stories, 99);
	assert_int_equal(send("a"), 0);
	collector_restarts(&stories, 99);
	assert_int_equal(send("a"), 0);
	assert_int_equal(send("b"), 1);
	collector_restarts(&stories, 101);
	assert_int_equal(send("a"), 1);
	collector_dies();
}

static bool
goes_on(enum gives gives, unsigned kind)
{
	char number[16]; /* bytes with NUL */

	settings.gives = gives;
	(void)snprintf(number, sizeof(number), "%u", kind);
	return send(number) == 1;
}

/* Of two inputs of one switch, each event is given by one; that the source is
 * alive is said by both. */
static void
two_share_a_switch(void **state)
{
	(void)state;
	collector_starts();
	intake.dialect = &kinds;
	for (unsigned k = 0; k < EVENT_NKINDS; k++) {
		assert_true(goes_on(GIVES_ALL, k));
		assert_int_equal(
		    goes_on(GIVES_CALLS, k) + goes_on(GIVES_AGENTS, k), k == EV_HEARTBEAT ? 2 : 1);
	}
	assert_true(goes_on(GIVES_CALLS, EV_QUEUED) && goes_on(GIVES_CALLS, EV_MISSED) &&
	            goes_on(GIVES_CALLS, EV_RESTARTED));
	assert_true(goes_on(GIVES_AGENTS, EV_RINGING) && goes_on(GIVES_AGENTS, EV_STATE));
	collector_dies();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(before_the_block_is_written),
		IN_DIRECTORY(after_the_block_is_written),
		IN_DIRECTORY(after_a_restart),
		IN_DIRECTORY(lost_with_its_event),
		IN_DIRECTORY(while_the_disk_refuses),
		IN_DIRECTORY(partly_new),
		IN_DIRECTORY(of_another_source),
		IN_DIRECTORY(without_a_name),
		IN_DIRECTORY(for_a_week),
		IN_DIRECTORY(as_long_as_it_is_told),
		IN_DIRECTORY(in_the_middle_of_a_message),
		IN_DIRECTORY(two_share_a_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
