/* SPDX-License-Identifier: MIT */
/*
 * link.c: one connection to Redis over hiredis 0.14, kept up.
 *
 *	        timer                 onConnect          "stay here"
 *	  DOWN -------> CONNECTING -------------> GREETING ------> UP
 *	    ^ \_ refused _/                          |              |
 *	    |                                        v              v
 *	    +---- onDisconnect ------------------ LEAVING <---------+
 *
 * Where to connect, and whether to stay there, says route.c: a node that
 * sends us to another and a sentinel are greeted and left like a Redis that
 * refuses us, only without a word and without a pause.
 *
 * hiredis has no time limits, so one timer stands for all of ours: the next
 * attempt when DOWN, the whole greeting, the server's silence when UP.  Silent
 * is who neither takes what is left of the oldest command nor answers: a
 * command of megabytes may take its time, and what goes into the socket behind
 * it proves nothing.  The limit is two looks, half of it apart: when the first
 * comes late because we stood still ourselves, the server has the second half.
 * Redis says nothing while it works: for each MiB of a command that it has got
 * to the last byte there is one look more.
 * libevent hands out what is ready before what is due, so that an answer that
 * is there always comes before a look.
 *
 * Where a context may be freed: from a timer, a caller or a reply callback
 * (there hiredis puts it off until the callback is done); in onConnect and
 * onDisconnect it crashes.  hiredis frees the context itself after a failed
 * onConnect and after onDisconnect, so those only forget it.  A new context
 * is made by the timer only, when the old one is gone: a callback never meets
 * one of another generation.  Pub/sub is not offered: a reply nobody asked
 * for makes hiredis abort.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/sds.h>

#include "ccmon/service.h"
#include "redis.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 5000
#define RETRY_ROUND_MS 1000 /* at most, when there is somebody else to ask */
#define RETRY_REFUSED_MS 5000 /* AUTH and ACL errors: a human must act */
#define RETRY_LOADING_MS 200
#define LOOKS 2 /* in the time limit of silence */
#define WORK_BYTES ((size_t)1 << 20) /* of a command, that Redis may need a look longer for */

enum state { DOWN, CONNECTING, GREETING, UP, LEAVING };

struct rlink {
	struct rlink_options o; /* texts owned; the lists are in the route */
	struct route route;
	enum state state;
	redisAsyncContext *ac;
	struct event *timer;
	msec_t backoff; /* before the next attempt that fails */
	msec_t retry; /* this failure's own delay; 0: backoff */
	bool hopping; /* we leave to go where we were sent */
	bool closed; /* free it when hiredis lets go */
	char why[ROUTE_WHY_MAX]; /* we are leaving; empty: hiredis knows */
	struct pending_queue pending;
	size_t looks; /* since something moved */
	struct reply *nodes; /* the reply being given, as a tree */
	size_t nnodes;
	struct out greeting;
};

/* ---- replies */

/* The reply as a tree in the link's reused nodes; NULL when out of memory. */
static const struct reply *
reply_of(struct rlink *r, const redisReply *raw)
{
	size_t n = replies_count(raw);
	struct reply *nodes;

	if (n > r->nnodes) {
		nodes = realloc(r->nodes, n * sizeof *nodes);
		if (nodes == NULL)
			return NULL;
		r->nodes = nodes;
		r->nnodes = n;
	}
	replies_translate(raw, r->nodes, r->nodes + 1);
	return r->nodes;
}

static void
set_timer(struct rlink *r, msec_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_add(r->timer, &tv);
}

/* ---- silence */

/* Begins to wait anew. */
static void
set_look(struct rlink *r)
{
	r->looks = 0;
	set_timer(r, r->o.timeout / LOOKS);
}

/* Is some of the oldest command still with us? */
static bool
oldest_leaves(const struct rlink *r)
{
	return pending_oldest_leaves(&r->pending, sdslen(r->ac->c.obuf));
}

static void
note_answer(struct rlink *r)
{
	if (r->state == UP && r->pending.n > 0)
		set_look(r);
}

/* The socket takes more of what hiredis holds for us. */
static void
note_leaving(struct rlink *r)
{
	if (r->state == UP && r->pending.n > 0 && oldest_leaves(r))
		set_look(r);
}

static void
on_moving(void *arg, enum watch_side side)
{
	if (side == WATCH_READ)
		note_answer(arg);
	else
		note_leaving(arg);
}

/* ---- coming and going */

/* ms, up to a fifth more or less, so that many do not come back as one. */
static msec_t
jittered(msec_t ms)
{
	uint16_t dice = UINT16_MAX / 2;

	if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) != sizeof dice)
		dice = UINT16_MAX / 2;
	return ms * 4 / 5 + ms * 2 / 5 * dice / UINT16_MAX;
}

static msec_t
retry_delay(struct rlink *r)
{
	msec_t delay = r->retry > 0 ? r->retry : jittered(r->backoff);
	msec_t last = r->route.kind == ROUTE_SERVER ? RETRY_LAST_MS : RETRY_ROUND_MS;

	r->retry = 0;
	r->backoff = r->backoff * 2 < last ? r->backoff * 2 : last;
	return delay;
}

static void
free_rlink(struct rlink *r)
{
	if (r->timer != NULL)
		event_free(r->timer);
	options_fini(&r->o);
	route_fini(&r->route);
	pending_fini(&r->pending);
	free(r->nodes);
	out_fini(&r->greeting);
	free(r);
}

/* With the place, when there are several. */
static void
explain(const struct rlink *r, const char *why, char text[ROUTE_WHY_MAX + ROUTE_WHERE_MAX])
{
	size_t n = 0;

	if (r->route.kind != ROUTE_SERVER) {
		route_where(&r->route, text);
		n = strlen(text);
		n += (size_t)snprintf(text + n, 3, ": ");
	}
	snprintf(text + n, ROUTE_WHY_MAX, "%s", why);
}

/* The context is gone or going without us.  Calls on_down last: it may close. */
static void
gone(struct rlink *r, const char *why)
{
	char text[ROUTE_WHY_MAX + ROUTE_WHERE_MAX];
	bool hopping = r->hopping;

	explain(r, r->why[0] != '\0' ? r->why : why, text);
	r->ac = NULL;
	r->state = DOWN;
	r->hopping = false;
	r->why[0] = '\0';
	pending_reset(&r->pending);
	if (r->closed) {
		free_rlink(r);
		return;
	}
	if (hopping) {
		set_timer(r, 0);
		return;
	}
	route_failed(&r->route);
	set_timer(r, retry_delay(r));
	if (r->o.on_down != NULL)
		r->o.on_down(r->o.arg, text);
}

/* Not from onConnect or onDisconnect. */
static void
leave(struct rlink *r, const char *why)
{
	bool was_connected = r->state == GREETING || r->state == UP;
	redisAsyncContext *ac = r->ac;

	if (r->state == DOWN || r->state == LEAVING)
		return;
	snprintf(r->why, sizeof r->why, "%s", why);
	r->state = LEAVING;
	event_del(r->timer);
	redisAsyncFree(ac); /* answers with NULL, then onDisconnect, now or after the callback */
	if (!was_connected)
		gone(r, why);
}

static void
on_disconnect(const redisAsyncContext *ac, int status)
{
	(void)status;
	gone(ac->data, ac->err != 0 ? ac->errstr : "closed by the server");
}

/* ---- the greeting: who we are, and is this the Redis we want */

static int send_command(struct rlink *, const struct out *, reply_fn *, void *);

static void
be_up(struct rlink *r)
{
	r->state = UP;
	r->backoff = RETRY_FIRST_MS;
	event_del(r->timer);
	if (r->o.on_up != NULL)
		r->o.on_up(r->o.arg);
}

static void
on_question(void *arg, const struct reply *reply)
{
	struct rlink *r = arg;
	char why[ROUTE_WHY_MAX] = "";
	enum route_verdict verdict;

	if (reply == NULL || r->state != GREETING)
		return;
	verdict = route_judge(&r->route, reply, why);
	if (verdict == ROUTE_HERE) {
		be_up(r);
		return;
	}
	r->hopping = verdict == ROUTE_ELSEWHERE;
	if (verdict == ROUTE_LOADING)
		r->retry = RETRY_LOADING_MS;
	else if (verdict == ROUTE_REFUSED)
		r->retry = RETRY_REFUSED_MS;
	leave(r, why);
}

static void
on_greeting(void *arg, const struct reply *reply)
{
	struct rlink *r = arg;
	char why[ROUTE_WHY_MAX];

	if (reply == NULL || reply->type != REPLY_ERROR || r->state != GREETING)
		return;
	snprintf(why, sizeof why, "%.*s", STR_ARG(reply->text));
	r->retry = strncmp(why, "LOADING", 7) == 0 ? RETRY_LOADING_MS : RETRY_REFUSED_MS;
	leave(r, why);
}

/* When one cannot be sent, the greeting's time limit ends it. */
static void
greet(struct rlink *r)
{
	bool last = false;

	for (unsigned i = 0; !last; i++) {
		last = greeting_command(&r->greeting, &r->o, &r->route, i);
		if (send_command(r, &r->greeting, last ? on_question : on_greeting, r) != 0)
			return;
	}
}

static void
on_connect(const redisAsyncContext *ac, int status)
{
	struct rlink *r = ac->data;

	if (status != REDIS_OK) { /* ac->err is not yet set, ac->c.errstr is */
		gone(r, ac->c.errstr[0] != '\0' ? ac->c.errstr : "cannot connect");
		return;
	}
	if (r->o.unix_path == NULL)
		(void)redisEnableKeepAlive((redisContext *)&ac->c);
	r->state = GREETING;
	greet(r);
}

static redisAsyncContext *
start_connecting(const struct route *r)
{
	if (r->unix_path != NULL)
		return redisAsyncConnectUnix(r->unix_path);
	return redisAsyncConnect(r->at.host, r->at.port);
}

static void
connect_now(struct rlink *r)
{
	char why[ROUTE_WHY_MAX] = "out of memory";
	redisAsyncContext *ac;

	route_next(&r->route);
	ac = start_connecting(&r->route);
	if (ac == NULL || ac->err != 0 ||
	    !watch_attach(ac, on_moving, r)) { /* no callback will ever come */
		if (ac != NULL) {
			if (ac->err != 0)
				snprintf(why, sizeof why, "%s", ac->errstr);
			redisAsyncFree(ac);
		}
		gone(r, why);
		return;
	}
	ac->data = r;
	r->ac = ac;
	r->state = CONNECTING;
	set_timer(r, r->o.timeout);
	redisAsyncSetDisconnectCallback(ac, on_disconnect);
	redisAsyncSetConnectCallback(ac, on_connect);
}

static void
look(struct rlink *r)
{
	size_t most = LOOKS;

	if (r->pending.n == 0)
		return;
	if (!oldest_leaves(r))
		most += pending_oldest_bytes(&r->pending) / WORK_BYTES;
	if (++r->looks >= most)
		leave(r, "no answer in time");
	else
		set_timer(r, r->o.timeout / LOOKS);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rlink *r = arg;

	(void)fd, (void)what;
	switch (r->state) {
	case DOWN:
		connect_now(r);
		break;
	case CONNECTING:
		leave(r, "cannot connect in time");
		break;
	case GREETING:
		leave(r, "no answer to the greeting in time");
		break;
	case UP:
		look(r);
		break;
	case LEAVING:
		break;
	}
}

/* ---- commands and their answers, in order */

/* Nothing was done, and nothing more will be here: as if the connection had
 * been lost. */
static const struct reply *
leave_moved(struct rlink *r, const struct reply *reply)
{
	char why[ROUTE_WHY_MAX];

	snprintf(why, sizeof why, "%.*s", STR_ARG(reply->text));
	leave(r, why);
	return NULL;
}

/* hiredis answers in order, so the oldest is the one.  raw is NULL once the
 * connection is lost; from then on nothing may be sent. */
static void
on_reply(redisAsyncContext *ac, void *raw, void *privdata)
{
	struct rlink *r = ac->data;
	struct pending oldest = pending_take(&r->pending);
	const struct reply *reply = NULL;

	(void)privdata;
	if (raw == NULL)
		r->state = LEAVING;
	else if ((reply = reply_of(r, raw)) == NULL)
		leave(r, "out of memory for a reply");
	else if (r->state == UP && route_has_moved(&r->route, reply))
		reply = leave_moved(r, reply);
	if (oldest.fn != NULL)
		oldest.fn(oldest.arg, reply);
}

static int
send_command(struct rlink *r, const struct out *command, reply_fn *fn, void *arg)
{
	if (command->failed || !pending_reserve(&r->pending)) {
		errno = ENOMEM;
		return -1;
	}
	if (redisAsyncFormattedCommand(r->ac, on_reply, NULL, command->buf, command->len) !=
	    REDIS_OK) {
		errno = ENOTCONN;
		return -1;
	}
	pending_add(&r->pending, fn, arg, command->len);
	return 0;
}

int
rlink_send(struct rlink *r, struct out *command, reply_fn *fn, void *arg)
{
	if (r->state != UP) {
		errno = ENOTCONN;
		return -1;
	}
	if (send_command(r, command, fn, arg) != 0)
		return -1;
	if (r->pending.n == 1)
		set_look(r);
	return 0;
}

bool
rlink_is_up(const struct rlink *r)
{
	return r->state == UP;
}

size_t
rlink_in_flight(const struct rlink *r)
{
	return r->pending.n;
}

const char *
rlink_where(const struct rlink *r)
{
	static char where[ROUTE_WHERE_MAX];

	return route_where(&r->route, where);
}

void
rlink_drop(struct rlink *r, const char *why)
{
	leave(r, why);
}

/* ---- opening and closing */

static bool
begin(struct rlink *r, const struct rlink_options *o)
{
	r->backoff = RETRY_FIRST_MS;
	errno = ENOMEM;
	r->timer = evtimer_new(service_base(), on_timer, r);
	if (!options_copy(&r->o, o) || r->timer == NULL || route_init(&r->route, &r->o) != 0)
		return false;
	r->o.nodes = r->o.sentinels = NULL;
	return true;
}

struct rlink *
rlink_open(const struct rlink_options *o)
{
	struct rlink *r = calloc(1, sizeof *r);
	int error;

	if (r == NULL)
		return NULL;
	if (!begin(r, o)) {
		error = errno;
		free_rlink(r);
		errno = error;
		return NULL;
	}
	set_timer(r, 0);
	return r;
}

void
rlink_close(struct rlink *r)
{
	if (r == NULL || r->closed)
		return;
	r->closed = true;
	if (r->state == DOWN)
		free_rlink(r);
	else
		leave(r, "closed"); /* when LEAVING already, onDisconnect frees it */
}
