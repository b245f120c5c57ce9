/* SPDX-License-Identifier: MIT */
/*
 * run.c: the runs there are, and how each of them ends.
 *
 * At its time limit a hook's process group gets TERM, and KILL a little
 * later.  When the hook has ended, what it left behind is killed: its group
 * here, who left the group in orphans.c.  What it prints is read while it
 * runs, the beginning kept and the rest thrown away, so it never waits for us.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>

#include "birth.h"
#include "hooks.h"
#include "orphans.h"

#define READ_STEP 65536 /* bytes; what a pipe holds */
#define EX_TEMPFAIL 75 /* sysexits.h */

struct run {
	struct run *next;
	struct run_options options;
	pid_t pid;
	struct orphans_mark mark;
	struct birth_ends ends;
	struct event *readable, *limit;
	msec_t began, timeout;
	bool late; /* its time limit has passed */
	char output[RUN_OUTPUT];
	uint32_t noutput;
};

static struct run *runs;
static size_t nruns;
static bool stopping;

/* ---- starting */

/* Not what the hook did, but what we could not do for it: worth another try. */
static bool
cannot(struct run_end *end, const char *what)
{
	static char why[128];

	(void)snprintf(why, sizeof(why), "cannot start it: %s: %s", what, strerror(errno));
	*end = (struct run_end){ HOOK_RETRY, RUN_NOT_RUN, 0, STR_LIT(""), why };
	return false;
}

static bool
is_allowed(const struct run_options *o, struct run_end *end)
{
	static char why[512];

	if (hook_check(o->hook->command[0], why, sizeof(why)))
		return true;
	*end = (struct run_end){ HOOK_GIVEN_UP, RUN_NOT_RUN, 0, STR_LIT(""), why };
	return false;
}

static void on_readable(evutil_socket_t, short, void *);
static void on_limit(evutil_socket_t, short, void *);

static void
arm(struct run *r, msec_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)event_add(r->limit, &tv);
}

static bool
watch(struct run *r)
{
	r->readable =
	    event_new(service_base(), r->ends.output, EV_READ | EV_PERSIST, on_readable, r);
	r->limit = evtimer_new(service_base(), on_limit, r);
	return r->readable != NULL && r->limit != NULL && event_add(r->readable, NULL) == 0;
}

static void
run_free(struct run *r)
{
	if (r->readable != NULL)
		event_free(r->readable);
	if (r->limit != NULL)
		event_free(r->limit);
	if (r->ends.output >= 0)
		close(r->ends.output);
	if (r->ends.error >= 0)
		close(r->ends.error);
	free(r);
}

bool
run_start(const struct run_options *o, struct run_end *end)
{
	struct run *r;
	const char *failed;

	if (!is_allowed(o, end))
		return false;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return cannot(end, "memory");
	*r = (struct run){ .options = *o,
		.ends = { -1, -1 },
		.timeout = o->hook->timeout,
		.began = clock_mono() };
	failed = birth_give(o, &r->ends, &r->pid);
	if (failed == NULL && !watch(r)) {
		kill(r->pid, SIGKILL); /* reaped as nobody's */
		failed = "event";
	}
	if (failed != NULL) {
		cannot(end, failed);
		run_free(r);
		return false;
	}
	r->mark = orphans_mark(r->pid, o->hook->name, o->page->id, o->attempt);
	arm(r, r->timeout);
	r->next = runs;
	runs = r;
	nruns++;
	return true;
}

/* ---- while it runs */

/* Reads once; what is beyond the limit is thrown away.  False: there is no more
 * for now. */
static bool
read_output(struct run *r)
{
	static char waste[READ_STEP];
	ssize_t n = read(r->ends.output, waste, sizeof(waste));
	size_t keep;

	if (n <= 0) {
		if (n == 0) /* it would be readable for ever */
			event_del(r->readable);
		return false;
	}
	keep = sizeof(r->output) - r->noutput;
	if (keep > (size_t)n)
		keep = (size_t)n;
	memcpy(r->output + r->noutput, waste, keep);
	r->noutput += (uint32_t)keep;
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	(void)read_output(arg);
}

/* A hook just born may have no group yet. */
static void
signal_group(const struct run *r, int signal)
{
	if (kill(-r->pid, signal) != 0)
		kill(r->pid, signal);
}

static void
on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;

	(void)fd, (void)what;
	signal_group(r, r->late ? SIGKILL : SIGTERM);
	if (!r->late)
		arm(r, RUN_GRACE_MS);
	r->late = true;
}

/* ---- its end */

static bool
is_retried(int code)
{
	return code < 0 || code == 1 || code == EX_TEMPFAIL;
}

/* Could it not be run at all?  What may be otherwise in a moment is tried again. */
static bool
stumbled(const struct run *r, struct run_end *end, char *why, size_t why_len)
{
	char what[128];
	int error = birth_failed(r->ends.error, what, sizeof(what));

	if (error == 0)
		return false;
	(void)snprintf(why, why_len, "cannot be run: %s: %s", what, strerror(error));
	end->code = RUN_NOT_RUN;
	end->outcome =
	    error == EAGAIN || error == ENOMEM || error == ETXTBSY ? HOOK_RETRY : HOOK_GIVEN_UP;
	return true;
}

static void
judge(const struct run *r, int status, struct run_end *end, char *why, size_t why_len)
{
	end->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	if (stumbled(r, end, why, why_len))
		return;
	end->outcome = r->late || is_retried(end->code) ? HOOK_RETRY
	               : end->code == 0                 ? HOOK_DELIVERED
	                                                : HOOK_GIVEN_UP;
	if (r->late)
		(void)snprintf(why, why_len, "not done within its time limit of %" PRId64 ".%03d s",
		    r->timeout / 1000, (int)(r->timeout % 1000));
	else if (end->code < 0)
		(void)snprintf(why, why_len, "ended by SIG%s", sigabbrev_np(-end->code));
	else if (end->code > 0)
		(void)snprintf(why, why_len, "exit status %d", end->code);
}

static void
finish(struct run *r, int status)
{
	char why[192] = "";
	struct run_end end = { .took = clock_mono() - r->began, .why = why };

	while (r->noutput < sizeof(r->output) && read_output(r))
		;
	end.output = (struct str){ r->output, r->noutput };
	judge(r, status, &end, why, sizeof(why));
	if (!stopping)
		r->options.on_end(r->options.arg, &end);
	run_free(r);
}

static struct run *
unlink_run(pid_t pid)
{
	struct run **at = &runs, *r;

	while (*at != NULL && (*at)->pid != pid)
		at = &(*at)->next;
	if ((r = *at) != NULL) {
		*at = r->next;
		nruns--;
	}
	return r;
}

/* Its dead leader holds the number of its group until it is reaped: only so
 * long is it certain whom a signal to the group reaches. */
static bool
reap_one(void)
{
	siginfo_t info = { .si_pid = 0 };
	struct run *r;
	int status;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
		return false;
	if ((r = unlink_run(info.si_pid)) != NULL)
		kill(-info.si_pid, SIGKILL);
	if (waitpid(info.si_pid, &status, WNOHANG) == info.si_pid && r != NULL)
		finish(r, status);
	return true;
}

static bool
is_of_a_run(void *arg, const struct orphan *o)
{
	(void)arg;
	for (struct run *r = runs; r != NULL; r = r->next)
		if (orphan_belongs(o, &r->mark))
			return true;
	return false;
}

void
runs_reap(void)
{
	while (reap_one())
		;
	orphans_kill(is_of_a_run, NULL);
}

size_t
runs_count(void)
{
	return nruns;
}

void
runs_stop(int signal)
{
	stopping = true;
	for (struct run *r = runs; r != NULL; r = r->next)
		signal_group(r, signal);
}
