/* SPDX-License-Identifier: MIT */
/*
 * live.c: what is on the board now: queues, agents, feeds.
 *
 * It reads Redis as any wall-board does and asks the daemon nothing.  Figures
 * can be old when the daemon is gone, so each verb says how old they are
 * before it shows them as true.
 */
#include "ctl.h"

#include <ccmon/clock.h>

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

static struct str
object_field(void *arg, const char *field)
{
	const struct board_object *o = arg;

	return strcmp(field, "name") == 0 ? o->name : hash_field(o->hash, field);
}

static void
add_row(void *arg, const struct board_object *o)
{
	table_row(arg, object_field, (void *)o);
}

static void
add_json(void *arg, const struct board_object *o)
{
	json_name(arg, o->name);
	hash_json(arg, o->hash);
}

static bool
list_table(struct ctl *c, const struct listing *k)
{
	struct table t;
	bool good;

	table_begin(&t, k->view, k->ncols, c->settings->site.windows[0].name, clock_wall());
	good = each_object(c, k->set, k->hash, add_row, &t);
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
	good = each_object(c, k->set, k->hash, add_json, &o);
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
		daemon_warn(&d);
	good = good && (c->json ? list_json(c, k, &d) : list_table(c, k));
	reply_free(d.meta);
	return good ? EXIT_FINE : ctl_unreachable(c);
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
