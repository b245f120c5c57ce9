/* SPDX-License-Identifier: MIT */
/*
 * alerts_kit.h: what the tests of the alerts share: rules from a few words, a
 * desk with an engine and alerts in virtual time, and all they say as text.
 *
 * Most rules here watch redis_down_seconds, which a test sets as it likes;
 * those about objects of the engine get their figures from real events.
 */
#ifndef CCMON_TESTS_ALERTS_KIT_H
#define CCMON_TESTS_ALERTS_KIT_H

#include "daemon/alerts/alerts.h"
#include "tests/unit/engine_kit.h"

#define DESK_RULES	16
#define DESK_PAGES	1024

struct desk_page {
	char id[PAGE_ID_MAX];
	uint8_t kind;
	msec_t time;
	size_t nrefs;
	char first[160], hooks[160], summary[512];
	char episode[EPISODE_MAX];	/* of the first */
	msec_t began;
	uint16_t round, step;
};

struct desk {
	struct site	 site;
	struct rules	 rules;
	struct calendars calendars;
	struct engine	*engine;
	struct alerts	*alerts;
	msec_t		 now;
	int64_t		 seq;
	struct desk_page page[DESK_PAGES];
	size_t		 npages;
	bool		 keep;		/* pages are stored by nobody */
	struct out	 notes;		/* "kind alert\n" */
	struct out	 bodies;	/* the last page's */
	char		 env[32][600];
	size_t		 nenv;
};

/* ---- rules ---- */

static inline char **
desk_names(const char *words)
{
	char **names = calloc(8, sizeof(*names)), *copy = strdup(words == NULL ? "" : words), *rest = copy;
	size_t n = 0;

	for (char *word; (word = strsep(&rest, " ")) != NULL;)
		if (*word != '\0')
			names[n++] = strdup(word);
	free(copy);
	return names;
}

static inline struct condition *
desk_condition(const char *text)
{
	struct condition *c = calloc(1, sizeof(*c));
	char why[128];
	int rc = condition_parse(text, c, why, sizeof(why));

	assert(rc == 0);
	return c;
}

/* A rule that pages "bell", for 0s, clear_for 30s, no repeat. */
static inline struct rule_def *
desk_rule(struct desk *d, const char *name, enum scope scope, const char *glob, const char *when)
{
	struct rule_def *r;

	if (d->rules.rule == NULL)
		d->rules.rule = calloc(DESK_RULES, sizeof(*d->rules.rule));
	assert(d->rules.nrules < DESK_RULES);
	r = &d->rules.rule[d->rules.nrules++];
	*r = (struct rule_def){ .name = strdup(name), .scope = (uint8_t)scope, .glob = strdup(glob),
		.when = desk_condition(when), .nwhen = 1, .clear_for = 30000,
		.severity = SEVERITY_PAGE, .nsteps = 1, .inhibited_by = desk_names(NULL) };
	r->steps = calloc(8, sizeof(*r->steps));
	r->steps[0].hooks = desk_names("bell");
	return r;
}

static inline void
desk_clear(struct rule_def *r, const char *clear)
{
	r->clear = desk_condition(clear);
	r->nclear = 1;
}

static inline void
desk_step(struct rule_def *r, msec_t after, const char *hooks)
{
	r->steps[r->nsteps++] = (struct rule_step){ after, desk_names(hooks) };
}

static inline void
desk_inhibited_by(struct rule_def *r, const char *names)
{
	free(r->inhibited_by);
	r->inhibited_by = desk_names(names);
}

/* ---- the desk ---- */

static inline void
desk_init(struct desk *d)
{
	memset(d, 0, sizeof(*d));
	kit_site(&d->site);
	d->now = KIT_NOON;
	d->rules.paging = (struct paging){ .hooks = desk_names("pager"), .storm = 20,
		.ack_timeout = 3600000, .watchdog_every = 60000 };
	out_init(&d->notes);
	out_init(&d->bodies);
}

static inline void
desk_open(struct desk *d)
{
	const struct alerts_options options = { "hall", &d->rules, &d->calendars, &d->engine };

	d->engine = engine_new(&d->site);
	d->alerts = alerts_new(&options);
	engine_tick(d->engine, d->now);
}

static inline void
desk_close(struct desk *d)
{
	alerts_check(d->alerts);
	alerts_free(d->alerts);
	engine_free(d->engine);
	rules_fini(&d->rules);
	out_fini(&d->notes);
	out_fini(&d->bodies);
}

static inline void
desk_take_page(struct desk *d, const struct page *p)
{
	struct desk_page *to = &d->page[d->npages++];

	assert(d->npages <= DESK_PAGES);
	*to = (struct desk_page){ .kind = p->kind, .time = p->time, .nrefs = p->nrefs,
		.began = p->refs[0].began, .round = p->refs[0].round, .step = p->refs[0].step };
	snprintf(to->episode, sizeof(to->episode), "%.*s", STR_ARG(p->refs[0].episode));
	snprintf(to->id, sizeof(to->id), "%.*s", STR_ARG(p->id));
	snprintf(to->first, sizeof(to->first), "%.*s", STR_ARG(p->refs[0].alert));
	for (size_t i = 0; i < p->nhooks; i++) {
		size_t n = strlen(to->hooks);

		snprintf(to->hooks + n, sizeof(to->hooks) - n, "%s%.*s", i > 0 ? " " : "", STR_ARG(p->hooks[i]));
	}
	d->nenv = p->nenv;
	for (size_t i = 0; i < p->nenv; i++) {
		assert(i < COUNTOF(d->env));
		snprintf(d->env[i], sizeof(d->env[i]), "%.*s", STR_ARG(p->env[i]));
		if (strncmp(d->env[i], "CCMON_SUMMARY=", 14) == 0)
			snprintf(to->summary, sizeof(to->summary), "%.500s", d->env[i] + 14);
	}
	out_reset(&d->bodies);
	out_bytes(&d->bodies, p->body.p, p->body.n);
}

/* Takes what the alerts say. */
static inline void
desk_take(struct desk *d)
{
	struct alert_note n;
	struct page p;

	while (alerts_page(d->alerts, &p)) {
		char id[PAGE_ID_MAX];

		desk_take_page(d, &p);
		snprintf(id, sizeof(id), "%.*s", STR_ARG(p.id));
		if (d->keep)
			continue;
		alerts_stored(d->alerts, kit_str(id));
		alerts_finished(d->alerts, kit_str(id), true, d->now);
	}
	while (alerts_note(d->alerts, &n))
		out_printf(&d->notes, "%s %.*s\n", n.kind, STR_ARG(n.alert));
}

static inline msec_t
desk_turn(struct desk *d)
{
	msec_t next;

	engine_tick(d->engine, d->now);
	next = alerts_turn(d->alerts, d->now);
	desk_take(d);
	return next;
}

/* The time goes on by ms, with a turn whenever one is asked for. */
static inline void
desk_run(struct desk *d, msec_t ms)
{
	msec_t end = d->now + ms, next = desk_turn(d);

	while (next <= end) {
		assert(next > d->now);
		d->now = next;
		next = desk_turn(d);
	}
	d->now = end;
	desk_turn(d);
}

/* Redis is away for so many seconds, and a turn. */
static inline void
desk_down(struct desk *d, int64_t seconds)
{
	alerts_monitor(d->alerts, MONITOR_REDIS_DOWN, seconds * 1000, NULL);
	desk_turn(d);
}

static inline const char *
desk_state(struct desk *d, const char *id)
{
	struct alert_view v;

	if (!alerts_find(d->alerts, kit_str(id), &v))
		return "none";
	return alert_state_name((enum alert_state)v.state);
}

static inline struct alert_view
desk_view(struct desk *d, const char *id)
{
	struct alert_view v;
	bool found = alerts_find(d->alerts, kit_str(id), &v);

	assert(found);
	return v;
}

static inline size_t
desk_count(const struct desk *d, enum page_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < d->npages; i++)
		n += d->page[i].kind == kind;
	return n;
}

static inline size_t
desk_notes(const struct desk *d, const char *line)
{
	size_t n = 0, len = strlen(line);

	for (const char *p = d->notes.buf; p != NULL && p < d->notes.buf + d->notes.len;) {
		const char *end = memchr(p, '\n', (size_t)(d->notes.buf + d->notes.len - p));

		n += (size_t)(end - p) == len && memcmp(p, line, len) == 0;
		p = end + 1;
	}
	return n;
}

/* 0, or -1 and the reason is in why. */
static inline int
desk_order(struct desk *d, enum order_verb verb, const char *what, msec_t until, char why[128])
{
	char id[32];
	struct order o = { .verb = (uint8_t)verb, .what = kit_str(what), .until = until,
		.by = kit_str("ann"), .note = kit_str("seen") };
	int rc;

	snprintf(id, sizeof(id), "%" PRId64 "-%" PRId64, d->now, d->seq++);
	o.id = kit_str(id);
	why[0] = '\0';
	rc = alerts_order(d->alerts, &o, d->now, why, 128);
	desk_turn(d);
	return rc;
}

/* ---- events ---- */

static inline void
desk_event_of(struct desk *d, const char *source, enum event_kind kind, const char *contact)
{
	struct event ev = { .event = kind, .time = d->now, .source = kit_str(source),
		.has = HAS(SOURCE) | HAS(TIME) };

	if (contact != NULL) {
		ev.has |= HAS(CONTACT) | HAS(QUEUE) | HAS(CHANNEL);
		ev.contact = kit_str(contact);
		ev.queue = kit_str("sales");
		ev.channel = CHANNEL_CALL;
	}
	if (kind == EV_ANSWERED) {
		ev.has |= HAS(AGENT);
		ev.agent = kit_str("ann");
	}
	engine_apply(d->engine, &ev, d->now);
	for (struct edge edge; engine_edge(d->engine, &edge);)
		;
}

static inline void
desk_event(struct desk *d, enum event_kind kind, const char *contact)
{
	desk_event_of(d, "pbx", kind, contact);
}

/* ---- kept and loaded ---- */

struct desk_kept { struct kit_kept engine, alerts; };

static inline void
desk_commit(struct desk *d, struct desk_kept *k)
{
	struct state_field f;

	kit_commit(d->engine, &k->engine);
	while (alerts_state(d->alerts, &f))
		kit_keep(&k->alerts, &f);
}

/* The process dies; another takes up what was kept. */
static inline void
desk_restart(struct desk *d, const struct desk_kept *k)
{
	const struct alerts_options options = { "hall", &d->rules, &d->calendars, &d->engine };
	int rc;

	alerts_free(d->alerts);
	engine_free(d->engine);
	d->engine = kit_load(&k->engine, &d->site);
	d->alerts = alerts_new(&options);
	for (size_t i = 0; i < k->alerts.n; i++) {
		const struct kit_field *f = &k->alerts.f[i];

		rc = alerts_state_put(d->alerts, &(struct state_field){ { f->key, f->nkey },
		    { f->value, f->nvalue } });
		assert(rc == 0);
	}
	alerts_state_done(d->alerts);
}

/* What an outbox that has had all pages would tell: of each its first alert. */
static inline void
desk_tell(struct desk *d)
{
	for (size_t i = 0; i < d->npages; i++) {
		const struct desk_page *p = &d->page[i];
		struct page_ref ref = { kit_str(p->first), kit_str(p->episode), p->began, p->round, p->step };

		alerts_told(d->alerts, &(struct told_page){ .id = kit_str(p->id), .kind = p->kind,
		    .time = p->time, .finished = true, .delivered = true, .refs = &ref, .nrefs = 1 });
	}
}

static inline void
desk_forget(struct desk_kept *k)
{
	kit_forget(&k->engine);
	kit_forget(&k->alerts);
}

#endif
