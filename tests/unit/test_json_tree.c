/* SPDX-License-Identifier: MIT */
/*
 * test_json_tree.c: nested documents: what is taken and where it is found,
 * the limits, and random documents against jansson.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "json_same.h"

#define LEN_MAX (1 << 20)

static struct json_tree *tree;

static int
setup(void **state)
{
	(void)state;
	tree = json_tree_new(LEN_MAX);
	return tree == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_tree_free(tree);
	return 0;
}

/* Parses a copy in memory of its own size, so that reading past it shows. */
static const struct json_node *
parse_bytes(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	const struct json_node *root;

	assert_non_null(copy);
	memcpy(copy, text, len);
	root = json_tree_parse(tree, copy, len);
	free(copy);
	return root;
}

static const struct json_node *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
test_paths(void **state)
{
	const struct json_node *root = parse("{\"a\":{\"b\":{\"c\":7,\"\":true},\"d\":null},"
	                                     "\"e\":[{\"a\":1},\"x\"],\"a.b\":2.5}");

	(void)state;
	assert_non_null(root);
	assert_int_equal(json_path(root, "a.b.c")->integer, 7);
	assert_true(json_path(root, "a.b.")->boolean);
	assert_int_equal(json_path(root, "a.d")->type, OURS_NULL);
	assert_int_equal(json_path(json_path(root, "a"), "b.c")->integer, 7);
	assert_int_equal(json_path(json_path(root, "e")->child, "a")->integer, 1);
	assert_int_equal(json_path(root, "e")->child->next->text.n, 1);
	assert_null(json_path(root, "e")->child->next->next);
	assert_null(json_path(root, ""));
	assert_null(json_path(root, "a.c"));
	assert_null(json_path(root, "a.b.c.d"));
	assert_null(json_path(root, "e.a"));
	assert_null(json_path(root, "a.b.cc"));
	assert_null(json_path(NULL, "a"));
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "null", "{", "{}{}", "{\"a\":[}",
		"{\"a\":\"\xff\"}", "{\"a\":1,\"a\":1}", "{\"o\":{\"a\":1,\"\\u0061\":1}}",
		"{\"l\":[{\"a\":1},{\"b\":1,\"c\":2,\"b\":3}]}", "{\"a\":1e999}",
		"{\"a\":123456789012345678901234567890}" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (parse(bad[i]) != NULL)
			fail_msg("taken: %s", bad[i]);
	assert_non_null(parse("{\"a\":{\"x\":1},\"b\":{\"x\":1},\"l\":[{\"x\":1},{\"x\":1}]}"));
}

/* An object, or an array in one, of n numbers. */
static const struct json_node *
parse_many(bool keyed, size_t n)
{
	char *text = malloc(LEN_MAX + 1);
	const struct json_node *root;
	size_t len, i;

	assert_non_null(text);
	len = (size_t)sprintf(text, keyed ? "{" : "{\"a\":[");
	for (i = 0; i < n; i++) {
		if (keyed)
			len += (size_t)sprintf(text + len, "\"k%zu\":", i);
		len += (size_t)sprintf(text + len, "1,");
	}
	len += (size_t)sprintf(text + len - 1, keyed ? "}" : "]}") - 1;
	root = parse_bytes(text, len);
	free(text);
	return root;
}

static void
test_limits(void **state)
{
	(void)state;
	/* The object and its array are values, too. */
	assert_non_null(parse_many(false, JSON_TREE_NODES_MAX - 2));
	assert_null(parse_many(false, JSON_TREE_NODES_MAX - 1));
	assert_non_null(parse_many(true, JSON_TREE_MEMBERS_MAX));
	assert_null(parse_many(true, JSON_TREE_MEMBERS_MAX + 1));
	assert_non_null(parse("{}"));
}

static const struct json_node *
parse_nested(size_t depth)
{
	char text[4096] = "{\"a\":";

	for (size_t i = 1; i < depth; i++)
		strcat(text, "[");
	strcat(text, "1");
	for (size_t i = 1; i < depth; i++)
		strcat(text, "]");
	strcat(text, "}");
	return parse(text);
}

static void
test_depth(void **state)
{
	(void)state;
	assert_non_null(parse_nested(JSON_TREE_DEPTH_MAX));
	assert_null(parse_nested(JSON_TREE_DEPTH_MAX + 1));
	assert_null(parse_nested(1000));
}

static void
test_a_mebibyte(void **state)
{
	static char text[LEN_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + LEN_MAX - 2, "\"}", 2);
	assert_int_equal(json_path(parse_bytes(text, LEN_MAX), "a")->text.n, LEN_MAX - 8);
	memset(text, ' ', sizeof(text));
	memcpy(text, "{}", 2);
	assert_non_null(parse_bytes(text, LEN_MAX));
	assert_null(parse_bytes(text, LEN_MAX + 1));
}

/* ---- random documents */

static unsigned seed;

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static json_t *any_value(int depth);

static json_t *
any_text(void)
{
	static const char *const texts[] = { "", "a", "key", "a.b", "\"\\/", "\n\t\x01", "\xc3\xa5",
		"\xf0\x9f\x98\x80", "a longer text that needs more than one step" };

	return json_string(texts[any(COUNTOF(texts))]);
}

static json_t *
any_object(int depth)
{
	json_t *object = json_object();
	char key[8];

	for (unsigned n = any(6); n > 0; n--) {
		snprintf(key, sizeof(key), "k%u", any(40));
		json_object_set_new(object, key, any_value(depth - 1));
	}
	return object;
}

static json_t *
any_array(int depth)
{
	json_t *array = json_array();

	for (unsigned n = any(5); n > 0; n--)
		json_array_append_new(array, any_value(depth - 1));
	return array;
}

static json_t *
any_value(int depth)
{
	switch (any(depth > 0 ? 9 : 6)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(any(2));
	case 2:
		return json_integer((json_int_t)any(1000) - 500);
	case 3:
		return json_integer(any(2) ? INT64_MAX : INT64_MIN);
	case 4:
		return json_real(any(100000) / 64.0);
	case 5:
		return any_text();
	case 6:
		return any_array(depth);
	default:
		return any_object(depth);
	}
}

static void
test_against_jansson(void **state)
{
	const struct json_node *root;
	json_t *value;
	char *text;

	(void)state;
	for (seed = 1; seed < 4000; seed++) {
		unsigned kept = seed;

		value = any_object(7);
		text = json_dumps(value, any(2) ? JSON_INDENT(1) : JSON_ENSURE_ASCII);
		root = parse(text);
		assert_non_null(root);
		if (!json_same(root, value))
			fail_msg("%u: %s", kept, text);
		free(text);
		json_decref(value);
		seed = kept;
	}
}

/* Limits of one's own hold as the built-in ones do. */
static void
test_wide(void **state)
{
	struct json_tree *usual = tree;

	(void)state;
	tree = json_tree_new_wide(LEN_MAX, JSON_TREE_NODES_MAX + 2, JSON_TREE_MEMBERS_MAX + 1);
	assert_non_null(tree);
	assert_non_null(parse_many(false, JSON_TREE_NODES_MAX));
	assert_null(parse_many(false, JSON_TREE_NODES_MAX + 1));
	assert_non_null(parse_many(true, JSON_TREE_MEMBERS_MAX + 1));
	assert_null(parse_many(true, JSON_TREE_MEMBERS_MAX + 2));
	json_tree_free(tree);
	tree = usual;
}

/* Some write a member twice: the first is found, and both are there. */
static void
test_repeats(void **state)
{
	static const char twice[] = "{\"a\":1,\"b\":2,\"a\":3}";
	struct json_tree *lax = json_tree_new(LEN_MAX);
	const struct json_node *root;

	(void)state;
	assert_non_null(lax);
	assert_null(json_tree_parse(lax, twice, sizeof(twice) - 1));
	json_tree_allow_repeats(lax);
	root = json_tree_parse(lax, twice, sizeof(twice) - 1);
	assert_non_null(root);
	assert_int_equal(json_path(root, "a")->integer, 1);
	assert_int_equal(root->child->next->next->integer, 3);
	json_tree_free(lax);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_a_mebibyte),
		cmocka_unit_test(test_against_jansson),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
