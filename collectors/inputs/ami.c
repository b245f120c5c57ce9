/* SPDX-License-Identifier: MIT */
/*
 * ami.c: Asterisk's manager interface (AMI), as one who only listens.
 *
 *	GREETING > LOGIN > FILTER > EVENTS > QUEUES > CHANNELS > STATUS > LIVE <> PING
 *	                        \_> FEWER _/    ^________________________/
 *
 * One question at a time, each a row below; events come in between.  Logged in
 * with those of the system alone (FullyBooted says since when Asterisk runs), we
 * ask for only those that matter, by a filter in the switch; who may not set
 * one gets more of them, and no word of dialplan.  Then everything is listed:
 * what became of calls while the line was down is for the dialect to find out.
 * So the order of the lists is its, too.
 *
 * What goes to the dialect are stanzas as they came: events, and what the lists
 * and the pings were answered.  A ping each five seconds keeps the feed's
 * heartbeat; one that is not answered is the end of the line.
 *
 * Asterisk lets itself be called before it has loaded its queues; it says
 * FullyBooted once more then, and all is listed again.
 */
#include "collectors/inputs/trunk.h"
#include "ccmon/clock.h"
#include "ccmon/secret.h"

#include <stdio.h>
#include <stdlib.h>

#define PING_EVERY INT64_C(5000) /* ms */
#define LIST_AGAIN INT64_C(60000) /* ms; after a list that was refused */
#define ACTION_MAX 1024 /* bytes; the names and the secret have limits of their own */
#define GREETING_WORDS "Asterisk Call Manager/"

/* What reads the whole text of an event, which begins so: manager.c,
 * should_send_event (Asterisk 22). */
#define EVENTS_WANTED                                                                              \
	"^Event: (Queue(Caller|Member)|Agent"                                                      \
	"|(Hold|Unhold|BlindTransfer|AttendedTransfer|Hangup|FullyBooted|Shutdown)[^A-Za-z]"       \
	"|VarSet.*Variable: QUEUESTATUS)"

enum step { GREETING, LOGIN, FILTER, EVENTS, FEWER, QUEUES, CHANNELS, STATUS, LIVE, PING };

struct ami {
	const struct input_options *options;
	struct trunk *trunk;
	enum step step;
	msec_t list_at, ping_at;
	struct log_complaint refused; /* a list */
};

static const struct {
	const char *what; /* for people */
	const char *id; /* ActionID */
	const char *action; /* what is asked; NULL: not by this table */
	const char *end; /* the event that ends the answer; NULL: the response is all of it */
	enum step next, otherwise; /* when it is refused */
	bool given; /* the answer is the dialect's */
} steps[] = {
	[GREETING] = { .what = "our call" },
	[LOGIN] = { "the login", "ccmon-login", NULL, NULL, FILTER, LOGIN, false },
	[FILTER] = { "Filter", "ccmon-filter", "Filter\r\nOperation: Add\r\nFilter: " EVENTS_WANTED,
	    NULL, EVENTS, FEWER, false },
	[EVENTS] = { "Events", "ccmon-events", "Events\r\nEventMask: agent,call,system,dialplan",
	    NULL, QUEUES, QUEUES, false },
	[FEWER] = { "Events", "ccmon-events", "Events\r\nEventMask: agent,call,system", NULL,
	    QUEUES, QUEUES, false },
	[QUEUES] = { "QueueStatus", "ccmon-queues", "QueueStatus", "QueueStatusComplete", CHANNELS,
	    LIVE, true },
	[CHANNELS] = { "CoreShowChannels", "ccmon-channels", "CoreShowChannels",
	    "CoreShowChannelsComplete", STATUS, LIVE, true },
	[STATUS] = { "CoreStatus", "ccmon-status", "CoreStatus", NULL, LIVE, LIVE, true },
	[PING] = { "a ping", "ccmon-ping", "Ping", NULL, LIVE, LIVE, true },
};

/* ---- asking */

static void
say(struct ami *in, const char *id, const char *action)
{
	char text[ACTION_MAX];
	int n = snprintf(text, sizeof(text), "Action: %s\r\nActionID: %s\r\n\r\n", action, id);

	trunk_say(in->trunk, (struct str){ text, (uint32_t)n });
}

static void
say_login(struct ami *in)
{
	char text[ACTION_MAX], *secret = trunk_secret(in->trunk);
	int n;

	if (secret == NULL)
		return;
	n = snprintf(text, sizeof(text),
	    "Action: Login\r\nActionID: %s\r\nUsername: %s\r\nSecret: %s\r\nEvents: system\r\n\r\n",
	    steps[LOGIN].id, in->options->settings->username, secret);
	trunk_say(in->trunk, (struct str){ text, (uint32_t)n });
	explicit_bzero(text, sizeof(text));
	secret_free(secret);
}

static void
begin(struct ami *in, enum step step)
{
	in->step = step;
	trunk_heard(in->trunk);
	if (step == LIVE) {
		trunk_well(in->trunk);
		return;
	}
	trunk_await(in->trunk, steps[step].what);
	if (step == LOGIN)
		say_login(in);
	else if (steps[step].action != NULL)
		say(in, steps[step].id, steps[step].action);
}

static void
on_up(void *arg)
{
	struct ami *in = arg;

	in->list_at = MSEC_NEVER;
	in->ping_at = clock_mono() + PING_EVERY;
	begin(in, GREETING);
}

static msec_t
on_turn(void *arg, msec_t now)
{
	struct ami *in = arg;

	if (in->step == LIVE && now >= in->list_at) {
		in->list_at = MSEC_NEVER;
		begin(in, QUEUES);
	} else if (in->step == LIVE && now >= in->ping_at) {
		in->ping_at = now + PING_EVERY;
		begin(in, PING);
	}
	if (in->step != LIVE)
		return MSEC_NEVER;
	return in->list_at < in->ping_at ? in->list_at : in->ping_at;
}

/* ---- answers */

static void
complain_of_login(struct ami *in, struct str message)
{
	const struct input_settings *s = in->options->settings;

	trunk_refused(in->trunk,
	    "does not let user %s in (%s): compare %s with secret, permit and deny of this "
	    "user in manager.conf",
	    log_quote(str_of(s->username)), log_quote(message), s->secret_file);
}

static void
take_refusal(struct ami *in, struct str message)
{
	if (in->step == LOGIN) {
		complain_of_login(in, message);
		return;
	}
	if (steps[in->step].otherwise == LIVE) {
		in->list_at = clock_mono() + LIST_AGAIN;
		log_complain(&in->refused, clock_mono(), "ami",
		    "collector %s: Asterisk refuses %s (%s): is app_queue loaded, and does user %s "
		    "have write = reporting in manager.conf?  It is asked again in a minute",
		    in->options->collector, steps[in->step].what, log_quote(message),
		    log_quote(str_of(in->options->settings->username)));
	}
	begin(in, steps[in->step].otherwise);
}

static void
go_on(struct ami *in)
{
	if (in->step == STATUS)
		log_release(&in->refused, "ami", "collector %s: Asterisk lists all again",
		    in->options->collector);
	begin(in, steps[in->step].next);
}

/* One that is late answers nothing any more. */
static bool
is_awaited(const struct ami *in, struct str head)
{
	const char *id = steps[in->step].id;

	return id != NULL && str_is_any_case(stanza_value(head, "ActionID"), id);
}

static void
take_response(struct ami *in, struct str head, struct str response)
{
	if (!is_awaited(in, head)) {
		trunk_pass_over(in->trunk);
		return;
	}
	trunk_await(in->trunk, steps[in->step].what);
	if (steps[in->step].given)
		trunk_give(in->trunk, head);
	if (str_is_any_case(response, "Error"))
		take_refusal(in, stanza_value(head, "Message"));
	else if (steps[in->step].end == NULL)
		go_on(in);
}

static void
take_event(struct ami *in, struct str head)
{
	struct str queue = stanza_value(head, "Queue"), event = stanza_value(head, "Event");
	bool is_awaited_one = is_awaited(in, head);

	if (queue.p != NULL && !trunk_wants(in->trunk, queue))
		trunk_pass_over(in->trunk);
	else
		trunk_give(in->trunk, head);
	if (is_awaited_one)
		trunk_await(in->trunk, steps[in->step].what); /* a long list goes on */
	if (is_awaited_one && steps[in->step].end != NULL &&
	    str_is_any_case(event, steps[in->step].end))
		go_on(in);
	if (str_is_any_case(event, "FullyBooted") && in->step >= QUEUES)
		in->list_at = clock_mono();
}

static void
take_greeting(struct ami *in, struct str line)
{
	if (str_begins(line, GREETING_WORDS))
		begin(in, LOGIN);
	else
		trunk_refused(in->trunk,
		    "is no Asterisk manager: it says %s; look at address, and at port in "
		    "manager.conf",
		    log_quote(line));
}

static void
on_stanza(void *arg, const struct stanza *s)
{
	struct ami *in = arg;
	struct str response;

	if (in->step == GREETING) {
		take_greeting(in, s->head);
		return;
	}
	if (s->kind != STANZA_WHOLE) {
		trunk_refuse(in->trunk,
		    s->kind == STANZA_NOISE ? REFUSAL_NOT_LINE : REFUSAL_OVERSIZED, s->head);
		return;
	}
	response = stanza_value(s->head, "Response");
	if (response.p != NULL)
		take_response(in, s->head, response);
	else
		take_event(in, s->head);
}

/* ---- life */

static void
ami_close(void *it)
{
	struct ami *in = it;

	trunk_close(in->trunk);
	free(in);
}

static int
ami_open(void **out, const struct input_options *o)
{
	struct ami *in = calloc(1, sizeof(*in));
	struct trunk_options t = { .input = o,
		.token = "ami",
		.peer = "Asterisk's manager",
		.stanzas = { .greets = true },
		.up = on_up,
		.take = on_stanza,
		.turn = on_turn,
		.arg = in };
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = o;
	code = trunk_open(&in->trunk, &t);
	if (code != 0)
		ami_close(in);
	else
		*out = in;
	return code;
}

static void
ami_pause(void *it)
{
	trunk_pause(((struct ami *)it)->trunk);
}

static void
ami_resume(void *it)
{
	(void)trunk_resume(((struct ami *)it)->trunk);
}

static void
ami_reload(void *it)
{
	trunk_retry(((struct ami *)it)->trunk);
}

const struct input_kind input_ami = {
	.open = ami_open,
	.close = ami_close,
	.pause = ami_pause,
	.resume = ami_resume,
	.reload = ami_reload,
};
