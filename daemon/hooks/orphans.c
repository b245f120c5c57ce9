/* SPDX-License-Identifier: MIT */
/*
 * orphans.c: what a hook leaves behind, found and killed.
 *
 * A process that forked twice and made a session of its own is out of reach
 * of its hook's group.  But the runner is a subreaper, prctl(2): when its
 * parent dies it becomes the runner's child, and there it is found in /proc.
 * It belongs to a run if it is in its session, or has its environment.  One
 * that cleared its environment is known by its age only: it may belong to any
 * run that began before it, and stays until all of those have ended.
 */
#include "orphans.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

#define ENVIRON_MAX (256 << 10) /* bytes looked at */

static ssize_t
read_proc(pid_t pid, const char *file, char *to, size_t size)
{
	char path[64];
	size_t n = 0;
	ssize_t got = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, to + n, size - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	to[n] = '\0';
	return got < 0 ? -1 : (ssize_t)n;
}

/* Parent, session and begin of a process, proc(5); -1: it is gone or dead. */
static int
read_stat(pid_t pid, pid_t *parent, pid_t *session, uint64_t *began)
{
	char text[1024], state, *p;

	if (read_proc(pid, "stat", text, sizeof(text)) <= 0 || (p = strrchr(text, ')')) == NULL)
		return -1;
	if (sscanf(p + 1,
	        " %c %d %*d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	        "%" SCNu64,
	        &state, parent, session, began) != 4)
		return -1;
	return state == 'Z' || state == 'X' ? -1 : 0;
}

/* ---- whose it is */

static void
write_run(char to[512], const char *hook, const char *page, int npage, const char *attempt)
{
	(void)snprintf(to, 512, "%s/%.*s/%s", hook, npage, page, attempt);
}

struct orphans_mark
orphans_mark(pid_t pid, const char *hook, struct str page, unsigned attempt)
{
	struct orphans_mark m = { .pid = pid };
	pid_t parent, session;
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", attempt);
	write_run(m.run, hook, page.p, (int)page.n, number);
	if (read_stat(pid, &parent, &session, &m.began) != 0)
		m.began = 0; /* dead already: then anything may be its child */
	return m;
}

static const char *
find_var(const char *vars, size_t n, const char *name)
{
	const char *p = vars, *end = vars + n;
	size_t len = strlen(name);

	for (; p < end; p += strlen(p) + 1)
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			return p + len + 1;
	return NULL;
}

/* Into o->run, where its environment still says so. */
static void
read_run(struct orphan *o)
{
	static char text[ENVIRON_MAX];
	ssize_t n = read_proc(o->pid, "environ", text, sizeof(text));
	const char *hook, *page, *attempt;

	o->run[0] = '\0';
	if (n <= 0)
		return;
	hook = find_var(text, (size_t)n, "CCMON_HOOK");
	page = find_var(text, (size_t)n, "CCMON_PAGE_ID");
	attempt = find_var(text, (size_t)n, "CCMON_ATTEMPT");
	if (hook != NULL && page != NULL && attempt != NULL)
		write_run(o->run, hook, page, (int)strlen(page), attempt);
}

bool
orphan_belongs(const struct orphan *o, const struct orphans_mark *m)
{
	if (o->pid == m->pid || o->session == m->pid)
		return true;
	if (o->run[0] != '\0')
		return strcmp(o->run, m->run) == 0;
	return o->began >= m->began;
}

/* ---- looking for them */

static void
look_at(pid_t pid, bool (*is_wanted)(void *, const struct orphan *), void *arg)
{
	static struct log_complaint stuck;
	struct orphan o = { .pid = pid };
	pid_t parent;

	if (read_stat(pid, &parent, &o.session, &o.began) != 0 || parent != getpid())
		return;
	read_run(&o);
	if (is_wanted(arg, &o))
		return;
	if (kill(pid, SIGKILL) == 0)
		log_debug(
		    "hooks", "killed process %d, left behind by a hook (%s)", (int)pid, o.run);
	else if (errno != ESRCH)
		log_complain(&stuck, clock_mono(), "hooks",
		    "process %d, left behind by a hook, cannot be killed: %s", (int)pid,
		    strerror(errno));
}

static bool
has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* All of /proc is walked: the list of one's children is not in every kernel. */
void
orphans_kill(bool (*is_wanted)(void *arg, const struct orphan *), void *arg)
{
	struct dirent *e;
	DIR *dir;

	if (!has_children() || (dir = opendir("/proc")) == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			look_at((pid_t)atoi(e->d_name), is_wanted, arg);
	closedir(dir);
}
