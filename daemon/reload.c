/* SPDX-License-Identifier: MIT */
/*
 * reload.c: SIGHUP: the configuration read anew, all or nothing.
 *
 * An engine lives for one site.  For a changed one there is a new engine, which
 * gets the old one's state by the very way it takes after a restart; so
 * nothing is lost that a restart would keep, and there is no second way.
 */
#include "reload.h"

#include <ccmon/log.h>

static void
complain(void *arg, const char *line)
{
	(void)arg;
	log_error("reload", "%s", line);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_list(char *const *a, char *const *b)
{
	size_t i = 0;

	if (a == NULL || b == NULL)
		return a == b;
	while (a[i] != NULL && same(a[i], b[i]))
		i++;
	return a[i] == b[i];
}

static bool
may_change_list(const char *name, char *const *running, char *const *wanted)
{
	if (same_list(running, wanted))
		return true;
	log_error("reload", "%s can only be changed by a restart", name);
	return false;
}

static bool
may_change(const char *name, const char *running, const char *wanted)
{
	if (same(running, wanted))
		return true;
	log_error("reload", "%s can only be changed by a restart", name);
	return false;
}

struct settings *
reload_settings(const struct settings *running)
{
	struct settings *s = settings_load(running->path, complain, NULL);
	bool ok;

	if (s == NULL) {
		log_error("reload", "nothing was changed");
		return NULL;
	}
	ok = may_change("site", running->site.name, s->site.name);
	ok &= may_change("redis.unix", running->redis.unix_path, s->redis.unix_path);
	ok &= may_change("redis.host", running->redis.host, s->redis.host);
	ok &= may_change_list("redis.nodes", running->redis.nodes, s->redis.nodes);
	ok &= may_change_list("redis.sentinels", running->redis.sentinels, s->redis.sentinels);
	ok &= may_change("redis.master", running->redis.master, s->redis.master);
	ok &= may_change("redis.username", running->redis.username, s->redis.username);
	ok &=
	    may_change("redis.password_file", running->redis.password_file, s->redis.password_file);
	ok &= may_change("daemon.ingest", running->daemon.ingest, s->daemon.ingest);
	ok &= may_change("daemon.key_file", running->daemon.key_file, s->daemon.key_file);
	ok &= may_change("daemon.peers_dir", running->daemon.peers_dir, s->daemon.peers_dir);
	ok &= may_change("daemon.state_dir", running->daemon.state_dir, s->daemon.state_dir);
	if (ok && running->redis.port == s->redis.port && running->site.clock == s->site.clock)
		return s;
	log_error("reload", "nothing was changed: restart ccmond to use this configuration");
	settings_free(s);
	return NULL;
}

struct engine *
reload_engine(struct engine *from, const struct site *site)
{
	struct engine *to = engine_new(site);
	struct state_field field;
	bool ok = to != NULL;

	engine_state_all(from);
	while (engine_state(from, &field))
		if (ok && field.value.p != NULL)
			ok = engine_state_put(to, &field) == 0;
	if (ok && engine_state_done(to) == 0)
		return to;
	engine_free(to);
	log_error("reload", "the figures do not fit the new configuration: nothing was changed");
	return NULL;
}
