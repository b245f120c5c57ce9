/* SPDX-License-Identifier: MIT */
/*
 * log.c: one event, one line, one write to stderr.
 *
 * No files, no rotation, no time stamps: journald, or whoever holds the other
 * end, does that better.  Under journald a line begins with its <priority>;
 * elsewhere with the program's name, because several programs may share one
 * terminal.  What slipped into a text and is no harmless character is shown as
 * '?', so a line is always one line, and read as it was written.
 */
#include "ccmon/log.h"

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ccmon/out.h"

#define LINE_MAX_BYTES 2048 /* a longer line is cut; journald splits at 48 KiB */
#define QUOTE_MAX_BYTES 200 /* of the text, before escaping */
#define INTERVAL_FIRST MSEC_PER_SEC
#define INTERVAL_LAST (3600 * MSEC_PER_SEC)

static const struct level {
	const char *name;
	int priority; /* syslog(3) */
} levels[] = {
	[LOG_DEBUG] = { "debug", 7 },
	[LOG_INFO] = { "info", 6 },
	[LOG_WARN] = { "warn", 4 },
	[LOG_ERROR] = { "error", 3 },
};

static enum log_level least = LOG_INFO;
static const char *name = "";
static bool under_journald;
static uint64_t unwritten; /* lines stderr did not take */

/* Is stderr the stream systemd made for us?  systemd.exec(5), JOURNAL_STREAM. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%ju:%ju", &dev, &ino) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void
log_open(const char *program)
{
	name = program;
	under_journald = is_journal(STDERR_FILENO);
}

void
log_set_level(enum log_level level)
{
	least = level;
}

struct line {
	char text[LINE_MAX_BYTES]; /* with the line's end */
	size_t n;
};

CCMON_PRINTF(2, 0)
static void
add_list(struct line *l, const char *fmt, va_list ap)
{
	size_t room = sizeof l->text - 1 - l->n;
	int n = vsnprintf(l->text + l->n, room, fmt, ap);

	if (n < 0)
		return;
	if ((size_t)n < room) {
		l->n += (size_t)n;
		return;
	}
	l->n = sizeof l->text - 2; /* vsnprintf ended it with a NUL */
	memcpy(l->text + l->n - 3, "...", 3);
}

CCMON_PRINTF(2, 3)
static void
add(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_list(l, fmt, ap);
	va_end(ap);
}

static void
begin(struct line *l, enum log_level level, const char *token)
{
	l->n = 0;
	if (under_journald)
		add(l, "<%d>", levels[level].priority);
	else if (*name != '\0')
		add(l, "%s: ", name);
	add(l, "%s %s: ", levels[level].name, token);
}

static bool
write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static void
make_harmless(struct line *l)
{
	uint32_t n;

	for (size_t i = 0; i<l->n; i += n> 0 ? n : 1) {
		n = out_harmless((struct str){ l->text + i, (uint32_t)(l->n - i) });
		if (n == 0)
			l->text[i] = '?';
	}
}

static void
finish(struct line *l)
{
	if (unwritten > 0)
		add(l, " (%" PRIu64 " lines before this could not be written)", unwritten);
	make_harmless(l);
	l->text[l->n++] = '\n';
	unwritten = write_all(l->text, l->n) ? 0 : unwritten + 1;
}

CCMON_PRINTF(4, 0)
static void
say(enum log_level level, const char *token, uint64_t left_out, const char *fmt, va_list ap)
{
	int saved = errno;
	struct line line;

	if (level < least)
		return;
	begin(&line, level, token);
	add_list(&line, fmt, ap);
	if (left_out > 0)
		add(&line, " (%" PRIu64 " more left out)", left_out);
	finish(&line);
	errno = saved;
}

#define SAY(level)                                                                                 \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		say(level, token, 0, fmt, ap);                                                     \
		va_end(ap);                                                                        \
	} while (0)

void
log_debug(const char *token, const char *fmt, ...)
{
	SAY(LOG_DEBUG);
}

void
log_info(const char *token, const char *fmt, ...)
{
	SAY(LOG_INFO);
}

void
log_warn(const char *token, const char *fmt, ...)
{
	SAY(LOG_WARN);
}

void
log_error(const char *token, const char *fmt, ...)
{
	SAY(LOG_ERROR);
}

/* Where to cut a text that is too long: never inside a UTF-8 character. */
static uint32_t
cut_at(struct str s, uint32_t limit)
{
	uint32_t n = limit;

	while (n > 0 && n > limit - 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

const char *
log_quote(struct str s)
{
	static struct out quotes[8];
	static unsigned turn;
	struct out *o = &quotes[turn++ % COUNTOF(quotes)];
	bool is_long = s.n > QUOTE_MAX_BYTES;

	if (is_long)
		s.n = cut_at(s, QUOTE_MAX_BYTES);
	out_reset(o);
	out_bytes(o, "\"", 1);
	out_escaped(o, s);
	out_str(o, is_long ? "\"..." : "\"");
	out_bytes(o, "", 1);
	return o->failed ? "(out of memory)" : o->buf;
}

void
log_complain(struct log_complaint *c, msec_t now, const char *token, const char *fmt, ...)
{
	va_list ap;

	if (c->active && now < c->next) {
		c->left_out++;
		return;
	}
	va_start(ap, fmt);
	say(LOG_WARN, token, c->left_out, fmt, ap);
	va_end(ap);
	c->interval = c->active ? c->interval * 2 : INTERVAL_FIRST;
	if (c->interval > INTERVAL_LAST)
		c->interval = INTERVAL_LAST;
	c->next = now + c->interval;
	c->left_out = 0;
	c->active = true;
}

void
log_release(struct log_complaint *c, const char *token, const char *fmt, ...)
{
	va_list ap;

	if (!c->active)
		return;
	va_start(ap, fmt);
	say(LOG_INFO, token, c->left_out, fmt, ap);
	va_end(ap);
	*c = (struct log_complaint){ 0 };
}
