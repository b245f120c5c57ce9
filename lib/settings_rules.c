/* SPDX-License-Identifier: MIT */
/*
 * settings_rules.c: hooks, paging, and the alerts among themselves.
 *
 * A mistake here is found at three in the morning by nobody being paged.  So
 * whatever could keep an alert silent is refused: a hook that is not there, a
 * program no shell will look for, alerts that inhibit each other.
 */
#include "settings_load.h"

#include <stdlib.h>

const struct conf_node *
item_node(const struct conf_node *node, size_t i)
{
	return conf_type(node) == CONF_LIST && i < conf_count(node) ? conf_item(node, i) : node;
}

char **
take_list(struct load *l, char ***from)
{
	char **list = *from;

	*from = NULL;
	if (list == NULL && (list = calloc(1, sizeof(*list))) == NULL)
		no_memory(l);
	return list;
}

/* ---- names */

static void
check_hook_name(struct load *l, const struct conf_node *node, const char *name)
{
	const struct rules *rules = &l->settings->rules;
	struct nearest n;
	char buf[HINT_MAX];

	if (rules_hook(rules, name) != NULL)
		return;
	nearest_begin(&n, name);
	for (size_t i = 0; i < rules->nhooks; i++)
		nearest_offer(&n, rules->hook[i].name);
	problem(l, node, "there is no hook \"%s\"%s", name, hint(&n, buf));
}

void
check_hook_names(struct load *l, const struct conf_node *node, char **names)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		check_hook_name(l, item_node(node, i), names[i]);
}

/* ---- hooks */

static void
check_command(struct load *l, const struct conf_node *group, struct hook_def *h)
{
	const struct conf_node *node = conf_find(group, "command");

	if (texts_count(h->command) == 0)
		problem(l, node == NULL ? group : node, "needs command = [\"/path/of/a/program\"]");
	else if (h->command[0][0] != '/')
		problem(l, node, "\"%.200s\" is no absolute path, and there is no shell to find it",
		    h->command[0]);
}

static void
check_variable(struct load *l, const struct conf_node *node, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		problem(l, node, "\"%.200s\": write \"NAME=value\"", text);
	else if (strncmp(text, "CCMON_", strlen("CCMON_")) == 0)
		problem(l, node, "names with CCMON_ are what the page says");
}

static void
check_hook(struct load *l, struct hook_def *h)
{
	const struct conf_node *node = find_node(l, "hooks", h->name, NULL);
	const struct conf_node *env = conf_find(node, "env");

	check_command(l, node, h);
	h->env = take_list(l, &h->env);
	for (size_t i = 0; h->env != NULL && h->env[i] != NULL; i++)
		check_variable(l, item_node(env, i), h->env[i]);
}

static void
check_paging(struct load *l)
{
	struct paging *p = &l->settings->rules.paging;

	p->hooks = take_list(l, &p->hooks);
	check_hook_names(l, find_node(l, "paging", "hooks", NULL), p->hooks);
	if (p->watchdog_hook != NULL)
		check_hook_name(l, find_node(l, "watchdog", "hook", NULL), p->watchdog_hook);
}

/* ---- who inhibits whom */

static void
check_inhibitor(
    struct load *l, const struct conf_node *node, const struct rule_def *r, const char *name)
{
	const struct rules *rules = &l->settings->rules;
	struct nearest n;
	char buf[HINT_MAX];

	if (strcmp(name, r->name) == 0)
		problem(l, node, "%s would inhibit itself", name);
	if (rules_find(rules, name) != NULL)
		return;
	nearest_begin(&n, name);
	for (size_t i = 0; i < rules->nrules; i++)
		if (&rules->rule[i] != r)
			nearest_offer(&n, rules->rule[i].name);
	problem(l, node, "there is no alert \"%s\"%s", name, hint(&n, buf));
}

/* Adds the rules that inhibit one to those that were seen. */
static size_t
add_inhibitors(
    const struct rules *rules, const struct rule_def *r, const struct rule_def **seen, size_t nseen)
{
	const struct rule_def *by;
	size_t i;

	for (char **name = r->inhibited_by; name != NULL && *name != NULL; name++) {
		by = rules_find(rules, *name);
		for (i = 0; i < nseen && seen[i] != by; i++)
			;
		if (by != NULL && i == nseen)
			seen[nseen++] = by;
	}
	return nseen;
}

/* The last of those that inhibit each other in a circle with r; or NULL. */
static const struct rule_def *
circle(const struct rules *rules, const struct rule_def *r, const struct rule_def **seen)
{
	size_t n = add_inhibitors(rules, r, seen, 0), known;

	for (size_t i = 0; i < n; i++) {
		known = n;
		n = add_inhibitors(rules, seen[i], seen, n);
		for (size_t j = known; j < n; j++)
			if (seen[j] == r)
				return seen[i];
	}
	return NULL;
}

static void
check_inhibitors(struct load *l, const struct rule_def *r, const struct rule_def **seen)
{
	const struct conf_node *node = find_node(l, "alerts", r->name, "inhibited_by");
	const struct rule_def *last;

	for (size_t i = 0; r->inhibited_by != NULL && r->inhibited_by[i] != NULL; i++)
		check_inhibitor(l, item_node(node, i), r, r->inhibited_by[i]);
	if ((last = circle(&l->settings->rules, r, seen)) != NULL)
		problem(l, node, "%s is inhibited by %s in turn: neither would be told", last->name,
		    r->name);
}

static void
check_all_inhibitors(struct load *l)
{
	const struct rules *rules = &l->settings->rules;
	const struct rule_def **seen = calloc(rules->nrules + 1, sizeof(*seen));

	if (seen == NULL) {
		no_memory(l);
		return;
	}
	for (size_t i = 0; i < l->nalerts; i++)
		check_inhibitors(l, &rules->rule[i], seen);
	free(seen);
}

void
settings_rules(struct load *l)
{
	struct rules *rules = &l->settings->rules;

	for (size_t i = 0; i < rules->nhooks; i++)
		check_hook(l, &rules->hook[i]);
	check_paging(l);
	for (size_t i = 0; i < l->nalerts; i++)
		settings_alert(l, &rules->rule[i], &l->alerts[i]);
	if (rules_add_builtin(rules) == -1)
		no_memory(l);
	check_all_inhibitors(l);
}
