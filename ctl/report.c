/* SPDX-License-Identifier: MIT */
/*
 * report.c: the figures of a recorded log or of journals.  The daemon's own
 * engine, with the events' times for a clock, or when they came where that is
 * known, and one window over everything, so a report and a wall-board cannot
 * disagree.  It needs no daemon, no Redis and, for
 * the contract's defaults, no configuration.
 */
#include "report.h"

#include <assert.h>

/* ---- what comes out of the file */

static void
drain(struct report *r)
{
	struct edge edge;

	while (engine_edge(r->engine, &edge))
		;
}

static void
on_event(void *arg, const struct event *e, msec_t now)
{
	struct report *r = arg;

	engine_apply(r->engine, e, now);
	drain(r);
}

static void
on_refused(void *arg, const struct reject *refused, msec_t now)
{
	struct report *r = arg;

	engine_reject(r->engine, refused, now == -1 ? engine_now(r->engine) : now);
	drain(r);
}

/* ---- what it goes through */

static struct engine *
make_engine(const struct ctl *c, enum site_clock clock)
{
	static char name[] = "all";
	struct site site;
	int rc;

	if (c->settings != NULL)
		site = c->settings->site;
	else {
		site_defaults(&site);
		site_draw_key(&site);
		site.name = name;
	}
	site.clock = clock;
	site.nwindows = 0;
	rc = site_add_window(&site, "all");
	assert(rc == 0);
	(void)rc;
	site.limits = RECORDING_LIMITS;
	return engine_new(&site);
}

static int
report(struct report *r, const struct ctl *c)
{
	r->recording->on_event = on_event;
	r->recording->on_refused = on_refused;
	r->recording->arg = r;
	if (!recording_read(r->recording))
		return EXIT_USAGE;
	engine_tick(r->engine, engine_now(r->engine));
	drain(r);
	recording_print_left_out(r->recording, r->engine);
	if (c->json)
		report_print_json(r);
	else
		report_print_text(r);
	return EXIT_FINE;
}

int
verb_report(struct ctl *c, char **args)
{
	struct report r = { 0 };
	int code = EXIT_USAGE;

	if (c->has_path && !ctl_settings(c))
		return EXIT_USAGE;
	if ((r.recording = recording_open(c, args)) == NULL)
		return EXIT_USAGE;
	if ((r.engine = make_engine(c, r.recording->clock)) == NULL)
		fprintf(stderr, "ccmonctl: out of memory\n");
	else
		code = report(&r, c);
	engine_free(r.engine);
	recording_close(r.recording);
	return code;
}
