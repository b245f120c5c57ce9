/* SPDX-License-Identifier: MIT */
/*
 * input.c: from a socket through a dialect.
 *
 * Each message becomes events, a refusal, or nothing, and is counted as that.
 * What a customer is called goes no further than this file: from here on
 * there is only a hash of it.
 *
 * The socket itself would accept messages longer than an event may be, so
 * that one who sends them is told (in the rejects) and not just cut off.
 */
#include "collector.h"
#include "ccmon/clock.h"
#include "ccmon/dialect.h"
#include "ccmon/zev.h"

#include <errno.h>
#include <stdlib.h>

#define LONGEST (1 << 20) /* bytes; beyond it the sender is cut off */
#define BUDGET 512 /* messages before others get their turn */
#define COALESCE_MS 2 /* a wake-up costs as much as ten messages */
#define COALESCE_BELOW 64 /* messages; a flood is not made to wait */

struct input {
	struct input_options options;
	const struct dialect *dialect;
	void *state; /* of the dialect */
	struct zev *zev;
	struct dialect_result result; /* large, so not on the stack */
};

static void
refuse(struct input *in, enum refusal why, struct str source, struct str detail, struct str body)
{
	struct reject r = { .time = clock_wall(),
		.why = (uint8_t)why,
		.source = source,
		.detail = detail,
		.sample = body };

	if (r.source.n == 0)
		r.source =
		    (struct str){ in->options.collector, (uint32_t)strlen(in->options.collector) };
	if (r.sample.n > REJECT_SAMPLE_MAX)
		r.sample.n = REJECT_SAMPLE_MAX;
	in->options.counters->refused++;
	in->options.reject(in->options.arg, &r);
}

static void
take_events(struct input *in)
{
	char hash[SIPHASH_HEX];
	unsigned i;

	for (i = 0; i < in->result.n; i++) {
		struct event *ev = &in->result.ev[i];

		if ((ev->has & HAS(CUSTOMER)) != 0) {
			siphash_hex(hash, in->options.key, ev->customer);
			ev->customer = (struct str){ hash, sizeof(hash) };
		}
		in->options.event(in->options.arg, clock_wall(), ev);
	}
}

static void
decode(struct input *in, struct str body)
{
	struct dialect_result *r = &in->result;

	in->dialect->decode(in->state, body.p, body.n, r);
	if (r->why != REFUSAL_NONE)
		refuse(in, r->why, r->source, r->detail, body);
	else if (r->n == 0)
		in->options.counters->skipped++;
	else
		take_events(in);
}

static bool
on_message(void *arg, const struct zev_frames *f)
{
	struct input *in = arg;
	struct str body = f->frame[f->n > 1]; /* [topic][body] or [body] */

	in->options.counters->received++;
	if (f->n > COUNTOF(f->frame))
		refuse(in, REFUSAL_BAD_FRAMES, STR_NONE, STR_NONE, body);
	else if (body.n > EVENT_BODY_MAX)
		refuse(in, REFUSAL_OVERSIZED, STR_NONE, STR_NONE, body);
	else
		decode(in, body);
	in->options.settle(in->options.arg);
	return true; /* taken; whether more may come was settled */
}

/* ---- opening */

static int
find_dialect(struct input *in)
{
	const struct dialect *const *d;
	const char *name = in->options.settings->dialect;

	in->dialect = dialect_find(name);
	if (in->dialect != NULL)
		return 0;
	log_error("input",
	    "collector %s: there is no dialect %s; the known ones are:", in->options.collector,
	    name);
	for (d = dialects; *d != NULL; d++)
		log_error("input", "  %s: %s", (*d)->name, (*d)->text);
	return EXIT_CONFIG;
}

static int
each(struct input *in, char **list, int (*verb)(struct zev *, const char *), const char *what)
{
	for (; list != NULL && *list != NULL; list++) {
		if (verb(in->zev, *list) == 0)
			continue;
		log_error("input", "collector %s: cannot %s %s: %s", in->options.collector, what,
		    *list, zev_error(errno));
		return errno == EINVAL || errno == EPROTONOSUPPORT ? EXIT_CONFIG : EXIT_TROUBLE;
	}
	return 0;
}

static int
open_socket(struct input *in)
{
	const struct input_settings *s = in->options.settings;
	struct zev_options z = {
		.type = s->type == INPUT_ZMQ_SUB ? ZEV_SUB : ZEV_PULL,
		.hwm = s->hwm,
		.max_msg = LONGEST,
		.on_message = on_message,
		.arg = in,
		.budget = BUDGET,
		.coalesce_ms = COALESCE_MS,
		.coalesce_below = COALESCE_BELOW,
	};
	int code = 0;

	in->zev = zev_open(&z);
	if (in->zev == NULL) {
		log_error("input", "cannot open a socket: %s", zev_error(errno));
		return EXIT_TROUBLE;
	}
	if (s->type == INPUT_ZMQ_SUB)
		code = each(in, s->subscribe, zev_subscribe, "subscribe to");
	if (code == 0)
		code = each(in, s->bind, zev_bind, "bind");
	if (code == 0)
		code = each(in, s->connect, zev_connect, "connect to");
	return code;
}

int
input_open(struct input **out, const struct input_options *o)
{
	struct input *in = calloc(1, sizeof(*in));
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = *o;
	code = find_dialect(in);
	if (code == 0 && in->dialect->open != NULL &&
	    (in->state = in->dialect->open(o->settings->source)) == NULL) {
		log_error("input", "out of memory");
		code = EXIT_TROUBLE;
	}
	if (code == 0)
		code = open_socket(in);
	if (code != 0) {
		input_close(in);
		return code;
	}
	*out = in;
	return 0;
}

void
input_close(struct input *in)
{
	if (in == NULL)
		return;
	if (in->zev != NULL)
		zev_close(in->zev);
	if (in->state != NULL)
		in->dialect->close(in->state);
	free(in);
}

void
input_pause(struct input *in)
{
	zev_pause(in->zev);
}

void
input_resume(struct input *in)
{
	zev_resume(in->zev);
}
