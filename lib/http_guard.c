/* SPDX-License-Identifier: MIT */
/*
 * http_guard.c: whoever is connected costs a bounded amount of everything:
 * descriptors, memory and time.
 *
 * evhttp (libevent 2.1.12) limits the length of a request, and that is all:
 * it takes any number of connections, waits as long as a byte comes now and
 * then, and closes without a word, or with a page that gives no reason.  So
 * each connection's bufferevent is made here and belongs to both of us.  We
 * watch what passes through its buffers, look at all of them ten times a
 * second, and who goes too far is sent away: we write the answer to the
 * socket ourselves and tell evhttp that its peer has gone.  Our share keeps
 * the socket open after that, until the peer has heard us: closing on one
 * who is still sending resets the connection, and the answer is lost.
 */
#include "ccmon/http.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HELD_MAX (32 << 20) /* bytes of requests on their way, all together */
#define HELD_SMALL (64 * 1024) /* bytes; beyond HELD_MAX so much is still taken of each */
#define LOOK_EVERY 100 /* ms */

TAILQ_HEAD(peers, peer);

struct guard {
	struct guard_options options;
	struct evconnlistener *listener; /* borrowed; NULL: there is none any more */
	struct event *timer;
	struct peers peers;
	unsigned n, limit;
	size_t held; /* bytes received of all */
};

/* ---- reasons */

enum away {
	AWAY_NOT,
	AWAY_SLOW,
	AWAY_IDLE,
	AWAY_CROWDED,
	AWAY_HEAVY,
	AWAY_GARBAGE,
	AWAY_LONG_HEAD,
	AWAY_LONG_BODY,
	AWAY_EXPECTS,
	AWAY_OTHER,
};

static const struct {
	int status; /* 0: goes without a word */
	const char *name, *why;
} aways[] = {
	[AWAY_SLOW] = { 408, "Request Timeout", "the request was not here after 10 seconds" },
	[AWAY_IDLE] = { 0, "", "" },
	[AWAY_CROWDED] = { 503, "Service Unavailable", "there are too many connections" },
	[AWAY_HEAVY] = { 503, "Service Unavailable", "too much is being sent at once" },
	[AWAY_GARBAGE] = { 400, "Bad Request", "this is not a request of HTTP/1.0 or 1.1" },
	[AWAY_LONG_HEAD] = { 431, "Request Header Fields Too Large",
	    "the head of the request is longer than 8 KiB" },
	[AWAY_LONG_BODY] = { 413, "Content Too Large",
	    "the body is longer than is taken here, or not in proper chunks" },
	[AWAY_EXPECTS] = { 417, "Expectation Failed", "only 100-continue can be expected" },
	[AWAY_OTHER] = { 400, "Bad Request", "this request cannot be answered" },
};

/* What a stage may take, and what then: AWAY_NOT: the caller is asked. */
static const struct {
	msec_t most;
	enum away away;
} stages[STAGE_COUNT] = {
	[STAGE_READING] = { 10 * MSEC_PER_SEC, AWAY_SLOW },
	[STAGE_IDLE] = { 60 * MSEC_PER_SEC, AWAY_IDLE },
	[STAGE_WAITING] = { 10 * MSEC_PER_SEC, AWAY_NOT },
	[STAGE_ANSWERING] = { 10 * MSEC_PER_SEC, AWAY_IDLE },
	[STAGE_STREAMING] = { MSEC_NEVER, AWAY_NOT },
	[STAGE_LEAVING] = { 2 * MSEC_PER_SEC, AWAY_IDLE },
};

static void
wake(struct guard *g)
{
	event_active(g->timer, EV_TIMEOUT, 0);
}

/* In a callback of evhttp's nobody can be sent away: it still uses what that
 * would free. */
static void
doom(struct peer *p, enum away why)
{
	if (p->away != AWAY_NOT)
		return;
	p->away = why;
	wake(p->guard);
}

/* ---- what passes through the buffers */

static void
on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct peer *p = arg;
	struct guard *g = p->guard;

	(void)buffer;
	if (info->n_added == 0 || p->stage == STAGE_LEAVING)
		return;
	p->received += info->n_added;
	g->held += info->n_added;
	if (p->stage == STAGE_IDLE) {
		clock_turn();
		guard_stage(p, STAGE_READING);
	}
	if (g->held > HELD_MAX && p->received > HELD_SMALL)
		doom(p, AWAY_HEAVY);
}

static enum away
reason_of(const struct peer *p, int status)
{
	if (status == 413)
		return AWAY_LONG_BODY;
	if (status == 417)
		return AWAY_EXPECTS;
	if (status != 400)
		return AWAY_OTHER;
	return p->received > HTTP_HEAD_MAX ? AWAY_LONG_HEAD : AWAY_GARBAGE;
}

/* The status of the answer that begins in the buffer; 0: there is none. */
static int
status_in(struct evbuffer *buffer)
{
	struct evbuffer_iovec first; /* may be peeked at only: it is frozen */
	char line[16];
	int status = 0;

	if (evbuffer_peek(buffer, -1, NULL, &first, 1) < 1)
		return 0;
	(void)snprintf(line, sizeof(line), "%.*s", (int)first.iov_len, (char *)first.iov_base);
	return sscanf(line, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

/* evhttp speaks, and we did not: it has found a fault. */
static void
on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct peer *p = arg;
	int status;

	if (info->n_added == 0 || p->stage != STAGE_READING)
		return;
	status = status_in(buffer);
	if (status >= 400)
		doom(p, reason_of(p, status));
}

/* ---- going */

static void
on_leftover(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);

	(void)arg;
	(void)evbuffer_drain(input, evbuffer_get_length(input));
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	struct peer *p = arg;

	(void)what;
	bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
	wake(p->guard);
}

static void
drop(struct peer *p)
{
	struct guard *g = p->guard;

	(void)evbuffer_remove_cb(bufferevent_get_input(p->bev), on_input, p);
	(void)evbuffer_remove_cb(bufferevent_get_output(p->bev), on_output, p);
	(void)bufferevent_decref(p->bev);
	TAILQ_REMOVE(&g->peers, p, next);
	g->held -= p->received;
	g->n--;
	free(p);
}

/* The other owner has not freed it, or who leaves has not gone. */
static bool
is_there(const struct peer *p)
{
	bufferevent_event_cb used;

	bufferevent_getcb(p->bev, NULL, NULL, &used, NULL);
	return used != NULL;
}

static void
say(const struct peer *p, int status, const char *name, const char *why)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
	    "%sConnection: close\r\n\r\n%s\n",
	    status, name, strlen(why) + 1, status == 503 ? "Retry-After: 5\r\n" : "", why);

	/* into an empty buffer, or to somebody who does not read */
	(void)send(bufferevent_getfd(p->bev), text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* evhttp frees its connection, and ends our side of the socket. */
static void
take_over(struct peer *p)
{
	(void)bufferevent_disable(p->bev, EV_READ | EV_WRITE);
	bufferevent_trigger_event(p->bev, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

static void
linger(struct peer *p)
{
	on_leftover(p->bev, p);
	p->guard->held -= p->received;
	p->received = 0;
	bufferevent_setcb(p->bev, on_leftover, NULL, on_gone, p);
	guard_stage(p, STAGE_LEAVING);
	(void)bufferevent_enable(p->bev, EV_READ);
}

static void
send_away(struct peer *p)
{
	enum away why = p->away;
	struct guard *g = p->guard;

	if (aways[why].status != 0)
		say(p, aways[why].status, aways[why].name, aways[why].why);
	take_over(p);
	g->options.sent_away(g->options.arg, aways[why].status, aways[why].why);
	p->away = AWAY_NOT;
	/* of those there are too many of none stays */
	if (aways[why].status == 0 || why == AWAY_CROWDED)
		drop(p);
	else
		linger(p);
}

/* ---- looking at all of them */

static void
look_at(struct peer *p)
{
	if (!is_there(p)) {
		drop(p);
		return;
	}
	if (p->away == AWAY_NOT && clock_mono() - p->since >= stages[p->stage].most) {
		p->away = (uint8_t)stages[p->stage].away;
		if (p->away == AWAY_NOT)
			p->guard->options.late(p->guard->options.arg, p);
	}
	if (p->away == AWAY_NOT)
		return;
	if (p->stage == STAGE_LEAVING)
		drop(p);
	else
		send_away(p);
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { 0, LOOK_EVERY * 1000 };
	struct guard *g = arg;
	struct peer *p, *next;

	(void)fd, (void)what;
	clock_turn();
	for (p = TAILQ_FIRST(&g->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, next);
		look_at(p);
	}
	if (g->listener != NULL)
		(void)evconnlistener_enable(g->listener);
	if (g->n > 0)
		(void)evtimer_add(g->timer, &soon);
}

/* ---- for the caller */

struct guard *
guard_open(const struct guard_options *o)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->options = *o;
	TAILQ_INIT(&g->peers);
	if ((g->timer = evtimer_new(service_base(), look, g)) != NULL)
		return g;
	free(g);
	return NULL;
}

void
guard_close(struct guard *g)
{
	struct peer *p;

	if (g == NULL)
		return;
	while ((p = TAILQ_FIRST(&g->peers)) != NULL)
		drop(p); /* NOLINT(clang-analyzer-unix.Malloc): TAILQ_REMOVE came before free */
	event_free(g->timer);
	free(g);
}

void
guard_listen(struct guard *g, struct evconnlistener *listener)
{
	g->listener = listener;
}

void
guard_stop(struct guard *g)
{
	if (g->listener != NULL)
		(void)evconnlistener_disable(g->listener);
	g->listener = NULL;
}

void
guard_pause(struct guard *g)
{
	static const struct timeval soon = { 0, LOOK_EVERY * 1000 };

	if (g->listener != NULL)
		(void)evconnlistener_disable(g->listener);
	(void)evtimer_add(g->timer, &soon);
}

void
guard_allow(struct guard *g, unsigned connections)
{
	g->limit += connections;
}

static struct peer *
make_peer(struct guard *g)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->guard = g;
	p->bev = bufferevent_socket_new(service_base(), -1, BEV_OPT_CLOSE_ON_FREE);
	if (p->bev != NULL)
		return p;
	free(p);
	return NULL;
}

/* Makes room: those that went since the last look are let go.  libevent
 * closes their sockets after this callback, so no more are accepted in it. */
static void
drop_gone(struct guard *g)
{
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&g->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, next);
		if (!is_there(p))
			drop(p);
	}
	guard_pause(g);
	wake(g);
}

struct bufferevent *
guard_admit(struct guard *g)
{
	struct peer *p = make_peer(g);

	if (g->n >= g->limit)
		drop_gone(g);
	if (p == NULL)
		return NULL;
	bufferevent_incref(p->bev);
	bufferevent_setwatermark(p->bev, EV_READ, 0, g->options.body_max + 2 * HTTP_HEAD_MAX);
	(void)evbuffer_add_cb(bufferevent_get_input(p->bev), on_input, p);
	(void)evbuffer_add_cb(bufferevent_get_output(p->bev), on_output, p);
	TAILQ_INSERT_TAIL(&g->peers, p, next);
	clock_turn();
	guard_stage(p, STAGE_READING);
	if (++g->n > g->limit)
		doom(p, AWAY_CROWDED);
	else if (g->n == 1)
		wake(g);
	return p->bev;
}

struct peer *
guard_find(struct guard *g, const struct bufferevent *bev)
{
	struct peer *p;

	for (p = TAILQ_FIRST(&g->peers); p != NULL; p = TAILQ_NEXT(p, next))
		if (p->bev == bev)
			return p;
	return NULL;
}

void
guard_stage(struct peer *p, enum stage stage)
{
	p->stage = (uint8_t)stage;
	p->since = clock_mono();
}

void
guard_next(struct peer *p)
{
	size_t begun = evbuffer_get_length(bufferevent_get_input(p->bev));

	p->guard->held += begun;
	p->guard->held -= p->received;
	p->received = begun;
	guard_stage(p, begun > 0 ? STAGE_READING : STAGE_IDLE);
}

bool
guard_is_busy(const struct guard *g)
{
	const struct peer *p;

	for (p = TAILQ_FIRST(&g->peers); p != NULL; p = TAILQ_NEXT(p, next))
		if (p->stage == STAGE_WAITING || p->stage == STAGE_ANSWERING)
			return true;
	return false;
}
