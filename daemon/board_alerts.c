/* SPDX-License-Identifier: MIT */
/*
 * board_alerts.c: the alerts, the silences and the hooks as others read them.
 *
 * There are few of them, so a hash that changed is written whole: it is taken
 * away and filled again by one script, and no reader sees it half done.  What
 * did not change is kept alive.
 */
#include "board.h"

#include <stdio.h>

#define HSET_FIELDS 500 /* a write; see commit.c */

static void
keep_alive(struct writes *w, const char *key)
{
	write_begin(w, "PEXPIRE", "%s", key);
	write_int(w, BOARD_TTL_MS);
	write_end(w);
}

/* Fields of a hash, as many writes as they need. */
struct filling {
	struct writes *w;
	const char *key;
	size_t n; /* in the open write */
};

static void
put_field(struct filling *f, struct str name, const struct out *json)
{
	if (f->n == HSET_FIELDS) {
		write_end(f->w);
		f->n = 0;
	}
	if (f->n++ == 0)
		write_begin(f->w, "HSET", "%s", f->key);
	write_word(f->w, name);
	write_word(f->w, (struct str){ json->buf, (uint32_t)json->len });
	f->w->args.failed |= json->failed;
}

static struct filling
refill(struct writes *w, const char *key)
{
	write_begin(w, "DEL", "%s", key);
	write_end(w);
	return (struct filling){ w, key, 0 };
}

static void
filled(struct filling *f)
{
	if (f->n > 0)
		write_end(f->w);
	keep_alive(f->w, f->key);
}

/* ---- what stands in them ---- */

static void
put_text(struct out *o, const char *key, struct str text)
{
	json_key(o, key);
	if (text.n > 0)
		json_text(o, text);
	else
		json_none(o);
}

static void
put_number(struct out *o, const char *key, int64_t n, enum unit unit)
{
	json_key(o, key);
	json_figure(o, n, unit);
}

static void
put_time(struct out *o, const char *key, msec_t t)
{
	put_number(o, key, t < 0 ? FIGURE_NAN : t, UNIT_EPOCH_MS);
}

static void
silence_json(struct out *o, const struct silence_view *s)
{
	out_reset(o);
	json_open(o, '{');
	put_text(o, "id", s->id);
	put_text(o, "match", s->match);
	put_text(o, "by", s->by);
	put_text(o, "note", s->note);
	put_time(o, "since_epoch_ms", s->since);
	put_time(o, "until_epoch_ms", s->until);
	json_close(o, '}');
}

static struct str
outcome_of(const struct hook_status *h)
{
	const char *name = hook_outcome_name(h->last_outcome);

	return h->last_time < 0 ? STR_NONE : str_of(name);
}

static void
hook_json(struct out *o, const struct hook_status *h)
{
	out_reset(o);
	json_open(o, '{');
	put_text(o, "name", h->name);
	put_number(o, "waiting", (int64_t)h->waiting, UNIT_COUNT);
	put_number(o, "running", (int64_t)h->running, UNIT_COUNT);
	put_time(o, "oldest_epoch_ms", h->oldest);
	put_number(o, "delivered_total", (int64_t)h->delivered, UNIT_COUNT);
	put_number(o, "given_up_total", (int64_t)h->given_up, UNIT_COUNT);
	put_number(o, "attempts_total", (int64_t)h->attempts, UNIT_COUNT);
	put_time(o, "last_epoch_ms", h->last_time);
	put_text(o, "last_outcome", outcome_of(h));
	put_text(o, "last_why", h->last_why);
	put_text(o, "unsafe", h->unsafe);
	json_close(o, '}');
}

/* ---- writing them ---- */

static void
put_alerts(struct board *b, struct writes *w)
{
	struct filling f = refill(w, "alerts");
	struct alert_view view;
	size_t i = 0;

	while (alerts_each(*b->o.alerts, &i, &view)) {
		out_reset(&b->json);
		alert_json(&b->json, &view);
		put_field(&f, view.id, &b->json);
	}
	filled(&f);
}

static void
put_silences(struct board *b, struct writes *w)
{
	struct filling f = refill(w, "silences");
	struct silence_view view;

	for (size_t i = 0; alerts_silence(*b->o.alerts, i, &view); i++) {
		silence_json(&b->json, &view);
		put_field(&f, view.id, &b->json);
	}
	filled(&f);
}

static void
put_hooks(struct board *b, struct writes *w)
{
	struct filling f = refill(w, "hooks");
	struct hook_status status;

	for (size_t i = 0; b->o.hook(b->o.arg, i, &status); i++) {
		hook_json(&b->json, &status);
		put_field(&f, status.name, &b->json);
	}
	filled(&f);
}

void
board_put_alerts(struct board *b, struct writes *w, bool changed, bool whole)
{
	if (changed || b->nothing_known) {
		put_alerts(b, w);
		put_silences(b, w);
	} else if (whole) {
		keep_alive(w, "alerts");
		keep_alive(w, "silences");
	}
	if (whole)
		put_hooks(b, w);
}

void
board_snapshot_alerts(struct board *b, struct out *o)
{
	struct alert_view view;
	char id[ALERT_ID_MAX];
	size_t i = 0;

	json_open(o, '{');
	while (alerts_each(*b->o.alerts, &i, &view)) {
		snprintf(id, sizeof(id), "%.*s", STR_ARG(view.id));
		json_key(o, id);
		alert_json(o, &view);
	}
	json_close(o, '}');
}
