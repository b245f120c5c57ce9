/* SPDX-License-Identifier: MIT */
/*
 * metrics_text.c: the lines of the two formats.
 *
 * They differ in the name a counter's or an info's words are under, in what is
 * escaped in them, and in OpenMetrics' line for the unit.  The samples are the
 * same to the byte, so that who changes the format keeps its series.  A family
 * without samples has no words either.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4),
 * https://prometheus.io/docs/specs/om/open_metrics_spec/ (1.0)
 */
#include "metrics_int.h"

/* By enum family_type; Prometheus' older format knows no info. */
static const struct {
	const char *suffix, *word, *openmetrics;
} types[] = {
	[GAUGE] = { "", "gauge", "gauge" },
	[COUNTER] = { "_total", "counter", "counter" },
	[HISTOGRAM] = { "", "histogram", "histogram" },
	[SUMMARY] = { "", "summary", "summary" },
	[INFO] = { "_info", "gauge", "info" },
};

/* The labels each subject of a kind has: its name's, and those that are fields. */
static const struct {
	const char *name, *field;
} own[NKINDS] = {
	[METRICS_QUEUE] = { "queue", "channel" },
	[METRICS_FEED] = { "feed", NULL },
	[METRICS_COLLECTOR] = { "collector", NULL },
	[METRICS_HOOKS] = { "hook", NULL },
};

/* ---- words ---- */

static void
put_escaped(struct out *o, struct str text, bool quotes)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c != '\\' && c != '\n' && (c != '"' || !quotes))
			continue;
		out_bytes(o, text.p + from, i - from);
		out_str(o, c == '\n' ? "\\n" : c == '"' ? "\\\"" : "\\\\");
		from = i + 1;
	}
	out_bytes(o, text.p + from, text.n - from);
}

/* The unit a name ends in; OpenMetrics wants it said again. */
static const char *
unit_of(const char *name)
{
	static const char *const units[] = { "seconds", "ratio", "bytes" };
	size_t n = strlen(name), len;

	for (size_t i = 0; i < COUNTOF(units); i++) {
		len = strlen(units[i]);
		if (n > len && name[n - len - 1] == '_' && strcmp(name + n - len, units[i]) == 0)
			return units[i];
	}
	return NULL;
}

static void
put_heading(struct writing *w, const struct family *f)
{
	bool openmetrics = w->format == METRICS_OPENMETRICS;
	const char *suffix = openmetrics ? "" : types[f->type].suffix;
	const char *unit = openmetrics ? unit_of(f->name) : NULL;

	out_printf(w->o, "# TYPE %s%s %s\n", f->name, suffix,
	    openmetrics ? types[f->type].openmetrics : types[f->type].word);
	if (unit != NULL)
		out_printf(w->o, "# UNIT %s %s\n", f->name, unit);
	out_printf(w->o, "# HELP %s%s ", f->name, suffix);
	put_escaped(w->o, str_of(family_help(f)), openmetrics);
	out_str(w->o, "\n");
	w->headed = true;
}

/* ---- samples ---- */

static void
put_label(struct out *o, const char *name, struct str value, char *before)
{
	if (value.n == 0)
		return; /* the same as none, to both */
	out_bytes(o, before, 1);
	out_str(o, name);
	out_str(o, "=\"");
	put_escaped(o, value, true);
	out_str(o, "\"");
	*before = ',';
}

/* As short as it can be: a figure with its decimals, less their zeros. */
static void
put_value(struct out *o, int64_t value)
{
	char text[FIGURE_TEXT_MAX];
	size_t n = figure_format(text, value, UNIT_NUMBER, "NaN");

	if (value != FIGURE_NAN) {
		while (text[n - 1] == '0')
			n--;
		n -= text[n - 1] == '.';
	}
	out_bytes(o, text, n);
}

void
text_sample(struct writing *w, const struct family *f, const char *suffix,
    const struct subject *subject, const struct label *label, size_t nlabels, int64_t value)
{
	char before = '{';

	if (!w->headed)
		put_heading(w, f);
	out_str(w->o, f->name);
	out_str(w->o, suffix != NULL ? suffix : types[f->type].suffix);
	if (subject != NULL && own[subject->kind].name != NULL)
		put_label(w->o, own[subject->kind].name, subject->name, &before);
	if (subject != NULL && own[subject->kind].field != NULL)
		put_label(w->o, own[subject->kind].field,
		    subject_text(subject, own[subject->kind].field), &before);
	for (size_t i = 0; i < nlabels; i++)
		put_label(w->o, label[i].name, label[i].value, &before);
	out_str(w->o, before == '{' ? " " : "} ");
	put_value(w->o, value);
	out_str(w->o, "\n");
}
