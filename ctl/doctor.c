/* SPDX-License-Identifier: MIT */
/*
 * doctor.c: looks at everything ccmon stands on and says, a line each, what
 * is fine, what is not, and what to do.  A check that cannot be made because
 * an earlier one failed is not made: the first failure is the one to mend.
 */
#include "ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ccmon/clock.h>

#define CLOCK_OFF_MS 1000 /* ms between Redis's clock and ours: worth a word */
#define PASTE_MAX 20 /* queues to paste at once */

enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct doctor {
	struct ctl *c;
	enum finding worst;
	struct out json;
};

CCMON_PRINTF(4, 5)
static void
say(struct doctor *d, enum finding finding, const char *what, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	const char *word = words[finding];
	char text[512];
	struct str s = { text, 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s.n = (uint32_t)strlen(text);
	d->worst = finding > d->worst ? finding : d->worst;
	if (d->c->json) {
		json_open(&d->json, '{');
		json_key(&d->json, "check");
		json_text(&d->json, (struct str){ what, (uint32_t)strlen(what) });
		json_key(&d->json, "result");
		json_text(&d->json, (struct str){ word, (uint32_t)strlen(word) });
		json_key(&d->json, "text");
		json_text(&d->json, s);
		json_close(&d->json, '}');
	} else {
		printf("%-5s %-14s ", word, what);
		print_line(stdout, s);
	}
}

/* ---- this machine */

static bool
check_settings(struct doctor *d)
{
	if (!ctl_settings(d->c)) {
		say(d, FINDING_FAIL, "configuration", "%s cannot be used: see above", d->c->path);
		return false;
	}
	say(d, FINDING_OK, "configuration", "%s: site %s, %zu queues, %zu collectors", d->c->path,
	    d->c->settings->site.name, d->c->settings->site.nqueues, d->c->settings->ncollectors);
	if (d->c->settings->has_alerts)
		say(d, FINDING_WARN, "alerts",
		    "this version checks alerts and hooks, and does nothing with them yet");
	return true;
}

static void
check_zone(struct doctor *d)
{
	const struct zone *z = &d->c->settings->site.zones[0];
	int32_t east = zone_offset(z, clock_wall() / MSEC_PER_SEC);

	say(d, FINDING_OK, "time zone", "%s is UTC%c%02d:%02d now", z->name, east < 0 ? '-' : '+',
	    abs(east) / 3600, abs(east) / 60 % 60);
}

static void
check_directory(struct doctor *d, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == ENOENT)
		say(d, FINDING_WARN, what, "%s is not there yet: it is made at the first start",
		    path);
	else if (stat(path, &st) == -1)
		say(d, FINDING_WARN, what, "%s: %s: run this as root or the user ccmon", path,
		    strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		say(d, FINDING_FAIL, what, "%s is not a directory", path);
	else if (st.st_mode & S_IRWXO)
		say(d, FINDING_WARN, what, "%s: others may look into it: chmod o= %s", path, path);
	else
		say(d, FINDING_OK, what, "%s", path);
}

static void
check_directories(struct doctor *d)
{
	const struct settings *s = d->c->settings;

	for (size_t i = 0; i < s->ncollectors; i++)
		check_directory(d, "journal", s->collectors[i].journal);
}

/* ---- Redis */

static bool
check_redis(struct doctor *d)
{
	struct ctl *c = d->c;

	if (ctl_redis(c)) {
		say(d, FINDING_OK, "redis", "answers at %s", ctl_redis_where(c));
		return true;
	}
	say(d, FINDING_FAIL, "redis", "%s: %s: is it running, may we use it?", ctl_redis_where(c),
	    c->why);
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

static void
check_info(struct doctor *d)
{
	struct reply *info = ctl_ask(d->c, "INFO");
	struct str version, policy, aof;

	if (info == NULL) {
		say(d, FINDING_WARN, "redis", "%s: may this user say INFO?", d->c->why);
		return;
	}
	version = info_value(info, "redis_version");
	policy = info_value(info, "maxmemory_policy");
	aof = info_value(info, "aof_enabled");
	if (version.n > 1 && version.p[0] < '5' && version.p[1] == '.')
		say(d, FINDING_FAIL, "redis", "version %.*s has no streams: 5.0 at least",
		    STR_ARG(version));
	else
		say(d, FINDING_OK, "redis", "version %.*s", STR_ARG(version));
	if (str_eq(policy, (struct str)STR_LIT("noeviction")))
		say(d, FINDING_OK, "redis memory", "maxmemory-policy noeviction");
	else
		say(d, FINDING_WARN, "redis memory",
		    "maxmemory-policy is %.*s and may drop state: set it to noeviction",
		    STR_ARG(policy));
	if (str_eq(aof, (struct str)STR_LIT("1")))
		say(d, FINDING_OK, "redis disk", "appendonly yes");
	else
		say(d, FINDING_WARN, "redis disk",
		    "appendonly is off: after a crash of Redis the "
		    "daemon and the journals fill it again; set appendonly yes to keep history");
	reply_free(info);
}

static void
check_clock(struct doctor *d)
{
	struct reply *r = ctl_ask(d->c, "TIME");
	int64_t off;
	char seconds[24];

	clock_turn();
	if (r == NULL || r->n != 2 || r->item[0].text.n >= sizeof(seconds)) {
		say(d, FINDING_WARN, "clock", "Redis does not tell the time");
		reply_free(r);
		return;
	}
	snprintf(seconds, sizeof(seconds), "%.*s", STR_ARG(r->item[0].text));
	off = clock_wall() / MSEC_PER_SEC - strtoll(seconds, NULL, 10);
	if (llabs(off) * MSEC_PER_SEC > CLOCK_OFF_MS)
		say(d, FINDING_WARN, "clock", "is %" PRId64 " s off that of Redis: run NTP on both",
		    off);
	else
		say(d, FINDING_OK, "clock", "agrees with that of Redis");
	reply_free(r);
}

/* ---- the programs */

static void
check_daemon(struct doctor *d)
{
	struct daemon daemon = { 0 };
	char text[128];

	if (!daemon_read(d->c, &daemon))
		say(d, FINDING_FAIL, "daemon", "%s", d->c->why);
	else {
		daemon_text(text, sizeof(text), &daemon);
		say(d, daemon.stale ? FINDING_FAIL : FINDING_OK, "daemon", "%s%s", text,
		    daemon.stale && daemon.state.n > 0 ? "; is ccmond running?" : "");
	}
	reply_free(daemon.meta);
}

static void
say_collector(struct doctor *d, const char *name, const struct reply *hash)
{
	struct str state = hash_field(hash, "state"), journal = hash_field(hash, "journal");
	struct str problem = hash_field(hash, "problem");
	int64_t lost = hash_int(hash, "unjournaled_total", 0);
	bool fine = problem.n == 0 && str_eq(journal, (struct str)STR_LIT("ok"));

	if (hash->n == 0)
		say(d, FINDING_WARN, "collector",
		    "%s is not connected to the daemon: is ccmon-collector %s running?", name,
		    name);
	else if (lost > 0)
		say(d, FINDING_FAIL, "collector", "%s could not keep %" PRId64 " events: %.*s",
		    name, lost, STR_ARG(problem));
	else
		say(d, fine ? FINDING_OK : FINDING_FAIL, "collector",
		    "%s: %.*s, journal %.*s, %" PRId64 " records behind%s%.*s", name,
		    STR_ARG(state), STR_ARG(journal), hash_int(hash, "backlog", 0),
		    problem.n > 0 ? ": " : "", STR_ARG(problem));
}

static void
check_collectors(struct doctor *d)
{
	const struct settings *s = d->c->settings;
	struct reply *hash;

	for (size_t i = 0; i < s->ncollectors; i++) {
		const char *name = s->collectors[i].name;

		hash = ctl_hash(d->c, "collector", (struct str){ name, (uint32_t)strlen(name) });
		if (hash == NULL)
			say(d, FINDING_FAIL, "collector", "%s: %s", name, d->c->why);
		else
			say_collector(d, name, hash);
		reply_free(hash);
	}
}

static void
say_feed(struct doctor *d, struct str name, const struct reply *hash)
{
	static const struct str ok = STR_LIT("ok");
	struct str status = hash_field(hash, "status"), reason = hash_field(hash, "status_reason");
	int64_t refused = hash_int(hash, "rejected_total", 0);

	if (!str_eq(status, ok))
		say(d, FINDING_WARN, "feed", "%.*s is %.*s: %.*s", STR_ARG(name), STR_ARG(status),
		    STR_ARG(reason));
	else if (refused > 0)
		say(d, FINDING_WARN, "feed",
		    "%.*s: %" PRId64 " messages refused; the stream rejects has the last ones",
		    STR_ARG(name), refused);
	else
		say(d, FINDING_OK, "feed", "%.*s", STR_ARG(name));
}

static void
check_feeds(struct doctor *d)
{
	struct reply *names = ctl_set(d->c, "feeds"), *hash;

	if (names != NULL && names->n == 0)
		say(d, FINDING_WARN, "feeds", "no source has sent an event yet");
	for (size_t i = 0; names != NULL && i < names->n; i++) {
		if ((hash = ctl_hash(d->c, "feed", names->item[i].text)) != NULL)
			say_feed(d, names->item[i].text, hash);
		reply_free(hash);
	}
	reply_free(names);
}

/* ---- queues nobody configured */

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
	say(d, FINDING_OK, "new queue", "to configure it, add to queues:  %s", line);
	reply_free(hash);
}

static void
check_queues(struct doctor *d)
{
	struct reply *names = ctl_set(d->c, "queues");
	size_t new = 0;

	for (size_t i = 0; names != NULL && i < names->n; i++)
		if (!is_configured(&d->c->settings->site, names->item[i].text) &&
		    new ++ < PASTE_MAX)
			say_queue(d, names->item[i].text);
	if (new > PASTE_MAX)
		say(d, FINDING_OK, "new queue", "and %zu more", new - PASTE_MAX);
	reply_free(names);
}

/* ---- all of it */

static int
examine(struct doctor *d)
{
	if (!check_settings(d))
		return EXIT_USAGE;
	check_zone(d);
	check_directories(d);
	if (!check_redis(d))
		return EXIT_UNREACHABLE;
	check_info(d);
	check_clock(d);
	check_daemon(d);
	check_collectors(d);
	check_feeds(d);
	check_queues(d);
	return d->worst == FINDING_FAIL ? EXIT_NOT_FINE : EXIT_FINE;
}

int
verb_doctor(struct ctl *c, char **args)
{
	struct doctor d = { .c = c };
	int code;

	(void)args;
	out_init(&d.json);
	json_open(&d.json, '[');
	code = examine(&d);
	json_close(&d.json, ']');
	if (c->json)
		print_json(&d.json);
	else
		out_fini(&d.json);
	return code;
}
