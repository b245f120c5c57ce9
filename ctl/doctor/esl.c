/* SPDX-License-Identifier: MIT */
/*
 * esl.c: goes the way of an esl input once: FreeSWITCH's event socket,
 * its password, mod_callcenter and what that knows.  It says where the way
 * ends, and which line of event_socket.conf.xml or callcenter.conf.xml mends
 * it.  It asks for lists only.
 */
#include "doctor.h"

#include <ccmon/event.h>
#include <ccmon/secret.h>

#include "probe.h"

#define CHECK "esl"

struct esl {
	struct doctor *d;
	const struct input_settings *in;
	struct probe probe;
};

static bool
cannot(struct esl *e, const char *doing)
{
	doctor_say(e->d, FINDING_FAIL, CHECK, "%s: %s: %s: %s", e->in->source, e->in->address,
	    doing, e->probe.why);
	return false;
}

/* ---- connect, log in */

static bool
greet(struct esl *e)
{
	static const struct stanzas_options o = { .has_bodies = true };

	if (!probe_open(&e->probe, e->in->address, &o)) {
		doctor_say(e->d, FINDING_FAIL, CHECK,
		    "%s: cannot connect to %s: %s.  Is FreeSWITCH running?  In modules.conf.xml: "
		    "<load module=\"mod_event_socket\"/>, in event_socket.conf.xml: listen-ip and "
		    "listen-port for that address",
		    e->in->source, e->in->address, e->probe.why);
		return false;
	}
	if (!probe_hear(&e->probe))
		return cannot(e, "no greeting");
	if (probe_is(&e->probe, "Content-Type", "auth/request"))
		return true;
	if (probe_is(&e->probe, "Content-Type", "text/rude-rejection"))
		doctor_say(e->d, FINDING_FAIL, CHECK,
		    "%s: %s turns this machine away.  In event_socket.conf.xml: <param "
		    "name=\"apply-inbound-acl\" value=\"loopback.auto\"/>, or a list of "
		    "acl.conf.xml with this machine; then: fs_cli -x 'reload mod_event_socket'",
		    e->in->source, e->in->address);
	else
		doctor_say(e->d, FINDING_FAIL, CHECK,
		    "%s: what answers at %s is no event socket: is its port another?",
		    e->in->source, e->in->address);
	return false;
}

static bool
log_in(struct esl *e, const char *secret)
{
	struct str reply;

	if (!probe_say(&e->probe, "auth %s\n\n", secret) || !probe_hear(&e->probe))
		return cannot(e, "logging in");
	reply = probe_value(&e->probe, "Reply-Text");
	if (str_begins(reply, "+OK"))
		return true;
	doctor_say(e->d, FINDING_FAIL, CHECK,
	    "%s: %s refuses the secret in %s.  In event_socket.conf.xml: <param name=\"password\" "
	    "value=\"...\"/> must be the same; then: fs_cli -x 'reload mod_event_socket'",
	    e->in->source, e->in->address, e->in->secret_file);
	return false;
}

/* ---- mod_callcenter */

/* The answer to a command is in the body of the next stanza but events. */
static bool
ask(struct esl *e, const char *command)
{
	if (!probe_say(&e->probe, "api %s\n\n", command))
		return false;
	do {
		if (!probe_hear(&e->probe))
			return false;
	} while (!probe_is(&e->probe, "Content-Type", "api/response"));
	return true;
}

/* The lines of a list, "name|...", without its head and the "+OK" at its end;
 * with queues, those of which the first column is one of them. */
static size_t
count_rows(struct str body, char **queues)
{
	size_t lines = 0, rows = 0;
	uint32_t n, length;

	for (; body.n > 0; body.p += n, body.n -= n) {
		const char *nl = memchr(body.p, '\n', body.n);
		const char *bar;

		n = nl != NULL ? (uint32_t)(nl + 1 - body.p) : body.n;
		bar = memchr(body.p, '|', n);
		if (bar == NULL || lines++ == 0)
			continue;
		length = (uint32_t)(bar - body.p);
		for (char **q = queues; q != NULL && *q != NULL; q++)
			rows += str_is((struct str){ body.p, length }, *q);
		rows += queues == NULL;
	}
	return rows;
}

static bool
has_error(struct str body)
{
	return str_begins(body, "-ERR");
}

static bool
has_callcenter(struct esl *e)
{
	if (!ask(e, "callcenter_config queue list"))
		return cannot(e, "asking for the queues");
	if (!has_error(e->probe.stanza.body))
		return true;
	doctor_say(e->d, FINDING_FAIL, CHECK,
	    "%s: %s: mod_callcenter is not loaded: fs_cli -x 'load mod_callcenter', and in "
	    "modules.conf.xml <load module=\"mod_callcenter\"/>",
	    e->in->source, e->in->address);
	return false;
}

static void
say_lists(struct esl *e, size_t queues, size_t agents, size_t tiers)
{
	if (queues == 0)
		doctor_say(e->d, FINDING_WARN, CHECK,
		    "%s: %s: no queue%s; see <queues> in "
		    "callcenter.conf.xml",
		    e->in->source, e->in->address,
		    e->in->queues != NULL ? " of those in queues" : " is there");
	else if (agents == 0)
		doctor_say(e->d, FINDING_WARN, CHECK,
		    "%s: %s: %zu queues and no agent: <agents> in callcenter.conf.xml, or fs_cli "
		    "-x "
		    "'callcenter_config agent add NAME callback'",
		    e->in->source, e->in->address, queues);
	else if (tiers == 0)
		doctor_say(e->d, FINDING_WARN, CHECK,
		    "%s: %s: %zu queues, %zu agents, and no agent is in a queue: <tiers> in "
		    "callcenter.conf.xml, or fs_cli -x 'callcenter_config tier add QUEUE AGENT'",
		    e->in->source, e->in->address, queues, agents);
	else
		doctor_say(e->d, FINDING_OK, CHECK, "%s: %s: %zu queues, %zu agents, %zu tiers",
		    e->in->source, e->in->address, queues, agents, tiers);
}

static bool
look_at_lists(struct esl *e)
{
	size_t queues, agents;

	queues = count_rows(e->probe.stanza.body, e->in->queues);
	if (!ask(e, "callcenter_config agent list"))
		return cannot(e, "asking for the agents");
	agents = count_rows(e->probe.stanza.body, NULL);
	if (!ask(e, "callcenter_config tier list"))
		return cannot(e, "asking for the tiers");
	say_lists(e, queues, agents, count_rows(e->probe.stanza.body, e->in->queues));
	return true;
}

/* ---- all of it */

static void
examine(struct esl *e, const char *secret)
{
	if (!greet(e) || !log_in(e, secret) || !has_callcenter(e) || !look_at_lists(e))
		return;
	if (!probe_say(&e->probe, "exit\n\n") || !probe_hear(&e->probe))
		return; /* it is left either way */
}

void
doctor_esl(struct doctor *d, const struct doctor_input *i)
{
	struct esl e = { .d = d, .in = i->in, .probe.fd = -1 };
	char *secret = doctor_secret(d, CHECK, i);

	if (secret != NULL)
		examine(&e, secret);
	probe_close(&e.probe);
	secret_free(secret);
}
