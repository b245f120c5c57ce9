/* SPDX-License-Identifier: MIT */
/*
 * file.c: a log that grows by lines, such as Asterisk's queue_log, to events.
 *
 * Which lines there are is known to follow.c.  The place behind each is a memo,
 * written in one transaction with the events of the line; so after any end the
 * next start goes on with the next line.
 *
 * inotify tells at once that something was written or moved, and knows nothing
 * of other machines: all is looked at once a second, too.
 *
 * The log goes first where several inputs are ready: when a switch is followed
 * by its log and by its manager, the call that an agent's phone rings for is in
 * the log already.  Therefore the priority; and not to be in everybody's way
 * with a thousand lines, it is had for a few of them at a time (BUDGET), until
 * all others had their turn.
 */
#include "collectors/inputs/follow.h"
#include "collectors/inputs/inputs.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BUDGET 500 /* lines before others get their turn */
#define LOOK_EVERY 1 /* s */

#define OF_FILE (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define OF_DIRECTORY (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_ONLYDIR)

struct file_input {
	const struct input_options *options;
	struct intake intake;
	struct follow *follow;
	uint8_t memo[MEMO_KEY]; /* the place's */
	bool has_names; /* the dialect's events: a repeat of one is dropped */
	int inotify;
	int file, directory; /* what is watched, or -1 */
	char *directory_path;
	struct event *urgent; /* something happened; before all others */
	struct event *again; /* a second has gone, or there is more; with all others */
	int budget;
	bool is_paused;
	struct log_complaint complaint;
};

/* ---- the place */

static void
keep_place(struct file_input *f, const struct mark *place)
{
	struct memo memo = { .value = { (const char *)place, sizeof(*place) }, .until = TIME_HIGH };

	memcpy(memo.key, f->memo, MEMO_KEY);
	f->options->remember(f->options->arg, &memo);
}

static bool
recall_place(const struct file_input *f, struct mark *place)
{
	char text[MEMO_VALUE_MAX];

	if (f->options->recall(f->options->arg, f->memo, text) != (int)sizeof(*place))
		return false;
	memcpy(place, text, sizeof(*place));
	return true;
}

/* What a source calls its events does not begin so. */
static void
name_place(struct file_input *f)
{
	const struct input_settings *s = f->options->settings;
	char name[PATH_MAX + 8];

	(void)snprintf(name, sizeof(name), "\1file %s", s->path);
	memo_key(f->memo, f->options->key,
	    str_of(s->source != NULL ? s->source : f->options->collector), str_of(name));
}

/* ---- lines */

/* A line's events go to disk together with the place behind it.  Unless they
 * are so many that a block may end between them; then the place follows them,
 * and what comes twice after a crash is known by its name. */
static void
take(struct file_input *f, const struct tail_line *line)
{
	struct taken taken = { 0 };
	struct mark place;

	(void)follow_mark(f->follow, &place);
	if (!f->has_names)
		keep_place(f, &place);
	if (line->is_long)
		intake_refuse(&f->intake, REFUSAL_OVERSIZED, line->text);
	else
		intake_message(&f->intake, line->text, &taken);
	if (f->has_names && !taken.unfinished)
		keep_place(f, &place);
}

/* The lines there are, as far as the budget goes. */
static void
read_on(struct file_input *f)
{
	enum follow_got got = FOLLOW_MORE;
	struct tail_line line;
	struct mark place;

	while (!f->is_paused && f->budget > 0 && got != FOLLOW_NONE) {
		f->budget--;
		got = follow_next(f->follow, &line);
		if (got == FOLLOW_LINE)
			take(f, &line);
		else if (follow_mark(f->follow, &place)) {
			keep_place(f, &place);
			f->options->settle(f->options->arg);
		}
	}
}

/* ---- watching */

/* What is there now need not be what was watched.  What cannot be watched is
 * looked at every second, and that is enough. */
static void
watch_one(struct file_input *f, int *watch, const char *path, uint32_t mask)
{
	int now = inotify_add_watch(f->inotify, path, mask);

	if (*watch != -1 && *watch != now)
		(void)inotify_rm_watch(f->inotify, *watch);
	*watch = now;
	if (now == -1 && errno == ENOSPC)
		log_complain(&f->complaint, clock_mono(), "file",
		    "too many watches, see fs.inotify.max_user_watches; %s is looked at once a "
		    "second",
		    path);
}

static void
watch(struct file_input *f)
{
	watch_one(f, &f->directory, f->directory_path, OF_DIRECTORY);
	watch_one(f, &f->file, f->options->settings->path, OF_FILE);
}

/* ---- the loop */

static void
again_in(struct file_input *f, time_t seconds)
{
	struct timeval tv = { seconds, 0 };

	(void)event_add(f->again, &tv);
}

/* Without a budget there is nothing to be had now, and the notices wait. */
static void
on_urgent(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char notices[16 * 1024];
	struct file_input *f = arg;

	(void)what;
	while (read(fd, notices, sizeof(notices)) > 0)
		;
	read_on(f);
	if (f->budget <= 0)
		(void)event_del(f->urgent);
	again_in(f, 0);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct file_input *f = arg;
	bool is_busy;

	(void)fd;
	(void)what;
	f->budget = BUDGET;
	watch(f);
	read_on(f);
	is_busy = f->budget < BUDGET - 1;
	if (f->budget > 0)
		(void)event_add(f->urgent, NULL);
	again_in(f, is_busy && !f->is_paused ? 0 : LOOK_EVERY);
}

/* ---- opening and closing */

static int
open_follow(struct file_input *f)
{
	const struct input_settings *s = f->options->settings;
	struct mark place;
	bool is_known;
	struct follow_options o = { .path = s->path,
		.collector = f->options->collector,
		.key = f->options->key,
		.is_all = s->start == MAIL_START_ALL };

	name_place(f);
	is_known = recall_place(f, &place);
	o.mark = is_known ? &place : NULL;
	f->follow = follow_open(&o);
	f->directory_path = strndup(s->path, (size_t)(strrchr(s->path, '/') + 1 - s->path));
	return f->follow != NULL && f->directory_path != NULL ? 0 : -1;
}

static int
open_events(struct file_input *f)
{
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify == -1)
		return -1;
	f->urgent = event_new(service_base(), f->inotify, EV_READ | EV_PERSIST, on_urgent, f);
	f->again = evtimer_new(service_base(), on_again, f);
	return f->urgent != NULL && f->again != NULL &&
	               event_priority_set(f->urgent, SERVICE_FIRST) == 0
	           ? 0
	           : -1;
}

/* What is written from here on counts, also at the very first start; lines are
 * for the loop. */
static void
find_place(struct file_input *f)
{
	f->budget = 1;
	read_on(f);
}

static void
file_close(void *it)
{
	struct file_input *f = it;

	if (f->urgent != NULL)
		event_free(f->urgent);
	if (f->again != NULL)
		event_free(f->again);
	if (f->inotify != -1)
		close(f->inotify);
	follow_close(f->follow);
	intake_close(&f->intake);
	free(f->directory_path);
	free(f);
}

static int
file_open(void **out, const struct input_options *o)
{
	struct file_input *f = calloc(1, sizeof(*f));
	int code;

	if (f == NULL)
		return EXIT_TROUBLE;
	f->options = o;
	f->inotify = f->file = f->directory = -1;
	code = intake_open(&f->intake, o);
	if (code == 0 && (open_follow(f) != 0 || open_events(f) != 0)) {
		log_error("input", "collector %s: cannot watch %s: %s", o->collector,
		    o->settings->path, strerror(errno));
		code = EXIT_TROUBLE;
	}
	if (code != 0) {
		file_close(f);
		return code;
	}
	f->has_names = f->intake.dialect->http != NULL;
	find_place(f);
	again_in(f, 0);
	*out = f;
	return 0;
}

static void
file_pause(void *it)
{
	struct file_input *f = it;

	f->is_paused = true;
	intake_hold(&f->intake);
}

static void
file_resume(void *it)
{
	struct file_input *f = it;
	bool had_rest = f->intake.unfinished;
	struct mark place;

	intake_resume(&f->intake);
	if (f->intake.held)
		return;
	if (had_rest) {
		(void)follow_mark(f->follow, &place);
		keep_place(f, &place);
	}
	f->is_paused = false;
	again_in(f, 0);
}

const struct input_kind input_file = {
	.open = file_open,
	.close = file_close,
	.pause = file_pause,
	.resume = file_resume,
};
