/* SPDX-License-Identifier: MIT */
/*
 * settings_condition.c: a condition that reads well may still mean nothing:
 * a figure nobody has, of another kind of object, in a window this site does
 * not keep.  Such a rule would be silent for ever, so it is refused, with the
 * word that was meant where it can be guessed.
 */
#include "settings_load.h"

#include <stdarg.h>
#include <stdio.h>

#define FIELD_MAX 128 /* bytes with NUL: a name and its window */
#define LIST_MAX WHY_MAX

static const char *const units[UNIT_NUNITS] = {
	[UNIT_COUNT] = "a count",
	[UNIT_SECONDS] = "seconds",
	[UNIT_RATIO] = "a ratio",
	[UNIT_RATE] = "a rate an hour",
	[UNIT_EPOCH_MS] = "an instant",
	[UNIT_FLAG] = "0 or 1",
	[UNIT_NUMBER] = "a number",
};

CCMON_PRINTF(2, 3)
static void
say(char why[WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_MAX, fmt, ap);
	va_end(ap);
}

/* One more word of a list, after a comma. */
static void
list(char buf[LIST_MAX], const char *prefix, const char *word)
{
	size_t n = strlen(buf);

	snprintf(buf + n, LIST_MAX - n, "%s%s%s", n > 0 ? ", " : "", prefix, word);
}

/* The site's windows, each after a prefix: "sl_ratio_15m, sl_ratio_60m". */
static const char *
windows(const struct site *site, const char *prefix, char buf[LIST_MAX])
{
	buf[0] = '\0';
	for (size_t i = 0; i < site->nwindows; i++)
		list(buf, prefix, site->windows[i].name);
	return buf;
}

static const char *
scopes(unsigned bits, char buf[LIST_MAX])
{
	buf[0] = '\0';
	for (unsigned s = 0; s < SCOPE_COUNT; s++)
		if (bits >> s & 1)
			list(buf, "", scope_name(s));
	return buf;
}

/* ---- what may have been meant */

struct guess {
	struct nearest nearest;
	char best[FIELD_MAX]; /* what nearest.best points to */
};

static void
offer(struct guess *g, const char *name, const char *window)
{
	char whole[FIELD_MAX];

	snprintf(whole, sizeof(whole), "%s%s%s", name, window[0] != '\0' ? "_" : "", window);
	nearest_offer(&g->nearest, whole);
	if (g->nearest.best == whole) {
		memcpy(g->best, whole, sizeof(g->best));
		g->nearest.best = g->best;
	}
}

static void
offer_row(struct guess *g, const struct site *site, const struct field_row *row)
{
	if (!row->windowed)
		offer(g, row->name, "");
	for (size_t i = 0; row->windowed && i < site->nwindows; i++)
		offer(g, row->name, site->windows[i].name);
}

static void
unknown(const struct site *site, enum scope scope, const char *field, char why[WHY_MAX])
{
	struct guess g;
	char buf[HINT_MAX];
	const struct field_row *row;

	nearest_begin(&g.nearest, field);
	for (size_t i = 0; (row = field_row(i)) != NULL; i++)
		if (row->scopes >> scope & 1 && !row->is_text)
			offer_row(&g, site, row);
	say(why, "there is no field %.60s%s", field, hint(&g.nearest, buf));
}

/* ---- what is wrong with a field */

/* Its name without what stands after the last "_", as a row; or NULL. */
static const struct field_row *
shorter(const char *field)
{
	const char *end = strrchr(field, '_');

	if (end == NULL)
		return NULL;
	return field_row_find((struct str){ field, (uint32_t)(end - field) });
}

/* No row has this name and a window, or none where none belongs. */
static void
no_row(const struct site *site, enum scope scope, const char *field, char why[WHY_MAX])
{
	const struct field_row *row = shorter(field);
	char buf[LIST_MAX], prefix[FIELD_MAX];

	if (field_row_find(str_of(field)) != NULL) {
		snprintf(prefix, sizeof(prefix), "%s_", field);
		say(why, "%s needs a window: %s", field, windows(site, prefix, buf));
	} else if (row != NULL)
		say(why, "%s is of this moment and has no window", row->name);
	else
		unknown(site, scope, field, why);
}

/* The row of a field that a rule of that scope may speak of; NULL and why. */
static const struct field_row *
find(const struct site *site, enum scope scope, const char *field, char why[WHY_MAX])
{
	const char *window;
	const struct field_row *row = field_row_split(field, &window);
	char buf[LIST_MAX];

	if (row == NULL)
		no_row(site, scope, field, why);
	else if (!(row->scopes >> scope & 1))
		say(why, "%s is a figure of %s, not of %s", field, scopes(row->scopes, buf),
		    scope_name(scope));
	else if (row->is_text)
		say(why, "%s is a text: only numbers can be compared", field);
	else if (window != NULL && !site_has_window(site, window))
		say(why, "%s: there is no window %s here: %s", field, window,
		    windows(site, "", buf));
	else
		return row;
	return NULL;
}

int
condition_check(
    const struct site *site, const struct condition *c, enum scope scope, char why[WHY_MAX])
{
	const struct field_row *row = find(site, scope, c->field, why), *other;

	if (row == NULL)
		return -1;
	if (c->other == NULL && row->unit == UNIT_RATIO && c->number > 1) {
		say(why, "%s is a ratio, from 0 to 1: 80 %% is 0.80", c->field);
		return -1;
	}
	if (c->other == NULL)
		return 0;
	if ((other = find(site, scope, c->other, why)) == NULL)
		return -1;
	if (row->unit == other->unit)
		return 0;
	say(why, "%s is %s, %s is %s", c->field, units[row->unit], c->other, units[other->unit]);
	return -1;
}

static bool
has_samples(const char *field)
{
	const char *window;
	const struct field_row *row = field == NULL ? NULL : field_row_split(field, &window);

	return row != NULL && row->samples != NULL;
}

bool
condition_has_samples(const struct condition *c)
{
	return has_samples(c->field) || has_samples(c->other);
}
