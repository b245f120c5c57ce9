/* SPDX-License-Identifier: MIT */
/*
 * test_gaps.c: what a collector asks for again, in a time of its own; and the
 * words it asks with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/event.h>
#include "collectors/gaps.h"

static const struct str pbx = { "pbx1", 4 }, chat = { "chat1", 5 };

static struct kit {
	struct gaps *g;
	unsigned found, ended;
	struct gap last;
	struct replay_span asked;
	msec_t due;
} kit;

static void
on_found(void *arg, const struct gap *gap)
{
	(void)arg;
	kit.found++;
	kit.last = *gap;
}

static void
on_ended(void *arg, const struct gap *gap)
{
	(void)arg;
	kit.ended++;
	kit.last = *gap;
}

static struct gaps *
new_gaps(unsigned rate)
{
	struct gaps_options o = { .rate = rate, .found = on_found, .ended = on_ended };

	return gaps_new(&o);
}

static int
begin(void **state)
{
	(void)state;
	kit = (struct kit){ .g = new_gaps(1000) };
	gaps_begin(kit.g, pbx, STR_NONE);
	return kit.g == NULL;
}

static int
end(void **state)
{
	(void)state;
	gaps_free(kit.g);
	return 0;
}

static void
asks(msec_t now, struct str source, int64_t boot, uint64_t from, uint64_t to)
{
	assert_true(gaps_next(kit.g, now, &kit.asked, &kit.due));
	assert_int_equal(kit.asked.source.n, source.n);
	assert_memory_equal(kit.asked.source.p, source.p, source.n);
	assert_int_equal(kit.asked.boot, boot);
	assert_int_equal(kit.asked.from, from);
	assert_int_equal(kit.asked.to, to);
}

static void
asks_nothing(msec_t now, msec_t due)
{
	assert_false(gaps_next(kit.g, now, &kit.asked, &kit.due));
	assert_int_equal(kit.due, due);
}

static void
comes(uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		assert_true(gaps_wants(kit.g, pbx, 7, from));
}

static void
test_filled(void **state)
{
	(void)state;
	assert_true(gaps_note(kit.g, pbx, 7, 100));
	asks_nothing(0, MSEC_NEVER); /* what was before us is not ours */
	assert_true(gaps_note(kit.g, pbx, 7, 251));
	assert_int_equal(kit.found, 1);
	assert_int_equal(kit.last.wanted, 150);
	asks(1000, pbx, 7, 101, 200); /* a tenth of the rate */
	comes(101, 200);
	assert_false(gaps_wants(kit.g, pbx, 7, 200));
	assert_false(gaps_wants(kit.g, pbx, 6, 201));
	assert_false(gaps_wants(kit.g, chat, 7, 201));
	gaps_answered(kit.g);
	asks_nothing(1099, 1100);
	asks(1100, pbx, 7, 201, 250);
	comes(201, 249);
	assert_true(gaps_note(kit.g, pbx, 7, 250)); /* late, by the usual way */
	assert_int_equal(kit.ended, 1);
	assert_int_equal(kit.last.asked, 150);
	assert_int_equal(kit.last.had, 150);
	assert_int_equal(kit.last.not_had, 0);
	gaps_answered(kit.g);
	asks_nothing(5000, MSEC_NEVER);
	assert_false(gaps_note(kit.g, pbx, 7, 250));
}

static void
test_not_to_be_had(void **state)
{
	(void)state;
	gaps_note(kit.g, pbx, 7, 1);
	gaps_note(kit.g, pbx, 7, 52);
	asks(0, pbx, 7, 2, 51);
	comes(10, 19);
	comes(30, 30);
	gaps_answered(kit.g);
	assert_int_equal(kit.ended, 1);
	assert_int_equal(kit.last.had, 11);
	assert_int_equal(kit.last.not_had, 39);
	assert_int_equal(kit.last.nranges, 3);
	assert_int_equal(kit.last.range[1].first, 20);
	assert_int_equal(kit.last.range[1].last, 29);
	assert_int_equal(kit.last.unnamed, 0);
	assert_false(gaps_wants(kit.g, pbx, 7, 5));
}

/* One range per number lost: only so many are named, all are counted. */
static void
test_not_all_is_named(void **state)
{
	(void)state;
	gaps_note(kit.g, pbx, 7, 1);
	gaps_note(kit.g, pbx, 7, 102);
	asks(0, pbx, 7, 2, 101);
	for (uint64_t seq = 2; seq <= 101; seq += 2)
		comes(seq, seq);
	gaps_answered(kit.g);
	assert_int_equal(kit.last.not_had, 50);
	assert_int_equal(kit.last.nranges, GAPS_TOLD);
	assert_int_equal(kit.last.unnamed, 50 - GAPS_TOLD);
}

static void
test_nobody_answers(void **state)
{
	msec_t now = 0;

	(void)state;
	gaps_note(kit.g, pbx, 7, 1);
	gaps_note(kit.g, pbx, 7, 12);
	for (unsigned try = 0; try < GAPS_TRIES; try++) {
		asks(now, pbx, 7, 2, 11);
		now += 5000;
		assert_int_equal(kit.ended, 0);
		gaps_failed(kit.g, now);
		if (try + 1 < GAPS_TRIES)
			asks_nothing(now, now + (1000 << try));
		now += 1000 << try;
	}
	assert_int_equal(kit.ended, 1);
	assert_int_equal(kit.last.not_had, 10);
	asks_nothing(now, MSEC_NEVER);
	gaps_note(kit.g, pbx, 7, 14);
	asks(now, pbx, 7, 13, 13); /* and anew */
}

/* Who is slow, but brings something each time, is not given up. */
static void
test_slow(void **state)
{
	msec_t now = 0;

	(void)state;
	gaps_note(kit.g, pbx, 7, 1);
	gaps_note(kit.g, pbx, 7, 22);
	for (uint64_t seq = 2; seq <= 21; seq++, now += 10000) {
		asks(now, pbx, 7, seq, 21);
		comes(seq, seq);
		gaps_failed(kit.g, now + 5000);
	}
	assert_int_equal(kit.ended, 1);
	assert_int_equal(kit.last.not_had, 0);
}

static void
test_boots(void **state)
{
	(void)state;
	gaps_note(kit.g, pbx, 7, 10);
	gaps_note(kit.g, pbx, 7, 12);
	assert_false(gaps_note(kit.g, pbx, 6, 5)); /* older than what we met */
	assert_true(gaps_note(kit.g, pbx, 8, 3));
	asks(0, pbx, 7, 11, 11);
	gaps_dropped(kit.g);
	assert_true(gaps_note(kit.g, pbx, 9, 1)); /* 7 is followed no more */
	assert_int_equal(kit.last.boot, 7);
	assert_int_equal(kit.last.not_had, 1);
	asks(1000, pbx, 8, 1, 2);
	gaps_note(kit.g, pbx, 10, 1); /* nor is this, while it is asked for */
	gaps_answered(kit.g);
	asks_nothing(2000, MSEC_NEVER);
}

static void
test_sources_take_turns(void **state)
{
	(void)state;
	gaps_begin(kit.g, chat, STR_NONE);
	for (unsigned i = 0; i < 2; i++) {
		gaps_note(kit.g, pbx, 7, 1 + 1000 * i);
		gaps_note(kit.g, chat, 7, 1 + 1000 * i);
	}
	asks(0, chat, 7, 2, 101);
	gaps_answered(kit.g);
	asks(1000, pbx, 7, 2, 101);
	gaps_answered(kit.g);
	asks(2000, chat, 7, 102, 201);
}

static void
test_limits(void **state)
{
	char name[8];

	(void)state;
	gaps_note(kit.g, pbx, 7, 1);
	gaps_note(kit.g, pbx, 7, COUNT_HIGH);
	assert_int_equal(kit.last.wanted, GAPS_MOST);
	assert_int_equal(kit.last.not_had, COUNT_HIGH - 2 - GAPS_MOST);
	asks(0, pbx, 7, COUNT_HIGH - GAPS_MOST, COUNT_HIGH - GAPS_MOST + 99);
	for (int i = 1; i < 2 * GAPS_SOURCES; i++) {
		struct str source = { name, (uint32_t)snprintf(name, sizeof(name), "s%d", i) };

		gaps_begin(kit.g, source, STR_NONE);
		assert_int_equal(gaps_know(kit.g, source), i < GAPS_SOURCES);
		assert_int_equal(gaps_note(kit.g, source, 1, 1), i < GAPS_SOURCES);
	}
}

/* ---- memos */

static void
restart(void)
{
	char value[MEMO_VALUE_MAX];
	size_t n = gaps_save(kit.g, pbx, value);

	assert_true(n <= sizeof(value));
	gaps_free(kit.g);
	kit.g = new_gaps(1000000);
	gaps_begin(kit.g, pbx, (struct str){ value, (uint32_t)n });
}

static void
test_remembered(void **state)
{
	(void)state;
	gaps_note(kit.g, pbx, 7, 10);
	gaps_note(kit.g, pbx, 7, 12);
	gaps_note(kit.g, pbx, 8, 1);
	restart();
	assert_int_equal(kit.found, 2);
	asks(0, pbx, 7, 11, 11);
	gaps_answered(kit.g);
	gaps_note(kit.g, pbx, 8, 5);
	asks(1000, pbx, 8, 2, 4);
	gaps_answered(kit.g);
	restart();
	asks_nothing(9000, MSEC_NEVER);
}

/* Of more ranges than a memo holds the lowest become one: nothing is left out. */
static void
test_remembered_roughly(void **state)
{
	uint64_t last = 0;
	msec_t now = 0;

	(void)state;
	for (uint64_t seq = 1; seq < 200; seq += 3)
		gaps_note(kit.g, pbx, 7, seq);
	restart();
	asks(now, pbx, 7, 2, 174); /* 66 ranges, the last 8 of them by themselves */
	gaps_answered(kit.g);
	for (last = 176; last < 199; last += 3) {
		asks(now += 1000, pbx, 7, last, last + 1);
		gaps_answered(kit.g);
	}
	asks_nothing(now + 1000, MSEC_NEVER);
}

/* Whatever is in it: no number is asked for that cannot be missing. */
static void
test_damaged_memo(void **state)
{
	char value[MEMO_VALUE_MAX], bent[MEMO_VALUE_MAX];
	size_t n;

	(void)state;
	for (uint64_t seq = 1; seq < 50; seq += 3)
		gaps_note(kit.g, pbx, 7, seq);
	gaps_note(kit.g, pbx, 8, 4);
	n = gaps_save(kit.g, pbx, value);
	for (size_t i = 0; i < 8 * n; i++) {
		struct gaps *g = new_gaps(1000000);

		memcpy(bent, value, n);
		bent[i / 8] ^= (char)(1 << i % 8);
		gaps_begin(g, pbx, (struct str){ bent, (uint32_t)(i % 3 == 0 ? n - i / 8 : n) });
		gaps_note(g, pbx, 8, 5);
		while (gaps_next(g, (msec_t)i * 1000000, &kit.asked, &kit.due)) {
			assert_in_range(kit.asked.from, 1, kit.asked.to);
			assert_true(kit.asked.to <= (uint64_t)COUNT_HIGH);
			gaps_failed(g, 0);
		}
		(void)gaps_save(g, pbx, bent);
		gaps_free(g);
	}
}

/* ---- the words */

static enum replay_type
read_text(struct json_tree *tree, const char *text, struct replay_span *s, uint64_t *sent)
{
	return replay_read(tree, str_of(text), s, sent);
}

static void
test_words(void **state)
{
	struct replay_span s = { { "a\"b", 3 }, 7, 101, 356 }, got;
	struct json_tree *tree = json_tree_new(4096);
	struct out o;
	uint64_t sent = 0;

	(void)state;
	out_init(&o);
	replay_put_ask(&o, &s);
	out_bytes(&o, "", 1);
	assert_string_equal(
	    o.buf, "{\"replay\":{\"source\":\"a\\\"b\",\"boot\":7,\"from\":101,\"to\":356}}");
	assert_int_equal(read_text(tree, o.buf, &got, &sent), REPLAY_ASK);
	assert_memory_equal(got.source.p, s.source.p, 3);
	assert_true(got.boot == 7 && got.from == 101 && got.to == 356);
	out_reset(&o);
	replay_put_end(&o, &s, 12);
	out_bytes(&o, "", 1);
	assert_string_equal(o.buf, "{\"replayed\":{\"source\":\"a\\\"b\",\"boot\":7,\"from\":101,"
	                           "\"to\":356,\"sent\":12}}");
	assert_int_equal(read_text(tree, o.buf, &got, &sent), REPLAY_END);
	assert_int_equal(sent, 12);
	out_fini(&o);
	json_tree_free(tree);
}

static void
test_no_words(void **state)
{
	static const char *const nonsense[] = {
		"",
		"{]",
		"[]",
		"7",
		"{\"replay\":7}",
		"{\"replay\":{}}",
		"{\"replayed\":[]}",
		"{\"replay\":{\"source\":\"\",\"boot\":7,\"from\":1,\"to\":2}}",
		"{\"replay\":{\"source\":\"a\",\"boot\":-1,\"from\":1,\"to\":2}}",
		"{\"replay\":{\"source\":\"a\",\"boot\":7,\"from\":0,\"to\":2}}",
		"{\"replay\":{\"source\":\"a\",\"boot\":7,\"from\":3,\"to\":2}}",
		"{\"replay\":{\"source\":\"a\",\"boot\":7,\"from\":1,\"to\":1e3}}",
		"{\"replay\":{\"source\":\"a\",\"boot\":7,\"from\":1,\"to\":9007199254740992}}",
		"{\"replayed\":{\"source\":\"a\",\"boot\":7,\"from\":1,\"to\":2}}",
		"{\"replayed\":{\"source\":\"a\",\"boot\":7,\"from\":1,\"to\":2,\"sent\":\"2\"}}",
	};
	struct json_tree *tree = json_tree_new(4096);
	struct replay_span got;
	uint64_t sent;

	(void)state;
	for (size_t i = 0; i < COUNTOF(nonsense); i++)
		assert_int_equal(read_text(tree, nonsense[i], &got, &sent), REPLAY_NONSENSE);
	assert_int_equal(
	    read_text(tree, "{\"source\":\"a\",\"seq\":1}", &got, &sent), REPLAY_EVENT);
	json_tree_free(tree);
}

#define GAPS(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		GAPS(test_filled),
		GAPS(test_not_to_be_had),
		GAPS(test_not_all_is_named),
		GAPS(test_nobody_answers),
		GAPS(test_slow),
		GAPS(test_boots),
		GAPS(test_sources_take_turns),
		GAPS(test_limits),
		GAPS(test_remembered),
		GAPS(test_remembered_roughly),
		GAPS(test_damaged_memo),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
