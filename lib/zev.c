/* SPDX-License-Identifier: MIT */
/*
 * zev.c: ZeroMQ sockets under libevent.
 *
 * ZMQ_FD does not say "there is a message" but "something may have changed:
 * ask me", it says so once, and any call on the socket may use that up.  So
 * there is one function, pump(), that takes messages until there are none,
 * and the last thing it does is ask ZMQ_EVENTS once more, after every callback
 * that might have sent something.  Only when that says no may the socket wait:
 *
 *	waiting for		when
 *	------------------	-----------------------------------------------
 *	the next turn		the budget is spent, or more is there already
 *	the timer		a few messages came: let some more gather
 *	the descriptor		nothing there; looks by itself after 100 ms
 *	nothing			paused
 *
 * Waiting for the next turn is a timer of zero, not event_active(): libevent
 * runs what became active in the same pass, and a busy socket would never let
 * the loop come round.  Two events per socket, of which one is armed.
 *
 * Any call may be cut short by a signal before it has done anything: each is
 * tried again.
 *
 * It refuses to share: one context, one thread.  Where sockets are bound and
 * connected is zev_ends.c's.
 */
#include "lib/zev_int.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/service.h"

#define BUDGET 256 /* messages; from 16 on a batch costs no more than draining */
#define LOOK_AGAIN_MS 100 /* in case an edge was lost after all */
#define END_MS 2000

void *zev_context;
static LIST_HEAD(zev_list, zev) sockets = LIST_HEAD_INITIALIZER(sockets);

static const int zmq_types[] = {
	[ZEV_SUB] = ZMQ_SUB,
	[ZEV_PULL] = ZMQ_PULL,
	[ZEV_PUSH] = ZMQ_PUSH,
	[ZEV_XPUB] = ZMQ_XPUB,
	[ZEV_DEALER] = ZMQ_DEALER,
	[ZEV_ROUTER] = ZMQ_ROUTER,
};

/* Before bind and connect, or libzmq ignores them.  Times in ms. */
static const struct option options[] = {
	{ ZMQ_LINGER, 0, ANY }, { ZMQ_RECONNECT_IVL, 100, ANY },
	{ ZMQ_RECONNECT_IVL_MAX, 5000, ANY },
	{ ZMQ_HANDSHAKE_IVL, 3000, ANY }, /* else idle connections use up our files for 30 s */
	{ ZMQ_SNDHWM, 0, BIT(ZEV_SUB) }, /* subscriptions beyond it vanish; libzmq #2258 */
	{ ZMQ_ROUTER_MANDATORY, 1, BIT(ZEV_ROUTER) }, { ZMQ_XPUB_NODROP, 1, BIT(ZEV_XPUB) },
	{ ZMQ_XPUB_VERBOSER, 1, BIT(ZEV_XPUB) }, /* tell of each subscriber, not of each topic */
};

static int
set_option(struct zev *z, int option, int value)
{
	return TEMP_FAILURE_RETRY(zmq_setsockopt(z->socket, option, &value, sizeof value));
}

int
zev_set_options(struct zev *z, const struct option *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((o[i].types & BIT(z->o.type)) && set_option(z, o[i].option, o[i].value) != 0)
			return -1;
	return 0;
}

static int
set_limits(struct zev *z)
{
	if (set_option(z, ZMQ_SNDHWM, z->o.hwm) != 0 || set_option(z, ZMQ_RCVHWM, z->o.hwm) != 0)
		return -1;
	if (z->o.max_msg == 0)
		return 0;
	return TEMP_FAILURE_RETRY(
	    zmq_setsockopt(z->socket, ZMQ_MAXMSGSIZE, &z->o.max_msg, sizeof z->o.max_msg));
}

/* What libzmq says can be done now: ZMQ_POLLIN, ZMQ_POLLOUT.  Asking also
 * takes note of what the descriptor wanted to say. */
static int
events_now(struct zev *z)
{
	int events = 0;
	size_t n = sizeof events;
	int rc = TEMP_FAILURE_RETRY(zmq_getsockopt(z->socket, ZMQ_EVENTS, &events, &n));

	return rc == 0 ? events : 0;
}

/* ---- receiving */

static bool
receive_frame(struct zev *z, zmq_msg_t *msg, struct str *text)
{
	int n = TEMP_FAILURE_RETRY(zmq_msg_recv(msg, z->socket, ZMQ_DONTWAIT));

	if (n < 0)
		return false;
	*text = (struct str){ zmq_msg_data(msg), (uint32_t)n };
	return true;
}

/* As zap.c called who sent it. */
static struct str
user_of(zmq_msg_t *msg)
{
	const char *name = zmq_msg_gets(msg, "User-Id");

	return name != NULL ? str_of(name) : STR_NONE;
}

/* The next message, whole: its frames arrive together or not at all. */
static bool
receive(struct zev *z)
{
	struct zev_frames *m = &z->message;
	struct str text;
	zmq_msg_t *msg;

	*m = (struct zev_frames){ .n = 0 };
	if (z->o.type == ZEV_ROUTER && !receive_frame(z, &z->peer, &m->peer))
		return false;
	do {
		msg = &z->frame[m->n < 2 ? m->n : 2];
		if (!receive_frame(z, msg, &text))
			return false;
		if (m->n < COUNTOF(m->frame))
			m->frame[m->n] = text;
		m->n++;
	} while (zmq_msg_more(msg));
	if (z->o.type == ZEV_ROUTER && z->door != NULL)
		m->user = user_of(&z->frame[0]);
	return true;
}

/* An XPUB receives subscriptions: a byte, 1 or 0, and the topic. */
static bool
count_subscription(struct zev *z)
{
	struct str f = z->message.frame[0];

	if (f.n > 0 && f.p[0] == 1)
		z->subscriptions++;
	else if (f.n > 0 && f.p[0] == 0 && z->subscriptions > 0)
		z->subscriptions--;
	if (z->o.on_writable != NULL)
		z->o.on_writable(z->o.arg);
	return true;
}

static bool
give(struct zev *z)
{
	if (z->o.type == ZEV_XPUB)
		return count_subscription(z);
	return z->o.on_message(z->o.arg, &z->message);
}

static bool
receives(const struct zev *z)
{
	return z->o.type == ZEV_XPUB || z->o.on_message != NULL;
}

/* Takes messages until there are none, the budget is spent or nobody wants
 * them; returns how many. */
static unsigned
take(struct zev *z)
{
	unsigned taken = 0;

	while (taken < z->o.budget && !z->paused && !z->closed) {
		if (!z->held && !receive(z))
			break;
		z->held = !give(z);
		z->paused |= z->held;
		taken += !z->held;
	}
	return taken;
}

/* ---- waiting: exactly one of the two events, or none, is armed */

static void
wait_timer(struct zev *z, msec_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_del(z->readable);
	event_add(z->timer, &tv);
}

static void
wait_readable(struct zev *z)
{
	static const struct timeval look_again = { 0, LOOK_AGAIN_MS * 1000 };

	event_del(z->timer);
	event_add(z->readable, &look_again);
}

static void
wait_nothing(struct zev *z)
{
	event_del(z->timer);
	event_del(z->readable);
}

/*
 * Is it worth a turn at once?  POLLOUT of a ROUTER or an XPUB speaks of all
 * peers together and says nothing about the one that was full, so those learn
 * of room from the descriptor only; a queue that goes to whoever has room
 * means what it says.
 */
static bool
is_ready(const struct zev *z, int events)
{
	bool is_exact = z->o.type == ZEV_PUSH || z->o.type == ZEV_DEALER;

	if (((events & ZMQ_POLLIN) || z->held) && receives(z) && !z->paused)
		return true;
	return z->blocked && is_exact && (events & ZMQ_POLLOUT);
}

static void
wait_for_more(struct zev *z)
{
	if (is_ready(z, events_now(z)))
		wait_timer(z, 0);
	else if ((receives(z) && !z->paused) || z->blocked)
		wait_readable(z);
	else
		wait_nothing(z);
}

void
zev_look_later(struct zev *z)
{
	if (z->timer == NULL || z->pumping || evtimer_pending(z->timer, NULL))
		return; /* no loop; or the look is coming anyway */
	wait_for_more(z);
}

void
zev_close_socket(struct zev *z)
{
	if (z->readable != NULL)
		event_free(z->readable);
	if (z->timer != NULL)
		event_free(z->timer);
	if (z->lingers)
		(void)set_option(z, ZMQ_LINGER, END_MS);
	if (z->socket != NULL)
		zmq_close(z->socket);
	z->readable = z->timer = NULL;
	z->socket = NULL;
}

static void
destroy(struct zev *z)
{
	int saved = errno;

	zev_close_socket(z);
	zev_forget_ends(z);
	zmq_msg_close(&z->peer);
	for (size_t i = 0; i < COUNTOF(z->frame); i++)
		zmq_msg_close(&z->frame[i]);
	LIST_REMOVE(z, link);
	free(z);
	errno = saved;
}

static void
tell_writable(struct zev *z)
{
	if (z->closed || !z->blocked || !(events_now(z) & ZMQ_POLLOUT))
		return;
	z->blocked = false;
	if (z->o.on_writable != NULL)
		z->o.on_writable(z->o.arg);
}

/* So few at a time that the wake-ups cost more than the work? */
static bool
is_trickle(const struct zev *z, unsigned taken)
{
	return taken > 0 && taken < z->o.coalesce_below && taken < z->o.budget;
}

static void
pump(struct zev *z)
{
	unsigned taken;

	z->pumping = true;
	taken = take(z);
	if (taken > 0 && !z->closed && z->o.on_drained != NULL)
		z->o.on_drained(z->o.arg, taken);
	tell_writable(z);
	z->pumping = false;
	if (z->closed)
		destroy(z);
	else if (is_trickle(z, taken) && !z->paused)
		wait_timer(z, z->o.coalesce_ms);
	else
		wait_for_more(z);
}

static void
on_event(evutil_socket_t fd, short what, void *z)
{
	(void)fd, (void)what;
	pump(z);
}

/* ---- opening and closing */

static int
make_events(struct zev *z)
{
	evutil_socket_t fd;
	size_t n = sizeof fd;

	if (z->o.on_message == NULL && z->o.on_writable == NULL)
		return 0;
	if (TEMP_FAILURE_RETRY(zmq_getsockopt(z->socket, ZMQ_FD, &fd, &n)) != 0)
		return -1;
	z->readable = event_new(service_base(), fd, EV_READ | EV_PERSIST, on_event, z);
	z->timer = evtimer_new(service_base(), on_event, z);
	return z->readable != NULL && z->timer != NULL ? 0 : -1;
}

static struct zev *
new_zev(const struct zev_options *o)
{
	struct zev *z = calloc(1, sizeof *z);

	if (z == NULL)
		return NULL;
	z->o = *o;
	if (z->o.budget == 0)
		z->o.budget = BUDGET;
	if (z->o.coalesce_ms == 0)
		z->o.coalesce_below = 0;
	STAILQ_INIT(&z->deeds);
	zmq_msg_init(&z->peer);
	for (size_t i = 0; i < COUNTOF(z->frame); i++)
		zmq_msg_init(&z->frame[i]);
	LIST_INSERT_HEAD(&sockets, z, link);
	return z;
}

int
zev_open_socket(struct zev *z)
{
	z->socket = zmq_socket(zev_context, zmq_types[z->o.type]);
	if (z->socket == NULL || set_limits(z) != 0 ||
	    zev_set_options(z, options, COUNTOF(options)) != 0)
		return -1;
	return make_events(z);
}

struct zev *
zev_open(const struct zev_options *o)
{
	struct zev *z;

	if (zev_context == NULL && (zev_context = zmq_ctx_new()) == NULL)
		return NULL;
	if ((z = new_zev(o)) == NULL)
		return NULL;
	if (zev_open_socket(z) == 0)
		return z;
	destroy(z);
	return NULL;
}

void
zev_close(struct zev *z)
{
	if (z == NULL)
		return;
	z->closed = true;
	if (!z->pumping)
		destroy(z);
}

/* ---- sending */

static int
send_frame(struct zev *z, struct str s, int flags)
{
	return TEMP_FAILURE_RETRY(zmq_send(z->socket, s.p, s.n, flags)) < 0 ? -1 : 0;
}

/* When the second frame is refused, libzmq has taken the first back. */
static int
send_message(struct zev *z, struct str first, struct str body, int flags)
{
	if (first.p != NULL && send_frame(z, first, flags | ZMQ_SNDMORE) != 0)
		return -1;
	return send_frame(z, body, flags);
}

int
zev_send(struct zev *z, struct str topic_or_peer, struct str body)
{
	int rc = send_message(z, topic_or_peer, body, ZMQ_DONTWAIT);
	int error = errno;

	if (rc != 0 && error == EAGAIN)
		z->blocked = true;
	zev_look_later(z);
	errno = error;
	return rc;
}

int
zev_send_wait(struct zev *z, struct str topic, struct str body)
{
	z->lingers = true;
	return send_message(z, topic, body, 0);
}

void
zev_pause(struct zev *z)
{
	z->paused = true;
	if (z->timer == NULL || z->pumping)
		return;
	event_del(z->timer);
	wait_for_more(z);
}

void
zev_resume(struct zev *z)
{
	if (!z->paused)
		return;
	z->paused = false;
	if (z->timer != NULL && !z->pumping)
		wait_timer(z, 0);
}

static bool
has_subscribers(struct zev *z, unsigned n)
{
	if (z->o.type != ZEV_XPUB)
		return (events_now(z) & ZMQ_POLLOUT) != 0;
	while (z->subscriptions < n && receive(z))
		count_subscription(z);
	return z->subscriptions >= n;
}

int
zev_wait_subscribers(struct zev *z, unsigned n, msec_t timeout)
{
	zmq_pollitem_t item = { .socket = z->socket };
	msec_t until, left = timeout;

	item.events = z->o.type == ZEV_XPUB ? ZMQ_POLLIN : ZMQ_POLLOUT;
	clock_turn();
	until = clock_mono() + timeout;
	while (!has_subscribers(z, n)) {
		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (zmq_poll(&item, 1, left) < 0 && errno != EINTR)
			return -1;
		clock_turn();
		left = until - clock_mono();
	}
	return 0;
}

/* ---- the end */

static void *
term(void *ctx)
{
	(void)TEMP_FAILURE_RETRY(zmq_ctx_term(ctx));
	return NULL;
}

/* zmq_ctx_term has no time limit and may hang, so it is let to hang in a
 * thread of its own: the process ends without it. */
static void
term_within(msec_t ms)
{
	struct timespec until;
	pthread_t thread;

	if (pthread_create(&thread, NULL, term, zev_context) != 0)
		return;
	clock_turn();
	until.tv_sec = (clock_wall() + ms) / 1000;
	until.tv_nsec = (clock_wall() + ms) % 1000 * 1000000;
	if (pthread_timedjoin_np(thread, NULL, &until) != 0)
		pthread_detach(thread);
}

void
zev_end(void)
{
	while (!LIST_EMPTY(&sockets)) {
		assert(!LIST_FIRST(&sockets)->pumping);
		zev_close(LIST_FIRST(&sockets));
	}
	zap_close();
	if (zev_context != NULL) {
		zmq_ctx_shutdown(zev_context);
		term_within(END_MS);
		zev_context = NULL;
	}
	zev_unlock_paths();
}

const char *
zev_error(int errnum)
{
	return zmq_strerror(errnum);
}
