/* SPDX-License-Identifier: MIT */
/*
 * io_hooks_again.c: what is said to the runner a second time, and what it
 * keeps until it is told to go.
 */
#include "hooks_kit.h"

#include <sys/resource.h>

static bool
is_ready_again(void *wanted)
{
	return kit.nready >= *(size_t *)wanted;
}

static void
tell_again(void)
{
	size_t wanted = kit.nready + 1;

	hooks_tell(kit.hooks);
	loop_until(is_ready_again, &wanted);
}

static bool
nothing_waits(void *arg)
{
	(void)arg;
	return hooks_oldest(kit.hooks) < 0;
}

/* ---- offered twice */

static void
let_files_grow_to(pid_t pid, rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* The disk refuses, the outbox is asked anew, all that is not stored is
 * offered again, and stored once. */
static void
test_offered_twice_waits_once(void **state)
{
	struct stat st;
	pid_t pid;

	(void)state;
	kit_hook_at("true", "/bin/true");
	kit_start();
	pid = kit_runner();
	assert_int_equal(stat(kit_path("state/outbox/outbox.mdb"), &st), 0);
	let_files_grow_to(pid, (rlim_t)st.st_size);
	kit_page("p1", PAGE_FIRE, "true", "e1");
	kit_until_finished("p1");
	assert_int_equal(kit.nstored, 0);
	tell_again();
	kit_page("p1", PAGE_FIRE, "true", "e1");
	let_files_grow_to(pid, RLIM_INFINITY);
	kit_until(kit_is_stored, "p1");
	loop_until(nothing_waits, NULL);
}

/* ---- held */

static bool
is_held(void *pages)
{
	struct hook_status s;

	return hooks_status(kit.hooks, 0, &s) && s.waiting == *(uint64_t *)pages && s.running == 0;
}

static bool
is_tried(void *arg)
{
	(void)arg;
	return kit.nresults > 0;
}

/* It fails until there is a file "up", and writes down what it is told. */
static void
hook_that_is_down(void)
{
	kit_hook("pager", "[ -e up ] || exit 75; echo $CCMON_PAGE_ID >>told");
}

/* What was left in the outbox, and what is new, waits for the word. */
static void
test_nothing_runs_before_go(void **state)
{
	uint64_t both = 2;
	char *told;

	(void)state;
	hook_that_is_down();
	kit_start();
	kit_page("p1", PAGE_FIRE, "pager", "e1");
	loop_until(is_tried, NULL);
	kit_stop();
	kit.nresults = 0;
	(void)kit_script("up", "", 0644);
	kit_start_held();
	kit_page("p2", PAGE_FIRE, "pager", "e2");
	kit_until(kit_is_stored, "p2");
	loop_until(is_held, &both);
	assert_int_equal(kit.nresults, 0);
	hooks_go(kit.hooks, true);
	kit_until_finished("p1");
	kit_until_finished("p2");
	told = kit_read("told", NULL);
	assert_non_null(strstr(told, "p1\n"));
	assert_non_null(strstr(told, "p2\n"));
	free(told);
}

/* So says its next life, too. */
static void
test_hold_and_go_outlive_a_runner(void **state)
{
	size_t wanted;
	uint64_t one = 1;

	(void)state;
	hook_that_is_down();
	(void)kit_script("up", "", 0644);
	kit_start();
	hooks_go(kit.hooks, false);
	kit_page("p1", PAGE_FIRE, "pager", "e1");
	kit_until(kit_is_stored, "p1");
	loop_until(is_held, &one);
	wanted = kit.nready + 1;
	assert_int_equal(kill(kit_runner(), SIGKILL), 0);
	loop_until(is_ready_again, &wanted);
	kit_page("p2", PAGE_FIRE, "pager", "e2");
	kit_until(kit_is_stored, "p2");
	loop_until(is_held, &(uint64_t){ 2 });
	hooks_go(kit.hooks, true);
	kit_until_finished("p1");
	wanted = kit.nready + 1;
	assert_int_equal(kill(kit_runner(), SIGKILL), 0);
	loop_until(is_ready_again, &wanted);
	kit_page("p3", PAGE_FIRE, "pager", "e3");
	kit_until_finished("p3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offered_twice_waits_once),
		TEST(test_nothing_runs_before_go),
		TEST(test_hold_and_go_outlive_a_runner),
	};

	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
