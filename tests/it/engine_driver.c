/* SPDX-License-Identifier: MIT */
/*
 * engine_driver.c: the engine on a pipe, for tests that feed it from outside.
 *
 * One command a line on standard input; what answers, answers one line:
 *
 *	conf WORDS...		before the first of the others, see conf_rows
 *	E NOW JSON		apply an event of the native dialect
 *	T NOW			the time is now
 *	F			every figure of every object, as JSON
 *	K			keep the state that changed, as a commit would
 *	S			crash: a fresh engine from what K and S kept
 *	C			assert the engine's invariants
 *	W			what its limits turned away, as JSON
 *	B			the breaches so far, as JSON
 *	Q			who is in the set of those who wait, by queue, as JSON
 *	H			the intervals closed since the last H, as JSON: what of
 *				them is no sum
 *
 * A line it does not understand ends it with a message and exit code 2.
 */
#include <ccmon/dialect.h>
#include <ccmon/out.h>
#include <daemon/engine/engine.h>

#include <inttypes.h>
#include <search.h>

#include "tests/it/driver_site.h"

struct field { /* of the kept state */
	uint32_t nkey, nvalue;
	char *key, *value;
};

static struct engine *engine;
static void *decoder;
static const struct dialect *native;
static void *kept; /* tree of struct field, by key */
static struct out breaches, closed; /* arrays of JSON that are not closed yet */

/* ---- the kept state */

static int
by_key(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	uint32_t n = x->nkey < y->nkey ? x->nkey : y->nkey;
	int order = memcmp(x->key, y->key, n);

	return order != 0 ? order : (x->nkey > y->nkey) - (x->nkey < y->nkey);
}

static void
forget_field(struct field *f)
{
	tdelete(f, &kept, by_key);
	free(f->key);
	free(f->value);
	free(f);
}

static void
keep_field(const struct state_field *sf)
{
	struct field probe = { .nkey = sf->key.n, .key = (char *)sf->key.p };
	struct field **found = tfind(&probe, &kept, by_key), *f;

	if (found != NULL)
		forget_field(*found);
	if (sf->value.p == NULL)
		return;
	f = check(malloc(sizeof(*f)));
	f->nkey = sf->key.n;
	f->nvalue = sf->value.n;
	f->key = check(malloc(f->nkey + 1));
	f->value = check(malloc(f->nvalue + 1));
	memcpy(f->key, sf->key.p, f->nkey);
	memcpy(f->value, sf->value.p, f->nvalue);
	check(tsearch(f, &kept, by_key));
}

static void
keep(void)
{
	struct state_field sf;

	while (engine_state(engine, &sf))
		keep_field(&sf);
}

static void
put_field(const void *node, VISIT which, void *arg)
{
	const struct field *f = *(struct field *const *)node;
	struct state_field sf = { { f->key, f->nkey }, { f->value, f->nvalue } };

	if (which != postorder && which != leaf)
		return;
	if (engine_state_put(arg, &sf) != 0)
		fail("state field %.*s is refused", (int)f->nkey, f->key);
}

static void
crash(void)
{
	struct engine *e = check(engine_new(&site));

	keep();
	twalk_r(kept, put_field, e);
	if (engine_state_done(e) != 0)
		fail("the state is refused");
	engine_free(engine);
	engine = e;
}

/* ---- events and what follows from them */

static void
put_breach(struct out *o, const struct edge *e)
{
	json_open(o, '[');
	json_text(o, str_of(e->kind));
	json_text(o, e->queue);
	json_text(o, e->contact);
	json_text(o, e->agent);
	json_int(o, e->waited_ms);
	json_close(o, ']');
}

/* What the oracle has of an interval; the rest are sums of what it has. */
static bool
is_no_sum(const struct column *c)
{
	static const char *const names[] = { "waiting_count", "agents_staffed_count",
		"agents_required_count", "wait_max_seconds", "wait_p90_seconds" };

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (strcmp(c->name, names[i]) == 0)
			return true;
	return false;
}

static void
put_interval(struct out *o, const struct edge *e)
{
	static const char *const names[] = {
#define H(sym, name, seconds, kept) name,
		HISTORIES(H)
#undef H
	};
	const struct column *c;
	size_t n = engine_history_columns(engine, &c);
	char text[FIGURE_TEXT_MAX];

	json_open(o, '[');
	json_text(o, str_of(names[e->history]));
	if (e->object.scope == SCOPE_SITE)
		json_none(o);
	else
		json_text(o, engine_name(engine, e->object));
	json_int(o, e->start / 1000);
	json_open(o, '{');
	for (size_t i = 0; i < n; i++)
		if (is_no_sum(&c[i])) {
			figure_format(text, e->values[i], c[i].unit, "NaN");
			json_key(o, c[i].name);
			json_text(o, str_of(text));
		}
	json_close(o, '}');
	json_close(o, ']');
}

static void
take_edges(void)
{
	struct edge edge;

	while (engine_edge(engine, &edge))
		if (edge.type == EDGE_BREACH)
			put_breach(&breaches, &edge);
		else if (edge.type == EDGE_HISTORY)
			put_interval(&closed, &edge);
}

static void
apply(char *args)
{
	struct dialect_result r;
	char *json;
	msec_t now = strtoll(args, &json, 10);

	json++;
	native->decode(decoder, json, strlen(json), 0, &r);
	if (r.why != REFUSAL_NONE || r.n == 0)
		fail("refused: %s", json);
	for (unsigned i = 0; i < r.n; i++) {
		(void)engine_apply(engine, &r.ev[i], now);
		take_edges();
	}
}

/* ---- figures */

static void
object_figures(struct out *o, struct object object, int64_t *values)
{
	const struct column *c;
	size_t n = engine_columns(engine, object.scope, &c);
	char text[FIGURE_TEXT_MAX];

	engine_read(engine, object, values);
	json_open(o, '{');
	for (size_t i = 0; i < n; i++) {
		struct str s = { text, 0 };

		if (c[i].is_text)
			s = engine_text(engine, object, &c[i]);
		else
			s.n = (uint32_t)figure_format(text, values[i], c[i].unit, "NaN");
		json_key(o, c[i].name);
		json_text(o, s);
	}
	json_close(o, '}');
}

static void
scope_figures(struct out *o, enum scope scope, const char *name)
{
	const struct column *c;
	int64_t *values = check(calloc(engine_columns(engine, scope, &c) + 1, sizeof(*values)));

	json_key(o, name);
	json_open(o, '{');
	for (uint32_t i = 0; i < engine_count(engine, scope); i++) {
		struct object object = { scope, i };
		char key[NAME_BYTES];

		if (!engine_exists(engine, object))
			continue;
		snprintf(key, sizeof(key), "%.*s", STR_ARG(engine_name(engine, object)));
		json_key(o, key);
		object_figures(o, object, values);
	}
	json_close(o, '}');
	free(values);
}

static void
answer(struct out *o)
{
	if (o->failed)
		fail("no memory");
	printf("%.*s\n", (int)o->len, o->buf);
	fflush(stdout);
	out_fini(o);
}

static void
figures(void)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	scope_figures(&o, SCOPE_QUEUE, "queues");
	scope_figures(&o, SCOPE_CHANNEL, "channels");
	scope_figures(&o, SCOPE_SITE, "site");
	scope_figures(&o, SCOPE_AGENT, "agents");
	scope_figures(&o, SCOPE_FEED, "feeds");
	json_close(&o, '}');
	answer(&o);
}

static void
told(void)
{
	printf("%.*s]\n", (int)breaches.len, breaches.buf);
	fflush(stdout);
}

static void
history(void)
{
	json_close(&closed, ']');
	answer(&closed);
	json_open(&closed, '[');
}

static void
put_waiting(struct out *o, uint32_t queue)
{
	struct waiting w;
	uintptr_t cursor = 0;

	json_open(o, '[');
	while (engine_waiting(engine, queue, &cursor, &w)) {
		json_open(o, '[');
		json_text(o, w.visit);
		json_int(o, w.due == MSEC_NEVER ? -1 : w.due);
		json_close(o, ']');
	}
	json_close(o, ']');
}

static void
waiting(void)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	for (uint32_t i = 0; i < engine_count(engine, SCOPE_QUEUE); i++) {
		struct object object = { SCOPE_QUEUE, i };
		char key[NAME_BYTES];

		if (!engine_exists(engine, object))
			continue;
		snprintf(key, sizeof(key), "%.*s", STR_ARG(engine_name(engine, object)));
		json_key(&o, key);
		put_waiting(&o, i);
	}
	json_close(&o, '}');
	answer(&o);
}

static void
limits(void)
{
	struct engine_limits l;

	engine_limits(engine, &l);
	printf("{\"queues\":%" PRIu64 ",\"agents\":%" PRIu64 ",\"contacts\":%" PRIu64
	       ",\"sources\":%" PRIu64 "}\n",
	    l.queues, l.agents, l.contacts, l.sources);
	fflush(stdout);
}

static void
tick(const char *now)
{
	engine_tick(engine, atoll(now));
	take_edges();
}

static void
start(void)
{
	engine = check(engine_new(&site));
	native = dialect_find("native");
	decoder = native->open(NULL);
	out_init(&breaches);
	out_init(&closed);
	json_open(&breaches, '[');
	json_open(&closed, '[');
}

static void
command(char *line)
{
	if (strncmp(line, "conf ", 5) == 0) {
		conf(line + 5);
		return;
	}
	if (engine == NULL)
		start();
	switch (line[0]) {
	case 'E':
		apply(line + 2);
		break;
	case 'T':
		tick(line + 2);
		break;
	case 'F':
		figures();
		break;
	case 'K':
		keep();
		break;
	case 'S':
		crash();
		break;
	case 'C':
		engine_check(engine);
		break;
	case 'W':
		limits();
		break;
	case 'B':
		told();
		break;
	case 'Q':
		waiting();
		break;
	case 'H':
		history();
		break;
	default:
		fail("not understood: %s", line);
	}
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	conf_start();
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		command(line);
	}
	free(line);
	return 0;
}
