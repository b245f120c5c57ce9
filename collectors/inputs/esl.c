/* SPDX-License-Identifier: MIT */
/*
 * esl.c: FreeSWITCH's event socket, as one who only listens.
 *
 *	GREETING > AUTH > SUBSCRIBE > [NAMES] > AGENTS > TIERS > MEMBERS ... > CHANNELS
 *	                                 ^                                        |
 *	                                 +--- each minute --- LIVE <> ALIVE <----- END
 *
 * One question at a time, each a row below; its answers come in order, and
 * events in between.  The dialect is given events as they are (JSON), and
 * each list after a line that says which: "list agents".  "list done" is
 * said only when all of them came; of a round of which one was refused or
 * too long nobody may conclude that a call is gone.
 *
 * Silence is noticed in two ways: the answer to a question each five seconds
 * shows that FreeSWITCH lives, and its HEARTBEAT that events still come here.
 */
#include "collectors/inputs/trunk.h"
#include "ccmon/clock.h"
#include "ccmon/json.h"
#include "ccmon/secret.h"

#include <stdio.h>
#include <stdlib.h>

#define ASK_EVERY INT64_C(5000) /* ms */
#define LIST_EVERY INT64_C(60000) /* ms */
#define BEAT INT64_C(65000) /* ms; three times event-heartbeat-interval's 20 s, and a bit */
#define COMMAND_MAX 1024 /* bytes; the names and the secret have limits of their own */
#define QUEUES_MAX 4096 /* each is a question */

enum step {
	GREETING,
	AUTH,
	SUBSCRIBE,
	NAMES,
	AGENTS,
	TIERS,
	MEMBERS,
	CHANNELS,
	END,
	LIVE,
	ALIVE,
};

struct esl {
	const struct input_options *options;
	struct trunk *trunk;
	struct json_tree *tree;
	enum step step;
	msec_t list_at, ask_at, beat_by;
	char **names; /* of all queues, NULL-ended; ours, where none are set */
	char *const *queue; /* the one that is asked for, or to be asked for next */
	struct out text; /* what the dialect is given */
	struct log_complaint refused; /* a list */
};

static const struct {
	const char *what; /* for people */
	const char *command; /* NULL: not by this table */
	const char *list; /* what the dialect knows the answer by; NULL: it gets none */
	enum step next;
} steps[] = {
	[GREETING] = { "our call", NULL, NULL, AUTH },
	[AUTH] = { "the password", NULL, NULL, SUBSCRIBE },
	/* what stands behind CUSTOM are its subclasses */
	[SUBSCRIBE] = { "the subscription",
	    "event json CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE "
	    "CHANNEL_HANGUP_COMPLETE HEARTBEAT CUSTOM callcenter::info",
	    NULL, NAMES },
	[NAMES] = { "queue list", "api callcenter_config queue list", NULL, AGENTS },
	[AGENTS] = { "agent list", "api callcenter_config agent list", "agents", TIERS },
	[TIERS] = { "tier list", "api callcenter_config tier list", "tiers", MEMBERS },
	[MEMBERS] = { "queue list members", "api callcenter_config queue list members", "members",
	    MEMBERS },
	[CHANNELS] = { "show channels", "api show channels as json", "channels", END },
	[ALIVE] = { "uptime", "api uptime s", "alive", LIVE },
};

/* ---- asking */

/* A name with blanks stands in quotes. */
static void
say(struct esl *in, const char *command, const char *queue)
{
	const char *quote = queue != NULL && strchr(queue, ' ') != NULL ? "'" : "";
	char text[COMMAND_MAX];
	int n = snprintf(text, sizeof(text), "%s%s%s%s%s\n\n", command, queue != NULL ? " " : "",
	    quote, queue != NULL ? queue : "", quote);

	trunk_say(in->trunk, (struct str){ text, (uint32_t)n });
}

static void
say_password(struct esl *in)
{
	char text[COMMAND_MAX], *secret = trunk_secret(in->trunk);
	int n;

	if (secret == NULL)
		return;
	n = snprintf(text, sizeof(text), "auth %s\n\n", secret);
	trunk_say(in->trunk, (struct str){ text, (uint32_t)n });
	explicit_bzero(text, sizeof(text));
	secret_free(secret);
}

/* Of the steps of a round those are left out for which there is nothing to ask. */
static enum step
step_after(struct esl *in, enum step step)
{
	enum step next = steps[step].next;

	if (step == MEMBERS)
		in->queue++;
	if (next == NAMES && in->options->settings->queues != NULL) {
		in->queue = in->options->settings->queues;
		next = AGENTS;
	}
	return next == MEMBERS && *in->queue == NULL ? CHANNELS : next;
}

static void
begin(struct esl *in, enum step step)
{
	in->step = step;
	trunk_heard(in->trunk);
	if (step == LIVE) {
		in->ask_at = clock_mono() + ASK_EVERY;
		trunk_well(in->trunk);
	}
	if (step == LIVE || step == END)
		return;
	trunk_await(in->trunk, steps[step].what);
	if (step == AUTH)
		say_password(in);
	else if (steps[step].command != NULL)
		say(in, steps[step].command, step == MEMBERS ? *in->queue : NULL);
}

static void
on_up(void *arg)
{
	struct esl *in = arg;

	in->beat_by = clock_mono() + BEAT;
	begin(in, GREETING);
}

/* ---- what the dialect is given */

static void
begin_list(struct esl *in, const char *what, const char *queue)
{
	out_reset(&in->text);
	out_printf(
	    &in->text, "list %s%s%s\n", what, queue != NULL ? " " : "", queue != NULL ? queue : "");
}

static void
give_list(struct esl *in)
{
	if (in->text.failed)
		trunk_fail(in->trunk, "out of memory");
	else
		trunk_give(in->trunk, (struct str){ in->text.buf, (uint32_t)in->text.len });
}

/* ---- lists: lines with | between the columns, the first names them */

/* The next line with its end; false: there is none. */
static bool
next_line(struct str *text, struct str *line)
{
	const char *nl = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;

	*line = (struct str){ text->p, nl != NULL ? (uint32_t)(nl + 1 - text->p) : text->n };
	text->p += line->n;
	text->n -= line->n;
	return line->n > 0;
}

static struct str
first_column(struct str line)
{
	uint32_t n = 0;

	while (n < line.n && line.p[n] != '|' && line.p[n] != '\n')
		n++;
	return (struct str){ line.p, n };
}

/* The lines that say who answers in a queue that is wanted, and those that say
 * something else: the columns' names, "+OK". */
static void
put_tiers(struct esl *in, struct str body)
{
	struct str line;

	while (next_line(&body, &line))
		if (memchr(line.p, '|', line.n) == NULL || str_begins(line, "queue|") ||
		    trunk_wants(in->trunk, first_column(line)))
			out_bytes(&in->text, line.p, line.n);
}

static void
forget_names(struct esl *in)
{
	for (char **name = in->names; name != NULL && *name != NULL; name++)
		free(*name);
	free(in->names);
	in->names = NULL;
}

/* Can it be said in a command?  FreeSWITCH has no way to write a quote. */
static bool
is_sayable(struct str name)
{
	for (uint32_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == '\'' || name.p[i] == '\\')
			return false;
	return name.n > 0 && name.n < NAME_MAX_BYTES;
}

/* NULL, or why they cannot be asked for one by one. */
static const char *
note_names(struct esl *in, struct str body)
{
	struct str line, name;
	size_t n = 0;

	forget_names(in);
	if ((in->names = calloc(QUEUES_MAX + 1, sizeof(*in->names))) == NULL)
		return "out of memory";
	in->queue = in->names;
	while (next_line(&body, &line)) {
		name = first_column(line);
		if (name.n == line.n || line.p[name.n] != '|' || str_begins(line, "name|"))
			continue;
		if (n == QUEUES_MAX || !is_sayable(name))
			return n == QUEUES_MAX ? "too many queues"
			                       : "a queue's name is too long, or has quotes";
		if ((in->names[n++] = strndup(name.p, name.n)) == NULL)
			return "out of memory";
	}
	return NULL;
}

/* Nothing follows from the others then: all again in a minute. */
static void
give_round_up(struct esl *in, const char *why)
{
	log_complain(&in->refused, clock_mono(), "esl",
	    "collector %s: FreeSWITCH's %s cannot be used: %s; all is listed again in a minute",
	    in->options->collector, steps[in->step].what, why);
	in->list_at = clock_mono() + LIST_EVERY;
	begin(in, LIVE);
}

static void
take_list(struct esl *in, struct str body)
{
	const char *why = NULL;

	if (in->step == NAMES)
		why = note_names(in, body);
	if (why != NULL) {
		give_round_up(in, why);
		return;
	}
	if (steps[in->step].list != NULL) {
		begin_list(in, steps[in->step].list, in->step == MEMBERS ? *in->queue : NULL);
		if (in->step == TIERS)
			put_tiers(in, body);
		else
			out_bytes(&in->text, body.p, body.n);
		give_list(in);
	}
	begin(in, step_after(in, in->step));
}

static void
take_answer(struct esl *in, const struct stanza *s)
{
	if (in->step < NAMES || in->step == LIVE || in->step == END)
		trunk_pass_over(in->trunk); /* nobody asked */
	else if (s->kind == STANZA_OVERSIZED)
		give_round_up(in, "it is longer than 1 MiB");
	else if (str_begins(s->body, "-"))
		give_round_up(in, log_quote(s->body));
	else
		take_list(in, s->body);
}

/* ---- what comes, by its Content-Type */

static void
take_request(struct esl *in, const struct stanza *s)
{
	(void)s;
	if (in->step == GREETING)
		begin(in, AUTH);
}

static void
take_reply(struct esl *in, const struct stanza *s)
{
	struct str text = stanza_value(s->head, "Reply-Text");

	if (in->step != AUTH && in->step != SUBSCRIBE)
		return;
	if (str_begins(text, "+OK"))
		begin(in, step_after(in, in->step));
	else if (in->step == AUTH)
		trunk_refused(in->trunk,
		    "refuses our password (%s): compare %s with password in event_socket.conf.xml",
		    log_quote(text), in->options->settings->secret_file);
	else
		trunk_refused(in->trunk, "refuses the subscription (%s)", log_quote(text));
}

static struct str
text_of(const struct json_node *event, const char *key)
{
	const struct json_node *node = event->child;

	for (; node != NULL; node = node->next)
		if (str_is_any_case(node->key, key))
			return node->type == JSON_TEXT ? node->text : STR_NONE;
	return STR_NONE;
}

static void
take_event(struct esl *in, const struct stanza *s)
{
	const struct json_node *event = NULL;
	struct str queue = STR_NONE;

	if (s->kind == STANZA_OVERSIZED || s->body.n > EVENT_BODY_MAX) {
		trunk_refuse(in->trunk, REFUSAL_OVERSIZED, s->body);
		return;
	}
	event = json_tree_parse(in->tree, s->body.p, s->body.n);
	if (event != NULL && str_is_any_case(text_of(event, "Event-Name"), "HEARTBEAT"))
		in->beat_by = clock_mono() + BEAT;
	if (event != NULL)
		queue = text_of(event, "CC-Queue");
	if (queue.n > 0 && !trunk_wants(in->trunk, queue))
		trunk_pass_over(in->trunk);
	else
		trunk_give(in->trunk, s->body); /* what is no JSON is refused there */
}

static void
take_notice(struct esl *in, const struct stanza *s)
{
	trunk_fail(in->trunk, "it ends the connection: %s", log_quote(s->body));
}

static void
take_rejection(struct esl *in, const struct stanza *s)
{
	trunk_refused(in->trunk,
	    "lets nobody in from this address (%s): apply-inbound-acl in event_socket.conf.xml",
	    log_quote(s->body));
}

static const struct {
	const char *type;
	void (*take)(struct esl *, const struct stanza *);
} types[] = {
	{ "auth/request", take_request },
	{ "command/reply", take_reply },
	{ "api/response", take_answer },
	{ "text/event-json", take_event },
	{ "text/disconnect-notice", take_notice },
	{ "text/rude-rejection", take_rejection },
};

static void
take_unknown(struct esl *in, const struct stanza *s)
{
	if (in->step == GREETING)
		trunk_refused(in->trunk,
		    "is no FreeSWITCH event socket: it says %s; look at address, and at "
		    "listen-port in event_socket.conf.xml",
		    log_quote(s->head));
	else
		trunk_refuse(in->trunk,
		    s->kind == STANZA_OVERSIZED ? REFUSAL_OVERSIZED : REFUSAL_NOT_LINE, s->head);
}

static void
on_stanza(void *arg, const struct stanza *s)
{
	struct esl *in = arg;
	struct str type = stanza_value(s->head, "Content-Type");

	for (size_t i = 0; i < COUNTOF(types); i++)
		if (str_is_any_case(type, types[i].type)) {
			types[i].take(in, s);
			return;
		}
	take_unknown(in, s);
}

/* ---- what is due */

/* Said here, and not behind the last list: that one may have filled the disk. */
static void
end_round(struct esl *in, msec_t now)
{
	begin_list(in, "done", NULL);
	give_list(in);
	log_release(&in->refused, "esl", "collector %s: FreeSWITCH lists all again",
	    in->options->collector);
	in->list_at = now + LIST_EVERY;
	begin(in, LIVE);
}

static void
ask_next(struct esl *in, msec_t now)
{
	if (now >= in->list_at)
		begin(in, step_after(in, SUBSCRIBE));
	else if (now >= in->ask_at)
		begin(in, ALIVE);
}

static msec_t
earliest(msec_t a, msec_t b, msec_t c)
{
	msec_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static msec_t
on_turn(void *arg, msec_t now)
{
	struct esl *in = arg;

	if (now >= in->beat_by) {
		trunk_fail(in->trunk, "no HEARTBEAT for %d seconds", (int)(BEAT / MSEC_PER_SEC));
		return MSEC_NEVER;
	}
	if (in->step == END)
		end_round(in, now);
	if (in->step == LIVE)
		ask_next(in, now);
	return in->step == LIVE ? earliest(in->list_at, in->ask_at, in->beat_by) : in->beat_by;
}

/* ---- life */

static void
esl_close(void *it)
{
	struct esl *in = it;

	trunk_close(in->trunk);
	json_tree_free(in->tree);
	forget_names(in);
	out_fini(&in->text);
	free(in);
}

static int
check_queues(const struct input_options *o)
{
	for (char **q = o->settings->queues; q != NULL && *q != NULL; q++)
		if (!is_sayable(str_of(*q))) {
			log_error("input",
			    "collector %s: a queue cannot be called %s: it has quotes or a control "
			    "character",
			    o->collector, log_quote(str_of(*q)));
			return EXIT_CONFIG;
		}
	return 0;
}

static int
esl_open(void **out, const struct input_options *o)
{
	struct esl *in = calloc(1, sizeof(*in));
	struct trunk_options t = { .input = o,
		.token = "esl",
		.peer = "FreeSWITCH's event socket",
		.stanzas = { .has_bodies = true },
		.up = on_up,
		.take = on_stanza,
		.turn = on_turn,
		.arg = in };
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = o;
	out_init(&in->text);
	in->tree = json_tree_new(EVENT_BODY_MAX);
	if (in->tree != NULL)
		json_tree_allow_repeats(in->tree);
	code = in->tree == NULL ? EXIT_TROUBLE : check_queues(o);
	if (code == 0)
		code = trunk_open(&in->trunk, &t);
	if (code != 0)
		esl_close(in);
	else
		*out = in;
	return code;
}

static void
esl_pause(void *it)
{
	trunk_pause(((struct esl *)it)->trunk);
}

static void
esl_resume(void *it)
{
	struct esl *in = it;

	if (trunk_resume(in->trunk))
		in->beat_by = clock_mono() + BEAT;
}

static void
esl_reload(void *it)
{
	trunk_retry(((struct esl *)it)->trunk);
}

const struct input_kind input_esl = {
	.open = esl_open,
	.close = esl_close,
	.pause = esl_pause,
	.resume = esl_resume,
	.reload = esl_reload,
};
