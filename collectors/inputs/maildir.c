/* SPDX-License-Identifier: MIT */
/*
 * maildir.c: mails from a Maildir, to events.
 *
 * A mail is read once.  That it was, is remembered by the unique part of its
 * file's name, in one transaction with its events: so directories can be
 * looked through at any time, and after a crash nothing is counted twice or
 * forgotten.  Only its headers are read.  Nothing is written, moved or deleted
 * here, and that a file is gone before it is read is how Maildirs are.
 *
 * With start = "now", what was there before the first start makes no events,
 * but its ids are remembered, so that answers find their threads.  "Before"
 * is by the time of the file, which does not hang on how far the first look
 * got before somebody pulled the plug.
 *
 * A thousand new mails are work for a second: a few are read in each turn of
 * the loop.
 */
#include "collectors/inputs/folders.h"
#include "collectors/inputs/inputs.h"
#include "collectors/mail/mail.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUDGET 100 /* mails before others get their turn */
#define KEPT INT64_C(31622400000) /* ms; 366 days: mails and threads are remembered so long */
#define GROWS INT64_C(10000) /* ms; a younger file without the end of its headers is unfinished */
#define CHUNK 16384 /* bytes; most headers are shorter */

struct maildir {
	const struct input_options *options;
	struct intake intake;
	struct folders *folders;
	struct event *work;
	struct mailbox box;
	msec_t *begun; /* by folder: files from before make no events */
	bool is_paused;
	struct log_complaint complaint;
	char block[HEADERS_MAX];
};

enum reading { READ_WELL, READ_LATER, READ_GONE, READ_NEVER };

/* ---- what was read */

static void
file_key(const struct maildir *m, const char *word, struct str unique, uint8_t key[MEMO_KEY])
{
	thread_key(&m->box.threads, str_of(word), unique, key);
}

static void
remember(struct maildir *m, const uint8_t key[MEMO_KEY], msec_t value, msec_t until)
{
	struct memo memo = { .value = { (const char *)&value, sizeof(value) }, .until = until };

	memcpy(memo.key, key, MEMO_KEY);
	m->options->remember(m->options->arg, &memo);
}

static bool
recall(const struct maildir *m, const uint8_t key[MEMO_KEY], msec_t *value)
{
	char text[MEMO_VALUE_MAX];

	if (m->options->recall(m->options->arg, key, text) != sizeof(*value))
		return false;
	memcpy(value, text, sizeof(*value));
	return true;
}

static void
note_read(struct maildir *m, const char *word, struct str unique)
{
	msec_t until = clock_wall() + KEPT;
	uint8_t key[MEMO_KEY];

	file_key(m, word, unique, key);
	remember(m, key, until, until);
}

/* A file that stays longer than what is remembered of it would be new again,
 * so it is remembered anew at half of the time. */
static bool
is_wanted(void *arg, struct str unique)
{
	struct maildir *m = arg;
	uint8_t key[MEMO_KEY];
	msec_t until;

	file_key(m, "file", unique, key);
	if (!recall(m, key, &until))
		return true;
	if (until < clock_wall() + KEPT / 2)
		note_read(m, "file", unique);
	return false;
}

/* ---- reading */

/* The mail's headers into block.  A block that is too long ends with a line. */
static enum reading
read_block(struct maildir *m, int fd, size_t *len, bool *has_end)
{
	size_t n = 0, end = 0;
	ssize_t got = 1;
	const char *line;

	while (end == 0 && got > 0 && n < HEADERS_MAX) {
		size_t most = HEADERS_MAX - n < CHUNK ? HEADERS_MAX - n : CHUNK;

		if ((got = read(fd, m->block + n, most)) == -1)
			return READ_NEVER;
		n += (size_t)got;
		end = headers_end(m->block, n);
	}
	if (n == HEADERS_MAX && end == 0 && (line = memrchr(m->block, '\n', n)) != NULL)
		end = (size_t)(line + 1 - m->block);
	*len = end > 0 ? end : n;
	*has_end = end > 0;
	return READ_WELL;
}

static msec_t
time_of(const struct stat *st)
{
	msec_t at = (msec_t)st->st_mtim.tv_sec * MSEC_PER_SEC + st->st_mtim.tv_nsec / 1000000;

	return at < clock_wall() ? at : clock_wall();
}

static enum reading
read_mail(struct maildir *m, const struct found *found, int fd, struct mail *mail)
{
	enum reading reading;
	struct stat st;
	bool has_end;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return READ_NEVER;
	}
	*mail = (struct mail){ .block = m->block, .filed = time_of(&st) };
	mail->is_old = mail->filed < m->begun[found->folder];
	reading = read_block(m, fd, &mail->n, &has_end);
	if (reading == READ_WELL && !has_end && !found->is_whole &&
	    mail->filed > clock_wall() - GROWS)
		return READ_LATER;
	return reading;
}

/* Our own trouble passes, the file's own does not. */
static enum reading
why_not_opened(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return READ_GONE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return READ_LATER;
	default:
		return READ_NEVER;
	}
}

static enum reading
open_mail(struct maildir *m, const struct found *found, struct mail *mail)
{
	int fd = open(found->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error;
	enum reading reading;

	if (fd == -1)
		return why_not_opened();
	reading = read_mail(m, found, fd, mail);
	error = errno;
	close(fd);
	errno = error;
	return reading;
}

/* ---- one mail */

static void
count(struct maildir *m, enum mail_verdict verdict, struct str unique)
{
	struct counters *c = m->options->counters;

	switch (verdict) {
	case MAIL_TAKEN:
		c->received++;
		break;
	case MAIL_SKIPPED:
	case MAIL_SEEN:
		c->received++;
		c->skipped++;
		break;
	case MAIL_NONE:
		intake_refuse(&m->intake, REFUSAL_NOT_MAIL, unique);
		break;
	case MAIL_UNNAMED:
		intake_refuse(&m->intake, REFUSAL_BAD_NAME, unique);
	}
}

static void
take(struct maildir *m, struct mail *mail, struct str unique)
{
	enum mail_verdict verdict;

	m->box.threads.until = clock_wall() + KEPT;
	verdict = mail_take(&m->box, mail);
	note_read(m, "file", unique);
	count(m, verdict, unique);
	m->options->settle(m->options->arg);
}

/* Said each time, counted once: it is tried again whenever all is looked
 * through, for somebody may have mended it. */
static void
refuse(struct maildir *m, const struct found *found)
{
	uint8_t key[MEMO_KEY];
	msec_t until;

	log_complain(&m->complaint, clock_mono(), "maildir", "cannot read %s: %s",
	    log_quote(str_of(found->path)), strerror(errno));
	file_key(m, "refused", found->unique, key);
	if (recall(m, key, &until))
		return;
	note_read(m, "refused", found->unique);
	intake_refuse(&m->intake, REFUSAL_NOT_MAIL, found->unique);
}

static void
take_file(struct maildir *m, struct found *found)
{
	enum reading reading;
	struct mail mail;

	if (!is_wanted(m, found->unique))
		return;
	reading = open_mail(m, found, &mail);
	if (reading == READ_GONE && folders_moved(m->folders, found))
		reading = open_mail(m, found, &mail);
	switch (reading) {
	case READ_WELL:
		take(m, &mail, found->unique);
		break;
	case READ_LATER:
		folders_again(m->folders);
		break;
	case READ_NEVER:
		refuse(m, found);
		break;
	case READ_GONE:
		break;
	}
}

/* What goes on is counted, but for who the customer is it goes no further. */
static void
on_event(void *arg, struct event *ev)
{
	intake_event(&((struct maildir *)arg)->intake, ev);
}

/* ---- the loop */

static void
work_at(struct maildir *m, msec_t due)
{
	msec_t wait = due - clock_mono();
	struct timeval tv = { 0, 0 };

	if (wait > 0) {
		tv.tv_sec = (time_t)(wait / MSEC_PER_SEC);
		tv.tv_usec = (suseconds_t)(wait % MSEC_PER_SEC * 1000);
	}
	(void)event_add(m->work, &tv);
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct maildir *m = arg;
	struct found found;
	bool done;
	int n = 0;

	(void)fd;
	(void)what;
	if (m->is_paused)
		return;
	done = folders_turn(m->folders);
	while (n < BUDGET && folders_next(m->folders, &found)) {
		take_file(m, &found);
		n++;
	}
	work_at(m, done && n < BUDGET ? folders_due(m->folders) : clock_mono());
}

/* Not by a deadline of now: one that is set anew each turn never comes. */
static void
on_wake(void *arg)
{
	event_active(((struct maildir *)arg)->work, EV_TIMEOUT, 0);
}

/* ---- opening and closing */

static void
open_box(struct maildir *m)
{
	const struct input_settings *s = m->options->settings;
	struct mailbox *box = &m->box;

	*box = (struct mailbox){ .source = { s->source, (uint32_t)strlen(s->source) },
		.queue = { s->queue, (uint32_t)strlen(s->queue) },
		.agents = s->agents,
		.addresses = s->addresses,
		.anew_after = s->anew_after,
		.event = on_event,
		.arg = m };
	box->threads.remember = m->options->remember;
	box->threads.recall = m->options->recall;
	box->threads.arg = m->options->arg;
	threads_open(&box->threads, m->options->key, box->source);
}

/* When each folder was first looked at; kept for ever. */
static int
open_begun(struct maildir *m)
{
	const struct input_settings *s = m->options->settings;
	msec_t begin = s->start == MAIL_START_ALL ? 0 : clock_wall();
	uint8_t key[MEMO_KEY];
	unsigned n = 1;

	while (s->folders != NULL && s->folders[n - 1] != NULL)
		n++;
	m->begun = calloc(n, sizeof(*m->begun));
	if (m->begun == NULL)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		const char *name = i == 0 ? "" : s->folders[i - 1];

		file_key(m, "begun", str_of(name), key);
		if (recall(m, key, &m->begun[i]))
			continue;
		m->begun[i] = begin;
		remember(m, key, begin, TIME_HIGH);
	}
	return 0;
}

static int
open_folders(struct maildir *m)
{
	const struct input_settings *s = m->options->settings;
	struct folders_options o = { .path = s->path,
		.more = s->folders,
		.is_wanted = is_wanted,
		.wake = on_wake,
		.arg = m };

	m->work = evtimer_new(service_base(), on_work, m);
	m->folders = m->work == NULL ? NULL : folders_open(&o);
	return m->folders == NULL ? -1 : 0;
}

static void
maildir_close(void *it)
{
	struct maildir *m = it;

	folders_close(m->folders);
	if (m->work != NULL)
		event_free(m->work);
	free(m->begun);
	free(m);
}

static int
maildir_open(void **out, const struct input_options *o)
{
	struct maildir *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return EXIT_TROUBLE;
	m->options = m->intake.options = o;
	open_box(m);
	if (open_begun(m) == 0 && open_folders(m) == 0) {
		on_wake(m);
		*out = m;
		return 0;
	}
	log_error(
	    "input", "collector %s: cannot watch directories: %s", o->collector, strerror(errno));
	maildir_close(m);
	return EXIT_TROUBLE;
}

static void
maildir_pause(void *it)
{
	struct maildir *m = it;

	m->is_paused = true;
	folders_pause(m->folders);
}

static void
maildir_resume(void *it)
{
	struct maildir *m = it;

	m->is_paused = false;
	folders_resume(m->folders);
}

const struct input_kind input_maildir = {
	.open = maildir_open,
	.close = maildir_close,
	.pause = maildir_pause,
	.resume = maildir_resume,
};
