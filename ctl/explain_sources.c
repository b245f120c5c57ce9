/* SPDX-License-Identifier: MIT */
/*
 * explain_sources.c: which part of a figure the sources of this configuration
 * measure, which is derived, and which is not to be had from them.  The words
 * are given.def's.  Of two inputs that share a switch each part is told of the
 * one that gives it.
 */
#include "ctl.h"

#include <stdlib.h>

#include "given.h"

#define EVERY_PART (PART_BIT(PART_COUNT) - 1)

/* A source, and the inputs that tell of it. */
struct source {
	const char *name; /* NULL: its events say it */
	const char *collector, *language; /* of its first input */
	const char *dialect[2]; /* by enum part_by; NULL: that is not taken */
};

/* What becomes of a call is taken, and what its agents do; or one of them. */
static bool
gives(const struct input_settings *in, enum part_by by)
{
	return in->gives == GIVES_ALL || (in->gives == GIVES_AGENTS) == (by == BY_AGENTS);
}

static const char *
language(const struct input_settings *in)
{
	return in->type == INPUT_MAILDIR ? "maildir" : in->dialect;
}

static bool
is_of(const struct source *s, const struct collector_settings *c, const struct input_settings *in)
{
	if (s->name != NULL && in->source != NULL)
		return strcmp(s->name, in->source) == 0;
	return s->name == in->source && s->collector == c->name &&
	       strcmp(s->language, language(in)) == 0;
}

static void
add_input(struct source *all, size_t *n, const struct collector_settings *c,
    const struct input_settings *in)
{
	struct source *s = all;

	while (s < all + *n && !is_of(s, c, in))
		s++;
	if (s == all + *n) {
		*s = (struct source){
			.name = in->source, .collector = c->name, .language = language(in)
		};
		++*n;
	}
	for (enum part_by by = BY_CALLS; by <= BY_AGENTS; by++)
		if (gives(in, by) && s->dialect[by] == NULL)
			s->dialect[by] = language(in);
}

/* All of them, to be freed; *n is 0 when there are none, or no memory. */
static struct source *
find_sources(const struct settings *settings, size_t *n)
{
	const struct collector_settings *c, *end = settings->collectors + settings->ncollectors;
	struct source *all;
	size_t room = 0;

	*n = 0;
	for (c = settings->collectors; c < end; c++)
		room += c->ninputs;
	if ((all = calloc(room + 1, sizeof(*all))) == NULL)
		return NULL;
	for (c = settings->collectors; c < end; c++)
		for (size_t i = 0; i < c->ninputs; i++)
			add_input(all, n, c, &c->inputs[i]);
	return all;
}

/* What it says of the part; an input that was left out says nothing. */
static struct given
given_of(const struct source *s, enum part part)
{
	const char *dialect = s->dialect[parts[part].by];
	const struct given *g = dialect != NULL ? given_find(dialect, part) : NULL;

	if (g != NULL)
		return *g;
	return (struct given){ dialect != NULL ? dialect : "none", part, HOW_MISSING,
		"no input of this source gives it" };
}

/* Of all parts together: missing when all are, measured when all are. */
static enum how
how_whole(const struct source *s, unsigned bits)
{
	unsigned seen = 0;

	for (unsigned part = 0; part < PART_COUNT; part++)
		if (bits & PART_BIT(part))
			seen |= 1u << given_of(s, part).how;
	if (seen == 1u << HOW_MISSING)
		return HOW_MISSING;
	return seen == 1u << HOW_MEASURED ? HOW_MEASURED : HOW_DERIVED;
}

/* ---- for people */

static void
print_source(const struct source *s, unsigned bits, bool is_figure)
{
	printf("from    ");
	if (s->name != NULL)
		print_escaped(stdout, str_of(s->name));
	else
		printf("%s, whatever comes there", s->collector);
	printf("%s%s\n", is_figure ? ": " : "", is_figure ? how_word(how_whole(s, bits)) : "");
	for (unsigned part = 0; part < PART_COUNT; part++) {
		struct given g = given_of(s, part);

		if (bits & PART_BIT(part))
			printf("  %-10s  %-8s  %s: %s\n", parts[part].name, how_word(g.how),
			    g.dialect, g.why);
	}
}

static void
print_sources(const struct settings *settings, unsigned bits, bool is_figure)
{
	size_t n;
	struct source *all = find_sources(settings, &n);

	for (size_t i = 0; i < n; i++)
		print_source(&all[i], bits, is_figure);
	free(all);
}

/* ---- for programs */

static void
member(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	if (text != NULL)
		json_text(o, str_of(text));
	else
		json_none(o);
}

static void
json_part(struct out *o, const struct given *g)
{
	json_open(o, '{');
	member(o, "part", parts[g->part].name);
	member(o, "result", how_word(g->how));
	member(o, "dialect", g->dialect);
	member(o, "why", g->why);
	json_close(o, '}');
}

static void
json_source(struct out *o, const struct source *s, unsigned bits)
{
	json_open(o, '{');
	member(o, "source", s->name);
	member(o, "collector", s->collector);
	member(o, "result", how_word(how_whole(s, bits)));
	json_key(o, "parts");
	json_open(o, '[');
	for (unsigned part = 0; part < PART_COUNT; part++) {
		struct given g = given_of(s, part);

		if (bits & PART_BIT(part))
			json_part(o, &g);
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void
json_sources(struct out *o, const struct settings *settings, unsigned bits)
{
	size_t n;
	struct source *all = find_sources(settings, &n);

	json_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_source(o, &all[i], bits);
	json_close(o, ']');
	free(all);
}

/* ---- what explain asks for */

void
sources_text(const struct ctl *c, const char *field)
{
	unsigned bits;

	if (c->settings != NULL && given_parts(field, &bits) && bits != 0)
		print_sources(c->settings, bits, true);
}

void
sources_json(struct out *o, const struct ctl *c, const char *field)
{
	unsigned bits;

	if (c->settings != NULL && given_parts(field, &bits) && bits != 0)
		json_sources(o, c->settings, bits);
	else {
		json_open(o, '[');
		json_close(o, ']');
	}
}

int
explain_sources(struct ctl *c)
{
	struct out o;

	if (!ctl_settings(c))
		return EXIT_USAGE;
	if (!c->json) {
		print_sources(c->settings, EVERY_PART, false);
		return EXIT_FINE;
	}
	out_init(&o);
	json_sources(&o, c->settings, EVERY_PART);
	print_json(&o);
	return EXIT_FINE;
}
