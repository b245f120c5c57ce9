/* SPDX-License-Identifier: MIT */
/*
 * birth.c: how a process becomes a hook.
 *
 * It gets a session of its own, its page as a sealed file in memory (so one
 * that never reads blocks nobody), one pipe for all it prints, a clean
 * environment and limits, and nothing else of ours.  It dies with the runner.
 *
 * The child tells by a second pipe, closed by a successful exec, why it could
 * not become the hook; nobody waits for that, it is read when the child ended.
 */
#include "birth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU_LEAST 30 /* s, or the time limit where that is longer */
#define NICE 5

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

/* ---- in the parent */

/* The ends the child gets, and those that stay here.  NULL, or what failed. */
static const char *
make_ends(struct birth_ends *ends, struct birth *b, struct str body)
{
	int out[2], error[2];

	b->in = make_input(body);
	if (b->in < 0)
		return "memory file";
	if (pipe2(out, O_CLOEXEC) != 0)
		return "pipe";
	b->out = out[1];
	ends->output = out[0];
	if (pipe2(error, O_CLOEXEC) != 0)
		return "pipe";
	b->error = error[1];
	ends->error = error[0];
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

const char *
birth_give(const struct run_options *o, struct birth_ends *ends, pid_t *pid)
{
	char own[3][128];
	struct birth b = { .argv = o->hook->command,
		.envp = make_env(o, own),
		.in = -1,
		.out = -1,
		.error = -1,
		.cpu = (rlim_t)(o->hook->timeout / 1000 + 1),
		.parent = getpid() };
	const char *failed = b.envp == NULL ? "memory" : make_ends(ends, &b, o->page->body);

	if (b.cpu < CPU_LEAST)
		b.cpu = CPU_LEAST;
	if (failed == NULL && (*pid = fork()) == 0)
		child(&b);
	if (failed == NULL && *pid < 0)
		failed = "fork";
	close_ends(&b);
	return failed;
}

int
birth_failed(int fd, char *what, size_t what_len)
{
	struct stumble s;

	if (read(fd, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return 0;
	s.what[sizeof(s.what) - 1] = '\0';
	(void)snprintf(what, what_len, "%s", s.what);
	return s.error;
}
