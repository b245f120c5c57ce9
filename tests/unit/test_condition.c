/* SPDX-License-Identifier: MIT */
/*
 * test_condition.c: conditions as operators write them, and as they mistype
 * them.
 */
#include <ccmon/rules.h>

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
	const char *text, *field;
	enum comparison comparison;
	double factor;
	const char *other;
	double number;
} good[] = {
	{ "waiting_count >= 1", "waiting_count", COMPARE_GE, 1, NULL, 1 },
	{ "oldest_wait_seconds > 60", "oldest_wait_seconds", COMPARE_GT, 1, NULL, 60 },
	{ "sl_ratio_15m<0.8", "sl_ratio_15m", COMPARE_LT, 1, NULL, 0.8 },
	{ "\ta  <=  007.50 ", "a", COMPARE_LE, 1, NULL, 7.5 },
	{ "a == 0", "a", COMPARE_EQ, 1, NULL, 0 },
	{ "a != -3", "a", COMPARE_NE, 1, NULL, -3 },
	{ "a>-0.25", "a", COMPARE_GT, 1, NULL, -0.25 },
	{ "a > b", "a", COMPARE_GT, 1, "b", 0 },
	{ "oldest_wait_seconds > 3 * sl_threshold_seconds", "oldest_wait_seconds", COMPARE_GT, 3,
	    "sl_threshold_seconds", 0 },
	{ "a > 0.5*b", "a", COMPARE_GT, 0.5, "b", 0 },
	{ "a > -2 * b", "a", COMPARE_GT, -2, "b", 0 },
	{ "nowcast_sl_ratio < sl_target_ratio - 0.15", "nowcast_sl_ratio", COMPARE_LT, 1,
	    "sl_target_ratio", -0.15 },
	{ "a<b+1", "a", COMPARE_LT, 1, "b", 1 },
	{ "a<b-1", "a", COMPARE_LT, 1, "b", -1 },
	{ "sl_ratio_60m < 2 * sl_target_ratio - 1", "sl_ratio_60m", COMPARE_LT, 2,
	    "sl_target_ratio", -1 },
	{ "state_since_epoch_ms < 1700000000000", "state_since_epoch_ms", COMPARE_LT, 1, NULL,
	    1.7e12 },
	{ "a > 10000000000000", "a", COMPARE_GT, 1, NULL, 1e13 },
};

static void
test_good(void **state)
{
	struct condition c;
	char why[100];

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		if (condition_parse(good[i].text, &c, why, sizeof(why)) == -1)
			fail_msg("\"%s\": %s", good[i].text, why);
		assert_string_equal(c.text, good[i].text);
		assert_string_equal(c.field, good[i].field);
		assert_int_equal(c.comparison, good[i].comparison);
		assert_true(c.factor == good[i].factor);
		assert_true(c.number == good[i].number);
		assert_int_equal(c.other == NULL, good[i].other == NULL);
		if (c.other != NULL)
			assert_string_equal(c.other, good[i].other);
		condition_fini(&c);
		assert_null(c.text);
	}
}

#define TWO "conditions that must all hold are a list of texts"
#define COMPARISON_WANTED "one of < <= > >= == !="

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "ends where a field must stand" },
	{ "   ", "ends where a field must stand" },
	{ "60 < a", "\"60 < a\" stands where a field must" },
	{ "_a > 1", "\"_a > 1\" stands where a field must" },
	{ "Waiting > 1", "\"Waiting > 1\" stands where a field must" },
	{ "a", "ends where " COMPARISON_WANTED " must stand" },
	{ "a b", "\"b\" stands where " COMPARISON_WANTED " must" },
	{ "a = 1", "\"= 1\": write ==" },
	{ "a > = 1", "\"= 1\": write ==" },
	{ "a >", "ends where a number must stand" },
	{ "a > \"ok\"", "\"\"ok\"\" stands where a number must" },
	{ "a > .5", "\".5\" stands where a number must" },
	{ "a > +5", "\"+5\" stands where a number must" },
	{ "a > --5", "\"-5\" stands where a number must" },
	{ "a > -b", "\"b\" stands where a number must" },
	{ "a > 5.", "\"5.\": a number stands alone, in the unit of its field" },
	{ "a > 1.2.3", "\"1.2.3\": a number stands alone, in the unit of its field" },
	{ "a > 60s", "\"60s\": a number stands alone, in the unit of its field" },
	{ "a > 1e3", "\"1e3\": a number stands alone, in the unit of its field" },
	{ "a > 0x10", "\"0x10\": a number stands alone, in the unit of its field" },
	{ "a < 80%", "\"%\": a ratio is from 0 to 1: write 0.80, not 80%" },
	{ "a > 1, b > 2", "\", b > 2\": " TWO },
	{ "a > 1 and b > 2", "\"and b > 2\": " TWO },
	{ "a > 1 && b > 2", "\"&& b > 2\": " TWO },
	{ "a > 1 or b > 2", "\"or b > 2\": for an \"or\", write two rules" },
	{ "a > b || c > d", "\"|| c > d\": for an \"or\", write two rules" },
	{ "a > 1 b", "\"b\" stands where its end must" },
	{ "a > 1 + 2", "\"+ 2\" stands where its end must" },
	{ "a > 3 *", "ends where a field must stand" },
	{ "a > 3 * 4", "\"4\" stands where a field must" },
	{ "a > b * 3", "\"* 3\" stands where its end must" },
	{ "a > b + c", "\"c\" stands where a number must" },
	{ "a > b - -1", "\"-1\" stands where a number must" },
	{ "a > b + 1 + 1", "\"+ 1\" stands where its end must" },
	{ "a > b c", "\"c\" stands where its end must" },
	{ "1 < a < 2", "\"1 < a < 2\" stands where a field must" },
	{ "a > 10000000000001", "10000000000001 is too large or too long" },
	{ "a > 0.00000000000000000000001", "0.00000000000000000000001 is too large or too long" },
};

static void
test_bad(void **state)
{
	struct condition c;
	char why[200];

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		if (condition_parse(bad[i].text, &c, why, sizeof(why)) == 0)
			fail_msg("\"%s\" was taken", bad[i].text);
		assert_string_equal(why, bad[i].why);
		assert_null(c.text);
		assert_null(c.field);
		assert_null(c.other);
	}
}

/* Why is told within the room there is. */
static void
test_little_room(void **state)
{
	struct condition c;
	char why[8] = "1234567";

	(void)state;
	assert_int_equal(condition_parse("a > 60s", &c, why, 5), -1);
	assert_string_equal(why, "\"60s");
	assert_string_equal(why + 5, "67");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_little_room),
	};

	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
