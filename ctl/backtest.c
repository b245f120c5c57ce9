/* SPDX-License-Identifier: MIT */
/*
 * backtest.c: what the rules of a configuration would have told, had they
 * been there while a log or journals were recorded: to whom, when, for how long, and how
 * often a day.  Nobody is told now.
 */
#include "ctl.h"
#include "recording.h"
#include "trial.h"

#include <inttypes.h>
#include <stdlib.h>

#define DAY_MS 86400000.0

static const struct view episode_view[] = {
	{ "BEGAN", "began", false, CELL_TEXT },
	{ "LASTED", "seconds", false, CELL_SECONDS },
	{ "SEVERITY", "severity", false, CELL_TEXT },
	{ "PAGES", "pages", false, CELL_NUMBER },
	{ "ALERT", "alert", false, CELL_TEXT },
	{ "FIGURE", "metric", false, CELL_TEXT },
	{ "WORST", "worst", false, CELL_NUMBER },
	{ "", "remark", false, CELL_TEXT },
};

static const struct view rule_view[] = {
	{ "RULE", "rule", false, CELL_TEXT },
	{ "SEVERITY", "severity", false, CELL_TEXT },
	{ "EPISODES", "episodes", false, CELL_NUMBER },
	{ "PAGED", "paged", false, CELL_NUMBER },
	{ "PAGES", "pages", false, CELL_NUMBER },
	{ "A DAY", "pages_per_day", false, CELL_NUMBER },
	{ "FIRING", "firing_seconds", false, CELL_SECONDS },
};

struct backtest {
	struct ctl *c;
	struct recording *recording;
	struct trial *trial;
};

/* A rule and what it came to. */
struct sum {
	const struct rule_def *rule;
	uint64_t episodes, paged, pages;
	double firing; /* s */
};

/* ---- the figures of both tables, and of the JSON */

static double
lasted(const struct trial *t, const struct trial_episode *e)
{
	return (double)((e->ended == -1 ? t->now : e->ended) - e->began) / MSEC_PER_SEC;
}

/* Of a recording shorter than a day as of a day: nobody knows the rest. */
static double
days(const struct trial *t)
{
	double n = (double)(t->now - t->began) / DAY_MS;

	return n > 1 ? n : 1;
}

static struct sum
sum_up(const struct trial *t, const struct rule_def *rule)
{
	struct sum s = { .rule = rule };

	for (const struct trial_episode *e = t->episode; e < t->episode + t->n; e++) {
		if (e->rule != rule)
			continue;
		s.episodes++;
		s.paged += e->pages > 0;
		s.pages += e->pages;
		s.firing += lasted(t, e);
	}
	return s;
}

/* ---- tables */

/* What a row is about, and room for the text of one cell. */
struct row {
	const struct backtest *b;
	const struct trial_episode *episode;
	struct sum sum;
	char text[TRIAL_ALERT_MAX];
};

static struct str
number(struct row *r, double value, int decimals)
{
	int n = snprintf(r->text, sizeof(r->text), "%.*f", decimals, value);

	return (struct str){ r->text, (uint32_t)n };
}

static struct str
episode_text(void *arg, const char *field)
{
	struct row *r = arg;
	const struct trial_episode *e = r->episode;
	const char *s = "";

	if (strcmp(field, "seconds") == 0)
		return number(r, lasted(r->b->trial, e), 3);
	if (strcmp(field, "pages") == 0)
		return e->pages == 0 ? STR_NONE : number(r, e->pages, 0);
	if (strcmp(field, "worst") == 0) {
		s = r->text;
		figure_format(r->text, e->worst, e->unit, "NaN");
	} else if (strcmp(field, "began") == 0) {
		s = r->text;
		human_time(r->text, r->b->c, e->began, 0);
	} else if (strcmp(field, "severity") == 0)
		s = severity_name(e->rule->severity);
	else if (strcmp(field, "alert") == 0)
		s = e->alert;
	else if (strcmp(field, "metric") == 0)
		s = e->rule->when[0].field;
	else if (e->flapping)
		s = "flapping";
	else if (e->ended == -1)
		s = "lasts";
	return str_of(s);
}

static struct str
rule_text(void *arg, const char *field)
{
	struct row *r = arg;
	const struct sum *s = &r->sum;

	if (strcmp(field, "rule") == 0)
		return str_of(s->rule->name);
	if (strcmp(field, "severity") == 0)
		return str_of(severity_name(s->rule->severity));
	if (strcmp(field, "episodes") == 0)
		return number(r, (double)s->episodes, 0);
	if (strcmp(field, "paged") == 0)
		return number(r, (double)s->paged, 0);
	if (strcmp(field, "pages") == 0)
		return number(r, (double)s->pages, 0);
	if (strcmp(field, "pages_per_day") == 0)
		return number(r, (double)s->pages / days(r->b->trial), 2);
	return number(r, s->firing, 3);
}

static void
print_episodes(const struct backtest *b)
{
	struct row row = { .b = b };
	struct table table;

	table_begin(&table, episode_view, COUNTOF(episode_view), "", b->trial->now);
	for (size_t i = 0; i < b->trial->n; i++) {
		row.episode = &b->trial->episode[i];
		table_row(&table, episode_text, &row);
	}
	table_end(&table);
	printf("\n");
}

/* Rules that fired; the others are named below the table. */
static void
print_rules(const struct backtest *b)
{
	const struct rules *rules = &b->trial->rules;
	struct row row = { .b = b };
	const char *separator = "";
	struct table table;

	table_begin(&table, rule_view, COUNTOF(rule_view), "", b->trial->now);
	for (size_t i = 0; i < rules->nrules; i++)
		if ((row.sum = sum_up(b->trial, &rules->rule[i])).episodes > 0)
			table_row(&table, rule_text, &row);
	table_end(&table);
	printf("\nnever fired: ");
	for (size_t i = 0; i < rules->nrules; i++)
		if (sum_up(b->trial, &rules->rule[i]).episodes == 0) {
			printf("%s%s", separator, rules->rule[i].name);
			separator = ", ";
		}
	printf("%s\n", separator[0] == '\0' ? "none" : "");
}

static void
print_text(const struct backtest *b)
{
	const struct trial *t = b->trial;

	if (t->n > 0) {
		print_episodes(b);
		print_rules(b);
	}
	printf("%" PRIu64 " %ss, %" PRIu64 " events, %.1f days\n", b->recording->lines,
	    b->recording->unit, b->recording->events, (double)(t->now - t->began) / DAY_MS);
	printf("pages: %u, %.2f a day; ends told: %u\n", t->sent, t->sent / days(t), t->ends);
}

/* ---- JSON */

static void
episode_json(struct out *o, const struct backtest *b, const struct trial_episode *e)
{
	json_open(o, '{');
	json_key(o, "alert");
	json_text(o, str_of(e->alert));
	json_key(o, "rule");
	json_text(o, str_of(e->rule->name));
	json_key(o, "scope");
	json_text(o, str_of(e->alert + strlen(e->rule->name) + 1));
	json_key(o, "severity");
	json_text(o, str_of(severity_name(e->rule->severity)));
	json_key(o, "episode");
	json_text(o, str_of(e->episode));
	json_key(o, "began_epoch_ms");
	json_int(o, e->began);
	json_key(o, "ended_epoch_ms");
	json_figure(o, e->ended == -1 ? FIGURE_NAN : e->ended, UNIT_EPOCH_MS);
	json_key(o, "paged_epoch_ms");
	json_figure(o, e->paged == -1 ? FIGURE_NAN : e->paged, UNIT_EPOCH_MS);
	json_key(o, "lasted_seconds");
	json_figure(o, (e->ended == -1 ? b->trial->now : e->ended) - e->began, UNIT_SECONDS);
	json_key(o, "pages_count");
	json_int(o, e->pages);
	json_key(o, "metric");
	json_text(o, str_of(e->rule->when[0].field));
	json_key(o, "worst");
	json_figure(o, e->worst, e->unit);
	json_key(o, "flapping");
	json_bool(o, e->flapping);
	json_close(o, '}');
}

static void
rule_json(struct out *o, const struct backtest *b, const struct rule_def *rule)
{
	struct sum s = sum_up(b->trial, rule);

	json_open(o, '{');
	json_key(o, "rule");
	json_text(o, str_of(rule->name));
	json_key(o, "severity");
	json_text(o, str_of(severity_name(rule->severity)));
	json_key(o, "episodes_count");
	json_int(o, (int64_t)s.episodes);
	json_key(o, "paged_count");
	json_int(o, (int64_t)s.paged);
	json_key(o, "pages_count");
	json_int(o, (int64_t)s.pages);
	json_key(o, "pages_per_day");
	json_figure(o, (int64_t)((double)s.pages * 1000 / days(b->trial) + 0.5), UNIT_RATE);
	json_key(o, "firing_seconds");
	json_figure(o, (int64_t)(s.firing * MSEC_PER_SEC + 0.5), UNIT_SECONDS);
	json_close(o, '}');
}

static void
totals_json(struct out *o, const struct backtest *b)
{
	const struct trial *t = b->trial;

	json_key(o, "lines_total");
	json_int(o, (int64_t)b->recording->lines);
	json_key(o, "events_total");
	json_int(o, (int64_t)b->recording->events);
	json_key(o, "damaged_total");
	json_int(o, (int64_t)b->recording->damaged);
	json_key(o, "missing_total");
	json_int(o, (int64_t)b->recording->missing);
	json_key(o, "from_epoch_ms");
	json_figure(o, t->began == -1 ? FIGURE_NAN : t->began, UNIT_EPOCH_MS);
	json_key(o, "until_epoch_ms");
	json_figure(o, t->now == -1 ? FIGURE_NAN : t->now, UNIT_EPOCH_MS);
	json_key(o, "pages_count");
	json_int(o, t->sent);
	json_key(o, "pages_per_day");
	json_figure(o, (int64_t)(t->sent * 1000 / days(t) + 0.5), UNIT_RATE);
	json_key(o, "ends_count");
	json_int(o, t->ends);
}

static void
print_all_json(const struct backtest *b)
{
	const struct trial *t = b->trial;
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	totals_json(&o, b);
	json_key(&o, "episodes");
	json_open(&o, '[');
	for (size_t i = 0; i < t->n; i++)
		episode_json(&o, b, &t->episode[i]);
	json_close(&o, ']');
	json_key(&o, "rules");
	json_open(&o, '[');
	for (size_t i = 0; i < t->rules.nrules; i++)
		rule_json(&o, b, &t->rules.rule[i]);
	json_close(&o, ']');
	json_close(&o, '}');
	print_json(&o);
}

/* ---- the file */

static void
on_event(void *arg, const struct event *e, msec_t now)
{
	struct backtest *b = arg;

	(void)trial_event(b->trial, e, now); /* one that is odd is odd in the figures, too */
}

static void
on_refused(void *arg, const struct reject *refused, msec_t now)
{
	struct backtest *b = arg;

	trial_refused(b->trial, refused, now);
}

static int
backtest(struct backtest *b)
{
	b->recording->on_event = on_event;
	b->recording->on_refused = on_refused;
	b->recording->arg = b;
	if (!recording_read(b->recording))
		return EXIT_USAGE;
	recording_print_left_out(b->recording, b->trial->engine);
	if (b->recording->events == 0) {
		fprintf(stderr, "ccmonctl: there is no event in %s\n", b->recording->path);
		return EXIT_USAGE;
	}
	trial_end(b->trial);
	if (b->c->json)
		print_all_json(b);
	else
		print_text(b);
	return b->trial->sent > 0 ? EXIT_NOT_FINE : EXIT_FINE;
}

int
verb_backtest(struct ctl *c, char **args)
{
	struct backtest b = { .c = c };
	int code = EXIT_USAGE;

	if (!ctl_settings(c) || (b.recording = recording_open(c, args)) == NULL)
		return EXIT_USAGE;
	if ((b.trial = trial_new(c->settings, b.recording->clock)) == NULL)
		fprintf(stderr, "ccmonctl: out of memory\n");
	else
		code = backtest(&b);
	trial_free(b.trial);
	recording_close(b.recording);
	return code;
}
