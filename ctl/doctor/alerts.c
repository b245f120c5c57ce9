/* SPDX-License-Identifier: MIT */
/*
 * alerts.c: will somebody be told?  From the rule to the program that
 * tells, and what the last pages came to.  What is wrong here is found out
 * otherwise on the one night it matters.
 */
#include "doctor.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/clock.h>

#include "daemon/hooks/hooks.h"

#define LOG_LOOK "1000" /* entries of alerts:log looked through for pages */

/* ---- rules */

static bool
is_builtin(const char *name)
{
	static const char *const names[] = {
#define BUILTIN(rule, scope, glob, condition, hold, clear_for, severity, text) rule,
#include <ccmon/monitor.def>
	};

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
is_empty(char **list)
{
	return list == NULL || list[0] == NULL;
}

static bool
reaches_somebody(const struct rule_def *rule, const struct paging *paging)
{
	for (size_t i = 0; i < rule->nsteps; i++)
		if (!is_empty(rule->steps[i].hooks))
			return true;
	return !is_empty(paging->hooks);
}

void
doctor_rules(struct doctor *d)
{
	const struct rules *rules = &d->c->settings->rules;
	const struct rule_def *rule;
	size_t own = 0;

	for (rule = rules->rule; rule < rules->rule + rules->nrules; rule++) {
		own += !is_builtin(rule->name);
		if (!is_builtin(rule->name) && rule->severity == SEVERITY_PAGE &&
		    !reaches_somebody(rule, &rules->paging))
			doctor_say(d, FINDING_FAIL, "rule",
			    "%s is a page and reaches no hook: give it hooks, or set paging.hooks",
			    rule->name);
	}
	if (own == 0)
		doctor_say(d, FINDING_WARN, "alerts",
		    "no rule for queues or agents: only the sources and ccmon itself are watched");
	else
		doctor_say(d, FINDING_OK, "alerts", "%zu rules, and %zu built in", own,
		    rules->nrules - own);
	if (is_empty(rules->paging.hooks))
		doctor_say(d, FINDING_WARN, "paging",
		    "paging.hooks is empty: when a source or ccmon itself fails, nobody is told");
	if (rules->paging.watchdog_hook == NULL)
		doctor_say(d, FINDING_HINT, "watchdog",
		    "not set: when this machine dies, nobody is told; watchdog.hook could tell an "
		    "outside watch that all is well");
	else
		doctor_say(d, FINDING_OK, "watchdog", "hook %s every %" PRId64 " s",
		    rules->paging.watchdog_hook, rules->paging.watchdog_every / MSEC_PER_SEC);
}

/* ---- hooks */

/* Whom the daemon runs as: the owner of its directory; we, before there is one. */
static uid_t
daemon_user(const struct settings *s)
{
	struct stat st;

	return stat(s->daemon.state_dir, &st) == 0 ? st.st_uid : geteuid();
}

/* Looks with the daemon's eyes; root can. */
static bool
check_as(uid_t user, const char *path, char *why, size_t len)
{
	bool root = geteuid() == 0 && user != 0, good;

	if (root && seteuid(user) == -1)
		root = false;
	good = hook_check(path, why, len);
	if (root && seteuid(0) == -1)
		snprintf(why, len, "cannot be root again: what follows may be wrong");
	return good;
}

void
doctor_hooks(struct doctor *d)
{
	const struct settings *s = d->c->settings;
	const struct hook_def *hook;
	uid_t user = daemon_user(s), me = geteuid();
	char why[512];

	for (hook = s->rules.hook; hook < s->rules.hook + s->rules.nhooks; hook++)
		if (check_as(user, hook->command[0], why, sizeof(why)))
			doctor_say(d, FINDING_OK, "hook", "%s: %s", hook->name, hook->command[0]);
		else if (me == 0 || me == user)
			doctor_say(d, FINDING_FAIL, "hook", "%s: %s", hook->name, why);
		else
			doctor_say(d, FINDING_WARN, "hook",
			    "%s: %s (seen by user %u; run this as root or the user ccmon)",
			    hook->name, why, (unsigned)me);
}

/* ---- what got out */

/* The last run of the hook that delivered, or NULL. */
static const struct reply *
last_delivered(const struct reply *log, const char *hook)
{
	const struct reply *run;

	for (size_t i = 0; log != NULL && i < log->n; i++) {
		if (log->item[i].n != 2)
			continue;
		run = &log->item[i].item[1];
		if (str_is(hash_field(run, "kind"), "hook") &&
		    str_is(hash_field(run, "hook"), hook) &&
		    str_is(hash_field(run, "outcome"), "delivered"))
			return run;
	}
	return NULL;
}

static void
say_delivered(struct doctor *d, const char *name, int64_t n, const struct reply *last)
{
	msec_t at = last != NULL ? hash_int(last, "time_epoch_ms", -1) : -1;
	char age[HUMAN_MAX];

	if (n == 0)
		doctor_say(d, FINDING_HINT, "pages",
		    "%s has never delivered one: try ccmonctl hook-test %s", name, name);
	else if (at < 0)
		doctor_say(d, FINDING_OK, "pages", "%s has delivered %" PRId64, name, n);
	else {
		human_length(age, (double)(clock_wall() - at) / MSEC_PER_SEC);
		doctor_say(d, FINDING_OK, "pages",
		    "%s has delivered %" PRId64 ", the last %s ago: %.*s", name, n, age,
		    STR_ARG(hash_field(last, "page")));
	}
}

static void
say_pages(struct doctor *d, const char *name, struct record *r, const struct reply *log)
{
	struct str outcome = record_text(r, "last_outcome"), why = record_text(r, "last_why");
	struct str unsafe = record_text(r, "unsafe");
	bool given_up = str_is(outcome, "given_up");

	if (unsafe.n > 0)
		doctor_say(d, FINDING_FAIL, "pages", "%s is not run: %.*s", name, STR_ARG(unsafe));
	else if (given_up || str_is(outcome, "retry"))
		doctor_say(d, given_up ? FINDING_FAIL : FINDING_WARN, "pages",
		    "%s: its last run came to %s, %" PRId64 " pages wait: %.*s", name,
		    given_up ? "nothing" : "another try", record_int(r, "waiting", 0),
		    STR_ARG(why));
	else
		say_delivered(
		    d, name, record_int(r, "delivered_total", 0), last_delivered(log, name));
}

void
doctor_pages(struct doctor *d)
{
	const struct rules *rules = &d->c->settings->rules;
	struct reply *hooks = ctl_hash(d->c, "hooks", STR_NONE);
	struct reply *log = ctl_last(d->c, "alerts:log", LOG_LOOK);
	struct record *r = record_new();
	const char *name;

	for (size_t i = 0; hooks != NULL && r != NULL && i < rules->nhooks; i++) {
		name = rules->hook[i].name;
		if (record_read(r, hash_field(hooks, name)))
			say_pages(d, name, r, log);
		else
			doctor_say(d, FINDING_WARN, "pages",
			    "the daemon does not know hook %s: it must read the configuration "
			    "again",
			    name);
	}
	record_free(r);
	reply_free(log);
	reply_free(hooks);
}
