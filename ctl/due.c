/* SPDX-License-Identifier: MIT */
/*
 * due.c: when is it due, and why then?  What a clock would say that starts
 * in a queue at an instant, with the way there, from the configuration alone.
 */
#include "due.h"

#include <stdlib.h>

#include <ccmon/nearest.h>

#define LENGTH_MAX_MS (INT64_C(366) * 86400 * MSEC_PER_SEC) /* ms; as of the settings */

const struct due_promise due_promises[DUE_PROMISES] = {
	{ "first_response", offsetof(struct policy, first_response) },
	{ "next_response", offsetof(struct policy, next_response) },
	{ "resolution", offsetof(struct policy, resolution) },
};

/* ---- QUEUE ---- */

static bool
is_queue(const struct queue_def *q, const char *name)
{
	if (strcmp(q->name, name) == 0)
		return true;
	for (size_t i = 0; i < q->nmatch; i++)
		if (strcmp(q->match[i], name) == 0)
			return true;
	return false;
}

static int
no_such_queue(const struct site *site, const char *name)
{
	struct nearest n;

	nearest_begin(&n, name);
	for (size_t i = 0; i < site->nqueues; i++)
		nearest_offer(&n, site->queues[i].name);
	fprintf(stderr, "ccmonctl: there is no queue \"");
	print_escaped(stderr, str_of(name));
	if (n.best != NULL)
		fprintf(stderr, "\" in the configuration; did you mean %s?\n", n.best);
	else
		fprintf(stderr, "\" in the configuration, which has %zu\n", site->nqueues);
	return EXIT_USAGE;
}

static int
take_queue(struct due *d, const struct site *site, const char *name)
{
	const struct queue_def *q = site->queues;

	while (q < site->queues + site->nqueues && !is_queue(q, name))
		q++;
	if (q == site->queues + site->nqueues)
		return no_such_queue(site, name);
	d->queue = q;
	d->zones = site->zones;
	d->zone = &site->zones[q->zone];
	if (q->calendar != NULL)
		d->calendar = calendars_find(&site->calendars, q->calendar);
	return EXIT_FINE;
}

/* ---- TIME ---- */

static int
take_time(struct due *d, const char *text)
{
	if (due_time_read(text, d->zone, &d->start, d->note))
		return EXIT_FINE;
	fprintf(stderr, "ccmonctl: \"");
	print_escaped(stderr, str_of(text));
	fprintf(stderr, "\": %s\n", d->note);
	return EXIT_USAGE;
}

/* ---- TARGET ---- */

msec_t
due_promised(const struct queue_def *q, const struct due_promise *p)
{
	return *(const msec_t *)((const char *)&q->policy + p->offset);
}

static int
no_such_target(const char *text)
{
	struct nearest n;

	nearest_begin(&n, text);
	for (size_t i = 0; i < DUE_PROMISES; i++)
		nearest_offer(&n, due_promises[i].name);
	fprintf(stderr, "ccmonctl: \"");
	print_escaped(stderr, str_of(text));
	if (n.best != NULL)
		fprintf(stderr, "\" is no target; did you mean %s?\n", n.best);
	else
		fprintf(stderr, "\" is no target: write first_response, next_response, resolution, "
		                "or a length of time up to 366d, such as 4h or 1h30m\n");
	return EXIT_USAGE;
}

static int
take_target(struct due *d, const char *text)
{
	d->target = text;
	for (const struct due_promise *p = due_promises; p < due_promises + DUE_PROMISES; p++) {
		if (strcmp(p->name, text) != 0)
			continue;
		if ((d->length = due_promised(d->queue, p)) > 0)
			return EXIT_FINE;
		fprintf(stderr,
		    "ccmonctl: queue %s promises no %s; give a length of time, such as 4h\n",
		    d->queue->name, text);
		return EXIT_USAGE;
	}
	if (duration_parse(text, &d->length) == 0 && d->length <= LENGTH_MAX_MS)
		return EXIT_FINE;
	return no_such_target(text);
}

/* ---- the answer ---- */

static int
answer(const struct ctl *c, struct due *d)
{
	if (!due_find(d)) {
		fprintf(stderr, "ccmonctl: out of memory\n");
		return EXIT_USAGE;
	}
	if (c->json)
		due_print_json(d);
	else
		due_print(d);
	return d->due == MSEC_NEVER ? EXIT_NOT_FINE : EXIT_FINE;
}

int
verb_explain_due(struct ctl *c, char **args)
{
	struct due d = { 0 };
	int code;

	if (!ctl_settings(c))
		return EXIT_USAGE;
	if ((code = take_queue(&d, &c->settings->site, args[0])) != EXIT_FINE ||
	    (code = take_time(&d, args[1])) != EXIT_FINE ||
	    (code = take_target(&d, args[2])) != EXIT_FINE)
		return code;
	code = answer(c, &d);
	free(d.step);
	return code;
}
