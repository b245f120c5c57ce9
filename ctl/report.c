/* SPDX-License-Identifier: MIT */
/*
 * report.c: the figures of a recorded log.  The daemon's own engine, with
 * the events' times for a clock and one window over everything, so a report
 * and a wall-board cannot disagree.  It needs no daemon, no Redis and, for
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
on_event(void *arg, const struct event *e)
{
	struct report *r = arg;

	engine_apply(r->engine, e, 0);
	drain(r);
}

static void
on_refused(void *arg, const struct reject *refused)
{
	struct report *r = arg;
	struct reject reject = *refused;

	reject.time = engine_now(r->engine);
	engine_reject(r->engine, &reject, reject.time);
	drain(r);
}

/* ---- what it goes through */

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
	if ((r.recording = recording_open(args[0], c->dialect)) == NULL)
		return EXIT_USAGE;
	if ((r.engine = make_engine(c)) == NULL)
		fprintf(stderr, "ccmonctl: out of memory\n");
	else
		code = report(&r, c);
	engine_free(r.engine);
	recording_close(r.recording);
	return code;
}
