/* SPDX-License-Identifier: MIT */
/*
 * reader.c: the board from Redis, as often as one asks.
 *
 * One GET of the snapshot is one consistent picture.  When Redis does not
 * answer in time, the connection is dropped and the next look makes another:
 * whoever watches sees how long that has been, and need not start again.
 */
#include "shell.h"

#include <math.h>
#include <stdlib.h>

#include <ccmon/clock.h>

static void
redis_failed(struct ctl *c, struct signs *s)
{
	if (s->redis || !s->asked)
		s->gone = clock_mono();
	s->redis = false;
	snprintf(s->why, sizeof(s->why), "%s", c->why);
	rclient_close(c->redis);
	c->redis = NULL;
}

static void
redis_answered(struct signs *s, const struct daemon *d)
{
	s->redis = true;
	s->age = d->age > 0 ? d->age : 0;
	s->read = clock_mono();
	snprintf(s->state, sizeof(s->state), "%.*s", STR_ARG(d->state));
}

void
reader_look(struct ctl *c, struct board *b, struct signs *s, const char *window)
{
	struct daemon d = { 0 };
	struct reply *snapshot = NULL;
	bool good;

	good = ctl_redis(c) && daemon_read(c, &d) &&
	       (snapshot = ctl_key(c, "GET", "snapshot", STR_NONE)) != NULL;
	clock_turn();
	if (!good)
		redis_failed(c, s);
	else {
		redis_answered(s, &d);
		/* Gone, or not to be read: the one before stays, and grows old. */
		if (snapshot->type == REPLY_TEXT && !board_read(b, snapshot->text, window) &&
		    s->age <= s->stale_after)
			s->age = s->stale_after + 1;
	}
	s->asked = true;
	reply_free(snapshot);
	reply_free(d.meta);
}

/* The score of a visit nobody promised anything is inf. */
static double
score(struct str text)
{
	char buf[32];

	if (text.n == 0 || text.n >= sizeof(buf))
		return (double)NAN;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	return strtod(buf, NULL);
}

size_t
reader_due(struct ctl *c, const char *queue, double due[LONGEST_MAX])
{
	char key[KEY_MAX], last[8];
	struct str words[] = { STR_LIT("ZRANGE"), { key, 0 }, STR_LIT("0"), { last, 0 },
		STR_LIT("WITHSCORES") };
	struct reply *r;
	size_t n = 0;

	if (c->redis == NULL || !ctl_key_name(c, key, "waiting", str_of(queue)))
		return 0;
	words[1] = str_of(key);
	words[3].n = (uint32_t)snprintf(last, sizeof(last), "%d", LONGEST_MAX - 1);
	if ((r = ctl_command(c, words, COUNTOF(words))) == NULL)
		return 0; /* the next look says why */
	for (size_t i = 0; i + 1 < r->n && n < LONGEST_MAX; i += 2) {
		due[n] = score(r->item[i + 1].text);
		n += isfinite(due[n]);
	}
	reply_free(r);
	return n;
}
