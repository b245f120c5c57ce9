/* SPDX-License-Identifier: MIT */
/*
 * test_merge.c: whose block is next, and who is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/merge.h"

#include <stdlib.h>

#define GREETED 2000 /* the time the greeting is over */

static struct merge merge;
static struct merge_lane call, chat, mail;
static char names[][5] = { "call", "chat", "mail" };

static int
begin(void **state)
{
	(void)state;
	merge_init(&merge);
	merge_join(&merge, &call, names[0]);
	merge_join(&merge, &chat, names[1]);
	merge_join(&merge, &mail, names[2]);
	merge_begin(&merge, 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	merge_drop(&call);
	merge_drop(&chat);
	merge_drop(&mail);
	return 0;
}

static void
comes(struct merge_lane *l, bool behind, msec_t mono)
{
	l->here = true;
	l->behind = behind;
	l->moved = mono;
}

/* A block of so many records, the first received then. */
static struct block
block_of(uint32_t count, msec_t received)
{
	static uint8_t space[WIRE_BLOCK_MAX];
	struct reject reject = { .why = REFUSAL_NOT_JSON };
	struct block b;

	block_begin(&b, space, sizeof(space), 1);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(block_add_reject(&b, received + i, &reject), 0);
	block_seal(&b);
	return b;
}

static void
keep_any(struct merge_lane *l, msec_t received, msec_t mono)
{
	struct block b = block_of(3, received);

	assert_true(merge_keep(l, &b));
	l->moved = mono;
}

static void
keep(struct merge_lane *l, msec_t received, msec_t mono)
{
	assert_false(merge_passes(&merge, l, mono));
	keep_any(l, received, mono);
}

static msec_t
received_of(const struct block *b)
{
	struct block_reader reader;
	struct record record;

	block_read(b, &reader);
	assert_int_equal(block_next(&reader, &record), 1);
	return record.received;
}

static void
expect_next(const char *who, msec_t received, msec_t mono)
{
	struct merge_lane *next = merge_next(&merge, mono);

	assert_non_null(next);
	assert_string_equal(next->owner, who);
	assert_int_equal(received_of(merge_first(next)), received);
	merge_pop(next);
	next->moved = mono;
}

static void
test_nothing_goes_before_all_are_here(void **state)
{
	(void)state;
	merge_begin(&merge, GREETED);
	assert_true(merge_goes_on(&merge, 0));
	comes(&call, true, 10);
	keep(&call, 500, 20);
	assert_null(merge_next(&merge, GREETED - 1));
	comes(&chat, false, 30);
	merge_all_here(&merge);
	expect_next("call", 500, 40);
	assert_true(merge_passes(&merge, &call, 50));
}

static void
test_who_never_comes_is_not_waited_for(void **state)
{
	(void)state;
	merge_begin(&merge, GREETED);
	comes(&call, true, 10);
	keep(&call, 500, 20);
	assert_null(merge_next(&merge, GREETED - 1));
	expect_next("call", 500, GREETED);
	call.behind = false;
	assert_false(merge_goes_on(&merge, GREETED));
}

static void
test_the_oldest_goes_first(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, true, 0);
	keep(&call, 500, 1);
	keep(&call, 700, 1);
	assert_null(merge_next(&merge, 1)); /* chat may have older ones */
	keep(&chat, 400, 2);
	keep(&chat, 600, 2);
	keep(&chat, 600, 2);
	expect_next("chat", 400, 3);
	expect_next("call", 500, 3);
	expect_next("chat", 600, 3);
	expect_next("chat", 600, 3);
	assert_null(merge_next(&merge, 3));
	chat.behind = false; /* that was all it had */
	expect_next("call", 700, 3);
}

static void
test_a_lane_keeps_its_order(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, true, 0);
	keep(&call, 500, 1);
	keep(&call, 100, 1); /* somebody set its clock back */
	keep(&chat, 400, 1);
	chat.behind = false;
	expect_next("chat", 400, 2);
	expect_next("call", 500, 2);
	expect_next("call", 100, 2);
}

static void
test_equal_times_go_in_the_order_of_lanes(void **state)
{
	(void)state;
	comes(&call, false, 0);
	comes(&chat, false, 0);
	comes(&mail, true, 0);
	keep(&chat, 500, 1);
	keep(&call, 500, 1);
	keep(&mail, 500, 1);
	expect_next("call", 500, 1);
	expect_next("chat", 500, 1);
	expect_next("mail", 500, 1);
}

static void
test_live_blocks_wait_for_the_replay(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, false, 0);
	keep(&chat, 900, 1);
	assert_null(merge_next(&merge, 1));
	keep(&call, 300, 2);
	keep(&call, 950, 2);
	expect_next("call", 300, 3);
	expect_next("chat", 900, 3);
	assert_true(merge_goes_on(&merge, 3));
	expect_next("call", 950, 3);
	call.behind = false;
	assert_false(merge_goes_on(&merge, 3));
	assert_false(merge_waits(&merge));
}

static void
test_one_alone_passes(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, false, 0);
	assert_true(merge_passes(&merge, &call, 1));
	assert_false(merge_passes(&merge, &chat, 1));
	keep(&chat, 900, 1);
	assert_false(merge_passes(&merge, &call, 1)); /* the other may be older */
}

static void
test_who_stalls_is_not_waited_for(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, true, 0);
	keep(&call, 500, 4000);
	assert_null(merge_next(&merge, MERGE_STALLED_MS - 1));
	assert_true(merge_catches_up(&chat, MERGE_STALLED_MS - 1));
	assert_false(merge_catches_up(&chat, MERGE_STALLED_MS));
	expect_next("call", 500, MERGE_STALLED_MS);
	assert_true(merge_passes(&merge, &call, MERGE_STALLED_MS));
	chat.moved = MERGE_STALLED_MS + 100; /* there it is again */
	assert_false(merge_passes(&merge, &call, MERGE_STALLED_MS + 100));
}

static void
test_who_goes_is_not_waited_for(void **state)
{
	(void)state;
	comes(&call, true, 0);
	comes(&chat, true, 0);
	keep(&call, 500, GREETED);
	keep(&chat, 100, GREETED);
	chat.here = false;
	merge_drop(&chat);
	assert_int_equal(chat.bytes, 0);
	expect_next("call", 500, GREETED);
}

/* While nothing may be applied the clock is not held for ever. */
static void
test_what_waits_does_not_hold_the_clock_for_ever(void **state)
{
	(void)state;
	comes(&call, true, 0);
	keep_any(&call, 500, 100);
	assert_true(merge_goes_on(&merge, 100 + MERGE_STALLED_MS - 1));
	assert_false(merge_goes_on(&merge, 100 + MERGE_STALLED_MS));
	assert_true(merge_waits(&merge));
	expect_next("call", 500, 100 + MERGE_STALLED_MS);
}

static void
test_who_comes_after_the_end_passes(void **state)
{
	(void)state;
	comes(&call, false, 0);
	comes(&chat, false, 0);
	assert_false(merge_goes_on(&merge, 1));
	merge_end(&merge);
	comes(&mail, true, 3);
	assert_true(merge_goes_on(&merge, 4)); /* the clock does not go by itself */
	assert_true(merge_passes(&merge, &mail, 4));
	assert_true(merge_passes(&merge, &chat, 4));
}

static void
test_a_lane_has_an_end(void **state)
{
	struct block b = block_of(20000, 1);
	size_t n = 0;

	(void)state;
	comes(&call, true, 0);
	while (merge_keep(&call, &b))
		n++;
	assert_int_equal(n, MERGE_LANE_MAX / b.len);
	assert_int_equal(call.bytes, n * b.len);
	merge_pop(&call);
	assert_true(merge_keep(&call, &b));
	assert_true(merge_keep(&chat, &b)); /* each has its own */
}

static void
test_what_cannot_be_read_goes_first(void **state)
{
	struct block b = block_of(1, 900);

	(void)state;
	comes(&call, true, 0);
	comes(&chat, true, 0);
	keep(&chat, 500, 1);
	b.buf[WIRE_BLOCK_HEADER + 4] = 99; /* the type of its record */
	assert_true(merge_keep(&call, &b));
	assert_ptr_equal(merge_next(&merge, 1), &call);
}

/* However they come, they go in order: lanes that are in order themselves,
 * their blocks interleaved at random, are one row in the end. */
static void
test_any_interleaving_gives_the_same_row(void **state)
{
	struct merge_lane *lane[] = { &call, &chat, &mail }, *next;
	msec_t at[] = { 0, 0, 0 }, last = 0;
	unsigned left[] = { 300, 300, 300 }, applied = 0, seed = 5;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		comes(lane[i], true, 0);
	while (applied < 900) {
		unsigned i = (unsigned)rand_r(&seed) % 3;

		if (left[i] > 0 && lane[i]->bytes < 1000) {
			at[i] += rand_r(&seed) % 50;
			keep_any(lane[i], at[i], 1); /* also the last one's, who might pass */
			left[i]--;
		}
		while ((next = merge_next(&merge, 1)) != NULL) {
			msec_t received = received_of(merge_first(next));

			assert_true(received >= last);
			last = received;
			merge_pop(next);
			applied++;
			for (i = 0; i < 3; i++)
				lane[i]->behind = left[i] > 0 || lane[i]->bytes > 0;
		}
	}
	assert_false(merge_goes_on(&merge, 1));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_goes_before_all_are_here),
		TEST(test_who_never_comes_is_not_waited_for),
		TEST(test_the_oldest_goes_first),
		TEST(test_a_lane_keeps_its_order),
		TEST(test_equal_times_go_in_the_order_of_lanes),
		TEST(test_live_blocks_wait_for_the_replay),
		TEST(test_one_alone_passes),
		TEST(test_who_stalls_is_not_waited_for),
		TEST(test_who_goes_is_not_waited_for),
		TEST(test_what_waits_does_not_hold_the_clock_for_ever),
		TEST(test_who_comes_after_the_end_passes),
		TEST(test_a_lane_has_an_end),
		TEST(test_what_cannot_be_read_goes_first),
		TEST(test_any_interleaving_gives_the_same_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
