/* SPDX-License-Identifier: MIT */
/*
 * loop.c: what the daemon does in a turn.
 *
 * Records come in by themselves (ingest) and are applied as they come, or in
 * order of time when collectors kept them while we were away.  Each turn the
 * engine is told the time; the alerts look at the figures; every
 * `flush` what changed is committed, and once that is done the collectors are
 * told and the board is published.  Nothing waits for anything: with Redis
 * away the engine and the pages go on, and the collectors keep what is not
 * committed.
 */
#include "loop.h"

#include <inttypes.h>

#include <ccmon/clock.h>
#include <ccmon/service.h>
#include <ccmon/zev.h>

#include "reload.h"

#define HOUSEKEEPING_MS 1000
#define LOOK_MS 200 /* the rules are looked at with each flush, but not more often */
#define NOTHING_MS 3600000 /* of a longer pause its first and last hour are looked at */
#define BEHIND_MS 1500 /* the first live one after what was handed over is as late */
#define SKEW_FRESH_MS 5000 /* what a collector said longer ago is not looked at */
#define WORK_MS 50 /* of a turn for records that stand for more than themselves */
#define JUMP_MS 2000 /* the wall clock against the monotonic one, in a turn */

void
loop_lost(void *arg, const char *why)
{
	(void)arg;
	log_error("state", "%s; ending: what is not committed is in the collectors' journals", why);
	service_quit(1);
}

void
loop_say_ready(struct daemon *d, const char *status)
{
	if (!d->ready)
		service_notify("READY=1");
	d->ready = true;
	service_notify(status);
}

/* ---- the engine and its clock ---- */

static void
take_edges(struct daemon *d)
{
	struct edge edge;

	while (engine_edge(d->engine, &edge))
		streams_edge(d->streams, d->engine, &edge);
}

/* Have all collectors said what they have? */
static bool
have_met(const struct daemon *d)
{
	return ingest_collectors(d->ingest) >= d->settings->ncollectors;
}

/* Who waits for an answer and who has it is not known before the collectors
 * had the time to come back: an alert that fires would end, to begin again. */
static bool
knows_enough(const struct daemon *d)
{
	return !d->loaded || have_met(d) || d->mono >= d->met_by;
}

/*
 * Until when the engine's clock may go by itself.  While a collector hands
 * over what it kept for us, time follows its records: told the wall's, the
 * engine would find every visit in that journal past its deadline before it
 * reads how it ended.  So after the start, too, until the collectors had time
 * to say what they have.  With clock = "events" it never goes by itself.
 */
static msec_t
clock_may_go_to(const struct daemon *d, msec_t wall)
{
	if (d->settings->site.clock == CLOCK_EVENTS)
		return engine_now(d->engine);
	if (ingest_catching_up(d->ingest, clock_mono()))
		return engine_now(d->engine);
	return wall;
}

/* Time by which an alert lasts: the wall's, or while a collector catches up,
 * and in replays, the engine's.  That of a clock that was ahead is none. */
static msec_t
alerts_time(const struct daemon *d, bool live, msec_t wall)
{
	msec_t now = engine_now(d->engine);

	if (d->settings->site.clock == CLOCK_EVENTS)
		return now;
	return live || now > wall ? wall : now;
}

msec_t
loop_alerts_time(const struct daemon *d, bool live)
{
	return alerts_time(d, live, d->wall);
}

/* What is handed over in a moment took its time when it happened: the alerts
 * look at each of its seconds, but for the middle of a long nothing.  Returns
 * whether there was any. */
static bool
live_through(struct daemon *d, msec_t now)
{
	msec_t from = engine_now(d->engine), next = (from / MSEC_PER_SEC + 1) * MSEC_PER_SEC;

	if (from < 0 || next >= now)
		return false;
	for (; next < now; next += MSEC_PER_SEC) {
		engine_tick(d->engine, next);
		take_edges(d);
		pager_turn(d->pager, next, false, d->mono);
		if (next - from > NOTHING_MS && now - next > NOTHING_MS)
			next = (now - NOTHING_MS) / MSEC_PER_SEC * MSEC_PER_SEC;
	}
	return true;
}

/* May another record be applied in this turn?  What they make must fit into a
 * commit, and the loop has others to serve. */
static bool
has_room(struct daemon *d, bool took_time)
{
	if (streams_full(d->streams)) {
		d->next_flush = clock_mono();
		return false;
	}
	if (!took_time)
		return true;
	clock_turn();
	if (d->work_until == 0)
		d->work_until = clock_mono() + WORK_MS;
	return clock_mono() < d->work_until;
}

/* By the events' clock only they have a time: what was refused moves nothing. */
static bool
take_its_time(struct daemon *d, const struct record *r, msec_t now, bool catching_up)
{
	if (d->settings->site.clock == CLOCK_EVENTS)
		return r->type == RECORD_EVENT && live_through(d, r->ev.time);
	return (catching_up || now - engine_now(d->engine) > BEHIND_MS) && live_through(d, now);
}

/* Who waits by what was handed over may be gone with the first live record: of
 * a collector that came too late for its records to be lived through, this is
 * the only moment to see it. */
static void
look_between(struct daemon *d, bool catching_up)
{
	if (d->handed_over && !catching_up && knows_enough(d) &&
	    d->settings->site.clock == CLOCK_WALL)
		pager_turn(d->pager, loop_alerts_time(d, false), false, d->mono);
	d->handed_over = catching_up;
}

bool
loop_record(void *arg, const struct record *r, bool catching_up)
{
	struct daemon *d = arg;
	msec_t now = clock_wall();
	bool took_time;

	if (catching_up && r->received < now)
		now = r->received;
	look_between(d, catching_up);
	took_time = take_its_time(d, r, now, catching_up);
	if (r->type == RECORD_EVENT)
		(void)engine_apply(d->engine, &r->ev, now); /* it counts what it refuses */
	else
		engine_reject(d->engine, &r->reject, now);
	take_edges(d);
	return has_room(d, took_time);
}

void
loop_committed(void *arg)
{
	struct daemon *d = arg;

	ingest_committed(d->ingest);
	pager_committed(d->pager);
	board_publish(d->board, store_owner(d->store), clock_mono());
}

/* With nothing to commit, all is. */
static void
commit(struct daemon *d)
{
	if (!store_is_running(d->store) || store_is_busy(d->store))
		return;
	ingest_commit_begins(d->ingest);
	pager_commit_begins(d->pager);
	if (store_commit(d->store) == 0)
		loop_committed(d);
}

/* ---- now and then ---- */

static void
housekeeping(struct daemon *d, msec_t mono)
{
	struct engine_limits l;
	uint64_t n;

	engine_limits(d->engine, &l);
	n = l.queues + l.agents + l.contacts + l.sources;
	if (n > d->turned_away)
		log_complain(&d->limits, mono, "limits",
		    "reached: queues=%" PRIu64 " agents=%" PRIu64 " contacts=%" PRIu64
		    " sources=%" PRIu64 " events so far; what is past queues and agents counts in "
		    "__other__, the rest is left out; raise them in limits",
		    l.queues, l.agents, l.contacts, l.sources);
	d->turned_away = n;
	if (streams_dropped(d->streams) > 0 && !store_is_running(d->store))
		log_complain(&d->dropped, mono, "streams",
		    "full while Redis is away: %" PRIu64 " oldest entries left out so far",
		    streams_dropped(d->streams));
	pager_watchdog(d->pager, d->wall);
	if (!d->ready && mono >= d->ready_by)
		loop_say_ready(d, "STATUS=waiting for Redis");
}

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/* ---- the alerts ---- */

static msec_t
largest_skew(struct daemon *d)
{
	struct collector_report r;
	msec_t skew = 0;

	for (size_t i = 0; ingest_report(d->ingest, i, &r); i++) {
		if (r.silent_ms > SKEW_FRESH_MS)
			continue;
		r.skew = r.skew < 0 ? -r.skew : r.skew;
		skew = r.skew > skew ? r.skew : skew;
	}
	return skew;
}

static void
watch_ourselves(struct daemon *d)
{
	bool by_wall = d->settings->site.clock == CLOCK_WALL; /* else all is late */
	const char *failing;
	struct facts facts = {
		.redis_good = store_is_running(d->store) && !store_is_busy(d->store),
		.loaded = d->loaded && by_wall,
		.wall = d->wall,
		.engine_now = engine_now(d->engine),
		.oldest_page = by_wall ? pager_oldest(d->pager) : -1,
		.skew = largest_skew(d),
		.refused = d->turned_away,
		.given_up = pager_given_up(d->pager, &failing),
	};
	int64_t value[MONITOR_COUNT];

	vitals_read(&d->vitals, &facts, d->mono, value);
	for (unsigned i = 0; i < MONITOR_COUNT; i++)
		pager_monitor(d->pager, i, value[i], i == MONITOR_HOOK_FAILED ? failing : NULL);
}

/* Somebody set the clock: all that lasts would end, or never.  Alerts that
 * follow a journal go on with its records, unless these are ahead of it now. */
static void
mind_the_clock(struct daemon *d, msec_t wall, msec_t mono)
{
	msec_t jump = (wall - d->wall) - (mono - d->mono);
	msec_t before = alerts_time(d, d->live || !d->loaded, wall - jump);
	msec_t after = alerts_time(d, d->live || !d->loaded, wall);

	if (d->wall > 0 && (jump > JUMP_MS || jump < -JUMP_MS) && after != before) {
		pager_tilt(d->pager, after - before, after);
		d->next_alerts = 0;
	}
	d->wall = wall;
	d->mono = mono;
}

/* Looks at the rules when it is time, or figures are to be written.  Returns
 * when to come again, by the wall.  Who stands by sees no figures and tells
 * nobody anything. */
static msec_t
mind_the_alerts(struct daemon *d, bool live, bool flush)
{
	msec_t now = d->loaded ? loop_alerts_time(d, live) : d->wall;

	pager_allow(d->pager, store_pages(d->store, d->mono));
	if (store_stands_by(d->store))
		return MSEC_NEVER;
	if (!knows_enough(d))
		return MSEC_NEVER;
	if ((flush && d->mono >= d->next_look) || now >= d->next_alerts) {
		watch_ourselves(d);
		d->next_look = d->mono + LOOK_MS;
		d->next_alerts = pager_turn(d->pager, now, live || !d->loaded, d->mono);
	}
	return live && d->settings->site.clock == CLOCK_WALL ? d->next_alerts : MSEC_NEVER;
}

/* ---- the loop ---- */

/* From the last that was handed over to now is a step of its own: a caller may
 * have waited all through it, and be gone with the first live record.  Only a
 * short one: through a long one nobody need have listened. */
static bool
is_a_step(const struct daemon *d, msec_t to)
{
	msec_t behind = to - engine_now(d->engine);

	return behind > BEHIND_MS && behind <= MEETING_MS && knows_enough(d);
}

/* The engine is told the time.  Returns whether it is that of the wall; then
 * *next is when it wants to be told again. */
static bool
tell_time(struct daemon *d, msec_t *next)
{
	msec_t to = clock_may_go_to(d, d->wall), due;

	if (is_a_step(d, to))
		(void)live_through(d, to);
	due = engine_tick(d->engine, to);
	take_edges(d);
	if (to == d->wall)
		*next = due;
	return to == d->wall || d->settings->site.clock == CLOCK_EVENTS;
}

/*
 * Does the engine go on?  Told the wall's time in a turn, it must have it.  At
 * other times it waits for somebody else, Redis or a collector, and to end
 * would help nobody; with clock = "events" it goes as they come.
 */
bool
loop_advances(void *arg)
{
	const struct daemon *d = arg;

	return !d->live || d->settings->site.clock == CLOCK_EVENTS ||
	       engine_now(d->engine) >= d->wall;
}

/* Before all that was told is known again, an order may be about an alert that
 * is not there yet.  It waits where it is. */
static bool
takes_orders(const struct daemon *d)
{
	return store_pages(d->store, d->mono) == PAGES_COMMITTED && knows_enough(d) &&
	       pager_is_ready(d->pager, d->mono) && !service_stopping();
}

static void reload_now(struct daemon *d);

msec_t
loop_turn(void *arg, msec_t wall)
{
	struct daemon *d = arg;
	msec_t mono = clock_mono(), next = MSEC_NEVER, waiting, due;
	bool live = false, flush = mono >= d->next_flush;

	mind_the_clock(d, wall, mono);
	if (d->reload_wanted)
		reload_now(d);
	ingest_hold(d->ingest, streams_full(d->streams));
	if (have_met(d) && pager_is_ready(d->pager, mono))
		ingest_all_met(d->ingest);
	waiting = ingest_turn(d->ingest, mono);
	if (d->loaded && !service_stopping())
		live = tell_time(d, &next);
	d->live = live;
	if (!service_stopping())
		next = earlier(next, mind_the_alerts(d, live, flush));
	if (flush || pager_wants_commit(d->pager)) {
		if (!service_stopping())
			commit(d);
		d->next_flush = mono + d->settings->daemon.flush;
	}
	if (mono >= d->next_housekeeping) {
		housekeeping(d, mono);
		d->next_housekeeping = mono + HOUSEKEEPING_MS;
	}
	due = earlier(earlier(d->next_flush, d->next_housekeeping), store_turn(d->store, mono));
	if (takes_orders(d))
		due = earlier(due, orders_turn(d->orders, mono));
	due = earlier(due, waiting);
	d->work_until = 0;
	return earlier(next, wall + (due - mono));
}

/* ---- another configuration ---- */

static void
use(struct daemon *d, struct settings *s, struct engine *engine)
{
	struct settings *old = d->settings;

	engine_free(d->engine);
	d->engine = engine;
	d->settings = s;
	pager_configure(d->pager, s);
	d->next_alerts = 0;
	settings_free(old);
	if (board_renew(d->board) != 0)
		loop_lost(d, "out of memory");
	log_info("reload", "done");
}

static void
reload_now(struct daemon *d)
{
	struct settings *s = reload_settings(d->settings);
	struct engine *engine;

	d->reload_wanted = false;
	if (s == NULL)
		return;
	service_notify("RELOADING=1");
	engine = reload_engine(d->engine, &s->site);
	if (engine != NULL)
		use(d, s, engine);
	else
		settings_free(s);
	store_rewrite(d->store); /* it was given away, to whom ever */
	service_notify("READY=1");
}

/* Not in the middle of a signal's turn, nor before there is anything. */
void
loop_reload(void *arg)
{
	struct daemon *d = arg;

	ingest_reload(d->ingest);
	if (d->loaded)
		d->reload_wanted = true;
	else
		log_warn("reload", "not before the state is loaded: only the keys were read");
	service_wake();
}

void
loop_dump(void *arg)
{
	struct daemon *d = arg;

	log_info("dump",
	    "queues=%zu agents=%zu feeds=%zu collectors=%zu memory=%zu "
	    "entries=%zu redis=%s commit=%s%s",
	    engine_count(d->engine, SCOPE_QUEUE), engine_count(d->engine, SCOPE_AGENT),
	    engine_count(d->engine, SCOPE_FEED), ingest_collectors(d->ingest),
	    engine_memory(d->engine), streams_pending(d->streams),
	    rlink_is_up(d->redis) ? "up" : "down", store_is_busy(d->store) ? "outstanding" : "none",
	    store_stands_by(d->store) ? " standing by" : "");
}

void
loop_stop(void *arg)
{
	struct daemon *d = arg;

	ingest_stop(d->ingest);
	board_set_state(d->board, BOARD_STOPPING);
}

/* One commit of all there is, then goodbye, and the site is free for another;
 * each once the one before is done. */
bool
loop_drained(void *arg)
{
	struct daemon *d = arg;

	if (!rlink_is_up(d->redis) || !store_is_running(d->store))
		return true;
	if (store_is_busy(d->store) || board_is_busy(d->board))
		return false;
	if (!d->last_commit) {
		d->last_commit = true;
		commit(d);
		return false;
	}
	if (!d->said_goodbye) {
		d->said_goodbye = true;
		board_announce(d->board, store_owner(d->store));
		return false;
	}
	if (!d->gave_up) {
		d->gave_up = true;
		store_release(d->store);
		ingest_farewell(d->ingest);
	}
	return store_is_released(d->store);
}
