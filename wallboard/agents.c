/* SPDX-License-Identifier: MIT */
/*
 * agents.c: /api/v1/agents.  All agents are read for one answer, so an answer
 * serves everybody for a second; where none are shown none are read.
 */
#include "wallboard.h"

#include <ccmon/clock.h>

#include <stdlib.h>

#define KEEP SECOND_OLD

struct reading {
	struct dish *dish;
	struct roster *roster;
};

static void
on_agent(void *arg, struct str name, const struct reply *hash)
{
	roster_add(((struct reading *)arg)->roster, name, hash);
}

static void
on_done(void *arg, bool good)
{
	struct reading *reading = arg;

	if (good)
		dish_serve(reading->dish, MEDIA_JSON, roster_finish(reading->roster));
	else
		dish_fail(reading->dish, 503, "Redis does not answer");
	roster_free(reading->roster);
	free(reading);
}

static const struct fan_plan plan = {
	.set = "agents",
	.kind = "agent:",
	.verb = "HMGET",
	.words = roster_words,
	.each = on_agent,
	.done = on_done,
};

void
agents_serve(struct board *b, struct request *r, struct str rest)
{
	const struct wallboard_settings *s = &b->settings->wallboard;
	struct dish *dish = cache_want(b->cache, STR_LIT("agents"), KEEP, r);
	struct reading *reading = dish == NULL ? NULL : malloc(sizeof(*reading));

	(void)rest;
	if (dish == NULL)
		return;
	if (reading == NULL || (reading->roster = roster_new(s, clock_wall())) == NULL) {
		free(reading);
		dish_fail(dish, 503, "out of memory");
		return;
	}
	reading->dish = dish;
	if (s->agents == AGENTS_OFF)
		on_done(reading, true);
	else
		fan_out(b->source, &plan, reading);
}
