/* SPDX-License-Identifier: MIT */
/*
 * test_out.c: figures to the last digit, and JSON that a JSON reader reads.
 */
#include <ccmon/out.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
test_figures(void **state)
{
	static const struct {
		int64_t value;
		enum unit unit;
		const char *text;
	} cases[] = {
		{ 0, UNIT_COUNT, "0" },
		{ 42, UNIT_COUNT, "42" },
		{ -7, UNIT_COUNT, "-7" },
		{ INT64_MAX, UNIT_COUNT, "9223372036854775807" },
		{ INT64_MIN + 1, UNIT_COUNT, "-9223372036854775807" },
		{ 1780000000000, UNIT_EPOCH_MS, "1780000000000" },
		{ 1, UNIT_FLAG, "1" },
		{ 0, UNIT_SECONDS, "0.000" },
		{ 5, UNIT_SECONDS, "0.005" },
		{ 1050, UNIT_SECONDS, "1.050" },
		{ -5, UNIT_SECONDS, "-0.005" },
		{ -61001, UNIT_RATE, "-61.001" },
		{ 8000, UNIT_RATIO, "0.8000" },
		{ -333333, UNIT_NUMBER, "-33.3333" },
		{ 10000, UNIT_RATIO, "1.0000" },
		{ 1, UNIT_RATIO, "0.0001" },
		{ INT64_MIN + 1, UNIT_RATIO, "-922337203685477.5807" },
		{ FIGURE_NAN, UNIT_COUNT, "NaN" },
		{ FIGURE_NAN, UNIT_RATIO, "NaN" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char buf[FIGURE_TEXT_MAX];
		size_t n = figure_format(buf, cases[i].value, cases[i].unit, "NaN");

		assert_string_equal(buf, cases[i].text);
		assert_int_equal(n, strlen(cases[i].text));
	}
}

static void
test_ratio(void **state)
{
	static const struct {
		int64_t n, d, one, result;
	} cases[] = {
		{ 4, 5, 10000, 8000 },
		{ 0, 5, 10000, 0 },
		{ 1, 3, 10000, 3333 },
		{ 2, 3, 10000, 6667 },
		{ 1, 2, 1, 1 }, /* 0.5 up */
		{ -1, 2, 1, 0 }, /* -0.5 up */
		{ -3, 2, 1, -1 }, /* -1.5 up */
		{ -2, 3, 1, -1 },
		{ -1, 3, 1, 0 },
		{ -1, 20000, 10000, 0 },
		{ -3, 20000, 10000, -1 },
		{ 5, 0, 10000, FIGURE_NAN },
		{ 5, -1, 10000, FIGURE_NAN },
		{ INT64_MAX, INT64_MAX, 10000, 10000 },
		{ INT64_MAX, 1, 10000, INT64_MAX },
		{ INT64_MIN, 1, 10000, -INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_true(ratio(cases[i].n, cases[i].d, cases[i].one) == cases[i].result);
}

/* floor(n/d + 1/2), looked for instead of computed. */
static void
test_ratio_by_search(void **state)
{
	(void)state;
	for (int64_t n = -200; n <= 200; n++) {
		for (int64_t d = 1; d <= 24; d++) {
			int64_t r = -201;

			while (2 * (r + 1) * d <= 2 * n + d)
				r++;
			assert_true(ratio(n, d, 1) == r);
		}
	}
}

static void
holds(struct out *o, const char *text)
{
	assert_false(o->failed);
	assert_int_equal(o->len, strlen(text));
	assert_memory_equal(o->buf, text, o->len);
	out_reset(o);
}

static void
test_growing(void **state)
{
	struct out o;
	size_t want = 0;

	(void)state;
	out_init(&o);
	for (int i = 0; i < 1000; i++) {
		out_printf(&o, "%d,", i);
		out_str(&o, "ab");
		out_bytes(&o, "c", 1);
		want += (size_t)snprintf(NULL, 0, "%d,abc", i);
	}
	assert_int_equal(o.len, want);
	assert_memory_equal(o.buf, "0,abc1,abc2,abc", 15);
	assert_memory_equal(o.buf + o.len - 7, "999,abc", 7);
	out_reset(&o);
	out_bytes(&o, NULL, 0);
	holds(&o, "");
	out_fini(&o);
	assert_null(o.buf);
}

static void
test_no_memory_is_remembered(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	out_str(&o, "kept");
	out_bytes(&o, "x", SIZE_MAX / 2);
	assert_true(o.failed);
	out_str(&o, "not written");
	assert_int_equal(o.len, 4);
	out_reset(&o);
	out_str(&o, "anew");
	holds(&o, "anew");
	out_fini(&o);
}

static void
write_everything(struct out *o)
{
	json_open(o, '{');
	json_key(o, "empty");
	json_open(o, '{');
	json_close(o, '}');
	json_key(o, "list");
	json_open(o, '[');
	json_int(o, -1);
	json_text(o, STR_LIT("two"));
	json_text(o, STR_NONE);
	json_bool(o, true);
	json_bool(o, false);
	json_none(o);
	json_figure(o, 8000, UNIT_RATIO);
	json_figure(o, FIGURE_NAN, UNIT_RATIO);
	json_open(o, '[');
	json_close(o, ']');
	json_open(o, '{');
	json_close(o, '}');
	json_raw(o, STR_LIT("[1,2]"));
	json_raw(o, STR_LIT("3"));
	json_close(o, ']');
	json_key(o, "end");
	json_int(o, INT64_MIN);
	json_close(o, '}');
}

static void
test_json_commas(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	write_everything(&o);
	holds(&o, "{\"empty\":{},\"list\":[-1,\"two\",\"\",true,false,null,0.8000,null,[],{},"
	          "[1,2],3],\"end\":-9223372036854775808}");
	json_open(&o, '{');
	json_close(&o, '}');
	out_str(&o, "\n");
	json_open(&o, '{');
	json_close(&o, '}');
	holds(&o, "{}\n{}");
	out_fini(&o);
}

/* Texts that end like brackets and keys fool no comma. */
static void
test_json_texts_like_json(void **state)
{
	static const char *const texts[] = { "{", "[", ":", ",", "\"", "\\", "a:", "x\\\"" };
	struct out o;
	json_t *read;

	(void)state;
	out_init(&o);
	json_open(&o, '[');
	for (size_t i = 0; i < COUNTOF(texts); i++)
		json_text(&o, str_of(texts[i]));
	json_close(&o, ']');
	read = json_loadb(o.buf, o.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(read);
	assert_int_equal(json_array_size(read), COUNTOF(texts));
	for (size_t i = 0; i < COUNTOF(texts); i++)
		assert_string_equal(json_string_value(json_array_get(read, i)), texts[i]);
	json_decref(read);
	out_fini(&o);
}

static void
test_json_escapes(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	json_text(&o, STR_LIT("\"\\\b\f\n\r\t\x01\x1f\x7f/"));
	holds(&o, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\"");
	json_text(&o, (struct str){ "a\0b", 3 });
	holds(&o, "\"a\\u0000b\"");
	json_text(&o, STR_LIT("bl\xc3\xa5 \xf0\x9f\x98\x80"));
	holds(&o, "\"bl\xc3\xa5 \xf0\x9f\x98\x80\"");
	json_key(&o, "a\"b");
	holds(&o, "\"a\\\"b\":");
	out_fini(&o);
}

/* A sample of refused input, cut in the middle of a character. */
static void
test_json_of_bad_utf8(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	json_text(&o, STR_LIT("a\xff\"\xc3\xa5\xe2\x82"));
	holds(&o, "\"a\xef\xbf\xbd\\\"\xc3\xa5\xef\xbf\xbd\xef\xbf\xbd\"");
	out_fini(&o);
}

static void
test_escaped_for_terminals(void **state)
{
	struct out o;

	(void)state;
	out_init(&o);
	out_escaped(&o, STR_LIT("bl\xc3\xa5 'x' \"\\\n\x1b[2J\x7f\xc2\x9b"
	                        "2J\xff\xe2\x82"));
	holds(&o, "bl\xc3\xa5 'x' \\x22\\x5c\\x0a\\x1b[2J\\x7f\\xc2\\x9b2J\\xff\\xe2\\x82");
	/* right to left, isolates, nothing wide, a mark of byte order, a tag */
	out_escaped(&o, STR_LIT("a\xe2\x80\xae"
	                        "b\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81\xc2\xad"));
	holds(&o, "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6\\xe2\\x80\\x8b\\xef\\xbb\\xbf"
	          "\\xf3\\xa0\\x81\\x81\\xc2\\xad");
	/* and writing of all kinds */
	out_escaped(
	    &o, STR_LIT("\xd7\xa9\xd7\x9c \xd8\xb3 \xe6\x97\xa5 \xf0\x9f\x93\x9e \xe2\x82\xac"));
	holds(&o, "\xd7\xa9\xd7\x9c \xd8\xb3 \xe6\x97\xa5 \xf0\x9f\x93\x9e \xe2\x82\xac");
	out_shown(&o, STR_LIT("\"a\\\xe2\x80\xae\n"));
	holds(&o, "\"a\\\\xe2\\x80\\xae\\x0a");
	out_escaped(&o, STR_NONE);
	holds(&o, "");
	out_fini(&o);
}

/* Against the C library, over centuries. */
static void
test_times(void **state)
{
	struct out o;
	char want[40];
	time_t t;

	(void)state;
	out_init(&o);
	json_time(&o, INT64_C(1582980063007)); /* a leap day */
	assert_int_equal(o.len, strlen("\"2020-02-29T12:41:03.007Z\""));
	assert_memory_equal(o.buf, "\"2020-02-29T12:41:03.007Z\"", o.len);
	for (t = -2000000000; t < 16000000000; t += 86400 * 7 + 3607) {
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "\"%Y-%m-%dT%H:%M:%S.250Z\"", &tm);
		out_reset(&o);
		json_time(&o, (msec_t)t * 1000 + 250);
		assert_int_equal(o.len, strlen(want));
		assert_memory_equal(o.buf, want, o.len);
	}
	out_fini(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_ratio_by_search),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_no_memory_is_remembered),
		cmocka_unit_test(test_json_commas),
		cmocka_unit_test(test_json_texts_like_json),
		cmocka_unit_test(test_json_escapes),
		cmocka_unit_test(test_json_of_bad_utf8),
		cmocka_unit_test(test_escaped_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
