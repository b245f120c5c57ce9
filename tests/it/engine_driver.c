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
 *	B			the breaches so far by kind, as JSON
 *
 * A line it does not understand ends it with a message and exit code 2.
 */
#include <ccmon/dialect.h>
#include <ccmon/out.h>
#include <ccmon/site.h>
#include <daemon/engine/engine.h>

#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 32
#define NAME_BYTES 128

struct field { /* of the kept state */
	uint32_t nkey, nvalue;
	char *key, *value;
};

static struct site site;
static struct engine *engine;
static void *decoder;
static const struct dialect *native;
static void *kept; /* tree of struct field, by key */
static uint64_t breaches[3];
static const char *const breach_kinds[] = { "late", "abandoned", "stuck" };

static void __attribute__((noreturn)) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static void *
check(void *p)
{
	if (p == NULL)
		fail("no memory");
	return p;
}

/* ---- the site, from conf lines */

static enum channel
channel_of(const char *word)
{
	int c = word_find(WORDS_CHANNEL, (struct str){ word, (uint32_t)strlen(word) });

	if (c < 0)
		fail("no channel %s", word);
	return (enum channel)c;
}

static uint16_t
zone_of(const char *name)
{
	for (size_t i = 0; i < site.nzones; i++)
		if (strcmp(site.zones[i].name, name) == 0)
			return (uint16_t)i;
	site.zones = check(realloc(site.zones, (site.nzones + 1) * sizeof(*site.zones)));
	if (zone_load(&site.zones[site.nzones], name) != 0)
		fail("no zone %s", name);
	return (uint16_t)site.nzones++;
}

/* threshold=20000 and the like; false: not of a policy. */
static bool
policy_word(struct policy *p, const char *key, const char *value)
{
	if (strcmp(key, "threshold") == 0)
		p->threshold = atoll(value);
	else if (strcmp(key, "target") == 0)
		p->target = (int32_t)atoll(value);
	else if (strcmp(key, "short_abandon") == 0)
		p->short_abandon = atoll(value);
	else if (strcmp(key, "risk") == 0)
		p->risk = (int32_t)atoll(value);
	else if (strcmp(key, "max_wait") == 0)
		p->max_wait = atoll(value);
	else if (strcmp(key, "max_handle") == 0)
		p->max_handle = atoll(value);
	else if (strcmp(key, "sl_formula") == 0)
		p->formula = (uint8_t)sl_formula_find(value);
	else
		return false;
	return true;
}

static void
queue_word(struct queue_def *q, const char *key, const char *value)
{
	if (policy_word(&q->policy, key, value))
		return;
	if (strcmp(key, "zone") == 0) {
		q->zone = zone_of(value);
	} else if (strcmp(key, "calendar") == 0) {
		q->calendar = check(strdup(value));
	} else if (strcmp(key, "match") == 0) {
		q->match = check(realloc(q->match, (q->nmatch + 1) * sizeof(char *)));
		q->match[q->nmatch++] = check(strdup(value));
	} else {
		fail("no setting %s of a queue", key);
	}
}

/* Splits key=value in place. */
static char *
value_of(char *word)
{
	char *eq = strchr(word, '=');

	if (eq == NULL)
		fail("%s is no key=value", word);
	*eq = '\0';
	return eq + 1;
}

static void
conf_queue(char **w, size_t n)
{
	struct queue_def *q;

	site.queues = check(realloc(site.queues, (site.nqueues + 1) * sizeof(*q)));
	q = &site.queues[site.nqueues++];
	memset(q, 0, sizeof(*q));
	q->name = check(strdup(w[0]));
	q->channel = channel_of(w[1]);
	q->policy = site.defaults[q->channel];
	for (size_t i = 2; i < n; i++) {
		char *value = value_of(w[i]);

		queue_word(q, w[i], value);
	}
}

static void
conf_default(char **w, size_t n)
{
	struct policy *p = &site.defaults[channel_of(w[0])];

	for (size_t i = 1; i < n; i++) {
		char *value = value_of(w[i]);

		if (!policy_word(p, w[i], value))
			fail("no setting %s", w[i]);
	}
}

static void
conf_calendar(char **w, size_t n)
{
	struct calendars *all = &site.calendars;
	struct calendar *c;

	(void)n;
	all->calendar = check(realloc(all->calendar, (all->n + 1) * sizeof(*c)));
	c = &all->calendar[all->n++];
	*c = (struct calendar){ .name = check(strdup(w[0])), .zone = zone_of(w[1]) };
	all->zones = site.zones;
}

/* Its words from the second on, as calendar.h reads them. */
static void
calendar_words(
    char **w, size_t n, int (*add)(struct calendar *, const char *text, char *why, size_t len))
{
	char text[NAME_BYTES] = "", why[NAME_BYTES];

	for (size_t i = 1; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", w[i]);
	for (size_t i = 0; i < site.calendars.n; i++)
		if (strcmp(site.calendars.calendar[i].name, w[0]) == 0) {
			if (add(&site.calendars.calendar[i], text, why, sizeof(why)) != 0)
				fail("%s", why);
			return;
		}
	fail("no calendar %s", w[0]);
}

static void
conf_open(char **w, size_t n)
{
	calendar_words(w, n, calendar_add_open);
}

static void
conf_exception(char **w, size_t n)
{
	calendar_words(w, n, calendar_add_exception);
}

static void
conf_feed(char **w, size_t n)
{
	struct feed_def *f;

	(void)n;
	site.feeds = check(realloc(site.feeds, (site.nfeeds + 1) * sizeof(*f)));
	f = &site.feeds[site.nfeeds++];
	f->name = check(strdup(w[0]));
	f->silent_after = atoll(w[1]);
}

static void
conf_zone(char **w, size_t n)
{
	(void)n;
	zone_fini(&site.zones[0]);
	if (zone_load(&site.zones[0], w[0]) != 0)
		fail("no zone %s", w[0]);
}

static void
conf_windows(char **w, size_t n)
{
	site.nwindows = 0;
	for (size_t i = 0; i < n; i++)
		if (site_add_window(&site, w[i]) != 0)
			fail("no window %s", w[i]);
}

static void
conf_clock(char **w, size_t n)
{
	(void)n;
	site.clock = strcmp(w[0], "events") == 0 ? CLOCK_EVENTS : CLOCK_WALL;
}

static void
conf_day_start(char **w, size_t n)
{
	(void)n;
	site.day_start = (int32_t)atoll(w[0]);
}

static void
conf_silent_after(char **w, size_t n)
{
	(void)n;
	site.silent_after = atoll(w[0]);
}

static const struct {
	const char *word;
	size_t least; /* words after it */
	void (*fn)(char **, size_t);
} conf_rows[] = {
	{ "zone", 1, conf_zone }, /* NAME, before queues */
	{ "day_start", 1, conf_day_start }, /* seconds */
	{ "clock", 1, conf_clock }, /* wall, events */
	{ "windows", 1, conf_windows }, /* NAME... */
	{ "silent_after", 1, conf_silent_after }, /* ms */
	{ "default", 1, conf_default }, /* CHANNEL key=value... */
	{ "calendar", 2, conf_calendar }, /* NAME ZONE */
	{ "open", 3, conf_open }, /* NAME DAYS HOURS */
	{ "exception", 2, conf_exception }, /* NAME DATE HOURS */
	{ "queue", 2, conf_queue }, /* NAME CHANNEL key=value... */
	{ "feed", 2, conf_feed }, /* NAME ms */
};

static void
conf(char *line)
{
	char *w[WORDS_MAX], *save = NULL;
	size_t n = 0;

	for (char *p = strtok_r(line, " ", &save); p != NULL && n < WORDS_MAX;
	     p = strtok_r(NULL, " ", &save))
		w[n++] = p;
	for (size_t i = 0; n > 0 && i < COUNTOF(conf_rows); i++)
		if (strcmp(conf_rows[i].word, w[0]) == 0 && n > conf_rows[i].least) {
			conf_rows[i].fn(w + 1, n - 1);
			return;
		}
	fail("conf: not understood");
}

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
take_edges(void)
{
	struct edge edge;

	while (engine_edge(engine, &edge)) {
		if (edge.type != EDGE_BREACH)
			continue;
		for (size_t i = 0; i < COUNTOF(breach_kinds); i++)
			if (strcmp(edge.kind, breach_kinds[i]) == 0)
				breaches[i]++;
	}
}

static void
apply(char *args)
{
	struct dialect_result r;
	char *json;
	msec_t now = strtoll(args, &json, 10);

	json++;
	native->decode(decoder, json, strlen(json), &r);
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
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	for (size_t i = 0; i < COUNTOF(breach_kinds); i++) {
		json_key(&o, breach_kinds[i]);
		json_int(&o, (int64_t)breaches[i]);
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
	default:
		fail("not understood: %s", line);
	}
}

int
main(void)
{
	static char name[] = "test";
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	site_defaults(&site);
	site.name = name;
	site.zones = NULL; /* those of site_defaults are not ours to change */
	site.nzones = 0;
	(void)zone_of("UTC");
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		command(line);
	}
	free(line);
	return 0;
}
