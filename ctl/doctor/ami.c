/* SPDX-License-Identifier: MIT */
/*
 * ami.c: goes the way of an ami input once, and says where it ends and
 * which line of Asterisk's manager.conf mends it.  It asks for lists only; of
 * manager.conf it reads, where it may, the general section and the user's own,
 * and of those only what is named here: the secret stands there, too.
 */
#include "doctor.h"

#include <ccmon/event.h>
#include <ccmon/secret.h>

#include "probe.h"

#define CHECK "ami"
#define BANNER "Asterisk Call Manager/"
#define LIST_MAX 100000 /* stanzas of an answer */

struct ami {
	struct doctor *d;
	const struct input_settings *in;
	struct probe probe;
	bool sees_config; /* it may read manager.conf */
};

/* What the input wants, and what is missing without it. */
static const struct {
	const char *word;
	const char *without;
	enum finding finding;
} rights[] = {
	{ "agent", "no agent is seen, and no answer", FINDING_FAIL },
	{ "call", "hold and transfers are not seen", FINDING_FAIL },
	{ "dialplan", "who waited too long, or found nobody there, counts as abandoned",
	    FINDING_FAIL },
	{ "system", "a restart of Asterisk is seen late", FINDING_HINT },
};

static bool
cannot(struct ami *a, const char *doing)
{
	doctor_say(a->d, FINDING_FAIL, CHECK, "%s: %s: %s: %s", a->in->source, a->in->address,
	    doing, a->probe.why);
	return false;
}

/* ---- connect, log in */

static bool
greet(struct ami *a)
{
	static const struct stanzas_options o = { .greets = true };
	struct str line;

	if (!probe_open(&a->probe, a->in->address, &o)) {
		doctor_say(a->d, FINDING_FAIL, CHECK,
		    "%s: cannot connect to %s: %s.  Is Asterisk running?  In manager.conf, "
		    "[general]: enabled = yes and bindaddr, port for that address",
		    a->in->source, a->in->address, a->probe.why);
		return false;
	}
	if (!probe_hear(&a->probe))
		return cannot(a, "no greeting");
	line = a->probe.stanza.head;
	if (line.n > strlen(BANNER) && memcmp(line.p, BANNER, strlen(BANNER)) == 0)
		return true;
	doctor_say(a->d, FINDING_FAIL, CHECK,
	    "%s: what answers at %s is no Asterisk manager: is its port another?", a->in->source,
	    a->in->address);
	return false;
}

/* The answer to the action just sent, past the events that come between. */
static bool
hear_response(struct ami *a)
{
	for (int i = 0; i < LIST_MAX; i++) {
		if (!probe_hear(&a->probe))
			return false;
		if (probe_value(&a->probe, "Response").p != NULL)
			return true;
	}
	(void)snprintf(a->probe.why, sizeof(a->probe.why), "events, but no answer");
	return false;
}

static bool
log_in(struct ami *a, const char *secret)
{
	if (!probe_say(&a->probe,
	        "Action: Login\r\nUsername: %s\r\nSecret: %s\r\nEvents: off\r\n\r\n",
	        a->in->username, secret) ||
	    !hear_response(a))
		return cannot(a, "logging in");
	if (probe_is(&a->probe, "Response", "Success"))
		return true;
	doctor_say(a->d, FINDING_FAIL, CHECK,
	    "%s: %s refuses user %s: %.*s.  manager.conf must have [%s] with secret = as in %s, "
	    "and no deny for this machine; then: asterisk -rx 'manager reload'",
	    a->in->source, a->in->address, a->in->username,
	    STR_ARG(probe_value(&a->probe, "Message")), a->in->username, a->in->secret_file);
	return false;
}

/* ---- what the user may do */

static bool
look_at_actions(struct ami *a)
{
	if (!probe_say(&a->probe, "Action: ListCommands\r\n\r\n") || !hear_response(a))
		return cannot(a, "listing what may be asked");
	a->sees_config = probe_value(&a->probe, "GetConfig").p != NULL;
	if (probe_value(&a->probe, "CoreShowChannels").p == NULL)
		doctor_say(a->d, FINDING_FAIL, CHECK,
		    "%s: user %s may not ask for the channels: calls that end while the line is "
		    "down are not found.  manager.conf, [%s]: write = reporting,system",
		    a->in->source, a->in->username, a->in->username);
	else if (probe_value(&a->probe, "Filter").p == NULL)
		doctor_say(a->d, FINDING_HINT, CHECK,
		    "%s: user %s may not filter: events nobody needs come, too.  manager.conf, "
		    "[%s]: write = reporting,system",
		    a->in->source, a->in->username, a->in->username);
	if (probe_value(&a->probe, "QueueStatus").p != NULL)
		return true;
	doctor_say(a->d, FINDING_FAIL, CHECK,
	    "%s: this Asterisk has no queues: asterisk -rx 'module load app_queue.so'",
	    a->in->source);
	return false;
}

/* ---- manager.conf */

/* Does a list of words hold this one, or all? */
static bool
lists(struct str list, const char *word)
{
	uint32_t n;

	for (; list.n > 0; list.p += n, list.n -= n) {
		for (n = 0; n < list.n && list.p[n] != ',' && list.p[n] != ' ';)
			n++;
		if ((n == strlen(word) && strncasecmp(list.p, word, n) == 0) ||
		    (n == 3 && strncasecmp(list.p, "all", n) == 0))
			return true;
		n += n < list.n;
	}
	return false;
}

/* The next line of the answer to GetConfig that is a setting: "name=value". */
static bool
next_setting(struct str *head, struct str *name, struct str *value)
{
	struct str line;
	const char *nl, *colon, *equals;

	for (; head->n > 0;) {
		nl = memchr(head->p, '\n', head->n);
		line = (struct str){ head->p, nl != NULL ? (uint32_t)(nl - head->p) : head->n };
		head->p += line.n + (nl != NULL);
		head->n -= line.n + (nl != NULL);
		if (line.n < 5 || strncasecmp(line.p, "Line-", 5) != 0 ||
		    (colon = memchr(line.p, ':', line.n)) == NULL ||
		    (equals = memchr(colon, '=', (size_t)(line.p + line.n - colon))) == NULL)
			continue;
		while (++colon < equals && *colon == ' ')
			;
		*name = (struct str){ colon, (uint32_t)(equals - colon) };
		*value = (struct str){ equals + 1, (uint32_t)(line.p + line.n - equals - 1) };
		while (value->n > 0 && value->p[value->n - 1] <= ' ')
			value->n--;
		return true;
	}
	return false;
}

/* A setting of a section, the last of that name; STR_NONE.  False: the section
 * cannot be read. */
static bool
ask_config(struct ami *a, const char *section)
{
	return probe_say(&a->probe,
	           "Action: GetConfig\r\nFilename: manager.conf\r\nCategory: %s\r\n\r\n",
	           section) &&
	       hear_response(a) && probe_is(&a->probe, "Response", "Success");
}

static struct str
setting(const struct ami *a, const char *wanted)
{
	struct str head = a->probe.stanza.head, name, value, found = STR_NONE;

	while (next_setting(&head, &name, &value))
		if (str_is_any_case(name, wanted))
			found = value;
	return found;
}

static bool
is_true(struct str value)
{
	static const char *const words[] = { "yes", "true", "y", "t", "1", "on" };

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_is_any_case(value, words[i]))
			return true;
	return false;
}

static void
look_at_reading(struct ami *a)
{
	struct str list = setting(a, "read");

	for (size_t i = 0; i < COUNTOF(rights); i++)
		if (!lists(list, rights[i].word))
			doctor_say(a->d, rights[i].finding, CHECK,
			    "%s: user %s may not read %s: %s.  manager.conf, [%s]: "
			    "read = agent,call,dialplan,system",
			    a->in->source, a->in->username, rights[i].word, rights[i].without,
			    a->in->username);
}

static void
look_at_config(struct ami *a)
{
	if (!a->sees_config || !ask_config(a, "general")) {
		doctor_say(a->d, FINDING_HINT, CHECK,
		    "%s: cannot look into manager.conf, which takes write = reporting,system; it "
		    "should have timestampevents = yes and, for %s, read = "
		    "agent,call,dialplan,system",
		    a->in->source, a->in->username);
		return;
	}
	if (!is_true(setting(a, "timestampevents")))
		doctor_say(a->d, FINDING_WARN, CHECK,
		    "%s: events do not say when they happened, so theirs is the time they come.  "
		    "manager.conf, [general]: timestampevents = yes",
		    a->in->source);
	if (ask_config(a, a->in->username))
		look_at_reading(a);
}

/* ---- queues */

static bool
is_wanted(const struct ami *a, struct str queue)
{
	char **q = a->in->queues;

	if (q == NULL)
		return true;
	for (; *q != NULL; q++)
		if (str_is(queue, *q))
			return true;
	return false;
}

static void
say_queues(struct ami *a, size_t queues, size_t members, size_t callers)
{
	if (queues == 0)
		doctor_say(a->d, FINDING_WARN, CHECK, "%s: %s: no queue%s; see queues.conf",
		    a->in->source, a->in->address,
		    a->in->queues != NULL ? " of those in queues" : " is there");
	else if (members == 0)
		doctor_say(a->d, FINDING_WARN, CHECK,
		    "%s: %s: %zu queues, and no agent is a member of them", a->in->source,
		    a->in->address, queues);
	else
		doctor_say(a->d, FINDING_OK, CHECK,
		    "%s: %s: user %s sees %zu queues, %zu members, %zu callers waiting",
		    a->in->source, a->in->address, a->in->username, queues, members, callers);
}

static bool
look_at_queues(struct ami *a)
{
	static const char *const events[] = { "QueueParams", "QueueMember", "QueueEntry" };
	size_t seen[COUNTOF(events)] = { 0 };

	if (!probe_say(&a->probe, "Action: QueueStatus\r\n\r\n") || !hear_response(a))
		return cannot(a, "asking for the queues");
	for (int i = 0; i < LIST_MAX; i++) {
		if (!probe_hear(&a->probe))
			return cannot(a, "listing the queues");
		if (probe_is(&a->probe, "Event", "QueueStatusComplete"))
			break;
		for (size_t e = 0; e < COUNTOF(events); e++)
			seen[e] += probe_is(&a->probe, "Event", events[e]) &&
			           is_wanted(a, probe_value(&a->probe, "Queue"));
	}
	say_queues(a, seen[0], seen[1], seen[2]);
	return true;
}

/* ---- all of it */

static void
examine(struct ami *a, const char *secret)
{
	if (!greet(a) || !log_in(a, secret) || !look_at_actions(a))
		return;
	look_at_config(a);
	if (!look_at_queues(a) || !probe_say(&a->probe, "Action: Logoff\r\n\r\n") ||
	    !hear_response(a))
		return; /* it is left either way */
}

void
doctor_ami(struct doctor *d, const struct doctor_input *i)
{
	struct ami a = { .d = d, .in = i->in, .probe.fd = -1 };
	char *secret = doctor_secret(d, CHECK, i);

	if (secret != NULL)
		examine(&a, secret);
	probe_close(&a.probe);
	secret_free(secret);
}
