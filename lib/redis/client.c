/* SPDX-License-Identifier: MIT */
/*
 * client.c: one question at a time, waited for, for command-line tools.
 *
 * It finds the node or the master as the link does, but follows nobody later:
 * a tool lives for seconds, and is told MOVED as an error.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis.h"

struct rclient {
	redisContext *c;
	char where[ROUTE_WHERE_MAX];
};

/* A reply that is kept, with what it points into. */
struct answer {
	struct reply root; /* first: what reply_free is given */
	redisReply *raw;
	struct reply nodes[];
};

/* A tool without service_base() has its SIGPIPE, and hiredis would raise it. */
static redisReply *
ask_raw(redisContext *c, const struct out *command)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	void *raw = NULL;

	if (command->failed)
		return NULL;
	sigaction(SIGPIPE, &ignore, &before);
	if (redisAppendFormattedCommand(c, command->buf, command->len) != REDIS_OK ||
	    redisGetReply(c, &raw) != REDIS_OK)
		raw = NULL;
	sigaction(SIGPIPE, &before, NULL);
	return raw;
}

struct reply *
rclient_ask(struct rclient *client, struct out *command)
{
	redisReply *raw = ask_raw(client->c, command);
	struct answer *a;

	if (raw == NULL)
		return NULL;
	a = malloc(sizeof *a + (replies_count(raw) - 1) * sizeof *a->nodes);
	if (a == NULL) {
		freeReplyObject(raw);
		return NULL;
	}
	a->raw = raw;
	replies_translate(raw, &a->root, a->nodes);
	return &a->root;
}

void
reply_free(struct reply *r)
{
	struct answer *a = (struct answer *)r;

	if (a == NULL)
		return;
	freeReplyObject(a->raw);
	free(a);
}

/* ---- finding it */

static const char *
trouble(const struct rclient *client)
{
	return client->c->err != 0 ? client->c->errstr : "out of memory";
}

static enum route_verdict
judge(struct rclient *client, struct route *route, const struct reply *r, bool last, char *why)
{
	if (r == NULL) {
		snprintf(why, ROUTE_WHY_MAX, "%s", trouble(client));
		route_failed(route);
		return ROUTE_LATER;
	}
	if (last)
		return route_judge(route, r, why);
	if (r->type != REPLY_ERROR)
		return ROUTE_HERE;
	snprintf(why, ROUTE_WHY_MAX, "%.*s", STR_ARG(r->text));
	return ROUTE_REFUSED;
}

static enum route_verdict
greet(struct rclient *client, const struct rlink_options *o, struct route *route, char *why)
{
	enum route_verdict verdict = ROUTE_HERE;
	struct reply *reply;
	struct out command;
	bool last = false;

	out_init(&command);
	for (unsigned i = 0; verdict == ROUTE_HERE && !last; i++) {
		last = greeting_command(&command, o, route, i);
		reply = rclient_ask(client, &command);
		verdict = judge(client, route, reply, last, why);
		reply_free(reply);
	}
	out_fini(&command);
	return verdict;
}

static redisContext *
connect_to(const struct route *r, msec_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	redisContext *c = r->unix_path != NULL
	                      ? redisConnectUnixWithTimeout(r->unix_path, tv)
	                      : redisConnectWithTimeout(r->at.host, r->at.port, tv);

	if (c != NULL && c->err == 0)
		(void)redisSetTimeout(c, tv); /* a failure shows in c->err */
	return c;
}

/* One step of the way; unless it is HERE, the connection is closed again. */
static enum route_verdict
try_next(struct rclient *client, const struct rlink_options *o, struct route *route, char *why)
{
	enum route_verdict verdict = ROUTE_LATER;

	route_next(route);
	route_where(route, client->where);
	client->c = connect_to(route, o->timeout > 0 ? o->timeout : TIMEOUT_MS);
	if (client->c == NULL) {
		snprintf(why, ROUTE_WHY_MAX, "out of memory");
		return ROUTE_REFUSED;
	}
	if (client->c->err == 0) {
		verdict = greet(client, o, route, why);
	} else {
		snprintf(why, ROUTE_WHY_MAX, "%s", client->c->errstr);
		route_failed(route);
	}
	if (verdict != ROUTE_HERE) {
		redisFree(client->c);
		client->c = NULL;
	}
	return verdict;
}

static bool
find(struct rclient *client, const struct rlink_options *o, struct route *route, char *err,
    size_t errlen)
{
	enum route_verdict verdict = ROUTE_LATER;
	char why[ROUTE_WHY_MAX] = "";

	for (size_t left = route_attempts(route); left > 0; left--) {
		verdict = try_next(client, o, route, why);
		if (verdict == ROUTE_HERE)
			return true;
		if (verdict == ROUTE_REFUSED)
			break;
	}
	if (verdict == ROUTE_ELSEWHERE)
		snprintf(why, sizeof why, "sent round in circles");
	if (route->kind == ROUTE_SERVER)
		snprintf(err, errlen, "%s", why);
	else
		snprintf(err, errlen, "%s: %s", client->where, why);
	return false;
}

struct rclient *
rclient_open(const struct rlink_options *o, char *err, size_t errlen)
{
	struct rclient *client;
	struct route route;

	if (route_init(&route, o) != 0) {
		if (errno == EINVAL)
			snprintf(err, errlen, "%s is no numeric address",
			    o->host != NULL ? o->host : "nothing");
		else
			snprintf(err, errlen, "out of memory");
		return NULL;
	}
	client = calloc(1, sizeof *client);
	if (client == NULL) {
		snprintf(err, errlen, "out of memory");
	} else if (!find(client, o, &route, err, errlen)) {
		rclient_close(client);
		client = NULL;
	}
	route_fini(&route);
	return client;
}

const char *
rclient_where(const struct rclient *client)
{
	return client->where;
}

void
rclient_close(struct rclient *client)
{
	if (client == NULL)
		return;
	if (client->c != NULL)
		redisFree(client->c);
	free(client);
}
