/* SPDX-License-Identifier: MIT */
/*
 * replay.c: a recorded log, line by line.
 *
 * Native lines go out byte for byte, without a topic, and are not even parsed
 * unless somebody asks for their times to be kept or changed: that is what
 * makes this the publisher of the benchmarks.  All else is decoded by its
 * dialect, numbered, and written as native events.
 *
 * A line that is no event is left out and counted, except a native one: it is
 * passed on as it is, for the collector to refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/dialect.h>
#include <ccmon/log.h>
#include <ccmon/seen.h>

#include "replay.h"

struct replay {
	const struct replay_options *opt;
	struct publisher *out;
	const struct dialect *dialect;
	void *state;
	bool is_native, is_raw;
	bool has_begun;
	msec_t shift;
	int64_t seq, boot;
	uint64_t refused, skipped, repeats;
	struct seen *seen; /* events their source named */
	struct dialect_result res;
};

/* ---- lines that go as they are ---- */

/* The number after "time": in a line, or 0: pacing needs no more. */
static msec_t
time_in(struct str line)
{
	static const char key[] = "\"time\":";
	const char *p = memmem(line.p, line.n, key, sizeof key - 1), *end = line.p + line.n;
	msec_t ms = 0;

	if (p == NULL)
		return 0;
	for (p += sizeof key - 1; p < end && *p == ' '; p++)
		continue;
	for (; p < end && *p >= '0' && *p <= '9' && ms < TIME_HIGH; p++)
		ms = ms * 10 + (*p - '0');
	return ms;
}

static bool
raw_line(struct replay *r, struct str line)
{
	msec_t at = r->opt->paced ? time_in(line) : 0;

	if (at > 0 && !publish_at(r->out, at))
		return false;
	return publish_line(r->out, line);
}

/* ---- lines that are decoded ---- */

static void
first_event(struct replay *r, const struct event *ev)
{
	r->has_begun = true;
	if (r->opt->shift) {
		clock_turn();
		r->shift = clock_wall() - ev->time;
	}
	r->boot = r->opt->boot >= 0 ? r->opt->boot : ev->time + r->shift;
}

/* A moved time that leaves the calendar is a file nobody wants replayed. */
static bool
move(struct replay *r, struct event *ev, enum event_member member, msec_t time)
{
	if (event_set_int(ev, member, time + r->shift) == REFUSAL_NONE)
		return true;
	log_error("bad-time", "an event's time cannot be moved by %lld ms", (long long)r->shift);
	return false;
}

static bool
one_event(struct replay *r, struct event *ev)
{
	if (!r->has_begun)
		first_event(r, ev);
	if (r->shift != 0 && !move(r, ev, M_TIME, ev->time))
		return false;
	if (r->shift != 0 && ev->has & HAS(DUE) && !move(r, ev, M_DUE, ev->due))
		return false;
	if (!r->is_native) {
		ev->seq = ++r->seq;
		ev->has |= HAS(SEQ);
	}
	if (!r->is_native || r->opt->boot >= 0) {
		ev->boot = r->boot;
		ev->has |= HAS(BOOT);
	}
	return publish_at(r->out, ev->time) && publish_event(r->out, ev);
}

static bool
all_events(struct replay *r)
{
	unsigned i;

	for (i = 0; i < r->res.n; i++)
		if (seen_before(r->seen, r->res.ev[i].source, r->res.id[i]))
			r->repeats++;
		else if (!one_event(r, &r->res.ev[i]))
			return false;
	return true;
}

/* One line can be more events than fit at once. */
static bool
decoded_line(struct replay *r, struct str line)
{
	r->res.more = false;
	r->dialect->decode(r->state, line.p, line.n, 0, &r->res);
	if (r->res.why != REFUSAL_NONE) {
		r->refused++;
		return !r->is_native || publish_line(r->out, line);
	}
	r->skipped += r->res.n == 0;
	while (all_events(r)) {
		if (!r->res.more)
			return true;
		r->res.more = false;
		r->dialect->decode(r->state, NULL, 0, 0, &r->res);
	}
	return false;
}

/* ---- reading ---- */

static bool
one_line(struct replay *r, struct str line)
{
	if (line.n == 0)
		return true;
	return r->is_raw ? raw_line(r, line) : decoded_line(r, line);
}

static bool
cannot_read(const char *file)
{
	log_error("cannot-read", "%s: %s", file, strerror(errno));
	return false;
}

/* false only when it could not be read; who stops the output is content. */
static bool
from_stream(struct replay *r, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool is_read;

	while ((n = getline(&line, &cap, f)) > 0) {
		n -= line[n - 1] == '\n';
		if (n > UINT32_MAX || !one_line(r, (struct str){ line, n }))
			break;
	}
	is_read = !ferror(f) || errno == EINTR;
	free(line);
	return is_read || cannot_read("standard input");
}

static void
from_memory(struct replay *r, const char *p, size_t left)
{
	const char *nl;
	size_t n;

	while (left > 0) {
		nl = memchr(p, '\n', left);
		n = nl != NULL ? (size_t)(nl - p) : left;
		if (n > UINT32_MAX || !one_line(r, (struct str){ p, n }))
			return;
		n += nl != NULL;
		p += n;
		left -= n;
	}
}

/* The whole file at once, so that reading is no part of what is measured. */
static bool
from_file(struct replay *r, const char *file)
{
	struct stat st;
	void *all = NULL;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && (errno = EINVAL)))
		goto fail;
	if (st.st_size > 0) {
		all = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (all == MAP_FAILED)
			goto fail;
		from_memory(r, all, st.st_size);
		munmap(all, st.st_size);
	}
	close(fd);
	return true;
fail:
	cannot_read(file);
	if (fd >= 0)
		close(fd);
	return false;
}

bool
replay(const struct replay_options *opt, struct publisher *out)
{
	static struct replay r;
	bool is_read;

	r = (struct replay){ .opt = opt, .out = out, .dialect = dialect_find(opt->dialect) };
	r.is_native = strcmp(opt->dialect, "native") == 0;
	r.is_raw = r.is_native && !opt->shift && opt->boot < 0 && !opt->read_all;
	r.state = r.dialect->open(opt->source);
	if (r.state == NULL) {
		log_error("cannot-open", "dialect %s: %s", opt->dialect, strerror(errno));
		return false;
	}
	r.seen = seen_new();
	is_read = strcmp(opt->file, "-") == 0 ? from_stream(&r, stdin) : from_file(&r, opt->file);
	r.dialect->close(r.state);
	seen_free(r.seen);
	if (r.refused > 0)
		log_warn("refused", "%llu lines are no events", (unsigned long long)r.refused);
	if (r.skipped > 0)
		log_info(
		    "skipped", "%llu lines say nothing to count", (unsigned long long)r.skipped);
	if (r.repeats > 0)
		log_info("repeats", "%llu events came again, and were sent once",
		    (unsigned long long)r.repeats);
	return is_read;
}
