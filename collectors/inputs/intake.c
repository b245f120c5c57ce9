/* SPDX-License-Identifier: MIT */
/*
 * intake.c: a message through a dialect, to the spool; the same for every
 * kind of input.
 *
 * Each message becomes events, a refusal, or nothing, and is counted as that.
 * What a customer is called goes no further than this file: from here on
 * there is only a hash of it, and of what is refused no more than redact()
 * leaves.  An event its source named is known again by
 * that name, also after a crash: the name is written with the event.
 */
#include "collectors/inputs/inputs.h"
#include "ccmon/clock.h"
#include "ccmon/redact.h"

#include <string.h>

#define KNOWN_FOR INT64_C(604800000) /* ms; 7 days, no source repeats itself longer */

static void
refuse(struct intake *in, enum refusal why, struct str source, struct str detail, struct str body)
{
	const struct input_options *o = in->options;
	char sample[REJECT_SAMPLE_MAX];
	struct reject r = { .time = clock_wall(),
		.why = (uint8_t)why,
		.source = source,
		.detail = detail,
		.sample = { sample, (uint32_t)redact(body, sample, sizeof(sample)) } };

	if (r.source.n == 0)
		r.source = str_of(o->collector);
	o->counters->refused++;
	o->reject(o->arg, &r);
}

void
intake_refuse(struct intake *in, enum refusal why, struct str body)
{
	in->options->counters->received++;
	refuse(in, why, STR_NONE, STR_NONE, body);
	in->options->settle(in->options->arg);
}

void
intake_event(struct intake *in, struct event *ev)
{
	char hash[SIPHASH_HEX];

	if ((ev->has & HAS(CUSTOMER)) != 0) {
		siphash_hex(hash, in->options->customer_key, ev->customer);
		ev->customer = (struct str){ hash, sizeof(hash) };
	}
	in->options->event(in->options->arg, clock_wall(), ev);
}

/* Was this event here before?  It is remembered from now on. */
static bool
is_repeat(struct intake *in, const struct event *ev, struct str id)
{
	const struct input_options *o = in->options;
	struct memo memo = { .value = STR_NONE, .until = clock_wall() + KNOWN_FOR };
	char nothing[MEMO_VALUE_MAX];

	if (id.n == 0)
		return false;
	memo_key(memo.key, o->key, ev->source, id);
	if (o->recall(o->arg, memo.key, nothing) >= 0)
		return true;
	o->remember(o->arg, &memo);
	return false;
}

static bool
may_go_on(struct intake *in, const struct event *ev)
{
	return in->admit == NULL || in->admit(in->arg, ev);
}

static void
take_events(struct intake *in, struct taken *t)
{
	struct dialect_result *r = &in->result;

	for (unsigned i = 0; i < r->n; i++)
		if (!may_go_on(in, &r->ev[i]) || is_repeat(in, &r->ev[i], r->id[i]))
			t->repeats++;
		else {
			intake_event(in, &r->ev[i]);
			t->events++;
		}
}

/* One message can be more events than fit at once; where the disk refuses in
 * the middle, the dialect keeps the rest. */
static void
decode(struct intake *in, struct str body, struct taken *t)
{
	struct dialect_result *r = &in->result;

	do {
		r->more = false;
		memset(r->id, 0, sizeof(r->id));
		in->dialect->decode(in->state, body.p, body.n, r);
		body = STR_NONE;
		if (r->why != REFUSAL_NONE)
			break;
		take_events(in, t);
		if (r->more)
			in->options->settle(in->options->arg);
	} while (r->more && !in->held);
	in->unfinished = t->unfinished = r->why == REFUSAL_NONE && r->more;
}

void
intake_hold(struct intake *in)
{
	in->held = true;
}

void
intake_resume(struct intake *in)
{
	struct taken rest = { 0 };

	in->held = false;
	if (!in->unfinished)
		return;
	decode(in, STR_NONE, &rest);
	in->options->settle(in->options->arg);
}

void
intake_message(struct intake *in, struct str body, struct taken *t)
{
	struct dialect_result *r = &in->result;

	*t = (struct taken){ 0 };
	in->options->counters->received++;
	decode(in, body, t);
	t->why = r->why;
	t->detail = r->detail;
	if (r->why != REFUSAL_NONE)
		refuse(in, r->why, r->source, r->detail, body);
	else if (t->events == 0 && t->repeats > 0 && !t->unfinished)
		in->options->counters->repeats++;
	else if (t->events == 0 && t->repeats == 0)
		in->options->counters->skipped++;
	in->options->settle(in->options->arg);
}

static int
find_dialect(struct intake *in)
{
	const struct dialect *const *d;
	const char *name = in->options->settings->dialect;

	in->dialect = dialect_find(name);
	if (in->dialect != NULL && in->dialect->needs_source &&
	    in->options->settings->source == NULL) {
		log_error("input", "collector %s: an input of dialect %s needs source = \"NAME\"",
		    in->options->collector, name);
		return EXIT_CONFIG;
	}
	if (in->dialect != NULL)
		return 0;
	log_error("input",
	    "collector %s: there is no dialect %s; the known ones are:", in->options->collector,
	    name);
	for (d = dialects; *d != NULL; d++)
		log_error("input", "  %s: %s", (*d)->name, (*d)->text);
	return EXIT_CONFIG;
}

int
intake_open(struct intake *in, const struct input_options *o)
{
	int code;

	in->options = o;
	if ((code = find_dialect(in)) != 0)
		return code;
	if (in->dialect->open == NULL ||
	    (in->state = in->dialect->open(o->settings->source)) != NULL)
		return 0;
	log_error("input", "out of memory");
	return EXIT_TROUBLE;
}

void
intake_close(struct intake *in)
{
	if (in->unfinished)
		log_error("input", "collector %s: the rest of a message is lost, the disk refuses",
		    in->options->collector);
	if (in->state != NULL)
		in->dialect->close(in->state);
	in->state = NULL;
}
