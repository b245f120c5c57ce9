/* SPDX-License-Identifier: MIT */
/*
 * view.c: an alert as others see it, and as one line of JSON.
 */
#include "alerts_int.h"

/* Who is to be asked why nobody is told. */
static void
view_hold(const struct alerts *a, const struct alert *al, struct alert_view *v)
{
	const struct silence *s = al->silence == NONE ? NULL : &a->silence[al->silence];

	if (al->life != LIFE_FIRING)
		return;
	if (al->acked_until >= 0) {
		v->by = text_str(&al->by);
		v->note = text_str(&al->note);
		v->until = al->acked_until;
	} else if (s != NULL) {
		v->by = text_str(&s->by);
		v->note = text_str(&s->note);
		v->until = s->until;
	}
	if (s != NULL)
		v->silence = text_str(&s->id);
	if (al->inhibitor != NULL)
		v->inhibitor = text_str(&al->inhibitor->id);
}

static void
view(const struct alerts *a, const struct alert *al, struct alert_view *v)
{
	*v = (struct alert_view){ .id = text_str(&al->id),
		.rule = alert_rule(al),
		.scope = alert_scope(al),
		.episode = str_of(al->episode),
		.state = al->shown,
		.severity = al->severity,
		.flapping = al->flapping,
		.metric = text_str(&al->metric),
		.condition = text_str(&al->condition),
		.unit = al->unit,
		.value = al->value,
		.threshold = al->threshold,
		.since = al->shown_since,
		.began = al->began,
		.ended = al->ended,
		.round = al->round,
		.step = al->step,
		.steps = ladder_steps(al),
		.next_step = al->life == LIFE_FIRING && !alert_is_held(al) ? al->next : -1,
		.until = -1,
		.summary = text_str(&al->summary) };
	view_hold(a, al, v);
}

bool
alerts_each(const struct alerts *a, size_t *i, struct alert_view *v)
{
	while (*i < a->n && a->alert[*i]->life == LIFE_QUIET)
		++*i;
	if (*i >= a->n)
		return false;
	view(a, a->alert[(*i)++], v);
	return true;
}

bool
alerts_find(const struct alerts *a, struct str id, struct alert_view *v)
{
	const struct alert *al = roster_find(a, id);

	if (al == NULL || al->life == LIFE_QUIET)
		return false;
	view(a, al, v);
	return true;
}

/* ---- JSON ---- */

static void
put_text(struct out *out, const char *key, struct str s)
{
	json_key(out, key);
	if (s.n == 0)
		json_none(out);
	else
		json_text(out, s);
}

static void
put_time(struct out *out, const char *key, msec_t at)
{
	json_key(out, key);
	if (at < 0)
		json_none(out);
	else
		json_int(out, at);
}

static void
put_int(struct out *out, const char *key, int64_t value)
{
	json_key(out, key);
	json_int(out, value);
}

static void
put_figure(struct out *out, const char *key, int64_t value, const struct alert_view *v)
{
	json_key(out, key);
	json_figure(out, value, (enum unit)v->unit);
}

void
alert_members(struct out *out, const struct alert_view *v)
{
	put_text(out, "id", v->id);
	put_text(out, "rule", v->rule);
	put_text(out, "scope", v->scope);
	put_text(out, "state", str_of(alert_state_name((enum alert_state)v->state)));
	put_text(out, "severity", str_of(severity_name((enum severity)v->severity)));
	json_key(out, "flapping");
	json_bool(out, v->flapping);
	put_text(out, "metric", v->metric);
	put_text(out, "condition", v->condition);
	put_figure(out, "value", v->value, v);
	put_figure(out, "threshold", v->threshold, v);
	put_time(out, "since_epoch_ms", v->since);
	put_time(out, "began_epoch_ms", v->began);
	put_time(out, "ended_epoch_ms", v->ended);
	put_text(out, "episode", v->episode);
	put_int(out, "round", v->round);
	put_int(out, "step", v->step);
	put_int(out, "steps", v->steps);
	put_time(out, "next_step_epoch_ms", v->next_step);
	put_text(out, "by", v->by);
	put_text(out, "note", v->note);
	put_time(out, "until_epoch_ms", v->until);
	put_text(out, "silence", v->silence);
	put_text(out, "inhibitor", v->inhibitor);
	put_text(out, "summary", v->summary);
}

void
alert_json(struct out *out, const struct alert_view *v)
{
	json_open(out, '{');
	alert_members(out, v);
	json_close(out, '}');
}
