/* SPDX-License-Identifier: MIT */
/*
 * scenario_rules.h: the rules of a scenario, from its `config` lines.
 *
 *	config alerts.NAME.when = waiting_count > 0	one condition a line
 *	config alerts.NAME.ladder = 5m boss deputy	one rung a line
 *	config alerts.NAME.inhibited_by = down calls
 *	config paging.ack_timeout = 10m
 *
 * Settings have the names they have in ccmon.cfg.  A rule that says nothing
 * else is about all queues, pages bell at once and clears at once; one with
 * the name of a built-in rule has that one's values, as in the daemon.  Others
 * that are built in are not there: a story has the rules it tells of.
 */
#ifndef CCMON_TESTS_SCENARIO_RULES_H
#define CCMON_TESTS_SCENARIO_RULES_H

#include "tests/unit/scenario_site.h"

#define SCENARIO_NAMES	8	/* in one list */
#define SCENARIO_STEPS	6	/* of one ladder, the first among them */

/* ---- lists of names ---- */

static inline char **
scenario_names(const char *words)
{
	char **names = calloc(SCENARIO_NAMES + 1, sizeof(*names)), *copy = strdup(words);
	char *rest = copy, *word;
	size_t n = 0;

	assert(names != NULL && copy != NULL);
	while (*(word = next_word(&rest)) != '\0') {
		assert(n < SCENARIO_NAMES);
		names[n++] = strdup(word);
	}
	free(copy);
	return names;
}

static inline int
scenario_set_names(struct scenario_site *s, void *field, const char *value)
{
	char ***names = field;

	(void)s;
	for (char **name = *names; *name != NULL; name++)
		free(*name);
	free(*names);
	*names = scenario_names(value);
	return 0;
}

/* ---- what one rule may say ---- */

static inline int
scenario_add_condition(struct condition **all, size_t *n, const char *text)
{
	char why[128];

	*all = realloc(*all, (*n + 1) * sizeof(**all));
	assert(*all != NULL);
	if (condition_parse(text, &(*all)[*n], why, sizeof(why)) == -1)
		return -1;
	++*n;
	return 0;
}

static inline int
scenario_set_when(struct scenario_site *s, void *rule, const char *value)
{
	struct rule_def *r = rule;

	(void)s;
	return scenario_add_condition(&r->when, &r->nwhen, value);
}

static inline int
scenario_set_clear(struct scenario_site *s, void *rule, const char *value)
{
	struct rule_def *r = rule;

	(void)s;
	return scenario_add_condition(&r->clear, &r->nclear, value);
}

/* "queue:sales", "site" */
static inline int
scenario_set_scope(struct scenario_site *s, void *rule, const char *value)
{
	struct rule_def *r = rule;
	size_t n = strcspn(value, ":");

	(void)s;
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		const char *word = scope_name((enum scope)i);

		if (strlen(word) != n || memcmp(word, value, n) != 0)
			continue;
		free(r->glob);
		r->scope = (uint8_t)i;
		r->glob = strdup(value[n] == ':' ? value + n + 1 : "*");
		return 0;
	}
	return -1;
}

static inline int
scenario_set_severity(struct scenario_site *s, void *field, const char *value)
{
	(void)s;
	for (unsigned i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(severity_name((enum severity)i), value) == 0) {
			*(uint8_t *)field = (uint8_t)i;
			return 0;
		}
	return -1;
}

static inline int
scenario_set_hooks(struct scenario_site *s, void *rule, const char *value)
{
	return scenario_set_names(s, &((struct rule_def *)rule)->steps[0].hooks, value);
}

/* "5m boss deputy" */
static inline int
scenario_set_rung(struct scenario_site *s, void *rule, const char *value)
{
	struct rule_def *r = rule;
	char *copy = strdup(value), *rest = copy;
	msec_t after;
	int rc = duration_parse(next_word(&rest), &after);

	(void)s;
	if (*rest == '\0' || r->nsteps == SCENARIO_STEPS)
		rc = -1;
	if (rc == 0)
		r->steps[r->nsteps++] = (struct rule_step){ after, scenario_names(rest) };
	free(copy);
	return rc;
}

/* A calendar that stands before, or always. */
static inline int
scenario_set_hours(struct scenario_site *s, void *field, const char *value)
{
	char **hours = field;

	free(*hours);
	*hours = strdup(value);
	return strcmp(value, "always") == 0 || calendars_find(&s->site.calendars, value) != NULL ? 0 : -1;
}

static inline int
scenario_set_samples(struct scenario_site *s, void *field, const char *value)
{
	char *end;

	(void)s;
	*(int64_t *)field = strtoll(value, &end, 10);
	return end > value && *end == '\0' ? 0 : -1;
}

static inline int
scenario_set_int(struct scenario_site *s, void *field, const char *value)
{
	int64_t n;
	int rc = scenario_set_samples(s, &n, value);

	*(int *)field = (int)n;
	return rc;
}

/* alerts.NAME.name */
static const struct scenario_setting scenario_rule_settings[] = {
	{ "when", scenario_set_when, 0 },
	{ "clear", scenario_set_clear, 0 },
	{ "scope", scenario_set_scope, 0 },
	{ "for", scenario_set_length, offsetof(struct rule_def, hold) },
	{ "clear_for", scenario_set_length, offsetof(struct rule_def, clear_for) },
	{ "min_n", scenario_set_samples, offsetof(struct rule_def, min_n) },
	{ "severity", scenario_set_severity, offsetof(struct rule_def, severity) },
	{ "hooks", scenario_set_hooks, 0 },
	{ "ladder", scenario_set_rung, 0 },
	{ "repeat", scenario_set_length, offsetof(struct rule_def, repeat) },
	{ "inhibited_by", scenario_set_names, offsetof(struct rule_def, inhibited_by) },
	{ "hours", scenario_set_hours, offsetof(struct rule_def, hours) },
	{ NULL, NULL, 0 },
};

/* paging.name */
static const struct scenario_setting scenario_paging_settings[] = {
	{ "hooks", scenario_set_names, offsetof(struct paging, hooks) },
	{ "storm", scenario_set_int, offsetof(struct paging, storm) },
	{ "ack_timeout", scenario_set_length, offsetof(struct paging, ack_timeout) },
	{ NULL, NULL, 0 },
};

/* ---- rules ---- */

static inline void
scenario_rules_init(struct scenario_site *s)
{
	s->rules.paging = (struct paging){ .hooks = scenario_names("pager"), .storm = 20,
		.ack_timeout = 3600000 };
}

static inline void
scenario_rule_inherit(struct rule_def *r, const struct builtin_row *row)
{
	r->scope = row->scope;
	r->hold = row->hold;
	r->clear_for = row->clear_for;
	r->severity = row->severity;
}

/* The rule of that name, made when it is new. */
static inline struct rule_def *
scenario_rule(struct rules *all, const char *name)
{
	const struct builtin_row *row = builtin_find(name);
	struct rule_def *r;

	for (r = all->rule; r < all->rule + all->nrules; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	all->rule = realloc(all->rule, (all->nrules + 1) * sizeof(*r));
	assert(all->rule != NULL);
	r = &all->rule[all->nrules++];
	*r = (struct rule_def){ .name = strdup(name), .glob = strdup("*"), .severity = SEVERITY_PAGE,
		.steps = calloc(SCENARIO_STEPS, sizeof(*r->steps)), .nsteps = 1,
		.inhibited_by = scenario_names("") };
	assert(r->steps != NULL);
	r->steps[0].hooks = scenario_names(row == NULL ? "bell" : "");
	if (row != NULL)
		scenario_rule_inherit(r, row);
	return r;
}

static inline bool
scenario_is_of_rules(const char *path)
{
	return strncmp(path, "alerts.", 7) == 0 || strncmp(path, "paging.", 7) == 0;
}

/* Cuts the path into its parts.  -1: no such setting, or not such a value. */
static inline int
scenario_rules_set(struct scenario_site *s, char *path, const char *value)
{
	const char *part = strsep(&path, ".");

	if (strcmp(part, "paging") == 0)
		return scenario_apply(s, scenario_paging_settings, &s->rules.paging, path, value);
	part = strsep(&path, ".");
	if (path == NULL)
		return -1;
	return scenario_apply(s, scenario_rule_settings, scenario_rule(&s->rules, part), path, value);
}

static inline bool
scenario_has_field(const struct rule_def *r, const char *field)
{
	const char *window;
	const struct field_row *row = field == NULL ? NULL : field_row_split(field, &window);

	return field == NULL || (row != NULL && (row->scopes & 1 << r->scope) != 0);
}

/* A field no object of the rule has; NULL: there are all. */
static inline const char *
scenario_missing_field(const struct rule_def *r)
{
	for (size_t i = 0; i < r->nwhen + r->nclear; i++) {
		const struct condition *c = i < r->nwhen ? &r->when[i] : &r->clear[i - r->nwhen];

		if (!scenario_has_field(r, c->field))
			return c->field;
		if (!scenario_has_field(r, c->other))
			return c->other;
	}
	return NULL;
}

/* All was said of them.  NULL, or the rule with something wrong. */
static inline const struct rule_def *
scenario_rules_done(struct rules *all)
{
	for (struct rule_def *r = all->rule; r < all->rule + all->nrules; r++) {
		const struct builtin_row *row = builtin_find(r->name);

		if (r->nwhen == 0 && row != NULL &&
		    scenario_add_condition(&r->when, &r->nwhen, row->condition) == -1)
			return r;
		if (r->nwhen == 0 || scenario_missing_field(r) != NULL)
			return r;
	}
	return NULL;
}

/* From the rules there are to those there were.  -1: no such rule. */
static inline int
scenario_rule_remove(struct rules *all, const char *name, struct rules *were)
{
	struct rule_def *r = all->rule, *end = r + all->nrules;

	while (r < end && strcmp(r->name, name) != 0)
		r++;
	if (r == end)
		return -1;
	were->rule = realloc(were->rule, (were->nrules + 1) * sizeof(*r));
	assert(were->rule != NULL);
	were->rule[were->nrules++] = *r;
	memmove(r, r + 1, (size_t)(end - r - 1) * sizeof(*r));
	all->nrules--;
	return 0;
}

#endif
