/* SPDX-License-Identifier: MIT */
/*
 * ami_tell.c: reading the fields of a message as what they are to become, and
 * filling in events.
 *
 * The rows of calls and members may be gone, or somebody else's, before the
 * events of this message are taken: an event's texts are copied.
 */
#include <assert.h>

#include "ami.h"

void
ami_refuse(struct ami *a, enum refusal why, const char *detail)
{
	if (why == REFUSAL_NONE || a->res->why != REFUSAL_NONE)
		return;
	a->res->why = why;
	a->res->detail = str_of(detail);
}

bool
ami_refused(const struct ami *a)
{
	return a->res->why != REFUSAL_NONE;
}

struct str
ami_field(const struct ami *a, const char *key)
{
	return ami_value(&a->msg, key);
}

bool
ami_is(const struct ami *a, const char *key, const char *value)
{
	return str_is(ami_field(a, key), value);
}

struct str
ami_name(struct ami *a, const char *key, enum event_member member, bool need)
{
	const struct event_member_row *row = &event_members[member];
	struct str name = ami_field(a, key);
	enum refusal why;

	if (name.n == 0 && !need)
		return STR_NONE;
	why = name.n == 0 ? REFUSAL_MISSING : name_check(name, 1, (size_t)row->high);
	if (why == REFUSAL_NONE)
		return name;
	ami_refuse(a, why, row->name);
	return STR_NONE;
}

struct str
ami_id(const struct ami *a, const char *key)
{
	struct str id = ami_field(a, key);

	return id.n > 0 && name_check(id, 1, ID_MAX_BYTES) == REFUSAL_NONE ? id : STR_NONE;
}

/* Digits, at most 9 of them: 31 years. */
static bool
parse_number(struct str text, int64_t *value)
{
	int64_t n = 0;

	if (text.n == 0 || text.n > 9)
		return false;
	for (uint32_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (text.p[i] - '0');
	}
	*value = n;
	return true;
}

int64_t
ami_seconds(struct ami *a, const char *key, enum event_member member)
{
	const struct event_member_row *row = &event_members[member];
	struct str text = ami_field(a, key);
	bool negative = text.n > 1 && text.p[0] == '-';
	int64_t n;

	if (text.n == 0)
		return -1;
	if (negative)
		text = (struct str){ text.p + 1, text.n - 1 };
	if (!parse_number(text, &n)) {
		ami_refuse(a, REFUSAL_ILL_TYPED, row->name);
		return -1;
	}
	if (!negative && n > row->high / MSEC_PER_SEC)
		ami_refuse(a, REFUSAL_BAD_VALUE, row->name);
	return negative ? 0 : n * MSEC_PER_SEC;
}

/* ---- events */

struct str
ami_keep(struct ami *a, struct str text)
{
	char *to = a->texts + a->ntexts;

	assert(text.n <= sizeof(a->texts) - a->ntexts);
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	a->ntexts += text.n;
	return (struct str){ to, text.n };
}

static struct event *
current(struct ami *a)
{
	return &a->res->ev[a->res->n - 1];
}

void
ami_give_lasting(struct ami *a, enum event_member member, struct str text)
{
	if (ami_refused(a))
		return;
	ami_refuse(a, event_set_str(current(a), member, text), event_members[member].name);
}

void
ami_give(struct ami *a, enum event_member member, struct str text)
{
	ami_give_lasting(a, member, ami_keep(a, text));
}

void
ami_give_int(struct ami *a, enum event_member member, int64_t value)
{
	if (ami_refused(a))
		return;
	ami_refuse(a, event_set_int(current(a), member, value), event_members[member].name);
}

void
ami_begin(struct ami *a, enum event_kind kind, msec_t time)
{
	struct event *ev;

	if (ami_refused(a))
		return;
	assert(a->res->n < DIALECT_EVENTS_MAX);
	ev = &a->res->ev[a->res->n++];
	memset(ev, 0, sizeof(*ev));
	ev->event = kind;
	ami_refuse(
	    a, event_set_str(ev, M_SOURCE, (struct str){ a->source, a->source_len }), "source");
	ami_give_int(a, M_TIME, time);
}
