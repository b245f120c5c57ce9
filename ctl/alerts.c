/* SPDX-License-Identifier: MIT */
/*
 * alerts.c: what fires, what is about to, who has taken it, and what nobody
 * wants to hear of.  What is worst stands first: what cries for somebody
 * before what somebody has, and of those the newest.
 */
#include "ctl.h"

#include <inttypes.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/nearest.h>

static const struct view alert_view[] = {
	{ "SEVERITY", "severity", false, CELL_TEXT },
	{ "STATE", "state", false, CELL_STATUS },
	{ "ALERT", "id", false, CELL_TEXT },
	{ "VALUE", "value", false, CELL_NUMBER },
	{ "LIMIT", "threshold", false, CELL_NUMBER },
	{ "SINCE", "since_epoch_ms", false, CELL_AGO },
	{ "STEP", "step", false, CELL_NUMBER },
	{ "WHO", "who", false, CELL_TEXT },
	{ "SUMMARY", "summary", false, CELL_TEXT },
};

static const struct view silence_view[] = {
	{ "SILENCE", "id", false, CELL_TEXT },
	{ "MATCH", "match", false, CELL_TEXT },
	{ "BY", "by", false, CELL_TEXT },
	{ "SINCE", "since_epoch_ms", false, CELL_AGO },
	{ "UNTIL", "until", false, CELL_TEXT },
	{ "NOTE", "note", false, CELL_TEXT },
};

/* A line of JSON on the board, and where it stands among the others. */
struct entry {
	struct str id, json;
	int rank;
	msec_t since;
};

/* A hash of them, in order. */
struct entries {
	struct reply *hash;
	struct record *record; /* of the one looked at */
	struct entry *entry;
	size_t n;
};

/* ---- reading them */

static int
state_rank(struct record *r)
{
	static const char *const states[] = { "firing", "unknown", "pending", "acked", "silenced",
		"inhibited", "resolved" };
	size_t i = 0;

	while (i < COUNTOF(states) && !record_is(r, "state", states[i]))
		i++;
	return (int)i;
}

/* SEVERITY_COUNT when it is none. */
static enum severity
severity_of(struct record *r)
{
	unsigned s = 0;

	while (s < SEVERITY_COUNT && !record_is(r, "severity", severity_name(s)))
		s++;
	return s;
}

static int
by_rank(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank - y->rank;
	if (x->since != y->since)
		return x->since < y->since ? 1 : -1;
	return x->id.p < y->id.p ? -1 : 1;
}

static void
add_entry(struct entries *e, struct str id, struct str json)
{
	struct record *r = e->record;

	if (!record_read(r, json)) {
		fprintf(stderr, "ccmonctl: what stands under ");
		print_escaped(stderr, id);
		fprintf(stderr, " is no line of JSON: left out\n");
		return;
	}
	e->entry[e->n++] = (struct entry){ id, json,
		state_rank(r) * (SEVERITY_COUNT + 1) + SEVERITY_COUNT - (int)severity_of(r),
		record_int(r, "since_epoch_ms", 0) };
}

static void
entries_free(struct entries *e)
{
	reply_free(e->hash);
	record_free(e->record);
	free(e->entry);
}

static bool
entries_read(struct ctl *c, const char *key, struct entries *e)
{
	*e = (struct entries){ .hash = ctl_hash(c, key, STR_NONE) };
	if (e->hash == NULL)
		return false;
	e->record = record_new();
	e->entry = calloc(e->hash->n / 2 + 1, sizeof(*e->entry));
	if (e->record == NULL || e->entry == NULL) {
		snprintf(c->why, sizeof(c->why), "out of memory");
		return false;
	}
	for (size_t i = 0; i + 1 < e->hash->n; i += 2)
		add_entry(e, e->hash->item[i].text, e->hash->item[i + 1].text);
	qsort(e->entry, e->n, sizeof(*e->entry), by_rank);
	return true;
}

/* The i-th entry becomes the record; it could be read before. */
static struct record *
entries_at(struct entries *e, size_t i)
{
	return record_read(e->record, e->entry[i].json) ? e->record : NULL;
}

/* ---- for status and orders */

bool
alerts_firing(struct ctl *c, struct firing *f)
{
	struct entries e;
	struct record *r;
	struct str summary;
	enum severity s;
	bool good = entries_read(c, "alerts", &e);

	*f = (struct firing){ 0 };
	for (size_t i = 0; good && i < e.n && (r = entries_at(&e, i)) != NULL; i++) {
		s = severity_of(r);
		if (!record_is(r, "state", "firing") || s == SEVERITY_COUNT)
			continue;
		f->count[s]++;
		summary = record_text(r, "summary");
		if (f->worst == NULL)
			f->worst = strndup(summary.n > 0 ? summary.p : "", summary.n);
	}
	entries_free(&e);
	return good;
}

/* Does it fire, taken or not? */
static bool
lasts(struct record *r)
{
	return !record_is(r, "state", "pending") && !record_is(r, "state", "resolved");
}

void
alerts_nearest(struct ctl *c, const char *id, char *near, size_t len)
{
	struct entries e;
	struct record *r;
	struct nearest n;
	char known[ALERT_ID_MAX];
	bool good = entries_read(c, "alerts", &e);

	near[0] = '\0';
	nearest_begin(&n, id);
	for (size_t i = 0; good && i < e.n && (r = entries_at(&e, i)) != NULL; i++) {
		snprintf(known, sizeof(known), "%.*s", STR_ARG(e.entry[i].id));
		if (lasts(r))
			nearest_offer(&n, known);
		if (n.best != NULL) /* nearer than those before */
			snprintf(near, len, "%s", known);
		n.best = NULL;
	}
	entries_free(&e);
}

size_t
alerts_matching(struct ctl *c, const char *glob)
{
	struct entries e;
	struct record *r;
	size_t matching = 0;
	bool good = entries_read(c, "alerts", &e);

	for (size_t i = 0; good && i < e.n && (r = entries_at(&e, i)) != NULL; i++)
		matching += lasts(r) && glob_match(glob, e.entry[i].id);
	entries_free(&e);
	return matching;
}

/* ---- the tables */

/* A row on its way into a table. */
struct row {
	const struct ctl *c;
	const struct entry *entry;
	struct record *record;
	char text[256];
};

static struct str
text_of(const struct row *r)
{
	return str_of(r->text);
}

static struct str
row_state(struct row *r)
{
	bool flaps = record_is(r->record, "flapping", "true");

	snprintf(r->text, sizeof(r->text), "%.*s%s", STR_ARG(record_text(r->record, "state")),
	    flaps ? " flapping" : "");
	return text_of(r);
}

static struct str
row_step(struct row *r)
{
	snprintf(r->text, sizeof(r->text), "%" PRId64 "/%" PRId64, record_int(r->record, "step", 0),
	    record_int(r->record, "steps", 0));
	return text_of(r);
}

static struct str
row_until(struct row *r)
{
	msec_t until = record_int(r->record, "until_epoch_ms", -1);

	snprintf(r->text, sizeof(r->text), "-");
	if (until >= 0)
		human_time(r->text, r->c, until, clock_wall());
	return text_of(r);
}

/* Who has taken it, and for how long; or what explains it. */
static struct str
row_who(struct row *r)
{
	struct str by = record_text(r->record, "by");
	msec_t until = record_int(r->record, "until_epoch_ms", -1);
	char time[HUMAN_MAX];

	if (by.n == 0)
		return record_text(r->record, "inhibitor");
	if (until < 0)
		return by;
	human_time(time, r->c, until, clock_wall());
	snprintf(r->text, sizeof(r->text), "%.*s until %s", STR_ARG(by), time);
	return text_of(r);
}

static struct str
row_id(struct row *r)
{
	return r->entry->id;
}

static struct str
row_field(void *arg, const char *field)
{
	static const struct {
		const char *field;
		struct str (*get)(struct row *);
	} made[] = {
		{ "id", row_id },
		{ "state", row_state },
		{ "step", row_step },
		{ "until", row_until },
		{ "who", row_who },
	};
	struct row *r = arg;

	for (size_t i = 0; i < COUNTOF(made); i++)
		if (strcmp(made[i].field, field) == 0)
			return made[i].get(r);
	return record_text(r->record, field);
}

static void
print_entries(const struct ctl *c, struct entries *e, const struct view *view, size_t ncols)
{
	struct row row = { .c = c };
	struct table t;

	table_begin(&t, view, ncols, "", clock_wall());
	for (size_t i = 0; i < e->n; i++) {
		row.entry = &e->entry[i];
		if ((row.record = entries_at(e, i)) != NULL)
			table_row(&t, row_field, &row);
	}
	table_end(&t);
}

static void
alerts_text(const struct ctl *c, struct entries *alerts, struct entries *silences)
{
	if (alerts->n > 0)
		print_entries(c, alerts, alert_view, COUNTOF(alert_view));
	else
		printf("no alerts\n");
	if (silences->n == 0)
		return;
	printf("\n");
	print_entries(c, silences, silence_view, COUNTOF(silence_view));
}

/* ---- JSON: the lines as they stand there */

static void
json_entries(struct out *o, const char *key, const struct entries *e)
{
	json_key(o, key);
	json_open(o, '{');
	for (size_t i = 0; i < e->n; i++) {
		json_name(o, e->entry[i].id);
		json_raw(o, e->entry[i].json);
	}
	json_close(o, '}');
}

static void
alerts_json(const struct daemon *d, const struct entries *alerts, const struct entries *silences)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "stale");
	json_bool(&o, d->stale);
	json_entries(&o, "alerts", alerts);
	json_entries(&o, "silences", silences);
	json_close(&o, '}');
	print_json(&o);
}

/* ---- the verb */

static bool
any_fires(struct entries *e)
{
	struct record *r = e->n > 0 ? entries_at(e, 0) : NULL;

	return r != NULL && record_is(r, "state", "firing");
}

int
verb_alerts(struct ctl *c, char **args)
{
	struct entries alerts = { 0 }, silences = { 0 };
	struct daemon d = { 0 };
	int code = EXIT_UNREACHABLE;

	(void)args;
	if (!daemon_read(c, &d) || !entries_read(c, "alerts", &alerts) ||
	    !entries_read(c, "silences", &silences))
		ctl_unreachable(c);
	else {
		daemon_warn(&d);
		if (c->json)
			alerts_json(&d, &alerts, &silences);
		else
			alerts_text(c, &alerts, &silences);
		if (!d.gone)
			code = any_fires(&alerts) ? EXIT_NOT_FINE : EXIT_FINE;
	}
	entries_free(&alerts);
	entries_free(&silences);
	reply_free(d.meta);
	return code;
}
