/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json_tree.c: nested documents, read by us and by jansson: the same
 * texts are taken, and the same values seen.  What they may differ in is what
 * fuzz_json.c says.
 */
#include <assert.h>
#include <stdlib.h>

#include "tests/unit/json_same.h"

#define LEN_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* jansson has taken it: may we not?  Objects that are too full and trees that
 * are too deep are beyond what short inputs can be, or told by the depth. */
static bool
may_refuse(const json_t *root, const char *text, size_t len)
{
	size_t depth = 0, deepest = 0, i;
	json_t *unique;

	if (!json_is_object(root) || memchr(text, '\0', len) != NULL)
		return true;
	for (i = 0; i < len; i++) { /* those in texts make it only more lenient */
		depth += text[i] == '{' || text[i] == '[';
		deepest = depth > deepest ? depth : deepest;
	}
	unique = json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	json_decref(unique);
	return unique == NULL || deepest > JSON_TREE_DEPTH_MAX || len > JSON_TREE_MEMBERS_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_tree *tree;
	const char *text = (const char *)data;
	json_error_t why;
	json_t *root = json_loadb(text, size, JSON_ALLOW_NUL, &why);
	const struct json_node *ours;

	if (tree == NULL)
		tree = json_tree_new(LEN_MAX);
	assert(tree != NULL);
	ours = json_tree_parse(tree, text, size);
	if (root == NULL)
		assert(ours == NULL || json_error_code(&why) == json_error_numeric_overflow ||
		       json_error_code(&why) == json_error_null_byte_in_key);
	else if (ours == NULL)
		assert(may_refuse(root, text, size));
	else
		assert(json_same(ours, root));
	json_decref(root);
	return 0;
}
