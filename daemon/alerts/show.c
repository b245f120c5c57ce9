/* SPDX-License-Identifier: MIT */
/*
 * show.c: from a life to the state that is shown, and what follows when that
 * changes: a line in the log, the status of the object, the ladder.
 *
 * A state is shown only; an alert that is acknowledged, silenced, inhibited
 * or unknown still fires, and is told to nobody or goes on being told.
 */
#include "alerts_int.h"

/* ---- who inhibits ---- */

/* The channel of a queue, or none. */
static bool
channel_of(struct alerts *a, const struct alert *al, struct object *channel)
{
	const struct column *c = a->things[SCOPE_QUEUE].channel;
	struct str name;

	if (al->rule->def->scope != SCOPE_QUEUE || c == NULL)
		return false;
	name = engine_text(engine_of(a), object_of(al->rule, al->object), c);
	return engine_find(engine_of(a), SCOPE_CHANNEL, name, channel);
}

/* The same object, the channel of the queue, or the site. */
static bool
object_in(struct alerts *a, const struct alert *al, enum scope scope, struct object *o)
{
	*o = object_of(al->rule, al->object);
	if (al->rule->def->scope == scope)
		return true;
	if (scope == SCOPE_CHANNEL)
		return channel_of(a, al, o);
	*o = (struct object){ SCOPE_SITE, 0 };
	return scope == SCOPE_SITE;
}

static const struct alert *
find_inhibitor(struct alerts *a, const struct alert *al)
{
	const struct alert *by;
	struct object o;

	if (al->life != LIFE_FIRING || al->rule == NULL || al->object == NONE)
		return NULL;
	for (size_t i = 0; i < al->rule->ninhibitors; i++) {
		struct rule *r = al->rule->inhibitor[i];

		if (!object_in(a, al, (enum scope)r->def->scope, &o))
			continue;
		by = rule_place(a, r, o.index)->alert;
		if (by != NULL && by->life == LIFE_FIRING)
			return by;
	}
	return NULL;
}

bool
alert_is_held(const struct alert *al)
{
	return al->acked_until >= 0 || al->silence != NONE || al->inhibitor != NULL;
}

/* ---- what is shown ---- */

static enum alert_state
state_of(const struct alert *al)
{
	static const uint8_t lives[LIFE_COUNT] = { [LIFE_QUIET] = ALERT_NONE,
		[LIFE_PENDING] = ALERT_PENDING,
		[LIFE_FIRING] = ALERT_FIRING,
		[LIFE_RESOLVED] = ALERT_RESOLVED };
	bool fires = al->life == LIFE_FIRING;

	if (al->blind && (fires || al->life == LIFE_PENDING))
		return ALERT_UNKNOWN;
	if (fires && al->acked_until >= 0)
		return ALERT_ACKED;
	if (fires && al->silence != NONE)
		return ALERT_SILENCED;
	if (fires && al->inhibitor != NULL)
		return ALERT_INHIBITED;
	return (enum alert_state)lives[al->life];
}

/* ---- in words ---- */

/* A figure as people write it: 73.3, not 73.300. */
static void
put_figure(struct out *out, int64_t value, enum unit unit)
{
	char text[FIGURE_TEXT_MAX];
	size_t n = figure_format(text, value, unit, "not known");

	if (memchr(text, '.', n) != NULL) {
		while (text[n - 1] == '0')
			n--;
		n -= text[n - 1] == '.';
	}
	out_bytes(out, text, n);
}

/* "4m20s" */
static void
put_length(struct out *out, msec_t ms)
{
	static const struct {
		msec_t ms;
		char unit;
	} parts[] = { { 86400000, 'd' }, { 3600000, 'h' }, { 60000, 'm' }, { 1000, 's' } };
	size_t from = out->len;

	for (size_t i = 0; i < COUNTOF(parts); i++) {
		if (ms / parts[i].ms > 0)
			out_printf(out, "%lld%c", (long long)(ms / parts[i].ms), parts[i].unit);
		ms %= parts[i].ms;
	}
	if (out->len == from)
		out_str(out, "0s");
}

static void
put_detail(const struct alerts *a, const struct alert *al, struct out *out)
{
	const struct source *s;
	struct str detail;

	if (al->rule == NULL)
		return;
	s = &al->rule->when[0].field;
	if (s->monitor == MONITOR_COUNT || a->detail[s->monitor].n == 0)
		return;
	detail = text_str(&a->detail[s->monitor]);
	out_printf(out, " (%.*s)", STR_ARG(detail));
}

static void
put_values(const struct alerts *a, const struct alert *al, struct out *out)
{
	struct str metric = text_str(&al->metric);

	out_printf(out, "%.*s is ", STR_ARG(metric));
	put_figure(out, al->value, (enum unit)al->unit);
	out_str(out, ", limit ");
	put_figure(out, al->threshold, (enum unit)al->unit);
	put_detail(a, al, out);
}

static void
put_end(const struct alert *al, struct out *out)
{
	static const char *const reasons[REASON_COUNT] = { [REASON_CLEAR] = "",
		[REASON_CLOSED] = ": closed",
		[REASON_GONE] = ": it is gone",
		[REASON_REMOVED] = ": rule removed" };
	struct str rule = alert_rule(al);

	out_printf(out, "%.*s resolved after ", STR_ARG(rule));
	put_length(out, al->ended - al->began);
	out_str(out, reasons[al->reason]);
}

void
summary_write(struct alerts *a, struct alert *al)
{
	struct str name = alert_object_name(al);
	struct out *out = &a->scratch;

	if (name.n == 0)
		name = text_str(&a->site);
	out_reset(out);
	out_shown(out, name);
	out_str(out, ": ");
	if (al->life == LIFE_RESOLVED)
		put_end(al, out);
	else
		put_values(a, al, out);
	assert(!out->failed);
	text_set(&a->memory, &al->summary, (struct str){ out->buf, (uint32_t)out->len });
}

/* ---- the status of objects ---- */

static bool
alarms(const struct alert *al)
{
	return al != NULL && (al->shown == ALERT_FIRING || al->shown == ALERT_ACKED);
}

/* The worst of all rules about the object; the first of equals. */
static const struct alert *
worst_of(struct alerts *a, struct object o)
{
	const struct alert *worst = NULL, *al;

	for (size_t i = 0; i < a->nrules; i++) {
		struct rule *r = &a->rule[i];

		if (r->def->scope != o.scope)
			continue;
		al = rule_place(a, r, o.index)->alert;
		if (alarms(al) && (worst == NULL || al->severity > worst->severity))
			worst = al;
	}
	return worst;
}

static void
alarm_object(struct alerts *a, struct object o)
{
	const struct alert *worst = worst_of(a, o);
	struct str rule;

	if (worst == NULL) {
		engine_alarm(engine_of(a), o, SEVERITY_INFO, "");
		return;
	}
	rule = alert_rule(worst);
	out_reset(&a->scratch);
	out_printf(&a->scratch, "%.*s: %s", STR_ARG(rule), worst->condition.p);
	assert(!a->scratch.failed);
	engine_alarm(engine_of(a), o, (enum severity)worst->severity, a->scratch.buf);
}

void
alarm_all(struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (alarms(a->alert[i]) && roster_is_attached(a, a->alert[i]))
			alarm_object(a, object_of(a->alert[i]->rule, a->alert[i]->object));
}

/* ---- bringing it up to date ---- */

static void
show(struct alerts *a, struct alert *al, enum alert_state state, msec_t now)
{
	bool had_alarm = alarms(al);

	if (state == al->shown)
		return;
	al->shown = (uint8_t)state;
	al->shown_since = now;
	al->unsaved = a->changed = true;
	if (state != ALERT_NONE)
		note_alert(a, al, alert_state_name(state), now);
	if ((had_alarm || alarms(al)) && roster_is_attached(a, al))
		alarm_object(a, object_of(al->rule, al->object));
}

static void
show_one(struct alerts *a, struct alert *al, msec_t now)
{
	al->inhibitor = find_inhibitor(a, al);
	ladder_renew(al, now);
	if (al->just_began || al->just_ended)
		summary_write(a, al);
	show(a, al, state_of(al), now);
	if (al->just_began && al->flapping)
		note_alert(a, al, "flapping", now);
	ladder_turn(a, al, now);
	al->just_began = al->just_ended = false;
}

void
show_all(struct alerts *a, msec_t now)
{
	for (size_t i = 0; i < a->n; i++)
		show_one(a, a->alert[i], now);
}
