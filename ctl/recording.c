/* SPDX-License-Identifier: MIT */
/*
 * recording.c: reads a recorded log, line by line, through its dialect, or
 * has journals read (recording_journals.c).  What cannot be read is counted
 * and shown, never dropped in silence.
 */
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/journal.h>
#include <ccmon/seen.h>

#include "ctl.h"
#include "daemon/engine/engine.h"

#define CHUNK (1 << 20) /* bytes; a line is refused when it is longer */

/* Lines cut out of a file read by the chunk. */
struct lines {
	char *buf;
	size_t n; /* bytes in it */
	bool in_long; /* the rest of a line that is too long */
};

/* ---- one line */

void
recording_refuse(struct recording *r, const struct reject *reject, msec_t now)
{
	struct refused *refused = &r->refused[reject->why];

	if (refused->n++ == 0) {
		refused->line = r->lines;
		out_init(&refused->first);
		out_bytes(&refused->first, reject->detail.p, reject->detail.n);
		out_str(&refused->first, reject->detail.n > 0 ? ": " : "");
		out_bytes(&refused->first, reject->sample.p, reject->sample.n);
	}
	r->on_refused(r->arg, reject, now);
}

static void
refuse(struct recording *r, enum refusal why, const struct dialect_result *d, struct str line)
{
	struct str source = { r->source, (uint32_t)strlen(r->source) };
	struct reject reject = { .why = (uint8_t)why };

	line.n = line.n < REJECT_SAMPLE_MAX ? line.n : REJECT_SAMPLE_MAX;
	reject.source = d != NULL && d->source.n > 0 ? d->source : source;
	reject.detail = d != NULL ? d->detail : STR_NONE;
	reject.sample = line;
	recording_refuse(r, &reject, -1);
}

static void
skip(struct recording *r, struct str verb)
{
	static const struct str others = STR_LIT("others");
	struct skipped *s;
	size_t i = 0;

	while (i < r->nskipped && !str_is(verb, r->skipped[i].verb))
		i++;
	if (i == SKIPPED_MAX)
		i = SKIPPED_MAX - 1; /* that one is "others" */
	s = &r->skipped[i];
	if (i == r->nskipped) {
		if (++r->nskipped == SKIPPED_MAX)
			verb = others;
		snprintf(s->verb, sizeof(s->verb), "%.*s", STR_ARG(verb));
	}
	s->n++;
}

static void
take_events(struct recording *r, const struct dialect_result *d)
{
	for (unsigned i = 0; i < d->n; i++)
		if (seen_before(r->seen, d->ev[i].source, d->id[i]))
			r->repeats++;
		else {
			r->on_event(r->arg, &d->ev[i], d->ev[i].time);
			r->events++;
		}
}

/* One message can be more events than fit at once. */
static void
take_rest_of_line(struct recording *r, struct dialect_result *d)
{
	while (d->more) {
		d->more = false;
		r->dialect->decode(r->state, NULL, 0, 0, d);
		take_events(r, d);
	}
}

static void
take_line(struct recording *r, const char *line, size_t n)
{
	static struct dialect_result d; /* kilobytes; the decoder sets what it gives */

	r->lines++;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (n == 0)
		return;
	d.more = false;
	r->dialect->decode(r->state, line, n, 0, &d);
	if (d.why != REFUSAL_NONE) {
		refuse(r, d.why, &d, (struct str){ line, (uint32_t)n });
		return;
	}
	if (d.n == 0 && d.detail.n == 0)
		r->uncounted++;
	else if (d.n == 0)
		skip(r, d.detail);
	take_events(r, &d);
	take_rest_of_line(r, &d);
}

/* ---- the file */

static void
too_long(struct recording *r, struct lines *l)
{
	if (!l->in_long) {
		r->lines++;
		refuse(r, REFUSAL_OVERSIZED, NULL, (struct str){ l->buf, CHUNK });
	}
	l->in_long = true;
	l->n = 0;
}

/* Takes the whole lines; keeps what has no end yet. */
static void
take_lines(struct recording *r, struct lines *l)
{
	char *p = l->buf, *end = l->buf + l->n, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (!l->in_long)
			take_line(r, p, (size_t)(newline - p));
		l->in_long = false;
		p = newline + 1;
	}
	l->n = (size_t)(end - p);
	memmove(l->buf, p, l->n);
	if (l->n == CHUNK)
		too_long(r, l);
}

/* A JSON object says itself where it ends; a log line without its end may be
 * half of what will be there. */
static void
take_rest(struct recording *r, const struct lines *l)
{
	if (l->n == 0 || l->in_long)
		return;
	if (strcmp(r->dialect->name, "queue_log") != 0)
		take_line(r, l->buf, l->n);
	else
		fprintf(stderr, "ccmonctl: the last line has no end, and is left out\n");
}

static int
read_file(struct recording *r)
{
	struct lines l = { .buf = malloc(CHUNK) };
	ssize_t n = -1;

	if (l.buf == NULL)
		return -1;
	while ((n = read(r->fd, l.buf + l.n, CHUNK - l.n)) > 0 || (n == -1 && errno == EINTR)) {
		if (n == -1)
			continue;
		l.n += (size_t)n;
		take_lines(r, &l);
	}
	if (n == 0)
		take_rest(r, &l);
	free(l.buf);
	return (int)n;
}

bool
recording_read(struct recording *r)
{
	if (r->journals != NULL)
		return journals_read(r->journals, r);
	if (read_file(r) == 0)
		return true;
	fprintf(stderr, "ccmonctl: cannot read %s: %s\n", r->path, strerror(errno));
	return false;
}

/* ---- what it is read with */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0)
		return "stdin";
	return slash == NULL ? path : slash + 1;
}

/* Named, or known by the file's name. */
static const struct dialect *
choose_dialect(const char *name, const char *path)
{
	const struct dialect *d;

	if (name == NULL)
		name = strncmp(base_name(path), "queue_log", 9) == 0 ? "queue_log" : "native";
	if ((d = dialect_find(name)) != NULL)
		return d;
	fprintf(stderr, "ccmonctl: there is no dialect \"%s\"; there are", name);
	for (const struct dialect *const *p = dialects; *p != NULL; p++)
		fprintf(stderr, " %s", (*p)->name);
	fprintf(stderr, "\n");
	return NULL;
}

static void
name_source(struct recording *r)
{
	struct str name = { base_name(r->path), (uint32_t)strlen(base_name(r->path)) };

	if (name_check(name, 1, NAME_MAX_BYTES) != REFUSAL_NONE)
		name = (struct str)STR_LIT("log");
	snprintf(r->source, sizeof(r->source), "%.*s", STR_ARG(name));
}

static bool
open_log(struct recording *r, const char *dialect)
{
	if ((r->dialect = choose_dialect(dialect, r->path)) == NULL)
		return false;
	r->fd = STDIN_FILENO;
	if (strcmp(r->path, "-") != 0)
		r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	if (r->fd == -1) {
		fprintf(stderr, "ccmonctl: cannot open %s: %s\n", r->path, strerror(errno));
		return false;
	}
	r->unit = "line";
	r->clock = CLOCK_EVENTS;
	name_source(r);
	r->seen = seen_new();
	r->state = r->dialect->open(r->source);
	if (r->state == NULL)
		fprintf(stderr, "ccmonctl: out of memory\n");
	return r->state != NULL;
}

/* Without a configuration time is the daemon's own default. */
static bool
open_journals(struct recording *r, const struct ctl *c, char **paths)
{
	if (c->dialect != NULL) {
		fprintf(stderr,
		    "ccmonctl: --dialect is the language of a log; %s is a journal, whose "
		    "records have been translated\n",
		    r->path);
		return false;
	}
	r->unit = "record";
	r->clock = c->settings != NULL ? c->settings->site.clock : CLOCK_WALL;
	r->journals = journals_open(paths);
	return r->journals != NULL;
}

/* Which of two logs comes first nobody knows; of journals each record says. */
static bool
are_journals(char **paths, bool *mixed)
{
	bool first = journal_is_named(paths[0]);

	*mixed = paths[1] != NULL && !first;
	for (char **p = paths; *p != NULL; p++)
		*mixed |= journal_is_named(*p) != first;
	return first;
}

struct recording *
recording_open(const struct ctl *c, char **paths)
{
	struct recording *r = calloc(1, sizeof(*r));
	bool mixed, journals = are_journals(paths, &mixed);

	if (r == NULL || mixed) {
		fprintf(stderr, "ccmonctl: %s\n",
		    mixed ? "only journals are read together, not logs" : "out of memory");
		free(r);
		return NULL;
	}
	r->path = paths[0];
	r->fd = -1;
	if (journals ? open_journals(r, c, paths) : open_log(r, c->dialect))
		return r;
	recording_close(r);
	return NULL;
}

void
recording_close(struct recording *r)
{
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (r->refused[i].n > 0)
			out_fini(&r->refused[i].first);
	if (r->state != NULL)
		r->dialect->close(r->state);
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	seen_free(r->seen);
	journals_close(r->journals);
	free(r);
}

/* ---- what did not become events */

static void
print_refused(const struct recording *r, enum refusal why)
{
	const struct refused *refused = &r->refused[why];

	fprintf(stderr, "ccmonctl: refused %" PRIu64 " (%s); %s %" PRIu64 ": ", refused->n,
	    refusal_text(why), r->unit, refused->line);
	print_line(stderr, (struct str){ refused->first.buf, (uint32_t)refused->first.len });
}

void
recording_print_left_out(const struct recording *r, const struct engine *engine)
{
	struct engine_limits l;

	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (r->refused[i].n > 0)
			print_refused(r, i);
	for (size_t i = 0; i < r->nskipped; i++) {
		fprintf(stderr, "ccmonctl: skipped %" PRIu64 " of ", r->skipped[i].n);
		print_line(stderr, str_of(r->skipped[i].verb));
	}
	if (r->repeats > 0)
		fprintf(stderr, "ccmonctl: %" PRIu64 " events came again, and count once\n",
		    r->repeats);
	engine_limits(engine, &l);
	if (l.queues + l.agents + l.contacts + l.sources > 0)
		fprintf(stderr,
		    "ccmonctl: too much for one recording: %" PRIu64
		    " events of queues and %" PRIu64
		    " of agents count in __other__; left out %" PRIu64 " of contacts, %" PRIu64
		    " of sources\n",
		    l.queues, l.agents, l.contacts, l.sources);
}
