/* SPDX-License-Identifier: MIT */
/*
 * picture.c: the snapshot as readers get it: what the daemon wrote, without what
 * is nobody's business, and with what the page wants to know besides.  Pure.
 *
 * What passes is listed; what a later daemon adds does not pass by itself.
 * Where agents are not to be named, neither is an alert about one: it keeps
 * its rule and its figures, and is told apart from others by a number.
 */
#include "wallboard.h"

#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const passing[] = { "schema_version", "site", "time", "version", "demo",
	"queues", "channels", "totals", "alerts", "feeds" };

/* Of an alert about an agent.  Not: who took care of it, what he wrote, the
 * names of other alerts and of the episode, and the summary. */
static const char *const of_nobody[] = { "rule", "state", "severity", "flapping", "metric",
	"condition", "value", "threshold", "since_epoch_ms", "began_epoch_ms", "ended_epoch_ms",
	"round", "step", "steps", "next_step_epoch_ms", "until_epoch_ms" };

static bool
is_among(struct str key, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (walk_is(key, names[i]))
			return true;
	return false;
}

static void
put_comma(struct out *o)
{
	if (o->len > 0 && o->buf[o->len - 1] != '{')
		out_str(o, ",");
}

static void
put_member(struct out *o, struct str key, struct str value)
{
	put_comma(o);
	out_bytes(o, key.p, key.n);
	out_str(o, ":");
	out_bytes(o, value.p, value.n);
}

/* ---- alerts */

/* Within the quotes. */
static struct str
inside(struct str text)
{
	return text.n < 2 ? STR_LIT("") : (struct str){ text.p + 1, text.n - 2 };
}

static bool
begins(struct str text, const char *with)
{
	size_t n = strlen(with);

	return text.n > n && memcmp(text.p + 1, with, n) == 0;
}

static struct str
member(struct str object, const char *name)
{
	struct walk w = walk_object(object);
	struct str key, value;

	while (walk_next(&w, &key, &value))
		if (walk_is(key, name))
			return value;
	return STR_LIT("\"\"");
}

static void
put_id(struct out *o, struct str rule, unsigned number)
{
	out_printf(o, "\"%.*s/agent:", STR_ARG(inside(rule)));
	if (number > 1)
		out_printf(o, "%u", number);
	out_str(o, "\"");
}

/* The members it may keep, and an id and a scope that name nobody. */
static bool
put_nameless(struct out *o, struct str alert, unsigned number)
{
	struct walk w = walk_object(alert);
	struct str key, value, rule = member(alert, "rule");

	put_comma(o);
	put_id(o, rule, number);
	out_str(o, ":{\"id\":");
	put_id(o, rule, number);
	out_str(o, ",\"scope\":\"agent:\",\"summary\":null");
	while (walk_next(&w, &key, &value))
		if (is_among(key, of_nobody, COUNTOF(of_nobody)))
			put_member(o, key, value);
	out_str(o, "}");
	return !w.broken;
}

/* Another one may be kept down by an alert that is about an agent. */
static bool
put_named(struct out *o, struct str id, struct str alert)
{
	struct walk w = walk_object(alert);
	struct str key, value;

	put_comma(o);
	out_bytes(o, id.p, id.n);
	out_str(o, ":{");
	while (walk_next(&w, &key, &value))
		if (walk_is(key, "inhibitor") &&
		    memmem(value.p, value.n, "/agent:", strlen("/agent:")) != NULL)
			put_member(o, key, STR_LIT("null"));
		else
			put_member(o, key, value);
	out_str(o, "}");
	return !w.broken;
}

static bool
put_alerts(struct out *o, struct str alerts)
{
	struct walk w = walk_object(alerts);
	struct str id, alert;
	unsigned number = 0;
	bool good = true;

	out_str(o, "{");
	while (good && walk_next(&w, &id, &alert))
		good = begins(member(alert, "scope"), "agent:") ? put_nameless(o, alert, ++number)
		                                                : put_named(o, id, alert);
	out_str(o, "}");
	return good && !w.broken;
}

/* ---- the whole */

static bool
put_part(struct out *o, const struct picture_rules *rules, struct str key, struct str value)
{
	if (!walk_is(key, "alerts") || rules->agents == AGENTS_NAMES) {
		put_member(o, key, value);
		return true;
	}
	put_comma(o);
	out_str(o, "\"alerts\":");
	return put_alerts(o, value);
}

bool
picture_write(
    struct out *o, const struct picture_rules *rules, struct str snapshot, int64_t *version)
{
	struct walk w = walk_object(snapshot);
	struct str key, value;
	bool good = true;

	*version = -1;
	out_str(o, "{");
	while (good && walk_next(&w, &key, &value)) {
		if (walk_is(key, "version"))
			*version = walk_whole(value);
		if (is_among(key, passing, COUNTOF(passing)))
			good = put_part(o, rules, key, value);
	}
	put_comma(o);
	json_key(o, "title");
	json_text(o, str_of(rules->title));
	json_key(o, "timezone");
	json_text(o, str_of(rules->timezone));
	json_key(o, "day_start_seconds");
	json_int(o, rules->day_start);
	json_key(o, "stale_after_seconds");
	json_figure(o, rules->stale_after, UNIT_SECONDS);
	out_str(o, "}");
	return good && !w.broken && *version >= 0 && !o->failed;
}
