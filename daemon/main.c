/* SPDX-License-Identifier: MIT */
/*
 * main.c: ccmond, put together: the command line, the parts, and who carries
 * what from one to the other.  What they do then is loop.c's.
 */
#include "loop.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/service.h>
#include <ccmon/zev.h>

#define READY_MS 5000 /* without Redis we are ready all the same: events are taken */
#define DRAIN_MS 5000

/* ---- what the parts say to each other ---- */

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
}

/* ---- Redis ---- */

static void
on_up(void *arg)
{
	struct daemon *d = arg;

	log_info("redis", "connected; at=%s", rlink_where(d->redis));
	d->gone[0] = '\0';
	store_up(d->store);
}

static void
on_down(void *arg, const char *why)
{
	struct daemon *d = arg;

	if (strncmp(d->gone, why, sizeof(d->gone) - 1) != 0) /* each reason once, not each try */
		log_warn("redis", "gone: %s; counting on, and connecting again", why);
	snprintf(d->gone, sizeof(d->gone), "%s", why);
	store_down(d->store);
}

static void
on_standby(void *arg, const char *holder)
{
	struct daemon *d = arg;
	char status[256]; /* bytes with NUL */

	log_info("standby", "%s has the site; standing by", holder);
	snprintf(status, sizeof(status), "STATUS=standing by: %s has the site", holder);
	loop_say_ready(d, status);
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
renew(void *arg)
{
	struct daemon *d = arg;
	struct engine *engine = engine_new(&d->settings->site);

	if (engine == NULL) {
		loop_lost(d, "out of memory");
		return;
	}
	engine_free(d->engine);
	d->engine = engine;
	if (board_renew(d->board) != 0 || pager_renew(d->pager) != 0)
		loop_lost(d, "out of memory");
}

static void
on_loaded(void *arg)
{
	struct daemon *d = arg;

	d->loaded = true;
	vitals_init(&d->vitals, clock_mono()); /* standing by, nobody counted */
	pager_loaded(d->pager);
	d->met_by = clock_mono() + MEETING_MS;
	board_set_state(d->board, BOARD_RUNNING);
	ingest_ready(d->ingest, clock_mono() + GREETING_MS);
	loop_say_ready(d, "STATUS=running");
	log_info("ccmond", "running");
}

static bool
on_hook(void *arg, size_t i, struct hook_status *status)
{
	struct daemon *d = arg;

	return pager_hook(d->pager, i, status);
}

static struct str
on_orders_position(void *arg)
{
	struct daemon *d = arg;

	return alerts_orders_read(*pager_alerts(d->pager));
}

static void
on_order(void *arg, const struct order_entry *e)
{
	struct daemon *d = arg;

	pager_order(d->pager, e, loop_alerts_time(d, true));
	d->next_alerts = 0;
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

/* ---- beginning and end ---- */

static int
connect_redis(struct daemon *d)
{
	const struct redis_settings *r = &d->settings->redis;
	const char *why = NULL;
	struct rlink_options o = settings_redis(r);

	o.client_name = "ccmond";
	o.on_up = on_up;
	o.on_down = on_down;
	o.arg = d;
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
	    .alerts = pager_alerts(d->pager),
	    .redis = d->redis,
	    .streams = d->streams,
	    .prefix = d->prefix,
	    .instance = d->instance,
	    .on_standby = on_standby,
	    .on_acquired = on_acquired,
	    .renew = renew,
	    .on_loaded = on_loaded,
	    .on_committed = loop_committed,
	    .on_lost = loop_lost,
	    .arg = d,
	});
	return d->store != NULL ? 0 : -1;
}

static int
make_board(struct daemon *d)
{
	d->board = board_new(&(struct board_options){
	    .engine = &d->engine,
	    .alerts = pager_alerts(d->pager),
	    .redis = d->redis,
	    .prefix = d->prefix,
	    .site = d->site,
	    .demo = d->settings->demo,
	    .started = clock_wall(),
	    .collector = on_collector,
	    .hook = on_hook,
	    .on_refused = on_refused,
	    .arg = d,
	});
	return d->board != NULL ? 0 : -1;
}

static int
make_orders(struct daemon *d)
{
	d->orders = orders_new(&(struct orders_options){
	    .redis = d->redis,
	    .prefix = d->prefix,
	    .position = on_orders_position,
	    .order = on_order,
	    .arg = d,
	});
	return d->orders != NULL ? 0 : -1;
}

static int
make_pager(struct daemon *d)
{
	d->pager = pager_new(&(struct pager_options){
	    .engine = &d->engine,
	    .streams = d->streams,
	    .settings = d->settings,
	});
	return d->pager != NULL ? 0 : -1;
}

static int
open_ingest(struct daemon *d)
{
	d->ingest = ingest_open(&(struct ingest_options){
	    .endpoint = d->settings->daemon.ingest,
	    .key_file = d->settings->daemon.key_file,
	    .peers_dir = d->settings->daemon.peers_dir,
	    .position = on_position,
	    .record = loop_record,
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
	snprintf(d->site, sizeof(d->site), "%s", d->settings->site.name);
	clock_turn();
	d->ready_by = clock_mono() + READY_MS;
	d->engine = engine_new(&d->settings->site);
	d->streams = streams_new(d->prefix);
	if (d->engine == NULL || d->streams == NULL) {
		log_error("ccmond", "out of memory");
		return -1;
	}
	vitals_init(&d->vitals, clock_mono());
	d->instance_fd = instance_open(d->settings->daemon.state_dir, d->instance);
	if (d->instance_fd < 0)
		return -1;
	if (make_pager(d) != 0 || open_ingest(d) != 0 || connect_redis(d) != 0)
		return -1;
	return make_store(d) == 0 && make_orders(d) == 0 ? make_board(d) : -1;
}

static void
take_apart(struct daemon *d)
{
	rlink_close(d->redis);
	ingest_close(d->ingest);
	board_free(d->board);
	orders_free(d->orders);
	store_free(d->store);
	pager_free(d->pager);
	streams_free(d->streams);
	engine_free(d->engine);
	free(d->password);
	settings_free(d->settings);
	zev_end();
	if (d->instance_fd >= 0)
		close(d->instance_fd); /* the last: another may use the directory now */
}

static int
run(struct daemon *d)
{
	struct service service = {
		.name = "ccmond",
		.arg = d,
		.turn = loop_turn,
		.advances = loop_advances,
		.reload = loop_reload,
		.dump = loop_dump,
		.stop = loop_stop,
		.drained = loop_drained,
		.drain_ms = DRAIN_MS,
	};
	int code = 1;

	log_info("ccmond", "%s starting: site=%s ingest=%s", CCMON_VERSION, d->settings->site.name,
	    d->settings->daemon.ingest);
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

/* What would be given up when it is to be run is said before. */
static void
look_at_hooks(const struct rules *rules)
{
	char why[512]; /* bytes with NUL */

	for (size_t i = 0; i < rules->nhooks; i++)
		if (!hook_check(rules->hook[i].command[0], why, sizeof(why)))
			log_warn("hook", "%s cannot be run: %s", rules->hook[i].name, why);
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
	static struct daemon d = { .instance_fd = -1 };
	const char *path = SETTINGS_PATH;
	bool check = false;
	int c;

	log_open("ccmond");
	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
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
	look_at_hooks(&d.settings->rules);
	if (check) {
		printf("%s: ok\n", path);
		settings_free(d.settings);
		return 0;
	}
	return run(&d);
}
