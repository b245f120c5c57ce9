/* SPDX-License-Identifier: MIT */
/*
 * native.c: the dialect of the contract: one JSON object, one event.
 *
 * The members are not named here: each is looked up in events.def and stored
 * by its row, so a new member needs no line in this file.  A member nobody
 * knows is passed over, null is as if it were not there, and the first known
 * member that is wrong refuses the message.  Nothing is allocated once the
 * state is open: this runs for every event of the house.
 */
#include <stdlib.h>

#include <ccmon/event.h>
#include <ccmon/json.h>

#include "table.h"

struct native {
	struct json_parser *parser;
	struct json_member members[JSON_MEMBERS_MAX];
	/* Names joined take less room than they took in the body. */
	char names[EVENT_BODY_MAX];
};

/* The JSON each type of member is given as. */
static const uint8_t json_of_type[] = {
	[TYPE_STR] = JSON_TEXT,
	[TYPE_TEXT] = JSON_TEXT,
	[TYPE_INT] = JSON_INT,
	[TYPE_BOOL] = JSON_BOOL,
	[TYPE_WORD] = JSON_TEXT,
	[TYPE_NAMES] = JSON_ARRAY,
};

static void
native_close(void *state)
{
	struct native *nat = state;

	if (nat == NULL)
		return;
	json_parser_free(nat->parser);
	free(nat);
}

static void *
native_open(const char *source)
{
	struct native *nat;

	(void)source; /* each message names its own */
	nat = malloc(sizeof *nat);
	if (nat == NULL)
		return NULL;
	nat->parser = json_parser_new(EVENT_BODY_MAX);
	if (nat->parser == NULL) {
		free(nat);
		return NULL;
	}
	return nat;
}

/* Joins an array of names with '\n'.  Each is checked first, so that none
 * brings a '\n' of its own. */
static enum refusal
join_names(struct native *nat, const struct json_member *m, const struct event_member_row *row,
    struct str *joined)
{
	struct str name;
	enum refusal why;
	size_t len = 0, i;
	int got;

	for (i = 0; (got = json_array_text(nat->parser, m, i, &name)) == 1; i++) {
		why = name_check(name, row->low, row->high);
		if (why != REFUSAL_NONE)
			return why;
		if (len + 1 + name.n > sizeof nat->names)
			return REFUSAL_TOO_LONG;
		if (len > 0)
			nat->names[len++] = '\n';
		memcpy(nat->names + len, name.p, name.n);
		len += name.n;
	}
	if (got < 0)
		return REFUSAL_ILL_TYPED;
	*joined = (struct str){ nat->names, len };
	return REFUSAL_NONE;
}

static enum refusal
store(struct native *nat, struct event *ev, enum event_member which, const struct json_member *m)
{
	const struct event_member_row *row = &event_members[which];
	struct str text = m->text;
	enum refusal why;

	if (m->type != json_of_type[row->type])
		return REFUSAL_ILL_TYPED;
	if (m->type == JSON_INT)
		return event_set_int(ev, which, m->integer);
	if (m->type == JSON_BOOL)
		return event_set_int(ev, which, m->boolean);
	if (m->type == JSON_ARRAY) {
		why = join_names(nat, m, row, &text);
		if (why != REFUSAL_NONE)
			return why;
	}
	/* An empty reason and no queues say no more than their absence. */
	if (text.n == 0 && (row->type == TYPE_TEXT || row->type == TYPE_NAMES))
		return REFUSAL_NONE;
	return event_set_str(ev, which, text);
}

static enum refusal
store_kind(struct event *ev, const struct json_member *m)
{
	int kind;

	if (m->type != JSON_TEXT)
		return REFUSAL_ILL_TYPED;
	kind = event_kind_find(m->text);
	if (kind < 0)
		return REFUSAL_UNKNOWN_EVENT;
	ev->event = kind;
	return REFUSAL_NONE;
}

/* Stores every member; on refusal *detail names the one at fault. */
static enum refusal
store_all(struct native *nat, struct event *ev, int n, struct str *detail)
{
	const struct json_member *m;
	enum refusal why;
	bool has_kind = false;
	int which;

	for (m = nat->members; m < nat->members + n; m++) {
		if (m->type == JSON_NULL)
			continue;
		*detail = m->key;
		if ((which = event_member_find(m->key)) >= 0)
			why = store(nat, ev, which, m);
		else if (str_is(m->key, "event")) {
			why = store_kind(ev, m);
			has_kind = true;
		} else
			continue;
		if (why != REFUSAL_NONE)
			return why;
	}
	*detail = STR_LIT("event");
	return has_kind ? REFUSAL_NONE : REFUSAL_MISSING;
}

/* The source of a message that was refused, if it can be told. */
static struct str
source_of(const struct native *nat, int n)
{
	const struct json_member *m;

	for (m = nat->members; m < nat->members + n; m++)
		if (m->type == JSON_TEXT && str_is(m->key, "source") &&
		    name_check(m->text, 1, NAME_MAX_BYTES) == REFUSAL_NONE)
			return m->text;
	return STR_NONE;
}

static void
native_decode(void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	struct native *nat = state;
	struct event *ev = &res->ev[0];
	enum event_member fault;
	int n;

	(void)received;
	res->n = 0;
	res->source = res->detail = STR_NONE;
	if (len > EVENT_BODY_MAX) {
		res->why = REFUSAL_OVERSIZED;
		return;
	}
	n = json_parse(nat->parser, msg, len, nat->members);
	if (n < 0) {
		res->why = REFUSAL_NOT_JSON;
		return;
	}
	memset(ev, 0, sizeof *ev);
	res->why = store_all(nat, ev, n, &res->detail);
	if (res->why == REFUSAL_NONE) {
		res->why = event_check(ev, &fault);
		if (res->why == REFUSAL_NONE) {
			res->n = 1;
			res->detail = STR_NONE;
			return;
		}
		res->detail = str_of(event_members[fault].name);
	}
	res->source = source_of(nat, n);
}

const struct dialect dialect_native = {
	.name = "native",
	.text = "one JSON object an event, as ccmon-events(7) has it",
	.open = native_open,
	.close = native_close,
	.decode = native_decode,
};
