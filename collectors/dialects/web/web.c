/* SPDX-License-Identifier: MIT */
/*
 * web.c: posts of web systems: reading their members, making events of them,
 * handing those out.
 *
 * All memory is there from the start: a post that would need more is refused.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "iso.h"
#include "web.h"

/* ---- what is wrong */

void
web_refuse(struct web *w, enum refusal why, const char *detail)
{
	if (w->why != REFUSAL_NONE)
		return;
	w->why = why;
	w->detail = str_of(detail);
}

static void
refuse_member(struct web *w, enum refusal why, enum event_member member)
{
	if (why != REFUSAL_NONE)
		web_refuse(w, why, event_members[member].name);
}

void
web_skip(struct web *w, struct str verb)
{
	if (w->why == REFUSAL_NONE)
		w->detail = verb;
}

/* ---- reading */

const struct json_node *
web_at(const struct json_node *from, const char *path)
{
	const struct json_node *node = json_path(from, path);

	return node == NULL || node->type == JSON_NULL ? NULL : node;
}

/* What is there, if it is of one of two types. */
static const struct json_node *
typed(struct web *w, const struct json_node *from, const char *path, uint8_t type, uint8_t or)
{
	const struct json_node *node = web_at(from, path);

	if (node == NULL || node->type == type || node->type == or)
		return node;
	web_refuse(w, REFUSAL_ILL_TYPED, path);
	return NULL;
}

struct str
web_text(struct web *w, const struct json_node *from, const char *path)
{
	const struct json_node *node = typed(w, from, path, JSON_TEXT, JSON_TEXT);

	return node != NULL ? node->text : STR_NONE;
}

struct str
web_name(struct web *w, const struct json_node *from, const char *path)
{
	const struct json_node *node = typed(w, from, path, JSON_TEXT, JSON_INT);

	if (node == NULL)
		return STR_NONE;
	if (node->type == JSON_TEXT)
		return node->text;
	return web_make(w, "%lld", (long long)node->integer);
}

bool
web_flag(struct web *w, const struct json_node *from, const char *path)
{
	const struct json_node *node = typed(w, from, path, JSON_BOOL, JSON_BOOL);

	return node != NULL && node->boolean;
}

/* -1: out of what event.h takes. */
static msec_t
of_seconds(const struct json_node *node)
{
	double seconds = node->type == JSON_INT ? (double)node->integer : node->real;

	if (seconds < 0 || seconds > (double)(TIME_HIGH / MSEC_PER_SEC))
		return -1;
	return (msec_t)lround(seconds * MSEC_PER_SEC);
}

msec_t
web_time(struct web *w, const struct json_node *from, const char *path)
{
	const struct json_node *node = web_at(from, path);
	msec_t time = -1;

	if (node == NULL || (node->type == JSON_INT && node->integer == 0))
		return -1;
	if (node->type == JSON_TEXT)
		time = iso_time(node->text);
	else if (node->type == JSON_INT || node->type == JSON_REAL)
		time = of_seconds(node);
	else
		web_refuse(w, REFUSAL_ILL_TYPED, path);
	if (time < 0)
		web_refuse(w, REFUSAL_BAD_VALUE, path);
	return time;
}

struct str
web_make(struct web *w, const char *format, ...)
{
	struct str text = { w->made + w->nmade, 0 };
	size_t room = sizeof(w->made) - w->nmade;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(w->made + w->nmade, room, format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room) {
		web_refuse(w, REFUSAL_TOO_LONG, "id");
		return STR_NONE;
	}
	text.n = (uint32_t)len;
	w->nmade += (size_t)len;
	return text;
}

/* ---- events */

void
web_common(struct web *w, enum event_member member, struct str text)
{
	if (text.n > 0)
		refuse_member(w, event_set_str(&w->common, member, text), member);
}

void
web_begin(struct web *w, enum event_kind kind, msec_t time)
{
	struct web_event *e;

	if (w->n == WEB_EVENTS_MAX) {
		web_refuse(w, REFUSAL_OVERSIZED, "events");
		w->n--;
	}
	e = &w->events[w->n++];
	e->ev = w->common;
	e->ev.event = (uint8_t)kind;
	e->id_len = 0;
	if (time >= 0)
		web_give_int(w, M_TIME, time);
}

void
web_id(struct web *w, const char *format, ...)
{
	struct web_event *e = &w->events[w->n - 1];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(e->id, sizeof(e->id), format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(e->id))
		web_refuse(w, REFUSAL_TOO_LONG, "id");
	else
		e->id_len = (uint32_t)len;
}

void
web_give(struct web *w, enum event_member member, struct str text)
{
	if (text.n > 0)
		refuse_member(w, event_set_str(&w->events[w->n - 1].ev, member, text), member);
}

void
web_give_int(struct web *w, enum event_member member, int64_t value)
{
	refuse_member(w, event_set_int(&w->events[w->n - 1].ev, member, value), member);
}

void
web_give_word(struct web *w, enum event_member member, const char *word)
{
	web_give(w, member, str_of(word));
}

/* ---- a post */

static void
begin_post(struct web *w)
{
	w->why = REFUSAL_NONE;
	w->detail = STR_NONE;
	w->n = w->given = 0;
	w->nmade = 0;
	memset(&w->common, 0, sizeof(w->common));
	web_common(w, M_SOURCE, (struct str){ w->source, w->source_len });
}

static void
check_all(struct web *w)
{
	enum event_member member;
	enum refusal why;

	for (unsigned i = 0; i < w->n && w->why == REFUSAL_NONE; i++)
		if ((why = event_check(&w->events[i].ev, &member)) != REFUSAL_NONE)
			refuse_member(w, why, member);
	if (w->why != REFUSAL_NONE)
		w->n = 0;
}

static void
read_post(struct web *w, const char *msg, size_t len, void (*read)(struct web *))
{
	begin_post(w);
	if (len > WEB_BODY_MAX)
		web_refuse(w, REFUSAL_OVERSIZED, "");
	else if ((w->root = json_tree_parse(w->tree, msg, len)) == NULL)
		web_refuse(w, REFUSAL_NOT_JSON, "");
	else
		read(w);
	check_all(w);
}

static void
hand_out(struct web *w, struct dialect_result *res)
{
	for (res->n = 0; res->n < DIALECT_EVENTS_MAX && w->given < w->n; res->n++, w->given++) {
		const struct web_event *e = &w->events[w->given];

		res->ev[res->n] = e->ev;
		res->id[res->n] = (struct str){ e->id_len > 0 ? e->id : NULL, e->id_len };
	}
	res->more = w->given < w->n;
}

void
web_decode(struct web *w, const char *msg, size_t len, struct dialect_result *res,
    void (*read)(struct web *))
{
	if (msg != NULL)
		read_post(w, msg, len, read);
	hand_out(w, res);
	res->why = w->why;
	res->detail = w->n == 0 ? w->detail : STR_NONE;
	res->source = STR_NONE;
	if (w->why != REFUSAL_NONE)
		res->source = (struct str){ w->source, w->source_len };
}

void *
web_open(const char *source)
{
	size_t len = 0;
	struct web *w;

	if (source == NULL || (len = strlen(source)) > NAME_MAX_BYTES ||
	    name_check((struct str){ source, (uint32_t)len }, 1, NAME_MAX_BYTES) != REFUSAL_NONE) {
		errno = EINVAL;
		return NULL;
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL || (w->tree = json_tree_new(WEB_BODY_MAX)) == NULL) {
		free(w);
		return NULL;
	}
	memcpy(w->source, source, len);
	w->source_len = (uint32_t)len;
	return w;
}

void
web_close(void *state)
{
	struct web *w = state;

	if (w == NULL)
		return;
	json_tree_free(w->tree);
	free(w);
}
