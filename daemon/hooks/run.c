/* SPDX-License-Identifier: MIT */
/*
 * run.c: one hook process, and the runs there are.
 *
 * A hook gets a session of its own, its page as a sealed file in memory (so
 * one that never reads blocks nobody), one pipe for all it prints, a clean
 * environment and limits.  At its time limit its process group gets TERM, and
 * KILL a little later.  When it has ended, what it left behind is killed:
 * its group here, who left the group in orphans.c.
 *
 * The child tells by a second pipe, closed by a successful exec, why it could
 * not become the hook; nobody waits for that, it is read when the child ended.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>

#include "hooks.h"
#include "orphans.h"

#define READ_STEP 65536 /* bytes; what a pipe holds */
#define CPU_LEAST 30 /* s, or the time limit where that is longer */
#define NICE 5
#define EX_TEMPFAIL 75 /* sysexits.h */

struct run {
	struct run *next;
	struct run_options options;
	pid_t pid;
	struct orphans_mark mark;
	int output_fd, error_fd;
	struct event *readable, *limit;
	msec_t began, timeout;
	bool late; /* its time limit has passed */
	char output[RUN_OUTPUT];
	uint32_t noutput;
};

static struct run *runs;
static size_t nruns;
static bool stopping;

/* ---- what a hook inherits */

/* What the child needs, made before the fork. */
struct birth {
	char **argv, **envp;
	int in, out, error; /* descriptors */
	rlim_t cpu; /* s */
	pid_t parent;
};

struct env {
	char **var;
	size_t n;
};

static size_t
name_length(const char *var)
{
	return strcspn(var, "=");
}

/* The later one of a name wins. */
static void
env_set(struct env *e, const char *var)
{
	size_t n = name_length(var), i;

	for (i = 0; i < e->n; i++)
		if (name_length(e->var[i]) == n && memcmp(e->var[i], var, n) == 0)
			break;
	e->var[i] = (char *)(uintptr_t)var;
	if (i == e->n)
		e->n++;
}

static size_t
count_vars(char *const *vars)
{
	size_t n = 0;

	while (vars != NULL && vars[n] != NULL)
		n++;
	return n;
}

/* The hook's own variables may change the common ones, but not the page's.
 * `own` takes the texts made here. */
static char **
make_env(const struct run_options *o, char own[3][128])
{
	static const char *const common[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
		"HOME=/" };
	const char *tz = getenv("TZ");
	size_t room = COUNTOF(common) + count_vars(o->hook->env) + o->page->nenv + 4;
	struct env e = { calloc(room, sizeof(char *)), 0 };

	if (e.var == NULL)
		return NULL;
	for (size_t i = 0; i < COUNTOF(common); i++)
		env_set(&e, common[i]);
	if (tz != NULL && (size_t)snprintf(own[0], sizeof(own[0]), "TZ=%s", tz) < sizeof(own[0]))
		env_set(&e, own[0]);
	for (size_t i = 0; i < count_vars(o->hook->env); i++)
		env_set(&e, o->hook->env[i]);
	for (size_t i = 0; i < o->page->nenv; i++)
		env_set(&e, o->page->env[i].p);
	(void)snprintf(own[1], sizeof(own[1]), "CCMON_ATTEMPT=%u", o->attempt);
	env_set(&e, own[1]);
	(void)snprintf(own[2], sizeof(own[2]), "CCMON_HOOK=%s", o->hook->name);
	env_set(&e, own[2]);
	return e.var;
}

/* The page in memory, not to be changed by anybody, to be read from its begin. */
static int
make_input(struct str body)
{
	int fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	while (fd >= 0 && body.n > 0) {
		ssize_t n = write(fd, body.p, body.n);

		if (n < 0) {
			close(fd);
			return -1;
		}
		body.p += n;
		body.n -= (uint32_t)n;
	}
	if (fd >= 0 && (lseek(fd, 0, SEEK_SET) != 0 ||
	                   fcntl(fd, F_ADD_SEALS,
	                       F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- in the child */

static bool
set_limit(int what, rlim_t wanted)
{
	struct rlimit r;

	if (getrlimit(what, &r) != 0)
		return false;
	if (r.rlim_max == RLIM_INFINITY || wanted < r.rlim_max)
		r.rlim_max = wanted;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r) == 0;
}

static bool
set_limits(const struct birth *b)
{
	return set_limit(RLIMIT_CPU, b->cpu) && set_limit(RLIMIT_FSIZE, (rlim_t)16 << 20) &&
	       set_limit(RLIMIT_NOFILE, 256) && set_limit(RLIMIT_CORE, 0) &&
	       set_limit(RLIMIT_AS, (rlim_t)512 << 20);
}

static void
reset_signals(void)
{
	struct sigaction deflt = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &deflt, NULL); /* some cannot be had, and need not */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static const char *
become(struct birth *b)
{
	setsid();
	reset_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != b->parent)
		return "prctl";
	if (dup2(b->in, 0) < 0 || dup2(b->out, 1) < 0 || dup2(b->out, 2) < 0)
		return "dup2";
	if (b->error != 3 && dup3(b->error, 3, O_CLOEXEC) < 0)
		return "dup3";
	b->error = 3;
	if (close_range(4, ~0u, 0) != 0)
		return "close_range";
	if (chdir("/") != 0)
		return "chdir";
	umask(077);
	if (!set_limits(b))
		return "setrlimit";
	if (setpriority(PRIO_PROCESS, 0, NICE) != 0 &&
	    errno != EACCES) /* we may be nicer already */
		return "setpriority";
	execve(b->argv[0], b->argv, b->envp);
	return b->argv[0];
}

/* What went wrong, for the parent to read. */
struct stumble {
	int error;
	char what[124];
};

_Noreturn static void
child(struct birth *b)
{
	struct stumble s = { 0 };
	const char *what = become(b);

	s.error = errno;
	(void)snprintf(s.what, sizeof(s.what), "%s", what);
	if (write(b->error, &s, sizeof(s)) < 0)
		_exit(126);
	_exit(127);
}

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
	r->readable = event_new(service_base(), r->output_fd, EV_READ | EV_PERSIST, on_readable, r);
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
	if (r->output_fd >= 0)
		close(r->output_fd);
	if (r->error_fd >= 0)
		close(r->error_fd);
	free(r);
}

/* The ends the child gets, and those that stay here.  NULL, or what failed. */
static const char *
make_ends(struct run *r, struct birth *b)
{
	int out[2], error[2];

	b->in = make_input(r->options.page->body);
	if (b->in < 0)
		return "memory file";
	if (pipe2(out, O_CLOEXEC) != 0)
		return "pipe";
	b->out = out[1];
	r->output_fd = out[0];
	if (pipe2(error, O_CLOEXEC) != 0)
		return "pipe";
	b->error = error[1];
	r->error_fd = error[0];
	if (fcntl(out[0], F_SETFL, O_NONBLOCK) != 0 || fcntl(error[0], F_SETFL, O_NONBLOCK) != 0)
		return "fcntl";
	return NULL;
}

static void
close_ends(struct birth *b)
{
	int saved = errno;

	if (b->in >= 0)
		close(b->in);
	if (b->out >= 0)
		close(b->out);
	if (b->error >= 0)
		close(b->error);
	free(b->envp);
	errno = saved;
}

/* NULL, or what failed; errno says why. */
static const char *
give_birth(struct run *r)
{
	const struct hook_def *hook = r->options.hook;
	char own[3][128];
	struct birth b = { .argv = hook->command,
		.envp = make_env(&r->options, own),
		.in = -1,
		.out = -1,
		.error = -1,
		.cpu = (rlim_t)(hook->timeout / 1000 + 1),
		.parent = getpid() };
	const char *failed = b.envp == NULL ? "memory" : make_ends(r, &b);

	if (b.cpu < CPU_LEAST)
		b.cpu = CPU_LEAST;
	if (failed == NULL && (r->pid = fork()) == 0)
		child(&b);
	if (failed == NULL && r->pid < 0)
		failed = "fork";
	close_ends(&b);
	return failed;
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
		.output_fd = -1,
		.error_fd = -1,
		.timeout = o->hook->timeout,
		.began = clock_mono() };
	failed = give_birth(r);
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
	ssize_t n = read(r->output_fd, waste, sizeof(waste));
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

/* Could it not be run?  The child said why, or nothing. */
static bool
stumbled(const struct run *r, struct run_end *end, char *why, size_t why_len)
{
	struct stumble s;

	if (read(r->error_fd, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return false;
	s.what[sizeof(s.what) - 1] = '\0';
	(void)snprintf(why, why_len, "cannot be run: %s: %s", s.what, strerror(s.error));
	end->code = RUN_NOT_RUN;
	end->outcome = s.error == EAGAIN || s.error == ENOMEM || s.error == ETXTBSY ? HOOK_RETRY
	                                                                            : HOOK_GIVEN_UP;
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
