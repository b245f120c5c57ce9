/* SPDX-License-Identifier: MIT */
/*
 * status.c: is all well?  One look for a person, and an exit code for a cron
 * on another machine: 1 while somebody should do something, 3 when there is
 * nobody who could know.  An alert that somebody took (acked, silenced) or
 * that another explains (inhibited) does not count; nor does a queue's colour
 * by itself: what is worth waking people for is said by the rules.
 */
#include "ctl.h"

#include <stdlib.h>

#define WORST_MAX 5 /* queues and feeds named */

/* From fine to bad; unknown stands between warn and crit. */
static int
badness(struct str status)
{
	static const struct {
		struct str word;
		int rank;
	} rows[] = {
		{ STR_LIT("ok"), 0 },
		{ STR_LIT("closed"), 0 },
		{ STR_LIT("warn"), 1 },
		{ STR_LIT("gap"), 1 },
		{ STR_LIT("unknown"), 2 },
		{ STR_LIT("silent"), 2 },
		{ STR_LIT("crit"), 3 },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (str_eq(rows[i].word, status))
			return rows[i].rank;
	return 2;
}

struct bad {
	int rank;
	char *text;
};

/* What is counted while walking over queues, then over feeds. */
struct tally {
	const char *what; /* "queue", "feed" */
	size_t n, nbad;
	struct bad worst[WORST_MAX];
};

static void
tally_fini(struct tally *t)
{
	for (size_t i = 0; i < WORST_MAX; i++)
		free(t->worst[i].text);
}

/* Keeps the worst few, the worst first. */
static void
tally_add(void *arg, const struct board_object *o)
{
	struct tally *t = arg;
	struct str status = hash_field(o->hash, "status");
	struct str reason = hash_field(o->hash, "status_reason");
	int rank = badness(status);
	size_t at = WORST_MAX;
	struct out text;

	t->n++;
	t->nbad += rank > 0;
	while (at > 0 && t->worst[at - 1].rank < rank)
		at--;
	if (rank == 0 || at == WORST_MAX)
		return;
	out_init(&text);
	out_printf(&text, "%.*s %s ", STR_ARG(status), t->what);
	out_escaped(&text, o->name);
	out_str(&text, reason.n > 0 ? ": " : "");
	out_escaped(&text, reason);
	out_bytes(&text, "", 1);
	free(t->worst[WORST_MAX - 1].text);
	memmove(&t->worst[at + 1], &t->worst[at], (WORST_MAX - 1 - at) * sizeof(t->worst[0]));
	t->worst[at] = (struct bad){ rank, text.failed ? NULL : strdup(text.buf) };
	out_fini(&text);
}

static void
status_tally(const struct tally *t)
{
	printf("%-8s %zu, %s\n", t->what[0] == 'q' ? "queues" : "feeds", t->n,
	    t->nbad == 0 ? "all fine" : "not fine:");
	for (size_t i = 0; i < WORST_MAX && t->worst[i].text != NULL; i++)
		printf("  %s\n", t->worst[i].text);
	if (t->nbad > WORST_MAX)
		printf("  and %zu more: ccmonctl %ss\n", t->nbad - WORST_MAX, t->what);
}

/* "page 1, warn 3"; false when nothing fires. */
static bool
alerts_count(char *buf, size_t len, const struct firing *a)
{
	size_t n = 0;

	for (int s = SEVERITY_COUNT - 1; s >= 0; s--)
		if (a->count[s] > 0 && n < len)
			n += (size_t)snprintf(buf + n, len - n, "%s%s %zu", n > 0 ? ", " : "",
			    severity_name((enum severity)s), a->count[s]);
	return n > 0;
}

static void
status_alerts(const struct firing *a)
{
	char counts[128];

	if (!alerts_count(counts, sizeof(counts), a)) {
		printf("%-8s none fires\n", "alerts");
		return;
	}
	printf("%-8s firing: %s\n", "alerts", counts);
	if (a->worst != NULL) {
		printf("  ");
		print_line(stdout, str_of(a->worst));
	}
}

/* All that status shows. */
struct picture {
	struct daemon daemon;
	struct reply *standby; /* empty: nobody */
	struct reply *site;
	struct tally queues, feeds;
	struct firing alerts;
};

static void
picture_free(struct picture *p)
{
	tally_fini(&p->queues);
	tally_fini(&p->feeds);
	free(p->alerts.worst);
	reply_free(p->site);
	reply_free(p->standby);
	reply_free(p->daemon.meta);
}

static bool
picture_read(struct ctl *c, struct picture *p)
{
	return daemon_read(c, &p->daemon) &&
	       (p->standby = ctl_hash(c, "standby", STR_NONE)) != NULL &&
	       (p->site = ctl_hash(c, "site", STR_NONE)) != NULL && alerts_firing(c, &p->alerts) &&
	       each_object(c, "queues", "queue", tally_add, &p->queues) &&
	       each_object(c, "feeds", "feed", tally_add, &p->feeds);
}

/* Of one daemon alone there is nothing to say. */
static void
status_standby(const struct ctl *c, const struct picture *p)
{
	char text[320];

	if (p->standby->n == 0 && c->settings->daemon.standby == NULL)
		return;
	holder_text(text, sizeof(text), p->daemon.meta);
	printf("%-8s ", "held by");
	print_line(stdout, str_of(text));
	holder_text(text, sizeof(text), p->standby);
	printf("%-8s ", "standby");
	print_line(stdout, str_of(text));
}

static void
status_text(const struct ctl *c, const struct picture *p)
{
	struct str waiting = hash_field(p->site, "waiting_count");
	char text[128], age[HUMAN_MAX];

	daemon_text(text, sizeof(text), &p->daemon);
	printf("%-8s %s%s\n", "site", c->settings->site.name,
	    str_is(hash_field(p->daemon.meta, "demo"), "1") ? " (DEMO DATA)" : "");
	printf("%-8s ", "daemon");
	print_line(stdout, str_of(text));
	status_standby(c, p);
	human_length(age, number_of(hash_field(p->site, "oldest_wait_seconds")));
	if (waiting.n > 0) {
		printf("%-8s ", "waiting");
		print_escaped(stdout, waiting);
		printf(", the oldest for %s\n", age);
	}
	status_alerts(&p->alerts);
	status_tally(&p->feeds);
	status_tally(&p->queues);
}

static void
status_json_tally(struct out *o, const char *key, const struct tally *t)
{
	json_key(o, key);
	json_open(o, '{');
	json_key(o, "count");
	json_int(o, (int64_t)t->n);
	json_key(o, "not_fine_count");
	json_int(o, (int64_t)t->nbad);
	json_key(o, "worst");
	json_open(o, '[');
	for (size_t i = 0; i < WORST_MAX && t->worst[i].text != NULL; i++)
		json_text(o, str_of(t->worst[i].text));
	json_close(o, ']');
	json_close(o, '}');
}

static void
status_json_alerts(struct out *o, const struct firing *a)
{
	json_key(o, "alerts");
	json_open(o, '{');
	json_key(o, "firing_count");
	json_open(o, '{');
	for (unsigned s = 0; s < SEVERITY_COUNT; s++) {
		json_key(o, severity_name((enum severity)s));
		json_int(o, (int64_t)a->count[s]);
	}
	json_close(o, '}');
	json_key(o, "worst");
	if (a->worst != NULL)
		json_text(o, str_of(a->worst));
	else
		json_none(o);
	json_close(o, '}');
}

static void
status_json(const struct ctl *c, const struct picture *p, bool fine)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "site_name");
	json_text(&o, str_of(c->settings->site.name));
	json_key(&o, "fine");
	json_bool(&o, fine);
	json_key(&o, "stale");
	json_bool(&o, p->daemon.stale);
	json_key(&o, "daemon");
	hash_json(&o, p->daemon.meta);
	json_key(&o, "standby");
	hash_json(&o, p->standby);
	json_key(&o, "site");
	hash_json(&o, p->site);
	status_json_alerts(&o, &p->alerts);
	status_json_tally(&o, "feeds", &p->feeds);
	status_json_tally(&o, "queues", &p->queues);
	json_close(&o, '}');
	print_json(&o);
}

static int
exit_code(const struct picture *p)
{
	const size_t *firing = p->alerts.count;

	if (p->daemon.gone)
		return EXIT_UNREACHABLE;
	if (!str_is(p->daemon.state, "running"))
		return EXIT_NOT_FINE;
	return firing[SEVERITY_PAGE] + firing[SEVERITY_WARN] > 0 ? EXIT_NOT_FINE : EXIT_FINE;
}

int
verb_status(struct ctl *c, char **args)
{
	struct picture p = { .queues.what = "queue", .feeds.what = "feed" };
	int code;

	(void)args;
	if (!picture_read(c, &p))
		code = ctl_unreachable(c);
	else {
		code = exit_code(&p);
		if (c->json)
			status_json(c, &p, code == EXIT_FINE);
		else
			status_text(c, &p);
	}
	picture_free(&p);
	return code;
}
