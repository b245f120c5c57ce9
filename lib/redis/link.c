/* SPDX-License-Identifier: MIT */
/*
 * link.c: one connection to Redis over hiredis 0.14, kept up.
 *
 *	        timer                 onConnect             PONG
 *	  DOWN -------> CONNECTING -------------> GREETING ------> UP
 *	    ^ \_ refused _/                          |              |
 *	    |                                        v              v
 *	    +---- onDisconnect ------------------ LEAVING <---------+
 *
 * hiredis has no time limits, so one timer stands for all of ours: the next
 * attempt when DOWN, the whole greeting, the server's silence when UP.  Silent
 * is who neither takes what is left of the oldest command nor answers: a
 * command of megabytes may take its time, and what goes into the socket behind
 * it proves nothing.  The limit is two looks, half of it apart: when the first
 * comes late because we stood still ourselves, the server has the second half.
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
#include "ccmon/rlink.h"

#include <sys/random.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/sds.h>

#include "ccmon/service.h"

#define TIMEOUT_MS 2000
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 5000
#define RETRY_REFUSED_MS 5000 /* AUTH and ACL errors: a human must act */
#define RETRY_LOADING_MS 200
#define WHY_MAX 256 /* bytes with NUL */

enum state { DOWN, CONNECTING, GREETING, UP, LEAVING };

/* A command not yet answered. */
struct pending {
	reply_fn *fn;
	void *arg;
	uint64_t end; /* its last byte, counted from the first of the connection */
};

struct rlink {
	struct rlink_options o; /* texts owned */
	enum state state;
	redisAsyncContext *ac;
	struct event *timer;
	msec_t backoff; /* before the next attempt that fails */
	msec_t retry; /* this failure's own delay; 0: backoff */
	bool closed; /* free it when hiredis lets go */
	char why[WHY_MAX]; /* we are leaving; empty: hiredis knows */
	struct pending *ring; /* of cap, a power of two */
	size_t head, n, cap;
	uint64_t queued; /* bytes given to hiredis on this connection */
	bool quiet; /* nothing moved since the last look */
	struct reply *nodes; /* the reply being given, as a tree */
	size_t nnodes;
	struct out greeting;
};

/* ---- replies, in our own words */

static const enum reply_type reply_types[] = {
	[REDIS_REPLY_STRING] = REPLY_TEXT,
	[REDIS_REPLY_ARRAY] = REPLY_ARRAY,
	[REDIS_REPLY_INTEGER] = REPLY_INT,
	[REDIS_REPLY_NIL] = REPLY_NIL,
	[REDIS_REPLY_STATUS] = REPLY_STATUS,
	[REDIS_REPLY_ERROR] = REPLY_ERROR,
};

static size_t
count_nodes(const redisReply *raw)
{
	size_t n = 1;

	if (raw->type == REDIS_REPLY_ARRAY)
		for (size_t i = 0; i < raw->elements; i++)
			n += count_nodes(raw->element[i]);
	return n;
}

/* Writes raw as *r, its items from `room` on; returns the first node left.
 * Texts stay where hiredis put them. */
static struct reply *
translate(const redisReply *raw, struct reply *r, struct reply *room)
{
	*r = (struct reply){ .type = reply_types[raw->type], .integer = raw->integer };
	if (raw->type == REDIS_REPLY_ARRAY) {
		r->n = raw->elements;
		r->item = room;
		room += r->n;
		for (size_t i = 0; i < r->n; i++)
			room = translate(raw->element[i], &r->item[i], room);
	} else if (raw->str != NULL) {
		r->text = (struct str){ raw->str, (uint32_t)raw->len };
	}
	return room;
}

/* The reply as a tree in the link's reused nodes; NULL when out of memory. */
static const struct reply *
reply_of(struct rlink *r, const redisReply *raw)
{
	size_t n = count_nodes(raw);
	struct reply *nodes;

	if (n > r->nnodes) {
		nodes = realloc(r->nodes, n * sizeof *nodes);
		if (nodes == NULL)
			return NULL;
		r->nodes = nodes;
		r->nnodes = n;
	}
	translate(raw, r->nodes, r->nodes + 1);
	return r->nodes;
}

/* ---- coming and going */

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
	r->quiet = false;
	set_timer(r, r->o.timeout / 2);
}

static void
note_answer(struct rlink *r)
{
	if (r->state == UP && r->n > 0)
		set_look(r);
}

/* The socket takes more of what hiredis holds for us. */
static void
note_leaving(struct rlink *r)
{
	uint64_t left = sdslen(r->ac->c.obuf);

	if (r->state == UP && r->n > 0 && r->queued - left < r->ring[r->head].end)
		set_look(r);
}

/* ---- hiredis in our loop; its own adapter cannot tell us that bytes move */

struct watch {
	struct rlink *link;
	struct event *readable, *writable;
};

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	redisAsyncContext *ac = arg;
	struct watch *w = ac->ev.data;

	(void)fd, (void)what;
	note_answer(w->link);
	redisAsyncHandleRead(ac); /* may free everything */
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	redisAsyncContext *ac = arg;
	struct watch *w = ac->ev.data;

	(void)fd, (void)what;
	note_leaving(w->link);
	redisAsyncHandleWrite(ac); /* may free everything */
}

/* When libevent cannot watch, the time limits end it. */
static void
add_read(void *arg)
{
	(void)event_add(((struct watch *)arg)->readable, NULL);
}

static void
del_read(void *arg)
{
	(void)event_del(((struct watch *)arg)->readable);
}

static void
add_write(void *arg)
{
	(void)event_add(((struct watch *)arg)->writable, NULL);
}

static void
del_write(void *arg)
{
	(void)event_del(((struct watch *)arg)->writable);
}

static void
free_watch(void *arg)
{
	struct watch *w = arg;

	if (w->readable != NULL)
		event_free(w->readable);
	if (w->writable != NULL)
		event_free(w->writable);
	free(w);
}

static struct watch *
make_watch(struct rlink *r, redisAsyncContext *ac)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->link = r;
	w->readable = event_new(service_base(), ac->c.fd, EV_READ | EV_PERSIST, on_readable, ac);
	w->writable = event_new(service_base(), ac->c.fd, EV_WRITE | EV_PERSIST, on_writable, ac);
	if (w->readable != NULL && w->writable != NULL)
		return w;
	free_watch(w);
	return NULL;
}

static bool
attach(struct rlink *r, redisAsyncContext *ac)
{
	struct watch *w = make_watch(r, ac);

	if (w == NULL)
		return false;
	ac->ev.data = w;
	ac->ev.addRead = add_read;
	ac->ev.delRead = del_read;
	ac->ev.addWrite = add_write;
	ac->ev.delWrite = del_write;
	ac->ev.cleanup = free_watch;
	add_read(w);
	add_write(w);
	return true;
}

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

	r->retry = 0;
	r->backoff = r->backoff * 2 < RETRY_LAST_MS ? r->backoff * 2 : RETRY_LAST_MS;
	return delay;
}

static void
free_rlink(struct rlink *r)
{
	if (r->timer != NULL)
		event_free(r->timer);
	free((char *)r->o.unix_path);
	free((char *)r->o.host);
	free((char *)r->o.username);
	free((char *)r->o.password);
	free((char *)r->o.client_name);
	free(r->ring);
	free(r->nodes);
	out_fini(&r->greeting);
	free(r);
}

/* The context is gone or going without us.  Calls on_down last: it may close. */
static void
gone(struct rlink *r, const char *why)
{
	char text[WHY_MAX];

	snprintf(text, sizeof text, "%s", r->why[0] != '\0' ? r->why : why);
	r->ac = NULL;
	r->state = DOWN;
	r->why[0] = '\0';
	r->n = 0;
	if (r->closed) {
		free_rlink(r);
		return;
	}
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

/* ---- the greeting: who we are, and is Redis ready for us */

static int send_command(struct rlink *, const struct out *, reply_fn *, void *);

static void
fail_greeting(struct rlink *r, struct str error)
{
	char why[WHY_MAX];

	snprintf(why, sizeof why, "%.*s", STR_ARG(error));
	r->retry = strncmp(why, "LOADING", 7) == 0 ? RETRY_LOADING_MS : RETRY_REFUSED_MS;
	leave(r, why);
}

static void
on_greeting(void *arg, const struct reply *reply)
{
	struct rlink *r = arg;

	if (reply != NULL && reply->type == REPLY_ERROR && r->state == GREETING)
		fail_greeting(r, reply->text);
}

static void
on_pong(void *arg, const struct reply *reply)
{
	struct rlink *r = arg;

	on_greeting(r, reply);
	if (reply == NULL || r->state != GREETING)
		return;
	r->state = UP;
	r->backoff = RETRY_FIRST_MS;
	event_del(r->timer);
	if (r->o.on_up != NULL)
		r->o.on_up(r->o.arg);
}

static void
build_auth(struct out *o, const struct rlink_options *opts)
{
	resp_begin(o, opts->username != NULL ? 3 : 2);
	resp_text(o, "AUTH");
	if (opts->username != NULL)
		resp_text(o, opts->username);
	resp_text(o, opts->password);
}

static void
build_setname(struct out *o, const char *name)
{
	resp_begin(o, 3);
	resp_text(o, "CLIENT");
	resp_text(o, "SETNAME");
	resp_text(o, name);
}

static void
build_ping(struct out *o)
{
	resp_begin(o, 1);
	resp_text(o, "PING");
}

/* When one cannot be sent, the greeting's time limit ends it. */
static void
greet(struct rlink *r)
{
	struct out *o = &r->greeting;

	if (r->o.password != NULL) {
		build_auth(o, &r->o);
		if (send_command(r, o, on_greeting, r) != 0)
			return;
	}
	if (r->o.client_name != NULL) {
		build_setname(o, r->o.client_name);
		if (send_command(r, o, on_greeting, r) != 0)
			return;
	}
	build_ping(o);
	(void)send_command(r, o, on_pong, r);
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
start_connecting(const struct rlink_options *o)
{
	if (o->unix_path != NULL)
		return redisAsyncConnectUnix(o->unix_path);
	return redisAsyncConnect(o->host, o->port);
}

static void
connect_now(struct rlink *r)
{
	char why[WHY_MAX] = "out of memory";
	redisAsyncContext *ac = start_connecting(&r->o);

	if (ac == NULL || ac->err != 0 || !attach(r, ac)) { /* no callback will ever come */
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
	r->queued = 0;
	set_timer(r, r->o.timeout);
	redisAsyncSetDisconnectCallback(ac, on_disconnect);
	redisAsyncSetConnectCallback(ac, on_connect);
}

static void
look(struct rlink *r)
{
	if (r->n == 0)
		return;
	if (r->quiet) {
		leave(r, "no answer in time");
		return;
	}
	set_look(r);
	r->quiet = true;
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

/* hiredis answers in order, so the oldest is the one.  raw is NULL once the
 * connection is lost; from then on nothing may be sent. */
static void
on_reply(redisAsyncContext *ac, void *raw, void *privdata)
{
	struct rlink *r = ac->data;
	struct pending oldest = r->ring[r->head];
	const struct reply *reply = NULL;

	(void)privdata;
	r->head = (r->head + 1) & (r->cap - 1);
	r->n--;
	if (raw == NULL)
		r->state = LEAVING;
	else if ((reply = reply_of(r, raw)) == NULL)
		leave(r, "out of memory for a reply");
	if (oldest.fn != NULL)
		oldest.fn(oldest.arg, reply);
}

static int
reserve_pending(struct rlink *r)
{
	size_t cap = r->cap > 0 ? r->cap * 2 : 64;
	struct pending *ring;

	if (r->n < r->cap)
		return 0;
	ring = malloc(cap * sizeof *ring);
	if (ring == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		ring[i] = r->ring[(r->head + i) & (r->cap - 1)];
	free(r->ring);
	r->ring = ring;
	r->head = 0;
	r->cap = cap;
	return 0;
}

static int
send_command(struct rlink *r, const struct out *command, reply_fn *fn, void *arg)
{
	if (command->failed || reserve_pending(r) != 0) {
		errno = ENOMEM;
		return -1;
	}
	if (redisAsyncFormattedCommand(r->ac, on_reply, NULL, command->buf, command->len) !=
	    REDIS_OK) {
		errno = ENOTCONN;
		return -1;
	}
	r->queued += command->len;
	r->ring[(r->head + r->n++) & (r->cap - 1)] = (struct pending){ fn, arg, r->queued };
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
	if (r->n == 1)
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
	return r->n;
}

void
rlink_drop(struct rlink *r, const char *why)
{
	leave(r, why);
}

/* ---- opening and closing */

static bool
is_numeric(const char *host)
{
	struct in6_addr a;

	return host != NULL &&
	       (inet_pton(AF_INET, host, &a) == 1 || inet_pton(AF_INET6, host, &a) == 1);
}

static bool
copy_text(const char **text)
{
	if (*text != NULL)
		*text = strdup(*text);
	return *text != NULL;
}

/* All texts are tried, so that what is not ours is never freed. */
static bool
copy_options(struct rlink_options *to, const struct rlink_options *from)
{
	*to = *from;
	if (to->timeout == 0)
		to->timeout = TIMEOUT_MS;
	return (copy_text(&to->unix_path) || from->unix_path == NULL) &
	       (copy_text(&to->host) || from->host == NULL) &
	       (copy_text(&to->username) || from->username == NULL) &
	       (copy_text(&to->password) || from->password == NULL) &
	       (copy_text(&to->client_name) || from->client_name == NULL);
}

struct rlink *
rlink_open(const struct rlink_options *o)
{
	struct rlink *r;

	if (o->unix_path == NULL && !is_numeric(o->host)) {
		errno = EINVAL;
		return NULL;
	}
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->backoff = RETRY_FIRST_MS;
	r->timer = evtimer_new(service_base(), on_timer, r);
	if (!copy_options(&r->o, o) || r->timer == NULL) {
		free_rlink(r);
		errno = ENOMEM;
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

/* ---- one question at a time, for command-line tools */

struct rclient {
	redisContext *c;
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
	a = malloc(sizeof *a + (count_nodes(raw) - 1) * sizeof *a->nodes);
	if (a == NULL) {
		freeReplyObject(raw);
		return NULL;
	}
	a->raw = raw;
	translate(raw, &a->root, a->nodes);
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

/* Asks what must not be refused. */
static bool
ask_greeting(struct rclient *client, struct out *command, char *err, size_t errlen)
{
	struct reply *r = rclient_ask(client, command);
	bool ok = r != NULL && r->type != REPLY_ERROR;

	if (r == NULL)
		snprintf(
		    err, errlen, "%s", client->c->err != 0 ? client->c->errstr : "out of memory");
	else if (!ok)
		snprintf(err, errlen, "%.*s", STR_ARG(r->text));
	reply_free(r);
	return ok;
}

static bool
greet_blocking(struct rclient *client, const struct rlink_options *o, char *err, size_t errlen)
{
	struct out command;
	bool ok = true;

	out_init(&command);
	if (o->password != NULL) {
		build_auth(&command, o);
		ok = ask_greeting(client, &command, err, errlen);
	}
	if (ok && o->client_name != NULL) {
		build_setname(&command, o->client_name);
		ok = ask_greeting(client, &command, err, errlen);
	}
	if (ok) {
		build_ping(&command);
		ok = ask_greeting(client, &command, err, errlen);
	}
	out_fini(&command);
	return ok;
}

static redisContext *
connect_blocking(const struct rlink_options *o)
{
	msec_t ms = o->timeout > 0 ? o->timeout : TIMEOUT_MS;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	redisContext *c = o->unix_path != NULL ? redisConnectUnixWithTimeout(o->unix_path, tv)
	                                       : redisConnectWithTimeout(o->host, o->port, tv);

	if (c != NULL && c->err == 0)
		(void)redisSetTimeout(c, tv); /* a failure shows in c->err */
	return c;
}

struct rclient *
rclient_open(const struct rlink_options *o, char *err, size_t errlen)
{
	struct rclient *client;

	if (o->unix_path == NULL && !is_numeric(o->host)) {
		snprintf(
		    err, errlen, "%s is no numeric address", o->host != NULL ? o->host : "nothing");
		return NULL;
	}
	client = calloc(1, sizeof *client);
	if (client == NULL || (client->c = connect_blocking(o)) == NULL) {
		snprintf(err, errlen, "out of memory");
	} else if (client->c->err != 0) {
		snprintf(err, errlen, "%s", client->c->errstr);
	} else if (greet_blocking(client, o, err, errlen)) {
		return client;
	}
	rclient_close(client);
	return NULL;
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
