/* SPDX-License-Identifier: MIT */
/*
 * driver_site.h: the engine driver's site, from lines of configuration; its
 * words are those of tests/it/stream.py, lengths in ms, shares of 10,000.  A
 * header, as only that one program includes it.
 */
#ifndef DRIVER_SITE_H
#define DRIVER_SITE_H

#include <ccmon/site.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 32
#define NAME_BYTES 128

static struct site site;

static void __attribute__((noreturn)) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static void *
check(void *p)
{
	if (p == NULL)
		fail("no memory");
	return p;
}

static enum channel
channel_of(const char *word)
{
	int c = word_find(WORDS_CHANNEL, str_of(word));

	if (c < 0)
		fail("no channel %s", word);
	return (enum channel)c;
}

static uint16_t
zone_of(const char *name)
{
	for (size_t i = 0; i < site.nzones; i++)
		if (strcmp(site.zones[i].name, name) == 0)
			return (uint16_t)i;
	site.zones = check(realloc(site.zones, (site.nzones + 1) * sizeof(*site.zones)));
	if (zone_load(&site.zones[site.nzones], name) != 0)
		fail("no zone %s", name);
	return (uint16_t)site.nzones++;
}

/* A number of a policy by its word; false: there is no such. */
static bool
policy_number(struct policy *p, const char *key, long long value)
{
	const struct {
		const char *key;
		msec_t *length;
		int32_t *share;
	} rows[] = {
		{ "threshold", &p->threshold, NULL },
		{ "target", NULL, &p->target },
		{ "short_abandon", &p->short_abandon, NULL },
		{ "risk", NULL, &p->risk },
		{ "max_wait", &p->max_wait, NULL },
		{ "max_handle", &p->max_handle, NULL },
		{ "max_open", &p->max_open, NULL },
		{ "wrapup", &p->wrapup, NULL },
		{ "first_response", &p->first_response, NULL },
		{ "first_response_target", NULL, &p->first_response_target },
		{ "next_response", &p->next_response, NULL },
		{ "next_response_target", NULL, &p->next_response_target },
		{ "resolution", &p->resolution, NULL },
		{ "resolution_target", NULL, &p->resolution_target },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		if (strcmp(rows[i].key, key) != 0)
			continue;
		if (rows[i].length != NULL)
			*rows[i].length = value;
		else
			*rows[i].share = (int32_t)value;
		return true;
	}
	return false;
}

/* threshold=20000 and the like; false: not of a policy. */
static bool
policy_word(struct policy *p, const char *key, const char *value)
{
	if (strcmp(key, "sl_formula") != 0)
		return policy_number(p, key, atoll(value));
	p->formula = (uint8_t)sl_formula_find(value);
	return true;
}

static void
queue_word(struct queue_def *q, const char *key, const char *value)
{
	if (policy_word(&q->policy, key, value))
		return;
	if (strcmp(key, "zone") == 0) {
		q->zone = zone_of(value);
	} else if (strcmp(key, "calendar") == 0) {
		q->calendar = check(strdup(value));
	} else if (strcmp(key, "match") == 0) {
		q->match = check(realloc(q->match, (q->nmatch + 1) * sizeof(char *)));
		q->match[q->nmatch++] = check(strdup(value));
	} else {
		fail("no setting %s of a queue", key);
	}
}

/* Splits key=value in place. */
static char *
value_of(char *word)
{
	char *eq = strchr(word, '=');

	if (eq == NULL)
		fail("%s is no key=value", word);
	*eq = '\0';
	return eq + 1;
}

static void
conf_queue(char **w, size_t n)
{
	struct queue_def *q;

	site.queues = check(realloc(site.queues, (site.nqueues + 1) * sizeof(*q)));
	q = &site.queues[site.nqueues++];
	memset(q, 0, sizeof(*q));
	q->name = check(strdup(w[0]));
	q->channel = channel_of(w[1]);
	q->policy = site.defaults[q->channel];
	for (size_t i = 2; i < n; i++) {
		char *value = value_of(w[i]);

		queue_word(q, w[i], value);
	}
}

static void
conf_default(char **w, size_t n)
{
	struct policy *p = &site.defaults[channel_of(w[0])];

	for (size_t i = 1; i < n; i++) {
		char *value = value_of(w[i]);

		if (!policy_word(p, w[i], value))
			fail("no setting %s", w[i]);
	}
}

static void
conf_calendar(char **w, size_t n)
{
	struct calendars *all = &site.calendars;
	struct calendar *c;

	(void)n;
	all->calendar = check(realloc(all->calendar, (all->n + 1) * sizeof(*c)));
	c = &all->calendar[all->n++];
	*c = (struct calendar){ .name = check(strdup(w[0])), .zone = zone_of(w[1]) };
	all->zones = site.zones;
}

/* Its words from the second on, as calendar.h reads them. */
static void
calendar_words(
    char **w, size_t n, int (*add)(struct calendar *, const char *text, char *why, size_t len))
{
	char text[NAME_BYTES] = "", why[NAME_BYTES];

	for (size_t i = 1; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", w[i]);
	for (size_t i = 0; i < site.calendars.n; i++)
		if (strcmp(site.calendars.calendar[i].name, w[0]) == 0) {
			if (add(&site.calendars.calendar[i], text, why, sizeof(why)) != 0)
				fail("%s", why);
			return;
		}
	fail("no calendar %s", w[0]);
}

static void
conf_open(char **w, size_t n)
{
	calendar_words(w, n, calendar_add_open);
}

static void
conf_exception(char **w, size_t n)
{
	calendar_words(w, n, calendar_add_exception);
}

static void
conf_feed(char **w, size_t n)
{
	struct feed_def *f;

	(void)n;
	site.feeds = check(realloc(site.feeds, (site.nfeeds + 1) * sizeof(*f)));
	f = &site.feeds[site.nfeeds++];
	f->name = check(strdup(w[0]));
	f->silent_after = atoll(w[1]);
}

static void
conf_zone(char **w, size_t n)
{
	(void)n;
	zone_fini(&site.zones[0]);
	if (zone_load(&site.zones[0], w[0]) != 0)
		fail("no zone %s", w[0]);
}

static void
conf_windows(char **w, size_t n)
{
	site.nwindows = 0;
	for (size_t i = 0; i < n; i++)
		if (site_add_window(&site, w[i]) != 0)
			fail("no window %s", w[i]);
}

static void
conf_clock(char **w, size_t n)
{
	(void)n;
	site.clock = strcmp(w[0], "events") == 0 ? CLOCK_EVENTS : CLOCK_WALL;
}

static void
conf_day_start(char **w, size_t n)
{
	(void)n;
	site.day_start = (int32_t)atoll(w[0]);
}

static void
conf_silent_after(char **w, size_t n)
{
	(void)n;
	site.silent_after = atoll(w[0]);
}

static void
conf_fcr_days(char **w, size_t n)
{
	(void)n;
	site.fcr_days = (int32_t)atoll(w[0]);
}

static const struct {
	const char *word;
	size_t least; /* words after it */
	void (*fn)(char **, size_t);
} conf_rows[] = {
	{ "zone", 1, conf_zone }, /* NAME, before queues */
	{ "day_start", 1, conf_day_start }, /* seconds */
	{ "clock", 1, conf_clock }, /* wall, events */
	{ "windows", 1, conf_windows }, /* NAME... */
	{ "silent_after", 1, conf_silent_after }, /* ms */
	{ "fcr_days", 1, conf_fcr_days }, { "default", 1, conf_default }, /* CHANNEL key=value... */
	{ "calendar", 2, conf_calendar }, /* NAME ZONE */
	{ "open", 3, conf_open }, /* NAME DAYS HOURS */
	{ "exception", 2, conf_exception }, /* NAME DATE HOURS */
	{ "queue", 2, conf_queue }, /* NAME CHANNEL key=value... */
	{ "feed", 2, conf_feed }, /* NAME ms */
};

static void
conf(char *line)
{
	char *w[WORDS_MAX], *save = NULL;
	size_t n = 0;

	for (char *p = strtok_r(line, " ", &save); p != NULL && n < WORDS_MAX;
	     p = strtok_r(NULL, " ", &save))
		w[n++] = p;
	for (size_t i = 0; n > 0 && i < COUNTOF(conf_rows); i++)
		if (strcmp(conf_rows[i].word, w[0]) == 0 && n > conf_rows[i].least) {
			conf_rows[i].fn(w + 1, n - 1);
			return;
		}
	fail("conf: not understood");
}

/* UTC, and the defaults of the project for the rest. */
static void
conf_start(void)
{
	static char name[] = "test";

	site_defaults(&site);
	site.name = name;
	site.zones = NULL; /* those of site_defaults are not ours to change */
	site.nzones = 0;
	(void)zone_of("UTC");
}

#endif
