/* SPDX-License-Identifier: MIT */
/*
 * streams.c: many boards at once: opens `streams` streams of events at
 * address:port, reads all that comes for `seconds`, and says on one line how
 * many snapshots and bytes that were, the fewest and the most snapshots of one
 * stream, and how many streams ended.
 *
 * It counts "\nevent: s" and looks at nothing else: it is to cost less than
 * who sends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ASK "GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
#define MARK "\nevent: s"

struct stream {
	int fd; /* -1: it has ended */
	unsigned matched; /* bytes of MARK so far */
	uint64_t snapshots;
};

static struct stream *streams;
static unsigned nstreams, ended;
static uint64_t nbytes;
static int poller;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
count(struct stream *s, const char *p, size_t n)
{
	static const char mark[] = MARK;

	for (size_t i = 0; i < n; i++) {
		if (s->matched == 0) {
			const char *line = memchr(p + i, '\n', n - i);

			if (line == NULL)
				return;
			i = (size_t)(line - p);
		}
		s->matched = p[i] == mark[s->matched] ? s->matched + 1 : p[i] == '\n';
		if (s->matched == sizeof(mark) - 1) {
			s->snapshots++;
			s->matched = 0;
		}
	}
}

static void
take(struct stream *s)
{
	static char block[1 << 18];
	ssize_t n = recv(s->fd, block, sizeof(block), MSG_DONTWAIT);

	if (n > 0) {
		nbytes += (uint64_t)n;
		count(s, block, (size_t)n);
	} else if (n == 0 || errno != EAGAIN) {
		close(s->fd);
		s->fd = -1;
		ended++;
	}
}

static void
open_stream(struct stream *s, const struct sockaddr_in *to)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->fd == -1 || connect(s->fd, (const struct sockaddr *)to, sizeof(*to)) == -1)
		err(1, "stream");
	if (send(s->fd, ASK, strlen(ASK), MSG_NOSIGNAL) != (ssize_t)strlen(ASK))
		err(1, "send");
	if (epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &event) == -1)
		err(1, "epoll_ctl");
}

static void
read_until(double end)
{
	struct epoll_event ready[256];
	int n;

	while (now() < end) {
		n = epoll_wait(poller, ready, 256, 100);
		for (int i = 0; i < n; i++)
			take(ready[i].data.ptr);
	}
}

static void
report(void)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 0;

	for (unsigned i = 0; i < nstreams; i++) {
		uint64_t n = streams[i].snapshots;

		sum += n;
		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	printf("%llu %llu %llu %llu %u\n", (unsigned long long)sum, (unsigned long long)nbytes,
	    (unsigned long long)least, (unsigned long long)most, ended);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct rlimit limit;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(64, "usage: streams address port streams seconds");
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	nstreams = (unsigned)atoi(argv[3]);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < nstreams + 16) {
		limit.rlim_cur = nstreams + 16;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			err(1, "descriptors");
	}
	streams = calloc(nstreams, sizeof(*streams));
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (streams == NULL || poller == -1)
		err(1, "streams");
	for (unsigned i = 0; i < nstreams; i++)
		open_stream(&streams[i], &to);
	puts("open");
	(void)fflush(stdout);
	read_until(now() + atof(argv[4]));
	report();
	return 0;
}
