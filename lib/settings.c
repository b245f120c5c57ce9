/* SPDX-License-Identifier: MIT */
/*
 * settings.c: ccmon.cfg into a struct settings, by the rows of settings.def.
 *
 * The reader walks the file, not the table, so that a name nobody knows is
 * seen.  It goes on after an error: an operator who mends three things wants
 * to start the daemon once.  Sections are taken in the table's order, so the
 * channels' defaults are there before the queues that inherit them.
 */
#include "settings_load.h"

#include <ccmon/secret.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COMPLAINT_MAX 1024 /* bytes of one line */

void
problem(struct load *l, const struct conf_node *node, const char *fmt, ...)
{
	char path[CONF_PATH_MAX] = "", text[COMPLAINT_MAX / 2], *line;
	const char *file = l->settings->path;
	struct problem *p;
	unsigned number = 0;
	va_list ap;

	if (l->nproblems++ >= PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (node != NULL && node != l->root) {
		conf_path(node, path);
		file = conf_file(node);
		number = conf_line(node);
	}
	if (path[0] == '\0' && asprintf(&line, "%s: %s", file, text) == -1)
		line = NULL;
	else if (path[0] != '\0' &&
	         asprintf(&line, "%s:%u: %s: %s", file, number, path, text) == -1)
		line = NULL;
	p = &l->problems[l->nproblems - 1];
	p->line = number;
	p->text = line;
}

void
no_memory(struct load *l)
{
	problem(l, l->root, "out of memory");
}

const char *
hint(const struct nearest *n, char buf[HINT_MAX])
{
	buf[0] = '\0';
	if (n->best != NULL)
		snprintf(buf, HINT_MAX, "; did you mean %s?", n->best);
	return buf;
}

const struct conf_node *
find_node(const struct load *l, const char *section, const char *name, const char *option)
{
	const char *names[] = { section, name, option };
	const struct conf_node *node = l->root, *next;

	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (names[i] == NULL)
			continue;
		if (conf_type(node) != CONF_GROUP || (next = conf_find(node, names[i])) == NULL)
			break;
		node = next;
	}
	return node;
}

/* ---- the walk */

/* The defaults of a section's rows.  A policy has its own already: the
 * channel's, and site_defaults() made those. */
static void
set_defaults(struct load *l, enum section section)
{
	for (const struct option *o = options; o < options + noptions; o++)
		if (o->section == section && o->base != BASE_NOWHERE && o->base != BASE_POLICY &&
		    option_default(o, l->base[o->base]) == -1)
			no_memory(l);
}

static const struct option *
find_option(enum section section, const char *name)
{
	for (const struct option *o = options; o < options + noptions; o++)
		if (o->section == section && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static bool
is_child(enum section child, enum section parent)
{
	return sections[child].parent == parent && child != SECTION_SITE;
}

static bool
is_section(enum section parent, const char *name)
{
	for (unsigned i = 0; i < SECTION_COUNT; i++)
		if (is_child(i, parent) && strcmp(sections[i].name, name) == 0)
			return true;
	return false;
}

/* What is looked for here, and has a place of its own. */
static const struct elsewhere {
	const char *name, *why;
} elsewhere[] = {
	{ "password",
	    "everybody may read this file: put the password in one of its own, mode 0600, "
	    "and name that in password_file" },
	{ "secret", "everybody may read this file: put the secret in one of its own, mode 0600, "
	            "and name that in secret_file" },
};

static void
unknown(struct load *l, enum section section, const struct conf_node *node)
{
	struct nearest n;
	char buf[HINT_MAX];

	for (const struct elsewhere *e = elsewhere; e < elsewhere + COUNTOF(elsewhere); e++)
		if (strcmp(e->name, conf_name(node)) == 0) {
			problem(l, node, "%s", e->why);
			return;
		}
	nearest_begin(&n, conf_name(node));
	for (const struct option *o = options; o < options + noptions; o++)
		if (o->section == section)
			nearest_offer(&n, o->name);
	for (unsigned i = 0; i < SECTION_COUNT; i++)
		if (is_child(i, section))
			nearest_offer(&n, sections[i].name);
	problem(l, node, "unknown setting%s", hint(&n, buf));
}

static void
read_option(struct load *l, const struct option *o, const struct conf_node *node)
{
	char why[WHY_MAX];

	if (option_read(o, node, l->base[o->base], why) == -1)
		problem(l, node, "%s", why);
}

static void read_section(struct load *, enum section, const struct conf_node *);

static void
read_group(struct load *l, enum section section, const struct conf_node *node)
{
	const struct conf_node *child;
	const struct option *o;

	if (conf_type(node) != CONF_GROUP) {
		problem(l, node, "must be a group: { ... }");
		return;
	}
	if (!section_begin(l, section, node))
		return;
	set_defaults(l, section);
	for (size_t i = 0; i < conf_count(node); i++) {
		child = conf_item(node, i);
		if ((o = find_option(section, conf_name(child))) != NULL)
			read_option(l, o, child);
		else if (!is_section(section, conf_name(child)))
			unknown(l, section, child);
	}
	for (unsigned i = 0; i < SECTION_COUNT; i++)
		if (is_child(i, section))
			read_section(l, i, conf_find(node, sections[i].name));
}

static void
read_section(struct load *l, enum section section, const struct conf_node *node)
{
	enum section_shape shape = sections[section].shape;

	if (node == NULL && shape == SHAPE_GROUP)
		set_defaults(l, section);
	else if (node != NULL && shape == SHAPE_GROUP)
		read_group(l, section, node);
	else if (node != NULL && conf_type(node) != (shape == SHAPE_LIST ? CONF_LIST : CONF_GROUP))
		problem(l, node,
		    shape == SHAPE_LIST ? "must be a list: ( { ... }, { ... } )"
		                        : "must be a group: { name: { ... }; }");
	else if (node != NULL)
		for (size_t i = 0; i < conf_count(node); i++)
			read_group(l, section, conf_item(node, i));
}

/* ---- as a whole */

static int
by_line(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void
report(struct load *l, conf_complain_fn *complain, void *arg)
{
	size_t n = l->nproblems < PROBLEMS_MAX ? l->nproblems : PROBLEMS_MAX;
	char more[64];

	qsort(l->problems, n, sizeof(l->problems[0]), by_line);
	for (size_t i = 0; i < n; i++) {
		complain(arg, l->problems[i].text == NULL ? "out of memory" : l->problems[i].text);
		free(l->problems[i].text);
	}
	if (l->nproblems > n) {
		snprintf(more, sizeof(more), "and %zu more", l->nproblems - n);
		complain(arg, more);
	}
}

static void
calendar_texts_free(struct calendar_texts *c)
{
	free(c->name);
	free(c->timezone);
	texts_free(c->open);
	texts_free(c->holidays);
	texts_free(c->exceptions);
}

static void
alert_texts_free(struct alert_texts *a)
{
	free(a->scope);
	texts_free(a->when);
	texts_free(a->clear);
	texts_free(a->hooks);
	for (size_t i = 0; i < a->nrungs; i++)
		texts_free(a->rungs[i].hooks);
	free(a->rungs);
}

static void
load_fini(struct load *l)
{
	for (size_t i = 0; i < l->ncalendars; i++)
		calendar_texts_free(&l->calendars[i]);
	free(l->calendars);
	for (size_t i = 0; i < l->nalerts; i++)
		alert_texts_free(&l->alerts[i]);
	free(l->alerts);
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		free(l->defaults[i].calendar);
	free(l->texts.timezone);
	texts_free(l->texts.windows);
	conf_close(l->conf);
}

static bool
has_any(const struct load *l, const char *section)
{
	const struct conf_node *node = conf_find(l->root, section);

	return node != NULL && conf_count(node) > 0;
}

static void
load(struct load *l)
{
	struct settings *s = l->settings;

	site_defaults(&s->site);
	site_draw_key(&s->site);
	s->site.zones = NULL; /* not ours to free; settings_check loads them */
	s->site.nzones = 0;
	l->root = conf_root(l->conf);
	l->base[BASE_LOAD] = &l->texts;
	l->base[BASE_SETTINGS] = s;
	l->base[BASE_SITE] = &s->site;
	read_group(l, SECTION_SITE, l->root);
	if (l->nproblems == 0)
		settings_check(l);
	s->has_alerts = has_any(l, "alerts") || has_any(l, "hooks");
}

struct settings *
settings_load(const char *path, conf_complain_fn *complain, void *arg)
{
	struct load l = { 0 };
	bool good;

	if ((l.conf = conf_open(path, complain, arg)) == NULL)
		return NULL;
	l.settings = calloc(1, sizeof(*l.settings));
	if (l.settings == NULL || (l.settings->path = strdup(path)) == NULL) {
		complain(arg, "out of memory");
		free(l.settings);
		conf_close(l.conf);
		return NULL;
	}
	load(&l);
	good = l.nproblems == 0;
	report(&l, complain, arg);
	load_fini(&l);
	if (good)
		return l.settings;
	settings_free(l.settings);
	return NULL;
}

static void
site_free(struct site *site)
{
	for (size_t i = 0; i < site->nqueues; i++) {
		free(site->queues[i].name);
		free(site->queues[i].calendar);
		texts_free(site->queues[i].match);
	}
	for (size_t i = 0; i < site->nfeeds; i++)
		free(site->feeds[i].name);
	for (size_t i = 0; i < site->calendars.n; i++)
		calendar_fini(&site->calendars.calendar[i]);
	free(site->calendars.calendar);
	for (size_t i = 0; i < site->nzones; i++)
		zone_fini(&site->zones[i]);
	free(site->queues);
	free(site->feeds);
	free(site->zones);
	free(site->name);
}

static void
collector_free(struct collector_settings *c)
{
	for (size_t i = 0; i < c->ninputs; i++) {
		texts_free(c->inputs[i].bind);
		texts_free(c->inputs[i].connect);
		texts_free(c->inputs[i].subscribe);
		free(c->inputs[i].dialect);
		free(c->inputs[i].source);
		free(c->inputs[i].listen);
		free(c->inputs[i].path);
		free(c->inputs[i].secret_file);
		free(c->inputs[i].peers_dir);
		free(c->inputs[i].server_key_file);
		free(c->inputs[i].replay);
		free(c->inputs[i].queue);
		texts_free(c->inputs[i].hosts);
		texts_free(c->inputs[i].folders);
		texts_free(c->inputs[i].agents);
		texts_free(c->inputs[i].addresses);
		free(c->inputs[i].address);
		free(c->inputs[i].username);
		texts_free(c->inputs[i].queues);
	}
	free(c->inputs);
	free(c->key_file);
	free(c->daemon_key_file);
	free(c->journal);
	free(c->name);
}

static void
wallboard_free(struct wallboard_settings *w)
{
	free(w->listen);
	texts_free(w->hosts);
	free(w->token_file);
	free(w->title);
	for (size_t i = 0; i < w->nteams; i++) {
		free(w->teams[i].name);
		texts_free(w->teams[i].agents);
	}
	free(w->teams);
}

void
settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	site_free(&s->site);
	rules_fini(&s->rules);
	for (size_t i = 0; i < s->ncollectors; i++)
		collector_free(&s->collectors[i]);
	free(s->collectors);
	free(s->redis.unix_path);
	free(s->redis.host);
	texts_free(s->redis.nodes);
	texts_free(s->redis.sentinels);
	free(s->redis.master);
	free(s->redis.key);
	free(s->redis.username);
	free(s->redis.password_file);
	free(s->customer_key_file);
	free(s->redis.operator_username);
	free(s->redis.operator_password_file);
	free(s->redis.board_username);
	free(s->redis.board_password_file);
	free(s->daemon.ingest);
	free(s->daemon.state_dir);
	free(s->daemon.key_file);
	free(s->daemon.peers_dir);
	texts_free(s->daemon.standby);
	wallboard_free(&s->wallboard);
	free(s->path);
	free(s);
}

void
settings_complain_stderr(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

const struct collector_settings *
settings_collector(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->ncollectors; i++)
		if (strcmp(s->collectors[i].name, name) == 0)
			return &s->collectors[i];
	return NULL;
}

struct rlink_options
settings_redis(const struct redis_settings *r)
{
	return (struct rlink_options){
		.unix_path = r->unix_path,
		.host = r->host,
		.port = r->port,
		.nodes = (const char *const *)r->nodes,
		.key = r->key,
		.sentinels = (const char *const *)r->sentinels,
		.master = r->master,
		.username = r->username,
	};
}

struct redis_settings
settings_redis_as(struct redis_settings r, char *username, char *password_file)
{
	if (username != NULL) {
		r.username = username;
		r.password_file = password_file;
	}
	return r;
}

char *
settings_redis_password(const struct redis_settings *r, const char **why)
{
	return secret_read(r->password_file, why);
}
