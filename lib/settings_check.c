/* SPDX-License-Identifier: MIT */
/*
 * settings_check.c: what no single setting can know.  Parts that contradict
 * each other, parts that name others that are not there, and what is needed
 * and missing; each with the reason, so that it can be mended without the
 * manual.
 */
#include "settings_load.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define IPC_PATH_MAX 107 /* bytes; sun_path of unix(7) less its NUL */
#define JOURNAL_DIR "/var/lib/ccmon/"
#define REDIS_SOCKET "/run/redis/redis-server.sock"

/* ---- time zones */

/* Its number in site.zones, loaded when it is new; 0 when it does not exist,
 * after a complaint. */
static size_t
zone_index(struct load *l, const char *name, const struct conf_node *node)
{
	struct site *site = &l->settings->site;
	struct zone *zones, zone;

	for (size_t i = 0; i < site->nzones; i++)
		if (strcmp(site->zones[i].name, name) == 0)
			return i;
	zones = realloc(site->zones, (site->nzones + 1) * sizeof(*zones));
	if (zones == NULL) {
		problem(l, node, "out of memory");
		return 0;
	}
	site->zones = zones;
	if (zone_load(&zone, name) == -1) {
		problem(l, node, "there is no time zone \"%s\"; \"Europe/Oslo\" is one", name);
		return 0;
	}
	zones[site->nzones] = zone;
	return site->nzones++;
}

/* The site's own zone comes first: it is zones[0]. */
static void
check_zones(struct load *l)
{
	zone_index(l, l->texts.timezone, find_node(l, "timezone", NULL, NULL));
	for (struct calendar_texts *c = l->calendars; c < l->calendars + l->ncalendars; c++)
		if (c->timezone != NULL)
			c->zone = zone_index(
			    l, c->timezone, find_node(l, "calendars", c->name, "timezone"));
}

/* ---- calendars */

typedef int add_fn(struct calendar *, const char *text, char *why, size_t why_len);

static void
add_hours(struct load *l, struct calendar *c, const char *option, char **texts, add_fn *add)
{
	const struct conf_node *node = find_node(l, "calendars", c->name, option);
	char why[WHY_MAX];

	for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
		if (add(c, texts[i], why, sizeof(why)) == -1)
			problem(l, item_node(node, i), "%s", why);
}

static void
check_calendars(struct load *l)
{
	struct calendars *all = &l->settings->site.calendars;
	struct calendar *c;

	all->zones = l->settings->site.zones;
	if ((all->calendar = calloc(l->ncalendars + 1, sizeof(*c))) == NULL) {
		no_memory(l);
		return;
	}
	for (struct calendar_texts *t = l->calendars; t < l->calendars + l->ncalendars; t++) {
		c = &all->calendar[all->n++];
		c->zone = (uint16_t)t->zone;
		c->name = t->name;
		t->name = NULL;
		add_hours(l, c, "open", t->open, calendar_add_open);
		add_hours(l, c, "holidays", t->holidays, calendar_add_exception);
		add_hours(l, c, "exceptions", t->exceptions, calendar_add_exception);
	}
}

void
no_calendar(struct load *l, const struct conf_node *node, const char *name)
{
	const struct calendars *all = &l->settings->site.calendars;
	struct nearest n;
	char buf[HINT_MAX];

	nearest_begin(&n, name);
	for (size_t i = 0; i < all->n; i++)
		nearest_offer(&n, all->calendar[i].name);
	problem(l, node, "there is no calendar \"%s\"%s", name, hint(&n, buf));
}

/* ---- the site */

static void
check_windows(struct load *l)
{
	struct site *site = &l->settings->site;
	const struct conf_node *node = find_node(l, "windows", NULL, NULL);
	size_t n = texts_count(l->texts.windows);

	if (n == 0)
		problem(l, node, "needs at least one window");
	if (n > WINDOWS_MAX)
		problem(l, node, "has %zu windows; at most %d", n, WINDOWS_MAX);
	site->nwindows = 0;
	for (size_t i = 0; i < n && i < WINDOWS_MAX; i++) {
		for (size_t j = 0; j < i; j++)
			if (strcmp(l->texts.windows[i], l->texts.windows[j]) == 0)
				problem(l, node, "\"%s\" is there twice", l->texts.windows[i]);
		if (strcmp(l->texts.windows[i], "all") == 0 ||
		    site_add_window(site, l->texts.windows[i]) == -1)
			problem(l, node,
			    "\"%s\" is no window: write \"15m\", \"60m\", "
			    "\"24h\" at most, or \"today\"",
			    l->texts.windows[i]);
	}
}

static void
check_site(struct load *l)
{
	if (strpbrk(l->settings->site.name, "{}:*?[]\\ ") != NULL)
		problem(l, find_node(l, "site", NULL, NULL),
		    "stands in every key of Redis: no spaces, braces, colons or *?[]\\");
}

/* ---- queues */

static void
check_calendar(struct load *l, struct queue_def *q)
{
	const char *inherited = l->defaults[q->channel].calendar;
	const struct conf_node *node = find_node(l, "queues", q->name, "calendar");
	const struct calendar *c;

	if (q->calendar == NULL && inherited != NULL && (q->calendar = strdup(inherited)) == NULL)
		problem(l, node, "out of memory");
	if (q->calendar != NULL && strcmp(q->calendar, "always") == 0) {
		free(q->calendar);
		q->calendar = NULL;
	}
	if (q->calendar == NULL)
		return;
	if ((c = calendars_find(&l->settings->site.calendars, q->calendar)) != NULL)
		q->zone = c->zone;
	else
		no_calendar(l, node, q->calendar);
}

static void
check_policy(struct load *l, const struct queue_def *q)
{
	const struct policy *p = &q->policy;

	if (p->threshold > 0 && p->threshold < p->short_abandon)
		problem(l, find_node(l, "queues", q->name, "threshold"),
		    "threshold of %" PRId64 " ms is below short_abandon of %" PRId64
		    " ms: nobody could abandon too late",
		    p->threshold, p->short_abandon);
	if (p->threshold > 0 && p->max_wait > 0 && p->max_wait < p->threshold)
		problem(l, find_node(l, "queues", q->name, "max_wait"),
		    "max_wait of %" PRId64 " ms is below threshold of %" PRId64 " ms", p->max_wait,
		    p->threshold);
}

/* A name by which events find a queue. */
struct alias {
	const char *name;
	const struct queue_def *queue;
};

static int
by_name(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->queue > y->queue) - (x->queue < y->queue);
}

static void
check_aliases(struct load *l)
{
	const struct site *site = &l->settings->site;
	struct alias *all;
	size_t n = 0;

	for (size_t i = 0; i < site->nqueues; i++)
		n += 1 + site->queues[i].nmatch;
	if ((all = calloc(n + 1, sizeof(*all))) == NULL) {
		problem(l, l->root, "out of memory");
		return;
	}
	n = 0;
	for (const struct queue_def *q = site->queues; q < site->queues + site->nqueues; q++) {
		all[n++] = (struct alias){ q->name, q };
		for (size_t i = 0; i < q->nmatch; i++)
			all[n++] = (struct alias){ q->match[i], q };
	}
	qsort(all, n, sizeof(all[0]), by_name);
	for (size_t i = 1; i < n; i++)
		if (strcmp(all[i - 1].name, all[i].name) == 0 && all[i - 1].queue != all[i].queue)
			problem(l, find_node(l, "queues", all[i].queue->name, "match"),
			    "\"%s\" is queue %s already", all[i].name, all[i - 1].queue->name);
	free(all);
}

static void
check_queues(struct load *l)
{
	struct site *site = &l->settings->site;

	for (struct queue_def *q = site->queues; q < site->queues + site->nqueues; q++) {
		if (strncmp(q->name, "__other__", strlen("__other__")) == 0)
			problem(l, find_node(l, "queues", q->name, NULL),
			    "names that begin with __other__ stand for the queues there is no "
			    "room for; choose another");
		q->nmatch = texts_count(q->match);
		check_calendar(l, q);
		check_policy(l, q);
	}
	check_aliases(l);
	if (site->nqueues > site->limits.queues)
		problem(l, find_node(l, "limits", "queues", NULL),
		    "%zu queues are configured, and the limit is %" PRIu32, site->nqueues,
		    site->limits.queues);
}

/* ---- endpoints */

static void
check_tcp(struct load *l, const struct conf_node *node, const char *endpoint)
{
	const char *colon = strrchr(endpoint + strlen("tcp://"), ':');
	char *end = NULL;
	long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);

	if (colon == NULL || end == colon + 1 || *end != '\0' || port < 1 || port > 65535)
		problem(l, node, "\"%s\": write \"tcp://127.0.0.1:5556\"", endpoint);
}

void
check_endpoint(struct load *l, const struct conf_node *node, const char *endpoint)
{
	if (strncmp(endpoint, "tcp://", 6) == 0)
		check_tcp(l, node, endpoint);
	else if (strncmp(endpoint, "ipc://", 6) != 0 || endpoint[6] == '\0')
		problem(l, node,
		    "\"%s\" is no endpoint: write \"ipc:///path\" or "
		    "\"tcp://address:port\"",
		    endpoint);
	else if (strlen(endpoint + 6) > IPC_PATH_MAX)
		problem(l, node, "the path has %zu bytes; a socket's name has at most %d",
		    strlen(endpoint + 6), IPC_PATH_MAX);
}

/* ---- collectors */

static msec_t
longest_window(const struct site *site)
{
	msec_t longest = 0, length;

	for (size_t i = 0; i < site->nwindows; i++) {
		length = site->windows[i].kind == WINDOW_TODAY ? WINDOW_SECONDS_MAX
		                                               : site->windows[i].seconds;
		longest = length > longest ? length : longest;
	}
	return longest * MSEC_PER_SEC;
}

static void
check_journal(struct load *l, struct collector_settings *c)
{
	const struct settings *s = l->settings;
	const struct conf_node *node = find_node(l, "collectors", c->name, "journal");

	if (c->journal == NULL && asprintf(&c->journal, JOURNAL_DIR "%s", c->name) == -1) {
		c->journal = NULL;
		problem(l, node, "out of memory");
		return;
	}
	if (c->journal[0] != '/')
		problem(
		    l, node, "must be an absolute path, such as \"" JOURNAL_DIR "%s\"", c->name);
	for (const struct collector_settings *d = s->collectors; d < c; d++)
		if (d->journal != NULL && strcmp(d->journal, c->journal) == 0)
			problem(l, node, "%s has this journal; each needs its own", d->name);
	if (c->keep < longest_window(&s->site))
		problem(l, find_node(l, "collectors", c->name, "keep"),
		    "is below the longest window: write \"%" PRId64 "s\" or more",
		    longest_window(&s->site) / MSEC_PER_SEC);
}

static void
check_collector(struct load *l, struct collector_settings *c)
{
	check_journal(l, c);
	if (c->ninputs == 0)
		problem(l, find_node(l, "collectors", c->name, NULL),
		    "needs inputs = ( { type = \"zmq-sub\"; ... } )");
	settings_collector_keys(l, c);
	settings_inputs(l, c);
}

/* ---- Redis */

bool
is_numeric(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* There is one way to Redis. */
static void
check_way(struct load *l)
{
	const struct redis_settings *r = &l->settings->redis;
	const struct {
		const char *name;
		bool is_there;
	} ways[] = {
		{ "unix", r->unix_path != NULL },
		{ "host", r->host != NULL },
		{ "nodes", r->nodes != NULL },
		{ "sentinels", r->sentinels != NULL },
	};
	const char *first = NULL;

	for (size_t i = 0; i < COUNTOF(ways); i++)
		if (ways[i].is_there && first == NULL)
			first = ways[i].name;
		else if (ways[i].is_there)
			problem(l, find_node(l, "redis", ways[i].name, NULL),
			    "there is %s already: one of unix, host, nodes, sentinels", first);
}

static void
check_addresses(struct load *l, const char *name, char **texts)
{
	const struct conf_node *node = find_node(l, "redis", name, NULL);
	struct redis_address a;

	if (texts != NULL && texts[0] == NULL)
		problem(l, node, "is empty");
	for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
		if (!redis_address_parse(&a, str_of(texts[i])))
			problem(l, item_node(node, i),
			    "\"%s\" is no numeric address and port: write \"127.0.0.1:6379\"",
			    texts[i]);
}

static void
check_redis(struct load *l)
{
	struct redis_settings *r = &l->settings->redis;

	check_way(l);
	check_addresses(l, "nodes", r->nodes);
	check_addresses(l, "sentinels", r->sentinels);
	if (r->host != NULL && !is_numeric(r->host))
		problem(l, find_node(l, "redis", "host", NULL),
		    "\"%s\" is no numeric address: write \"127.0.0.1\"", r->host);
	if (r->sentinels != NULL && r->master == NULL)
		problem(l, find_node(l, "redis", "sentinels", NULL),
		    "needs a master beside it: its name there");
	if (r->master != NULL && r->sentinels == NULL)
		problem(l, find_node(l, "redis", "master", NULL), "needs sentinels beside it");
	if (r->username != NULL && r->password_file == NULL)
		problem(
		    l, find_node(l, "redis", "username", NULL), "needs a password_file beside it");
	if ((r->operator_username == NULL) != (r->operator_password_file == NULL))
		problem(l, find_node(l, "redis", NULL, NULL),
		    "operator_username and operator_password_file go together");
	if ((r->board_username == NULL) != (r->board_password_file == NULL))
		problem(l, find_node(l, "redis", NULL, NULL),
		    "board_username and board_password_file go together");
	if (r->unix_path == NULL && r->host == NULL && r->nodes == NULL && r->sentinels == NULL &&
	    (r->unix_path = strdup(REDIS_SOCKET)) == NULL)
		no_memory(l);
	if (asprintf(&r->key, "ccmon:v1:{%s}:meta", l->settings->site.name) == -1) {
		r->key = NULL;
		no_memory(l);
	}
}

void
settings_check(struct load *l)
{
	struct settings *s = l->settings;

	check_site(l);
	check_zones(l);
	check_calendars(l);
	check_windows(l);
	check_queues(l);
	check_redis(l);
	check_endpoint(l, find_node(l, "daemon", "ingest", NULL), s->daemon.ingest);
	for (char **e = s->daemon.standby; e != NULL && *e != NULL; e++)
		check_endpoint(l, find_node(l, "daemon", "standby", NULL), *e);
	settings_daemon_keys(l);
	for (size_t i = 0; i < s->ncollectors; i++)
		check_collector(l, &s->collectors[i]);
	settings_rules(l);
	settings_wallboard(l);
}
