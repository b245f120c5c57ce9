/* SPDX-License-Identifier: MIT */
/*
 * parts.c: do the programs run, and do the sources speak?
 */
#include "doctor.h"

#include <inttypes.h>

void
doctor_daemon(struct doctor *d)
{
	struct daemon daemon = { 0 };
	char text[128];

	if (!daemon_read(d->c, &daemon))
		doctor_say(d, FINDING_FAIL, "daemon", "%s", d->c->why);
	else {
		daemon_text(text, sizeof(text), &daemon);
		doctor_say(d, daemon.stale ? FINDING_FAIL : FINDING_OK, "daemon", "%s%s", text,
		    daemon.stale && daemon.state.n > 0 ? "; is ccmond running?" : "");
	}
	reply_free(daemon.meta);
}

void
doctor_standby(struct doctor *d)
{
	struct reply *standby = ctl_hash(d->c, "standby", STR_NONE);
	char text[320];

	if (standby == NULL)
		doctor_say(d, FINDING_FAIL, "standby", "%s", d->c->why);
	else if (standby->n > 0) {
		holder_text(text, sizeof(text), standby);
		doctor_say(d, FINDING_OK, "standby", "%s stands by", text);
	} else if (d->c->settings->daemon.standby != NULL)
		doctor_say(d, FINDING_WARN, "standby",
		    "nobody stands by: does ccmond run at the places in daemon.standby?");
	reply_free(standby);
}

static void
say_collector(struct doctor *d, const char *name, const struct reply *hash)
{
	struct str state = hash_field(hash, "state"), journal = hash_field(hash, "journal");
	struct str problem = hash_field(hash, "problem");
	int64_t lost = hash_int(hash, "unjournaled_total", 0);
	bool fine = problem.n == 0 && str_is(journal, "ok");

	if (hash->n == 0)
		doctor_say(d, FINDING_WARN, "collector",
		    "%s is not connected to the daemon: is ccmon-collector %s running?", name,
		    name);
	else if (lost > 0)
		doctor_say(d, FINDING_FAIL, "collector",
		    "%s could not keep %" PRId64 " events: %.*s", name, lost, STR_ARG(problem));
	else
		doctor_say(d, fine ? FINDING_OK : FINDING_FAIL, "collector",
		    "%s: %.*s, journal %.*s, %" PRId64 " records behind%s%.*s", name,
		    STR_ARG(state), STR_ARG(journal), hash_int(hash, "backlog", 0),
		    problem.n > 0 ? ": " : "", STR_ARG(problem));
}

void
doctor_collectors(struct doctor *d)
{
	const struct settings *s = d->c->settings;
	struct reply *hash;

	for (size_t i = 0; i < s->ncollectors; i++) {
		const char *name = s->collectors[i].name;

		hash = ctl_hash(d->c, "collector", str_of(name));
		if (hash == NULL)
			doctor_say(d, FINDING_FAIL, "collector", "%s: %s", name, d->c->why);
		else
			say_collector(d, name, hash);
		reply_free(hash);
	}
	if (s->ncollectors > 1 && s->customer_key_file == NULL)
		doctor_say(d, FINDING_HINT, "customers",
		    "who comes back is known again by each collector alone: give them one "
		    "customer_key_file");
}

static void
say_feed(struct doctor *d, struct str name, const struct reply *hash)
{
	struct str status = hash_field(hash, "status"), reason = hash_field(hash, "status_reason");
	int64_t refused = hash_int(hash, "rejected_total", 0);

	if (!str_is(status, "ok"))
		doctor_say(d, FINDING_WARN, "feed", "%.*s is %.*s: %.*s", STR_ARG(name),
		    STR_ARG(status), STR_ARG(reason));
	else if (refused > 0)
		doctor_say(d, FINDING_WARN, "feed",
		    "%.*s: %" PRId64 " messages refused; the stream rejects has the last ones",
		    STR_ARG(name), refused);
	else
		doctor_say(d, FINDING_OK, "feed", "%.*s", STR_ARG(name));
}

void
doctor_feeds(struct doctor *d)
{
	struct reply *names = ctl_set(d->c, "feeds"), *hash;

	if (names != NULL && names->n == 0)
		doctor_say(d, FINDING_WARN, "feeds", "no source has sent an event yet");
	for (size_t i = 0; names != NULL && i < names->n; i++) {
		if ((hash = ctl_hash(d->c, "feed", names->item[i].text)) != NULL)
			say_feed(d, names->item[i].text, hash);
		reply_free(hash);
	}
	reply_free(names);
}
