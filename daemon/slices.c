/* SPDX-License-Identifier: MIT */
/*
 * slices.c: first all names of the state's fields, then their values, some
 * hundred at a time, so that neither Redis nor we stand still for long.  Not
 * HSCAN: it may give a field twice, and the state must get each once.
 */
#include "slices.h"

#define FIELDS 500 /* a slice */

void
slices_init(struct slices *s)
{
	*s = (struct slices){ 0 };
	out_init(&s->names);
}

void
slices_fini(struct slices *s)
{
	out_fini(&s->names);
	s->asked = s->next = 0;
}

bool
slices_names(struct slices *s, const struct reply *r)
{
	out_reset(&s->names);
	s->asked = s->next = 0;
	for (size_t i = 0; r->type == REPLY_ARRAY && i < r->n; i++) {
		out_bytes(&s->names, &r->item[i].text.n, sizeof(r->item[i].text.n));
		out_bytes(&s->names, r->item[i].text.p, r->item[i].text.n);
	}
	return !s->names.failed;
}

bool
slices_left(const struct slices *s)
{
	return s->next < s->names.len;
}

/* The name at *at; moves on. */
static struct str
name_at(const struct slices *s, size_t *at)
{
	struct str name;

	memcpy(&name.n, s->names.buf + *at, sizeof(name.n));
	name.p = s->names.buf + *at + sizeof(name.n);
	*at += sizeof(name.n) + name.n;
	return name;
}

size_t
slices_count(const struct slices *s)
{
	size_t n = 0, at = s->next;

	for (; n < FIELDS && at < s->names.len; n++)
		name_at(s, &at);
	return n;
}

void
slices_ask(struct slices *s, struct out *command)
{
	size_t n = slices_count(s);

	s->asked = s->next;
	while (n-- > 0) {
		struct str name = name_at(s, &s->next);

		resp_word(command, name.p, name.n);
	}
}

int
slices_take(const struct slices *s, const struct reply *r,
    int (*put)(void *, const struct state_field *), void *arg, struct str *bad)
{
	size_t at = s->asked;

	*bad = STR_NONE;
	for (size_t i = 0; r->type == REPLY_ARRAY && i < r->n && at < s->next; i++) {
		struct state_field field = { name_at(s, &at), r->item[i].text };

		if (r->item[i].type != REPLY_TEXT || put(arg, &field) != 0) {
			*bad = field.key;
			return -1;
		}
	}
	return at == s->next ? 0 : -1;
}
