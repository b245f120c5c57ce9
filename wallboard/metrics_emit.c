/* SPDX-License-Identifier: MIT */
/*
 * metrics_emit.c: from a subject's fields to the samples of a family.
 *
 * A field that is not there gives no sample: nothing is made up.  A counter is
 * never undefined, and never falls where it is one of the site's state.
 */
#include "metrics_int.h"

#include <ccmon/event.h>

#include <stdio.h>

#define EDGE_MAX 12 /* bytes with NUL, as it is read; a day has 86,400 seconds */

/* No less than it ever was. */
static int64_t
highest(struct writing *w, const struct family *f, struct subject *subject, const char *part,
    int64_t value)
{
	if (subject_hold(subject, f, part, &value) != 0)
		w->o->failed = true;
	return value;
}

static void
put(struct writing *w, const struct family *f, struct subject *subject, const struct label *label,
    int64_t value)
{
	if (f->type == COUNTER) {
		const char *part = label != NULL ? label->value.p : "";

		if (value == FIGURE_NAN)
			return;
		if (f->steady)
			value = highest(w, f, subject, part, value);
	}
	text_sample(w, f, NULL, subject, label, label != NULL, value);
}

void
emit_figure(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t value;

	if (subject_number(subject, f->field, &value))
		put(w, f, subject, NULL, value);
}

void
emit_time(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t ms;

	if (subject_number(subject, f->field, &ms))
		put(w, f, subject, NULL, ms == FIGURE_NAN ? ms : ms / MSEC_PER_SEC);
}

/* An age is of the moment the figures are of. */
void
emit_oldest(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t ms, age, waiting;

	if (!subject_number(subject, "updated_epoch_ms", &ms) || ms == FIGURE_NAN ||
	    !subject_number(subject, "waiting_count", &waiting) ||
	    !subject_number(subject, f->field, &age) || age == FIGURE_NAN)
		return;
	put(w, f, subject, NULL, waiting > 0 ? ms / MSEC_PER_SEC - age : 0);
}

void
emit_parts(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t value;

	for (const struct part *p = f->part; p->label != NULL; p++)
		if (subject_number(subject, p->field, &value))
			put(w, f, subject, &(struct label){ f->label, str_of(p->label) }, value);
}

static bool
parts_numbers(const struct subject *subject, const struct part *part, int64_t *a, int64_t *b)
{
	return subject_number(subject, part[0].field, a) && *a != FIGURE_NAN &&
	       subject_number(subject, part[1].field, b) && *b != FIGURE_NAN;
}

void
emit_sum(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t a, b;

	if (parts_numbers(subject, f->part, &a, &b))
		put(w, f, subject, NULL, a + b);
}

void
emit_difference(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t a, b;

	if (parts_numbers(subject, f->part, &a, &b))
		put(w, f, subject, NULL, a - b);
}

void
emit_words(struct writing *w, const struct family *f, struct subject *subject)
{
	struct str word = subject_text(subject, f->field);

	if (word.n == 0)
		return;
	for (const struct part *p = f->part; p->label != NULL; p++)
		put(w, f, subject, &(struct label){ f->label, str_of(p->label) },
		    str_is(word, p->label) * ONE);
}

/* ---- windows ---- */

/* "today", or a length as the settings have it: digits and a letter. */
static bool
is_window(struct str s)
{
	if (str_is(s, "today"))
		return true;
	if (s.n < 2 || memchr("smh", s.p[s.n - 1], 3) == NULL)
		return false;
	for (uint32_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static struct str
window_of(struct str name, const char *base)
{
	uint32_t n = (uint32_t)strlen(base);

	if (name.n < n + 2 || memcmp(name.p, base, n) != 0 || name.p[n] != '_')
		return STR_NONE;
	return (struct str){ name.p + n + 1, name.n - n - 1 };
}

void
emit_windows(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t value;

	for (size_t i = 0; i < subject->nfields; i++) {
		struct label label = { f->label, window_of(subject->field[i].name, f->field) };

		if (is_window(label.value) && number_parse(subject->field[i].value, &value))
			put(w, f, subject, &label, value);
	}
}

/* ---- several of one subject ---- */

#define INFO_LABELS 4

void
emit_info(struct writing *w, const struct family *f, struct subject *subject)
{
	struct label label[INFO_LABELS];
	size_t n = 0;

	for (const struct part *p = f->part; p->label != NULL && n < INFO_LABELS; p++)
		label[n++] = (struct label){ p->label, subject_text(subject, p->field) };
	text_sample(w, f, NULL, subject, label, n, ONE);
}

void
emit_summary(struct writing *w, const struct family *f, struct subject *subject)
{
	int64_t sum, count;

	if (!subject_number(subject, f->field, &sum) || sum == FIGURE_NAN ||
	    !subject_number(subject, f->part[0].field, &count) || count == FIGURE_NAN)
		return;
	text_sample(w, f, "_sum", subject, NULL, 0, sum);
	text_sample(w, f, "_count", subject, NULL, 0, count);
}

/* ---- histograms ---- */

struct bucket {
	char edge[EDGE_MAX + 2]; /* as its label: "20.0", "+Inf" */
	int64_t from; /* the edge; INT64_MAX: all */
	int64_t count;
};

/* The next word of "1:0 2:3 ... inf:60"; false: it is none. */
static bool
bucket_read(struct str *s, struct bucket *b)
{
	const char *end = memchr(s->p, ' ', s->n), *colon;
	struct str word = { s->p, end != NULL ? (uint32_t)(end - s->p) : s->n }, edge, count;

	colon = memchr(word.p, ':', word.n);
	if (colon == NULL || colon - word.p >= EDGE_MAX)
		return false;
	edge = (struct str){ word.p, (uint32_t)(colon - word.p) };
	count = (struct str){ colon + 1, word.n - edge.n - 1 };
	s->p += word.n + (end != NULL);
	s->n -= word.n + (end != NULL);
	if (str_is(edge, "inf")) {
		b->from = INT64_MAX;
		(void)snprintf(b->edge, sizeof(b->edge), "+Inf");
	} else {
		if (!number_parse(edge, &b->from) || b->from == FIGURE_NAN)
			return false;
		(void)snprintf(b->edge, sizeof(b->edge), "%.*s%s", STR_ARG(edge),
		    memchr(edge.p, '.', edge.n) != NULL ? "" : ".0");
	}
	return number_parse(count, &b->count) && b->count != FIGURE_NAN;
}

/* Edges that rise, counts that do not fall, up to inf. */
static bool
buckets_are_sound(struct str s)
{
	struct bucket b, last = { "", -1, 0 };

	while (s.n > 0) {
		if (!bucket_read(&s, &b) || b.from <= last.from || b.count < last.count)
			return false;
		last = b;
	}
	return last.from == INT64_MAX;
}

/* What was remembered of one edge may be ahead of another that is new, as
 * when a queue's threshold was changed: no bucket has less than the last. */
void
emit_histogram(struct writing *w, const struct family *f, struct subject *subject)
{
	struct str s = subject_text(subject, f->field);
	struct bucket b;
	int64_t least = 0, sum;

	if (!buckets_are_sound(s) || !subject_number(subject, f->part[0].field, &sum) ||
	    sum == FIGURE_NAN)
		return;
	while (s.n > 0 && bucket_read(&s, &b)) {
		b.count = highest(w, f, subject, b.edge, b.count);
		least = b.count > least ? b.count : least;
		text_sample(
		    w, f, "_bucket", subject, &(struct label){ "le", str_of(b.edge) }, 1, least);
	}
	text_sample(w, f, "_sum", subject, NULL, 0, highest(w, f, subject, "sum", sum));
	text_sample(w, f, "_count", subject, NULL, 0, least);
}
