/* SPDX-License-Identifier: MIT */
/*
 * redis.h: a redis-server of one's own for a test, in a directory of its own,
 * on a socket, with nothing on disk.
 */
#ifndef TESTS_REDIS_H
#define TESTS_REDIS_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ccmon/rlink.h>

struct own_redis {
	char		 dir[64], socket[80];
	pid_t		 pid;
	struct rclient	*client;	/* asks it directly */
};

/* Debian's redis-tools has the server under another name, and it looks at the
 * name it is called by. */
static inline void
own_redis_exec(const struct own_redis *r)
{
	const char *argv[] = { "redis-server", "--port", "0", "--unixsocket", r->socket,
		"--save", "", "--appendonly", "no", "--dir", r->dir, "--logfile", "redis.log", NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp("redis-server", (char **)argv);
	execv("/usr/bin/redis-check-rdb", (char **)argv);
	_exit(127);
}

static inline void
own_redis_start(struct own_redis *r)
{
	struct rlink_options o = { .unix_path = r->socket, .timeout = 5000 };
	char why[256];

	snprintf(r->dir, sizeof(r->dir), "/tmp/ccmon-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->socket, sizeof(r->socket), "%s/redis.sock", r->dir);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0)
		own_redis_exec(r);
	for (r->client = NULL; r->client == NULL;) {
		assert_int_equal(waitpid(r->pid, NULL, WNOHANG), 0);
		if (access(r->socket, R_OK) == 0)
			r->client = rclient_open(&o, why, sizeof(why));
	}
}

static inline void
own_redis_end(struct own_redis *r)
{
	char command[128];

	rclient_close(r->client);
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -r '%s'", r->dir);
	assert_int_equal(system(command), 0);
}

/* One command, its words separated by blanks; the caller frees the reply. */
static inline struct reply *
own_redis_ask(struct own_redis *r, const char *words)
{
	struct out command;
	struct reply *reply;
	char text[1024], *word, *rest;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", words);
	for (word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		n++;
	out_init(&command);
	resp_begin(&command, n);
	snprintf(text, sizeof(text), "%s", words);
	for (word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		resp_text(&command, word);
	reply = rclient_ask(r->client, &command);
	assert_non_null(reply);
	out_fini(&command);
	return reply;
}

/* The answer as text ("" for nil, numbers as digits), in one of four buffers. */
static inline const char *
own_redis_text(struct own_redis *r, const char *words)
{
	static char text[4][512];
	static unsigned turn;
	struct reply *reply = own_redis_ask(r, words);
	char *p = text[turn++ % 4];

	if (reply->type == REPLY_INT)
		snprintf(p, sizeof(text[0]), "%lld", (long long)reply->integer);
	else
		snprintf(p, sizeof(text[0]), "%.*s", STR_ARG(reply->text));
	reply_free(reply);
	return p;
}

#endif
