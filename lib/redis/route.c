/* SPDX-License-Identifier: MIT */
/*
 * route.c: who to ask next for the Redis that has our keys.
 *
 * All keys of a site carry one hash tag, so in a cluster one node has them
 * all, and the whole of cluster support is to find it and to follow it.  No
 * map of slots is kept: the node that is asked says where to go, and that is
 * at most one step.
 *
 * An address that was said to us is used once.  When it fails, the addresses
 * of the settings are gone round, whichever answers.  Names of hosts are not
 * followed: looking one up would block.
 */
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HOPS_MAX 5 /* on one way: more is a circle */

/* ---- addresses */

static bool
is_numeric(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET, host, &a) == 1 || inet_pton(AF_INET6, host, &a) == 1;
}

static int
parse_port(struct str digits)
{
	int port = 0;

	if (digits.n == 0 || digits.n > 5)
		return 0;
	for (uint32_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return 0;
		port = port * 10 + (digits.p[i] - '0');
	}
	return port <= UINT16_MAX ? port : 0;
}

static bool
address_of(struct redis_address *a, struct str host, struct str port)
{
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct str){ host.p + 1, host.n - 2 };
	if (host.n >= sizeof a->host)
		return false;
	memcpy(a->host, host.p, host.n);
	a->host[host.n] = '\0';
	a->port = parse_port(port);
	return a->port > 0 && is_numeric(a->host);
}

/* Splits at the last colon: an address of IPv6 has some, too. */
static bool
split(struct str text, struct str *host, struct str *port)
{
	for (uint32_t i = text.n; i > 0; i--)
		if (text.p[i - 1] == ':') {
			*host = (struct str){ text.p, i - 1 };
			*port = (struct str){ text.p + i, text.n - i };
			return true;
		}
	return false;
}

bool
redis_address_parse(struct redis_address *a, struct str text)
{
	struct str host, port;

	return split(text, &host, &port) && address_of(a, host, port);
}

/* ---- the way */

static int
know(struct route *r, const char *const *texts)
{
	size_t n = 0;

	while (texts[n] != NULL)
		n++;
	r->known = calloc(n > 0 ? n : 1, sizeof *r->known);
	if (r->known == NULL)
		return -1;
	for (; r->nknown < n; r->nknown++)
		if (!redis_address_parse(&r->known[r->nknown], str_of(texts[r->nknown])))
			break;
	if (n > 0 && r->nknown == n)
		return 0;
	errno = EINVAL;
	return -1;
}

static int
know_one(struct route *r, const char *host, int port)
{
	r->known = calloc(1, sizeof *r->known);
	if (r->known == NULL)
		return -1;
	r->nknown = 1;
	if (r->unix_path != NULL)
		return 0;
	if (host == NULL || !is_numeric(host)) {
		errno = EINVAL;
		return -1;
	}
	snprintf(r->known->host, sizeof r->known->host, "%s", host);
	r->known->port = port;
	return 0;
}

int
route_init(struct route *r, const struct rlink_options *o)
{
	int result;

	*r = (struct route){ .kind = ROUTE_SERVER, .unix_path = o->unix_path, .master = o->master };
	if (o->nodes != NULL) {
		r->kind = ROUTE_CLUSTER;
		result = know(r, o->nodes);
	} else if (o->sentinels != NULL) {
		r->kind = ROUTE_SENTINEL;
		result = know(r, o->sentinels);
	} else {
		result = know_one(r, o->host, o->port);
	}
	if (result != 0)
		route_fini(r);
	return result;
}

void
route_fini(struct route *r)
{
	free(r->known);
	r->known = NULL;
	r->nknown = 0;
}

void
route_next(struct route *r)
{
	static const enum route_question first[] = { ROUTE_PING, ROUTE_KEY, ROUTE_MASTER };

	r->question = first[r->kind];
	if (r->sent) {
		r->at = r->sent_to;
		r->sent = false;
		if (r->kind == ROUTE_SENTINEL)
			r->question = ROUTE_ROLE;
		return;
	}
	r->at = r->known[r->next];
	r->next = (r->next + 1) % r->nknown;
}

void
route_failed(struct route *r)
{
	r->hops = 0;
}

size_t
route_attempts(const struct route *r)
{
	return r->kind == ROUTE_SERVER ? 1 : r->nknown + HOPS_MAX;
}

const char *
route_where(const struct route *r, char buf[ROUTE_WHERE_MAX])
{
	bool v6 = strchr(r->at.host, ':') != NULL;

	if (r->unix_path != NULL)
		snprintf(buf, ROUTE_WHERE_MAX, "%s", r->unix_path);
	else
		snprintf(buf, ROUTE_WHERE_MAX, "%s%s%s:%d", v6 ? "[" : "", r->at.host,
		    v6 ? "]" : "", r->at.port);
	return buf;
}

/* ---- what is answered */

static bool
begins(struct str text, const char *word)
{
	size_t n = strlen(word);

	return text.n >= n && memcmp(text.p, word, n) == 0;
}

static bool
is_error(const struct reply *reply, const char *word)
{
	return reply->type == REPLY_ERROR && begins(reply->text, word);
}

static enum route_verdict
later(struct route *r, char why[ROUTE_WHY_MAX], const char *text)
{
	snprintf(why, ROUTE_WHY_MAX, "%s", text);
	route_failed(r);
	return ROUTE_LATER;
}

static enum route_verdict
refused(struct route *r, struct str error, char why[ROUTE_WHY_MAX])
{
	enum route_verdict verdict = ROUTE_REFUSED;

	if (begins(error, "LOADING"))
		verdict = ROUTE_LOADING;
	else if (begins(error, "CLUSTERDOWN") || begins(error, "MASTERDOWN"))
		verdict = ROUTE_LATER;
	snprintf(why, ROUTE_WHY_MAX, "%.*s", STR_ARG(error));
	route_failed(r);
	return verdict;
}

static enum route_verdict
elsewhere(struct route *r, char why[ROUTE_WHY_MAX])
{
	if (++r->hops > HOPS_MAX)
		return later(r, why, "sent round in circles");
	r->sent = true;
	return ROUTE_ELSEWHERE;
}

/* "MOVED <slot> <host>:<port>"; no host means the one we asked (Redis 7,
 * cluster-preferred-endpoint-type unknown-endpoint). */
static bool
read_moved(const struct route *r, struct str error, struct redis_address *to)
{
	const char *blank = memrchr(error.p, ' ', error.n);
	struct str text, host, port;

	text.p = blank + 1;
	text.n = (uint32_t)(error.p + error.n - text.p);
	if (!split(text, &host, &port))
		return false;
	if (host.n == 0)
		host = str_of(r->at.host);
	return address_of(to, host, port);
}

/* ASK and TRYAGAIN come from the node that still has the slot, while its keys
 * are carried away one by one: who asks it again gets there. */
static enum route_verdict
judge_key(struct route *r, const struct reply *reply, char why[ROUTE_WHY_MAX])
{
	if (reply->type != REPLY_ERROR || is_error(reply, "ASK ") || is_error(reply, "TRYAGAIN"))
		return ROUTE_HERE;
	if (!is_error(reply, "MOVED "))
		return refused(r, reply->text, why);
	if (read_moved(r, reply->text, &r->sent_to))
		return elsewhere(r, why);
	snprintf(why, ROUTE_WHY_MAX, "\"%.*s\": cannot follow to what is no numeric address",
	    STR_ARG(reply->text));
	route_failed(r);
	return ROUTE_REFUSED;
}

static enum route_verdict
judge_master(struct route *r, const struct reply *reply, char why[ROUTE_WHY_MAX])
{
	if (reply->type == REPLY_ERROR)
		return refused(r, reply->text, why);
	if (reply->type != REPLY_ARRAY || reply->n != 2) {
		snprintf(why, ROUTE_WHY_MAX, "this sentinel knows no master \"%.200s\"", r->master);
		route_failed(r);
		return ROUTE_LATER;
	}
	if (address_of(&r->sent_to, reply->item[0].text, reply->item[1].text))
		return elsewhere(r, why);
	snprintf(why, ROUTE_WHY_MAX, "this sentinel names \"%.*s\", which is no numeric address",
	    STR_ARG(reply->item[0].text));
	route_failed(r);
	return ROUTE_REFUSED;
}

static enum route_verdict
judge_role(struct route *r, const struct reply *reply, char why[ROUTE_WHY_MAX])
{
	if (reply->type == REPLY_ERROR)
		return refused(r, reply->text, why);
	if (reply->type == REPLY_ARRAY && reply->n > 0 && begins(reply->item[0].text, "master"))
		return ROUTE_HERE;
	return later(r, why, "named as the master by a sentinel, and is not one");
}

static enum route_verdict
judge_ping(struct route *r, const struct reply *reply, char why[ROUTE_WHY_MAX])
{
	if (reply->type == REPLY_ERROR)
		return refused(r, reply->text, why);
	return ROUTE_HERE;
}

enum route_verdict
route_judge(struct route *r, const struct reply *reply, char why[ROUTE_WHY_MAX])
{
	static enum route_verdict (*const judge[])(
	    struct route *, const struct reply *, char why[ROUTE_WHY_MAX]) = {
		[ROUTE_PING] = judge_ping,
		[ROUTE_KEY] = judge_key,
		[ROUTE_MASTER] = judge_master,
		[ROUTE_ROLE] = judge_role,
	};
	enum route_verdict verdict = judge[r->question](r, reply, why);

	if (verdict == ROUTE_HERE)
		r->hops = 0;
	return verdict;
}

bool
route_has_moved(struct route *r, const struct reply *reply)
{
	if (r->kind != ROUTE_CLUSTER || reply->type != REPLY_ERROR)
		return false;
	if (is_error(reply, "MOVED ")) {
		r->sent = read_moved(r, reply->text, &r->sent_to);
		return true;
	}
	return is_error(reply, "CLUSTERDOWN");
}
