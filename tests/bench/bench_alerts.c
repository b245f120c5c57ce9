/* SPDX-License-Identifier: MIT */
/*
 * bench_alerts.c: how often rules page for nothing, and how soon for
 * something.
 *
 * There is no clock in it: a simulated house (alerts/house.c) whose service
 * is known gives events, the daemon's engine and alerts live through them
 * second by second, and every page is taken as given at once.  Days begin
 * fresh; the same seed gives the same table.  A healthy house that meets its
 * target every day should page nobody; one that lost agents should page soon.
 *
 * Beside the rules of the file runs the rule most products offer, so that the
 * table says what it would have done on the same days.
 *
 *	bench_alerts [-d DAYS] [-s SEED] [CONFIG]
 */
#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ccmon/settings.h>

#include "alerts/house.h"
#include "ctl/trial.h"

#define MINUTES(n) (INT64_C(60000) * (n)) /* ms */
#define HOURS(n) (60 * MINUTES(n))
#define START INT64_C(1767571200000) /* ms; Monday 2026-01-05 00:00 UTC */
#define DAYS 60
#define DAYS_MAX 1000
#define RULES_MAX 64
#define WORKERS 2 /* cells played at once */
#define MISSED INT64_MAX
#define SUM RULES_MAX /* a row of the tally: all rules that page */

#define CALLS_200 .per_hour = 200, .agents = 13, .handle = MINUTES(3), .patience = MINUTES(5)
#define CALLS_40 .per_hour = 40, .agents = 4, .handle = MINUTES(3), .patience = MINUTES(5)

static const struct cell {
	const char *head;
	struct house_plan plan;
	msec_t length; /* of a day */
} cells[] = {
	{ "200/h", { CALLS_200, .cut_at = MSEC_NEVER }, HOURS(10) },
	{ "40/h", { CALLS_40, .cut_at = MSEC_NEVER }, HOURS(10) },
	{ "13>10", { CALLS_200, .cut_at = HOURS(4), .cut_to = 10 }, HOURS(8) },
	{ "13>8", { CALLS_200, .cut_at = HOURS(4), .cut_to = 8 }, HOURS(8) },
	{ "4>3", { CALLS_40, .cut_at = HOURS(4), .cut_to = 3 }, HOURS(8) },
	{ "4>2", { CALLS_40, .cut_at = HOURS(4), .cut_to = 2 }, HOURS(8) },
};

/* What one cell came to; written by its own process. */
struct tally {
	struct row {
		uint32_t episodes; /* of page rules: that were told */
		msec_t found[DAYS_MAX]; /* ms from the cut to the first, by day */
	} row[RULES_MAX + 1];
	uint32_t sent, ends; /* pages; and those that say it is over */
	uint32_t good_days; /* that met the target */
	bool done;
};

struct bench {
	struct settings *settings;
	struct tally *tally; /* by cell, shared with the processes that play them */
	unsigned days;
	uint64_t seed;
};

/* ---- the rules */

static const char baseline_name[] = "sl_ratio_15m < 0.80";

static char *
copy(const char *s)
{
	char *p = strdup(s);

	assert(p != NULL);
	return p;
}

/* What most products offer: the service level of a short window, as it is. */
static void
add_baseline(struct rules *rules)
{
	struct rule_def r = { .scope = SCOPE_QUEUE, .severity = SEVERITY_WARN };
	char why[128];
	int rc;

	rules->rule = reallocarray(rules->rule, rules->nrules + 1, sizeof(r));
	assert(rules->rule != NULL);
	r.name = copy("baseline");
	r.glob = copy("*");
	r.when = calloc(r.nwhen = 1, sizeof(*r.when));
	r.steps = calloc(r.nsteps = 1, sizeof(*r.steps));
	r.inhibited_by = calloc(1, sizeof(*r.inhibited_by)); /* nobody */
	assert(r.when != NULL && r.steps != NULL && r.inhibited_by != NULL);
	r.steps[0].hooks = calloc(1, sizeof(*r.steps[0].hooks));
	assert(r.steps[0].hooks != NULL);
	rc = condition_parse(baseline_name, r.when, why, sizeof(why));
	assert(rc == 0);
	(void)rc;
	rules->rule[rules->nrules++] = r;
}

/* ---- a day */

static void
on_event(void *arg, const struct event *e)
{
	if (trial_event(arg, e, e->time) != ENGINE_OK) {
		fprintf(stderr, "bench_alerts: the engine did not take an event\n");
		exit(1);
	}
}

/* A time since the cut, if there was one, for the row. */
static void
found(struct row *row, const struct cell *cell, unsigned day, msec_t at)
{
	msec_t since = at - START - cell->plan.cut_at;

	if (cell->plan.cut_at != MSEC_NEVER && since >= 0 && since < row->found[day])
		row->found[day] = since;
}

/* Rules that page count when they did, others when they fired. */
static void
count(struct tally *tally, const struct trial *t, const struct cell *cell, unsigned day)
{
	const struct trial_episode *e;
	struct row *row;
	bool page;

	for (e = t->episode; e < t->episode + t->n; e++) {
		row = &tally->row[e->rule - t->rules.rule];
		page = e->rule->severity == SEVERITY_PAGE;
		if (page && e->paged == -1)
			continue;
		row->episodes++;
		found(row, cell, day, page ? e->paged : e->began);
		if (page) {
			tally->row[SUM].episodes++;
			found(&tally->row[SUM], cell, day, e->paged);
		}
	}
	tally->sent += t->sent;
	tally->ends += t->ends;
}

static bool
on_target(const struct trial *t, const struct settings *s)
{
	const struct column *c = engine_column(t->engine, SCOPE_SITE, "sl_ratio_today");
	struct object site = { .scope = SCOPE_SITE };

	return engine_figure(t->engine, site, c) >= s->site.defaults[CHANNEL_CALL].target;
}

static void
play_day(const struct bench *b, const struct cell *cell, struct tally *tally, unsigned day)
{
	uint64_t seed = b->seed * UINT64_C(1000003) + day * 64 + cell->plan.agents;
	struct trial *trial = trial_new(b->settings, CLOCK_EVENTS);
	struct house *house;

	assert(trial != NULL);
	for (size_t i = 0; i <= SUM; i++)
		tally->row[i].found[day] = MISSED;
	house = house_open(&cell->plan, seed, START, on_event, trial);
	assert(house != NULL);
	house_until(house, START + cell->length);
	trial_until(trial, START + cell->length);
	count(tally, trial, cell, day);
	tally->good_days += on_target(trial, b->settings);
	house_close(house);
	trial_free(trial);
}

static void
play_cell(const struct bench *b, size_t cell)
{
	for (unsigned day = 0; day < b->days; day++)
		play_day(b, &cells[cell], &b->tally[cell], day);
	b->tally[cell].done = true;
}

/* Each cell in a process of its own, WORKERS at a time. */
static void
play(const struct bench *b)
{
	size_t running = 0, i;

	for (i = 0; i < COUNTOF(cells); i++) {
		if (running == WORKERS && wait(NULL) > 0)
			running--;
		switch (fork()) {
		case -1:
			perror("bench_alerts: fork");
			exit(1);
		case 0:
			play_cell(b, i);
			_exit(0);
		}
		running++;
	}
	while (wait(NULL) > 0)
		;
	for (i = 0; i < COUNTOF(cells); i++)
		if (!b->tally[i].done) {
			fprintf(
			    stderr, "bench_alerts: %s was not played to its end\n", cells[i].head);
			exit(1);
		}
}

/* ---- the table */

static int
by_time(const void *a, const void *b)
{
	const msec_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A missed day is later than all others, so it is in the median too. */
static void
print_found(struct row *row, unsigned days)
{
	unsigned missed = 0;
	msec_t median;

	qsort(row->found, days, sizeof(*row->found), by_time);
	for (unsigned d = 0; d < days; d++)
		missed += row->found[d] == MISSED;
	median = row->found[days / 2];
	if (median == MISSED)
		printf(" |    - ");
	else
		printf(" | %4.1f ", (double)median / MINUTES(1));
	if (missed > 0)
		printf("%3u%%", missed * 100 / days);
	else
		printf("    ");
}

static void
print_row(const struct bench *b, const char *name, const char *severity, size_t i)
{
	struct row *row;

	printf("| %-20s | %-4s", name, severity);
	for (size_t c = 0; c < COUNTOF(cells); c++) {
		row = &b->tally[c].row[i];
		if (cells[c].plan.cut_at == MSEC_NEVER)
			printf(" | %6.2f", (double)row->episodes / b->days);
		else
			print_found(row, b->days);
	}
	printf(" |\n");
}

static bool
ever_fired(const struct bench *b, size_t rule)
{
	for (size_t c = 0; c < COUNTOF(cells); c++)
		if (b->tally[c].row[rule].episodes > 0)
			return true;
	return false;
}

static void
print_table(const struct bench *b)
{
	const struct rules *rules = &b->settings->rules;
	const struct rule_def *r;

	printf("Healthy: episodes a day (of page rules: those that paged).  Lost agents: minutes"
	       " until found,\nmedian of %u days; share not found within 4 h.  Seed %" PRIu64
	       ".\n\n| %-20s | %-4s",
	    b->days, b->seed, "rule", "");
	for (size_t c = 0; c < COUNTOF(cells); c++)
		printf(cells[c].plan.cut_at == MSEC_NEVER ? " | %6s" : " | %-9s", cells[c].head);
	printf(" |\n|---|---|---|---|---|---|---|---|\n");
	print_row(b, baseline_name, "", rules->nrules - 1);
	for (size_t i = 0; i + 1 < rules->nrules; i++) {
		r = &rules->rule[i];
		if (r->scope == SCOPE_QUEUE || ever_fired(b, i))
			print_row(b, r->name, severity_name(r->severity), i);
	}
	print_row(b, "all that page", "page", SUM);
	printf("\nPages sent a day, further steps and repeats among them: %.2f and %.2f; ends told:"
	       " %.2f and %.2f.\nDays on target: %u and %u of %u.\n",
	    (double)b->tally[0].sent / b->days, (double)b->tally[1].sent / b->days,
	    (double)b->tally[0].ends / b->days, (double)b->tally[1].ends / b->days,
	    b->tally[0].good_days, b->tally[1].good_days, b->days);
}

int
main(int argc, char **argv)
{
	struct bench b = { .days = DAYS, .seed = 1 };
	size_t len = COUNTOF(cells) * sizeof(*b.tally);
	int o;

	while ((o = getopt(argc, argv, "d:s:")) != -1)
		switch (o) {
		case 'd':
			b.days = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			b.seed = strtoull(optarg, NULL, 10);
			break;
		default:
			b.days = 0;
		}
	if (b.days < 1 || b.days > DAYS_MAX || argc - optind > 1) {
		fprintf(stderr, "usage: bench_alerts [-d DAYS] [-s SEED] [CONFIG]\n");
		return 64;
	}
	b.settings = settings_load(
	    optind < argc ? argv[optind] : "etc/ccmon.cfg", settings_complain_stderr, NULL);
	if (b.settings == NULL)
		return 1;
	b.tally = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(b.tally != MAP_FAILED);
	add_baseline(&b.settings->rules);
	play(&b);
	print_table(&b);
	munmap(b.tally, len);
	settings_free(b.settings);
	return 0;
}
