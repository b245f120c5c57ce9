/* SPDX-License-Identifier: MIT */
/*
 * settings_begin.c: a section of ccmon.cfg begins: what its settings are read
 * into is made here, with the name the section has.
 *
 * Arrays grow as the file is read, so an element is good until the next of
 * its kind begins, and bases point only at the one that is being filled.
 */
#include "settings_load.h"

#include <stdlib.h>

/* One more element, zero, of an array that is owned; NULL: no memory. */
static void *
grow(void *array, size_t *n, size_t size)
{
	void *p = realloc(*(void **)array, (*n + 1) * size);

	if (p == NULL)
		return NULL;
	*(void **)array = p;
	p = (char *)p + (*n)++ * size;
	return memset(p, 0, size);
}

static bool
name_fits(struct load *l, const struct conf_node *node)
{
	if (strlen(conf_name(node)) <= NAME_MAX_BYTES)
		return true;
	problem(l, node, "a name has at most %d bytes", NAME_MAX_BYTES);
	return false;
}

/* A new element with its name, or NULL. */
#define NAMED(l, node, array, n)                                                                   \
	named(l, node, grow(&(array), &(n), sizeof(*(array))), offsetof(__typeof__(*(array)), name))

static void *
named(struct load *l, const struct conf_node *node, void *element, size_t name_at)
{
	char **name = element == NULL ? NULL : (char **)((char *)element + name_at);

	if (name == NULL || (*name = strdup(conf_name(node))) == NULL) {
		no_memory(l);
		return NULL;
	}
	return name_fits(l, node) ? element : NULL;
}

static bool
begin_calendar(struct load *l, const struct conf_node *node)
{
	return (l->base[BASE_CALENDAR] = NAMED(l, node, l->calendars, l->ncalendars)) != NULL;
}

static bool
begin_defaults(struct load *l, const struct conf_node *node)
{
	const char *name = conf_name(node);
	int channel = word_find(WORDS_CHANNEL, str_of(name));

	if (channel == -1) {
		problem(l, node, "is no channel: there are call, chat and email");
		return false;
	}
	l->base[BASE_DEFAULTS] = &l->defaults[channel];
	l->base[BASE_POLICY] = &l->settings->site.defaults[channel];
	return true;
}

/* The queue's channel comes first, whatever the order in the file: the
 * other settings' defaults hang on it. */
static bool
begin_queue(struct load *l, const struct conf_node *node)
{
	struct site *site = &l->settings->site;
	struct queue_def *q = NAMED(l, node, site->queues, site->nqueues);
	const struct conf_node *channel = conf_find(node, "channel");
	int found = -1;

	if (q == NULL)
		return false;
	if (channel == NULL)
		problem(l, node, "needs a channel: \"call\", \"chat\" or \"email\"");
	else if (conf_type(channel) == CONF_TEXT)
		found = word_find(WORDS_CHANNEL, str_of(conf_text(channel)));
	q->channel = found == -1 ? CHANNEL_CALL : (uint8_t)found;
	q->policy = site->defaults[q->channel];
	l->base[BASE_QUEUE] = q;
	l->base[BASE_POLICY] = &q->policy;
	return true;
}

static bool
begin_feed(struct load *l, const struct conf_node *node)
{
	return (l->base[BASE_FEED] =
	               NAMED(l, node, l->settings->site.feeds, l->settings->site.nfeeds)) != NULL;
}

static bool
begin_collector(struct load *l, const struct conf_node *node)
{
	return (l->base[BASE_COLLECTOR] =
	               NAMED(l, node, l->settings->collectors, l->settings->ncollectors)) != NULL;
}

static bool
begin_input(struct load *l, const struct conf_node *node)
{
	struct collector_settings *c = l->base[BASE_COLLECTOR];
	struct input_settings *in = grow(&c->inputs, &c->ninputs, sizeof(*in));

	if (in == NULL)
		no_memory(l);
	else if (conf_find(node, "type") == NULL)
		problem(l, node,
		    "needs a type: \"zmq-sub\", \"zmq-pull\", \"http\", \"maildir\", "
		    "\"file\", \"ami\" or \"esl\"");
	l->base[BASE_INPUT] = in;
	return in != NULL;
}

static bool
begin_hook(struct load *l, const struct conf_node *node)
{
	struct rules *rules = &l->settings->rules;

	return (l->base[BASE_HOOK] = NAMED(l, node, rules->hook, rules->nhooks)) != NULL;
}

/* A rule and, under the same index, its texts. */
static bool
begin_alert(struct load *l, const struct conf_node *node)
{
	struct rules *rules = &l->settings->rules;

	l->base[BASE_RULE] = NAMED(l, node, rules->rule, rules->nrules);
	l->base[BASE_ALERT] = grow(&l->alerts, &l->nalerts, sizeof(*l->alerts));
	if (l->base[BASE_ALERT] == NULL)
		no_memory(l);
	return l->base[BASE_RULE] != NULL && l->base[BASE_ALERT] != NULL;
}

static bool
begin_rung(struct load *l, const struct conf_node *node)
{
	struct alert_texts *a = l->base[BASE_ALERT];
	struct rung_texts *rung = grow(&a->rungs, &a->nrungs, sizeof(*rung));

	if (rung == NULL)
		no_memory(l);
	else if (conf_find(node, "after") == NULL || conf_find(node, "hooks") == NULL)
		problem(l, node, "needs { after = \"10m\"; hooks = [\"name\"]; }");
	l->base[BASE_RUNG] = rung;
	return rung != NULL;
}

static bool
begin_team(struct load *l, const struct conf_node *node)
{
	struct wallboard_settings *w = &l->settings->wallboard;

	return (l->base[BASE_TEAM] = NAMED(l, node, w->teams, w->nteams)) != NULL;
}

static bool (*const begin[SECTION_COUNT])(struct load *, const struct conf_node *) = {
	[SECTION_CALENDAR] = begin_calendar,
	[SECTION_DEFAULTS] = begin_defaults,
	[SECTION_QUEUE] = begin_queue,
	[SECTION_FEED] = begin_feed,
	[SECTION_COLLECTOR] = begin_collector,
	[SECTION_INPUT] = begin_input,
	[SECTION_HOOK] = begin_hook,
	[SECTION_ALERT] = begin_alert,
	[SECTION_RUNG] = begin_rung,
	[SECTION_TEAM] = begin_team,
};

bool
section_begin(struct load *l, enum section section, const struct conf_node *node)
{
	return begin[section] == NULL || begin[section](l, node);
}
