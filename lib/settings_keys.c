/* SPDX-License-Identifier: MIT */
/*
 * settings_keys.c: is every way over tcp guarded by keys?  What is bound
 * always is.  What we connect to is, too, but on this machine, or where
 * plaintext = true says that the publisher cannot.  Half of what is needed is
 * an error, and so is what nothing would use: somebody who wrote it believes
 * to be safe.
 *
 * The files are not looked at: whoever checks a configuration need not be the
 * one who may read them.
 */
#include "settings_load.h"

#include <ccmon/zev.h>

static bool
is_tcp(const char *endpoint)
{
	return strncmp(endpoint, "tcp://", 6) == 0;
}

static size_t
count_tcp(char **list)
{
	size_t n = 0;

	for (; list != NULL && *list != NULL; list++)
		n += is_tcp(*list);
	return n;
}

static void
check_pair(struct load *l, const struct conf_node *group, const char *option, const char *beside,
    const char *why)
{
	const struct conf_node *node = conf_find(group, option);

	if (node != NULL && conf_find(group, beside) == NULL)
		problem(l, node, "needs %s beside it, %s", beside, why);
}

static void
check_useless(struct load *l, const struct conf_node *group, const char *option, const char *why)
{
	const struct conf_node *node = conf_find(group, option);

	if (node != NULL)
		problem(l, node, "%s: nothing would use it", why);
}

/* ---- the daemon */

void
settings_daemon_keys(struct load *l)
{
	const struct daemon_settings *d = &l->settings->daemon;
	const struct conf_node *group = conf_find(l->root, "daemon");

	if (group == NULL)
		return;
	if (!is_tcp(d->ingest)) {
		check_useless(l, group, "key_file", "ingest is not tcp");
		check_useless(l, group, "peers_dir", "ingest is not tcp");
		return;
	}
	if (d->key_file == NULL && d->peers_dir == NULL)
		problem(l, conf_find(group, "ingest"),
		    "tcp needs keys: run \"ccmonctl keygen daemon\", and set key_file and "
		    "peers_dir");
	check_pair(l, group, "key_file", "peers_dir", "the directory of its collectors' keys");
	check_pair(l, group, "peers_dir", "key_file", "which \"ccmonctl keygen daemon\" makes");
}

/* ---- collectors */

void
settings_collector_keys(struct load *l, const struct collector_settings *c)
{
	const struct daemon_settings *d = &l->settings->daemon;
	const struct conf_node *group = find_node(l, "collectors", c->name, NULL);

	if (!is_tcp(d->ingest) && count_tcp(d->standby) == 0)
		check_useless(l, group, "daemon_key_file", "the daemon is not reached over tcp");
	else if (c->key_file == NULL || c->daemon_key_file == NULL)
		problem(l, group,
		    "the daemon is reached over tcp: run \"ccmonctl keygen %s\", and set key_file, "
		    "and daemon_key_file to the daemon's public key",
		    c->name);
}

/* ---- inputs */

static void
check_bound(struct load *l, const struct conf_node *group, const struct collector_settings *c,
    const struct input_settings *in)
{
	const struct conf_node *node = conf_find(group, "bind");

	if (count_tcp(in->bind) < texts_count(in->bind) + texts_count(in->connect))
		problem(l, node,
		    "what is bound over tcp needs an input of its own: who loses his key is cut "
		    "off "
		    "by opening all of it anew");
	if (in->peers_dir == NULL || c->key_file == NULL)
		problem(l, node,
		    "tcp needs keys: run \"ccmonctl keygen %s\", and set key_file of the "
		    "collector, "
		    "and peers_dir here to the directory of its publishers' keys",
		    c->name);
	if (in->replay != NULL && is_tcp(in->replay))
		return;
	check_useless(l, group, "server_key_file", "it is for who connects");
	check_useless(l, group, "plaintext", "it is for who connects; what is bound has keys");
}

static void
check_connected(struct load *l, const struct conf_node *group, const struct collector_settings *c,
    const struct input_settings *in)
{
	const struct conf_node *node = conf_find(group, "connect");

	if (in->server_key_file != NULL && in->plaintext)
		problem(l, conf_find(group, "plaintext"), "there is a server_key_file");
	if (in->server_key_file != NULL && c->key_file == NULL)
		problem(l, conf_find(group, "server_key_file"),
		    "needs key_file of the collector: run \"ccmonctl keygen %s\"", c->name);
	for (size_t i = 0; in->connect[i] != NULL; i++)
		if (is_tcp(in->connect[i]) && !zev_is_here(in->connect[i]) &&
		    in->server_key_file == NULL && !in->plaintext)
			problem(l, item_node(node, i),
			    "%s is elsewhere: needs server_key_file, the publisher's public key; "
			    "or "
			    "plaintext = true, if it has none",
			    in->connect[i]);
}

static void
check_replay(struct load *l, const struct conf_node *group, const struct collector_settings *c,
    const struct input_settings *in)
{
	if (count_tcp(in->connect) == 0 && in->server_key_file != NULL && c->key_file == NULL)
		problem(l, conf_find(group, "server_key_file"),
		    "needs key_file of the collector: run \"ccmonctl keygen %s\"", c->name);
	if (!zev_is_here(in->replay) && in->server_key_file == NULL && !in->plaintext)
		problem(l, conf_find(group, "replay"),
		    "%s is elsewhere: needs server_key_file, the publisher's public key; or "
		    "plaintext = true, if it has none",
		    in->replay);
}

void
settings_input_keys(struct load *l, const struct conf_node *group,
    const struct collector_settings *c, const struct input_settings *in)
{
	if (count_tcp(in->bind) > 0)
		check_bound(l, group, c, in);
	else
		check_useless(l, group, "peers_dir", "nothing is bound over tcp here");
	if (count_tcp(in->connect) > 0)
		check_connected(l, group, c, in);
	if (in->replay != NULL && is_tcp(in->replay))
		check_replay(l, group, c, in);
	else if (count_tcp(in->connect) + count_tcp(in->bind) == 0) {
		check_useless(l, group, "server_key_file", "nothing is reached over tcp here");
		check_useless(l, group, "plaintext", "nothing is reached over tcp here");
	}
}
