/* SPDX-License-Identifier: MIT */
/*
 * folders.c: which files are in a Maildir, in the order in which they came.
 *
 * inotify tells of a mail at once, and may lose something: its queue has an
 * end, another machine that delivers over a network is not seen, and so are
 * the files that were there before.  So all directories are looked through at
 * the start, after an overflow, when one was away, and every quarter of an
 * hour; who takes the files knows which of them are new.
 *
 * A file may be handed out twice (new/ and then cur/), or be gone when it is
 * opened.  A directory that goes away is waited for.  It is never kept open:
 * the kernel tells that a directory was removed when nobody holds it any more.
 * And a watch is on what a path was when it began, so that a Maildir moved
 * away has to be let go, with the directories in it, which are not told.
 */
#include "collectors/inputs/folders.h"
#include "ccmon/clock.h"
#include "ccmon/event.h"
#include "ccmon/log.h"
#include "ccmon/service.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_EVERY INT64_C(900000) /* ms; 15 minutes */
#define AGAIN_AFTER INT64_C(10000) /* ms; what could not be read may be readable then */
#define RETRY INT64_C(1000) /* ms between attempts to find a directory */
#define ENTRIES 1000 /* of a directory, before others get their turn */
#define PENDING_MAX 500000 /* names in memory; what is beyond is found by another look */

#define ARRIVES (IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE)
#define LEAVES (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct directory {
	char *path;
	unsigned folder;
	bool is_around; /* it holds the others of its folder, and no mails */
	int watch; /* -1: away */
	DIR *look; /* being looked through, or NULL */
	bool is_due; /* to be looked through */
	struct log_complaint complaint;
};

struct pending {
	struct directory *dir;
	uint64_t time; /* as its name says it, microseconds */
	bool is_whole;
	char name[]; /* with its NUL */
};

struct folders {
	struct folders_options options;
	int inotify;
	struct event *readable;
	struct directory *dir;
	size_t ndirs;
	struct pending **pending;
	size_t at, n, cap; /* pending[at .. n) */
	char *handed_out; /* the path of the last one */
	bool unsorted;
	bool is_paused;
	msec_t retry, look; /* deadlines */
};

/* ---- names */

/* The part before the flags: "1700000000.M1P2.host:2,S". */
static struct str
unique_part(const char *name)
{
	return (struct str){ name, (uint32_t)strcspn(name, ":") };
}

/* The instant in a name, in microseconds: "1700000000.M123456P7.host". */
static uint64_t
name_time(const char *name)
{
	char *dot;
	uint64_t time = strtoull(name, &dot, 10) * 1000000;
	const char *m = *dot == '.' ? strchr(dot, 'M') : NULL;

	return m == NULL ? time : time + strtoull(m + 1, NULL, 10) % 1000000;
}

static int
by_arrival(const void *a, const void *b)
{
	const struct pending *x = *(struct pending *const *)a, *y = *(struct pending *const *)b;

	return x->time != y->time ? (x->time > y->time) - (x->time < y->time)
	                          : strcmp(x->name, y->name);
}

static void
drop_done(struct folders *f)
{
	f->n -= f->at;
	if (f->n > 0)
		memmove(f->pending, f->pending + f->at, f->n * sizeof(*f->pending));
	f->at = 0;
}

static int
make_room(struct folders *f)
{
	size_t cap = f->cap == 0 ? 64 : f->cap * 2;
	struct pending **p;

	if (f->n < f->cap)
		return 0;
	if (f->at > f->n / 2) {
		drop_done(f);
		return 0;
	}
	p = realloc(f->pending, cap * sizeof(*p));
	if (p == NULL)
		return -1;
	f->pending = p;
	f->cap = cap;
	return 0;
}

static void
add(struct folders *f, struct directory *d, const char *name, bool is_whole)
{
	size_t n = strlen(name) + 1;
	struct pending *p;

	if (name[0] == '.')
		return;
	p = f->n - f->at < PENDING_MAX && make_room(f) == 0 ? malloc(sizeof(*p) + n) : NULL;
	if (p == NULL) {
		folders_again(f);
		return;
	}
	p->dir = d;
	p->time = name_time(name);
	p->is_whole = is_whole;
	memcpy(p->name, name, n);
	f->pending[f->n++] = p;
}

/* ---- directories */

static void
let_go_one(struct folders *f, struct directory *d)
{
	if (d->look != NULL)
		closedir(d->look);
	d->look = NULL;
	d->is_due = false;
	if (d->watch != -1)
		(void)inotify_rm_watch(f->inotify, d->watch);
	d->watch = -1;
	f->retry = clock_mono();
}

static void
let_go(struct folders *f, struct directory *gone)
{
	for (struct directory *d = f->dir; d < f->dir + f->ndirs; d++)
		if (d == gone || (gone->is_around && d->folder == gone->folder))
			let_go_one(f, d);
}

static const char *
why_not(int error)
{
	return error == ENOSPC ? "too many watches, see fs.inotify.max_user_watches"
	                       : strerror(error);
}

/* Watched first and looked through then: what comes in between is seen twice,
 * not never. */
static int
take_hold(struct folders *f, struct directory *d)
{
	uint32_t mask = d->is_around ? LEAVES : ARRIVES | LEAVES;
	int watch = inotify_add_watch(f->inotify, d->path, mask | IN_ONLYDIR);

	if (watch == -1) {
		log_complain(&d->complaint, clock_mono(), "maildir",
		    "cannot watch %s: %s; trying again", d->path, why_not(errno));
		return -1;
	}
	if (d->watch != -1 && d->watch != watch)
		(void)inotify_rm_watch(f->inotify, d->watch);
	d->watch = watch;
	return 0;
}

static void
find_away(struct folders *f)
{
	f->retry = MSEC_NEVER;
	for (struct directory *d = f->dir; d < f->dir + f->ndirs; d++)
		if (d->watch != -1)
			continue;
		else if (take_hold(f, d) == -1)
			f->retry = clock_mono() + RETRY;
		else if (d->is_around)
			log_release(&d->complaint, "maildir", "%s is there again", d->path);
		else
			d->is_due = true;
}

static void
look_through_all(struct folders *f)
{
	for (struct directory *d = f->dir; d < f->dir + f->ndirs; d++)
		d->is_due = !d->is_around;
	f->look = clock_mono() + LOOK_EVERY;
}

/* ---- inotify */

static struct directory *
watched(struct folders *f, int watch)
{
	for (struct directory *d = f->dir; d < f->dir + f->ndirs; d++)
		if (d->watch == watch)
			return d;
	return NULL;
}

static void
notice(struct folders *f, const struct inotify_event *e)
{
	struct directory *d = watched(f, e->wd);

	if ((e->mask & IN_Q_OVERFLOW) != 0)
		look_through_all(f);
	else if (d != NULL && (e->mask & LEAVES) != 0)
		let_go(f, d);
	else if (d != NULL && e->len > 0 && (e->mask & IN_ISDIR) == 0)
		add(f, d, e->name, (e->mask & (IN_MOVED_TO | IN_CLOSE_WRITE)) != 0);
}

/* false: there is more. */
static bool
read_notices(struct folders *f)
{
	_Alignas(struct inotify_event) char buf[16 * 1024];
	ssize_t n = read(f->inotify, buf, sizeof(buf));
	const struct inotify_event *e;

	for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
		e = (const struct inotify_event *)(const void *)(buf + at);
		notice(f, e);
	}
	return n <= 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct folders *f = arg;

	(void)fd;
	(void)what;
	f->options.wake(f->options.arg);
}

/* ---- looking through */

static struct directory *
next_due(struct folders *f)
{
	for (struct directory *d = f->dir; d < f->dir + f->ndirs; d++)
		if (d->watch != -1 && d->is_due)
			return d;
	return NULL;
}

/* What is there now need not be what is watched. */
static void
begin_look(struct folders *f, struct directory *d)
{
	if (take_hold(f, d) == 0 && (d->look = opendir(d->path)) != NULL) {
		log_release(&d->complaint, "maildir", "%s can be read again", d->path);
		return;
	}
	if (d->watch != -1)
		log_complain(&d->complaint, clock_mono(), "maildir",
		    "cannot read %s: %s; trying again", d->path, strerror(errno));
	let_go_one(f, d);
	f->retry = clock_mono() + RETRY;
}

static void
end_look(struct directory *d)
{
	closedir(d->look);
	d->look = NULL;
	d->is_due = false;
}

/* Some entries of one directory.  false: there is more to look through. */
static bool
look(struct folders *f)
{
	struct directory *d = next_due(f);
	const struct dirent *e;

	if (d == NULL)
		return true;
	if (d->look == NULL)
		begin_look(f, d);
	for (int i = 0; d->look != NULL && i < ENTRIES; i++) {
		if ((e = readdir(d->look)) == NULL)
			end_look(d);
		else if (e->d_type != DT_DIR &&
		         f->options.is_wanted(f->options.arg, unique_part(e->d_name)))
			add(f, d, e->d_name, false);
	}
	f->unsorted = true;
	return next_due(f) == NULL;
}

bool
folders_turn(struct folders *f)
{
	bool done = true;

	if (f->is_paused)
		return true;
	if (clock_mono() >= f->look)
		look_through_all(f);
	if (clock_mono() >= f->retry)
		find_away(f);
	done = read_notices(f);
	done = look(f) && done;
	if (done && f->unsorted) {
		if (f->n > f->at)
			qsort(f->pending + f->at, f->n - f->at, sizeof(*f->pending), by_arrival);
		f->unsorted = false;
	}
	return done;
}

msec_t
folders_due(const struct folders *f)
{
	return f->retry < f->look ? f->retry : f->look;
}

static bool
hand_out(struct folders *f, const struct pending *p, struct found *out)
{
	free(f->handed_out);
	if (asprintf(&f->handed_out, "%s/%s", p->dir->path, p->name) == -1) {
		f->handed_out = NULL;
		folders_again(f);
		return false;
	}
	*out = (struct found){ .folder = p->dir->folder,
		.path = f->handed_out,
		.unique = unique_part(f->handed_out + strlen(p->dir->path) + 1),
		.is_whole = p->is_whole };
	return true;
}

/* While directories are looked through nothing is handed out, for what came
 * first may be found last. */
bool
folders_next(struct folders *f, struct found *out)
{
	struct pending *p;
	bool done;

	if (f->unsorted || f->is_paused || f->at == f->n)
		return false;
	p = f->pending[f->at++];
	done = hand_out(f, p, out);
	free(p);
	return done;
}

/* The kernel tells of a rename a moment after it is done.  Where a mail that
 * was new goes is known: to cur/, without a flag or as one that was seen. */
static bool
guess(struct folders *f, const char *gone, struct found *out)
{
	static const char *const flags[] = { ":2,", ":2,S" };
	const char *name = strrchr(gone, '/') + 1;
	int n = (int)(name - gone - (int)strlen("new/"));

	if (strncmp(gone + n, "new/", 4) != 0)
		return false;
	for (size_t i = 0; i < COUNTOF(flags); i++) {
		free(f->handed_out);
		if (asprintf(&f->handed_out, "%.*scur/%s%s", n, gone, name, flags[i]) == -1)
			f->handed_out = NULL;
		else if (access(f->handed_out, F_OK) == 0) {
			out->path = f->handed_out;
			out->unique = unique_part(strrchr(f->handed_out, '/') + 1);
			return true;
		}
	}
	return false;
}

/* Out of its turn: the answer to it may be next. */
bool
folders_moved(struct folders *f, struct found *out)
{
	char *gone = f->handed_out;
	struct str unique = out->unique;
	bool found = false;

	f->handed_out = NULL;
	while (!read_notices(f))
		;
	for (size_t i = f->n; i > f->at && !found; i--)
		if (str_eq(unique_part(f->pending[i - 1]->name), unique))
			found = hand_out(f, f->pending[i - 1], out);
	found = found || guess(f, gone, out);
	free(gone);
	return found;
}

void
folders_again(struct folders *f)
{
	msec_t soon = clock_mono() + AGAIN_AFTER;

	f->look = f->look < soon ? f->look : soon;
}

void
folders_pause(struct folders *f)
{
	f->is_paused = true;
	(void)event_del(f->readable);
}

void
folders_resume(struct folders *f)
{
	f->is_paused = false;
	(void)event_add(f->readable, NULL);
	f->options.wake(f->options.arg);
}

/* ---- opening and closing */

static int
add_directory(struct folders *f, unsigned folder, const char *last)
{
	const char *more = folder == 0 ? "" : f->options.more[folder - 1];
	struct directory *d = &f->dir[f->ndirs];

	*d = (struct directory){ .folder = folder, .is_around = last[0] == '\0', .watch = -1 };
	if (asprintf(&d->path, "%s%s%s/%s", f->options.path, more[0] == '\0' ? "" : "/", more,
	        last) == -1)
		return -1;
	f->ndirs++;
	return 0;
}

static int
add_directories(struct folders *f)
{
	static const char *const parts[] = { "", "new", "cur" };
	char **more = f->options.more;
	unsigned n = 0;

	while (more != NULL && more[n] != NULL)
		n++;
	f->dir = calloc(COUNTOF(parts) * (n + 1), sizeof(*f->dir));
	if (f->dir == NULL)
		return -1;
	for (unsigned folder = 0; folder <= n; folder++)
		for (size_t i = 0; i < COUNTOF(parts); i++)
			if (add_directory(f, folder, parts[i]) == -1)
				return -1;
	return 0;
}

struct folders *
folders_open(const struct folders_options *o)
{
	struct folders *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->options = *o;
	f->look = clock_mono() + LOOK_EVERY;
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify != -1)
		f->readable =
		    event_new(service_base(), f->inotify, EV_READ | EV_PERSIST, on_readable, f);
	if (f->readable == NULL || event_add(f->readable, NULL) != 0 || add_directories(f) != 0) {
		folders_close(f);
		return NULL;
	}
	return f;
}

void
folders_close(struct folders *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; f->dir != NULL && i < f->ndirs; i++) {
		let_go_one(f, &f->dir[i]);
		free(f->dir[i].path);
	}
	while (f->at < f->n)
		free(f->pending[f->at++]);
	if (f->readable != NULL)
		event_free(f->readable);
	if (f->inotify != -1)
		close(f->inotify);
	free(f->handed_out);
	free(f->pending);
	free(f->dir);
	free(f);
}
