/* SPDX-License-Identifier: MIT */
/*
 * intake.c: a message through a dialect, to the spool; the same for every
 * kind of input.
 *
 * Each message becomes events, a refusal, or nothing, and is counted as that.
 * What a customer is called goes no further than this file: from here on
 * there is only a hash of it, and of what is refused no more than redact()
 * leaves.  An event its source named is known again by
 * that name, also after a crash: the name is written with the event.  So is
 * what a dialect must know to understand the messages after it.
 */
#include "collectors/inputs/inputs.h"
#include "ccmon/clock.h"
#include "ccmon/redact.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOW_MANY INT64_C(-1) /* the number under which the number of notes is kept */
#define KNOWN_FOR INT64_C(604800000) /* ms; 7 days, no source tries again longer */

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

/* ---- what was here before */

static void
know(struct intake *in, const uint8_t key[MEMO_KEY], msec_t until)
{
	struct memo memo = { .value = { (const char *)&until, sizeof(until) }, .until = until };

	memcpy(memo.key, key, MEMO_KEY);
	in->options->remember(in->options->arg, &memo);
}

/* Is it known?  And until when; 0: the name says nothing of that, as those of
 * older versions. */
static bool
is_known(const struct intake *in, const uint8_t key[MEMO_KEY], msec_t *until)
{
	char value[MEMO_VALUE_MAX];
	int n = in->options->recall(in->options->arg, key, value);

	*until = 0;
	if (n == (int)sizeof(*until))
		memcpy(until, value, sizeof(*until));
	return n >= 0;
}

/* Was this event here before?  It is remembered from now on; what is told again
 * and again is remembered anew at half of its time. */
static bool
is_repeat(struct intake *in, const struct event *ev, struct str id)
{
	msec_t known_for = in->dialect->known_for > 0 ? in->dialect->known_for : KNOWN_FOR;
	uint8_t key[MEMO_KEY];
	msec_t until;
	bool known;

	if (id.n == 0)
		return false;
	memo_key(key, in->options->key, ev->source, id);
	known = is_known(in, key, &until);
	if (until < clock_wall() + known_for / 2)
		know(in, key, clock_wall() + known_for);
	return known;
}

/* ---- what goes on */

/* Where two inputs tell of one switch, each gives its part: the log knows all
 * that becomes of a call, and only the live line what an agent does meanwhile. */
static bool
is_given(const struct intake *in, const struct event *ev)
{
	const uint64_t of_agents = UINT64_C(1) << EV_RINGING | UINT64_C(1) << EV_HELD |
	                           UINT64_C(1) << EV_RESUMED | UINT64_C(1) << EV_LOGIN |
	                           UINT64_C(1) << EV_LOGOUT | UINT64_C(1) << EV_STATE |
	                           UINT64_C(1) << EV_JOINED | UINT64_C(1) << EV_LEFT;
	enum gives gives = in->options->settings->gives;

	if (gives == GIVES_ALL || ev->event == EV_HEARTBEAT)
		return true;
	return (of_agents >> ev->event & 1) == (gives == GIVES_AGENTS);
}

/* A hold the other input tells of is within the talk that this one's source has
 * measured: without a word about it, it would be counted beside. */
static void
say_no_hold(const struct intake *in, struct event *ev)
{
	if (in->options->settings->gives == GIVES_CALLS && (ev->has & HAS(TALK_MS)) != 0 &&
	    (ev->has & HAS(HOLD_MS)) == 0) {
		ev->has |= HAS(HOLD_MS);
		ev->hold_ms = 0;
	}
}

static bool
may_go_on(struct intake *in, const struct event *ev)
{
	return is_given(in, ev) && (in->admit == NULL || in->admit(in->arg, ev));
}

/* ---- the dialect's notes */

/* What a source calls its events does not begin so. */
static void
note_key(const struct intake *in, int64_t number, uint8_t key[MEMO_KEY])
{
	const struct input_options *o = in->options;
	const char *source = o->settings->source != NULL ? o->settings->source : o->collector;
	char name[NAME_MAX_BYTES + 32]; /* bytes with NUL; the number is shorter */

	(void)snprintf(name, sizeof(name), "\1%s %" PRId64, in->dialect->name, number);
	memo_key(key, o->key, str_of(source), str_of(name));
}

static void
keep_note(struct intake *in, int64_t number, struct str note)
{
	struct memo memo = { .value = note, .until = note.n > 0 ? TIME_HIGH : clock_wall() };

	note_key(in, number, memo.key);
	in->options->remember(in->options->arg, &memo);
}

/* Before the events they belong to are sealed. */
static void
keep_notes(struct intake *in)
{
	const struct dialect_memory *memory = in->dialect->memory;
	uint32_t before = in->nnotes;
	struct str note;
	unsigned number;

	while (memory != NULL && memory->changed(in->state, &number, &note)) {
		assert(note.n <= DIALECT_NOTE_MAX);
		keep_note(in, number, note);
		if (number >= in->nnotes)
			in->nnotes = number + 1;
	}
	if (in->nnotes > before)
		keep_note(
		    in, HOW_MANY, (struct str){ (const char *)&in->nnotes, sizeof(in->nnotes) });
}

static int
recall_note(struct intake *in, int64_t number, char value[MEMO_VALUE_MAX])
{
	uint8_t key[MEMO_KEY];

	note_key(in, number, key);
	return in->options->recall(in->options->arg, key, value);
}

static void
recall_notes(struct intake *in)
{
	char value[MEMO_VALUE_MAX];

	if (in->dialect->memory == NULL ||
	    recall_note(in, HOW_MANY, value) != (int)sizeof(in->nnotes))
		return;
	memcpy(&in->nnotes, value, sizeof(in->nnotes));
	for (uint32_t i = 0; i < in->nnotes; i++) {
		int n = recall_note(in, i, value);

		if (n > 0)
			in->dialect->memory->recall(
			    in->state, i, (struct str){ value, (uint32_t)n });
	}
}

/* ---- a message */

static void
take_events(struct intake *in, struct taken *t)
{
	struct dialect_result *r = &in->result;

	for (unsigned i = 0; i < r->n; i++)
		if (!may_go_on(in, &r->ev[i]) || is_repeat(in, &r->ev[i], r->id[i]))
			t->repeats++;
		else {
			say_no_hold(in, &r->ev[i]);
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
		in->dialect->decode(in->state, body.p, body.n, clock_wall(), r);
		body = STR_NONE;
		if (r->why != REFUSAL_NONE)
			break;
		take_events(in, t);
		keep_notes(in);
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
	if (in->dialect->open != NULL &&
	    (in->state = in->dialect->open(o->settings->source)) == NULL) {
		log_error("input", "out of memory");
		return EXIT_TROUBLE;
	}
	recall_notes(in);
	return 0;
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
