/* SPDX-License-Identifier: MIT */
/*
 * metrics_subjects.c: what was read of Redis for one text, and what outlives it.
 *
 * Fields and values are kept as texts in one block a subject, for they are read
 * once.  A subject itself stays from reading to reading, with the highest value
 * of each of its counters: so a daemon that comes back from a crash a moment
 * older does not look like one that began anew.  It is forgotten when it is
 * gone while others of its kind are there; with all of them gone it is the
 * daemon that is away, and what it comes back with is the same state.
 */
#include "metrics_int.h"

#include <assert.h>
#include <stdlib.h>

/* ---- subjects, in order ---- */

/* Where it is, or belongs. */
static size_t
place_of(const struct subjects *t, unsigned kind, struct str name)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct subject *at = t->subject[mid];
		int rc = at->kind != kind ? (int)at->kind - (int)kind : text_order(at->name, name);

		if (rc < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_at(const struct subjects *t, size_t i, unsigned kind, struct str name)
{
	return i < t->n && t->subject[i]->kind == kind &&
	       text_order(t->subject[i]->name, name) == 0;
}

static struct subject *
subject_new(unsigned kind, struct str name)
{
	struct subject *subject = calloc(1, sizeof(*subject) + name.n + 1);

	if (subject == NULL)
		return NULL;
	subject->kind = (uint8_t)kind;
	subject->name = (struct str){ (char *)(subject + 1), name.n };
	if (name.n > 0)
		memcpy(subject + 1, name.p, name.n);
	return subject;
}

static void
subject_free(struct subject *subject)
{
	free(subject->field);
	free(subject->held);
	free(subject);
}

static struct subject *
insert(struct subjects *t, size_t i, unsigned kind, struct str name)
{
	struct subject *subject;

	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? 2 * t->cap : 64;
		struct subject **grown = realloc(t->subject, cap * sizeof(struct subject *));

		if (grown == NULL)
			return NULL;
		t->subject = grown;
		t->cap = cap;
	}
	subject = subject_new(kind, name);
	if (subject == NULL)
		return NULL;
	memmove(t->subject + i + 1, t->subject + i, (t->n - i) * sizeof(struct subject *));
	t->subject[i] = subject;
	t->n++;
	return subject;
}

/* ---- a reading ---- */

static struct str
keep(char **at, struct str text)
{
	struct str kept = { *at, text.n };

	if (text.n > 0)
		memcpy(*at, text.p, text.n);
	*at += text.n;
	return kept;
}

/* The fields and, behind them, their texts. */
static struct field *
fields_copy(const struct field *field, size_t n)
{
	size_t size = n * sizeof(*field);
	struct field *copy;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += field[i].name.n + field[i].value.n;
	copy = malloc(size + 1);
	if (copy == NULL)
		return NULL;
	at = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		copy[i].name = keep(&at, field[i].name);
		copy[i].value = keep(&at, field[i].value);
	}
	return copy;
}

void
subjects_put(
    struct subjects *t, unsigned kind, struct str name, const struct field *field, size_t n)
{
	size_t i = place_of(t, kind, name);
	struct subject *subject =
	    is_at(t, i, kind, name) ? t->subject[i] : insert(t, i, kind, name);
	struct field *copy = fields_copy(field, n);

	if (subject == NULL || copy == NULL) {
		free(copy);
		t->failed = true;
		return;
	}
	free(subject->field);
	subject->field = copy;
	subject->nfields = n;
	subject->seen = true;
}

void
subjects_begin(struct subjects *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct subject *subject = t->subject[i];

		free(subject->field);
		subject->field = NULL;
		subject->nfields = 0;
		subject->seen = false;
	}
	t->failed = false;
}

void
subjects_forget(struct subjects *t)
{
	bool some[NKINDS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		some[t->subject[i]->kind] |= t->subject[i]->seen;
	for (size_t i = 0; i < t->n; i++)
		if (t->subject[i]->seen || !some[t->subject[i]->kind])
			t->subject[n++] = t->subject[i];
		else
			subject_free(t->subject[i]);
	t->n = n;
}

void
subjects_forget_highest(struct subjects *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->subject[i]->nheld = 0;
}

void
subjects_fini(struct subjects *t)
{
	for (size_t i = 0; i < t->n; i++)
		subject_free(t->subject[i]);
	free(t->subject);
	*t = (struct subjects){ 0 };
}

struct subject *
subjects_next(const struct subjects *t, unsigned kind, size_t *i)
{
	struct subject *subject;

	if (*i == 0)
		*i = place_of(t, kind, STR_LIT(""));
	while (*i < t->n && t->subject[*i]->kind == kind) {
		subject = t->subject[(*i)++];
		if (subject->seen)
			return subject;
	}
	return NULL;
}

/* ---- its values ---- */

struct str
subject_text(const struct subject *subject, const char *field)
{
	size_t n = strlen(field);

	for (size_t i = 0; i < subject->nfields; i++) {
		struct str name = subject->field[i].name;

		if (name.n == n && memcmp(name.p, field, n) == 0)
			return subject->field[i].value;
	}
	return STR_NONE;
}

static bool
is_digit(struct str text, uint32_t i)
{
	return i < text.n && text.p[i] >= '0' && text.p[i] <= '9';
}

/* Whole ones, then as many decimals as ONE has; none of it may be lost. */
bool
number_parse(struct str text, int64_t *value)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint32_t i = negative;
	int64_t v = 0, step = ONE;

	if (str_is(text, "NaN")) {
		*value = FIGURE_NAN;
		return true;
	}
	if (!is_digit(text, i))
		return false;
	for (; is_digit(text, i) && v < INT64_MAX / ONE / 100; i++)
		v = 10 * v + (text.p[i] - '0');
	v *= ONE;
	if (i < text.n && text.p[i] == '.')
		for (i++; is_digit(text, i) && step > 1; i++)
			v += (step /= 10) * (text.p[i] - '0');
	*value = negative ? -v : v;
	return i == text.n;
}

bool
subject_number(const struct subject *subject, const char *field, int64_t *value)
{
	return number_parse(subject_text(subject, field), value);
}

/* ---- counters ---- */

static struct held *
held_find(struct subject *subject, const struct family *family, const char *part)
{
	for (size_t i = 0; i < subject->nheld; i++)
		if (subject->held[i].family == family && strcmp(subject->held[i].part, part) == 0)
			return &subject->held[i];
	return NULL;
}

static struct held *
held_add(struct subject *subject, const struct family *family, const char *part)
{
	struct held *held;

	if (subject->nheld == subject->cap) {
		size_t cap = subject->cap > 0 ? 2 * subject->cap : 16;

		held = realloc(subject->held, cap * sizeof(*held));
		if (held == NULL)
			return NULL;
		subject->held = held;
		subject->cap = cap;
	}
	held = &subject->held[subject->nheld++];
	*held = (struct held){ .family = family };
	assert(strlen(part) < sizeof(held->part));
	memcpy(held->part, part, strlen(part));
	return held;
}

int
subject_hold(struct subject *subject, const struct family *family, const char *part, int64_t *value)
{
	struct held *held = held_find(subject, family, part);

	if (held == NULL)
		held = held_add(subject, family, part);
	if (held == NULL)
		return -1;
	if (*value > held->value)
		held->value = *value;
	*value = held->value;
	return 0;
}
