/* SPDX-License-Identifier: MIT */
/*
 * history.c: /api/v1/history: one read of one stream.  Boards that show the
 * same queue ask at about the same time for the same, and share it.
 */
#include "wallboard.h"

#include <ccmon/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP (5 * MSEC_PER_SEC)
#define ENTRIES_MAX "2000"

struct reading {
	struct dish *dish;
	struct past past;
	char queue[PAST_QUEUE_MAX]; /* what past.queue borrows */
};

static void
on_entries(void *arg, const struct reply *r)
{
	struct reading *reading = arg;
	struct out text;

	clock_turn();
	out_init(&text);
	if (r == NULL)
		dish_fail(reading->dish, 503, "Redis does not answer");
	else if (r->type != REPLY_ARRAY)
		dish_fail(reading->dish, 503, "Redis has no such history to read");
	else {
		past_write(&reading->past, r, &text);
		dish_serve(reading->dish, MEDIA_JSON, &text);
	}
	out_fini(&text);
	free(reading);
}

static void
ask(struct source *source, struct reading *reading)
{
	const struct past *p = &reading->past;
	char from[24], to[24];
	const char *const words[] = { to, from, "COUNT", ENTRIES_MAX, NULL };
	struct out key;

	(void)snprintf(from, sizeof(from), "%" PRId64, p->from);
	(void)snprintf(to, sizeof(to), "%" PRId64, p->to);
	out_init(&key);
	past_key(p, &key);
	source_ask(source, on_entries, reading, "XREVRANGE",
	    (struct str){ key.buf, (uint32_t)key.len }, words);
	out_fini(&key);
}

/* The question, said in one way. */
static void
name_question(struct out *o, const struct past *p)
{
	past_key(p, o);
	out_printf(o, " %" PRId64 " %" PRId64, p->from, p->to);
	for (size_t i = 0; i < p->nfields; i++)
		out_printf(o, " %s", p->field[i]);
}

static void
read_past(struct board *b, struct dish *dish, const struct past *p)
{
	struct reading *reading = malloc(sizeof(*reading));

	if (reading == NULL) {
		dish_fail(dish, 503, "out of memory");
		return;
	}
	reading->dish = dish;
	reading->past = *p;
	memcpy(reading->queue, p->queue.n > 0 ? p->queue.p : "", p->queue.n);
	reading->past.queue.p = reading->queue;
	ask(b->source, reading);
}

void
history_serve(struct board *b, struct request *r, struct str rest)
{
	struct past_words words = {
		.interval = request_query(r, "interval"),
		.queue = request_query(r, "queue"),
		.from = request_query(r, "from"),
		.to = request_query(r, "to"),
		.fields = request_query(r, "fields"),
	};
	struct past past;
	struct dish *dish;
	struct out question;
	const char *why = past_read(&past, &words, clock_wall());

	(void)rest;
	if (why != NULL) {
		request_error(r, 400, why);
		return;
	}
	out_init(&question);
	name_question(&question, &past);
	if (question.failed)
		request_error(r, 503, "out of memory");
	dish = question.failed ? NULL
	                       : cache_want(b->cache,
	                             (struct str){ question.buf, (uint32_t)question.len }, KEEP, r);
	out_fini(&question);
	if (dish != NULL)
		read_past(b, dish, &past);
}
