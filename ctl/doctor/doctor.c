/* SPDX-License-Identifier: MIT */
/*
 * doctor.c: looks at everything ccmon stands on and says, a line each, what
 * is fine, what is not, and what to do.  A check that cannot be made because
 * an earlier one failed is not made: the first failure is the one to mend.
 */
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <ccmon/clock.h>

void
doctor_say(struct doctor *d, enum finding finding, const char *what, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "hint", "warn", "fail" };
	const char *word = words[finding];
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->worst = finding > d->worst ? finding : d->worst;
	if (d->c->json) {
		json_open(&d->json, '{');
		json_key(&d->json, "check");
		json_text(&d->json, str_of(what));
		json_key(&d->json, "result");
		json_text(&d->json, str_of(word));
		json_key(&d->json, "text");
		json_text(&d->json, str_of(text));
		json_close(&d->json, '}');
	} else {
		printf("%-5s %-14s ", word, what);
		print_line(stdout, str_of(text));
	}
}

/* ---- this machine */

static bool
check_settings(struct doctor *d)
{
	if (!ctl_settings(d->c)) {
		doctor_say(
		    d, FINDING_FAIL, "configuration", "%s cannot be used: see above", d->c->path);
		return false;
	}
	doctor_say(d, FINDING_OK, "configuration", "%s: site %s, %zu queues, %zu collectors",
	    d->c->path, d->c->settings->site.name, d->c->settings->site.nqueues,
	    d->c->settings->ncollectors);
	return true;
}

static void
check_zone(struct doctor *d)
{
	const struct zone *z = &d->c->settings->site.zones[0];
	int32_t east = zone_offset(z, clock_wall() / MSEC_PER_SEC);

	doctor_say(d, FINDING_OK, "time zone", "%s is UTC%c%02d:%02d now", z->name,
	    east < 0 ? '-' : '+', abs(east) / 3600, abs(east) / 60 % 60);
}

static void
check_directory(struct doctor *d, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == ENOENT)
		doctor_say(d, FINDING_WARN, what,
		    "%s is not there yet: it is made at the first start", path);
	else if (stat(path, &st) == -1)
		doctor_say(d, FINDING_WARN, what, "%s: %s: run this as root or the user ccmon",
		    path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		doctor_say(d, FINDING_FAIL, what, "%s is not a directory", path);
	else if (st.st_mode & S_IRWXO)
		doctor_say(
		    d, FINDING_WARN, what, "%s: others may look into it: chmod o= %s", path, path);
	else
		doctor_say(d, FINDING_OK, what, "%s", path);
}

static void
check_directories(struct doctor *d)
{
	const struct settings *s = d->c->settings;

	for (size_t i = 0; i < s->ncollectors; i++)
		check_directory(d, "journal", s->collectors[i].journal);
	check_directory(d, "state", s->daemon.state_dir);
}

/* ---- all of it */

static int
examine(struct doctor *d)
{
	if (!check_settings(d))
		return EXIT_USAGE;
	check_zone(d);
	doctor_windows(d);
	doctor_calendars(d);
	doctor_promises(d);
	check_directories(d);
	doctor_keys(d);
	doctor_inputs(d);
	doctor_rules(d);
	doctor_hooks(d);
	if (!doctor_redis(d))
		return EXIT_UNREACHABLE;
	doctor_info(d);
	doctor_clock(d);
	doctor_daemon(d);
	doctor_standby(d);
	doctor_collectors(d);
	doctor_feeds(d);
	doctor_pages(d);
	doctor_queues(d);
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
