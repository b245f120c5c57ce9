/* SPDX-License-Identifier: MIT */
/*
 * probe.c: the line to a switch for somebody who looks once and goes.  The
 * collector's inputs keep theirs up for years and never wait; this one may
 * wait, so it needs no loop, and what it does reads from top to bottom.  The
 * words on the wire are read by the same reader.
 */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/util.h>

#include <ccmon/clock.h>

static bool
fail(struct probe *p, const char *why)
{
	(void)snprintf(p->why, sizeof(p->why), "%s", why);
	return false;
}

/* Until it can be read or written, or the step has taken too long. */
static bool
wait_for(struct probe *p, short what, msec_t until)
{
	struct pollfd fd = { .fd = p->fd, .events = what };
	msec_t left;
	int n;

	do {
		clock_turn();
		left = until - clock_mono();
		n = left > 0 ? poll(&fd, 1, (int)left) : 0;
	} while (n == -1 && errno == EINTR);
	return n > 0 || fail(p, n == 0 ? "no answer within 3 s" : strerror(errno));
}

static msec_t
deadline(void)
{
	clock_turn();
	return clock_mono() + PROBE_MS;
}

static bool
connected(struct probe *p)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (!wait_for(p, POLLOUT, deadline()))
		return false;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	return error == 0 || fail(p, strerror(error));
}

bool
probe_open(struct probe *p, const char *address, const struct stanzas_options *o)
{
	struct sockaddr_storage ss;
	int len = sizeof(ss);

	*p = (struct probe){ .fd = -1, .stanzas = stanzas_new(o) };
	if (p->stanzas == NULL)
		return fail(p, "out of memory");
	if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&ss, &len) == -1)
		return fail(p, "not an address");
	p->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1)
		return fail(p, strerror(errno));
	if (connect(p->fd, (struct sockaddr *)&ss, (socklen_t)len) == -1 && errno != EINPROGRESS)
		return fail(p, strerror(errno));
	return connected(p);
}

void
probe_close(struct probe *p)
{
	if (p->fd != -1)
		close(p->fd);
	stanzas_free(p->stanzas);
	p->fd = -1;
	p->stanzas = NULL;
}

/* ---- a question */

static bool
send_all(struct probe *p, const char *text, size_t n)
{
	msec_t until = deadline();
	ssize_t sent;

	while (n > 0) {
		sent = send(p->fd, text, n, MSG_NOSIGNAL);
		if (sent == -1 && errno != EAGAIN && errno != EINTR)
			return fail(p, strerror(errno));
		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
		} else if (!wait_for(p, POLLOUT, until))
			return false;
	}
	return true;
}

/* What is said may hold a secret, so its copy is wiped. */
bool
probe_say(struct probe *p, const char *format, ...)
{
	char text[4096];
	va_list ap;
	bool sent;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		sent = fail(p, "too long to be said");
	else
		sent = send_all(p, text, (size_t)n);
	explicit_bzero(text, sizeof(text));
	return sent;
}

/* ---- an answer */

static bool
read_more(struct probe *p, msec_t until)
{
	size_t room;
	char *to = stanzas_room(p->stanzas, &room);
	ssize_t got;

	if (to == NULL)
		return fail(p, "out of memory");
	while ((got = read(p->fd, to, room)) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			return fail(p, strerror(errno));
		if (!wait_for(p, POLLIN, until))
			return false;
	}
	stanzas_fill(p->stanzas, (size_t)got);
	return got > 0 || fail(p, "it hung up");
}

bool
probe_hear(struct probe *p)
{
	msec_t until = deadline();
	enum stanza_kind kind;

	while ((kind = stanzas_next(p->stanzas, &p->stanza)) == STANZA_NONE)
		if (!read_more(p, until))
			return false;
	if (kind == STANZA_OVERSIZED)
		return fail(p, "its answer is too long to be looked at");
	return kind == STANZA_WHOLE || fail(p, "what answers there speaks another language");
}

struct str
probe_value(const struct probe *p, const char *key)
{
	return stanza_value(p->stanza.head, key);
}

bool
probe_is(const struct probe *p, const char *key, const char *value)
{
	struct str is = probe_value(p, key);

	return str_is_any_case(is, value);
}
