/* SPDX-License-Identifier: MIT */
/*
 * settings_input.c: does an input make sense?  Each type has settings the
 * others do not know; one that would have no effect is an error, for who
 * wrote it expects one.
 */
#include "settings_load.h"

#include <stdio.h>
#include <stdlib.h>

#define LISTEN "127.0.0.1:8790"

#define OF(type) (1U << INPUT_##type)
#define OF_ZMQ (OF(ZMQ_SUB) | OF(ZMQ_PULL))
#define OF_LINE (OF(AMI) | OF(ESL))
#define OF_OWN (OF(MAILDIR) | OF_LINE)

static const struct {
	const char *option;
	unsigned types; /* that know it */
	const char *whose;
} options_of[] = {
	{ "subscribe", OF(ZMQ_SUB), "only zmq-sub has subscriptions" },
	{ "bind", OF_ZMQ, "only zmq-sub and zmq-pull have endpoints" },
	{ "connect", OF_ZMQ, "only zmq-sub and zmq-pull have endpoints" },
	{ "replay", OF_ZMQ, "only zmq-sub and zmq-pull can ask again" },
	{ "replay_rate", OF_ZMQ, "only zmq-sub and zmq-pull can ask again" },
	{ "hwm", OF_ZMQ, "only zmq-sub and zmq-pull have a queue of messages" },
	{ "peers_dir", OF_ZMQ, "only zmq-sub and zmq-pull have keys" },
	{ "server_key_file", OF_ZMQ, "only zmq-sub and zmq-pull have keys" },
	{ "plaintext", OF_ZMQ, "only zmq-sub and zmq-pull have keys" },
	{ "listen", OF(HTTP), "only http listens; zmq-sub and zmq-pull have bind" },
	{ "path", OF(HTTP) | OF(MAILDIR) | OF(FILE), "only http, maildir and file have a path" },
	{ "secret_file", OF(HTTP) | OF_LINE, "only http, ami and esl have a secret" },
	{ "hosts", OF(HTTP), "only http is called by a name" },
	{ "max_connections", OF(HTTP), "only http counts connections" },
	{ "dialect", ~OF_OWN, "maildir, ami and esl have a dialect of their own" },
	{ "queue", OF(MAILDIR), "only maildir needs to be told its queue" },
	{ "folders", OF(MAILDIR), "only maildir has folders" },
	{ "addresses", OF(MAILDIR), "only maildir has addresses" },
	{ "agents", OF(MAILDIR), "only maildir tells agents by their addresses" },
	{ "start", OF(MAILDIR) | OF(FILE), "only maildir and file may find what is there already" },
	{ "anew_after", OF(MAILDIR), "only maildir cannot see the end of a matter" },
	{ "address", OF_LINE, "only ami and esl call a switch" },
	{ "username", OF(AMI), "only ami logs in by name" },
	{ "queues", OF_LINE, "only ami and esl choose queues" },
	{ "gives", OF(FILE) | OF_LINE, "only file, ami and esl can give a part" },
};

static void
check_options(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	const struct conf_node *option;

	for (size_t i = 0; i < COUNTOF(options_of); i++)
		if ((options_of[i].types & 1U << in->type) == 0 &&
		    (option = conf_find(node, options_of[i].option)) != NULL)
			problem(l, option, "%s", options_of[i].whose);
}

/* ---- ZeroMQ */

/* Numbers that were not subscribed to, or that the dialect does not have,
 * would all look missing, or none. */
static void
check_replay(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	const struct conf_node *replay = conf_find(node, "replay");

	if (in->replay == NULL) {
		if (conf_find(node, "replay_rate") != NULL)
			problem(l, conf_find(node, "replay_rate"), "needs a replay beside it");
		return;
	}
	check_endpoint(l, replay, in->replay);
	if (strcmp(in->dialect, "native") != 0)
		problem(l, replay, "only events of dialect native have numbers");
	for (char **p = in->subscribe; p != NULL && *p != NULL; p++)
		if ((*p)[0] != '\0')
			problem(l, replay, "what subscribe leaves out would be asked for");
}

static void
check_zmq(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    struct input_settings *in)
{
	if (texts_count(in->bind) + texts_count(in->connect) == 0)
		problem(l, node, "needs an endpoint: bind or connect");
	for (char **p = in->bind; p != NULL && *p != NULL; p++)
		check_endpoint(l, conf_find(node, "bind"), *p);
	for (char **p = in->connect; p != NULL && *p != NULL; p++)
		check_endpoint(l, conf_find(node, "connect"), *p);
	settings_input_keys(l, node, c, in);
	check_replay(l, node, in);
	if (texts_count(in->subscribe) > 0 || in->type != INPUT_ZMQ_SUB)
		return;
	texts_free(in->subscribe);
	in->subscribe = calloc(2, sizeof(*in->subscribe));
	if (in->subscribe == NULL || (in->subscribe[0] = strdup("")) == NULL)
		no_memory(l);
}

/* ---- HTTP */

static void
check_listen(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	const struct conf_node *listen = conf_find(node, "listen");
	bool is_loopback;

	if (listen_parse(in->listen, &is_loopback) == -1)
		problem(l, listen, "\"%s\": write \"" LISTEN "\" or \"[::1]:8790\"", in->listen);
	else if (!is_loopback && in->secret_file == NULL)
		problem(l, listen,
		    "others than this machine can reach it: needs a secret_file beside it");
}

static void
check_path(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	const char *p = in->path;

	while (*p > ' ' && *p != 0x7f && strchr("?#%\"<>\\", *p) == NULL)
		p++;
	if (in->path[0] != '/' || *p != '\0')
		problem(l, conf_find(node, "path"),
		    "\"%s\": begins with \"/\" and has no spaces and none of ?#%%\"<>\\", in->path);
}

/* Inputs of one collector may share an address, not a path on it; those of
 * two are two processes, and cannot. */
static void
check_neighbour(struct load *l, const struct conf_node *node, const struct input_settings *in,
    const struct collector_settings *there, const struct input_settings *other, bool is_same)
{
	if (other->type != INPUT_HTTP || in->listen == NULL || in->path == NULL ||
	    other->listen == NULL || other->path == NULL || strcmp(in->listen, other->listen) != 0)
		return;
	if (!is_same)
		problem(l, node, "collectors.%s listens at %s already; each needs its own",
		    there->name, in->listen);
	else if (strcmp(in->path, other->path) == 0)
		problem(l, node, "there is an input with the path %s at %s already", in->path,
		    in->listen);
}

static void
check_neighbours(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    const struct input_settings *in)
{
	const struct collector_settings *d;

	for (d = l->settings->collectors; d <= c; d++)
		for (size_t i = 0; i < d->ninputs && &d->inputs[i] != in; i++)
			check_neighbour(l, node, in, d, &d->inputs[i], d == c);
}

static void
check_http(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    struct input_settings *in)
{
	if (in->listen == NULL)
		in->listen = strdup(LISTEN);
	if (in->path == NULL && asprintf(&in->path, "/%s", in->dialect) == -1)
		in->path = NULL;
	if (in->listen == NULL || in->path == NULL) {
		no_memory(l);
		return;
	}
	check_listen(l, node, in);
	check_path(l, node, in);
	check_neighbours(l, node, c, in);
}

/* ---- all of a collector */

static void (*const check_type[INPUT_NTYPES])(struct load *, const struct conf_node *,
    const struct collector_settings *, struct input_settings *) = {
	[INPUT_ZMQ_SUB] = check_zmq,
	[INPUT_ZMQ_PULL] = check_zmq,
	[INPUT_HTTP] = check_http,
	[INPUT_MAILDIR] = settings_maildir,
	[INPUT_FILE] = settings_switch,
	[INPUT_AMI] = settings_switch,
	[INPUT_ESL] = settings_switch,
};

void
settings_inputs(struct load *l, struct collector_settings *c)
{
	const struct conf_node *inputs, *node;
	struct input_settings *in;

	inputs = conf_find(find_node(l, "collectors", c->name, NULL), "inputs");
	for (size_t i = 0; i < c->ninputs; i++) {
		node = conf_item(inputs, i);
		in = &c->inputs[i];
		check_options(l, node, in);
		check_type[in->type](l, node, c, in);
	}
}
