/* SPDX-License-Identifier: MIT */
/*
 * metrics_wanted.c: which fields of a hash the families are made of.
 *
 * A queue has more than four hundred, of which some sixty matter.  The others
 * are not kept: with a thousand queues, looking for each among all of them
 * took a quarter of a second, in which no board heard anything.
 */
#include "metrics_int.h"

#include <stdlib.h>

/* What the files beside this one ask for that is in no row of the table. */
static const char *const besides[] = { "channel", "rule", "scope", "severity",
	"state_began_epoch_ms", "state", "updated_epoch_ms", "waiting_count" };

int
text_order(struct str a, struct str b)
{
	uint32_t n = a.n < b.n ? a.n : b.n;
	int rc = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return rc != 0 ? rc : (a.n > b.n) - (a.n < b.n);
}

static int
compare(const void *a, const void *b)
{
	return text_order(*(const struct str *)a, *(const struct str *)b);
}

static void
note(struct wanted *w, const char *name)
{
	if (name == NULL)
		return;
	if (w->name != NULL)
		w->name[w->n] = str_of(name);
	w->n++;
}

/* All names, each as often as it is used; without room they are counted. */
static void
gather(struct wanted *w)
{
	w->n = 0;
	for (size_t i = 0; i < COUNTOF(besides); i++)
		note(w, besides[i]);
	for (size_t i = 0; i < metrics_nfamilies; i++) {
		const struct part *part = metrics_families[i].part;

		note(w, metrics_families[i].field);
		for (; part != NULL && part->label != NULL; part++)
			note(w, part->field);
	}
}

int
wanted_init(struct wanted *w)
{
	*w = (struct wanted){ 0 };
	gather(w);
	w->name = calloc(w->n, sizeof(*w->name));
	if (w->name == NULL)
		return -1;
	gather(w);
	qsort(w->name, w->n, sizeof(*w->name), compare);
	return 0;
}

void
wanted_fini(struct wanted *w)
{
	free(w->name);
	*w = (struct wanted){ 0 };
}

static bool
is_there(const struct wanted *w, struct str field)
{
	return bsearch(&field, w->name, w->n, sizeof(field), compare) != NULL;
}

/* A figure by its name, or one a window by what stands before the window. */
bool
is_wanted(const struct wanted *w, struct str field)
{
	const char *last = field.n > 0 ? memrchr(field.p, '_', field.n) : NULL;

	return is_there(w, field) ||
	       (last != NULL && is_there(w, (struct str){ field.p, (uint32_t)(last - field.p) }));
}
