/* SPDX-License-Identifier: MIT */
/*
 * rule.c: a rule, bound to the columns of one engine, and asked.
 *
 * Names are looked up when the rule is bound; afterwards no text is touched.
 * Numbers become whole millionths of their unit's smallest step, so that a
 * comparison is one of integers and `waiting_count > 2.5` still means what it
 * says.  What is undefined stays so: there is no number for "not known".
 */
#include <math.h>
#include <stdlib.h>

#include "alerts_int.h"

#define MICRO_MAX 9e18 /* millionths; further away is as good as infinite */

/* ---- binding ---- */

static int64_t
micro_of(double number, double one)
{
	double x = number * one * (double)MICRO;

	return x > MICRO_MAX    ? (int64_t)MICRO_MAX
	       : x < -MICRO_MAX ? -(int64_t)MICRO_MAX
	                        : llround(x);
}

/* Steps of a unit that make one. */
static double
one_of(uint8_t unit)
{
	static const double one[UNIT_NUNITS] = { [UNIT_COUNT] = 1,
		[UNIT_SECONDS] = 1000,
		[UNIT_RATIO] = 10000,
		[UNIT_RATE] = 1000,
		[UNIT_EPOCH_MS] = 1,
		[UNIT_FLAG] = 1,
		[UNIT_NUMBER] = 10000 };

	return one[unit];
}

static const struct column *
samples_of(const struct alerts *a, enum scope scope, const char *field)
{
	const char *window;
	const struct field_row *row = field_row_split(field, &window);
	char name[sizeof(((struct column *)0)->name)];
	struct out text;
	const struct column *c = NULL;

	if (row == NULL || row->samples == NULL)
		return NULL;
	out_init(&text);
	out_str(&text, row->samples);
	if (window != NULL)
		out_printf(&text, "_%s", window);
	if (!text.failed && text.len < sizeof(name)) {
		memcpy(name, text.buf, text.len);
		name[text.len] = '\0';
		c = engine_column(engine_of(a), scope, name);
	}
	out_fini(&text);
	return c;
}

static void
bind_source(const struct alerts *a, enum scope scope, const char *field, struct source *s)
{
	*s = (struct source){ .monitor = MONITOR_COUNT };
	if (field == NULL)
		return;
	s->column = engine_column(engine_of(a), scope, field);
	if (s->column != NULL) {
		s->samples = samples_of(a, scope, field);
		return;
	}
	if (scope != SCOPE_SITE)
		return;
	for (unsigned m = 0; m < MONITOR_COUNT; m++)
		if (strcmp(monitor_row((enum monitor)m)->name, field) == 0)
			s->monitor = (uint8_t)m;
}

static uint8_t
unit_of(const struct source *s)
{
	if (s->column != NULL)
		return s->column->unit;
	return s->monitor < MONITOR_COUNT ? monitor_row((enum monitor)s->monitor)->unit
	                                  : UNIT_COUNT;
}

static void
bind_test(const struct alerts *a, enum scope scope, const struct condition *c, struct test *t)
{
	t->comparison = c->comparison;
	t->has_other = c->other != NULL;
	bind_source(a, scope, c->field, &t->field);
	bind_source(a, scope, c->other, &t->other);
	t->unit = unit_of(&t->field);
	t->factor = micro_of(c->factor, 1);
	t->number = micro_of(c->number, one_of(t->unit));
}

static struct test *
bind_tests(struct alerts *a, enum scope scope, const struct condition *c, size_t n)
{
	struct test *t = memory_new(&a->memory, n * sizeof(*t));

	for (size_t i = 0; i < n; i++)
		bind_test(a, scope, &c[i], &t[i]);
	return t;
}

static bool
asks_engine(const struct test *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].field.column != NULL || t[i].other.column != NULL)
			return true;
	return false;
}

/* All conditions of `when` as one text. */
static void
bind_texts(struct alerts *a, struct rule *r)
{
	struct out *text = &a->scratch;

	out_reset(text);
	for (size_t i = 0; i < r->nwhen; i++)
		out_printf(text, "%s%s", i > 0 ? " and " : "", r->def->when[i].text);
	assert(!text->failed);
	text_set(&a->memory, &r->condition, (struct str){ text->buf, (uint32_t)text->len });
	text_set(&a->memory, &r->metric, str_of(r->def->when[0].field));
}

static void
bind_hours(const struct alerts *a, struct rule *r)
{
	const char *hours = r->def->hours;

	r->own_hours = hours == NULL && r->def->scope == SCOPE_QUEUE;
	if (hours != NULL && strcmp(hours, "always") != 0 && a->calendars != NULL)
		r->calendar = calendars_find(a->calendars, hours);
}

static void
bind_rule(struct alerts *a, struct rule *r, const struct rule_def *def)
{
	enum scope scope = (enum scope)def->scope;

	assert(def->nwhen > 0 && def->nsteps > 0);
	*r = (struct rule){ .def = def, .nwhen = def->nwhen, .nclear = def->nclear };
	text_set(&a->memory, &r->name, str_of(def->name));
	r->when = bind_tests(a, scope, def->when, def->nwhen);
	r->clear = bind_tests(a, scope, def->clear, def->nclear);
	r->asks_engine = asks_engine(r->when, r->nwhen) || asks_engine(r->clear, r->nclear);
	bind_texts(a, r);
	bind_hours(a, r);
}

/* Does a chain of "is inhibited by" lead from one rule to the other? */
static bool
leads_to(const struct alerts *a, struct rule *from, const struct rule *to)
{
	struct rule *next;

	if (from == to)
		return true;
	if (from->seen)
		return false;
	from->seen = true;
	for (char **name = from->def->inhibited_by; *name != NULL; name++)
		if ((next = rule_find(a, str_of(*name))) != NULL && leads_to(a, next, to))
			return true;
	return false;
}

static bool
is_in_ring(struct alerts *a, const struct rule *r, struct rule *by)
{
	for (size_t i = 0; i < a->nrules; i++)
		a->rule[i].seen = false;
	return leads_to(a, by, r);
}

static size_t
count_names(char **names)
{
	size_t n = 0;

	while (names != NULL && names[n] != NULL)
		n++;
	return n;
}

/* Rules that inhibit each other would be told by nobody: none of them does. */
static void
bind_inhibitors(struct alerts *a, struct rule *r)
{
	size_t n = count_names(r->def->inhibited_by);
	struct rule *by;

	r->inhibitor = memory_new(&a->memory, n * sizeof(*r->inhibitor));
	r->inhibitors_cap = n;
	for (size_t i = 0; i < n; i++)
		if ((by = rule_find(a, str_of(r->def->inhibited_by[i]))) != NULL &&
		    !is_in_ring(a, r, by))
			r->inhibitor[r->ninhibitors++] = by;
}

void
rules_bind(struct alerts *a)
{
	a->nrules = a->rules->nrules;
	a->rule = memory_new(&a->memory, a->nrules * sizeof(*a->rule));
	for (size_t i = 0; i < a->nrules; i++)
		bind_rule(a, &a->rule[i], &a->rules->rule[i]);
	for (size_t i = 0; i < a->nrules; i++)
		bind_inhibitors(a, &a->rule[i]);
}

void
rules_unbind(struct alerts *a)
{
	for (size_t i = 0; i < a->nrules; i++) {
		struct rule *r = &a->rule[i];

		memory_free(&a->memory, r->when, r->nwhen * sizeof(*r->when));
		memory_free(&a->memory, r->clear, r->nclear * sizeof(*r->clear));
		memory_free(&a->memory, r->inhibitor, r->inhibitors_cap * sizeof(*r->inhibitor));
		memory_free(&a->memory, r->place, r->places_cap * sizeof(*r->place));
		text_fini(&a->memory, &r->name);
		text_fini(&a->memory, &r->metric);
		text_fini(&a->memory, &r->condition);
	}
	memory_free(&a->memory, a->rule, a->nrules * sizeof(*a->rule));
	a->rule = NULL;
	a->nrules = 0;
}

struct rule *
rule_find(const struct alerts *a, struct str name)
{
	for (size_t i = 0; i < a->nrules; i++)
		if (str_eq(text_str(&a->rule[i].name), name))
			return &a->rule[i];
	return NULL;
}

struct place *
rule_place(struct alerts *a, struct rule *r, uint32_t object)
{
	const struct thing *t = &a->things[r->def->scope].thing[object];
	struct place *p;

	while (r->nplaces <= object) {
		r->place = memory_grow(
		    &a->memory, r->place, r->nplaces, &r->places_cap, sizeof(*r->place));
		r->place[r->nplaces++] = (struct place){ 0 };
	}
	p = &r->place[object];
	if (p->generation != t->generation) {
		*p = (struct place){ .generation = t->generation,
			.matches = r->def->scope == SCOPE_SITE ||
			           glob_match(r->def->glob, text_str(&t->name)) };
	}
	return p;
}

void
rules_wake(struct alerts *a, msec_t now)
{
	for (size_t i = 0; i < a->nrules; i++) {
		struct rule *r = &a->rule[i];

		r->asleep =
		    r->calendar != NULL && !calendar_is_open(r->calendar, a->calendars->zones, now);
	}
}

/* ---- asking ---- */

static int64_t
read_source(struct alerts *a, const struct source *s, struct object o, int64_t min_n)
{
	if (s->column == NULL)
		return s->monitor < MONITOR_COUNT ? a->monitor[s->monitor] : FIGURE_NAN;
	if (min_n > 0 && s->samples != NULL && engine_figure(engine_of(a), o, s->samples) < min_n)
		return FIGURE_NAN;
	return engine_figure(engine_of(a), o, s->column);
}

/* The right side in millionths; false: it is undefined. */
static bool
right_side(struct alerts *a, const struct test *t, struct object o, int64_t min_n, __int128 *right)
{
	int64_t other = 0;

	if (t->has_other)
		other = read_source(a, &t->other, o, min_n);
	*right = (__int128)other * t->factor + t->number;
	return other != FIGURE_NAN;
}

static bool
compare(enum comparison comparison, __int128 left, __int128 right)
{
	switch (comparison) {
#define COMPARISON(sym, text, op)                                                                  \
	case COMPARE_##sym:                                                                        \
		return left op right;
		COMPARISONS(COMPARISON)
#undef COMPARISON
	case COMPARISON_COUNT:
		break;
	}
	return false;
}

static enum answer
ask(struct alerts *a, const struct test *t, struct object o, int64_t min_n)
{
	int64_t left = read_source(a, &t->field, o, min_n);
	__int128 right;

	if (left == FIGURE_NAN || !right_side(a, t, o, min_n, &right))
		return ANSWER_UNDEFINED;
	return compare((enum comparison)t->comparison, (__int128)left * MICRO, right) ? ANSWER_YES
	                                                                              : ANSWER_NO;
}

/* One that fails is enough to know; else one that is undefined to know not. */
static enum answer
ask_all(struct alerts *a, const struct test *t, size_t n, struct object o, int64_t min_n)
{
	enum answer all = ANSWER_YES, one;

	for (size_t i = 0; i < n; i++) {
		if ((one = ask(a, &t[i], o, min_n)) == ANSWER_NO)
			return ANSWER_NO;
		if (one == ANSWER_UNDEFINED)
			all = ANSWER_UNDEFINED;
	}
	return all;
}

enum answer
rule_ask(struct alerts *a, const struct rule *r, uint32_t object, bool fires)
{
	static const enum answer opposite[] = { [ANSWER_NO] = ANSWER_YES,
		[ANSWER_YES] = ANSWER_NO,
		[ANSWER_UNDEFINED] = ANSWER_UNDEFINED };
	struct object o = object_of(r, object);

	if (fires && r->nclear > 0)
		return opposite[ask_all(a, r->clear, r->nclear, o, r->def->min_n)];
	return ask_all(a, r->when, r->nwhen, o, r->def->min_n);
}

/* Millionths to the nearest step. */
static int64_t
rounded(__int128 micro)
{
	__int128 half = micro < 0 ? -MICRO / 2 : MICRO / 2;

	return (int64_t)((micro + half) / MICRO);
}

void
rule_values(
    struct alerts *a, const struct rule *r, uint32_t object, int64_t *value, int64_t *threshold)
{
	struct object o = object_of(r, object);
	__int128 right;

	*value = read_source(a, &r->when[0].field, o, 0);
	*threshold = right_side(a, &r->when[0], o, 0, &right) ? rounded(right) : FIGURE_NAN;
}
