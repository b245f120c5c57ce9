/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json.c: two readers of JSON that know nothing of each other must take
 * the same texts and see the same values.
 *
 * They may differ in this only: ours refuses a name that comes twice, more
 * members and deeper nesting than json.h allows, and any document that is not
 * an object; jansson refuses integers that fit no 64 bits and a NUL in a name,
 * and overlooks a NUL byte after a number.
 */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

/* Both name their types JSON_...; here ours are OURS_... */
#define JSON_NULL OURS_NULL
#define JSON_REAL OURS_REAL
#define JSON_ARRAY OURS_ARRAY
#define JSON_OBJECT OURS_OBJECT
#include <ccmon/json.h>
#undef JSON_NULL
#undef JSON_REAL
#undef JSON_ARRAY
#undef JSON_OBJECT

#define LEN_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
depth_of(const json_t *v)
{
	int deepest = 0, d;
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_array(v))
		json_array_foreach(v, i, child) deepest =
		    (d = depth_of(child)) > deepest ? d : deepest;
	else if (json_is_object(v))
		json_object_foreach((json_t *)v, key, child) deepest =
		    (d = depth_of(child)) > deepest ? d : deepest;
	else
		return 0;
	return deepest + 1;
}

/* jansson has taken it: may we not? */
static bool
may_refuse(const json_t *root, const char *text, size_t len)
{
	json_t *unique;

	if (memchr(text, '\0', len) != NULL)
		return true;
	if (!json_is_object(root) || json_object_size(root) > JSON_MEMBERS_MAX ||
	    depth_of(root) > JSON_DEPTH_MAX)
		return true;
	unique = json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	json_decref(unique);
	return unique == NULL;
}

static bool
same_text(struct str s, const json_t *v)
{
	return s.n == json_string_length(v) && memcmp(s.p, json_string_value(v), s.n) == 0;
}

static void
check_array(struct json_parser *p, const struct json_member *m, const json_t *v)
{
	struct str s;

	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *element = json_array_get(v, i);
		int rc = json_array_text(p, m, i, &s);

		assert(rc == (json_is_string(element) ? 1 : -1));
		if (rc == 1)
			assert(same_text(s, element));
	}
	assert(json_array_text(p, m, json_array_size(v), &s) == 0);
}

static void
check_member(struct json_parser *p, const struct json_member *m, const json_t *v)
{
	assert(v != NULL);
	switch ((enum json_type)m->type) {
	case OURS_NULL:
		assert(json_is_null(v));
		break;
	case JSON_BOOL:
		assert(json_is_boolean(v) && json_is_true(v) == m->boolean);
		break;
	case JSON_INT:
		assert(json_is_integer(v) && json_integer_value(v) == m->integer);
		break;
	case OURS_REAL:
		assert(json_is_real(v) && json_real_value(v) == m->real);
		break;
	case JSON_TEXT:
		assert(json_is_string(v) && same_text(m->text, v));
		break;
	case OURS_ARRAY:
		assert(json_is_array(v));
		check_array(p, m, v);
		break;
	case OURS_OBJECT:
		assert(json_is_object(v));
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_parser *p; /* one for all, as in the collector */
	struct json_member m[JSON_MEMBERS_MAX];
	const char *text = (const char *)data;
	json_error_t why;
	json_t *root = json_loadb(text, size, JSON_ALLOW_NUL, &why);
	int n;

	if (p == NULL)
		p = json_parser_new(LEN_MAX);
	assert(p != NULL);
	n = json_parse(p, text, size, m);
	assert(n >= -1 && n <= JSON_MEMBERS_MAX);
	if (root == NULL)
		assert(n == -1 || json_error_code(&why) == json_error_numeric_overflow ||
		       json_error_code(&why) == json_error_null_byte_in_key);
	else if (n == -1)
		assert(size > LEN_MAX || may_refuse(root, text, size));
	else
		assert((size_t)n == json_object_size(root));
	for (int i = 0; root != NULL && i < n; i++)
		check_member(p, &m[i], json_object_getn(root, m[i].key.p, m[i].key.n));
	json_decref(root);
	return 0;
}
