/* SPDX-License-Identifier: MIT */
/*
 * main.c: ccmond, wired and run.
 *
 * The loop, on one page: records come in by themselves (ingest) and are
 * applied as they come; each turn the engine is told the time; every `flush`
 * what changed is committed, and once that is done the collectors are told
 * and the board is published.  Nothing waits for anything: with Redis away
 * the engine goes on, and the collectors keep what is not committed.
 */
#include "daemon.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>
#include <ccmon/settings.h>
#include <ccmon/zev.h>

#define GREETING_MS 2000 /* collectors say HELLO every second */
#define READY_MS 5000 /* without Redis we are ready all the same: events are taken */
#define DRAIN_MS 5000
#define HOUSEKEEPING_MS 1000

struct daemon {
	struct settings *settings;
	char prefix[PREFIX_MAX];
	char *password;
	struct engine *engine;
	struct streams *streams;
	struct rlink *redis;
	struct store *store;
	struct board *board;
	struct ingest *ingest;
	bool loaded; /* the engine holds all there is to know */
	bool ready; /* systemd was told */
	bool last_commit, said_goodbye; /* while stopping */
	msec_t ready_by, greeted_by, next_flush, next_housekeeping; /* monotonic */
	uint64_t turned_away;
	struct log_complaint limits, dropped;
};

/* ---- the engine and its clock ---- */

static void
take_edges(struct daemon *d)
{
	struct edge edge;

	while (engine_edge(d->engine, &edge))
		streams_edge(d->streams, d->engine, &edge);
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
	bool all_met = ingest_collectors(d->ingest) >= d->settings->ncollectors;

	if (d->settings->site.clock == CLOCK_EVENTS)
		return engine_now(d->engine);
	if (!all_met && clock_mono() < d->greeted_by)
		return engine_now(d->engine);
	if (ingest_catching_up(d->ingest, clock_mono()))
		return engine_now(d->engine);
	return wall;
}

static void
on_record(void *arg, const struct record *r, bool catching_up)
{
	struct daemon *d = arg;
	msec_t now = clock_wall();

	if (catching_up && r->received < now)
		now = r->received;
	if (r->type == RECORD_EVENT)
		(void)engine_apply(d->engine, &r->ev, now); /* it counts what it refuses */
	else
		engine_reject(d->engine, &r->reject, now);
	take_edges(d);
}

static bool
on_position(void *arg, struct str name, struct journal_mark *mark)
{
	struct daemon *d = arg;

	return engine_mark(d->engine, name, mark);
}

static void
on_applied(void *arg, struct str name, const struct journal_mark *mark)
{
	struct daemon *d = arg;

	engine_set_mark(d->engine, name, mark);
	if (streams_full(d->streams)) {
		ingest_hold(d->ingest, true);
		d->next_flush = clock_mono();
	}
}

/* ---- Redis ---- */

static void
on_up(void *arg)
{
	struct daemon *d = arg;

	log_info("redis", "connected");
	store_up(d->store);
}

static void
on_down(void *arg, const char *why)
{
	struct daemon *d = arg;

	log_warn("redis", "gone: %s; counting on, and connecting again", why);
	store_down(d->store);
}

static void
on_acquired(void *arg, int64_t version)
{
	struct daemon *d = arg;

	board_forget(d->board); /* what was lost of the state was lost of the board */
	if (d->loaded)
		return;
	/* versions grow even when Redis lost the last one: it is always less
	 * than the wall clock's ms, as there are but a few in a second */
	board_set_version(d->board, version > clock_wall() ? version : clock_wall());
	board_announce(d->board, store_owner(d->store));
}

static void
on_lost(void *arg, const char *why)
{
	(void)arg;
	log_error("state", "%s; ending: what is not committed is in the collectors' journals", why);
	service_quit(1);
}

static void
renew(void *arg)
{
	struct daemon *d = arg;
	struct engine *engine = engine_new(&d->settings->site);

	if (engine == NULL) {
		on_lost(d, "out of memory");
		return;
	}
	engine_free(d->engine);
	d->engine = engine;
	if (board_renew(d->board) != 0)
		on_lost(d, "out of memory");
}

static void
say_ready(struct daemon *d, const char *status)
{
	if (!d->ready)
		service_notify("READY=1");
	d->ready = true;
	service_notify(status);
}

static void
on_loaded(void *arg)
{
	struct daemon *d = arg;

	d->loaded = true;
	d->greeted_by = clock_mono() + GREETING_MS;
	board_set_state(d->board, BOARD_RUNNING);
	ingest_ready(d->ingest);
	say_ready(d, "STATUS=running");
	log_info("ccmond", "running");
}

static void
on_committed(void *arg)
{
	struct daemon *d = arg;

	ingest_committed(d->ingest);
	board_publish(d->board, store_owner(d->store), clock_mono());
}

static void
on_refused(void *arg)
{
	struct daemon *d = arg;

	store_recheck(d->store);
}

static bool
on_collector(void *arg, size_t i, struct collector_report *r)
{
	struct daemon *d = arg;

	return ingest_report(d->ingest, i, r);
}

/* With nothing to commit, all is. */
static void
commit(struct daemon *d)
{
	if (!store_is_running(d->store) || store_is_busy(d->store))
		return;
	ingest_commit_begins(d->ingest);
	if (store_commit(d->store) == 0)
		on_committed(d);
}

/* ---- the loop ---- */

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
		    " sources=%" PRIu64 " events left out so far; raise them in limits",
		    l.queues, l.agents, l.contacts, l.sources);
	d->turned_away = n;
	if (streams_dropped(d->streams) > 0 && !store_is_running(d->store))
		log_complain(&d->dropped, mono, "streams",
		    "full while Redis is away: %" PRIu64 " oldest entries left out so far",
		    streams_dropped(d->streams));
	if (!d->ready && mono >= d->ready_by)
		say_ready(d, "STATUS=waiting for Redis");
}

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

static msec_t
turn(void *arg, msec_t wall)
{
	struct daemon *d = arg;
	msec_t mono = clock_mono(), to, next = MSEC_NEVER, due;

	if (d->loaded && !service_stopping()) {
		to = clock_may_go_to(d, wall);
		due = engine_tick(d->engine, to);
		take_edges(d);
		if (to == wall)
			next = due;
	}
	ingest_hold(d->ingest, streams_full(d->streams));
	if (mono >= d->next_flush) {
		if (!service_stopping())
			commit(d);
		d->next_flush = mono + d->settings->daemon.flush;
	}
	if (mono >= d->next_housekeeping) {
		housekeeping(d, mono);
		d->next_housekeeping = mono + HOUSEKEEPING_MS;
	}
	due = earlier(earlier(d->next_flush, d->next_housekeeping), store_turn(d->store, mono));
	return earlier(next, wall + (due - mono));
}

static void
reload(void *arg)
{
	(void)arg;
	log_warn("reload", "this version re-reads nothing: restart ccmond to use a changed "
	                   "configuration; its state is kept");
}

static void
dump(void *arg)
{
	struct daemon *d = arg;

	log_info("dump",
	    "queues=%zu agents=%zu feeds=%zu collectors=%zu memory=%zu "
	    "entries=%zu redis=%s commit=%s",
	    engine_count(d->engine, SCOPE_QUEUE), engine_count(d->engine, SCOPE_AGENT),
	    engine_count(d->engine, SCOPE_FEED), ingest_collectors(d->ingest),
	    engine_memory(d->engine), streams_pending(d->streams),
	    rlink_is_up(d->redis) ? "up" : "down",
	    store_is_busy(d->store) ? "outstanding" : "none");
}

static void
stop(void *arg)
{
	struct daemon *d = arg;

	ingest_stop(d->ingest);
	board_set_state(d->board, BOARD_STOPPING);
}

/* One commit of all there is, then goodbye; each once the one before is done. */
static bool
drained(void *arg)
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
	return true;
}

/* ---- beginning and end ---- */

static int
connect_redis(struct daemon *d)
{
	const struct redis_settings *r = &d->settings->redis;
	const char *why = NULL;
	struct rlink_options o = {
		.unix_path = r->unix_path,
		.host = r->host,
		.port = r->port,
		.username = r->username,
		.client_name = "ccmond",
		.on_up = on_up,
		.on_down = on_down,
		.arg = d,
	};

	if (r->password_file != NULL) {
		d->password = settings_redis_password(r, &why);
		if (d->password == NULL) {
			log_error("redis", "cannot use %s: %s", r->password_file, why);
			return -1;
		}
		o.password = d->password;
	}
	d->redis = rlink_open(&o);
	return d->redis != NULL ? 0 : -1;
}

static int
make_store(struct daemon *d)
{
	d->store = store_new(&(struct store_options){
	    .engine = &d->engine,
	    .redis = d->redis,
	    .streams = d->streams,
	    .prefix = d->prefix,
	    .on_acquired = on_acquired,
	    .renew = renew,
	    .on_loaded = on_loaded,
	    .on_committed = on_committed,
	    .on_lost = on_lost,
	    .arg = d,
	});
	return d->store != NULL ? 0 : -1;
}

static int
make_board(struct daemon *d)
{
	d->board = board_new(&(struct board_options){
	    .engine = &d->engine,
	    .redis = d->redis,
	    .prefix = d->prefix,
	    .site = d->settings->site.name,
	    .demo = d->settings->demo,
	    .started = clock_wall(),
	    .collector = on_collector,
	    .on_refused = on_refused,
	    .arg = d,
	});
	return d->board != NULL ? 0 : -1;
}

static int
open_ingest(struct daemon *d)
{
	d->ingest = ingest_open(&(struct ingest_options){
	    .endpoint = d->settings->daemon.ingest,
	    .position = on_position,
	    .record = on_record,
	    .applied = on_applied,
	    .arg = d,
	});
	return d->ingest != NULL ? 0 : -1;
}

static int
wire(struct daemon *d)
{
	int n = snprintf(d->prefix, sizeof(d->prefix), "ccmon:v1:{%s}:", d->settings->site.name);

	if (n < 0 || (size_t)n >= sizeof(d->prefix)) {
		log_error("ccmond", "the site's name is too long");
		return -1;
	}
	clock_turn();
	d->ready_by = clock_mono() + READY_MS;
	d->engine = engine_new(&d->settings->site);
	d->streams = streams_new(d->prefix);
	if (d->engine == NULL || d->streams == NULL) {
		log_error("ccmond", "out of memory");
		return -1;
	}
	return open_ingest(d) == 0 && connect_redis(d) == 0 && make_store(d) == 0 ? make_board(d)
	                                                                          : -1;
}

static void
take_apart(struct daemon *d)
{
	rlink_close(d->redis);
	ingest_close(d->ingest);
	board_free(d->board);
	store_free(d->store);
	streams_free(d->streams);
	engine_free(d->engine);
	free(d->password);
	settings_free(d->settings);
	zev_end();
}

static int
run(struct daemon *d)
{
	struct service service = {
		.name = "ccmond",
		.arg = d,
		.turn = turn,
		.reload = reload,
		.dump = dump,
		.stop = stop,
		.drained = drained,
		.drain_ms = DRAIN_MS,
	};
	int code = 1;

	log_info("ccmond", "%s starting: site=%s ingest=%s", CCMON_VERSION, d->settings->site.name,
	    d->settings->daemon.ingest);
	if (d->settings->has_alerts)
		log_warn(
		    "ccmond", "alerts and hooks are configured: this version raises no alerts yet");
	if (wire(d) == 0)
		code = service_run(&service);
	take_apart(d);
	return code;
}

/* A commit under load is some megabytes, four times a second: given back to
 * the system each time, its pages would have to be made anew each time. */
static void
keep_big_buffers(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

static const char usage[] = "usage: ccmond [-htVv] [-c FILE]\n"
                            "  -c FILE  read this configuration (default " SETTINGS_PATH ")\n"
                            "  -t       check the configuration and end\n"
                            "  -v       say more\n"
                            "  -V       say the version and end\n"
                            "  -h       say this and end\n";

int
main(int argc, char **argv)
{
	static struct daemon d;
	const char *path = SETTINGS_PATH;
	bool check = false;
	int c;

	log_open("ccmond");
	keep_big_buffers();
	while ((c = getopt(argc, argv, "c:htVv")) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			check = true;
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'V':
			printf("ccmond %s\n", CCMON_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	d.settings = settings_load(path, settings_complain_stderr, NULL);
	if (d.settings == NULL)
		return 2;
	if (check) {
		printf("%s: ok\n", path);
		settings_free(d.settings);
		return 0;
	}
	return run(&d);
}
