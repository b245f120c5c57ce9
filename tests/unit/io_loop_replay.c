/* SPDX-License-Identifier: MIT */
/*
 * io_loop_replay.c: while a journal is handed over, the alerts' time is that
 * of its records, whatever else comes: other rules, an order, another clock.
 * The daemon is put together as main.c does it; its Redis never answers, and
 * the collector it waits for never comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/loop.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop.h"

#define HOUR INT64_C(3600000)
#define MINUTE INT64_C(60000)
#define ID "down/site"

static struct daemon d;
static char dir[32];
static msec_t wall, then; /* now, and the time of what is handed over */

/* ---- a daemon ---- */

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_settings(void)
{
	FILE *f = fopen(path_of("ccmon.cfg"), "w");

	assert_non_null(f);
	fprintf(f,
	    "site = \"hall\";\n"
	    "redis: { unix = \"%s/redis\"; };\n"
	    "daemon: { ingest = \"ipc://%s/ingest\"; state_dir = \"%s\"; };\n"
	    "collectors: { call: { inputs: ( { type = \"zmq-sub\"; connect = [\"ipc://%s/pbx\"]; } "
	    "); }; };\n"
	    "alerts: { down: { scope = \"site\"; when = \"redis_down_seconds >= 0\";"
	    " for = \"1m\"; severity = \"page\"; }; };\n",
	    dir, dir, dir, dir);
	assert_int_equal(fclose(f), 0);
}

static void
complain(void *arg, const char *line)
{
	(void)arg;
	print_error("%s\n", line);
}

static void
renew(void *arg)
{
	(void)arg;
	fail_msg("there is no Redis that could say so");
}

static void
make_parts(void)
{
	d.redis = rlink_open(&(struct rlink_options){ .unix_path = d.settings->redis.unix_path });
	d.pager = pager_new(&(struct pager_options){
	    .engine = &d.engine, .streams = d.streams, .settings = d.settings });
	d.ingest = ingest_open(&(struct ingest_options){
	    .endpoint = d.settings->daemon.ingest, .record = loop_record });
	d.store = store_new(&(struct store_options){ .engine = &d.engine,
	    .alerts = pager_alerts(d.pager),
	    .redis = d.redis,
	    .streams = d.streams,
	    .prefix = d.prefix,
	    .instance = "1a thishost",
	    .renew = renew });
	d.board = board_new(&(struct board_options){ .engine = &d.engine,
	    .alerts = pager_alerts(d.pager),
	    .redis = d.redis,
	    .prefix = d.prefix,
	    .site = "hall" });
	assert_true(d.redis && d.pager && d.ingest && d.store && d.board);
}

static bool
is_ready(void *arg)
{
	(void)arg;
	return pager_is_ready(d.pager, clock_mono());
}

/* Its state is of `then`, and it waits for a collector; the alert is pending. */
static void
open_daemon(msec_t behind)
{
	d = (struct daemon){ .prefix = "ccmon:v1:{hall}:" };
	d.settings = settings_load(path_of("ccmon.cfg"), complain, NULL);
	assert_non_null(d.settings);
	wall = clock_wall();
	then = wall - behind;
	d.engine = engine_new(&d.settings->site);
	d.streams = streams_new(d.prefix);
	assert_true(d.engine != NULL && d.streams != NULL);
	(void)engine_tick(d.engine, then);
	make_parts();
	d.loaded = true;
	ingest_ready(d.ingest, clock_mono() + HOUR);
	loop_until(is_ready, NULL);
	loop_turn(&d, wall);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int
make_directory(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/ccmon-replay.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	write_settings();
	return 0;
}

static int
clear_away(void **state)
{
	(void)state;
	rlink_close(d.redis);
	ingest_close(d.ingest);
	board_free(d.board);
	store_free(d.store);
	pager_free(d.pager);
	streams_free(d.streams);
	engine_free(d.engine);
	settings_free(d.settings);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- what comes, and what is shown ---- */

static void
hand_over(msec_t received)
{
	struct record r = { .type = RECORD_EVENT,
		.received = received,
		.ev = { .event = EV_HEARTBEAT,
		    .time = received,
		    .source = STR_LIT("pbx"),
		    .has = HAS(SOURCE) | HAS(TIME) } };

	(void)loop_record(&d, &r, true);
}

/* The episode began then, or it is pending since. */
static void
expect(const char *state, msec_t from)
{
	struct alert_view v;

	assert_true(alerts_find(*pager_alerts(d.pager), STR_LIT(ID), &v));
	assert_string_equal(alert_state_name((enum alert_state)v.state), state);
	assert_int_equal(v.began >= 0 ? v.began : v.since, from);
}

/* ---- */

static void
test_nothing_else(void **state)
{
	(void)state;
	open_daemon(HOUR);
	expect("pending", then);
	hand_over(then + MINUTE + 2000);
	expect("firing", then + MINUTE);
}

static void
test_other_rules(void **state)
{
	(void)state;
	open_daemon(HOUR);
	expect("pending", then);
	d.reload_wanted = true;
	loop_turn(&d, wall);
	expect("pending", then);
	hand_over(then + MINUTE + 2000);
	expect("firing", then + MINUTE);
}

static void
test_another_clock(void **state)
{
	(void)state;
	open_daemon(HOUR);
	for (int i = -1; i <= 1; i += 2) {
		wall += i * HOUR / 2;
		loop_turn(&d, wall);
		expect("pending", then);
	}
	hand_over(then + MINUTE + 2000);
	expect("firing", then + MINUTE);
}

static void
test_a_clock_behind_the_records(void **state)
{
	(void)state;
	open_daemon(MINUTE);
	wall -= HOUR;
	loop_turn(&d, wall);
	expect("pending", wall);
}

static void
test_records_of_a_clock_that_was_ahead(void **state)
{
	(void)state;
	open_daemon(-HOUR);
	expect("pending", wall);
}

static void
test_an_order(void **state)
{
	struct order silence = { .id = STR_LIT("9999999999998-0"),
		.verb = ORDER_SILENCE,
		.what = STR_LIT("*"),
		.by = STR_LIT("ann") };
	struct order_entry ack = { .id = STR_LIT("9999999999999-0"),
		.field = { { STR_LIT("verb"), STR_LIT("ack") },
		    { STR_LIT("alert"), STR_LIT("other/site") } },
		.nfields = 2 };
	char why[128];

	(void)state;
	open_daemon(HOUR);
	silence.until = then + 30 * MINUTE;
	assert_int_equal(alerts_order(*pager_alerts(d.pager), &silence, then, why, sizeof(why)), 0);
	pager_order(d.pager, &ack, wall);
	hand_over(then + MINUTE + 2000);
	expect("silenced", then + MINUTE);
	hand_over(then + 31 * MINUTE);
	expect("firing", then + MINUTE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, clear_away)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_else),
		TEST(test_other_rules),
		TEST(test_another_clock),
		TEST(test_a_clock_behind_the_records),
		TEST(test_records_of_a_clock_that_was_ahead),
		TEST(test_an_order),
	};

	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
