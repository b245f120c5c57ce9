/* SPDX-License-Identifier: MIT */
/*
 * metrics_things.c: what was read of Redis for one text, and what outlives it.
 *
 * Fields and values are kept as texts in one block a thing, for they are read
 * once.  A thing itself stays from reading to reading, with the highest value
 * of each of its counters: so a daemon that comes back from a crash a moment
 * older does not look like one that began anew.  It is forgotten when it is
 * gone while others of its kind are there; with all of them gone it is the
 * daemon that is away, and what it comes back with is the same state.
 */
#include "metrics_int.h"

#include <assert.h>
#include <stdlib.h>

/* ---- things, in order ---- */

static int
text_order(struct str a, struct str b)
{
	uint32_t n = a.n < b.n ? a.n : b.n;
	int rc = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return rc != 0 ? rc : (a.n > b.n) - (a.n < b.n);
}

/* Where it is, or belongs. */
static size_t
place_of(const struct things *t, unsigned kind, struct str name)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct thing *at = t->thing[mid];
		int rc = at->kind != kind ? (int)at->kind - (int)kind : text_order(at->name, name);

		if (rc < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_at(const struct things *t, size_t i, unsigned kind, struct str name)
{
	return i < t->n && t->thing[i]->kind == kind && text_order(t->thing[i]->name, name) == 0;
}

static struct thing *
thing_new(unsigned kind, struct str name)
{
	struct thing *thing = calloc(1, sizeof(*thing) + name.n + 1);

	if (thing == NULL)
		return NULL;
	thing->kind = (uint8_t)kind;
	thing->name = (struct str){ (char *)(thing + 1), name.n };
	if (name.n > 0)
		memcpy(thing + 1, name.p, name.n);
	return thing;
}

static void
thing_free(struct thing *thing)
{
	free(thing->field);
	free(thing->held);
	free(thing);
}

static struct thing *
insert(struct things *t, size_t i, unsigned kind, struct str name)
{
	struct thing *thing;

	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? 2 * t->cap : 64;
		struct thing **grown = realloc(t->thing, cap * sizeof(struct thing *));

		if (grown == NULL)
			return NULL;
		t->thing = grown;
		t->cap = cap;
	}
	thing = thing_new(kind, name);
	if (thing == NULL)
		return NULL;
	memmove(t->thing + i + 1, t->thing + i, (t->n - i) * sizeof(struct thing *));
	t->thing[i] = thing;
	t->n++;
	return thing;
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
things_put(struct things *t, unsigned kind, struct str name, const struct field *field, size_t n)
{
	size_t i = place_of(t, kind, name);
	struct thing *thing = is_at(t, i, kind, name) ? t->thing[i] : insert(t, i, kind, name);
	struct field *copy = fields_copy(field, n);

	if (thing == NULL || copy == NULL) {
		free(copy);
		t->failed = true;
		return;
	}
	free(thing->field);
	thing->field = copy;
	thing->nfields = n;
	thing->seen = true;
}

void
things_begin(struct things *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct thing *thing = t->thing[i];

		free(thing->field);
		thing->field = NULL;
		thing->nfields = 0;
		thing->seen = false;
	}
	t->failed = false;
}

void
things_forget(struct things *t)
{
	bool some[NKINDS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		some[t->thing[i]->kind] |= t->thing[i]->seen;
	for (size_t i = 0; i < t->n; i++)
		if (t->thing[i]->seen || !some[t->thing[i]->kind])
			t->thing[n++] = t->thing[i];
		else
			thing_free(t->thing[i]);
	t->n = n;
}

void
things_forget_highest(struct things *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->thing[i]->nheld = 0;
}

void
things_fini(struct things *t)
{
	for (size_t i = 0; i < t->n; i++)
		thing_free(t->thing[i]);
	free(t->thing);
	*t = (struct things){ 0 };
}

struct thing *
things_next(const struct things *t, unsigned kind, size_t *i)
{
	struct thing *thing;

	if (*i == 0)
		*i = place_of(t, kind, STR_NONE);
	while (*i < t->n && t->thing[*i]->kind == kind) {
		thing = t->thing[(*i)++];
		if (thing->seen)
			return thing;
	}
	return NULL;
}

/* ---- its values ---- */

struct str
thing_text(const struct thing *thing, const char *field)
{
	struct str name = str_of(field);

	for (size_t i = 0; i < thing->nfields; i++)
		if (text_order(thing->field[i].name, name) == 0)
			return thing->field[i].value;
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

	if (text.n == 3 && memcmp(text.p, "NaN", 3) == 0) {
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
thing_number(const struct thing *thing, const char *field, int64_t *value)
{
	return number_parse(thing_text(thing, field), value);
}

/* ---- counters ---- */

static struct held *
held_find(struct thing *thing, const struct family *family, const char *part)
{
	for (size_t i = 0; i < thing->nheld; i++)
		if (thing->held[i].family == family && strcmp(thing->held[i].part, part) == 0)
			return &thing->held[i];
	return NULL;
}

static struct held *
held_add(struct thing *thing, const struct family *family, const char *part)
{
	struct held *held;

	if (thing->nheld == thing->cap) {
		size_t cap = thing->cap > 0 ? 2 * thing->cap : 16;

		held = realloc(thing->held, cap * sizeof(*held));
		if (held == NULL)
			return NULL;
		thing->held = held;
		thing->cap = cap;
	}
	held = &thing->held[thing->nheld++];
	*held = (struct held){ .family = family };
	assert(strlen(part) < sizeof(held->part));
	memcpy(held->part, part, strlen(part));
	return held;
}

int64_t
thing_highest(struct thing *thing, const struct family *family, const char *part, int64_t now)
{
	struct held *held = held_find(thing, family, part);

	if (held == NULL)
		held = held_add(thing, family, part);
	if (held == NULL)
		return now;
	if (now > held->value)
		held->value = now;
	return held->value;
}
