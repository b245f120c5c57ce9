/* SPDX-License-Identifier: MIT */
/*
 * replies.c: hiredis's replies in our own words, so that nobody else needs
 * its headers, nor meets its types that RESP 2 does not have.
 */
#include "redis.h"

static const enum reply_type types[] = {
	[REDIS_REPLY_STRING] = REPLY_TEXT,
	[REDIS_REPLY_ARRAY] = REPLY_ARRAY,
	[REDIS_REPLY_INTEGER] = REPLY_INT,
	[REDIS_REPLY_NIL] = REPLY_NIL,
	[REDIS_REPLY_STATUS] = REPLY_STATUS,
	[REDIS_REPLY_ERROR] = REPLY_ERROR,
};

size_t
replies_count(const redisReply *raw)
{
	size_t n = 1;

	if (raw->type == REDIS_REPLY_ARRAY)
		for (size_t i = 0; i < raw->elements; i++)
			n += replies_count(raw->element[i]);
	return n;
}

struct reply *
replies_translate(const redisReply *raw, struct reply *r, struct reply *room)
{
	*r = (struct reply){ .type = types[raw->type], .integer = raw->integer };
	if (raw->type == REDIS_REPLY_ARRAY) {
		r->n = raw->elements;
		r->item = room;
		room += r->n;
		for (size_t i = 0; i < r->n; i++)
			room = replies_translate(raw->element[i], &r->item[i], room);
	} else if (raw->str != NULL) {
		r->text = (struct str){ raw->str, (uint32_t)raw->len };
	}
	return room;
}
