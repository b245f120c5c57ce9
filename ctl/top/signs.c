/* SPDX-License-Identifier: MIT */
/*
 * signs.c: how old is what is shown?
 *
 * Three things can be gone: Redis, the daemon, and news.  Whichever it is is
 * said in words, the most basic first; a wait ticks only while its figures
 * are young enough to be true.
 */
#include "top.h"

#include <stdio.h>

static msec_t
age(const struct signs *s, msec_t mono)
{
	return s->age + (mono > s->read ? mono - s->read : 0);
}

bool
life_is_stale(const struct signs *s, msec_t mono)
{
	return s->state[0] == '\0' || strcmp(s->state, "stopping") == 0 ||
	       age(s, mono) > s->stale_after;
}

enum life
life_of(const struct signs *s, msec_t mono)
{
	if (!s->redis)
		return LIFE_NO_REDIS;
	if (s->state[0] == '\0')
		return LIFE_NEVER;
	if (strcmp(s->state, "stopping") == 0)
		return LIFE_STOPPED;
	if (life_is_stale(s, mono))
		return LIFE_STALE;
	return strcmp(s->state, "starting") == 0 ? LIFE_STARTING : LIFE_LIVE;
}

double
life_tick(const struct signs *s, msec_t mono)
{
	if (life_is_stale(s, mono))
		return 0;
	return (double)age(s, mono) / MSEC_PER_SEC;
}

void
life_text(char *buf, size_t len, const struct signs *s, msec_t mono)
{
	char old[FIGURE_MAX], gone[FIGURE_MAX];

	figure_length(old, (double)age(s, mono) / MSEC_PER_SEC);
	figure_length(gone, (double)(mono - s->gone) / MSEC_PER_SEC);
	switch (life_of(s, mono)) {
	case LIFE_LIVE:
		snprintf(buf, len, "LIVE");
		break;
	case LIFE_STARTING:
		snprintf(buf, len, "STARTING: figures may be behind");
		break;
	case LIFE_STOPPED:
		snprintf(buf, len, "DAEMON STOPPED, figures are %s old", old);
		break;
	case LIFE_STALE:
		snprintf(buf, len, "NO NEW DATA for %s", old);
		break;
	case LIFE_NEVER:
		snprintf(buf, len, "NO DAEMON ever wrote here: is ccmond running?");
		break;
	case LIFE_NO_REDIS:
		snprintf(buf, len, "REDIS GONE for %s, trying again: %s", gone, s->why);
		break;
	}
}
