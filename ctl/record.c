/* SPDX-License-Identifier: MIT */
/*
 * record.c: alerts, silences and hooks stand on the board as a line of JSON
 * each.  This reads one and gives its members as the tables want them: as
 * text, borrowed, nothing for null.
 */
#include "ctl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include <ccmon/json.h>

#define RECORD_BYTES_MAX 65536 /* an alert has about 700 */

struct record {
	struct json_parser *parser;
	struct json_member member[JSON_MEMBERS_MAX];
	int n;
	char number[32];
};

struct record *
record_new(void)
{
	struct record *r = calloc(1, sizeof(*r));

	if (r != NULL && (r->parser = json_parser_new(RECORD_BYTES_MAX)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	json_parser_free(r->parser);
	free(r);
}

bool
record_read(struct record *r, struct str json)
{
	r->n = json.n > 0 ? json_parse(r->parser, json.p, json.n, r->member) : -1;
	return r->n >= 0;
}

static const struct json_member *
find(const struct record *r, const char *member)
{
	struct str key = { member, (uint32_t)strlen(member) };

	for (int i = 0; i < r->n; i++)
		if (str_eq(r->member[i].key, key))
			return &r->member[i];
	return NULL;
}

static struct str
number_text(struct record *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(r->number, sizeof(r->number), format, ap);
	va_end(ap);
	return str_of(r->number);
}

struct str
record_text(struct record *r, const char *member)
{
	const struct json_member *m = find(r, member);

	if (m == NULL)
		return STR_NONE;
	switch ((enum json_type)m->type) {
	case JSON_TEXT:
		return m->text;
	case JSON_INT:
		return number_text(r, "%" PRId64, m->integer);
	case JSON_REAL:
		return number_text(r, "%.10g", m->real);
	case JSON_BOOL:
		return m->boolean ? (struct str)STR_LIT("true") : (struct str)STR_LIT("false");
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return STR_NONE;
}

bool
record_is(struct record *r, const char *member, const char *text)
{
	return str_is(record_text(r, member), text);
}

int64_t
record_int(struct record *r, const char *member, int64_t otherwise)
{
	const struct json_member *m = find(r, member);

	return m != NULL && m->type == JSON_INT ? m->integer : otherwise;
}
