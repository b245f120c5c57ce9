/* SPDX-License-Identifier: MIT */
/*
 * sink.c: the yardstick.  A bare blocking ZeroMQ subscriber that receives
 * COUNT messages of [topic][body], does nothing with them, and says what that
 * cost: CPU of all its threads, per message.
 *
 *	sink ENDPOINT COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zmq.h>

static double
cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

static void
fatal(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, zmq_strerror(zmq_errno()));
	exit(1);
}

/* Receives one message of any number of frames; returns its bytes. */
static size_t
receive(void *sub, zmq_msg_t *m)
{
	size_t bytes = 0;

	do {
		if (zmq_msg_recv(m, sub, 0) == -1)
			fatal("receive");
		bytes += zmq_msg_size(m);
	} while (zmq_msg_more(m));
	return bytes;
}

int
main(int argc, char **argv)
{
	long count, i;
	size_t bytes = 0;
	double start;
	void *sub;
	zmq_msg_t m;

	if (argc != 3 || (count = atol(argv[2])) <= 0) {
		fprintf(stderr, "usage: sink ENDPOINT COUNT\n");
		return 64;
	}
	sub = zmq_socket(zmq_ctx_new(), ZMQ_SUB);
	if (sub == NULL || zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "", 0) == -1 ||
	    zmq_connect(sub, argv[1]) == -1)
		fatal(argv[1]);
	zmq_msg_init(&m);
	bytes += receive(sub, &m); /* connecting is not receiving */
	start = cpu_us();
	for (i = 1; i < count; i++)
		bytes += receive(sub, &m);
	printf("%.4f us a message, %zu bytes\n", (cpu_us() - start) / (double)(count - 1), bytes);
	return 0;
}
