/* SPDX-License-Identifier: MIT */
/*
 * io_hooks.c: the hook runner with real processes: what a hook is given, what
 * becomes of those that misbehave, and the order of what it is told.
 */
#include "hooks_kit.h"

#include <jansson.h>
#include <sys/resource.h>

/* ---- what a hook is given */

static void
test_input_and_environment(void **state)
{
	static char path[] = "PATH=/opt/bin:/usr/bin:/bin", kind[] = "CCMON_KIND=wrong";
	char *env[] = { path, kind, NULL };
	struct str vars[] = { STR_LIT("CCMON_PAGE_ID=p1"), STR_LIT("CCMON_KIND=fire"),
		STR_LIT("CCMON_SUMMARY=two words; $(touch bad)") };
	char *text;
	json_t *root;

	(void)state;
	setenv("CCMON_TEST_SECRET", "x", 1);
	kit_hook("good", "cat >body; env >vars; pwd -P >cwd; umask >>cwd; ulimit -n >>cwd; "
	                 "ulimit -c >>cwd; echo said; echo more >&2")
	    ->env = env;
	kit_start();
	kit_page_with("p1", PAGE_FIRE, "good", "e1", vars, COUNTOF(vars),
	    STR_LIT("{\"version\":\"4\",\"ccmon\":{\"page_id\":\"p1\"}}"));
	kit_until_finished("p1");
	assert_true(kit_was_delivered("p1"));
	assert_int_equal(kit.nresults, 1);
	assert_int_equal(kit.result[0].outcome, HOOK_DELIVERED);
	assert_int_equal(kit.result[0].attempt, 1);
	assert_int_equal(kit.result[0].code, 0);
	assert_string_equal(kit.result[0].output, "said\nmore\n");
	assert_string_equal(kit.result[0].alert, "rule/site");

	text = kit_read("body", NULL);
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(root, "ccmon"), "page_id")), "p1");
	json_decref(root);
	free(text);

	text = kit_read("vars", NULL);
	assert_non_null(strstr(text, "CCMON_PAGE_ID=p1\n"));
	assert_non_null(strstr(text, "CCMON_KIND=fire\n"));
	assert_non_null(strstr(text, "CCMON_SUMMARY=two words; $(touch bad)\n"));
	assert_non_null(strstr(text, "CCMON_ATTEMPT=1\n"));
	assert_non_null(strstr(text, "CCMON_HOOK=good\n"));
	assert_non_null(strstr(text, "PATH=/opt/bin:/usr/bin:/bin\n"));
	assert_non_null(strstr(text, "LANG=C.UTF-8\n"));
	assert_non_null(strstr(text, "HOME=/\n"));
	assert_null(strstr(text, "CCMON_TEST_SECRET"));
	free(text);
	text = kit_read("cwd", NULL);
	assert_non_null(strstr(text, "\n0077\n256\n0\n"));
	free(text);
}

static void
test_4_kib_of_output(void **state)
{
	(void)state;
	kit_hook("loud", "i=0; while [ $i -lt 2000 ]; do echo 123456789; i=$((i+1)); done");
	kit_start();
	kit_page("p1", PAGE_FIRE, "loud", "e1");
	kit_until_finished("p1");
	assert_int_equal(kit.result[0].noutput, 4096);
	assert_memory_equal(kit.result[0].output, "123456789\n123456789\n", 20);
}

/* ---- hooks that misbehave */

struct bad {
	const char *name, *text;
	mode_t mode;
	msec_t timeout, give_up;
	uint8_t outcome;
	unsigned attempts; /* at least; 1 is exactly */
	int code;
	const char *why;
};

#define GIVE_UP 2500 /* ms; the first two retries are due within 3 s */

static const struct bad bad[] = {
	{ "exit1", "exit 1", 0755, 9000, GIVE_UP, HOOK_GIVEN_UP, 2, 1, "exit status 1; given up" },
	{ "exit75", "exit 75", 0755, 9000, GIVE_UP, HOOK_GIVEN_UP, 2, 75, "exit status 75" },
	{ "exit2", "exit 2", 0755, 9000, GIVE_UP, HOOK_GIVEN_UP, 1, 2, "exit status 2" },
	{ "signal", "kill -9 $$", 0755, 9000, GIVE_UP, HOOK_GIVEN_UP, 2, -9, "SIGKILL" },
	{ "sleeps", "exec sleep 1000", 0755, 300, 1000, HOOK_GIVEN_UP, 2, -15, "time limit" },
	{ "ignores", "trap '' TERM; while :; do sleep 1000; done", 0755, 300, 0, HOOK_GIVEN_UP, 1,
	    -9, "time limit" },
	{ "polite", "trap 'exit 0' TERM; sleep 1000 & wait", 0755, 300, 0, HOOK_GIVEN_UP, 1, 0,
	    "time limit" },
	{ "floods", "head -c 100000000 /dev/zero | tr '\\0' x", 0755, 20000, GIVE_UP,
	    HOOK_DELIVERED, 1, 0, "" },
	{ "deaf", "exit 0", 0755, 9000, GIVE_UP, HOOK_DELIVERED, 1, 0, "" },
	{ "forks",
	    "( setsid sh -c 'echo $$ >stray; exec sleep 1000' & )\n"
	    "while [ ! -s stray ]; do :; done",
	    0755, 9000, GIVE_UP, HOOK_DELIVERED, 1, 0, "" },
	{ "hides",
	    "( env -i setsid sh -c 'echo $$ >hidden; exec sleep 1000' & )\n"
	    "while [ ! -s hidden ]; do :; done",
	    0755, 9000, GIVE_UP, HOOK_DELIVERED, 1, 0, "" },
	{ "leaves", "sleep 1000 & echo $! >left", 0755, 9000, GIVE_UP, HOOK_DELIVERED, 1, 0, "" },
	{ "writable", "exit 0", 0757, 9000, GIVE_UP, HOOK_GIVEN_UP, 1, -1000,
	    "/writable has mode 0757" },
	{ "plain", "exit 0", 0644, 9000, GIVE_UP, HOOK_GIVEN_UP, 1, -1000, "cannot be executed" },
};

static void
add_bad(const struct bad *b)
{
	struct hook_def *h = kit_hook_at(b->name, kit_script(b->name, b->text, b->mode));

	h->timeout = b->timeout;
	h->give_up = b->give_up;
}

static void
assert_bad(const struct bad *b)
{
	const struct kit_result *r = kit_result(b->name, b->name);

	assert_non_null(r);
	if (r->outcome != b->outcome || r->code != b->code || strstr(r->why, b->why) == NULL)
		fail_msg("%s: outcome %d, code %d, why '%s'", b->name, r->outcome, r->code, r->why);
	if (b->attempts == 1)
		assert_int_equal(r->attempt, 1);
	else
		assert_true(r->attempt >= b->attempts);
	assert_int_equal(kit_was_delivered(b->name), b->outcome == HOOK_DELIVERED);
	assert_int_equal(r->next, -1);
}

static void
page_bad(const struct bad *b, struct str body)
{
	char var[64];
	struct str env[1];

	(void)snprintf(var, sizeof(var), "CCMON_PAGE_ID=%s", b->name);
	env[0] = kit_str(var);
	kit_page_with(b->name, PAGE_FIRE, b->name, b->name, env, 1, body);
}

static void
assert_gone(const char *file)
{
	pid_t pid = kit_read_pid(file);

	loop_until(kit_is_dead, &pid);
}

/* All of them at once, and one that behaves. */
static void
test_misbehaviour(void **state)
{
	size_t size = (size_t)1 << 20;
	char *body = malloc(size);
	struct stopwatch good;

	(void)state;
	memset(body, ' ', size);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		add_bad(&bad[i]);
	kit_hook("good", "exit 0");
	kit_start();
	good = stopwatch();
	for (size_t i = 0; i < COUNTOF(bad); i++)
		page_bad(&bad[i], (struct str){ body, (uint32_t)size });
	kit_page("good", PAGE_FIRE, "good", "e");
	kit_until_finished("good");
	assert_took(good, 0, 5000);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		kit_until_finished(bad[i].name);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_bad(&bad[i]);
	assert_true(kit_result("ignores", "ignores")->took >= 5300);
	assert_gone("stray");
	assert_gone("hidden");
	assert_gone("left");
	free(body);
}

/* ---- programs that may not be run */

static void
assert_refused(const char *path, const char *why)
{
	char text[512] = "";

	if (hook_check(path, text, sizeof(text)) || strstr(text, why) == NULL)
		fail_msg("%s: '%s' is not '%s'", path, text, why);
}

static void
test_check(void **state)
{
	char why[512];
	const char *good = kit_script("good", "", 0755), *inner;

	(void)state;
	assert_true(hook_check(good, why, sizeof(why)));
	assert_true(hook_check("/bin/sh", why, sizeof(why)));
	assert_refused("good", "not an absolute path");
	assert_refused(kit_path("missing"), "No such file");
	assert_refused(kit_script("writable", "", 0757), "writable has mode 0757");
	assert_refused(kit_script("grouped", "", 0775), "grouped has mode 0775");
	assert_refused(kit_script("plain", "", 0644), "cannot be executed");
	assert_refused(kit.dir, "not a regular file");
	assert_int_equal(mkdir(kit_path("open"), 0777), 0);
	assert_int_equal(chmod(kit_path("open"), 0777), 0);
	inner = kit_script("open/inner", "", 0755);
	assert_refused(inner, "/open has mode 0777");
	assert_int_equal(symlink("good", kit_path("link")), 0);
	assert_true(hook_check(kit_path("link"), why, sizeof(why)));
	assert_int_equal(symlink("../good", kit_path("open/back")), 0);
	assert_int_equal(symlink("open/back", kit_path("through")), 0);
	assert_refused(kit_path("through"), "/open has mode 0777");
	assert_int_equal(symlink("loop", kit_path("loop")), 0);
	assert_refused(kit_path("loop"), "symbolic links");
}

static void
test_check_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	(void)kit_script("foreign", "", 0755);
	assert_int_equal(chown(kit_path("foreign"), 4242, 0), 0);
	assert_refused(kit_path("foreign"), "foreign belongs to user 4242");
	assert_int_equal(mkdir(kit_path("theirs"), 0755), 0);
	(void)kit_script("theirs/own", "", 0755);
	assert_int_equal(chown(kit_path("theirs"), 4242, 0), 0);
	assert_refused(kit_path("theirs/own"), "/theirs belongs to user 4242");
}

/* Given up at once, so that the ladder goes on; and a hook nobody knows. */
static void
test_given_up_at_once(void **state)
{
	static const char *const reasons[] = { "No such file", "not an absolute", "no such hook",
		"Exec format error" };
	static const char *const names[] = { "missing", "relative", "unknown", "garbage" };
	FILE *f = fopen(kit_path("garbage"), "w");

	(void)state;
	assert_non_null(f);
	assert_true(fputs("\177ELF and nothing", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(kit_path("garbage"), 0755), 0);
	kit_hook_at("missing", kit_path("missing"));
	kit_hook_at("relative", "bin/true");
	kit_hook_at("garbage", kit_path("garbage"));
	kit_start();
	kit_page("p1", PAGE_FIRE, "missing relative unknown garbage", "e1");
	kit_until_finished("p1");
	assert_false(kit_was_delivered("p1"));
	assert_int_equal(kit.nresults, 4);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		const struct kit_result *r = kit_result("p1", names[i]);

		assert_non_null(r);
		assert_int_equal(r->outcome, HOOK_GIVEN_UP);
		assert_int_equal(r->code, -1000);
		assert_non_null(strstr(r->why, reasons[i]));
	}
}

/* ---- order */

/* What the hook wrote down: one line a page. */
static void
assert_log(const char *wanted)
{
	char *text = kit_read("log", NULL);

	assert_string_equal(text, wanted);
	free(text);
}

#define WRITE_DOWN "echo $CCMON_PAGE_ID $CCMON_ATTEMPT >>log"

static void
test_fire_then_resolve(void **state)
{
	(void)state;
	kit_hook("good", WRITE_DOWN "; while [ ! -e go ]; do sleep 0.01; done");
	kit_start();
	kit_page("e1.0.0", PAGE_FIRE, "good", "e1");
	kit_until(kit_file_is_there, "log");
	kit_page("e1.0.1", PAGE_ESCALATE, "good", "e1");
	kit_page("e1.end", PAGE_RESOLVE, "good", "e1");
	kit_until_finished("e1.0.1");
	assert_int_equal(kit_result("e1.0.1", "good")->outcome, HOOK_SUPERSEDED);
	(void)kit_script("go", "", 0600);
	kit_until_finished("e1.end");
	assert_log("e1.0.0 1\ne1.end 1\n");
	assert_true(kit_was_delivered("e1.0.0"));
	assert_false(kit_was_delivered("e1.0.1"));
}

static void
test_begun_and_ended_is_one_page(void **state)
{
	(void)state;
	kit_hook("good", WRITE_DOWN);
	kit_start();
	kit_page("e1.0.0", PAGE_FIRE, "good", "e1");
	kit_page("e1.end", PAGE_RESOLVE, "good", "e1");
	kit_until_finished("e1.end");
	kit_until_finished("e1.0.0");
	assert_int_equal(kit.nstored, 2);
	assert_log("e1.end 1\n");
}

static void
test_cancel(void **state)
{
	(void)state;
	kit_hook("bad", WRITE_DOWN "; exit 1");
	kit_start();
	kit_page("e1.0.0", PAGE_FIRE, "bad", "e1");
	kit_until(kit_file_is_there, "log");
	kit_page("e1.0.1", PAGE_ESCALATE, "bad", "e1");
	hooks_cancel(kit.hooks, STR_LIT("e1"));
	kit_until_finished("e1.0.0");
	kit_until_finished("e1.0.1");
	assert_int_equal(kit_result("e1.0.0", "bad")->outcome, HOOK_CANCELLED);
	assert_int_equal(kit_result("e1.0.1", "bad")->outcome, HOOK_CANCELLED);
	assert_log("e1.0.0 1\n");
}

static void
test_same_page_twice(void **state)
{
	(void)state;
	kit_hook("good", WRITE_DOWN);
	kit_start();
	kit_page("p1", PAGE_FIRE, "good good", "e1");
	kit_page("p1", PAGE_FIRE, "good", "e1");
	kit_until_finished("p1");
	kit_page("p1", PAGE_FIRE, "good", "e1");
	kit_page("p2", PAGE_FIRE, "good", "e1");
	kit_until_finished("p2");
	assert_log("p1 1\np2 1\n");
	assert_int_equal(kit.nstored, 3); /* once more for the one that was known */
	assert_int_equal(kit.nfinished, 2);
}

/* ---- deaths */

static bool
is_ready_again(void *arg)
{
	return kit.nready == *(size_t *)arg;
}

static void
kill_runner(void)
{
	size_t wanted = kit.nready + 1;

	assert_int_equal(kill(kit_runner(), SIGKILL), 0);
	loop_until(is_ready_again, &wanted);
}

/* Its runner dies: the run is lost, and is made again under the same id. */
static void
test_runner_dies_while_running(void **state)
{
	pid_t pid;

	(void)state;
	kit_hook(
	    "slow", WRITE_DOWN "; [ $CCMON_ATTEMPT = 2 ] || { echo $$ >pid; exec sleep 1000; }");
	kit_start();
	kit_page("p1", PAGE_FIRE, "slow", "e1");
	kit_until(kit_file_is_there, "pid");
	pid = kit_read_pid("pid");
	assert_int_equal(kit.nstored, 1);
	kill_runner();
	loop_until(kit_is_dead, &pid);
	assert_int_equal(kit.ntold, 1);
	assert_string_equal(kit.told[0], "p1");
	assert_false(kit.told_finished[0]);
	kit_until_finished("p1");
	assert_log("p1 1\np1 2\n");
	assert_int_equal(kit.nresults, 1);
	assert_int_equal(kit.result[0].attempt, 2);
	assert_int_equal(kit.result[0].outcome, HOOK_DELIVERED);
}

static bool
has_results(void *n)
{
	return kit.nresults >= *(size_t *)n;
}

static void
test_runner_dies_while_waiting(void **state)
{
	size_t one = 1;

	(void)state;
	kit_hook("second", WRITE_DOWN "; [ $CCMON_ATTEMPT = 2 ]");
	kit_start();
	kit_page("p1", PAGE_FIRE, "second", "e1");
	loop_until(has_results, &one);
	assert_int_equal(kit.result[0].outcome, HOOK_RETRY);
	assert_true(kit.result[0].next > clock_wall());
	kill_runner();
	kit_until_finished("p1");
	assert_log("p1 1\np1 2\n");
	assert_true(kit_was_delivered("p1"));
}

/* A signal to the whole group, as systemd sends it, is the daemon's alone. */
static void
test_runner_minds_no_signals(void **state)
{
	pid_t pid;

	(void)state;
	kit_hook("good", WRITE_DOWN);
	kit_start();
	pid = kit_runner();
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	kit_page("p1", PAGE_FIRE, "good", "e1");
	kit_until_finished("p1");
	assert_int_equal(kit_runner(), pid);
}

/* The daemon goes: a short run ends in peace, a long one is ended and made
 * again, and what was finished is told. */
static void
test_daemon_ends(void **state)
{
	pid_t pid;

	(void)state;
	kit_hook(
	    "short", "echo x >short.began; while [ ! -e go ]; do sleep 0.01; done; " WRITE_DOWN);
	kit_hook("long",
	    "[ $CCMON_ATTEMPT = 2 ] || { echo $$ >pid; exec sleep 1000; }; touch long.done");
	kit_start();
	kit_page("p0", PAGE_FIRE, "none", "e0");
	kit_until_finished("p0");
	kit_page("p1", PAGE_FIRE, "short", "e1");
	kit_page("p2", PAGE_FIRE, "long", "e2");
	kit_until(kit_file_is_there, "pid");
	kit_until(kit_file_is_there, "short.began");
	pid = kit_read_pid("pid");
	(void)kit_script("go", "", 0600);
	kit_stop();
	assert_true(kit_is_dead(&pid));
	assert_log("p1 1\n");
	kit_start();
	assert_int_equal(kit.ntold, 3);
	assert_string_equal(kit.told[0], "p0");
	assert_string_equal(kit.told[1], "p1");
	assert_string_equal(kit.told[2], "p2");
	assert_true(kit.told_finished[0] && kit.told_finished[1]);
	assert_false(kit.told_finished[2]);
	kit_until_finished("p2");
	assert_true(kit_was_delivered("p2"));
	assert_int_equal(kit_result("p2", "long")->attempt, 2);
	assert_log("p1 1\n");
}

static void
test_told_again(void **state)
{
	size_t wanted;

	(void)state;
	kit_hook("good", "exit 0");
	kit_start();
	kit_page("p1", PAGE_FIRE, "good", "e1");
	kit_until_finished("p1");
	wanted = kit.nready + 1;
	hooks_tell(kit.hooks); /* only the last is heard, and whole */
	hooks_tell(kit.hooks);
	assert_false(hooks_is_ready(kit.hooks));
	loop_until(is_ready_again, &wanted);
	assert_int_equal(kit.ntold, 1);
	assert_true(kit.told_finished[0]);
}

/* ---- many deaths */

#define ROUNDS 25
#define EPISODES 4 /* a round */

/* Offers every page not yet stored, as the alerts would. */
static void
offer_again(size_t rounds)
{
	char fire[32], end[32], episode[16];

	for (size_t i = 0; i < rounds * EPISODES; i++) {
		(void)snprintf(episode, sizeof(episode), "e%zu", i);
		(void)snprintf(fire, sizeof(fire), "e%zu.0.0", i);
		(void)snprintf(end, sizeof(end), "e%zu.end", i);
		if (!kit_has(kit.stored, kit.nstored, fire))
			kit_page(fire, PAGE_FIRE, "good", episode);
		if (!kit_has(kit.stored, kit.nstored, end))
			kit_page(end, PAGE_RESOLVE, "good", episode);
	}
}

static void
die_and_begin_again(void)
{
	kill(kit_runner(), SIGKILL);
	kit_stop();
	kit_start();
}

static bool
is_all_told(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ROUNDS * EPISODES; i++) {
		char end[32];

		(void)snprintf(end, sizeof(end), "e%zu.end", i);
		if (!kit_has(kit.finished, kit.nfinished, end) &&
		    !kit_has(kit.told, kit.ntold, end))
			return false;
	}
	return hooks_oldest(kit.hooks) < 0;
}

/* No end was lost, and no begin comes after its end. */
static void
assert_all_in_order(void)
{
	char *text = kit_read("log", NULL), *line, *save;
	bool ended[ROUNDS * EPISODES] = { false };

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		size_t i = strtoul(line + 1, NULL, 10);

		assert_true(i < COUNTOF(ended));
		if (strstr(line, ".end") != NULL)
			ended[i] = true;
		else
			assert_false(ended[i]);
	}
	for (size_t i = 0; i < COUNTOF(ended); i++)
		assert_true(ended[i]);
	free(text);
}

/* Daemon and runner die at whatever moment, again and again. */
static void
test_many_deaths(void **state)
{
	size_t wanted = 0;

	(void)state;
	kit_hook("good", WRITE_DOWN)->concurrency = 8;
	kit_start();
	for (size_t round = 1; round <= ROUNDS; round++) {
		offer_again(round);
		wanted = kit.nresults + round % 5;
		if (wanted > kit.nresults)
			loop_until(has_results, &wanted);
		die_and_begin_again();
	}
	offer_again(ROUNDS);
	loop_until(is_all_told, NULL);
	assert_all_in_order();
}

/* ---- rules, status, numbers */

static bool
has_status(void *arg)
{
	const struct hook_status *wanted = arg;
	struct hook_status s;

	for (size_t i = 0; hooks_status(kit.hooks, i, &s); i++)
		if (s.name.n == wanted->name.n && memcmp(s.name.p, wanted->name.p, s.name.n) == 0)
			return s.waiting == wanted->waiting && s.running == wanted->running &&
			       s.delivered == wanted->delivered && s.given_up == wanted->given_up &&
			       (s.unsafe.n > 0) == (wanted->unsafe.n > 0);
	return false;
}

static void
test_status(void **state)
{
	struct hook_status good = { .name = STR_LIT("good"),
		.delivered = 1,
		.waiting = 1,
		.running = 1 },
	                   unsafe = {
		                   .name = STR_LIT("unsafe"), .unsafe = STR_LIT("x"), .given_up = 1
	                   };

	(void)state;
	kit_hook("good", "[ $CCMON_PAGE_ID = p1 ] || exec sleep 1000")->concurrency = 1;
	kit_hook_at("unsafe", kit_script("unsafe", "", 0777));
	kit_start();
	kit_page("p1", PAGE_FIRE, "good unsafe", "e1");
	kit_until_finished("p1");
	assert_int_equal(hooks_oldest(kit.hooks), -1);
	kit_page("p2", PAGE_FIRE, "good", "e2");
	kit_page("p3", PAGE_FIRE, "good", "e3");
	loop_until(has_status, &good);
	loop_until(has_status, &unsafe);
	assert_true(hooks_oldest(kit.hooks) > 0);
}

static bool
is_ready(void *arg)
{
	(void)arg;
	return hooks_is_ready(kit.hooks);
}

/* A site without hooks has no runner, until it gets one. */
static void
test_hooks_come_and_go(void **state)
{
	struct rules none = { 0 };
	size_t wanted = 2;

	(void)state;
	kit_start();
	assert_true(hooks_is_ready(kit.hooks));
	kit_hook("late", "exec sleep 1000")->concurrency = 1;
	hooks_set_rules(kit.hooks, &kit.rules);
	loop_until(is_ready_again, &wanted);
	loop_until(is_ready, NULL);
	kit_page("p1", PAGE_FIRE, "late", "e1");
	kit_page("p2", PAGE_FIRE, "late", "e2");
	kit_until(kit_is_stored, "p2");
	hooks_set_rules(kit.hooks, &none);
	kit_until_finished("p2");
	assert_non_null(strstr(kit_result("p2", "late")->why, "no such hook"));
	assert_null(kit_result("p1", "late"));
}

static bool
has_finished_all(void *n)
{
	return kit.nfinished == *(size_t *)n;
}

static bool
has_stored_all(void *n)
{
	return kit.nstored == *(size_t *)n;
}

static void
test_a_thousand_pages(void **state)
{
	size_t n = 1000;
	char id[32], episode[32];

	(void)state;
	kit_hook_at("true", "/bin/true")->concurrency = 16;
	kit_start();
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "p%zu", i);
		(void)snprintf(episode, sizeof(episode), "e%zu", i);
		kit_page(id, PAGE_FIRE, "true", episode);
	}
	for (size_t part = 100; part <= n; part += 100)
		loop_until(has_results, &part);
	loop_until(has_finished_all, &n);
	for (size_t i = 0; i < n; i++)
		assert_true(kit.delivered[i]);
	assert_int_equal(kit.nresults, n);
	assert_int_equal(kit.nstored, n);
}

/* A disk that takes no more: delivered all the same, not said to be stored,
 * and stored once there is room. */
static void
test_full_disk(void **state)
{
	struct rlimit limit = { 0, RLIM_INFINITY };
	struct stat st;
	size_t n = 100;
	char id[32];
	pid_t pid;

	(void)state;
	kit_hook_at("true", "/bin/true")->concurrency = 16;
	kit_start();
	pid = kit_runner();
	assert_int_equal(stat(kit_path("state/outbox/outbox.mdb"), &st), 0);
	limit.rlim_cur = (rlim_t)st.st_size;
	assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "p%zu", i);
		kit_page(id, PAGE_FIRE, "true", id);
	}
	loop_until(has_finished_all, &n);
	assert_int_equal(kit.nstored, 0);
	for (size_t i = 0; i < n; i++)
		assert_true(kit.delivered[i]);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
	loop_until(has_stored_all, &n);
	kill_runner();
	assert_int_equal(kit.ntold, n);
	assert_true(kit.told_finished[n - 1]);
	assert_int_equal(kit.nresults, n);
}

/* A damaged outbox is moved aside, and paging goes on. */
static void
test_damaged_outbox(void **state)
{
	char noise[4096];
	FILE *f;

	(void)state;
	kit_hook("good", "exit 0");
	kit_start();
	kit_page("p1", PAGE_FIRE, "good", "e1");
	kit_until_finished("p1");
	kit_stop();
	f = fopen(kit_path("state/outbox/outbox.mdb"), "r+");
	assert_non_null(f);
	memset(noise, 0x5a, sizeof(noise));
	for (int i = 0; i < 4; i++)
		assert_int_equal(fwrite(noise, sizeof(noise), 1, f), 1);
	assert_int_equal(fclose(f), 0);
	kit_start();
	assert_int_equal(kit.ntold, 0);
	kit_page("p2", PAGE_FIRE, "good", "e1");
	kit_until_finished("p2");
	assert_true(kit_was_delivered("p2"));
}

static void
test_directory_that_cannot_be_used(void **state)
{
	struct hooks_options o = { .state_dir = kit_path("a/b"), .rules = &kit.rules };

	(void)state;
	assert_null(hooks_start(&o));
	o.state_dir = kit_script("file", "", 0644);
	assert_null(hooks_start(&o));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_input_and_environment),
		TEST(test_4_kib_of_output),
		TEST(test_misbehaviour),
		TEST(test_check),
		TEST(test_check_owner),
		TEST(test_given_up_at_once),
		TEST(test_fire_then_resolve),
		TEST(test_begun_and_ended_is_one_page),
		TEST(test_cancel),
		TEST(test_same_page_twice),
		TEST(test_runner_dies_while_running),
		TEST(test_runner_dies_while_waiting),
		TEST(test_runner_minds_no_signals),
		TEST(test_daemon_ends),
		TEST(test_told_again),
		TEST(test_many_deaths),
		TEST(test_status),
		TEST(test_hooks_come_and_go),
		TEST(test_a_thousand_pages),
		TEST(test_full_disk),
		TEST(test_damaged_outbox),
		TEST(test_directory_that_cannot_be_used),
	};

	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
