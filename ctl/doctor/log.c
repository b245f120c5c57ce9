/* SPDX-License-Identifier: MIT */
/*
 * log.c: a log that a collector follows: is it there, may the collector
 * read it, is it what it is taken for, does anybody write it, and does
 * logrotate take it away in a way that loses nothing?  Its lines are decoded
 * as the collector does, and not shown.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/dialect.h>

#include "eyes.h"
#include "logrotate.h"

#define CHECK "file"
#define TAIL_MAX 65536 /* bytes at its end that are looked at */
#define CONF_MAX 65536 /* bytes of a file of logrotate's */
#define PATH_BYTES 4096
#define OLD_MS (INT64_C(86400) * MSEC_PER_SEC) /* nobody calls for a day? */

static const char *const rotation_files[] = { "/etc/logrotate.conf", "/etc/logrotate.d/*" };

/* ---- may it be read? */

/* The first part of the path that keeps this user out: a directory that must
 * be entered, or the log itself; false: none does, as far as can be seen. */
static bool
find_gate(const char *path, char gate[PATH_BYTES])
{
	struct stat st;

	for (const char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		(void)snprintf(gate, PATH_BYTES, "%.*s", (int)(slash - path), path);
		if (eaccess(gate, X_OK) == -1)
			return true;
	}
	(void)snprintf(gate, PATH_BYTES, "%s", path);
	return stat(path, &st) == 0 && eaccess(path, R_OK) == -1;
}

/* What would let the user in. */
static void
say_gate(struct doctor *d, const struct doctor_input *i, const char *gate)
{
	char user[EYES_NAME_MAX], group[EYES_NAME_MAX];
	struct stat st;
	mode_t needed;

	eyes_user_name(i->user, user);
	if (stat(gate, &st) == -1) {
		doctor_say(
		    d, FINDING_FAIL, CHECK, "%s: %s: %s", i->in->source, gate, strerror(errno));
		return;
	}
	needed = S_ISDIR(st.st_mode) ? S_IXGRP : S_IRGRP;
	eyes_group_name(st.st_gid, group);
	if ((st.st_mode & needed) && st.st_gid != 0)
		doctor_say(d, FINDING_FAIL, CHECK,
		    "%s: user %s may not read %s, group %s may: usermod -aG %s %s, and restart "
		    "ccmon-collector@%s",
		    i->in->source, user, gate, group, group, user, i->collector->name);
	else
		doctor_say(d, FINDING_FAIL, CHECK,
		    "%s: user %s may not read %s, and nor may its group: chgrp %s, chmod g+%s",
		    i->in->source, user, gate, user, S_ISDIR(st.st_mode) ? "x" : "r");
}

/* The log, opened as its collector would; -1: what is wrong was said. */
static int
open_log(struct doctor *d, const struct doctor_input *i)
{
	struct eyes eyes;
	bool is_his = eyes_lend(&eyes, i->user), is_kept_out;
	char gate[PATH_BYTES], name[EYES_NAME_MAX];
	int fd = open(i->in->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), why = errno;

	is_kept_out = fd == -1 && why == EACCES && find_gate(i->in->path, gate);
	eyes_back(&eyes);
	if (fd == -1 && why == ENOENT)
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: %s is not there yet: queue_log = yes in logger.conf, asterisk -rx 'logger "
		    "reload', and the first call make it",
		    i->in->source, i->in->path);
	else if (is_kept_out && is_his)
		say_gate(d, i, gate);
	else if (fd == -1)
		doctor_say(d, FINDING_FAIL, CHECK, "%s: %s: %s", i->in->source, i->in->path,
		    strerror(why));
	else if (!is_his)
		doctor_say(d, FINDING_HINT, CHECK,
		    "%s: whether user %s may read %s can be seen by root only: run this as root",
		    i->in->source, eyes_user_name(i->user, name), i->in->path);
	return fd;
}

/* ---- is it one of its language? */

struct tail {
	unsigned lines, refused;
	enum refusal why; /* of the last one refused */
	msec_t newest; /* -1: none says */
};

static void
decode_line(const struct dialect *dialect, void *state, struct str line, struct tail *t)
{
	static struct dialect_result res;

	dialect->decode(state, line.p, line.n, 0, &res);
	t->lines++;
	if (res.why != REFUSAL_NONE) {
		t->refused++;
		t->why = res.why;
	}
	for (unsigned i = 0; i < res.n; i++)
		if (res.ev[i].time > t->newest)
			t->newest = res.ev[i].time;
}

/* Whole lines only: the first may have lost its beginning, the last may still
 * be on its way. */
static void
decode_lines(const struct doctor_input *i, struct str text, bool from_start, struct tail *t)
{
	const struct dialect *dialect = dialect_find(i->in->dialect);
	void *state = dialect->open(i->in->source);
	const char *nl;

	while (state != NULL && (nl = memchr(text.p, '\n', text.n)) != NULL) {
		struct str line = { text.p, (uint32_t)(nl - text.p) };

		if (from_start && line.n > 0)
			decode_line(dialect, state, line, t);
		from_start = true;
		text.p += line.n + 1;
		text.n -= line.n + 1;
	}
	if (state != NULL)
		dialect->close(state);
}

/* Its last bytes; false: they cannot be read, which was said. */
static bool
read_tail(struct doctor *d, const struct doctor_input *i, int fd, off_t size, struct tail *t)
{
	static char buf[TAIL_MAX];
	off_t from = size > TAIL_MAX ? size - TAIL_MAX : 0;
	ssize_t n = pread(fd, buf, sizeof(buf), from);

	if (n == -1) {
		doctor_say(d, FINDING_FAIL, CHECK, "%s: %s: %s", i->in->source, i->in->path,
		    strerror(errno));
		return false;
	}
	decode_lines(i, (struct str){ buf, (uint32_t)n }, from == 0, t);
	return true;
}

/* With no time in its lines, that of the file. */
static void
say_age(struct doctor *d, const struct doctor_input *i, const struct tail *t, msec_t written)
{
	msec_t age = clock_wall() - (t->newest >= 0 ? t->newest : written);
	char text[HUMAN_MAX];

	human_length(text, (double)(age > 0 ? age : 0) / MSEC_PER_SEC);
	if (age > OLD_MS)
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: the last line of %s is %s old: does the switch still write it?",
		    i->in->source, i->in->path, text);
	else
		doctor_say(d, FINDING_OK, CHECK, "%s: %s: its last line is %s old", i->in->source,
		    i->in->path, text);
}

static void
look_into(struct doctor *d, const struct doctor_input *i, int fd, const struct stat *st)
{
	struct tail t = { .newest = -1 };

	if (st->st_size == 0) {
		doctor_say(
		    d, FINDING_HINT, CHECK, "%s: %s is empty yet", i->in->source, i->in->path);
		return;
	}
	if (!read_tail(d, i, fd, st->st_size, &t))
		return;
	if (t.lines > 0 && t.refused == t.lines)
		doctor_say(d, FINDING_FAIL, CHECK,
		    "%s: %s is no log in %s: its last %u lines are refused (%s)", i->in->source,
		    i->in->path, i->in->dialect, t.lines, refusal_text(t.why));
	else if (t.refused > 0)
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: %s: of its last %u lines %u are refused (%s)", i->in->source, i->in->path,
		    t.lines, t.refused, refusal_text(t.why));
	if (t.lines == 0 || t.refused < t.lines)
		say_age(d, i, &t, (msec_t)st->st_mtime * MSEC_PER_SEC);
}

/* ---- how it is taken away */

static void
read_rotation(struct rotation *r, const char *file, const char *log)
{
	static char buf[CONF_MAX];
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd != -1 ? read(fd, buf, sizeof(buf)) : -1;

	if (n > 0)
		rotation_read(r, (struct str){ buf, (uint32_t)n }, log);
	if (fd != -1)
		close(fd);
}

static void
find_rotation(struct rotation *r, const char *log)
{
	glob_t g = { 0 };

	for (size_t i = 0; i < COUNTOF(rotation_files); i++)
		if (glob(rotation_files[i], i > 0 ? GLOB_APPEND : 0, NULL, &g) == GLOB_NOSPACE)
			break;
	for (size_t i = 0; i < g.gl_pathc; i++)
		read_rotation(r, g.gl_pathv[i], log);
	globfree(&g);
}

static void
look_at_rotation(struct doctor *d, const struct doctor_input *i, const struct stat *st)
{
	struct rotation r = { .create_mode = -1 };
	const char *source = i->in->source;

	find_rotation(&r, i->in->path);
	if (!r.found)
		return;
	if (r.copytruncate)
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: logrotate's copytruncate loses what is written between the copy and the "
		    "cut: write create 640 and, in postrotate, asterisk -rx 'logger reload'",
		    source);
	else if (r.create_mode >= 0 && (st->st_mode & S_IRGRP) && !(r.create_mode & S_IRGRP))
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: logrotate makes the next log with mode %04o, which its group cannot read: "
		    "write create 640",
		    source, (unsigned)r.create_mode);
	if (r.compress && !r.delaycompress)
		doctor_say(d, FINDING_WARN, CHECK,
		    "%s: logrotate compresses at once, and the rest of a log cannot be read "
		    "then: write delaycompress",
		    source);
}

void
doctor_log(struct doctor *d, const struct doctor_input *i)
{
	int fd = open_log(d, i);
	struct stat st;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		look_into(d, i, fd, &st);
		look_at_rotation(d, i, &st);
	} else
		doctor_say(d, FINDING_FAIL, CHECK, "%s: %s is not a regular file", i->in->source,
		    i->in->path);
	close(fd);
}
