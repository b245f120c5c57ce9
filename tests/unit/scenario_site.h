/* SPDX-License-Identifier: MIT */
/*
 * scenario_site.h: the site of a scenario, from its `config` lines.
 *
 * The settings have the names they have in ccmon.cfg; only those are known
 * that a scenario needed so far.  `start` is the scenario's own: the instant
 * its times count from.
 */
#ifndef CCMON_TESTS_SCENARIO_SITE_H
#define CCMON_TESTS_SCENARIO_SITE_H

#include <stdlib.h>
#include <time.h>

#include <ccmon/rules.h>
#include <ccmon/site.h>

#include "tests/unit/engine_kit.h"

#define SCENARIO_QUEUES	8	/* configured in one scenario */
#define SCENARIO_CALENDARS 4

struct scenario_site {
	struct site site;	/* points into this struct: do not copy */
	struct queue_def queues[SCENARIO_QUEUES];
	struct calendar calendars[SCENARIO_CALENDARS];	/* all in the site's zone */
	struct zone zone;
	struct rules rules;	/* scenario_rules.h */
	msec_t start;
};

/* Cuts the next word off; "" when there is none. */
static inline char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

/* All of these: 0, or -1 when the value is none. */
typedef int scenario_set_fn(struct scenario_site *, void *field, const char *value);

static inline int
scenario_set_length(struct scenario_site *s, void *field, const char *value)
{
	(void)s;
	return duration_parse(value, field);
}

static inline int
scenario_set_ratio(struct scenario_site *s, void *field, const char *value)
{
	char *end;
	double ratio = strtod(value, &end);

	(void)s;
	*(int32_t *)field = (int32_t)(ratio * RATIO_ONE + 0.5);
	return end > value && *end == '\0' && ratio >= 0 && ratio <= 1 ? 0 : -1;
}

static inline int
scenario_set_formula(struct scenario_site *s, void *field, const char *value)
{
	int found = sl_formula_find(value);

	(void)s;
	*(uint8_t *)field = (uint8_t)found;
	return found < 0 ? -1 : 0;
}

static inline int
scenario_set_days(struct scenario_site *s, void *field, const char *value)
{
	char *end;

	(void)s;
	*(int32_t *)field = (int32_t)strtol(value, &end, 10);
	return end > value && *end == '\0' && *(int32_t *)field >= 0 ? 0 : -1;
}

/* Brings what is promised in that channel: stands before the queue's own. */
static inline int
scenario_set_channel(struct scenario_site *s, void *field, const char *value)
{
	struct queue_def *q = field;
	int found = word_find(WORDS_CHANNEL, kit_str(value));

	if (found < 0)
		return -1;
	q->channel = (uint8_t)found;
	q->policy = s->site.defaults[found];
	return 0;
}

static inline int
scenario_set_zone(struct scenario_site *s, void *field, const char *value)
{
	zone_fini(field);
	s->zone = (struct zone){ 0 };
	s->site.zones = &s->zone;
	return zone_load(&s->zone, value);
}

static inline int
scenario_set_start(struct scenario_site *s, void *field, const char *value)
{
	struct tm tm = { 0 };
	const char *end = strptime(value, "%Y-%m-%dT%H:%M:%SZ", &tm);

	(void)s;
	*(msec_t *)field = timegm(&tm) * MSEC_PER_SEC;
	return end != NULL && *end == '\0' ? 0 : -1;
}

/* calendars.NAME.open and the like: each adds to what is there. */
static inline int
scenario_set_open(struct scenario_site *s, void *calendar, const char *value)
{
	char why[128];

	(void)s;
	return calendar_add_open(calendar, value, why, sizeof(why));
}

static inline int
scenario_set_exception(struct scenario_site *s, void *calendar, const char *value)
{
	char why[128];

	(void)s;
	return calendar_add_exception(calendar, value, why, sizeof(why));
}

/* A queue's: one that stands before. */
static inline int
scenario_set_calendar(struct scenario_site *s, void *field, const char *value)
{
	const struct calendar *found = calendars_find(&s->site.calendars, value);

	*(char **)field = found == NULL ? NULL : found->name;
	return found == NULL ? -1 : 0;
}

struct scenario_setting {
	const char *name;
	scenario_set_fn *set;
	size_t offset;
};

static const struct scenario_setting scenario_settings[] = {
	{ "start", scenario_set_start, offsetof(struct scenario_site, start) },
	{ "timezone", scenario_set_zone, offsetof(struct scenario_site, zone) },
	{ "silent_after", scenario_set_length, offsetof(struct scenario_site, site.silent_after) },
	{ "fcr_days", scenario_set_days, offsetof(struct scenario_site, site.fcr_days) },
	{ NULL, NULL, 0 },
};

/* queues.NAME.name */
static const struct scenario_setting scenario_queue_settings[] = {
	{ "channel", scenario_set_channel, 0 },
	{ "threshold", scenario_set_length, offsetof(struct queue_def, policy.threshold) },
	{ "target", scenario_set_ratio, offsetof(struct queue_def, policy.target) },
	{ "short_abandon", scenario_set_length, offsetof(struct queue_def, policy.short_abandon) },
	{ "sl_formula", scenario_set_formula, offsetof(struct queue_def, policy.formula) },
	{ "max_wait", scenario_set_length, offsetof(struct queue_def, policy.max_wait) },
	{ "max_handle", scenario_set_length, offsetof(struct queue_def, policy.max_handle) },
	{ "max_open", scenario_set_length, offsetof(struct queue_def, policy.max_open) },
	{ "wrapup", scenario_set_length, offsetof(struct queue_def, policy.wrapup) },
	{ "first_response", scenario_set_length, offsetof(struct queue_def, policy.first_response) },
	{ "next_response", scenario_set_length, offsetof(struct queue_def, policy.next_response) },
	{ "resolution", scenario_set_length, offsetof(struct queue_def, policy.resolution) },
	{ "calendar", scenario_set_calendar, offsetof(struct queue_def, calendar) },
	{ NULL, NULL, 0 },
};

/* calendars.NAME.name */
static const struct scenario_setting scenario_calendar_settings[] = {
	{ "open", scenario_set_open, 0 },
	{ "holidays", scenario_set_exception, 0 },
	{ "exceptions", scenario_set_exception, 0 },
	{ NULL, NULL, 0 },
};

/* The queue of that name, made when it is new; NULL: too many. */
static inline struct queue_def *
scenario_queue(struct scenario_site *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->site.nqueues; i++)
		if (strcmp(s->queues[i].name, name) == 0)
			return &s->queues[i];
	if (i == SCENARIO_QUEUES)
		return NULL;
	s->site.nqueues++;
	s->queues[i].name = strdup(name);
	s->queues[i].channel = CHANNEL_CALL;
	s->queues[i].policy = s->site.defaults[CHANNEL_CALL];
	return &s->queues[i];
}

/* The same of a calendar. */
static inline struct calendar *
scenario_calendar(struct scenario_site *s, const char *name)
{
	struct calendars *all = &s->site.calendars;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->calendar[i].name, name) == 0)
			return &all->calendar[i];
	if (all->n == SCENARIO_CALENDARS)
		return NULL;
	all->calendar[all->n].name = strdup(name);
	return &all->calendar[all->n++];
}

static inline void
scenario_site_init(struct scenario_site *s)
{
	static char name[] = "main";

	*s = (struct scenario_site){ .start = KIT_NOON };
	site_defaults(&s->site);
	s->site.name = name;
	s->site.queues = s->queues;
	s->site.calendars.calendar = s->calendars;
}

static inline void
scenario_site_fini(struct scenario_site *s)
{
	rules_fini(&s->rules);
	zone_fini(&s->zone);
	for (size_t i = 0; i < s->site.calendars.n; i++)
		calendar_fini(&s->calendars[i]);
	for (size_t i = 0; i < s->site.nqueues; i++)
		free(s->queues[i].name);
}

/* -1: no such setting, or not such a value. */
static inline int
scenario_apply(struct scenario_site *s, const struct scenario_setting *row, void *base, const char *name,
    const char *value)
{
	while (row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	return row->name == NULL ? -1 : row->set(s, (char *)base + row->offset, value);
}

/* Cuts the path into its parts. */
static inline int
scenario_site_set(struct scenario_site *s, char *path, const char *value)
{
	const struct scenario_setting *row = scenario_settings;
	void *base = s;

	if (strncmp(path, "queues.", 7) == 0) {
		path += 7;
		base = scenario_queue(s, strsep(&path, "."));
		row = scenario_queue_settings;
	} else if (strncmp(path, "calendars.", 10) == 0) {
		path += 10;
		base = scenario_calendar(s, strsep(&path, "."));
		row = scenario_calendar_settings;
	}
	if (base == NULL || path == NULL)
		return -1;
	return scenario_apply(s, row, base, path, value);
}

#endif
