/* SPDX-License-Identifier: MIT */
/*
 * queue_log.c: the dialect of Asterisk's queue_log, one line a message:
 *
 *	time|call id|queue|agent|VERB|argument|argument...
 *
 * Times are whole seconds, lengths are seconds (RINGNOANSWER's milliseconds
 * are not used), and nothing is escaped.  The log names neither its machine
 * nor its channel: the source is given at open, everything is a call.  What
 * each verb becomes is a row below; the verbs that say nothing to count are
 * listed too, so that only those nobody knows are reported as skipped.
 *
 * The log's own figures win: waits and talks are what it says, and where a
 * clock was set back and it says a negative one, that is 0.  It knows no hold
 * and no after-contact work.  Callers' numbers and names are not read.
 *
 * The same call may enter the same queue twice, so a visit is named by the
 * second it began in.  The lines after it carry no such name; the engine takes
 * them for the call's open visit in that queue.
 */
#include <errno.h>
#include <stdlib.h>

#include <ccmon/event.h>

#include "collectors/dialects/table.h"

#define ARGS_MAX 7 /* one more than ATTENDEDTRANSFER ... LINK has */

struct queue_log {
	char source[NAME_MAX_BYTES];
	size_t source_len;
	char target[ID_MAX_BYTES + 1]; /* where a transfer went */
};

struct line {
	struct str time, call, queue, agent, verb;
	struct str arg[ARGS_MAX]; /* absent past the last */
	msec_t at;
};

struct verb {
	const char *name;
	uint8_t event; /* enum event_kind */
	uint64_t gives; /* HAS(CONTACT), HAS(QUEUE), HAS(AGENT) */
	uint8_t wait, talk; /* which argument, from 1; 0: none */
	uint8_t member; /* with .word: this member holds that word */
	const char *word;
	void (*more)(struct queue_log *, const struct line *, struct dialect_result *);
};

#define CALL (HAS(CONTACT) | HAS(QUEUE))
#define TAKEN (HAS(CONTACT) | HAS(QUEUE) | HAS(AGENT))

static void
refuse(struct dialect_result *res, enum refusal why, enum event_member member)
{
	res->why = why;
	res->detail = str_of(event_members[member].name);
}

/* The event being filled in: the last one begun. */
static struct event *
current(struct dialect_result *res)
{
	return &res->ev[res->n - 1];
}

static void
give(struct dialect_result *res, enum event_member member, struct str value)
{
	enum refusal why;

	if (res->why != REFUSAL_NONE)
		return;
	why = event_set_str(current(res), member, value);
	if (why != REFUSAL_NONE)
		refuse(res, why, member);
}

static void
give_int(struct dialect_result *res, enum event_member member, int64_t value)
{
	enum refusal why;

	if (res->why != REFUSAL_NONE)
		return;
	why = event_set_int(current(res), member, value);
	if (why != REFUSAL_NONE)
		refuse(res, why, member);
}

/* Digits only, at most 11 of them: seconds past the year 2100 fit. */
static bool
parse_seconds(struct str text, int64_t *value)
{
	int64_t n = 0;
	uint32_t i;

	if (text.n == 0 || text.n > 11)
		return false;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (text.p[i] - '0');
	}
	*value = n;
	return true;
}

/* A length of the log, which older versions may have left out. */
static void
give_length(struct dialect_result *res, enum event_member member, struct str text)
{
	int64_t seconds;
	bool negative = text.n > 1 && text.p[0] == '-';

	if (text.n == 0 || res->why != REFUSAL_NONE)
		return;
	if (negative)
		text = (struct str){ text.p + 1, text.n - 1 };
	if (parse_seconds(text, &seconds))
		give_int(res, member, negative ? 0 : seconds * MSEC_PER_SEC);
	else
		refuse(res, REFUSAL_ILL_TYPED, member);
}

static bool
is_given(struct str name)
{
	return name.n > 0 && !str_is(name, "NONE");
}

/* Begins the next event of this line. */
static void
begin(struct queue_log *log, const struct line *line, enum event_kind kind, uint64_t gives,
    struct dialect_result *res)
{
	struct event *ev = &res->ev[res->n++];

	memset(ev, 0, sizeof *ev);
	ev->event = kind;
	give(res, M_SOURCE, (struct str){ log->source, log->source_len });
	give_int(res, M_TIME, line->at);
	if (gives & (HAS(CONTACT) | HAS(QUEUE)))
		give(res, M_CHANNEL, STR_LIT("call"));
	if (gives & HAS(CONTACT) && is_given(line->call))
		give(res, M_CONTACT, line->call);
	if (gives & HAS(QUEUE) && is_given(line->queue))
		give(res, M_QUEUE, line->queue);
	if (gives & HAS(AGENT) && is_given(line->agent))
		give(res, M_AGENT, line->agent);
}

static void
name_visit(struct queue_log *log, const struct line *line, struct dialect_result *res)
{
	(void)log;
	give(res, M_VISIT, line->time);
}

/*
 * Where a call was sent, as an extension: the log does not say whether a
 * queue, a colleague or the world answers there.  When it is another queue,
 * an ENTERQUEUE follows and speaks for itself.
 */
static void
blind_transfer(struct queue_log *log, const struct line *line, struct dialect_result *res)
{
	struct str exten = line->arg[0], context = line->arg[1];
	struct str target = { log->target, exten.n + 1 + context.n };

	if (target.n > ID_MAX_BYTES) {
		refuse(res, REFUSAL_TOO_LONG, M_TO_EXTERNAL);
		return;
	}
	if (exten.n > 0)
		memcpy(log->target, exten.p, exten.n);
	log->target[exten.n] = '@';
	if (context.n > 0)
		memcpy(log->target + exten.n + 1, context.p, context.n);
	give(res, M_TO_EXTERNAL, target);
}

/*
 * BRIDGE|bridge|hold|talk|pos, APP|app|hold|talk|pos and
 * LINK|channel|channel|hold|talk|pos, where hold is the wait in the queue.
 * Ids of bridges and channels mean nothing to anybody: the shape is named.
 */
static void
attended_transfer(struct queue_log *log, const struct line *line, struct dialect_result *res)
{
	bool is_link = str_is(line->arg[0], "LINK");
	bool is_app = str_is(line->arg[0], "APP") && line->arg[1].n > 0;

	(void)log;
	give(res, M_TO_EXTERNAL, line->arg[is_app]);
	give_length(res, M_TALK_MS, line->arg[is_link ? 4 : 3]);
}

static void
pause_if_paused(struct queue_log *log, const struct line *line, struct dialect_result *res)
{
	if (!str_is(line->arg[0], "PAUSED"))
		return;
	begin(log, line, EV_STATE, HAS(AGENT), res);
	give(res, M_STATE, STR_LIT("paused"));
}

static void
give_reason(struct queue_log *log, const struct line *line, struct dialect_result *res)
{
	(void)log;
	if (line->arg[0].n > 0)
		give(res, M_REASON, line->arg[0]);
}

/*
 * A pause in one queue is taken for a pause: an agent has one state, and who
 * does not take a queue's calls is better seen paused than available.
 *
 * AGENTDUMP: the agent heard the announcement and hung up on the caller, who
 * goes on waiting (app_queue.c of 22.10: try_calling() says 0, and the loop
 * around it tries the next).  SYSCOMPAT: the two channels could not be joined;
 * that ends the visit with no other line, before any CONNECT and not by the
 * caller's will, so it flowed out for want of an agent.
 */
static const struct verb verbs[] = {
	{ "ENTERQUEUE", EV_QUEUED, CALL, .more = name_visit },
	{ "CONNECT", EV_ANSWERED, TAKEN, .wait = 1 },
	{ "COMPLETEAGENT", EV_ENDED, TAKEN, .talk = 2, .member = M_BY, .word = "agent" },
	{ "COMPLETECALLER", EV_ENDED, TAKEN, .talk = 2, .member = M_BY, .word = "customer" },
	{ "BLINDTRANSFER", EV_TRANSFERRED, TAKEN, .talk = 4, .more = blind_transfer },
	{ "TRANSFER", EV_TRANSFERRED, TAKEN, .talk = 4, .more = blind_transfer },
	{ "ATTENDEDTRANSFER", EV_TRANSFERRED, TAKEN, .more = attended_transfer },
	{ "RINGNOANSWER", EV_MISSED, .gives = TAKEN },
	{ "ABANDON", EV_ABANDONED, TAKEN, .wait = 3 },
	{ "EXITWITHTIMEOUT", EV_FLOWED_OUT, CALL, .wait = 3, .member = M_REASON,
	    .word = "timeout" },
	{ "EXITEMPTY", EV_FLOWED_OUT, CALL, .wait = 3, .member = M_REASON, .word = "no_agent" },
	{ "EXITWITHKEY", EV_FLOWED_OUT, CALL, .wait = 4, .member = M_REASON, .word = "key" },
	{ "WITHDRAW", EV_FLOWED_OUT, CALL, .wait = 3, .member = M_REASON, .word = "withdrawn" },
	{ "AGENTDUMP", EV_MISSED, .gives = TAKEN },
	{ "SYSCOMPAT", EV_FLOWED_OUT, CALL, .member = M_REASON, .word = "no_agent" },
	{ "ADDMEMBER", EV_JOINED, HAS(QUEUE) | HAS(AGENT), .more = pause_if_paused },
	{ "REMOVEMEMBER", EV_LEFT, .gives = HAS(QUEUE) | HAS(AGENT) },
	{ "PAUSE", EV_STATE, HAS(AGENT), .member = M_STATE, .word = "paused", .more = give_reason },
	{ "PAUSEALL", EV_STATE, HAS(AGENT), .member = M_STATE, .word = "paused",
	    .more = give_reason },
	{ "UNPAUSE", EV_STATE, HAS(AGENT), .member = M_STATE, .word = "available" },
	{ "UNPAUSEALL", EV_STATE, HAS(AGENT), .member = M_STATE, .word = "available" },
	{ "AGENTLOGIN", EV_LOGIN, .gives = HAS(AGENT) },
	{ "AGENTLOGOFF", EV_LOGOUT, .gives = HAS(AGENT) },
	{ "AGENTCALLBACKLOGIN", EV_LOGIN, .gives = HAS(AGENT) },
	{ "AGENTCALLBACKLOGOFF", EV_LOGOUT, .gives = HAS(AGENT) },
	{ "QUEUESTART", EV_RESTARTED, .gives = 0 },
};

/* RINGCANCELED: the caller hung up while it rang; the ABANDON follows. */
static const char *const silent_verbs[] = { "CONFIGRELOAD", "DID", "INFO", "OUTCALL", "PENALTY",
	"RINGCANCELED", "RINGINUSE" };

static const struct verb *
find_verb(struct str name)
{
	size_t i;

	for (i = 0; i < COUNTOF(verbs); i++)
		if (str_is(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static bool
is_silent(struct str name)
{
	size_t i;

	for (i = 0; i < COUNTOF(silent_verbs); i++)
		if (str_is(name, silent_verbs[i]))
			return true;
	return false;
}

/* Takes the text up to the next '|' off the front of rest. */
static struct str
take_field(struct str *rest)
{
	const char *bar = rest->n > 0 ? memchr(rest->p, '|', rest->n) : NULL;
	struct str field = *rest;

	if (bar == NULL) {
		*rest = STR_NONE;
		return field;
	}
	field.n = bar - rest->p;
	*rest = (struct str){ bar + 1, rest->n - field.n - 1 };
	return field;
}

static bool
split(struct str text, struct line *line)
{
	int64_t seconds;

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	line->time = take_field(&text);
	line->call = take_field(&text);
	line->queue = take_field(&text);
	line->agent = take_field(&text);
	line->verb = take_field(&text);
	if (line->verb.n == 0 || !parse_seconds(line->time, &seconds))
		return false;
	for (unsigned i = 0; i < ARGS_MAX; i++)
		line->arg[i] = take_field(&text);
	line->at = seconds * MSEC_PER_SEC;
	return true;
}

static void
translate(struct queue_log *log, const struct verb *verb, const struct line *line,
    struct dialect_result *res)
{
	begin(log, line, verb->event, verb->gives, res);
	if (verb->word != NULL)
		give(res, verb->member, str_of(verb->word));
	if (verb->wait > 0)
		give_length(res, M_WAIT_MS, line->arg[verb->wait - 1]);
	if (verb->talk > 0)
		give_length(res, M_TALK_MS, line->arg[verb->talk - 1]);
	if (verb->more != NULL && res->why == REFUSAL_NONE)
		verb->more(log, line, res);
}

/* One event that is not whole refuses the line. */
static void
check_all(struct queue_log *log, struct dialect_result *res)
{
	enum event_member member;
	enum refusal why;
	unsigned i;

	for (i = 0; i < res->n && res->why == REFUSAL_NONE; i++) {
		why = event_check(&res->ev[i], &member);
		if (why != REFUSAL_NONE)
			refuse(res, why, member);
	}
	if (res->why != REFUSAL_NONE) {
		res->n = 0;
		res->source = (struct str){ log->source, log->source_len };
	}
}

static void
queue_log_decode(
    void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	struct queue_log *log = state;
	const struct verb *verb;
	struct line line;

	(void)received;
	res->n = 0;
	res->why = REFUSAL_NONE;
	res->source = res->detail = STR_NONE;
	if (len > EVENT_BODY_MAX)
		res->why = REFUSAL_OVERSIZED;
	else if (!split((struct str){ msg, len }, &line))
		res->why = REFUSAL_NOT_LINE;
	else if ((verb = find_verb(line.verb)) != NULL)
		translate(log, verb, &line, res);
	else if (!is_silent(line.verb))
		res->detail = line.verb;
	check_all(log, res);
}

static void *
queue_log_open(const char *source)
{
	struct queue_log *log;
	size_t len = 0;

	if (source == NULL || (len = strlen(source)) > NAME_MAX_BYTES ||
	    name_check((struct str){ source, len }, 1, NAME_MAX_BYTES) != REFUSAL_NONE) {
		errno = EINVAL;
		return NULL;
	}
	log = malloc(sizeof *log);
	if (log == NULL)
		return NULL;
	memcpy(log->source, source, len);
	log->source_len = len;
	return log;
}

static void
queue_log_close(void *state)
{
	free(state);
}

const struct dialect dialect_queue_log = {
	.name = "queue_log",
	.text = "Asterisk's queue_log, one line a message; needs a source of its own",
	.needs_source = true,
	.open = queue_log_open,
	.close = queue_log_close,
	.decode = queue_log_decode,
};
