/* SPDX-License-Identifier: MIT */
/*
 * runner.c: the hook runner, a process of its own.
 *
 *	ccmond --hook-runner FD STATE_DIR
 *
 * It waits for the lock on the outbox, which a runner before it may still
 * hold; then it turns: frames from the daemon, processes that ended, time.
 * Whether it is to end is the daemon's to say, by closing the line or by
 * dying: signals meant for the daemon reach the whole group, and are not for
 * us.  Then nothing new is started; what runs gets DRAIN_MS, and is ended
 * after that.  A hook we ended ourselves has no outcome: it is run again by
 * the next runner.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>

#include "line.h"
#include "post.h"
#include "run.h"

#define DRAIN_MS INT64_C(5000) /* ms for what runs when the daemon is gone */
#define KILL_MS INT64_C(1000) /* ms from TERM to KILL then */
#define REAP_MS INT64_C(1000) /* ms; longer nobody waits for the killed */
#define LOCK_MS 100 /* ms between tries for the lock */

struct runner {
	struct line *line;
	struct post *post;
	struct event *timer;
	int stage; /* of the end: how many of `stages` have begun */
	msec_t next_stage;
};

/* ---- the line */

static void
on_frames(void *arg)
{
	struct runner *r = arg;
	struct frame f;

	while (line_take(r->line, &f)) {
		post_take(r->post, &f);
		frame_close(&f);
	}
}

static void
on_line_end(void *arg, const char *why)
{
	struct runner *r = arg;

	log_debug("hooks", "the daemon's line: %s", why);
	r->stage = 1;
	r->next_stage = clock_mono() + DRAIN_MS;
}

/* ---- the outbox's directory */

/* Holds the lock until the process ends.  -1: it cannot be had. */
static int
lock(const char *dir, int daemon_fd)
{
	struct pollfd gone = { .fd = daemon_fd, .events = POLLRDHUP };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (poll(&gone, 1, LOCK_MS) > 0)
			exit(0); /* nobody wants us any more */
	}
	return fd < 0 ? -1 : 0;
}

/* The one that died may have left its hooks to end as they may; ours begin
 * when it is certain that they are the only ones to write the outbox. */
static int
open_post(struct runner *r, const char *state_dir, int daemon_fd)
{
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s/outbox", state_dir) >= (int)sizeof(dir))
		errno = ENAMETOOLONG;
	else if ((mkdir(dir, 0700) == 0 || errno == EEXIST) && lock(dir, daemon_fd) == 0)
		return (r->post = post_open(dir, line_out(r->line))) != NULL ? 0 : -1;
	log_error("outbox", "cannot use %s: %s", dir, strerror(errno));
	return -1;
}

/* ---- the loop */

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig, (void)what, (void)arg;
	clock_turn();
	runs_reap();
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* it has ended the wait */
}

static void
send_term(void)
{
	runs_stop(SIGTERM);
}

static void
send_kill(void)
{
	runs_stop(SIGKILL);
}

/* The end: after each wait the next is done, as long as anything runs. */
static const struct {
	void (*act)(void);
	msec_t wait; /* after it */
} stages[] = {
	{ NULL, DRAIN_MS },
	{ send_term, KILL_MS },
	{ send_kill, REAP_MS },
};

static bool
has_ended(struct runner *r)
{
	if (r->stage == 0)
		return false;
	if (runs_count() == 0)
		return true;
	if (clock_mono() < r->next_stage)
		return false;
	if (r->stage == (int)COUNTOF(stages))
		return true;
	stages[r->stage].act();
	r->next_stage = clock_mono() + stages[r->stage].wait;
	r->stage++;
	return false;
}

static void
turn_until_ended(struct runner *r)
{
	msec_t next;

	for (;;) {
		clock_turn();
		next = post_turn(r->post, r->stage == 0);
		line_send(r->line);
		if (has_ended(r))
			return;
		if (r->stage > 0 && r->next_stage < next)
			next = r->next_stage;
		next = next > clock_mono() ? next - clock_mono() : 0;
		(void)event_add(r->timer, &(struct timeval){ next / 1000, next % 1000 * 1000 });
		(void)event_base_loop(service_base(), EVLOOP_ONCE);
		clock_turn();
	}
}

static void
ignore_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGQUIT,
		SIGXFSZ /* a file at its limit is an error of write(2) */ };

	for (size_t i = 0; i < COUNTOF(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

int
hooks_runner_main(int argc, char **argv)
{
	struct runner r = { .stage = 0 };
	struct line_options o = { .on_frames = on_frames, .on_end = on_line_end, .arg = &r };
	struct event *child;

	log_open("ccmon-hooks");
	if (argc != 4 || (o.fd = atoi(argv[2])) <= 0 || fcntl(o.fd, F_SETFD, FD_CLOEXEC) != 0) {
		log_error("hooks", "%s is for ccmond itself to use", HOOKS_ARG);
		return 64; /* EX_USAGE */
	}
	ignore_signals();
	(void)prctl(PR_SET_NAME, "ccmon-hooks");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		log_warn("hooks", "what hooks leave behind cannot be found: %s", strerror(errno));
	child = evsignal_new(service_base(), SIGCHLD, on_child, NULL);
	r.timer = evtimer_new(service_base(), on_timer, NULL);
	if (child == NULL || r.timer == NULL || event_add(child, NULL) != 0 ||
	    (r.line = line_open(&o)) == NULL || open_post(&r, argv[3], o.fd) != 0)
		return 1;
	turn_until_ended(&r);
	post_close(r.post);
	line_close(r.line);
	event_free(child);
	event_free(r.timer);
	return 0;
}
