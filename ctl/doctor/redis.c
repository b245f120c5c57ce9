/* SPDX-License-Identifier: MIT */
/*
 * redis.c: is Redis there, is it one we can use, and does it keep what
 * it is given?
 */
#include "doctor.h"

#include <inttypes.h>
#include <stdlib.h>

#include <ccmon/clock.h>

#define VERSION_LEAST 6.2 /* Redis: XRANGE from after an id, by which orders are read */
#define CLOCK_OFF_MS 1000 /* ms between Redis's clock and ours: worth a word */

static void
say_where(struct doctor *d)
{
	const struct redis_settings *r = &d->c->settings->redis;
	const char *where = rclient_where(d->c->redis);

	if (r->nodes != NULL)
		doctor_say(d, FINDING_OK, "redis",
		    "answers at %s, the node of the cluster that has the site's keys", where);
	else if (r->sentinels != NULL)
		doctor_say(d, FINDING_OK, "redis",
		    "answers at %s, which is the master \"%s\" of the sentinels", where, r->master);
	else
		doctor_say(d, FINDING_OK, "redis", "answers at %s", where);
}

bool
doctor_redis(struct doctor *d)
{
	struct ctl *c = d->c;

	if (ctl_redis(c)) {
		say_where(d);
		return true;
	}
	doctor_say(d, FINDING_FAIL, "redis", "%s: %s: is it running, may we use it?",
	    ctl_redis_where(c), c->why);
	return false;
}

/* A line "name:value" of INFO. */
static struct str
info_value(const struct reply *info, const char *name)
{
	const char *p = info->text.p, *end = p + info->text.n, *stop;
	size_t n = strlen(name);

	while (p < end) {
		if ((stop = memchr(p, '\n', (size_t)(end - p))) == NULL)
			stop = end;
		if ((size_t)(stop - p) > n && memcmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			stop -= stop > p && stop[-1] == '\r';
			return (struct str){ p, (uint32_t)(stop - p) };
		}
		p = stop + 1;
	}
	return STR_NONE;
}

void
doctor_info(struct doctor *d)
{
	struct reply *info = ctl_ask(d->c, "INFO");
	struct str version, policy, aof;

	if (info == NULL) {
		doctor_say(d, FINDING_WARN, "redis", "%s: may this user say INFO?", d->c->why);
		return;
	}
	version = info_value(info, "redis_version");
	policy = info_value(info, "maxmemory_policy");
	aof = info_value(info, "aof_enabled");
	if (number_of(version) < VERSION_LEAST)
		doctor_say(d, FINDING_FAIL, "redis", "version %.*s is too old: %.1f at least",
		    STR_ARG(version), VERSION_LEAST);
	else
		doctor_say(d, FINDING_OK, "redis", "version %.*s", STR_ARG(version));
	if (str_is(policy, "noeviction"))
		doctor_say(d, FINDING_OK, "redis memory", "maxmemory-policy noeviction");
	else
		doctor_say(d, FINDING_WARN, "redis memory",
		    "maxmemory-policy is %.*s and may drop state: set it to noeviction",
		    STR_ARG(policy));
	if (str_is(aof, "1"))
		doctor_say(d, FINDING_OK, "redis disk", "appendonly yes");
	else
		doctor_say(d, FINDING_WARN, "redis disk",
		    "appendonly is off: after a crash of Redis the "
		    "daemon and the journals fill it again; set appendonly yes to keep history");
	reply_free(info);
}

void
doctor_clock(struct doctor *d)
{
	struct reply *r = ctl_ask(d->c, "TIME");
	int64_t off;
	char seconds[24];

	clock_turn();
	if (r == NULL || r->n != 2 || r->item[0].text.n >= sizeof(seconds)) {
		doctor_say(d, FINDING_WARN, "clock", "Redis does not tell the time");
		reply_free(r);
		return;
	}
	snprintf(seconds, sizeof(seconds), "%.*s", STR_ARG(r->item[0].text));
	off = clock_wall() / MSEC_PER_SEC - strtoll(seconds, NULL, 10);
	if (llabs(off) * MSEC_PER_SEC > CLOCK_OFF_MS)
		doctor_say(d, FINDING_WARN, "clock",
		    "is %" PRId64 " s off that of Redis: run NTP on both", off);
	else
		doctor_say(d, FINDING_OK, "clock", "agrees with that of Redis");
	reply_free(r);
}
