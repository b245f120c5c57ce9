/* SPDX-License-Identifier: MIT */
/*
 * io_hooks.c: the hook runner with real processes: what a hook is given, what
 * becomes of those that misbehave, and the order of what it is told.
 */
#include "hooks_kit.h"

#include <jansson.h>
#include <grp.h>

/* ---- what a hook is given */

static void
test_input_and_environment(void **state)
{
	static char *env[] = { "PATH=/opt/bin:/usr/bin:/bin", "CCMON_KIND=wrong", NULL };
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
	msec_t began;

	(void)state;
	memset(body, ' ', size);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		add_bad(&bad[i]);
	kit_hook("good", "exit 0");
	kit_start();
	began = clock_mono();
	for (size_t i = 0; i < COUNTOF(bad); i++)
		page_bad(&bad[i], (struct str){ body, (uint32_t)size });
	kit_page("good", PAGE_FIRE, "good", "e");
	kit_until_finished("good");
	assert_true(clock_mono() - began < 5000);
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

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_input_and_environment, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(test_4_kib_of_output, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(test_misbehaviour, kit_setup, kit_teardown),
	};

	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
