/* SPDX-License-Identifier: MIT */
/*
 * zev_ends.c: where a socket is bound and connected, and what it subscribed.
 *
 * A tcp socket is guarded (zap.h) or was said to be plaintext; there is no
 * third.  To cut off who is connected libzmq knows one way, to close the
 * socket: so all that is done to one is noted, and done again to the next.
 *
 * It refuses to share an ipc path with another process: libzmq would let a
 * second bind silently steal it, so a lock file is taken first and held until
 * the context has ended (the I/O thread unlinks the path some time after the
 * close).
 */
#include "lib/zev_int.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/service.h"

#define BIND_AGAIN_MS 20 /* the I/O thread closes the old one meanwhile */
#define IPC_PATH_MAX 107 /* bytes; sun_path without its NUL */

/* What was done to a socket, in its order. */
struct deed {
	STAILQ_ENTRY(deed) link;
	int (*act)(struct zev *, const char *);
	char what[];
};

struct lock {
	SLIST_ENTRY(lock) link;
	int fd;
};

static void on_again(evutil_socket_t, short, void *);

static SLIST_HEAD(lock_list, lock) locks = SLIST_HEAD_INITIALIZER(locks);

/* Half-open connections are found slowly on purpose: a heartbeat of a second
 * turns a short partition, which TCP heals, into lost messages. */
static const struct option tcp_options[] = {
	{ ZMQ_HEARTBEAT_IVL, 5000, ANY },
	{ ZMQ_HEARTBEAT_TIMEOUT, 20000, ANY },
	{ ZMQ_HEARTBEAT_TTL, 20000, ANY },
	{ ZMQ_TCP_KEEPALIVE, 1, ANY },
	{ ZMQ_TCP_KEEPALIVE_IDLE, 30, ANY }, /* s */
	{ ZMQ_TCP_KEEPALIVE_INTVL, 10, ANY }, /* s */
	{ ZMQ_TCP_KEEPALIVE_CNT, 3, ANY },
};

/* ---- ipc */

static const char *
after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static int
keep_lock(int fd)
{
	struct lock *l = malloc(sizeof *l);

	if (l == NULL)
		return -1;
	l->fd = fd;
	SLIST_INSERT_HEAD(&locks, l, link);
	return 0;
}

/* The right to bind path. */
static int
lock_path(const char *path)
{
	char name[IPC_PATH_MAX + sizeof ".lock"];
	int fd, error;

	snprintf(name, sizeof name, "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && keep_lock(fd) == 0)
		return 0;
	error = errno == EWOULDBLOCK ? EADDRINUSE : errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int
bind_any(struct zev *z, const char *endpoint)
{
	return TEMP_FAILURE_RETRY(zmq_bind(z->socket, endpoint));
}

static int
bind_ipc(struct zev *z, const char *endpoint, const char *path)
{
	mode_t mask;
	int rc;

	if (strlen(path) > IPC_PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	mask = umask(0117);
	rc = path[0] == '@' ? 0 : lock_path(path); /* '@': not a file, cannot be stolen */
	if (rc == 0)
		rc = bind_any(z, endpoint);
	umask(mask);
	return rc;
}

/* ---- tcp */

/* By its number alone: a name may lead anywhere. */
bool
zev_is_here(const char *endpoint)
{
	const char *from = after(endpoint, "tcp://"), *colon;
	char host[INET_ADDRSTRLEN];
	struct in_addr in;

	if (from == NULL || (colon = strrchr(from, ':')) == NULL)
		return false;
	if (strncmp(from, "[::1]:", 6) == 0)
		return from + 5 == colon;
	if ((size_t)(colon - from) >= sizeof(host))
		return false;
	memcpy(host, from, (size_t)(colon - from));
	host[colon - from] = '\0';
	return inet_pton(AF_INET, host, &in) == 1 && ntohl(in.s_addr) >> 24 == 127;
}

static int
without_keys(const struct zev *z)
{
	if (z->o.plaintext)
		return 0;
	errno = EACCES;
	return -1;
}

/* The door is made with the first endpoint, and is that of all; with it what
 * zev_reopen needs, for then it must not fail. */
static int
make_door(struct zev *z, const char *endpoint)
{
	if (z->door == NULL)
		z->door = door_new(z->o.keys, endpoint);
	if (z->again == NULL)
		z->again = evtimer_new(service_base(), on_again, z);
	return z->door != NULL && z->again != NULL ? 0 : -1;
}

static int
bind_tcp(struct zev *z, const char *endpoint)
{
	if (zev_set_options(z, tcp_options, COUNTOF(tcp_options)) != 0)
		return -1;
	if (z->o.keys == NULL)
		return without_keys(z) == 0 ? bind_any(z, endpoint) : -1;
	if (zap_open(zev_context) != 0 || make_door(z, endpoint) != 0 ||
	    zap_guard(z->socket, z->door) != 0)
		return -1;
	return bind_any(z, endpoint);
}

static int
connect_any(struct zev *z, const char *endpoint)
{
	return TEMP_FAILURE_RETRY(zmq_connect(z->socket, endpoint));
}

static int
connect_tcp(struct zev *z, const char *endpoint)
{
	if (zev_set_options(z, tcp_options, COUNTOF(tcp_options)) != 0)
		return -1;
	if ((z->o.keys != NULL ? zap_greet(z->socket, z->o.keys) : without_keys(z)) != 0)
		return -1;
	return connect_any(z, endpoint);
}

/* ---- what is done to a socket, and noted */

static int
not_a_transport(void)
{
	errno = EPROTONOSUPPORT;
	return -1;
}

static int
do_bind(struct zev *z, const char *endpoint)
{
	const char *path = after(endpoint, "ipc://");

	if (path != NULL)
		return bind_ipc(z, endpoint, path);
	return after(endpoint, "tcp://") != NULL ? bind_tcp(z, endpoint) : not_a_transport();
}

static int
do_connect(struct zev *z, const char *endpoint)
{
	if (after(endpoint, "ipc://") != NULL)
		return connect_any(z, endpoint);
	return after(endpoint, "tcp://") != NULL ? connect_tcp(z, endpoint) : not_a_transport();
}

static int
do_subscribe(struct zev *z, const char *prefix)
{
	return TEMP_FAILURE_RETRY(zmq_setsockopt(z->socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix)));
}

static int
act(struct zev *z, int (*deed)(struct zev *, const char *), const char *what)
{
	size_t n = strlen(what) + 1;
	struct deed *d = malloc(sizeof *d + n);

	if (d == NULL)
		return -1;
	memcpy(d->what, what, n);
	d->act = deed;
	if (deed(z, d->what) != 0) {
		free(d);
		return -1;
	}
	STAILQ_INSERT_TAIL(&z->deeds, d, link);
	zev_look_later(z);
	return 0;
}

int
zev_bind(struct zev *z, const char *endpoint)
{
	return act(z, do_bind, endpoint);
}

int
zev_connect(struct zev *z, const char *endpoint)
{
	return act(z, do_connect, endpoint);
}

int
zev_subscribe(struct zev *z, const char *prefix)
{
	return act(z, do_subscribe, prefix);
}

/* ---- anew */

static bool
catch_up(struct zev *z)
{
	int saved;

	if (z->socket == NULL && zev_open_socket(z) != 0) {
		saved = errno;
		zev_close_socket(z);
		errno = saved;
		return false;
	}
	for (; z->undone != NULL; z->undone = STAILQ_NEXT(z->undone, link))
		if (z->undone->act(z, z->undone->what) != 0)
			return false;
	return true;
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { 0, BIND_AGAIN_MS * 1000 };
	struct zev *z = arg;

	(void)fd, (void)what;
	if (catch_up(z)) {
		log_release(&z->trouble, "socket", "it is open again");
		zev_look_later(z);
		return;
	}
	if (errno != EADDRINUSE)
		log_complain(&z->trouble, clock_mono(), "socket",
		    "%s cannot be opened anew: %s; trying again", STAILQ_FIRST(&z->deeds)->what,
		    zev_error(errno));
	evtimer_add(z->again, &soon);
}

void
zev_reopen(struct zev *z)
{
	assert(z->again != NULL && !z->pumping);
	zev_close_socket(z);
	z->undone = STAILQ_FIRST(&z->deeds);
	z->blocked = false;
	z->subscriptions = 0;
	on_again(-1, 0, z);
}

/* ---- the end */

void
zev_forget_ends(struct zev *z)
{
	struct deed *d;

	door_free(z->door);
	if (z->again != NULL)
		event_free(z->again);
	while ((d = STAILQ_FIRST(&z->deeds)) != NULL) {
		STAILQ_REMOVE_HEAD(&z->deeds, link);
		free(d);
	}
}

void
zev_unlock_paths(void)
{
	struct lock *l;

	while ((l = SLIST_FIRST(&locks)) != NULL) {
		SLIST_REMOVE_HEAD(&locks, link);
		close(l->fd);
		free(l);
	}
}
