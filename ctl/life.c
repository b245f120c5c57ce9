/* SPDX-License-Identifier: MIT */
/*
 * life.c: is the daemon there?  It is asked nothing: what it leaves on the
 * board says when it last wrote, and that it stopped in order when it did.
 */
#include "ctl.h"

#include <ccmon/clock.h>

/* The time of its last publication, told by how long that has still to live:
 * no two clocks are compared, and with clock = "events" there is no other way.
 * Once it has expired, the engine's clock as it stood then is all there is. */
static bool
read_age(struct ctl *c, struct daemon *d)
{
	struct reply *left = ctl_key(c, "PTTL", "snapshot", STR_NONE);
	bool good = left != NULL;

	if (good && left->type == REPLY_INT && left->integer > 0)
		d->age = BOARD_TTL_MS - left->integer;
	else
		d->age = clock_wall() - hash_int(d->meta, "updated_epoch_ms", 0);
	reply_free(left);
	return good;
}

bool
daemon_read(struct ctl *c, struct daemon *d)
{
	if ((d->meta = ctl_hash(c, "meta", STR_NONE)) == NULL || !read_age(c, d))
		return false;
	d->state = hash_field(d->meta, "state");
	d->stale = d->state.n == 0 || d->age > STALE_MS;
	d->gone = d->stale || str_is(d->state, "stopping");
	return true;
}

void
daemon_text(char *buf, size_t len, const struct daemon *d)
{
	char age[HUMAN_MAX];

	human_length(age, (double)d->age / MSEC_PER_SEC);
	if (d->state.n == 0)
		snprintf(buf, len, "none ever wrote here: is ccmond running?");
	else if (d->stale)
		snprintf(buf, len, "silent for %s: figures are that old", age);
	else
		snprintf(buf, len, "%.*s, last seen %s ago", STR_ARG(d->state), age);
}

void
holder_text(char *buf, size_t len, const struct reply *hash)
{
	struct str host = hash_field(hash, "host"), pid = hash_field(hash, "pid");

	if (host.n == 0)
		snprintf(buf, len, "nobody");
	else
		snprintf(buf, len, "%.*s, pid %.*s", STR_ARG(host), STR_ARG(pid));
}

void
daemon_warn(const struct daemon *d)
{
	char text[128];

	if (!d->gone)
		return;
	daemon_text(text, sizeof(text), d);
	fprintf(stderr, "ccmonctl: daemon: ");
	print_line(stderr, str_of(text));
}
