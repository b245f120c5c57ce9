/* SPDX-License-Identifier: MIT */
/*
 * line.c: bytes between daemon and hook runner, both ends alike.
 *
 * All that waits in the socket is read before anybody looks at it, so that
 * the runner stores in one transaction what was sent in one go.  What the
 * socket does not take waits here: neither end ever waits for the other.
 */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <ccmon/log.h>
#include <ccmon/service.h>

#define READ_STEP (256 << 10) /* bytes a read asks for */
#define READ_TURN (8 << 20) /* bytes taken before they are looked at */

struct line {
	struct line_options options;
	struct event *readable, *writable;
	char *in;
	size_t nin, in_size, taken;
	struct out out;
	size_t sent; /* of out */
	const char *bad; /* why nothing more is taken, or NULL */
};

static void
end(struct line *l, const char *why)
{
	event_del(l->readable);
	event_del(l->writable);
	l->options.on_end(l->options.arg, why);
}

/* Room for one more step; the frames that were taken make it first. */
static bool
make_room(struct line *l)
{
	char *more;

	if (l->taken > 0) {
		memmove(l->in, l->in + l->taken, l->nin - l->taken);
		l->nin -= l->taken;
		l->taken = 0;
	}
	if (l->in_size - l->nin >= READ_STEP)
		return true;
	more = realloc(l->in, l->nin + 2 * READ_STEP);
	if (more == NULL)
		return false;
	l->in = more;
	l->in_size = l->nin + 2 * READ_STEP;
	return true;
}

/* Reads what is there.  NULL, or why the line is at its end. */
static const char *
fill(struct line *l)
{
	size_t limit = l->nin + READ_TURN;
	ssize_t n;

	while (l->nin < limit) {
		if (!make_room(l))
			return "out of memory";
		n = read(l->options.fd, l->in + l->nin, READ_STEP);
		if (n > 0)
			l->nin += (size_t)n;
		else if (n == 0)
			return "closed";
		else if (errno == EAGAIN)
			return NULL;
		else if (errno != EINTR)
			return strerror(errno);
	}
	return NULL;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct line *l = arg;
	const char *why = fill(l);

	(void)fd, (void)what;
	l->options.on_frames(l->options.arg);
	if (l->bad != NULL)
		why = l->bad;
	if (why != NULL)
		end(l, why);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	line_send(arg);
}

struct line *
line_open(const struct line_options *o)
{
	struct line *l = calloc(1, sizeof(*l));
	int flags = fcntl(o->fd, F_GETFL);

	if (l == NULL || flags < 0 || fcntl(o->fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		log_error("hooks", "cannot make a line to the hook runner: %s", strerror(errno));
		free(l);
		return NULL;
	}
	l->options = *o;
	out_init(&l->out);
	l->readable = event_new(service_base(), o->fd, EV_READ | EV_PERSIST, on_readable, l);
	l->writable = event_new(service_base(), o->fd, EV_WRITE, on_writable, l);
	if (l->readable == NULL || l->writable == NULL || event_add(l->readable, NULL) != 0) {
		log_error("hooks", "cannot watch the line to the hook runner");
		exit(1);
	}
	return l;
}

void
line_close(struct line *l)
{
	if (l == NULL)
		return;
	event_free(l->readable);
	event_free(l->writable);
	close(l->options.fd);
	out_fini(&l->out);
	free(l->in);
	free(l);
}

bool
line_take(struct line *l, struct frame *f)
{
	struct str rest = { l->in + l->taken, (uint32_t)(l->nin - l->taken) }, fields;
	uint8_t type;
	int n;

	if (l->bad != NULL || (n = frame_first(rest, &type, &fields)) == 0)
		return false;
	if (n < 0 || frame_open(f, type, fields) != 0) {
		l->bad = "what came is no frame";
		return false;
	}
	l->taken += (size_t)n;
	return true;
}

struct out *
line_out(struct line *l)
{
	return &l->out;
}

/* The end itself is told by the reading side, once. */
void
line_send(struct line *l)
{
	ssize_t n;

	if (l->out.failed) {
		log_error("hooks", "out of memory on the line to the hook runner");
		shutdown(l->options.fd, SHUT_RDWR);
		return;
	}
	while (l->sent < l->out.len) {
		n = send(l->options.fd, l->out.buf + l->sent, l->out.len - l->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			(void)event_add(l->writable, NULL);
		if (n < 0)
			return;
		l->sent += (size_t)n;
	}
	l->sent = 0;
	out_reset(&l->out);
}

void
line_send_soon(struct line *l)
{
	event_active(l->writable, EV_WRITE, 0);
}

void
line_finish(struct line *l)
{
	line_send(l);
	shutdown(l->options.fd, SHUT_WR);
}
