/* SPDX-License-Identifier: MIT */
/*
 * io_spool.c: when blocks are written, how they are numbered, and what
 * happens while they cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/collector.h"
#include "ccmon/clock.h"

#include <stdio.h>

#define SYNC INT64_C(20) /* ms */

static struct spool *spool;
static struct sealed last; /* without its bytes */
static unsigned writes, records;
static size_t last_size;
static bool broken, open_ = true;
static unsigned gates;
static unsigned memos; /* written */
static char value[MEMO_VALUE_MAX]; /* of the last one */

static int
write_block(void *arg, const struct sealed *s)
{
	struct block b;

	(void)arg;
	if (broken)
		return -1;
	assert_int_equal(block_open(&b, s->bytes.p, s->bytes.n), 0);
	assert_true(b.first == s->first && b.count == s->count);
	assert_true(s->count > 0 || s->nmemos > 0);
	for (size_t i = 0; i < s->nmemos; i++)
		(void)snprintf(value, sizeof(value), "%.*s", STR_ARG(s->memo[i].value));
	memos += (unsigned)s->nmemos;
	if (writes > 0)
		assert_true(s->first == last.first + last.count);
	last = *s;
	last_size = s->bytes.n;
	writes++;
	records += s->count;
	return 0;
}

/* On disk there is one, of the key of all ones. */
static int
recall_written(void *arg, const uint8_t key[MEMO_KEY], char found[MEMO_VALUE_MAX])
{
	(void)arg;
	if (key[0] != 1)
		return -1;
	memcpy(found, "disk", 4);
	return 4;
}

static void
gate(void *arg, bool open)
{
	(void)arg;
	assert_int_not_equal(open, open_);
	open_ = open;
	gates++;
}

static int
setup(void **state)
{
	struct spool_options o = { .first = 501,
		.sync = SYNC,
		.write = write_block,
		.recall = recall_written,
		.gate = gate };

	(void)state;
	writes = records = gates = memos = 0;
	broken = false;
	open_ = true;
	clock_turn();
	spool = spool_open(&o);
	return spool == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	spool_close(spool);
	return 0;
}

static void
add(unsigned n)
{
	struct event ev = { .event = EV_HEARTBEAT };

	while (n-- > 0) {
		spool_event(spool, 1, &ev);
		spool_settle(spool);
	}
}

static void
wait_until(msec_t mono)
{
	do
		clock_turn();
	while (clock_mono() < mono);
}

static void
written_after_sync(void **state)
{
	struct reject r = { .time = 5, .why = REFUSAL_NOT_JSON, .sample = STR_LIT("{") };
	msec_t due, began = clock_mono();

	(void)state;
	assert_true(spool_turn(spool) == MSEC_NEVER);
	add(2);
	spool_reject(spool, &r);
	due = spool_turn(spool);
	assert_true(due == began + SYNC);
	assert_int_equal(writes, 0);
	wait_until(due);
	assert_true(spool_turn(spool) == MSEC_NEVER);
	assert_int_equal(writes, 1);
	assert_true(last.first == 501 && last.count == 3);
	add(1);
	assert_int_equal(spool_flush(spool), 0);
	assert_true(last.first == 504 && last.count == 1);
}

static void
full_block_does_not_wait(void **state)
{
	(void)state;
	while (writes == 0)
		add(1);
	assert_in_range(last_size, 256 * 1024, 256 * 1024 + 64);
	assert_int_equal(gates, 0);
}

static void
gate_shuts_when_full_and_stuck(void **state)
{
	unsigned taken = 0;
	msec_t due;

	(void)state;
	broken = true;
	add(1);
	wait_until(spool_turn(spool));
	due = spool_turn(spool); /* fails, but there is room yet */
	assert_true(due > clock_mono() && open_);
	for (taken = 1; open_; taken++)
		add(1);
	assert_int_equal(writes, 0);

	broken = false;
	wait_until(due);
	assert_true(spool_turn(spool) == MSEC_NEVER);
	assert_true(open_);
	assert_int_equal(gates, 2);
	assert_int_equal(records, taken);
	assert_true(last.first == 501);
}

static void
flush_counts_what_is_lost(void **state)
{
	(void)state;
	add(7);
	broken = true;
	assert_int_equal(spool_flush(spool), 7);
	broken = false;
	assert_int_equal(spool_flush(spool), 0);
	assert_int_equal(records, 7);
}

/* ---- memos */

static void
remember(uint8_t n, const char *text)
{
	struct memo m = { .value = { text, (uint32_t)strlen(text) }, .until = MSEC_NEVER };

	memset(m.key, n, sizeof(m.key));
	spool_remember(spool, &m);
}

static void
assert_recalls(uint8_t n, const char *text)
{
	uint8_t key[MEMO_KEY];
	char found[MEMO_VALUE_MAX];
	int len;

	memset(key, n, sizeof(key));
	len = spool_recall(spool, key, found);
	assert_int_equal(len, text == NULL ? -1 : (int)strlen(text));
	if (text != NULL)
		assert_memory_equal(found, text, strlen(text));
}

static void
memos_go_with_the_block(void **state)
{
	(void)state;
	add(1);
	remember(7, "seven");
	remember(8, "");
	assert_recalls(7, "seven");
	assert_recalls(8, "");
	assert_true(spool_position(spool) == 501);
	wait_until(spool_turn(spool));
	assert_true(spool_turn(spool) == MSEC_NEVER);
	assert_true(writes == 1 && memos == 2 && records == 1);
	assert_recalls(7, NULL); /* the disk's from now on */
}

static void
memos_are_written_alone(void **state)
{
	msec_t began = clock_mono(), due;

	(void)state;
	remember(7, "seven");
	due = spool_turn(spool);
	assert_true(due == began + SYNC);
	wait_until(due);
	assert_true(spool_turn(spool) == MSEC_NEVER);
	assert_true(writes == 1 && memos == 1 && last.count == 0);
	assert_true(spool_position(spool) == 500);
	add(1);
	assert_int_equal(spool_flush(spool), 0);
	assert_true(last.first == 501 && last.count == 1 && memos == 1);
}

static void
the_later_memo_counts(void **state)
{
	(void)state;
	assert_recalls(1, "disk");
	assert_recalls(2, NULL);
	remember(1, "newer");
	remember(1, "newest");
	assert_recalls(1, "newest");
	assert_int_equal(spool_flush(spool), 0);
	assert_int_equal(memos, 1);
	assert_string_equal(value, "newest");
}

/* They wait with the block that could not be written, and are more than there
 * is room for at first. */
static void
memos_wait_for_the_disk(void **state)
{
	(void)state;
	broken = true;
	add(1);
	for (unsigned n = 2; n < 202; n++)
		remember((uint8_t)n, "kept");
	assert_int_equal(spool_flush(spool), 1);
	assert_recalls(201, "kept");
	remember(201, "later");
	broken = false;
	assert_int_equal(spool_flush(spool), 0);
	assert_true(memos == 200 && writes == 1);
	assert_string_equal(value, "later");
}

#define SPOOLED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOLED(written_after_sync),
		SPOOLED(full_block_does_not_wait),
		SPOOLED(gate_shuts_when_full_and_stuck),
		SPOOLED(flush_counts_what_is_lost),
		SPOOLED(memos_go_with_the_block),
		SPOOLED(memos_are_written_alone),
		SPOOLED(the_later_memo_counts),
		SPOOLED(memos_wait_for_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
