/* SPDX-License-Identifier: MIT */
/*
 * scenario_alerts.h: the alerts of a scenario: their turns, the pages they
 * gave, and what is kept of them.
 *
 * Pages are known by their ids.  A page is stored when its line is over; in a
 * scenario with restarts the process dies before that, so each must come
 * again, once, and be the same page.  What is wrong with them stands in
 * `wrong` until somebody tells it.
 */
#ifndef CCMON_TESTS_SCENARIO_ALERTS_H
#define CCMON_TESTS_SCENARIO_ALERTS_H

#include <jansson.h>

#include "daemon/alerts/alerts.h"
#include "tests/unit/scenario_rules.h"

#define SCENARIO_PAGES	128	/* of one scenario */
#define SCENARIO_LISTED	8	/* alerts of a page that are named in its text */

enum scenario_whereabouts {
	SCENARIO_GIVEN,		/* to us, and not stored yet */
	SCENARIO_LOST,		/* and then the process died */
	SCENARIO_STORED
};

struct scenario_page {
	char id[PAGE_ID_MAX], alert[ALERT_ID_MAX];
	uint8_t kind;		/* enum page_kind */
	uint8_t where;		/* enum scenario_whereabouts */
	bool expected;		/* by a line of the scenario */
	char text[1024];	/* " fire oldest_wait/queue:sales hooks=bell alerts=1 id=... " */
};

struct scenario_alerts {
	struct alerts *alerts;	/* NULL: there are no rules */
	msec_t next;		/* turn */
	struct scenario_page page[SCENARIO_PAGES];
	size_t npages;
	int64_t monitor[MONITOR_COUNT];
	unsigned orders;
	struct rules removed;
	struct kit_kept kept;
	char wrong[2304];	/* "": nothing is */
};

/* ---- pages ---- */

/* What a page says, in words with a blank at either end. */
static inline void
scenario_page_text(const struct page *p, struct scenario_page *to)
{
	struct out text;

	out_init(&text);
	out_printf(&text, " %s %s alerts=%zu id=%s hooks=", page_kind_name((enum page_kind)p->kind),
	    to->alert, p->nrefs, to->id);
	for (size_t i = 0; i < p->nhooks; i++)
		out_printf(&text, "%s%.*s", i > 0 ? "," : "", STR_ARG(p->hooks[i]));
	for (size_t i = 0; i < p->nrefs && p->nrefs > 1 && i < SCENARIO_LISTED; i++)
		out_printf(&text, " of=%.*s", STR_ARG(p->refs[i].alert));
	out_str(&text, " ");
	assert(!text.failed);
	snprintf(to->text, sizeof(to->text), "%.*s", (int)text.len, text.buf);
	out_fini(&text);
}

static inline struct scenario_page *
scenario_page_find(struct scenario_alerts *s, const char *id)
{
	for (struct scenario_page *p = s->page; p < s->page + s->npages; p++)
		if (strcmp(p->id, id) == 0)
			return p;
	return NULL;
}

/* The last of that kind about that alert; or NULL. */
static inline struct scenario_page *
scenario_page_last(struct scenario_alerts *s, const char *kind, const char *alert)
{
	for (struct scenario_page *p = s->page + s->npages; p-- > s->page;)
		if (strcmp(page_kind_name((enum page_kind)p->kind), kind) == 0 &&
		    strcmp(p->alert, alert) == 0)
			return p;
	return NULL;
}

static inline void
scenario_take_page(struct scenario_alerts *s, const struct page *p)
{
	struct scenario_page new = { .kind = p->kind, .where = SCENARIO_GIVEN }, *known;

	snprintf(new.id, sizeof(new.id), "%.*s", STR_ARG(p->id));
	snprintf(new.alert, sizeof(new.alert), "%.*s", STR_ARG(p->refs[0].alert));
	scenario_page_text(p, &new);
	known = scenario_page_find(s, new.id);
	if (known == NULL) {
		assert(s->npages < SCENARIO_PAGES);
		s->page[s->npages++] = new;
		return;
	}
	if (known->where != SCENARIO_LOST)
		snprintf(s->wrong, sizeof(s->wrong), "is told twice:%s", new.text);
	else if (strcmp(known->text, new.text) != 0)
		snprintf(s->wrong, sizeof(s->wrong), "came again as another page:%swas%s", new.text, known->text);
	known->where = SCENARIO_GIVEN;
}

static inline void
scenario_alerts_take(struct scenario_alerts *s)
{
	struct str cancelled;
	struct alert_note n;
	struct page p;

	while (alerts_page(s->alerts, &p))
		scenario_take_page(s, &p);
	while (alerts_note(s->alerts, &n) || alerts_cancelled(s->alerts, &cancelled))
		; /* of the log and of the outbox */
}

/* They are on disk, and nothing more is to be known of them. */
static inline void
scenario_alerts_store(struct scenario_alerts *s)
{
	for (struct scenario_page *p = s->page; p < s->page + s->npages; p++) {
		if (p->where == SCENARIO_GIVEN) {
			alerts_stored(s->alerts, kit_str(p->id));
			alerts_finished(s->alerts, kit_str(p->id), true, -1);
		}
		p->where = SCENARIO_STORED;
	}
}

/* ---- a life ---- */

static inline void
scenario_alerts_open(struct scenario_alerts *s, struct scenario_site *of, struct engine **engine)
{
	const struct alerts_options options = { of->site.name, &of->rules, &of->site.calendars, engine };

	of->site.calendars.zones = of->site.zones;
	s->alerts = alerts_new(&options);
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
	rules_fini(&s->removed);
}

static inline void
scenario_alerts_turn(struct scenario_alerts *s, msec_t now)
{
	s->next = alerts_turn(s->alerts, now);
	scenario_alerts_take(s);
}

static inline void
scenario_alerts_load(struct scenario_alerts *s)
{
	int rc;

	for (size_t i = 0; i < s->kept.n; i++) {
		const struct kit_field *k = &s->kept.f[i];

		rc = alerts_state_put(s->alerts, &(struct state_field){ { k->key, k->nkey }, { k->value, k->nvalue } });
		assert(rc == 0);
	}
	alerts_state_done(s->alerts);
}

/* The process dies after a commit, before the runner has stored a page. */
static inline void
scenario_alerts_restart(struct scenario_alerts *s, struct scenario_site *of, struct engine **engine)
{
	struct state_field f;

	while (alerts_state(s->alerts, &f))
		kit_keep(&s->kept, &f);
	alerts_free(s->alerts);
	for (struct scenario_page *p = s->page; p < s->page + s->npages; p++)
		if (p->where == SCENARIO_GIVEN)
			p->where = SCENARIO_LOST;
	scenario_alerts_open(s, of, engine);
	scenario_alerts_load(s);
	scenario_alerts_take(s);
	for (struct scenario_page *p = s->page; p < s->page + s->npages; p++)
		if (p->where == SCENARIO_LOST)
			snprintf(s->wrong, sizeof(s->wrong), "never came again:%s", p->text);
}

/* ---- what happens.  All: NULL, or what is wrong ---- */

/* "redis_down_seconds", "6.5" */
static inline const char *
scenario_monitor(struct scenario_alerts *s, const char *field, const char *number)
{
	char *end;
	double value = number == NULL ? 0 : strtod(number, &end);

	for (unsigned m = 0; m < MONITOR_COUNT && number != NULL && *end == '\0'; m++) {
		const struct monitor_row *row = monitor_row((enum monitor)m);

		if (strcmp(row->name, field) != 0)
			continue;
		s->monitor[m] = (int64_t)(value * (row->unit == UNIT_SECONDS ? 1000 : 1));
		alerts_monitor(s->alerts, (enum monitor)m, s->monitor[m], NULL);
		return NULL;
	}
	return "not understood: expected at T monitor FIELD=NUMBER";
}

/* The id of the silence of that glob, or what was asked for. */
static inline void
scenario_silence_id(const struct scenario_alerts *s, const char *match, char id[64])
{
	struct silence_view v;

	snprintf(id, 64, "%s", match);
	for (size_t i = 0; alerts_silence(s->alerts, i, &v); i++)
		if (v.match.n == strlen(match) && memcmp(v.match.p, match, v.match.n) == 0)
			snprintf(id, 64, "%.*s", STR_ARG(v.id));
}

/* "ack ID", "silence GLOB LENGTH", "unsilence GLOB", and then perhaps "by
 * NAME" and "refused". */
static inline const char *
scenario_order(struct scenario_alerts *s, msec_t now, char *rest)
{
	static const char *const verbs[ORDER_COUNT] = { "ack", "silence", "unsilence" };
	static char why[128];
	struct order o = { .by = STR_LIT("ann") };
	const char *verb = next_word(&rest), *what = next_word(&rest), *word;
	char id[32], silence[64];
	msec_t length = 0;
	bool refused = false, was_refused;

	while (o.verb < ORDER_COUNT && strcmp(verbs[o.verb], verb) != 0)
		o.verb++;
	if (o.verb == ORDER_COUNT || (o.verb == ORDER_SILENCE && duration_parse(next_word(&rest), &length) != 0))
		return "not understood: expected ack ID, silence GLOB LENGTH or unsilence GLOB";
	for (; *(word = next_word(&rest)) != '\0'; refused |= strcmp(word, "refused") == 0)
		if (strcmp(word, "by") == 0)
			o.by = kit_str(next_word(&rest));
	snprintf(id, sizeof(id), "%" PRId64 "-%u", now, s->orders++);
	scenario_silence_id(s, what, silence);
	o.id = kit_str(id);
	o.what = kit_str(o.verb == ORDER_UNSILENCE ? silence : what);
	o.until = now + length;
	was_refused = alerts_order(s->alerts, &o, now, why, sizeof(why)) != 0;
	alerts_turn(s->alerts, now);
	if (was_refused == refused)
		return NULL;
	return refused ? "it is not refused" : why;
}

/* All hooks of the last such page are done with it. */
static inline const char *
scenario_finished(struct scenario_alerts *s, msec_t now, char *rest)
{
	const char *kind = next_word(&rest), *alert = next_word(&rest), *how = next_word(&rest);
	const struct scenario_page *p = scenario_page_last(s, kind, alert);

	if (p == NULL)
		return "there was no such page";
	if (strcmp(how, "given_up") != 0 && strcmp(how, "delivered") != 0)
		return "not understood: it is given_up or delivered";
	alerts_finished(s->alerts, kit_str(p->id), strcmp(how, "delivered") == 0, now);
	return NULL;
}

/* The settings are read again, and one rule is not there any more. */
static inline const char *
scenario_reload(struct scenario_alerts *s, struct scenario_site *of, msec_t now, char *rest)
{
	const char *without = next_word(&rest), *name = next_word(&rest);

	if (strcmp(without, "without") != 0)
		return "not understood: expected at T reload without RULE";
	if (scenario_rule_remove(&of->rules, name, &s->removed) != 0)
		return "there is no such rule";
	alerts_set_rules(s->alerts, &of->rules, &of->site.calendars);
	alerts_turn(s->alerts, now);
	return NULL;
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
		return NULL;
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
