/* SPDX-License-Identifier: MIT */
/*
 * engine_kit.h: what the tests of the engine share: a small site, all an
 * engine says as text that can be compared, and its state kept as the store
 * would keep it.
 */
#ifndef CCMON_TESTS_ENGINE_KIT_H
#define CCMON_TESTS_ENGINE_KIT_H

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/engine.h"

#define KIT_NOON	INT64_C(1767614400000)	/* ms; Monday 2026-01-05 12:00 UTC */

static inline struct str
kit_str(const char *s)
{
	return (struct str){ s, s == NULL ? 0 : (uint32_t)strlen(s) };
}

/* Calls, chats, mail: promised and limited, promised only, neither. */
static inline void
kit_site(struct site *site)
{
	static struct queue_def queues[3];
	static char sales[] = "sales", help[] = "help", post[] = "post", vente[] = "vente", hall[] = "hall";
	static char *also[] = { vente };

	site_defaults(site);
	site->name = hall;
	site->silent_after = 0;
	site->defaults[CHANNEL_CALL].max_wait = 60000;
	site->defaults[CHANNEL_CALL].max_handle = 300000;
	site->defaults[CHANNEL_CHAT].max_wait = 0;
	for (size_t i = 0; i < COUNTOF(queues); i++)
		queues[i] = (struct queue_def){ .channel = (uint8_t)i, .policy = site->defaults[i] };
	queues[0].name = sales;
	queues[0].match = also;
	queues[0].nmatch = 1;
	queues[1].name = help;
	queues[2].name = post;
	site->queues = queues;
	site->nqueues = COUNTOF(queues);
}

/* ---- figures as text ---- */

static inline struct object
kit_object(const struct engine *e, enum scope scope, const char *name)
{
	struct object o;

	if (!engine_find(e, scope, kit_str(name), &o))
		o = (struct object){ (uint8_t)scope, UINT32_MAX };
	return o;
}

/* One figure or text of an object; NULL: no such object or column. */
static inline const char *
kit_figure(struct engine *e, struct object o, const char *column, char buf[256])
{
	const struct column *c;
	size_t n = engine_columns(e, (enum scope)o.scope, &c), i;
	int64_t *values;
	struct str text;

	if (!engine_exists(e, o))
		return NULL;
	for (i = 0; i < n && strcmp(c[i].name, column) != 0; i++)
		;
	if (i == n)
		return NULL;
	if (c[i].is_text) {
		text = engine_text(e, o, &c[i]);
		snprintf(buf, 256, "%.*s", STR_ARG(text));
		return buf;
	}
	values = calloc(n, sizeof(*values));
	assert(values != NULL);
	engine_read(e, o, values);
	figure_format(buf, values[i], (enum unit)c[i].unit, "NaN");
	free(values);
	return buf;
}

static inline int64_t
kit_value(struct engine *e, struct object o, const char *column)
{
	char buf[256];
	const char *text = kit_figure(e, o, column, buf);

	assert(text != NULL);
	return strtoll(text, NULL, 10);
}

struct kit_named { struct object o; struct str name; };

static inline int
kit_by_name(const void *a, const void *b)
{
	const struct kit_named *x = a, *y = b;
	uint32_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int c = memcmp(x->name.p, y->name.p, n);

	if (x->o.scope != y->o.scope)
		return x->o.scope - y->o.scope;
	return c != 0 ? c : (int)x->name.n - (int)y->name.n;
}

static inline void
kit_dump_object(struct engine *e, const struct kit_named *who, struct out *out, bool named)
{
	const struct column *c;
	size_t n = engine_columns(e, (enum scope)who->o.scope, &c), i;
	int64_t *values = calloc(n, sizeof(*values));
	struct str text;

	assert(values != NULL);
	engine_read(e, who->o, values);
	if (!named)
		out_bytes(out, values, n * sizeof(*values));
	for (i = 0; i < n; i++) {
		if (named)
			out_printf(out, "%u %.*s %s ", who->o.scope, STR_ARG(who->name), c[i].name);
		if (c[i].is_text) {
			text = engine_text(e, who->o, &c[i]);
			out_bytes(out, text.p, text.n);
		} else if (named)
			out_printf(out, "%" PRId64, values[i]);
		if (named)
			out_bytes(out, "\n", 1);
	}
	free(values);
}

/* Every figure of every object, in the order of names: as lines to be read,
 * or only as fast as can be. */
static inline void
kit_dump(struct engine *e, struct out *out, bool named)
{
	struct kit_named all[512];
	size_t n = 0, i;

	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		for (i = 0; i < engine_count(e, (enum scope)scope); i++) {
			struct object o = { (uint8_t)scope, (uint32_t)i };

			assert(n < COUNTOF(all));
			if (engine_exists(e, o))
				all[n++] = (struct kit_named){ o, engine_name(e, o) };
		}
	qsort(all, n, sizeof(*all), kit_by_name);
	for (i = 0; i < n; i++)
		kit_dump_object(e, &all[i], out, named);
}

/* Is it true at an interval's end, rather than counted in it? */
static inline bool
kit_is_level(const struct column *c)
{
	return strcmp(c->name, "waiting_count") == 0 || strncmp(c->name, "agents_", 7) == 0;
}

static inline bool
kit_is_empty_interval(const struct edge *edge, const struct column *c, size_t n)
{
	if (edge->type != EDGE_HISTORY || edge->history == HISTORY_DAY)
		return false;
	for (size_t i = 0; i < n; i++)
		if (edge->values[i] != 0 && edge->values[i] != FIGURE_NAN && !kit_is_level(&c[i]))
			return false;
	return true;
}

/* Takes the edges, as lines.  Empty short intervals may be left out by the
 * engine and always are here. */
static inline void
kit_edges(struct engine *e, struct out *out)
{
	const struct column *c;
	size_t n = engine_history_columns(e, &c), i;
	struct edge edge;

	while (engine_edge(e, &edge)) {
		if (kit_is_empty_interval(&edge, c, n))
			continue;
		out_printf(out, "%u %" PRId64 "-%u ", edge.type, edge.id_ms, edge.id_seq);
		if (edge.type == EDGE_BREACH)
			out_printf(out, "%s %" PRId64 " %.*s %.*s %.*s %.*s %.*s %" PRId64, edge.kind,
			    edge.time, STR_ARG(edge.source), STR_ARG(edge.queue),
			    STR_ARG(edge.contact), STR_ARG(edge.visit), STR_ARG(edge.agent),
			    edge.waited_ms);
		else if (edge.type == EDGE_REJECT)
			out_printf(out, "%" PRId64 " %u %.*s %.*s %.*s", edge.time, edge.reject.why,
			    STR_ARG(edge.reject.source), STR_ARG(edge.reject.detail),
			    STR_ARG(edge.reject.sample));
		else {
			struct str name = engine_name(e, edge.object);

			out_printf(out, "%.*s %u %" PRId64, STR_ARG(name), edge.history, edge.start);
			for (i = 0; i < n; i++)
				out_printf(out, " %" PRId64, edge.values[i]);
		}
		out_bytes(out, "\n", 1);
	}
}

/* ---- the state, as the store keeps it ---- */

struct kit_field { char *key, *value; uint32_t nkey, nvalue; };
struct kit_kept { struct kit_field *f; size_t n; };

static inline char *
kit_copy(struct str s)
{
	char *p = malloc(s.n > 0 ? s.n : 1);

	assert(p != NULL);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static inline void
kit_keep(struct kit_kept *k, const struct state_field *f)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->f[i].nkey == f->key.n && memcmp(k->f[i].key, f->key.p, f->key.n) == 0)
			break;
	if (i < k->n) {
		free(k->f[i].key);
		free(k->f[i].value);
		k->f[i] = k->f[--k->n];
	}
	if (f->value.p == NULL)
		return;
	k->f = realloc(k->f, (k->n + 1) * sizeof(*k->f));
	assert(k->f != NULL);
	k->f[k->n++] = (struct kit_field){ kit_copy(f->key), kit_copy(f->value), f->key.n, f->value.n };
}

/* What changed since the last time, as a commit would take it. */
static inline void
kit_commit(struct engine *e, struct kit_kept *k)
{
	struct state_field f;

	while (engine_state(e, &f))
		kit_keep(k, &f);
}

static inline int
kit_by_key(const void *a, const void *b)
{
	const struct kit_field *x = a, *y = b;
	uint32_t n = x->nkey < y->nkey ? x->nkey : y->nkey;
	int c = memcmp(x->key, y->key, n);

	return c != 0 ? c : (int)x->nkey - (int)y->nkey;
}

/* As two engines that keep the same would, whatever order they keep it in. */
static inline void
kit_sort(struct kit_kept *k)
{
	qsort(k->f, k->n, sizeof(*k->f), kit_by_key);
}

static inline void
kit_forget(struct kit_kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->f[i].key);
		free(k->f[i].value);
	}
	free(k->f);
	*k = (struct kit_kept){ 0 };
}

/* A new engine from what was kept. */
static inline struct engine *
kit_load(const struct kit_kept *k, const struct site *site)
{
	struct engine *e = engine_new(site);
	int rc;

	for (size_t i = 0; i < k->n; i++) {
		struct state_field f = { { k->f[i].key, k->f[i].nkey }, { k->f[i].value, k->f[i].nvalue } };

		rc = engine_state_put(e, &f);
		assert(rc == 0);
	}
	rc = engine_state_done(e);
	assert(rc == 0);
	return e;
}

#endif
