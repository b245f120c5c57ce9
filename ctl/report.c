/* SPDX-License-Identifier: MIT */
/*
 * report.c: the figures of a recorded log.  The daemon's own engine, with
 * the events' times for a clock and one window over everything, so a report
 * and a wall-board cannot disagree.  It needs no daemon, no Redis and, for
 * the contract's defaults, no configuration.
 *
 * What cannot be read is counted and shown, never dropped in silence.
 */
#include "report.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (1 << 20) /* bytes; a line is refused when it is longer */

/* Lines cut out of a file read by the chunk. */
struct lines {
	char *buf;
	size_t n; /* bytes in it */
	bool in_long; /* the rest of a line that is too long */
};

/* ---- one line */

static void
refuse(struct report *r, enum refusal why, const struct dialect_result *d, struct str line)
{
	struct refused *refused = &r->refused[why];
	struct str source = { r->source, (uint32_t)strlen(r->source) };
	struct reject reject = { .time = engine_now(r->engine), .why = (uint8_t)why };

	line.n = line.n < REJECT_SAMPLE_MAX ? line.n : REJECT_SAMPLE_MAX;
	reject.source = d != NULL && d->source.n > 0 ? d->source : source;
	reject.detail = d != NULL ? d->detail : STR_NONE;
	reject.sample = line;
	if (refused->n++ == 0) {
		refused->line = r->lines;
		out_init(&refused->first);
		out_bytes(&refused->first, reject.detail.p, reject.detail.n);
		out_str(&refused->first, reject.detail.n > 0 ? ": " : "");
		out_bytes(&refused->first, line.p, line.n);
	}
	engine_reject(r->engine, &reject, engine_now(r->engine));
}

static void
skip(struct report *r, struct str verb)
{
	static const struct str others = STR_LIT("others");
	struct skipped *s;
	size_t i = 0;

	while (
	    i < r->nskipped &&
	    !str_eq((struct str){ r->skipped[i].verb, (uint32_t)strlen(r->skipped[i].verb) }, verb))
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
drain(struct report *r)
{
	struct edge edge;

	while (engine_edge(r->engine, &edge))
		;
}

static void
take_line(struct report *r, const char *line, size_t n)
{
	static struct dialect_result d; /* kilobytes; the decoder sets what it gives */

	r->lines++;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (n == 0)
		return;
	r->dialect->decode(r->state, line, n, &d);
	if (d.why != REFUSAL_NONE)
		refuse(r, d.why, &d, (struct str){ line, (uint32_t)n });
	else if (d.n == 0 && d.detail.n == 0)
		r->uncounted++;
	else if (d.n == 0)
		skip(r, d.detail);
	for (unsigned i = 0; d.why == REFUSAL_NONE && i < d.n; i++)
		engine_apply(r->engine, &d.ev[i], 0);
	r->events += d.why == REFUSAL_NONE ? d.n : 0;
	drain(r);
}

/* ---- the file */

static void
too_long(struct report *r, struct lines *l)
{
	if (!l->in_long) {
		r->lines++;
		refuse(r, REFUSAL_OVERSIZED, NULL, (struct str){ l->buf, CHUNK });
		drain(r);
	}
	l->in_long = true;
	l->n = 0;
}

/* Takes the whole lines; keeps what has no end yet. */
static void
take_lines(struct report *r, struct lines *l)
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
take_rest(struct report *r, const struct lines *l)
{
	if (l->n == 0 || l->in_long)
		return;
	if (strcmp(r->dialect->name, "native") == 0)
		take_line(r, l->buf, l->n);
	else
		fprintf(stderr, "ccmonctl: the last line has no end, and is left out\n");
}

static int
read_file(struct report *r, int fd)
{
	struct lines l = { .buf = malloc(CHUNK) };
	ssize_t n = -1;

	if (l.buf == NULL)
		return -1;
	while ((n = read(fd, l.buf + l.n, CHUNK - l.n)) > 0 || (n == -1 && errno == EINTR)) {
		if (n == -1)
			continue;
		l.n += (size_t)n;
		take_lines(r, &l);
	}
	if (n == 0) {
		take_rest(r, &l);
		engine_tick(r->engine, engine_now(r->engine));
		drain(r);
	}
	free(l.buf);
	return (int)n;
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
choose_dialect(const struct ctl *c, const char *path)
{
	const struct dialect *d;
	const char *name = c->dialect;

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

/* A recorded log is as long as it is: the limits are those of the machine. */
static struct engine *
make_engine(const struct ctl *c)
{
	static char name[] = "all";
	struct site site;
	int rc;

	if (c->settings != NULL)
		site = c->settings->site;
	else {
		site_defaults(&site);
		site.name = name;
	}
	site.clock = CLOCK_EVENTS;
	site.nwindows = 0;
	rc = site_add_window(&site, "all");
	assert(rc == 0);
	(void)rc;
	site.limits = (struct site_limits){
		.queues = 1000000, .agents = 1000000, .contacts = 50000000, .sources = 100000
	};
	return engine_new(&site);
}

static int
begin(struct report *r, const struct ctl *c, const char *path)
{
	struct str name = { base_name(path), (uint32_t)strlen(base_name(path)) };

	if (name_check(name, 1, NAME_MAX_BYTES) != REFUSAL_NONE)
		name = (struct str)STR_LIT("log");
	snprintf(r->source, sizeof(r->source), "%.*s", STR_ARG(name));
	r->state = r->dialect->open(r->source);
	r->engine = make_engine(c);
	return r->engine == NULL ? -1 : 0;
}

static void
end(struct report *r)
{
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (r->refused[i].n > 0)
			out_fini(&r->refused[i].first);
	if (r->state != NULL)
		r->dialect->close(r->state);
	engine_free(r->engine);
	free(r);
}

static int
report(struct report *r, const struct ctl *c, int fd, const char *path)
{
	if (begin(r, c, path) == -1 || read_file(r, fd) == -1) {
		fprintf(stderr, "ccmonctl: cannot read %s: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	report_print_left_out(r);
	if (c->json)
		report_print_json(r);
	else
		report_print_text(r);
	return EXIT_FINE;
}

int
verb_report(struct ctl *c, char **args)
{
	const struct dialect *dialect = choose_dialect(c, args[0]);
	bool is_stdin = strcmp(args[0], "-") == 0;
	struct report *r;
	int fd, code = EXIT_USAGE;

	if (dialect == NULL || (c->has_path && !ctl_settings(c)))
		return EXIT_USAGE;
	fd = is_stdin ? STDIN_FILENO : open(args[0], O_RDONLY | O_CLOEXEC);
	r = calloc(1, sizeof(*r));
	if (fd == -1 || r == NULL)
		fprintf(stderr, "ccmonctl: cannot open %s: %s\n", args[0], strerror(errno));
	else {
		r->dialect = dialect;
		code = report(r, c, fd, args[0]);
		end(r);
		r = NULL;
	}
	free(r);
	if (fd > STDIN_FILENO)
		close(fd);
	return code;
}
