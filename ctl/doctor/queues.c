/* SPDX-License-Identifier: MIT */
/*
 * queues.c: queues that events spoke of and nobody configured, as
 * lines to paste.
 */
#include "doctor.h"

#define PASTE_MAX 20 /* queues to paste at once */

static bool
is_configured(const struct site *site, struct str name)
{
	for (size_t i = 0; i < site->nqueues; i++)
		if (strlen(site->queues[i].name) == name.n &&
		    memcmp(site->queues[i].name, name.p, name.n) == 0)
			return true;
	return false;
}

/* libconfig's names: a letter, then letters, digits, - and _. */
static bool
can_be_named(struct str name)
{
	for (uint32_t i = 0; i < name.n; i++) {
		char c = name.p[i], lower = c | 0x20;
		bool letter = lower >= 'a' && lower <= 'z';

		if (!letter && (i == 0 || (!(c >= '0' && c <= '9') && c != '-' && c != '_')))
			return false;
	}
	return name.n > 0;
}

/* Its line for the section queues.  A name libconfig does not take becomes
 * another, and matches. */
static void
paste_line(char *buf, size_t len, struct str name, struct str channel)
{
	struct out quoted;
	size_t n;

	if (can_be_named(name)) {
		snprintf(
		    buf, len, "%.*s: { channel = \"%.*s\"; };", STR_ARG(name), STR_ARG(channel));
		return;
	}
	out_init(&quoted);
	out_escaped(&quoted, name);
	n = (size_t)snprintf(buf, len, "q-");
	for (uint32_t i = 0; i < name.n && n + 1 < len; i++)
		buf[n++] = can_be_named((struct str){ &name.p[i], 1 }) ||
		                   (name.p[i] >= '0' && name.p[i] <= '9')
		               ? name.p[i]
		               : '_';
	snprintf(buf + n, len - n, ": { channel = \"%.*s\"; match = [\"%.*s\"]; };",
	    STR_ARG(channel), (int)quoted.len, quoted.buf);
	out_fini(&quoted);
}

static void
say_queue(struct doctor *d, struct str name)
{
	struct reply *hash = ctl_hash(d->c, "queue", name);
	struct str channel;
	char line[512];

	if (hash == NULL || (channel = hash_field(hash, "channel")).n == 0) {
		reply_free(hash);
		return;
	}
	paste_line(line, sizeof(line), name, channel);
	doctor_say(d, FINDING_HINT, "new queue", "to configure it, add to queues:  %s", line);
	reply_free(hash);
}

void
doctor_queues(struct doctor *d)
{
	struct reply *names = ctl_set(d->c, "queues");
	size_t new = 0;

	for (size_t i = 0; names != NULL && i < names->n; i++)
		if (!is_configured(&d->c->settings->site, names->item[i].text) &&
		    new ++ < PASTE_MAX)
			say_queue(d, names->item[i].text);
	if (new > PASTE_MAX)
		doctor_say(d, FINDING_HINT, "new queue", "and %zu more", new - PASTE_MAX);
	reply_free(names);
}
