/* SPDX-License-Identifier: MIT */
/*
 * test_json.c: what is taken, what it becomes, and what is refused.
 */
#include <ccmon/json.h>

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LEN_MAX 4096

static struct json_parser *parser;
static struct json_member m[JSON_MEMBERS_MAX];

static int
setup(void **state)
{
	(void)state;
	parser = json_parser_new(LEN_MAX);
	return parser == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_parser_free(parser);
	return 0;
}

/* Parses a copy in memory of its own size, so that reading past it shows. */
static int
parse_bytes(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	int n;

	assert_non_null(copy);
	memcpy(copy, text, len);
	n = json_parse(parser, copy, len, m);
	free(copy);
	return n;
}

static int
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
is_text(struct str s, const char *text)
{
	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(parse(" {\"n\":null,\"t\":true,\"f\":false,\"i\":-5,\"r\":1.5,\"s\":\"x\","
	                       "\"a\":[],\"o\":{\"n\":1,\"n\":2}} \r\n\t"),
	    8);
	assert_int_equal(m[0].type, JSON_NULL);
	assert_true(m[1].type == JSON_BOOL && m[1].boolean);
	assert_true(m[2].type == JSON_BOOL && !m[2].boolean);
	assert_true(m[3].type == JSON_INT && m[3].integer == -5);
	assert_true(m[4].type == JSON_REAL && m[4].real == 1.5);
	assert_int_equal(m[5].type, JSON_TEXT);
	is_text(m[5].text, "x");
	assert_int_equal(m[6].type, JSON_ARRAY);
	assert_int_equal(m[7].type, JSON_OBJECT);
	is_text(m[7].key, "o");
	assert_int_equal(parse("{}"), 0);
}

static void
test_integers_are_exact(void **state)
{
	static const struct {
		const char *text;
		int64_t integer;
	} cases[] = {
		{ "{\"a\":0}", 0 },
		{ "{\"a\":9007199254740993}", 9007199254740993 },
		{ "{\"a\":9223372036854775807}", INT64_MAX },
		{ "{\"a\":-9223372036854775808}", INT64_MIN },
	};
	static const char *const reals[] = { "{\"a\":1.0}", "{\"a\":1e3}", "{\"a\":1E-3}",
		"{\"a\":9223372036854775808}", "{\"a\":18446744073709551615}", "{\"a\":-0.0}" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(parse(cases[i].text), 1);
		assert_int_equal(m[0].type, JSON_INT);
		assert_true(m[0].integer == cases[i].integer);
	}
	for (size_t i = 0; i < COUNTOF(reals); i++) {
		assert_int_equal(parse(reals[i]), 1);
		assert_int_equal(m[0].type, JSON_REAL);
	}
}

static void
test_texts_are_unescaped(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("{\"k\\u0065y\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e5\\ud83d\\ude00\"}"), 1);
	is_text(m[0].key, "key");
	is_text(m[0].text, "\"\\/\b\f\n\r\t\xc3\xa5\xf0\x9f\x98\x80");
	assert_int_equal(parse("{\"a\":\"x\\u0000y\"}"), 1);
	assert_int_equal(m[0].text.n, 3);
	assert_memory_equal(m[0].text.p, "x\0y", 3);
	assert_int_equal(parse("{\"\":\"\"}"), 1);
	is_text(m[0].key, "");
	is_text(m[0].text, "");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", " ", "null", "1", "\"a\"", "[]", "[{}]", "{", "}",
		"{}}", "{}{}", "{} x", "{},", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
		"{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}",
		"{\"a\":.5}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":0x1}", "{\"a\":NaN}",
		"{\"a\":Infinity}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":\"\n\"}",
		"{\"a\":\"\t\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"\xff\":1}", "{\"a\":\"}",
		"{\"a\":1}//", "/**/{}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}", "{1:2}",
		"{\"a\":{\"b\":}}", "\xef\xbb\xbf{}", "{\"a\":1}\f", "{\"a\":truex}", "{\"a\":1}\"",
		"{\"a\":1e999}", "{\"a\":123456789012345678901234567890}" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (parse(bad[i]) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(parse_bytes("{}\0", 3), -1);
	assert_int_equal(parse_bytes("{\"a\0\":1}", 8), -1);
	assert_int_equal(parse_bytes("{\"a\":1}", 6), -1);
}

static void
test_no_name_twice(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"a\":1,\"a\":1}"), -1);
	assert_int_equal(parse("{\"a\":1,\"b\":2,\"c\":3,\"\\u0061\":4}"), -1);
	assert_int_equal(parse("{\"\":1,\"\":1}"), -1);
	assert_int_equal(parse("{\"a\":1,\"b\":1,\"ab\":1,\"ba\":1,\"A\":1}"), 5);
}

static size_t
members(char *text, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "%c\"member%d\":%d", i == 0 ? '{' : ',', i, i);
	text[len++] = '}';
	return len;
}

static void
test_at_most_64_members(void **state)
{
	char text[LEN_MAX];

	(void)state;
	assert_int_equal(parse_bytes(text, members(text, 64)), 64);
	for (int i = 0; i < 64; i++)
		assert_true(m[i].type == JSON_INT && m[i].integer == i);
	assert_int_equal(parse_bytes(text, members(text, 65)), -1);
}

static int
parse_nested(size_t depth, const char *open, const char *close)
{
	char text[LEN_MAX] = "{\"a\":";

	for (size_t i = 1; i < depth; i++)
		strcat(text, open);
	strcat(text, "1");
	for (size_t i = 1; i < depth; i++)
		strcat(text, close);
	strcat(text, "}");
	return parse_bytes(text, strlen(text));
}

static void
test_at_most_16_deep(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(2, "[", "]"), 1);
	assert_int_equal(parse_nested(16, "[", "]"), 1);
	assert_int_equal(parse_nested(17, "[", "]"), -1);
	assert_int_equal(parse_nested(16, "{\"a\":", "}"), 1);
	assert_int_equal(parse_nested(17, "{\"a\":", "}"), -1);
	assert_int_equal(parse_nested(1000, "[", "]"), -1);
}

static void
test_longer_than_the_limit(void **state)
{
	char text[LEN_MAX + 1];

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "{}", 2);
	assert_int_equal(parse_bytes(text, LEN_MAX), 0);
	assert_int_equal(parse_bytes(text, LEN_MAX + 1), -1);
}

static void
test_arrays_of_texts(void **state)
{
	struct str s = STR_NONE;

	(void)state;
	assert_int_equal(parse("{\"a\":[\"x\",\"\",\"\\u0079\"],\"b\":[1,\"z\",[]],\"c\":1}"), 3);
	for (int round = 0; round < 2; round++) { /* forth, and from the start again */
		assert_int_equal(json_array_text(parser, &m[0], 0, &s), 1);
		is_text(s, "x");
		assert_int_equal(json_array_text(parser, &m[1], 1, &s), 1);
		is_text(s, "z");
		assert_int_equal(json_array_text(parser, &m[0], 2, &s), 1);
		is_text(s, "y");
		assert_int_equal(json_array_text(parser, &m[0], 3, &s), 0);
		assert_int_equal(json_array_text(parser, &m[0], 1000000, &s), 0);
	}
	assert_int_equal(json_array_text(parser, &m[1], 0, &s), -1);
	assert_int_equal(json_array_text(parser, &m[1], 2, &s), -1);
	assert_int_equal(json_array_text(parser, &m[2], 0, &s), -1);
	assert_int_equal(parse("{\"a\":[]}"), 1);
	assert_int_equal(json_array_text(parser, &m[0], 0, &s), 0);
}

/* Alone, a plain value is read in the quick way; beside an array nothing is.
 * What comes out must be the same. */
static void
is_same_beside_an_array(const char *value, size_t len)
{
	char text[256], kept[256];
	struct json_member quick;
	size_t n = (size_t)snprintf(text, sizeof(text), "{\"k\":");
	int rc;

	memcpy(text + n, value, len);
	n += len;
	memcpy(text + n, "}", 1);
	rc = parse_bytes(text, n + 1);
	quick = m[0];
	if (rc == 1 && quick.type == JSON_TEXT)
		memcpy(kept, quick.text.p, quick.text.n);
	memcpy(text + n, ",\"a\":[]}", 8);
	assert_int_equal(parse_bytes(text, n + 8), rc == 1 ? 2 : -1);
	if (rc != 1)
		return;
	assert_int_equal(m[0].type, quick.type);
	assert_int_equal(m[0].boolean, quick.boolean);
	assert_int_equal(m[0].integer, quick.integer);
	assert_int_equal(m[0].text.n, quick.text.n);
	if (quick.type == JSON_TEXT)
		assert_memory_equal(m[0].text.p, kept, quick.text.n);
}

static void
test_plain_values(void **state)
{
	static const char *const values[] = { "0", "-0", "00", "01", "-1", "-01", "-", "+1", "1.",
		"1e3", "1 ", " 1", "99999999999999999", "999999999999999999", "-999999999999999999",
		"9999999999999999999", "9223372036854775807", "-9223372036854775808", "true",
		"false", "null", "tru", "True", "truex", "nul", "nullnull", "", ",", "{}", "\"\"",
		"\"", "x", "1,", "1}" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(values); i++)
		is_same_beside_an_array(values[i], strlen(values[i]));
}

/* Every byte, at every place of a text of one step or two. */
static void
test_plain_texts(void **state)
{
	char text[2 + 33];
	size_t len, at;
	int c;

	(void)state;
	for (len = 1; len <= 33; len += 4)
		for (at = 0; at < len; at++)
			for (c = 0; c < 256; c++) {
				memset(text, 'x', sizeof(text));
				text[0] = text[len + 1] = '"';
				text[1 + at] = (char)c;
				is_same_beside_an_array(text, len + 2);
			}
}

static void
test_a_refusal_leaves_no_trace(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(parse("{\"a\":[\"x\"],\"b\":"), -1);
		assert_int_equal(parse("{\"c\":[\"y\"]}"), 1);
		is_text(m[0].key, "c");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_integers_are_exact),
		cmocka_unit_test(test_texts_are_unescaped),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_name_twice),
		cmocka_unit_test(test_at_most_64_members),
		cmocka_unit_test(test_at_most_16_deep),
		cmocka_unit_test(test_longer_than_the_limit),
		cmocka_unit_test(test_arrays_of_texts),
		cmocka_unit_test(test_plain_values),
		cmocka_unit_test(test_plain_texts),
		cmocka_unit_test(test_a_refusal_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
