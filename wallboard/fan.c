/* SPDX-License-Identifier: MIT */
/*
 * fan.c: a set of names, and then a question about each of them, in the order
 * of the names; a few at a time, so that what Redis and we hold for one reader
 * is bounded, and others get their turn.
 */
#include "wallboard.h"

#include <stdlib.h>

#define AT_ONCE 64 /* questions on their way */
#define KEY_BYTES 320 /* kind, ':' and a name; names have 64 bytes, and we do not trust that */

struct fan {
	struct source *source;
	const struct fan_plan *plan;
	void *arg;
	struct str *name;
	size_t n, sent, came;
	char *texts; /* of the names */
	bool failed, sending;
};

static void
finish(struct fan *f)
{
	const struct fan_plan *plan = f->plan;
	void *arg = f->arg;
	bool failed = f->failed;

	free(f->name);
	free(f->texts);
	free(f);
	plan->done(arg, !failed);
}

static void on_hash(void *arg, const struct reply *r);

/* Questions go out as answers come in. */
static void
advance(struct fan *f)
{
	char key[KEY_BYTES];
	struct str k = { key, 0 };
	size_t kind = strlen(f->plan->kind);

	f->sending = true;
	while (!f->failed && f->sent < f->n && f->sent - f->came < AT_ONCE) {
		struct str name = f->name[f->sent++];

		memcpy(key, f->plan->kind, kind);
		memcpy(key + kind, name.p, name.n);
		k.n = (uint32_t)kind + name.n;
		source_ask(f->source, on_hash, f, f->plan->verb, k, f->plan->words);
	}
	f->sending = false;
	if (f->came == f->sent && (f->failed || f->sent == f->n))
		finish(f);
}

static void
on_hash(void *arg, const struct reply *r)
{
	struct fan *f = arg;
	struct str name = f->name[f->came++]; /* answers come in the order of questions */

	if (r == NULL || r->type == REPLY_ERROR)
		f->failed = true;
	else
		f->plan->each(f->arg, name, r);
	if (!f->sending)
		advance(f);
}

static int
by_name(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	uint32_t n = x->n < y->n ? x->n : y->n;
	int order = n == 0 ? 0 : memcmp(x->p, y->p, n);

	return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* The reply is gone when its callback has ended. */
static bool
keep_names(struct fan *f, const struct reply *r)
{
	size_t size = 0, room = KEY_BYTES - strlen(f->plan->kind);
	char *to;

	for (size_t i = 0; i < r->n; i++)
		size += r->item[i].text.n;
	f->texts = to = malloc(size + 1);
	f->name = calloc(r->n + 1, sizeof(*f->name));
	if (f->texts == NULL || f->name == NULL)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		struct str name = r->item[i].text;

		if (name.n == 0 || name.n > room)
			continue;
		memcpy(to, name.p, name.n);
		f->name[f->n++] = (struct str){ to, name.n };
		to += name.n;
	}
	qsort(f->name, f->n, sizeof(*f->name), by_name);
	return true;
}

static void
on_names(void *arg, const struct reply *r)
{
	struct fan *f = arg;

	f->failed = r == NULL || r->type != REPLY_ARRAY || !keep_names(f, r);
	advance(f);
}

void
fan_out(struct source *source, const struct fan_plan *plan, void *arg)
{
	struct fan *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		plan->done(arg, false);
		return;
	}
	f->source = source;
	f->plan = plan;
	f->arg = arg;
	source_ask(source, on_names, f, "SMEMBERS", str_of(plan->set), NULL);
}
