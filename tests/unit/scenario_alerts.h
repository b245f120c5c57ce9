/* SPDX-License-Identifier: MIT */
/*
 * scenario_alerts.h: the rules of a scenario and what became of them.
 *
 * Settings have the names they have in ccmon.cfg; `when`, `clear` and `ladder`
 * ("5m boss") may be given several times and add up.  A rule that says nothing
 * else is about all queues, pages bell at once and clears at once.
 */
#ifndef CCMON_TESTS_SCENARIO_ALERTS_H
#define CCMON_TESTS_SCENARIO_ALERTS_H

#include <jansson.h>

#include "tests/unit/alerts_kit.h"
#include "tests/unit/scenario_site.h"

#define SCENARIO_RULES	8
#define SCENARIO_STEPS	4
#define SCENARIO_PAGES	128	/* not yet expected */

struct scenario_page {
	char text[512];		/* " fire oldest_wait/queue:sales hooks=bell alerts=1 " */
	char alert[ALERT_ID_MAX], id[PAGE_ID_MAX];
};

struct scenario_alerts {
	struct rules rules;
	struct alerts *alerts;	/* NULL: there are no rules */
	msec_t next;		/* turn */
	struct scenario_page page[SCENARIO_PAGES], last;
	size_t npages;
	int64_t monitor[MONITOR_COUNT];
	char silence[32];	/* the last order's id */
	unsigned orders;
	struct kit_kept kept;
};

/* ---- settings ---- */

static inline void
scenario_alerts_init(struct scenario_alerts *s)
{
	*s = (struct scenario_alerts){ .rules = { .paging = { .hooks = desk_names("pager"),
	    .storm = 20, .ack_timeout = 3600000 } } };
}

static inline struct rule_def *
scenario_rule(struct scenario_alerts *s, const char *name)
{
	struct rule_def *r;

	for (r = s->rules.rule; r < s->rules.rule + s->rules.nrules; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	if (s->rules.rule == NULL)
		s->rules.rule = calloc(SCENARIO_RULES, sizeof(*r));
	if (s->rules.nrules == SCENARIO_RULES)
		return NULL;
	r = &s->rules.rule[s->rules.nrules++];
	*r = (struct rule_def){ .name = strdup(name), .glob = strdup("*"), .severity = SEVERITY_PAGE,
		.when = calloc(SCENARIO_STEPS, sizeof(*r->when)),
		.clear = calloc(SCENARIO_STEPS, sizeof(*r->clear)),
		.steps = calloc(SCENARIO_STEPS, sizeof(*r->steps)), .nsteps = 1,
		.inhibited_by = desk_names(NULL) };
	r->steps[0].hooks = desk_names("bell");
	return r;
}

typedef int scenario_rule_fn(struct rule_def *, const char *value);

static inline int
scenario_rule_scope(struct rule_def *r, const char *value)
{
	const char *colon = strchrnul(value, ':');

	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		const char *word = scope_name((enum scope)i);

		if (strlen(word) != (size_t)(colon - value) || strncmp(word, value, strlen(word)) != 0)
			continue;
		r->scope = (uint8_t)i;
		free(r->glob);
		r->glob = strdup(*colon == ':' ? colon + 1 : "*");
		return 0;
	}
	return -1;
}

static inline int
scenario_add_condition(struct condition *all, size_t *n, const char *value)
{
	char why[128];

	return *n == SCENARIO_STEPS ? -1 : condition_parse(value, &all[(*n)++], why, sizeof(why));
}

static inline int
scenario_rule_when(struct rule_def *r, const char *value)
{
	return scenario_add_condition(r->when, &r->nwhen, value);
}

static inline int
scenario_rule_clear(struct rule_def *r, const char *value)
{
	return scenario_add_condition(r->clear, &r->nclear, value);
}

static inline int
scenario_rule_for(struct rule_def *r, const char *value)
{
	return duration_parse(value, &r->hold);
}

static inline int
scenario_rule_clear_for(struct rule_def *r, const char *value)
{
	return duration_parse(value, &r->clear_for);
}

static inline int
scenario_rule_repeat(struct rule_def *r, const char *value)
{
	return duration_parse(value, &r->repeat);
}

static inline int
scenario_rule_min_n(struct rule_def *r, const char *value)
{
	r->min_n = atoi(value);
	return r->min_n > 0 ? 0 : -1;
}

static inline int
scenario_rule_hours(struct rule_def *r, const char *value)
{
	free(r->hours);
	r->hours = strdup(value);
	return 0;
}

static inline int
scenario_rule_severity(struct rule_def *r, const char *value)
{
	for (unsigned i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(severity_name((enum severity)i), value) == 0) {
			r->severity = (uint8_t)i;
			return 0;
		}
	return -1;
}

static inline int
scenario_rule_inhibited_by(struct rule_def *r, const char *value)
{
	desk_inhibited_by(r, value);
	return 0;
}

static inline int
scenario_rule_ladder(struct rule_def *r, const char *value)
{
	char after[32];
	msec_t ms;
	int n = 0;

	if (r->nsteps == SCENARIO_STEPS || sscanf(value, "%31s %n", after, &n) != 1 ||
	    duration_parse(after, &ms) != 0)
		return -1;
	desk_step(r, ms, value + n);
	return 0;
}

static const struct {
	const char *name;
	scenario_rule_fn *set;
} scenario_rule_settings[] = {
	{ "scope", scenario_rule_scope }, { "when", scenario_rule_when },
	{ "clear", scenario_rule_clear }, { "for", scenario_rule_for },
	{ "clear_for", scenario_rule_clear_for }, { "repeat", scenario_rule_repeat },
	{ "min_n", scenario_rule_min_n }, { "hours", scenario_rule_hours },
	{ "severity", scenario_rule_severity }, { "ladder", scenario_rule_ladder },
	{ "inhibited_by", scenario_rule_inhibited_by },
};

/* alerts.NAME.setting, paging.storm, paging.ack_timeout.  1: none of these. */
static inline int
scenario_alerts_set(struct scenario_alerts *s, char *path, const char *value)
{
	struct rule_def *r;

	if (strcmp(path, "paging.storm") == 0) {
		s->rules.paging.storm = atoi(value);
		return s->rules.paging.storm > 0 ? 0 : -1;
	}
	if (strcmp(path, "paging.ack_timeout") == 0)
		return duration_parse(value, &s->rules.paging.ack_timeout);
	if (strncmp(path, "alerts.", 7) != 0)
		return 1;
	path += 7;
	r = scenario_rule(s, strsep(&path, "."));
	for (size_t i = 0; r != NULL && path != NULL && i < COUNTOF(scenario_rule_settings); i++)
		if (strcmp(scenario_rule_settings[i].name, path) == 0)
			return scenario_rule_settings[i].set(r, value);
	return -1;
}

/* ---- a life ---- */

static inline void
scenario_alerts_open(struct scenario_alerts *s, const struct site *site, struct engine **engine)
{
	s->alerts = alerts_new(&(struct alerts_options){ site->name, &s->rules, &site->calendars, engine });
	for (unsigned m = 0; m < MONITOR_COUNT; m++)
		alerts_monitor(s->alerts, (enum monitor)m, s->monitor[m], NULL);
}

static inline void
scenario_alerts_close(struct scenario_alerts *s)
{
	if (s->alerts != NULL)
		alerts_check(s->alerts);
	alerts_free(s->alerts);
	kit_forget(&s->kept);
	rules_fini(&s->rules);
}

static inline void
scenario_take_page(struct scenario_alerts *s, const struct page *p)
{
	struct scenario_page *to = &s->page[s->npages++];
	int n;

	assert(s->npages <= SCENARIO_PAGES);
	snprintf(to->id, sizeof(to->id), "%.*s", STR_ARG(p->id));
	snprintf(to->alert, sizeof(to->alert), "%.*s", STR_ARG(p->refs[0].alert));
	n = snprintf(to->text, sizeof(to->text), " %s %.*s alerts=%zu hooks=",
	    page_kind_name((enum page_kind)p->kind), STR_ARG(p->refs[0].alert), p->nrefs);
	for (size_t i = 0; i < p->nhooks; i++)
		n += snprintf(to->text + n, sizeof(to->text) - (size_t)n, "%s%.*s", i > 0 ? "," : "",
		    STR_ARG(p->hooks[i]));
	snprintf(to->text + n, sizeof(to->text) - (size_t)n, " ");
	s->last = *to;
}

static inline void
scenario_alerts_take(struct scenario_alerts *s)
{
	struct alert_note n;
	struct page p;

	while (alerts_page(s->alerts, &p)) {
		scenario_take_page(s, &p);
		alerts_stored(s->alerts, kit_str(s->last.id));
	}
	while (alerts_note(s->alerts, &n))
		;
}

static inline void
scenario_alerts_turn(struct scenario_alerts *s, msec_t now)
{
	s->next = alerts_turn(s->alerts, now);
	scenario_alerts_take(s);
}

/* The process dies between two lines. */
static inline void
scenario_alerts_restart(struct scenario_alerts *s, const struct site *site, struct engine **engine)
{
	struct state_field f;
	int rc;

	while (alerts_state(s->alerts, &f))
		kit_keep(&s->kept, &f);
	alerts_free(s->alerts);
	scenario_alerts_open(s, site, engine);
	for (size_t i = 0; i < s->kept.n; i++) {
		const struct kit_field *k = &s->kept.f[i];

		rc = alerts_state_put(s->alerts, &(struct state_field){ { k->key, k->nkey }, { k->value, k->nvalue } });
		assert(rc == 0);
	}
	alerts_state_done(s->alerts);
}

/* ---- what happens.  All: NULL, or what is wrong ---- */

/* "redis_down_seconds=6" */
static inline const char *
scenario_monitor(struct scenario_alerts *s, const char *text)
{
	const char *equals = strchrnul(text, '=');

	for (unsigned m = 0; m < MONITOR_COUNT && *equals != '\0'; m++) {
		const struct monitor_row *row = monitor_row((enum monitor)m);

		if (strlen(row->name) != (size_t)(equals - text) || strncmp(row->name, text, strlen(row->name)) != 0)
			continue;
		s->monitor[m] = atoi(equals + 1) * (row->unit == UNIT_SECONDS ? 1000 : 1);
		alerts_monitor(s->alerts, (enum monitor)m, s->monitor[m], NULL);
		return NULL;
	}
	return "not understood: expected at T monitor FIELD=NUMBER";
}

static inline const char *
scenario_order(struct scenario_alerts *s, msec_t now, const char *verb, const char *what, const char *arg)
{
	static const char *const verbs[] = { "ack", "silence", "unsilence" };
	struct order o = { .verb = ORDER_COUNT, .by = STR_LIT("ann"), .what = kit_str(what) };
	static char why[128];
	char id[32];
	msec_t length = 0;
	int rc;

	for (unsigned i = 0; i < ORDER_COUNT; i++)
		if (strcmp(verbs[i], verb) == 0)
			o.verb = (uint8_t)i;
	if (o.verb == ORDER_COUNT || (o.verb == ORDER_SILENCE && duration_parse(arg, &length) != 0))
		return "not understood: expected ack ID, silence GLOB LENGTH or unsilence last";
	snprintf(id, sizeof(id), "%" PRId64 "-%u", now, s->orders++);
	o.id = kit_str(id);
	o.until = now + length;
	if (o.verb == ORDER_UNSILENCE)
		o.what = kit_str(s->silence);
	rc = alerts_order(s->alerts, &o, now, why, sizeof(why));
	if (o.verb == ORDER_SILENCE)
		memcpy(s->silence, id, sizeof(id));
	scenario_alerts_take(s);
	return (rc != 0) == (strcmp(arg, "refused") == 0) ? NULL : rc == 0 ? "it is not refused" : why;
}

/* ---- what is expected ---- */

/* A member of the alert's line in Redis, as text; NULL: there is none. */
static inline const char *
scenario_alert_member(struct scenario_alerts *s, const char *id, const char *member, char buf[512])
{
	struct alert_view v;
	json_t *root, *found;
	struct out line;

	if (!alerts_find(s->alerts, kit_str(id), &v))
		return strcmp(member, "state") == 0 ? "none" : NULL;
	out_init(&line);
	alert_json(&line, &v);
	root = json_loadb(line.buf, line.len, 0, NULL);
	assert(root != NULL);
	out_fini(&line);
	found = json_object_get(root, member);
	if (json_is_string(found))
		snprintf(buf, 512, "%s", json_string_value(found));
	else if (json_is_number(found))
		snprintf(buf, 512, "%.17g", json_number_value(found));
	else
		snprintf(buf, 512, "%s", json_is_true(found) ? "true" : json_is_false(found) ? "false" : "null");
	json_decref(root);
	return found == NULL ? NULL : buf;
}

#endif
