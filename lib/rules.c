/* SPDX-License-Identifier: MIT */
/*
 * rules.c: rules and hooks as plain data, the fields they may speak of, and
 * the rules nobody has to write.
 *
 * The fields are metrics.def and monitor.def in one table, so that the
 * settings, the alerts and the documentation cannot disagree on what exists.
 * What is kept in the history streams only is no field of any object: its
 * rows have no scope here and are never found.
 */
#include <ccmon/rules.h>

#include <assert.h>
#include <stdlib.h>

/* ---- words ---- */

static const char *const severities[SEVERITY_COUNT] = {
#define SEVERITY(sym, name, elsewhere) [SEVERITY_##sym] = name,
	SEVERITIES(SEVERITY)
#undef SEVERITY
};

const char *
severity_name(enum severity s)
{
	assert(s < SEVERITY_COUNT);
	return severities[s];
}

static const char *const scopes[SCOPE_COUNT] = {
	[SCOPE_QUEUE] = "queue",
	[SCOPE_CHANNEL] = "channel",
	[SCOPE_SITE] = "site",
	[SCOPE_AGENT] = "agent",
	[SCOPE_FEED] = "feed",
};

const char *
scope_name(enum scope s)
{
	assert(s < SCOPE_COUNT);
	return scopes[s];
}

/* ---- fields ---- */

#define WHEN_NOW false
#define WHEN_WINDOW true
#define WHEN_TOTAL false

/* Is it a field of objects? */
#define USE_O 1
#define USE_B 1
#define USE_H 1
#define USE_HB 1
#define USE_HO 1
#define USE_HIST 0

enum field {
#define METRIC(fn, name, unit, scopes, when, use, text) FIELD_##fn,
#define TEXT(fn, name, scopes, use, text) FIELD_##fn,
#include <ccmon/metrics.def>
#define MONITOR(sym, name, unit, text) FIELD_MONITOR_##sym,
#include <ccmon/monitor.def>
	FIELD_COUNT
};

static const struct field_row fields[FIELD_COUNT] = {
#define METRIC(fn, field, of, in, when, use, text)                                                 \
	[FIELD_##fn] = { .name = field,                                                            \
		.unit = UNIT_##of,                                                                 \
		.scopes = USE_##use * (SCOPES_##in),                                               \
		.windowed = WHEN_##when },
#define TEXT(fn, field, in, use, text)                                                             \
	[FIELD_##fn] = { .name = field, .scopes = SCOPES_##in, .is_text = true },
#define SAMPLES(fn, count) [FIELD_##fn].samples = count,
#include <ccmon/metrics.def>
#define MONITOR(sym, field, of, text)                                                              \
	[FIELD_MONITOR_##sym] = { .name = field, .unit = UNIT_##of, .scopes = 1 << SCOPE_SITE },
#include <ccmon/monitor.def>
};

const struct field_row *
field_row(size_t i)
{
	return i < FIELD_COUNT ? &fields[i] : NULL;
}

const struct field_row *
field_row_find(struct str name)
{
	for (const struct field_row *f = fields; f < fields + FIELD_COUNT; f++)
		if (f->scopes != 0 && strlen(f->name) == name.n &&
		    memcmp(f->name, name.p, name.n) == 0)
			return f;
	return NULL;
}

const struct field_row *
field_row_split(const char *field, const char **window)
{
	struct str name = { field, (uint32_t)strlen(field) };
	const struct field_row *row = field_row_find(name);

	*window = NULL;
	if (row != NULL)
		return row->windowed ? NULL : row;
	if ((*window = strrchr(field, '_')) == NULL)
		return NULL;
	name.n = (uint32_t)((*window)++ - field);
	row = field_row_find(name);
	return row != NULL && row->windowed ? row : NULL;
}

/* ---- globs ---- */

/*
 * Only the last star is ever taken back: what an earlier one could give up,
 * the later one can take.  So the time is at most glob times name.
 */
bool
glob_match(const char *glob, struct str name)
{
	const char *p = name.p, *end = name.n > 0 ? name.p + name.n : name.p;
	const char *star = NULL, *taken = NULL;

	while (p < end) {
		if (*glob == '*') {
			star = glob++;
			taken = p;
		} else if (*glob == '?' || (*glob != '\0' && *glob == *p)) {
			glob++;
			p++;
		} else if (star != NULL) {
			glob = star + 1;
			p = ++taken;
		} else
			return false;
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

/* ---- what the daemon knows of itself, and the rules about it ---- */

static const struct monitor_row monitors[MONITOR_COUNT] = {
#define MONITOR(sym, name, unit, text) [MONITOR_##sym] = { name, UNIT_##unit },
#include <ccmon/monitor.def>
};

const struct monitor_row *
monitor_row(enum monitor m)
{
	assert(m < MONITOR_COUNT);
	return &monitors[m];
}

static const struct builtin_row builtins[] = {
#define BUILTIN(name, scope, glob, condition, hold, clear_for, severity, text)                     \
	{ name, SCOPE_##scope, glob, condition, hold, clear_for, SEVERITY_##severity, text },
#include <ccmon/monitor.def>
};

const struct builtin_row *
builtin_row(size_t i)
{
	return i < COUNTOF(builtins) ? &builtins[i] : NULL;
}

const struct builtin_row *
builtin_find(const char *name)
{
	for (size_t i = 0; i < COUNTOF(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

static void
names_free(char **names)
{
	for (char **p = names; p != NULL && *p != NULL; p++)
		free(*p);
	free(names);
}

static void
conditions_free(struct condition *conditions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		condition_fini(&conditions[i]);
	free(conditions);
}

static void
rule_fini(struct rule_def *r)
{
	conditions_free(r->when, r->nwhen);
	conditions_free(r->clear, r->nclear);
	for (size_t i = 0; i < r->nsteps; i++)
		names_free(r->steps[i].hooks);
	free(r->steps);
	names_free(r->inhibited_by);
	free(r->hours);
	free(r->glob);
	free(r->name);
}

/* The row's condition as the rule's only one. */
static int
add_condition(struct rule_def *r, const struct builtin_row *row)
{
	char why[128];

	if ((r->when = calloc(1, sizeof(*r->when))) == NULL ||
	    condition_parse(row->condition, r->when, why, sizeof(why)) == -1)
		return -1;
	r->nwhen = 1;
	return 0;
}

/* The only step: nobody by name, so paging.hooks when it pages. */
static int
add_step(struct rule_def *r)
{
	if ((r->steps = calloc(1, sizeof(*r->steps))) == NULL)
		return -1;
	r->nsteps = 1;
	r->steps[0].hooks = calloc(1, sizeof(*r->steps[0].hooks));
	return r->steps[0].hooks == NULL ? -1 : 0;
}

static int
rule_from_row(struct rule_def *r, const struct builtin_row *row)
{
	*r = (struct rule_def){ .scope = row->scope,
		.hold = row->hold,
		.clear_for = row->clear_for,
		.severity = row->severity };
	if ((r->name = strdup(row->name)) == NULL || (r->glob = strdup(row->glob)) == NULL ||
	    (r->inhibited_by = calloc(1, sizeof(*r->inhibited_by))) == NULL)
		return -1;
	return add_condition(r, row) == -1 || add_step(r) == -1 ? -1 : 0;
}

int
rules_add_builtin(struct rules *rules)
{
	struct rule_def *all, *r;

	all = realloc(rules->rule, (rules->nrules + COUNTOF(builtins)) * sizeof(*all));
	if (all == NULL)
		return -1;
	rules->rule = all;
	for (size_t i = 0; i < COUNTOF(builtins); i++) {
		if (rules_find(rules, builtins[i].name) != NULL)
			continue;
		r = &all[rules->nrules++];
		if (rule_from_row(r, &builtins[i]) == -1)
			return -1;
	}
	return 0;
}

/* ---- all rules ---- */

const struct rule_def *
rules_find(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->nrules; i++)
		if (rules->rule[i].name != NULL && strcmp(rules->rule[i].name, name) == 0)
			return &rules->rule[i];
	return NULL;
}

const struct hook_def *
rules_hook(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->nhooks; i++)
		if (strcmp(rules->hook[i].name, name) == 0)
			return &rules->hook[i];
	return NULL;
}

static void
hook_fini(struct hook_def *h)
{
	free(h->name);
	names_free(h->command);
	names_free(h->env);
}

void
rules_fini(struct rules *rules)
{
	for (size_t i = 0; i < rules->nrules; i++)
		rule_fini(&rules->rule[i]);
	for (size_t i = 0; i < rules->nhooks; i++)
		hook_fini(&rules->hook[i]);
	free(rules->rule);
	free(rules->hook);
	names_free(rules->paging.hooks);
	free(rules->paging.watchdog_hook);
	*rules = (struct rules){ 0 };
}
