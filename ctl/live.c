/* SPDX-License-Identifier: MIT */
/*
 * live.c: what is on the board now: status, queues, agents, feeds.
 *
 * It reads Redis as any wall-board does and asks the daemon nothing.  Figures
 * can be old when the daemon is gone, so each verb says how old they are
 * before it shows them as true.
 */
#include "ctl.h"

#include <inttypes.h>
#include <stdlib.h>

#include <ccmon/clock.h>

#define WORST_MAX 5 /* queues named by status */

static const struct view queue_view[] = {
	{ "QUEUE", "name", false, CELL_TEXT },
	{ "TYPE", "channel", false, CELL_TEXT },
	{ "STATUS", "status", false, CELL_STATUS },
	{ "WAIT", "waiting_count", false, CELL_NUMBER },
	{ "OLDEST", "oldest_wait_seconds", false, CELL_SECONDS },
	{ "BUSY", "in_progress_count", false, CELL_NUMBER },
	{ "FREE", "agents_available_count", false, CELL_NUMBER },
	{ "SL", "sl_ratio", true, CELL_NUMBER },
	{ "OFFR", "offered_count", true, CELL_NUMBER },
	{ "ANSW", "answered_count", true, CELL_NUMBER },
	{ "ABND", "abandoned_count", true, CELL_NUMBER },
	{ "ASA", "asa_seconds", true, CELL_SECONDS },
};

static const struct view agent_view[] = {
	{ "AGENT", "name", false, CELL_TEXT },
	{ "STATE", "state", false, CELL_TEXT },
	{ "REASON", "state_reason", false, CELL_TEXT },
	{ "FOR", "state_since_epoch_ms", false, CELL_AGO },
	{ "NOW", "contacts_now_count", false, CELL_NUMBER },
	{ "HANDLED", "handled_count", true, CELL_NUMBER },
	{ "MISSED", "missed_count", true, CELL_NUMBER },
	{ "AHT", "aht_seconds", true, CELL_SECONDS },
	{ "OCCUP", "occupancy_ratio", true, CELL_NUMBER },
};

static const struct view feed_view[] = {
	{ "FEED", "name", false, CELL_TEXT },
	{ "STATUS", "status", false, CELL_STATUS },
	{ "LAST EVENT", "last_event_epoch_ms", false, CELL_AGO },
	{ "EVENTS", "events_total", false, CELL_NUMBER },
	{ "LOST", "lost_total", false, CELL_NUMBER },
	{ "DUPL", "duplicate_total", false, CELL_NUMBER },
	{ "REFUSED", "rejected_total", false, CELL_NUMBER },
	{ "INCONS", "inconsistent_total", false, CELL_NUMBER },
};

/* A kind of objects on the board. */
struct listing {
	const char *set, *hash; /* keys */
	const struct view *view;
	size_t ncols;
};
static const struct listing queues = { "queues", "queue", queue_view, COUNTOF(queue_view) };
static const struct listing agents = { "agents", "agent", agent_view, COUNTOF(agent_view) };
static const struct listing feeds = { "feeds", "feed", feed_view, COUNTOF(feed_view) };

/* One object on its way into a table. */
struct object {
	struct str name;
	const struct reply *hash;
};

static struct str
object_field(void *arg, const char *field)
{
	const struct object *o = arg;

	return strcmp(field, "name") == 0 ? o->name : hash_field(o->hash, field);
}

/* ---- the daemon itself */

/* The time of its last publication, told by how long that has still to live:
 * no two clocks are compared, and with clock = "events" there is no other way.
 * Once it has expired, the engine's clock as it stood then is all there is. */
static bool
read_age(struct ctl *c, struct daemon *d)
{
	struct reply *left = ctl_key(c, "PTTL", "snapshot", STR_NONE);
	bool good = left != NULL;

	if (good && left->type == REPLY_INT && left->integer > 0)
		d->age = BOARD_TTL_MS - left->integer;
	else
		d->age = clock_wall() - hash_int(d->meta, "updated_epoch_ms", 0);
	reply_free(left);
	return good;
}

bool
daemon_read(struct ctl *c, struct daemon *d)
{
	if ((d->meta = ctl_hash(c, "meta", STR_NONE)) == NULL || !read_age(c, d))
		return false;
	d->state = hash_field(d->meta, "state");
	d->stale = d->state.n == 0 || d->age > STALE_MS;
	return true;
}

void
daemon_text(char *buf, size_t len, const struct daemon *d)
{
	char age[HUMAN_MAX];

	human_length(age, (double)d->age / MSEC_PER_SEC);
	if (d->state.n == 0)
		snprintf(buf, len, "none ever wrote here: is ccmond running?");
	else if (d->stale)
		snprintf(buf, len, "silent for %s: figures are that old", age);
	else
		snprintf(buf, len, "%.*s, last seen %s ago", STR_ARG(d->state), age);
}

/* Old figures must not pass for new ones. */
static void
warn_stale(const struct daemon *d)
{
	char text[128];

	if (!d->stale)
		return;
	daemon_text(text, sizeof(text), d);
	fprintf(stderr, "ccmonctl: daemon: %s\n", text);
}

/* ---- queues, agents, feeds */

static int
unreachable(const struct ctl *c)
{
	fprintf(stderr, "ccmonctl: Redis at %s: %s\n", ctl_redis_where(c), c->why);
	return EXIT_UNREACHABLE;
}

/* Calls fn for every object of a kind; false when Redis failed. */
static bool
each_object(struct ctl *c, const struct listing *k, void (*fn)(void *, struct object *), void *arg)
{
	struct reply *names = ctl_set(c, k->set), *hash;
	struct object o;
	bool good = names != NULL;

	for (size_t i = 0; good && i < names->n; i++) {
		o.name = names->item[i].text;
		if ((hash = ctl_hash(c, k->hash, o.name)) == NULL)
			good = false;
		else if (hash->n > 0) { /* else it was forgotten meanwhile */
			o.hash = hash;
			fn(arg, &o);
		}
		reply_free(hash);
	}
	reply_free(names);
	return good;
}

static void
add_row(void *arg, struct object *o)
{
	table_row(arg, object_field, o);
}

static void
add_json(void *arg, struct object *o)
{
	char name[NAME_MAX_BYTES + 1];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(o->name));
	json_key(arg, name);
	hash_json(arg, o->hash);
}

static bool
list_table(struct ctl *c, const struct listing *k)
{
	struct table t;
	bool good;

	table_begin(&t, k->view, k->ncols, c->settings->site.windows[0].name, clock_wall());
	good = each_object(c, k, add_row, &t);
	if (good)
		table_end(&t);
	else
		out_fini(&t.cells);
	return good;
}

static bool
list_json(struct ctl *c, const struct listing *k, const struct daemon *d)
{
	struct out o;
	bool good;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "stale");
	json_bool(&o, d->stale);
	json_key(&o, k->set);
	json_open(&o, '{');
	good = each_object(c, k, add_json, &o);
	json_close(&o, '}');
	json_close(&o, '}');
	if (good)
		print_json(&o);
	else
		out_fini(&o);
	return good;
}

static int
list(struct ctl *c, const struct listing *k)
{
	struct daemon d = { 0 };
	bool good = daemon_read(c, &d);

	if (good)
		warn_stale(&d);
	good = good && (c->json ? list_json(c, k, &d) : list_table(c, k));
	reply_free(d.meta);
	return good ? EXIT_FINE : unreachable(c);
}

int
verb_queues(struct ctl *c, char **args)
{
	(void)args;
	return list(c, &queues);
}

int
verb_agents(struct ctl *c, char **args)
{
	(void)args;
	return list(c, &agents);
}

int
verb_feeds(struct ctl *c, char **args)
{
	(void)args;
	return list(c, &feeds);
}

/* ---- status */

/* From fine to bad; unknown stands between warn and crit. */
static int
badness(struct str status)
{
	static const struct {
		struct str word;
		int rank;
	} rows[] = {
		{ STR_LIT("ok"), 0 },
		{ STR_LIT("closed"), 0 },
		{ STR_LIT("warn"), 1 },
		{ STR_LIT("gap"), 1 },
		{ STR_LIT("unknown"), 2 },
		{ STR_LIT("silent"), 2 },
		{ STR_LIT("crit"), 3 },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (str_eq(rows[i].word, status))
			return rows[i].rank;
	return 2;
}

struct bad {
	int rank;
	char *text;
};

/* What is counted while walking over queues, then over feeds. */
struct tally {
	const char *what; /* "queue", "feed" */
	size_t n, nbad;
	struct bad worst[WORST_MAX];
};

static void
tally_fini(struct tally *t)
{
	for (size_t i = 0; i < WORST_MAX; i++)
		free(t->worst[i].text);
}

/* Keeps the worst few, the worst first. */
static void
tally_add(void *arg, struct object *o)
{
	struct tally *t = arg;
	struct str status = hash_field(o->hash, "status");
	struct str reason = hash_field(o->hash, "status_reason");
	int rank = badness(status);
	size_t at = WORST_MAX;
	struct out text;

	t->n++;
	t->nbad += rank > 0;
	while (at > 0 && t->worst[at - 1].rank < rank)
		at--;
	if (rank == 0 || at == WORST_MAX)
		return;
	out_init(&text);
	out_printf(&text, "%.*s %s ", STR_ARG(status), t->what);
	out_escaped(&text, o->name);
	out_str(&text, reason.n > 0 ? ": " : "");
	out_escaped(&text, reason);
	out_bytes(&text, "", 1);
	free(t->worst[WORST_MAX - 1].text);
	memmove(&t->worst[at + 1], &t->worst[at], (WORST_MAX - 1 - at) * sizeof(t->worst[0]));
	t->worst[at] = (struct bad){ rank, text.failed ? NULL : strdup(text.buf) };
	out_fini(&text);
}

static void
status_tally(const struct tally *t)
{
	printf("%-8s %zu, %s\n", t->what[0] == 'q' ? "queues" : "feeds", t->n,
	    t->nbad == 0 ? "all fine" : "not fine:");
	for (size_t i = 0; i < WORST_MAX && t->worst[i].text != NULL; i++)
		printf("  %s\n", t->worst[i].text);
	if (t->nbad > WORST_MAX)
		printf("  and %zu more: ccmonctl %ss\n", t->nbad - WORST_MAX, t->what);
}

static void
status_text(const struct ctl *c, const struct daemon *d, const struct reply *site,
    const struct tally *q, const struct tally *f)
{
	static const struct str yes = STR_LIT("1");
	struct str waiting = hash_field(site, "waiting_count");
	char text[128], age[HUMAN_MAX];

	daemon_text(text, sizeof(text), d);
	printf("%-8s %s%s\n", "site", c->settings->site.name,
	    str_eq(hash_field(d->meta, "demo"), yes) ? " (DEMO DATA)" : "");
	printf("%-8s %s\n", "daemon", text);
	human_length(age, number_of(hash_field(site, "oldest_wait_seconds")));
	if (waiting.n > 0)
		printf("%-8s %.*s, the oldest for %s\n", "waiting", STR_ARG(waiting), age);
	status_tally(f);
	status_tally(q);
}

static void
status_json_tally(struct out *o, const char *key, const struct tally *t)
{
	json_key(o, key);
	json_open(o, '{');
	json_key(o, "count");
	json_int(o, (int64_t)t->n);
	json_key(o, "not_fine_count");
	json_int(o, (int64_t)t->nbad);
	json_key(o, "worst");
	json_open(o, '[');
	for (size_t i = 0; i < WORST_MAX && t->worst[i].text != NULL; i++)
		json_text(o, (struct str){ t->worst[i].text, (uint32_t)strlen(t->worst[i].text) });
	json_close(o, ']');
	json_close(o, '}');
}

static void
status_json(const struct ctl *c, const struct daemon *d, const struct reply *site,
    const struct tally *q, const struct tally *f, bool fine)
{
	const char *name = c->settings->site.name;
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "site_name");
	json_text(&o, (struct str){ name, (uint32_t)strlen(name) });
	json_key(&o, "fine");
	json_bool(&o, fine);
	json_key(&o, "stale");
	json_bool(&o, d->stale);
	json_key(&o, "daemon");
	hash_json(&o, d->meta);
	json_key(&o, "site");
	hash_json(&o, site);
	status_json_tally(&o, "feeds", f);
	status_json_tally(&o, "queues", q);
	json_close(&o, '}');
	print_json(&o);
}

int
verb_status(struct ctl *c, char **args)
{
	static const struct str running = STR_LIT("running");
	struct tally q = { .what = "queue" }, f = { .what = "feed" };
	struct reply *site = NULL;
	struct daemon d = { 0 };
	bool good, fine;

	(void)args;
	good = daemon_read(c, &d) && (site = ctl_hash(c, "site", STR_NONE)) != NULL &&
	       each_object(c, &queues, tally_add, &q) && each_object(c, &feeds, tally_add, &f);
	fine = good && !d.stale && str_eq(d.state, running) && q.nbad == 0 && f.nbad == 0;
	if (good && c->json)
		status_json(c, &d, site, &q, &f, fine);
	else if (good)
		status_text(c, &d, site, &q, &f);
	tally_fini(&q);
	tally_fini(&f);
	reply_free(site);
	reply_free(d.meta);
	if (!good)
		return unreachable(c);
	return fine ? EXIT_FINE : EXIT_NOT_FINE;
}
