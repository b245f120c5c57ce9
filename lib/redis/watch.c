/* SPDX-License-Identifier: MIT */
/*
 * watch.c: hiredis's sockets in our loop.  Its own adapter for libevent
 * cannot tell that bytes move, and does not look whether it got memory.
 *
 * The watch belongs to the connection and goes with it: hiredis may still
 * call in here when the link has forgotten both.
 */
#include "redis.h"

#include <stdlib.h>

#include <event2/event.h>

#include "ccmon/service.h"

struct watch {
	redisAsyncContext *ac;
	struct event *readable, *writable;
	void (*moving)(void *arg, enum watch_side);
	void *arg;
};

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd, (void)what;
	w->moving(w->arg, WATCH_READ);
	redisAsyncHandleRead(w->ac); /* may free everything */
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd, (void)what;
	w->moving(w->arg, WATCH_WRITE);
	redisAsyncHandleWrite(w->ac); /* may free everything */
}

/* When libevent cannot watch, the link's time limits end it. */
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
make_watch(redisAsyncContext *ac)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->ac = ac;
	w->readable = event_new(service_base(), ac->c.fd, EV_READ | EV_PERSIST, on_readable, w);
	w->writable = event_new(service_base(), ac->c.fd, EV_WRITE | EV_PERSIST, on_writable, w);
	if (w->readable != NULL && w->writable != NULL)
		return w;
	free_watch(w);
	return NULL;
}

bool
watch_attach(redisAsyncContext *ac, void (*moving)(void *arg, enum watch_side), void *arg)
{
	struct watch *w = make_watch(ac);

	if (w == NULL)
		return false;
	w->moving = moving;
	w->arg = arg;
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
