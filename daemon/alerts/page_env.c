/* SPDX-License-Identifier: MIT */
/*
 * page_env.c: a page for the runner: whom to tell, of what, and the
 * environment a hook finds it in.
 *
 * It is written when it is given, so it says what is true then; its id and
 * the episodes it speaks of never change.
 */
#include <stdio.h>

#include "alerts_int.h"

/* ---- the alerts of a page ---- */

static void
view_of_past(const struct member *m, struct alert_view *v)
{
	struct str id = text_str(&m->alert);
	const char *slash = memchr(id.p, '/', id.n);
	uint32_t n = slash == NULL ? id.n : (uint32_t)(slash - id.p);

	v->id = id;
	v->rule = (struct str){ id.p, n };
	v->scope = slash == NULL ? STR_NONE : (struct str){ slash + 1, id.n - n - 1 };
	v->episode = str_of(m->episode);
	v->state = m->ended < 0 ? ALERT_FIRING : ALERT_RESOLVED;
	v->severity = m->severity;
	v->value = m->value;
	v->threshold = m->threshold;
	v->began = m->began;
	v->ended = m->ended;
	v->since = m->ended < 0 ? m->began : m->ended;
	v->round = m->round;
	v->step = m->step;
	v->summary = text_str(&m->summary);
	v->next_step = v->until = -1;
	v->flapping = false;
	v->by = v->note = v->silence = v->inhibitor = STR_NONE;
}

/* As it stands, if the episode is still its own; else as it was. */
void
member_view(const struct alerts *a, const struct member *m, struct alert_view *v)
{
	*v = (struct alert_view){ 0 };
	if (!alerts_find(a, text_str(&m->alert), v) || !str_is(v->episode, m->episode))
		view_of_past(m, v);
}

const struct member *
owed_worst(const struct owed *o)
{
	const struct member *worst = &o->member[0];

	for (size_t i = 1; i < o->n; i++)
		if (o->member[i].severity > worst->severity)
			worst = &o->member[i];
	return worst;
}

/* "23 new alerts: oldest_wait/queue:a, oldest_wait/queue:b and 21 more" */
void
owed_summary(const struct owed *o, struct out *out)
{
	static const char *const words[PAGE_KIND_COUNT] = { [PAGE_FIRE] = "new alerts",
		[PAGE_REPEAT] = "alerts that go on",
		[PAGE_ESCALATE] = "alerts nobody has taken",
		[PAGE_RESOLVE] = "alerts resolved" };
	struct str id;

	out_printf(out, "%zu %s: ", o->n, words[o->kind]);
	for (size_t i = 0; i < o->n && i < 2; i++) {
		id = text_str(&o->member[i].alert);
		out_str(out, i == 0 ? "" : o->n == 2 ? " and " : ", ");
		out_shown(out, id);
	}
	if (o->n > 2)
		out_printf(out, " and %zu more", o->n - 2);
}

/* ---- the environment ---- */

/* One variable; the NUL is its end. */
static void
put_str(struct out *env, const char *name, struct str s)
{
	out_printf(env, "%s=", name);
	out_bytes(env, s.p, s.n);
	out_bytes(env, "", 1);
}

CCMON_PRINTF(3, 4)
static void
put(struct out *env, const char *name, const char *fmt, ...)
{
	char text[32]; /* a number */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_str(env, name, str_of(text));
}

static void
put_figure(struct out *env, const char *name, int64_t value, uint8_t unit)
{
	char text[FIGURE_TEXT_MAX];

	figure_format(text, value, (enum unit)unit, "NaN");
	put_str(env, name, str_of(text));
}

static void
put_until(struct out *env, msec_t until)
{
	if (until < 0)
		put_str(env, "CCMON_UNTIL_EPOCH_MS", STR_NONE);
	else
		put(env, "CCMON_UNTIL_EPOCH_MS", "%lld", (long long)until);
}

/* What every page has. */
static void
env_any(const struct alerts *a, const struct owed *o, struct out *env)
{
	put_str(env, "CCMON_PAGE_ID", str_of(o->id));
	put_str(env, "CCMON_KIND", str_of(page_kind_name((enum page_kind)o->kind)));
	put_str(env, "CCMON_SITE", text_str(&a->site));
	put(env, "CCMON_STEP", "%u", o->member[0].step);
	put(env, "CCMON_COUNT", "%zu", o->n);
}

static void
env_alert(const struct alerts *a, const struct owed *o, struct out *env)
{
	struct alert_view v;

	member_view(a, &o->member[0], &v);
	put_str(env, "CCMON_ALERT", v.id);
	put_str(env, "CCMON_RULE", v.rule);
	put_str(env, "CCMON_SCOPE", v.scope);
	put_str(env, "CCMON_SEVERITY", str_of(severity_name((enum severity)v.severity)));
	put_str(env, "CCMON_METRIC", v.metric);
	put_figure(env, "CCMON_VALUE", v.value, v.unit);
	put_figure(env, "CCMON_THRESHOLD", v.threshold, v.unit);
	put(env, "CCMON_SINCE_EPOCH_MS", "%lld", (long long)v.began);
	put_until(env, v.ended);
	put_str(env, "CCMON_SUMMARY", v.summary);
	put_str(env, "CCMON_EPISODE", v.episode);
}

static void
env_storm(struct alerts *a, const struct owed *o, struct out *env)
{
	enum severity severity = (enum severity)owed_worst(o)->severity;
	msec_t since = o->member[0].began, until = o->member[0].ended;

	for (size_t i = 1; i < o->n; i++) {
		since = o->member[i].began < since ? o->member[i].began : since;
		until = o->member[i].ended > until ? o->member[i].ended : until;
	}
	out_reset(&a->scratch);
	owed_summary(o, &a->scratch);
	put_str(env, "CCMON_ALERT", STR_LIT("storm/site"));
	put_str(env, "CCMON_RULE", STR_LIT("storm"));
	put_str(env, "CCMON_SCOPE", STR_LIT("site"));
	put_str(env, "CCMON_SEVERITY", str_of(severity_name(severity)));
	put_str(env, "CCMON_METRIC", STR_NONE);
	put_str(env, "CCMON_VALUE", STR_NONE);
	put_str(env, "CCMON_THRESHOLD", STR_NONE);
	put(env, "CCMON_SINCE_EPOCH_MS", "%lld", (long long)since);
	put_until(env, o->kind == PAGE_RESOLVE ? until : -1);
	put_str(env, "CCMON_SUMMARY", (struct str){ a->scratch.buf, (uint32_t)a->scratch.len });
	put_str(env, "CCMON_EPISODE", str_of(o->id));
}

/* ---- the page ---- */

static void
add_word(struct alerts *a, size_t n, const char *p, size_t len)
{
	a->words = memory_grow(&a->memory, a->words, n, &a->words_cap, sizeof(*a->words));
	a->words[n] = (struct str){ p, (uint32_t)len };
}

/* Cuts the text at every `end`; its words begin at `from`. */
static size_t
cut(struct alerts *a, size_t from, const char *p, size_t n, char end)
{
	const char *stop = p + n, *next;

	for (; p < stop; p = next + 1) {
		next = memchr(p, end, (size_t)(stop - p));
		add_word(a, from++, p, (size_t)(next - p));
	}
	return from;
}

static void
add_refs(struct alerts *a, const struct owed *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct member *m = &o->member[i];

		a->refs = memory_grow(&a->memory, a->refs, i, &a->refs_cap, sizeof(*a->refs));
		a->refs[i] = (struct page_ref){ text_str(&m->alert), str_of(m->episode), m->began,
			m->round, m->step };
	}
}

static void
give(struct alerts *a, struct owed *o, struct page *page)
{
	size_t nhooks = cut(a, 0, o->hooks.p, o->hooks.n, '\n'), n;

	out_reset(&a->env);
	env_any(a, o, &a->env);
	if (o->n == 1)
		env_alert(a, o, &a->env);
	else
		env_storm(a, o, &a->env);
	n = cut(a, nhooks, a->env.buf, a->env.len, '\0');
	out_reset(&a->body);
	page_json(a, o, &a->body);
	assert(!a->env.failed && !a->body.failed);
	add_refs(a, o);
	*page = (struct page){ .id = str_of(o->id),
		.kind = o->kind,
		.time = o->time,
		.hooks = a->words,
		.nhooks = nhooks,
		.refs = a->refs,
		.nrefs = o->n,
		.env = a->words + nhooks,
		.nenv = n - nhooks,
		.body = { a->body.buf, (uint32_t)a->body.len } };
	o->given = true;
}

/* The first with a number below that. */
static bool
give_below(struct alerts *a, struct page *page, uint64_t no)
{
	for (size_t i = 0; i < a->nowed && a->owed[i]->no < no; i++)
		if (!a->owed[i]->open && !a->owed[i]->given) {
			give(a, a->owed[i], page);
			return true;
		}
	return false;
}

bool
alerts_page(struct alerts *a, struct page *page)
{
	return give_below(a, page, UINT64_MAX);
}

bool
alerts_page_committed(struct alerts *a, struct page *page)
{
	return give_below(a, page, a->committed);
}
