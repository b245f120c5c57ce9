/* SPDX-License-Identifier: MIT */
/*
 * ami_message.c: reading a message of Asterisk's manager.  What its fields mean
 * is not known here.
 *
 * Text that is not UTF-8 is let pass in blocks: callers' names come in any
 * bytes, and nobody reads them; what becomes a name of ours is looked at then.
 */
#include "ami_message.h"

#define VALUES_MAX 4096 /* of a message as JSON; it is flat but for some arrays */

static const char passed_over[] = "ChanVariable";

bool
ami_message_init(struct ami_message *m)
{
	m->tree = json_tree_new_wide(EVENT_BODY_MAX, VALUES_MAX, JSON_TREE_MEMBERS_MAX);
	return m->tree != NULL;
}

void
ami_message_fini(struct ami_message *m)
{
	json_tree_free(m->tree);
}

static void
put(struct ami_message *m, struct str key, struct str value)
{
	if (m->n < AMI_FIELDS_MAX && key.n > 0 && !str_begins(key, passed_over))
		m->field[m->n++] = (struct ami_field){ key, value };
}

static void
read_line(struct ami_message *m, struct str line)
{
	const char *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	struct str key, value;

	if (colon == NULL)
		return;
	key = (struct str){ line.p, (uint32_t)(colon - line.p) };
	value = (struct str){ colon + 1, line.n - key.n - 1 };
	if (value.n > 0 && value.p[0] == ' ')
		value = (struct str){ value.p + 1, value.n - 1 };
	put(m, key, value);
}

static enum refusal
read_block(struct ami_message *m, struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *line_end;
	struct str line;

	for (; p < end; p = line_end + 1) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (line_end == NULL)
			line_end = end;
		line = (struct str){ p, (uint32_t)(line_end - p) };
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		read_line(m, line);
	}
	return m->n > 0 ? REFUSAL_NONE : REFUSAL_NOT_LINE;
}

static enum refusal
read_json(struct ami_message *m, struct str text)
{
	const struct json_node *node = json_tree_parse(m->tree, text.p, text.n);
	const struct json_node *value;

	if (node == NULL)
		return REFUSAL_NOT_JSON;
	for (node = node->child; node != NULL; node = node->next) {
		value = node->type == JSON_ARRAY && node->child != NULL ? node->child : node;
		if (value->type == JSON_TEXT)
			put(m, node->key, value->text);
	}
	return REFUSAL_NONE;
}

enum refusal
ami_message_read(struct ami_message *m, struct str text)
{
	m->n = 0;
	if (text.n > EVENT_BODY_MAX)
		return REFUSAL_OVERSIZED;
	if (text.n > 0 && text.p[0] == '{')
		return read_json(m, text);
	return text.n > 0 ? read_block(m, text) : REFUSAL_NOT_LINE;
}

struct str
ami_value(const struct ami_message *m, const char *key)
{
	struct str wanted = str_of(key);

	for (unsigned i = 0; i < m->n; i++)
		if (str_eq(m->field[i].key, wanted))
			return m->field[i].value.n > 0 ? m->field[i].value : STR_NONE;
	return STR_NONE;
}
