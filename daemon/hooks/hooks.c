/* SPDX-License-Identifier: MIT */
/*
 * hooks.c: the daemon's end of the line, and the life of the runner.
 *
 * The runner is this same program started anew.  When it dies, or says what
 * is no frame, it is killed for certain and started again, soon at first and
 * then with patience; it is told the hooks again and the cancelled episodes it
 * had not confirmed.  Pages it had not stored are the alerts' to offer again
 * when it is ready.  Whoever is not ready is given nothing: what he had not
 * stored would be asked for again anyway.
 *
 * A site without hooks has no runner until it gets one.
 */
#include "hooks.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>

#include "line.h"

#define RUNNER_FD 3 /* where the runner finds its end */
#define AGAIN_FIRST INT64_C(1000) /* ms until it is started again; doubled */
#define AGAIN_LAST INT64_C(30000) /* ms */
#define STEADY_MS INT64_C(60000) /* ms; who lived so long is started soon again */
#define STOP_MS INT64_C(9000) /* ms; longer than the runner takes at most */

struct hooks {
	struct hooks_options options;
	char *state_dir;
	struct out rules; /* their frame */
	size_t nrules;
	bool wanted; /* a page came for a hook that is not there */
	struct line *line; /* NULL: there is no runner now */
	pid_t pid; /* 0: none that is not reaped */
	struct event *timer; /* to start it again, or to say there is none */
	msec_t started, again; /* monotonic; ms to wait next time */
	bool ready, going;
	unsigned tellings; /* asked for, and not yet ended by READY */
	char **cancelled; /* episodes not yet confirmed */
	size_t ncancelled;
	struct frame status; /* the last one, of status_bytes */
	char *status_bytes;
	uint64_t on_way; /* pages given and not stored */
	msec_t on_way_since; /* epoch ms */
};

/* ---- what the runner says */

static void
told(struct hooks *h, const struct frame *f)
{
	if (h->tellings == 1) /* nobody waits for the earlier ones any more */
		h->options.on_told(h->options.arg, &f->told);
}

static void
send_cancelled(struct hooks *h)
{
	for (size_t i = 0; i < h->ncancelled; i++)
		frame_cancel(line_out(h->line), str_of(h->cancelled[i]));
	line_send(h->line);
}

static void
send_go(struct hooks *h)
{
	frame_go(line_out(h->line), h->going);
	line_send(h->line);
}

static void
ready(struct hooks *h, const struct frame *f)
{
	(void)f;
	if (h->tellings > 0 && --h->tellings > 0)
		return;
	h->ready = true;
	h->on_way = 0; /* what is not stored is offered again, and counted then */
	h->options.on_ready(h->options.arg);
	send_cancelled(h); /* after the pages they are about */
	send_go(h); /* after what is not to be run any more */
}

static void
stored(struct hooks *h, const struct frame *f)
{
	if (h->on_way > 0)
		h->on_way--;
	h->on_way_since = clock_wall();
	h->options.on_stored(h->options.arg, f->id);
}

static void
finished(struct hooks *h, const struct frame *f)
{
	h->options.on_finished(h->options.arg, f->id, f->delivered);
}

static void
result(struct hooks *h, const struct frame *f)
{
	h->options.on_result(h->options.arg, &f->result);
}

static void
confirmed(struct hooks *h, const struct frame *f)
{
	for (size_t i = 0; i < h->ncancelled; i++)
		if (strlen(h->cancelled[i]) == f->id.n &&
		    memcmp(h->cancelled[i], f->id.p, f->id.n) == 0) {
			free(h->cancelled[i]);
			h->cancelled[i] = h->cancelled[--h->ncancelled];
			return;
		}
}

static void
status(struct hooks *h, const struct frame *f)
{
	char *bytes = malloc(f->fields.n + 1);

	frame_close(&h->status);
	free(h->status_bytes);
	h->status = (struct frame){ 0 };
	h->status_bytes = bytes;
	if (bytes == NULL) /* the next one will do */
		return;
	memcpy(bytes, f->fields.p, f->fields.n);
	if (frame_open(&h->status, FRAME_STATUS, (struct str){ bytes, f->fields.n }) != 0)
		h->status = (struct frame){ 0 };
}

static void (*const takers[FRAME_NTYPES])(struct hooks *, const struct frame *) = {
	[FRAME_TOLD] = told,
	[FRAME_READY] = ready,
	[FRAME_STORED] = stored,
	[FRAME_FINISHED] = finished,
	[FRAME_RESULT] = result,
	[FRAME_CANCELLED] = confirmed,
	[FRAME_STATUS] = status,
};

static void
on_frames(void *arg)
{
	struct hooks *h = arg;
	struct frame f;

	clock_turn();
	while (line_take(h->line, &f)) {
		if (takers[f.type] != NULL)
			takers[f.type](h, &f);
		frame_close(&f);
	}
	service_wake();
}

/* ---- the runner's life */

static void
start_in(struct hooks *h, msec_t ms)
{
	(void)event_add(h->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

static void
drop_line(struct hooks *h)
{
	line_close(h->line);
	h->line = NULL;
	h->ready = false;
	h->on_way = 0;
}

static void
on_line_end(void *arg, const char *why)
{
	struct hooks *h = arg;

	if (clock_mono() - h->started > STEADY_MS)
		h->again = AGAIN_FIRST;
	log_error("hooks", "the hook runner is gone (%s); starting it again in %" PRId64 " s", why,
	    h->again / 1000);
	drop_line(h);
	kill(h->pid, SIGKILL);
	start_in(h, h->again);
	h->again = h->again * 2 < AGAIN_LAST ? h->again * 2 : AGAIN_LAST;
}

/* Is the one before this one gone?  It is killed, and reaped when it can be. */
static bool
is_reaped(struct hooks *h)
{
	if (h->pid != 0 && waitpid(h->pid, NULL, WNOHANG) == 0)
		return false;
	h->pid = 0;
	return true;
}

/* The program as it is, with the runner's end as its descriptor 3, no other
 * descriptors and no signals held back. */
static int
spawn(struct hooks *h, int fd)
{
	char name[] = "ccmond", verb[] = HOOKS_ARG, number[16];
	char *argv[] = { name, verb, number, h->state_dir, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)snprintf(number, sizeof(number), "%d", RUNNER_FD);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	rc = posix_spawn_file_actions_adddup2(&files, fd, RUNNER_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, RUNNER_FD + 1);
	if (rc == 0)
		rc = posix_spawn(&h->pid, "/proc/self/exe", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

/* 0, or the error.  The line owns its end from then on. */
static int
start(struct hooks *h)
{
	struct line_options o = { .on_frames = on_frames, .on_end = on_line_end, .arg = h };
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	o.fd = pair[0];
	rc = spawn(h, pair[1]);
	close(pair[1]);
	if (rc == 0 && (h->line = line_open(&o)) == NULL)
		rc = ENOMEM;
	if (rc != 0) {
		close(pair[0]);
		return rc;
	}
	h->started = clock_mono();
	h->tellings = 1;
	out_bytes(line_out(h->line), h->rules.buf, h->rules.len);
	line_send(h->line);
	return 0;
}

/* There is nobody to wait for. */
static void
ready_without(struct hooks *h)
{
	h->ready = true;
	h->options.on_ready(h->options.arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hooks *h = arg;
	int rc;

	(void)fd, (void)what;
	if (h->line != NULL)
		return;
	if (h->nrules == 0 && !h->wanted && h->pid == 0) {
		ready_without(h);
		return;
	}
	h->ready = false;
	rc = is_reaped(h) ? start(h) : EBUSY;
	if (rc == 0)
		return;
	log_error("hooks", "cannot start the hook runner: %s; trying again in %" PRId64 " s",
	    rc == EBUSY ? "the one before cannot be ended" : strerror(rc), h->again / 1000);
	start_in(h, h->again);
	h->again = h->again * 2 < AGAIN_LAST ? h->again * 2 : AGAIN_LAST;
}

/* ---- what main wants */

/* The directory is made if its parent is there. */
static bool
is_usable(const char *dir)
{
	struct stat st;

	if ((mkdir(dir, 0700) == 0 || errno == EEXIST) && stat(dir, &st) == 0) {
		errno = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
		if (errno == 0 && access(dir, R_OK | W_OK | X_OK) == 0)
			return true;
	}
	log_error("outbox",
	    "daemon.state_dir: %s cannot be used: %s; make it a directory that user %u may write",
	    dir, strerror(errno), (unsigned)geteuid());
	return false;
}

static void
set_rules(struct hooks *h, const struct rules *rules)
{
	out_reset(&h->rules);
	frame_rules(&h->rules, rules);
	h->nrules = rules->nhooks;
	if (h->rules.failed) {
		log_error("hooks", "out of memory");
		exit(1);
	}
}

struct hooks *
hooks_start(const struct hooks_options *o)
{
	struct hooks *h;

	if (!is_usable(o->state_dir))
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL || (h->state_dir = strdup(o->state_dir)) == NULL ||
	    (h->timer = evtimer_new(service_base(), on_timer, h)) == NULL) {
		log_error("hooks", "out of memory");
		exit(1);
	}
	h->options = *o;
	h->options.rules = NULL; /* they are in their frame */
	h->again = AGAIN_FIRST;
	out_init(&h->rules);
	set_rules(h, o->rules);
	start_in(h, 0);
	return h;
}

static void
wait_for_end(pid_t pid)
{
	int waited = 0;

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (waited >= STOP_MS) {
			log_warn("hooks", "the hook runner does not end: it is killed");
			kill(pid, SIGKILL);
			return;
		}
		usleep(10000);
		waited += 10;
	}
}

void
hooks_stop(struct hooks *h)
{
	if (h == NULL)
		return;
	if (h->line != NULL) {
		line_finish(h->line);
		drop_line(h);
	}
	if (h->pid != 0)
		wait_for_end(h->pid);
	event_free(h->timer);
	frame_close(&h->status);
	free(h->status_bytes);
	while (h->ncancelled > 0)
		free(h->cancelled[--h->ncancelled]);
	free(h->cancelled);
	out_fini(&h->rules);
	free(h->state_dir);
	free(h);
}

void
hooks_set_rules(struct hooks *h, const struct rules *rules)
{
	set_rules(h, rules);
	if (h->line == NULL) {
		start_in(h, 0);
		return;
	}
	out_bytes(line_out(h->line), h->rules.buf, h->rules.len);
	line_send(h->line);
}

void
hooks_tell(struct hooks *h)
{
	if (h->line == NULL && h->ready)
		start_in(h, 0); /* nothing to tell, and that is said in a moment */
	h->ready = false;
	if (h->line == NULL)
		return; /* whoever is started tells it all */
	h->tellings++;
	frame_tell(line_out(h->line));
	line_send(h->line);
}

bool
hooks_is_ready(const struct hooks *h)
{
	return h->ready;
}

void
hooks_page(struct hooks *h, const struct page *p)
{
	assert(p->id.n > 0 && p->id.n < PAGE_ID_MAX);
	if (h->ready && h->line == NULL) {
		h->wanted = true;
		start_in(h, 0);
	}
	if (h->line == NULL || !h->ready)
		return; /* it will be offered again */
	if (h->on_way++ == 0)
		h->on_way_since = clock_wall();
	frame_page(line_out(h->line), p);
	line_send_soon(h->line);
}

void
hooks_cancel(struct hooks *h, struct str episode)
{
	char **more = realloc(h->cancelled, (h->ncancelled + 1) * sizeof(*more));
	char *copy = strndup(episode.p, episode.n);

	if (more == NULL || copy == NULL) {
		log_error("hooks", "out of memory");
		exit(1);
	}
	h->cancelled = more;
	h->cancelled[h->ncancelled++] = copy;
	if (!h->ready || h->line == NULL)
		return; /* it is told when it is ready */
	frame_cancel(line_out(h->line), episode);
	line_send_soon(h->line);
}

void
hooks_go(struct hooks *h, bool go)
{
	if (go == h->going)
		return;
	h->going = go;
	if (h->line != NULL && (h->ready || !go))
		send_go(h); /* else it is told when it is ready */
}

bool
hooks_status(const struct hooks *h, size_t i, struct hook_status *s)
{
	if (i >= h->status.nstatus)
		return false;
	*s = h->status.status[i];
	return true;
}

msec_t
hooks_oldest(const struct hooks *h)
{
	msec_t oldest = h->on_way > 0 ? h->on_way_since : -1;

	for (size_t i = 0; i < h->status.nstatus; i++) {
		msec_t t = h->status.status[i].oldest;

		if (t >= 0 && (oldest < 0 || t < oldest))
			oldest = t;
	}
	return oldest;
}
