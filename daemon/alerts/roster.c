/* SPDX-License-Identifier: MIT */
/*
 * roster.c: all alerts there is something to remember of, in order of id.
 *
 * They are few, compared to rules times objects: most are quiet.  An alert
 * belongs to its id; the rule and the object of the moment are attached to it
 * and may be others after a reload or a restart.
 */
#include "alerts_int.h"

/* ---- texts of ours ---- */

void
text_fini(struct memory *m, struct text *t)
{
	memory_free(m, t->p, t->p == NULL ? 0 : (size_t)t->n + 1);
	*t = (struct text){ 0 };
}

void
text_set(struct memory *m, struct text *t, struct str s)
{
	struct text copy = { memory_new(m, (size_t)s.n + 1), s.n };

	if (s.n > 0)
		memcpy(copy.p, s.p, s.n);
	text_fini(m, t);
	*t = copy;
}

struct str
text_str(const struct text *t)
{
	return (struct str){ t->p, t->n };
}

/* ---- by id ---- */

static int
order(struct str a, struct str b)
{
	uint32_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Where it stands, or would. */
static size_t
place_of(const struct alerts *a, struct str id)
{
	size_t low = 0, high = a->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (order(text_str(&a->alert[mid]->id), id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct alert *
roster_find(const struct alerts *a, struct str id)
{
	size_t i = place_of(a, id);

	return i < a->n && str_eq(text_str(&a->alert[i]->id), id) ? a->alert[i] : NULL;
}

struct alert *
alert_new(struct alerts *a, struct str id, struct str rule)
{
	struct alert *al = memory_new(&a->memory, sizeof(*al));

	text_set(&a->memory, &al->id, id);
	al->rule_len = rule.n;
	al->object = al->silence = NONE;
	al->value = al->threshold = FIGURE_NAN;
	al->since = al->shown_since = al->clear_since = al->began = al->ended = -1;
	al->last_begin = al->round_began = al->next = al->acked_until = al->not_before = -1;
	silence_match(a, al);
	return al;
}

struct alert *
roster_get(struct alerts *a, struct str id, struct str rule)
{
	size_t i = place_of(a, id);

	if (i < a->n && str_eq(text_str(&a->alert[i]->id), id))
		return a->alert[i];
	assert(rule.n < id.n && memcmp(id.p, rule.p, rule.n) == 0 && id.p[rule.n] == '/');
	a->alert = memory_grow(&a->memory, a->alert, a->n, &a->cap, sizeof(struct alert *));
	memmove(a->alert + i + 1, a->alert + i, (a->n - i) * sizeof(struct alert *));
	a->n++;
	a->alert[i] = alert_new(a, id, rule);
	return a->alert[i];
}

void
roster_replace(struct alerts *a, struct alert *al)
{
	size_t i = place_of(a, text_str(&al->id));
	struct alert *old = roster_get(a, text_str(&al->id), alert_rule(al));

	if (roster_is_attached(a, old))
		rule_place(a, old->rule, old->object)->alert = NULL;
	for (size_t j = 0; j < a->n; j++)
		if (a->alert[j]->inhibitor == old)
			a->alert[j]->inhibitor = al;
	alert_free(a, old);
	a->alert[i] = al;
}

/* ---- and by rule and object ---- */

static void
attach(struct alerts *a, struct alert *al, struct rule *r, uint32_t object)
{
	al->rule = r;
	al->object = object;
	al->severity = r->def->severity;
	al->unit = r->when[0].unit;
	text_set(&a->memory, &al->metric, text_str(&r->metric));
	text_set(&a->memory, &al->condition, text_str(&r->condition));
	rule_place(a, r, object)->alert = al;
}

/* "<rule>/queue:sales" */
static struct str
id_of(struct alerts *a, const struct rule *r, uint32_t object)
{
	struct out *id = &a->scratch;
	const struct thing *t = &a->things[r->def->scope].thing[object];

	out_reset(id);
	out_printf(id, "%s/%s", r->def->name, scope_name((enum scope)r->def->scope));
	if (r->def->scope != SCOPE_SITE)
		out_printf(id, ":%s", t->name.p);
	assert(!id->failed);
	return (struct str){ id->buf, (uint32_t)id->len };
}

struct alert *
roster_of(struct alerts *a, struct rule *r, uint32_t object)
{
	struct place *p = rule_place(a, r, object);

	if (p->alert == NULL)
		attach(a, roster_get(a, id_of(a, r, object), text_str(&r->name)), r, object);
	return p->alert;
}

struct str
alert_object_name(const struct alert *al)
{
	struct str scope = alert_scope(al);
	const char *colon = memchr(scope.p, ':', scope.n);

	if (colon == NULL)
		return STR_NONE;
	return (struct str){ colon + 1, (uint32_t)(scope.p + scope.n - (colon + 1)) };
}

/* Does the rule mean what the alert's id says, were it there? */
static bool
still_means(const struct rule *r, const struct alert *al)
{
	struct str scope = alert_scope(al), name = alert_object_name(al);
	const char *word = scope_name((enum scope)r->def->scope);
	uint32_t n = (uint32_t)strlen(word);

	if (scope.n < n || memcmp(scope.p, word, n) != 0)
		return false;
	if (r->def->scope == SCOPE_SITE)
		return scope.n == n;
	return scope.n > n && scope.p[n] == ':' && glob_match(r->def->glob, name);
}

static bool
find_object(const struct alerts *a, const struct rule *r, const struct alert *al, struct object *o)
{
	*o = (struct object){ r->def->scope, 0 };
	return o->scope == SCOPE_SITE ||
	       (engine_find(engine_of(a), (enum scope)o->scope, alert_object_name(al), o) &&
	           o->index < a->things[o->scope].n);
}

void
roster_attach(struct alerts *a, struct alert *al)
{
	struct rule *r = rule_find(a, alert_rule(al));
	struct object o;

	al->rule = NULL;
	al->object = NONE;
	if (r == NULL || !still_means(r, al))
		return;
	al->rule = r;
	if (find_object(a, r, al, &o))
		attach(a, al, r, o.index);
}

bool
roster_is_attached(struct alerts *a, const struct alert *al)
{
	return al->rule != NULL && al->object != NONE &&
	       rule_place(a, al->rule, al->object)->alert == al;
}

void
roster_detach(struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		a->alert[i]->rule = NULL;
		a->alert[i]->object = NONE;
	}
}

/* ---- and away ---- */

void
alert_free(struct alerts *a, struct alert *al)
{
	struct text *const texts[] = { &al->id, &al->metric, &al->condition, &al->summary,
		&al->told, &al->page, &al->by, &al->note };

	for (size_t i = 0; i < COUNTOF(texts); i++)
		text_fini(&a->memory, texts[i]);
	memory_free(&a->memory, al, sizeof(*al));
}

static void
leave(struct alerts *a, struct alert *al)
{
	if (roster_is_attached(a, al))
		rule_place(a, al->rule, al->object)->alert = NULL;
	if (al->saved)
		saving_gone(a, "Aa:", text_str(&al->id));
	alert_free(a, al);
}

void
roster_sweep(struct alerts *a, msec_t now)
{
	size_t i, kept = 0;

	for (i = 0; i < a->n; i++)
		if (alert_is_over(a->alert[i], now))
			leave(a, a->alert[i]);
		else
			a->alert[kept++] = a->alert[i];
	a->n = kept;
}

void
roster_fini(struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++)
		alert_free(a, a->alert[i]);
	memory_free(&a->memory, a->alert, a->cap * sizeof(struct alert *));
}
