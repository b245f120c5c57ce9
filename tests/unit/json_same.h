/* SPDX-License-Identifier: MIT */
/*
 * json_same.h: is our tree jansson's value?  Both name their types JSON_...;
 * where this is included ours are OURS_...
 */
#ifndef CCMON_TESTS_JSON_SAME_H
#define CCMON_TESTS_JSON_SAME_H

#include <jansson.h>

#define JSON_NULL	OURS_NULL
#define JSON_REAL	OURS_REAL
#define JSON_ARRAY	OURS_ARRAY
#define JSON_OBJECT	OURS_OBJECT
#include <ccmon/json.h>
#undef JSON_NULL
#undef JSON_REAL
#undef JSON_ARRAY
#undef JSON_OBJECT

static inline bool json_same(const struct json_node *, const json_t *);

static inline bool
json_same_array(const struct json_node *ours, const json_t *value)
{
	const struct json_node	*child = ours->child;
	size_t			 i;

	for (i = 0; child != NULL && i < json_array_size(value); i++, child = child->next)
		if (child->key.n != 0 || !json_same(child, json_array_get(value, i)))
			return false;
	return child == NULL && i == json_array_size(value);
}

static inline bool
json_same_object(const struct json_node *ours, const json_t *value)
{
	const struct json_node	*child;
	size_t			 n = 0;

	for (child = ours->child; child != NULL; child = child->next, n++)
		if (!json_same(child, json_object_getn(value, child->key.p, child->key.n)))
			return false;
	return n == json_object_size(value);
}

static inline bool
json_same(const struct json_node *ours, const json_t *value)
{
	switch ((int)ours->type) {
	case OURS_NULL:
		return json_is_null(value);
	case JSON_BOOL:
		return json_is_boolean(value) && json_is_true(value) == ours->boolean;
	case JSON_INT:
		return json_is_integer(value) && json_integer_value(value) == ours->integer;
	case OURS_REAL:
		return json_is_real(value) && json_real_value(value) == ours->real;
	case JSON_TEXT:
		return json_is_string(value) && ours->text.n == json_string_length(value) &&
		    memcmp(ours->text.p, json_string_value(value), ours->text.n) == 0;
	case OURS_ARRAY:
		return json_is_array(value) && json_same_array(ours, value);
	case OURS_OBJECT:
		return json_is_object(value) && json_same_object(ours, value);
	}
	return false;
}

#endif
