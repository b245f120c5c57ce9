/* SPDX-License-Identifier: MIT */
/*
 * replay.c: asks the publisher for what did not come.
 *
 * Each event of the input passes here on its way to the spool: gaps.c notes
 * its number, and what it has noted goes to disk in one transaction with the
 * event, as a memo.  So what was published while the collector was down is a
 * gap like any other.  While something is missing there is a DEALER at the
 * publisher's replay socket, with one small request under way; what comes
 * goes through the same dialect to the same spool.
 *
 * The publisher may answer as it likes: nothing, slowly, something else, for
 * ever.  A request has a time and a number of messages, past which the socket
 * is closed and with it all that was still to come; only events that are
 * missing are taken.  While the disk refuses, nothing is asked.
 */
#include "collectors/gaps.h"
#include "collectors/inputs/inputs.h"
#include "ccmon/clock.h"
#include "ccmon/service.h"
#include "ccmon/zev.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <event2/event.h>

#define TIME_LIMIT INT64_C(5000) /* ms; for the whole answer */
#define UNASKED 64 /* messages beyond those asked for, some late ones of before */
#define HWM 2000 /* messages; more than an answer has */
#define REMEMBERED INT64_C(2592000000) /* ms; 30 days, of a source that is silent */

struct replay {
	struct intake *intake;
	const struct input_options *options;
	const struct keys *keys;
	struct gaps *gaps;
	struct zev *zev; /* NULL: nothing is missing */
	struct event *timer;
	struct json_tree *tree;
	struct out text;
	struct replay_span asked;
	uint64_t messages; /* that may still come */
	msec_t limit; /* of the request's time; MSEC_NEVER: none is under way */
	bool held; /* the disk refuses */
	bool taking; /* an event that was replayed is on its way */
	struct log_complaint no_socket;
};

/* From a gap's beginning to its end the timer says what to do. */
static void
wake_at(struct replay *r, msec_t at)
{
	msec_t ms = at - clock_mono();
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (at == MSEC_NEVER)
		evtimer_del(r->timer);
	else
		evtimer_add(r->timer, ms > 0 ? &tv : &(struct timeval){ 0 });
}

/* ---- what is remembered */

/* No name a source gives begins with a NUL. */
static void
key_of(const struct replay *r, struct str source, uint8_t key[MEMO_KEY])
{
	struct out name;

	out_init(&name);
	out_bytes(&name, "", 1);
	out_str(&name, r->options->settings->replay);
	if (name.failed)
		abort();
	memo_key(key, r->options->key, source, (struct str){ name.buf, (uint32_t)name.len });
	out_fini(&name);
}

static void
remember(struct replay *r, struct str source)
{
	char value[MEMO_VALUE_MAX];
	struct memo memo = { .until = clock_wall() + REMEMBERED };

	key_of(r, source, memo.key);
	memo.value = (struct str){ value, (uint32_t)gaps_save(r->gaps, source, value) };
	r->options->remember(r->options->arg, &memo);
}

static void
recall(struct replay *r, struct str source)
{
	char value[MEMO_VALUE_MAX];
	uint8_t key[MEMO_KEY];
	int n;

	key_of(r, source, key);
	n = r->options->recall(r->options->arg, key, value);
	gaps_begin(r->gaps, source, (struct str){ value, n > 0 ? (uint32_t)n : 0 });
}

/* ---- what is told */

static void
put_ranges(struct out *o, const struct gap *gap)
{
	for (uint32_t i = 0; i < gap->nranges; i++) {
		const struct range *r = &gap->range[i];

		out_printf(o, "%s%" PRIu64, i == 0 ? ": " : ",", r->first);
		if (r->last > r->first)
			out_printf(o, "-%" PRIu64, r->last);
	}
	if (gap->unnamed > 0)
		out_printf(o, " and %" PRIu64 " more", gap->unnamed);
}

/* Which numbering: its publisher chose the name. */
static void
begin_text(struct replay *r, const struct gap *gap)
{
	out_reset(&r->text);
	out_str(&r->text, "source ");
	out_escaped(&r->text, gap->source);
	out_printf(&r->text, " boot %" PRId64 ": ", gap->boot);
}

static const char *
text_of(struct replay *r)
{
	out_bytes(&r->text, "", 1);
	return r->text.failed ? "out of memory" : r->text.buf;
}

static void
tell_found(void *arg, const struct gap *gap)
{
	struct replay *r = arg;

	begin_text(r, gap);
	out_printf(&r->text, "%" PRIu64 " events did not come; asking %s",
	    gap->wanted + gap->not_had, r->options->settings->replay);
	log_warn("gap", "%s", text_of(r));
	wake_at(r, clock_mono());
}

static void
tell_ended(void *arg, const struct gap *gap)
{
	struct replay *r = arg;

	r->options->counters->asked += gap->asked;
	r->options->counters->had += gap->had;
	r->options->counters->not_had += gap->not_had;
	begin_text(r, gap);
	out_printf(&r->text, "asked=%" PRIu64 " had=%" PRIu64 " could_not_be_had=%" PRIu64,
	    gap->asked, gap->had, gap->not_had);
	put_ranges(&r->text, gap);
	if (gap->not_had > 0)
		log_warn("gap_remains", "%s", text_of(r));
	else
		log_info("gap_filled", "%s", text_of(r));
	remember(r, gap->source); /* not to ask for it again */
}

/* ---- asking */

static void
hang_up(struct replay *r)
{
	if (r->zev != NULL)
		zev_close(r->zev);
	r->zev = NULL;
	r->limit = MSEC_NEVER;
}

/* Late answers to this request find nobody any more. */
static void
fail(struct replay *r, const char *why)
{
	log_debug("replay", "%s: %s", r->options->settings->replay, why);
	hang_up(r);
	gaps_failed(r->gaps, clock_mono());
	wake_at(r, clock_mono());
}

static void
finish(struct replay *r)
{
	struct str source = r->asked.source;

	r->limit = MSEC_NEVER;
	gaps_answered(r->gaps);
	remember(r, source);
	r->options->settle(r->options->arg);
	wake_at(r, clock_mono());
}

static bool
is_answer(const struct replay *r, const struct replay_span *s)
{
	return s->source.n == r->asked.source.n &&
	       memcmp(s->source.p, r->asked.source.p, s->source.n) == 0 &&
	       s->boot == r->asked.boot && s->from == r->asked.from && s->to == r->asked.to;
}

static void
take(struct replay *r, struct str body)
{
	struct taken taken;

	r->taking = true;
	intake_message(r->intake, body, &taken); /* which may hold us, and hang up */
	r->taking = false;
}

static bool
on_message(void *arg, const struct zev_frames *f)
{
	struct replay *r = arg;
	struct replay_span span;
	enum replay_type type = REPLAY_NONSENSE;
	uint64_t sent;

	if (r->limit == MSEC_NEVER)
		return true; /* nobody asked */
	if (f->n == 1)
		type = replay_read(r->tree, f->frame[0], &span, &sent);
	if (type == REPLAY_END && is_answer(r, &span))
		finish(r);
	else if (type != REPLAY_EVENT)
		fail(r, "an answer that is none");
	else if (r->messages-- == 0)
		fail(r, "answers more than it was asked");
	else
		take(r, f->frame[0]);
	return true;
}

static int
dial(struct replay *r)
{
	const struct input_settings *s = r->options->settings;
	struct zev_options z = { .type = ZEV_DEALER,
		.hwm = HWM,
		.max_msg = EVENT_BODY_MAX,
		.on_message = on_message,
		.arg = r,
		.keys = r->keys,
		.plaintext = r->keys == NULL }; /* as zmq.c */

	if (r->zev != NULL)
		return 0;
	r->zev = zev_open(&z);
	return r->zev != NULL && zev_connect(r->zev, s->replay) == 0 ? 0 : -1;
}

static void
ask(struct replay *r)
{
	struct out *o = &r->text;

	out_reset(o);
	replay_put_ask(o, &r->asked);
	r->messages = r->asked.to - r->asked.from + 1 + UNASKED;
	r->limit = clock_mono() + TIME_LIMIT;
	if (!o->failed && dial(r) == 0 &&
	    zev_send(r->zev, STR_NONE, (struct str){ o->buf, (uint32_t)o->len }) == 0) {
		wake_at(r, r->limit);
		return;
	}
	log_complain(&r->no_socket, clock_mono(), "replay", "cannot ask %s: %s",
	    r->options->settings->replay, zev_error(errno));
	fail(r, "cannot be asked");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct replay *r = arg;
	msec_t now = clock_mono(), due;

	(void)fd, (void)what;
	if (r->held)
		return;
	if (r->limit != MSEC_NEVER && now < r->limit)
		wake_at(r, r->limit);
	else if (r->limit != MSEC_NEVER)
		fail(r, "no answer in time");
	else if (gaps_next(r->gaps, now, &r->asked, &due))
		ask(r);
	else {
		if (due == MSEC_NEVER)
			hang_up(r);
		wake_at(r, due);
	}
}

/* ---- in the intake's way */

static bool
admit(void *arg, const struct event *ev)
{
	struct replay *r = arg;
	bool is_news;

	if ((ev->has & HAS(SEQ)) == 0)
		return !r->taking; /* one that cannot be told from those we have */
	if (!gaps_know(r->gaps, ev->source))
		recall(r, ev->source);
	is_news = r->taking ? gaps_wants(r->gaps, ev->source, ev->boot, (uint64_t)ev->seq)
	                    : gaps_note(r->gaps, ev->source, ev->boot, (uint64_t)ev->seq);
	if (is_news)
		remember(r, ev->source);
	return is_news || !r->taking;
}

void
replay_hold(struct replay *r)
{
	if (r == NULL)
		return;
	r->held = true;
	if (r->limit != MSEC_NEVER)
		gaps_dropped(r->gaps);
	hang_up(r);
	evtimer_del(r->timer);
}

void
replay_resume(struct replay *r)
{
	if (r == NULL)
		return;
	r->held = false;
	wake_at(r, clock_mono());
}

/* ---- life */

int
replay_open(struct replay **out, struct intake *in, const struct keys *keys)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct gaps_options o = { .rate = (unsigned)in->options->settings->replay_rate,
		.found = tell_found,
		.ended = tell_ended,
		.arg = r };

	if (r == NULL)
		return EXIT_TROUBLE;
	r->intake = in;
	r->options = in->options;
	r->keys = keys;
	r->limit = MSEC_NEVER;
	out_init(&r->text);
	r->timer = evtimer_new(service_base(), on_timer, r);
	r->gaps = gaps_new(&o);
	r->tree = json_tree_new(EVENT_BODY_MAX);
	*out = r;
	if (r->gaps == NULL || r->tree == NULL || r->timer == NULL)
		return EXIT_TROUBLE;
	in->admit = admit;
	in->arg = r;
	return 0;
}

void
replay_close(struct replay *r)
{
	if (r == NULL)
		return;
	hang_up(r);
	if (r->timer != NULL)
		event_free(r->timer);
	json_tree_free(r->tree);
	gaps_free(r->gaps);
	out_fini(&r->text);
	free(r);
}
