/* SPDX-License-Identifier: MIT */
/*
 * settings_alert.c: one alert as the file has it, into a struct rule_def.
 *
 * One with the name of a built-in alert takes its place, and has its values
 * for whatever the file does not say.
 */
#include "settings_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/event.h>

/* One alert on its way. */
struct making {
	struct load *load;
	const struct conf_node *node; /* its group in the file */
	struct rule_def *rule;
	struct alert_texts *texts;
};

/* The node of an option of the alert, else the alert's own. */
static const struct conf_node *
option_node(const struct making *m, const char *option)
{
	const struct conf_node *node = conf_find(m->node, option);

	return node == NULL ? m->node : node;
}

/* Names stand in ids, which are matched by globs; some ccmon uses itself. */
static void
check_name(struct load *l, const struct conf_node *node, const char *name)
{
	if (strchr(name, '*') != NULL)
		problem(l, node, "a name without *, please: silences match by it");
	if (strcmp(name, "storm") == 0 || strcmp(name, "watchdog") == 0)
		problem(l, node, "is a name ccmon uses itself");
}

/* ---- what an alert has of the built-in one in whose place it stands */

static int
text_scope(char **text, const struct builtin_row *row)
{
	if (row->scope == SCOPE_SITE)
		*text = strdup(scope_name(row->scope));
	else if (asprintf(text, "%s:%s", scope_name(row->scope), row->glob) == -1)
		*text = NULL;
	return *text == NULL ? -1 : 0;
}

static int
text_when(char ***list, const struct builtin_row *row)
{
	if ((*list = calloc(2, sizeof(**list))) == NULL)
		return -1;
	return ((*list)[0] = strdup(row->condition)) == NULL ? -1 : 0;
}

static void
inherit(struct making *m)
{
	const struct builtin_row *row = builtin_find(m->rule->name);
	struct alert_texts *a = m->texts;

	if (row == NULL)
		return;
	if ((a->scope == NULL && text_scope(&a->scope, row) == -1) ||
	    (a->when == NULL && text_when(&a->when, row) == -1))
		no_memory(m->load);
	if (conf_find(m->node, "for") == NULL)
		m->rule->hold = row->hold;
	if (conf_find(m->node, "clear_for") == NULL)
		m->rule->clear_for = row->clear_for;
	if (conf_find(m->node, "severity") == NULL)
		m->rule->severity = row->severity;
}

/* ---- an alert's scope */

static bool
is_channel(const char *glob)
{
	for (unsigned c = 0; c < CHANNEL_COUNT; c++) {
		const char *name = word_name(WORDS_CHANNEL, c);

		if (glob_match(glob, str_of(name)))
			return true;
	}
	return false;
}

/* The scope whose word is the first n bytes; SCOPE_COUNT: none. */
static unsigned
find_scope(const char *text, size_t n)
{
	unsigned s;

	for (s = 0; s < SCOPE_COUNT; s++)
		if (strlen(scope_name(s)) == n && memcmp(scope_name(s), text, n) == 0)
			break;
	return s;
}

/* "queue:*" into scope and glob; why not, or NULL. */
static const char *
read_scope(const char *text, uint8_t *scope, const char **glob)
{
	size_t n = strcspn(text, ":");
	unsigned s = find_scope(text, n);

	if (s == SCOPE_COUNT)
		return "is no scope: write queue:*, channel:call, agent:*, feed:* or site";
	*scope = (uint8_t)s;
	*glob = s == SCOPE_SITE ? "*" : text + n + 1;
	if (s == SCOPE_SITE)
		return text[n] == '\0' ? NULL : "names the site, and there is one: write site";
	if (text[n] == '\0' || text[n + 1] == '\0')
		return "names nothing: write the word, a colon, and a name or *";
	if (s == SCOPE_CHANNEL && !is_channel(*glob))
		return "is no channel: there are call, chat and email";
	return NULL;
}

static void
make_scope(struct making *m)
{
	const struct conf_node *node = option_node(m, "scope");
	const char *glob, *why;

	if (m->texts->scope == NULL) {
		problem(m->load, node, "needs a scope, such as \"queue:*\"");
		return;
	}
	if ((why = read_scope(m->texts->scope, &m->rule->scope, &glob)) != NULL)
		problem(m->load, node, "\"%s\" %s", m->texts->scope, why);
	else if ((m->rule->glob = strdup(glob)) == NULL)
		no_memory(m->load);
}

/* ---- its conditions */

static void
make_condition(struct making *m, const struct conf_node *node, const char *text,
    struct condition *conditions, size_t *n)
{
	struct condition *c = &conditions[*n];
	char why[WHY_MAX];

	if (condition_parse(text, c, why, sizeof(why)) == -1) {
		problem(m->load, node, "%s", why);
		return;
	}
	(*n)++;
	/* without a scope there are no fields to look among */
	if (m->rule->glob != NULL &&
	    condition_check(&m->load->settings->site, c, m->rule->scope, why) == -1)
		problem(m->load, node, "%s", why);
}

static void
make_conditions(
    struct making *m, const char *option, char **texts, struct condition **conditions, size_t *n)
{
	const struct conf_node *node = option_node(m, option);

	if ((*conditions = calloc(texts_count(texts) + 1, sizeof(**conditions))) == NULL) {
		no_memory(m->load);
		return;
	}
	for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
		make_condition(m, item_node(node, i), texts[i], *conditions, n);
}

static bool
any_has_samples(const struct condition *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (condition_has_samples(&c[i]))
			return true;
	return false;
}

static void
make_when(struct making *m)
{
	struct rule_def *r = m->rule;

	if (texts_count(m->texts->when) == 0)
		problem(m->load, option_node(m, "when"),
		    "needs a condition: when = \"oldest_wait_seconds > 60\"");
	make_conditions(m, "when", m->texts->when, &r->when, &r->nwhen);
	make_conditions(m, "clear", m->texts->clear, &r->clear, &r->nclear);
	r->min_n = m->texts->min_n;
	if (r->min_n > 0 && !any_has_samples(r->when, r->nwhen) &&
	    !any_has_samples(r->clear, r->nclear))
		problem(m->load, option_node(m, "min_n"),
		    "is of no use: only ratios, means and percentiles are formed of samples");
}

/* ---- whom it tells */

static void
make_steps(struct making *m)
{
	struct rule_def *r = m->rule;
	struct alert_texts *a = m->texts;
	struct rule_step *step;

	if ((r->steps = calloc(1 + a->nrungs, sizeof(*r->steps))) == NULL) {
		no_memory(m->load);
		return;
	}
	r->steps[r->nsteps++].hooks = take_list(m->load, &a->hooks);
	for (size_t i = 0; i < a->nrungs; i++) {
		step = &r->steps[r->nsteps++];
		step->after = a->rungs[i].after;
		step->hooks = take_list(m->load, &a->rungs[i].hooks);
	}
}

static void
check_steps(struct making *m)
{
	const struct rule_def *r = m->rule;
	const struct conf_node *ladder = conf_find(m->node, "ladder"), *rung;

	if (r->nsteps > 0)
		check_hook_names(m->load, option_node(m, "hooks"), r->steps[0].hooks);
	for (size_t i = 1; i < r->nsteps; i++) {
		rung = conf_item(ladder, i - 1);
		check_hook_names(m->load, conf_find(rung, "hooks"), r->steps[i].hooks);
		if (texts_count(r->steps[i].hooks) == 0)
			problem(m->load, conf_find(rung, "hooks"), "needs somebody to tell");
		if (r->steps[i].after <= r->steps[i - 1].after)
			problem(m->load, conf_find(rung, "after"),
			    "must be later than the step before, at %" PRId64 " s",
			    r->steps[i - 1].after / MSEC_PER_SEC);
	}
}

static void
check_hours(struct making *m)
{
	const char *hours = m->rule->hours;

	if (hours != NULL && strcmp(hours, "always") != 0 &&
	    calendars_find(&m->load->settings->site.calendars, hours) == NULL)
		no_calendar(m->load, option_node(m, "hours"), hours);
}

void
settings_alert(struct load *l, struct rule_def *r, struct alert_texts *texts)
{
	struct making m = { l, find_node(l, "alerts", r->name, NULL), r, texts };

	check_name(l, m.node, r->name);
	inherit(&m);
	make_scope(&m);
	make_when(&m);
	make_steps(&m);
	check_steps(&m);
	check_hours(&m);
	r->inhibited_by = take_list(l, &r->inhibited_by);
}
