/* SPDX-License-Identifier: MIT */
/*
 * explain.c: what a figure means.  The answer is the table's, the very row
 * the engine computes by; with a configuration it also says what its sources
 * know of it, with a board in reach what the figure is now, and without either
 * it is still an answer.
 */
#include "ctl.h"

#include <stdlib.h>
#include <unistd.h>

#include <ccmon/nearest.h>

static const struct {
	char letter;
	const char *word, *set; /* set: where their names are, or NULL */
} scopes[] = {
	{ 'Q', "queue", "queues" },
	{ 'C', "channel", NULL },
	{ 'S', "site", NULL },
	{ 'A', "agent", "agents" },
	{ 'F', "feed", "feeds" },
};

/* What was asked for. */
struct question {
	const char *name; /* with its window, as given */
	const struct field *field;
	const char *window; /* "15m", or NULL */
};

static bool
is_window(const char *name)
{
	struct site site;

	site_defaults(&site);
	site.nwindows = 0;
	return site_add_window(&site, name) == 0;
}

/* sl_ratio_15m is the field sl_ratio in the window 15m. */
static bool
resolve(struct question *q)
{
	const char *end = strrchr(q->name, '_');
	struct str whole = { q->name, (uint32_t)strlen(q->name) };

	if ((q->field = field_find(whole)) != NULL)
		return true;
	if (end == NULL || !is_window(end + 1))
		return false;
	q->field = field_find((struct str){ q->name, (uint32_t)(end - q->name) });
	q->window = end + 1;
	return q->field != NULL && q->field->windowed;
}

static int
no_such_field(const struct question *q)
{
	const char *end = strrchr(q->name, '_');
	struct nearest n;
	char base[64];

	snprintf(base, sizeof(base), "%.*s",
	    (int)(end != NULL && is_window(end + 1) ? end - q->name : (int)sizeof(base)), q->name);
	nearest_begin(&n, base);
	for (size_t i = 0; i < nfields; i++)
		nearest_offer(&n, fields[i].name);
	fprintf(stderr, "ccmonctl: there is no field \"");
	print_escaped(stderr, str_of(q->name));
	if (n.best != NULL)
		fprintf(stderr, "\"; did you mean %s?\n", n.best);
	else
		fprintf(stderr, "\"; ccmon-metrics(7) has them all\n");
	return EXIT_USAGE;
}

static void
scope_words(char *buf, size_t len, const struct field *f)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(scopes) && n < len; i++)
		if (strchr(f->scopes, scopes[i].letter) != NULL)
			n += (size_t)snprintf(
			    buf + n, len - n, "%s%s", n > 0 ? ", " : "", scopes[i].word);
}

/* ---- what it is now */

/* A configuration, if there is one: nothing is said when there is none. */
static bool
has_settings(struct ctl *c)
{
	if (c->settings == NULL && !c->has_path && access(c->path, R_OK) == -1)
		return false;
	return ctl_settings(c);
}

/* A board, likewise; after has_settings. */
static bool
has_board(struct ctl *c)
{
	return c->settings != NULL && ctl_redis(c);
}

/* The hash's field: as asked for, or in the first window. */
static struct str
value_of(const struct ctl *c, const struct question *q, const struct reply *hash)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s%s", q->name, q->field->windowed && !q->window ? "_" : "",
	    q->field->windowed && !q->window ? c->settings->site.windows[0].name : "");
	return hash_field(hash, name);
}

typedef void
value_fn(void *arg, const struct question *, const char *scope, struct str name, struct str value);

/* Tells the value of each object of the kind that has most to say. */
static void
each_value(struct ctl *c, const struct question *q, value_fn *fn, void *arg)
{
	struct reply *names, *hash;
	struct str value;

	for (size_t s = 0; s < COUNTOF(scopes); s++) {
		if (strchr(q->field->scopes, scopes[s].letter) == NULL || scopes[s].set == NULL)
			continue;
		names = ctl_set(c, scopes[s].set);
		for (size_t i = 0; names != NULL && i < names->n; i++) {
			hash = ctl_hash(c, scopes[s].word, names->item[i].text);
			value = hash != NULL ? value_of(c, q, hash) : STR_NONE;
			if (value.p != NULL)
				fn(arg, q, scopes[s].word, names->item[i].text, value);
			reply_free(hash);
		}
		reply_free(names);
		return;
	}
}

static void
print_value(
    void *arg, const struct question *q, const char *scope, struct str name, struct str value)
{
	(void)arg;
	(void)q;
	printf("  %s ", scope);
	print_escaped(stdout, name);
	printf(": ");
	print_escaped(stdout, value);
	printf("\n");
}

static void
json_value(
    void *arg, const struct question *q, const char *scope, struct str name, struct str value)
{
	char key[NAME_MAX_BYTES + 1];

	(void)scope;
	snprintf(key, sizeof(key), "%.*s", STR_ARG(name));
	json_key(arg, key);
	value_json(arg, str_of(q->field->name), value);
}

/* ---- the answer */

static const char *
windows_of(const struct field *f)
{
	if (f->windowed)
		return "every one: add _15m, _60m, _today ...";
	return f->is_total ? "none: it counts since the state began" : "none: it is now";
}

static void
explain_text(struct ctl *c, const struct question *q)
{
	const struct field *f = q->field;
	char words[64] = "";

	scope_words(words, sizeof(words), f);
	printf("%s\n  %s\n", q->name, f->text);
	printf("unit    %s\nof      %s\n", f->unit, words);
	if (f->is_history)
		printf("where   in the history streams only\n");
	else if (q->window != NULL)
		printf("window  %s\n", q->window);
	else
		printf("window  %s\n", windows_of(f));
	if (strcmp(f->name, "sl_ratio") == 0)
		for (unsigned i = 0; i < SL_NFORMULAS; i++)
			printf("formula %-13s %s\n", sl_formula_name(i), sl_formula_text(i));
	sources_text(c, f->name);
	if (!f->is_history && has_board(c)) {
		printf("now%s%s\n", f->windowed && !q->window ? "     in window " : "",
		    f->windowed && !q->window ? c->settings->site.windows[0].name : "");
		each_value(c, q, print_value, NULL);
	}
}

static void
json_member(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	if (text == NULL)
		json_none(o);
	else
		json_text(o, str_of(text));
}

static void
explain_json(struct ctl *c, const struct question *q)
{
	const struct field *f = q->field;
	char words[64] = "";
	struct out o;

	scope_words(words, sizeof(words), f);
	out_init(&o);
	json_open(&o, '{');
	json_member(&o, "field", q->name);
	json_member(&o, "definition", f->text);
	json_member(&o, "unit", f->unit);
	json_member(&o, "scopes", words);
	json_member(&o, "window", q->window);
	json_key(&o, "windowed");
	json_bool(&o, f->windowed);
	json_key(&o, "sources");
	sources_json(&o, c, f->name);
	json_key(&o, "values");
	json_open(&o, '{');
	if (!f->is_history && has_board(c))
		each_value(c, q, json_value, &o);
	json_close(&o, '}');
	json_close(&o, '}');
	print_json(&o);
}

int
verb_explain(struct ctl *c, char **args)
{
	struct question q = { .name = args[0] };

	if (strcmp(q.name, "sources") == 0)
		return explain_sources(c);
	if (!resolve(&q))
		return no_such_field(&q);
	(void)has_settings(c); /* without one the figure is explained all the same */
	if (c->json)
		explain_json(c, &q);
	else
		explain_text(c, &q);
	return EXIT_FINE;
}
